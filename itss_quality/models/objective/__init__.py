# isort: skip_file
from . import itss_measure_mixin
from . import itss_indicator_board_mixin
from . import itss_indicator
from . import itss_indicator_value
from . import itss_indicator_entry
from . import res_company
from . import res_config_settings
