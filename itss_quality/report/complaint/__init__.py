from . import itss_complaint_xlsx
