# isort: skip_file
from . import itss_improvement_effectiveness
from . import itss_improvement_postpone
