from . import itss_document_report, itss_plan_document, itss_plan_xlsx
