from . import itss_callback_xlsx, itss_document_report, itss_plan_document, itss_plan_xlsx
