# isort: skip_file
from . import itss_audit_import
from . import itss_auditor_qualify
from . import itss_auditor_substitute
