# isort: skip_file
from . import itss_xlsx_mixin
from . import itss_document_report
