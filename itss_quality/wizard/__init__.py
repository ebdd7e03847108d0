# isort: skip_file
# the mixin comes before the dialogs, and what an area adds to a dialog after it
from . import itss_import_mixin
from . import itss_audit_import
from . import itss_auditor_qualify
from . import itss_auditor_substitute
from . import itss_callback_call
from . import itss_callback_ledger
from . import itss_complaint_invalid
from . import itss_improvement_effectiveness
from . import itss_improvement_postpone
from . import itss_plan_import
from . import itss_plan_import_line
from . import itss_plan_work_choice
from . import itss_step_reason
from . import itss_survey_import
from . import itss_survey_propose
from . import complaint
