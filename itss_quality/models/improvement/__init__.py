# isort: skip_file
from . import itss_improvement_source_mixin
from . import itss_improvement
from . import itss_improvement_cause
from . import itss_improvement_check
from . import itss_plan_line
from . import res_company
from . import res_config_settings
