# isort: skip_file
from . import itss_indicator_correction
from . import itss_indicator_record
from . import itss_objective_import
