# isort: skip_file
from . import itss_plan_work_mixin
from . import itss_plan
from . import itss_plan_line
from . import itss_plan_report
