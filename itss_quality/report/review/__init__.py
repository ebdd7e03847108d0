# isort: skip_file
from . import itss_review_inputs_document
from . import itss_review_xlsx
