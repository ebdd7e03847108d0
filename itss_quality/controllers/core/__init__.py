from . import itss_link
