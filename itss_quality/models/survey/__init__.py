# isort: skip_file
from . import itss_survey_round
from . import itss_indicator
from . import itss_survey_participant
from . import itss_survey_result
from . import itss_survey_report
from . import survey_survey
from . import survey_question
from . import survey_question_answer
from . import survey_user_input
from . import survey_user_input_line
from . import res_partner
