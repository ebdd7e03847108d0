from . import itss_indicator_xlsx
