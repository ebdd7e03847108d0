from . import helpdesk_ticket, itss_callback, itss_survey_participant, res_partner
