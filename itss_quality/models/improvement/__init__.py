from . import itss_plan_line, res_company, res_config_settings
