# isort: skip_file
from . import itss_complaint_xlsx
from . import itss_complaint_period_xlsx
