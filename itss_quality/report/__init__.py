# isort: skip_file
# what the others inherit from comes before them
from . import itss_xlsx_mixin
from . import itss_callback_xlsx
from . import itss_complaint_xlsx
from . import itss_document_report
from . import itss_audit_findings_document
from . import itss_audit_xlsx
from . import itss_audit_checklist_xlsx
from . import itss_improvement_xlsx
from . import itss_plan_xlsx
from . import itss_survey_answers
from . import itss_survey_document
from . import itss_survey_template_xlsx
from . import itss_survey_words
from . import itss_survey_xlsx
from . import itss_review_inputs_document
from . import itss_review_xlsx
