# isort: skip_file
from . import itss_audit_findings_document
from . import itss_audit_xlsx
from . import itss_audit_checklist_xlsx
