# isort: skip_file
from . import itss_survey_answers
from . import itss_survey_document
from . import itss_survey_template_xlsx
from . import itss_survey_words
from . import itss_survey_xlsx
