from . import (
    test_access,
    test_document,
    test_i18n,
    test_improvement,
    test_plan,
    test_plan_date,
    test_plan_import,
    test_plan_line,
    test_plan_print,
    test_settings,
    test_tours,
    test_workflow,
)
