from . import callback, complaint, core, survey
