# Odoo looks for modules called test_… here
from .audit import (
    test_audit,
    test_audit_evidence,
    test_audit_indicator,
    test_audit_rpc,
)
from .callback import (
    test_callback,
    test_callback_access,
    test_callback_clock,
    test_callback_indicator,
    test_callback_ledger,
    test_callback_page,
    test_callback_reset,
    test_callback_settings,
    test_callback_trigger,
    test_callback_visibility,
    test_callback_worker,
    test_helpdesk_mgmt,
    test_helpdesk_ticket,
    test_ticket_facts,
    test_ticket_indicator,
)
from .complaint import (
    test_complaint,
    test_complaint_evidence,
    test_complaint_indicator,
    test_complaint_mail,
    test_complaint_portal,
    test_complaint_rpc,
)
from .core import (
    test_access,
    test_days,
    test_document,
    test_evidence,
    test_guard,
    test_house,
    test_i18n,
    test_journal,
    test_link,
    test_meeting,
    test_migration,
    test_part,
    test_people,
    test_print_pictures,
    test_public,
    test_registry,
    test_report_routes,
    test_routes,
    test_settings,
    test_side_doors,
    test_todo,
    test_values,
    test_workbook,
    test_workflow,
)
from .improvement import test_improvement
from .objective import (
    test_evaluation,
    test_indicator,
    test_measures,
    test_objective,
)
from .plan import (
    test_plan,
    test_plan_date,
    test_plan_import,
    test_plan_line,
    test_plan_print,
    test_plan_work,
)
from .review import (
    test_figures,
    test_one_number,
    test_review,
    test_review_tours,
)
from .survey import (
    test_survey_excel,
    test_survey_indicator,
    test_survey_mail,
    test_survey_page,
    test_survey_print,
    test_survey_round,
    test_survey_score,
    test_survey_secret,
)
