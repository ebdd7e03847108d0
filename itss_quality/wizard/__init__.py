from . import itss_plan_import, itss_plan_import_line, itss_step_reason
