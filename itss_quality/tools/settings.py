"""Settings that stood behind the figures of a period, as prints and workbooks show them."""

from datetime import datetime
from typing import Any, NamedTuple


class InForce(NamedTuple):
    """Value of a setting, from a moment on."""

    label: str
    value: str
    # UTC; nothing when it was in force already as the period began
    since: datetime | None = None
    # who changed it then
    user: str = ""


class Settings(NamedTuple):
    """Settings that were in force in a period, each change of one in a row of its own."""

    # tools.figures.Period
    period: Any
    rows: list[InForce]
    # UTC; since when changes are journalled
    recorded_since: datetime

    @property
    def is_projected(self):
        """Whether changes in the period may have left no trace."""
        return self.recorded_since > self.period.start
