from . import itss_improvement_xlsx
