# isort: skip_file
from . import itss_review
from . import itss_review_input
from . import itss_review_decision
from . import itss_review_report
from . import itss_meeting
