# isort: skip_file
from . import itss_complaint_invalid
from . import itss_complaint_period
from . import itss_complaint_receipt
from . import itss_callback_call
