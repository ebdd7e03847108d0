from . import (
    helpdesk_ticket,
    itss_callback,
    itss_plan_line,
    itss_survey_participant,
    mail_thread,
    res_company,
    res_config_settings,
    res_partner,
)
