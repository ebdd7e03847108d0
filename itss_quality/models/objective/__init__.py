# isort: skip_file
from . import itss_indicator
from . import itss_indicator_value
from . import res_company
from . import res_config_settings
