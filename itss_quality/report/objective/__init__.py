# isort: skip_file
from . import itss_indicator_xlsx
from . import itss_objective_xlsx
from . import itss_evaluation_xlsx
