# isort: skip_file
from . import itss_plan_line
from . import itss_sample
from . import itss_sample_xlsx
