from . import itss_complaint
