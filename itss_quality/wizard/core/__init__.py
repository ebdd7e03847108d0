# isort: skip_file
from . import itss_import_mixin
from . import itss_period_mixin
from . import itss_step_reason
from . import itss_setting_period
