from . import callback, complaint, survey
