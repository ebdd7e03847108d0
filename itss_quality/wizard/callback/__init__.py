# isort: skip_file
from . import itss_callback_call
from . import itss_callback_ledger
