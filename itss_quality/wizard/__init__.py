from . import (
    itss_audit_import,
    itss_auditor_qualify,
    itss_auditor_substitute,
    itss_callback_call,
    itss_callback_ledger,
    itss_complaint_invalid,
    itss_improvement_effectiveness,
    itss_improvement_postpone,
    itss_plan_import,
    itss_plan_import_line,
    itss_step_reason,
    itss_survey_import,
    itss_survey_propose,
)
from . import complaint
