"""Figures that the records of a period give: whose period it is, and how a figure is told."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from odoo.fields import Domain

from .durations import get_midnight, get_today


class Period(NamedTuple):
    """Days of a company, whose records are counted: from midnight to midnight where it is."""

    company: Any
    date_from: date
    date_to: date
    # what the figures are for, if it carries out a line of a plan as a review does
    work: Any = None

    @property
    def start(self):
        """The moment when the first day begins, in UTC."""
        return get_midnight(self.company, self.date_from)

    @property
    def end(self):
        """The moment when the last day is over, in UTC."""
        return get_midnight(self.company, self.date_to + timedelta(days=1))

    @property
    def as_of(self):
        """The day before which something was due that is late: the first one after the period, or today.

        What was due on the last day of a period and was not done is late when the period is over.
        """
        return min(self.date_to + timedelta(days=1), get_today(self.company))

    @property
    def plan(self):
        """The plan that is carried out; none if it is about the period alone."""
        return self.work.plan_line_id.plan_id if self.work else self.company.env["itss.plan"]

    def get_domain(self, field):
        """Return the domain of the company's records that a moment puts into the period.

        :param str field: name of a Datetime field
        """
        return (
            Domain("company_id", "=", self.company.id)
            & Domain(field, ">=", self.start)
            & Domain(field, "<", self.end)
        )


class Figure(NamedTuple):
    """What was counted or measured. Without a value there is no data, which is not zero."""

    label: str = ""
    # number, or text
    value: Any = None
    # out of how many, or over how many an average is
    n: int | None = None
    # what else to know; without a value, why there is none
    note: str = ""
    numerator: float | None = None
    denominator: float | None = None

    @classmethod
    def part(cls, label, part, whole):
        """Return a number out of another one; out of nothing there is none."""
        value = part if whole else None
        return cls(label, value, n=whole, numerator=part, denominator=whole)

    @classmethod
    def rate(cls, label, part, whole):
        """Return a share in percent; of nothing there is none."""
        value = 100 * part / whole if whole else None
        return cls(label, value, n=whole, numerator=part, denominator=whole)

    def to_json(self, env):
        """Return the figure as a Json field keeps it, told in the language of an environment."""
        value, note = self.value, self.note
        if value is None and (self.n == 0 or not note):
            note = " · ".join(filter(None, (no_data(env), note)))
        if isinstance(value, float | Decimal):
            # kept as it is; who shows it rounds it
            value = float(value)
        return self._replace(value=value, note=note)._asdict()

    def get_texts(self):
        """Return the texts by which a figure that was kept is printed.

        Where there is no value, the note says why in its place.

        :return: dict of ``label``, ``value``, ``n`` and ``note``, and ``line``: all of them
        """
        n = "" if self.n is None else str(self.n)
        value, note = print_number(self.value), self.note
        if self.value is None:
            value, note = note, ""
        line = f"{self.label}: {value}"
        line += f" (n = {n})" if n else ""
        line += f" – {note}" if note else ""
        return {"label": self.label, "value": value, "n": n, "note": note, "line": line}


def no_data(env):
    """Return what stands where there is nothing to count or to measure: never a zero."""
    return env._("no data")


def print_number(value):
    """Return a number with two decimals at most; a text as it is."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def say_target(env, target):
    """Return the target of a figure as its note; nothing if there is none."""
    return env._("target: %(target)s", target=f"{target:g}") if target else ""
