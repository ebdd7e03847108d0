from . import itss_plan_xlsx
