from . import itss_callback_call
