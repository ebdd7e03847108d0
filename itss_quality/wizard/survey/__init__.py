# isort: skip_file
from . import itss_survey_import
from . import itss_survey_propose
