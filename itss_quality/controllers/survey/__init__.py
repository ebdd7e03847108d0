from . import itss_survey
