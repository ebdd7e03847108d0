from . import helpdesk_ticket, itss_callback, itss_complaint, itss_survey
