# isort: skip_file
from . import itss_audit_checklist
from . import itss_audit_checklist_line
from . import itss_indicator
from . import itss_audit
from . import itss_audit_schedule
from . import itss_audit_line
from . import itss_nonconformity
from . import itss_audit_report
from . import itss_former_head
from . import hr_department
from . import hr_employee
from . import hr_employee_public
from . import itss_meeting
from . import itss_plan
from . import res_company
from . import res_config_settings
