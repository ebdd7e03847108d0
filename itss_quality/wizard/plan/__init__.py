# isort: skip_file
from . import itss_plan_import
from . import itss_plan_import_line
from . import itss_plan_work_choice
