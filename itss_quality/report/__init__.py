# isort: skip_file
# an area comes after those it stands on; what others inherit from comes first
from . import core
from . import plan
from . import improvement
from . import objective
from . import callback
from . import survey
from . import complaint
from . import audit
from . import review
