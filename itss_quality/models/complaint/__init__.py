# isort: skip_file
from . import itss_complaint_category
from . import itss_complaint_severity
from . import itss_indicator
from . import itss_complaint
from . import helpdesk_ticket
from . import itss_callback
from . import itss_plan_line
from . import itss_survey_participant
from . import mail_thread
from . import res_company
from . import res_config_settings
from . import res_partner
