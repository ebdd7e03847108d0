# isort: skip_file
from . import itss_measure_mixin
from . import itss_indicator_board_mixin
from . import itss_indicator
from . import itss_indicator_value
from . import itss_indicator_entry
from . import itss_objective
from . import itss_objective_line
from . import itss_evaluation
from . import itss_evaluation_line
from . import itss_plan_line
from . import res_company
from . import res_config_settings
