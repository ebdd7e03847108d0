from . import itss_link, itss_report
