# isort: skip_file
# the mixins come before the models that inherit from them
from . import itss_workflow_mixin
from . import itss_numbered_mixin
from . import itss_document_mixin
from . import itss_improvement_source_mixin
from . import itss_improvement
from . import itss_plan
from . import itss_plan_line
from . import itss_plan_report
from . import itss_callback
from . import itss_callback_attempt
from . import itss_callback_report
from . import itss_survey_round
from . import itss_survey_participant
from . import itss_survey_result
from . import itss_survey_report
from . import survey_survey
from . import survey_question
from . import survey_user_input
from . import helpdesk_ticket
from . import helpdesk_ticket_stage
from . import helpdesk_ticket_team
from . import ir_attachment
from . import mail_message
from . import res_company
from . import res_config_settings
from . import res_partner
