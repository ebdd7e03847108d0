# isort: skip_file
from . import itss_callback
from . import itss_callback_attempt
from . import itss_callback_report
from . import itss_callback_switch_mixin
from . import itss_indicator
from . import itss_ticket_past
from . import itss_ticket_cycle
from . import helpdesk_ticket
from . import helpdesk_ticket_stage
from . import helpdesk_ticket_team
from . import res_company
from . import res_config_settings
from . import res_partner
from . import resource_calendar_leaves
