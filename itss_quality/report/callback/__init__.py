from . import itss_callback_xlsx
