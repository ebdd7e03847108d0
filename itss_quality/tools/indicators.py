"""What measures of indicators are asked, what they count, and the periods they are asked for."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from dateutil.relativedelta import relativedelta

from odoo.fields import Domain
from odoo.tools import SQL

from .figures import Figure, Period

COMPANY = "company"
UNITS = [("percent", "%"), ("score", "of 100"), ("hours", "hours")]
# months of a period
MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


class Measure(NamedTuple):
    """A way to measure that comes with an area, and the indicator it comes with.

    Words are those of the environment that asked for them.
    """

    # name of the model whose records are counted; none where values are entered
    model: str | None
    name: str
    # how it is computed (计算公式), and from which records (数据来源)
    formula: str
    source: str
    unit: str = "percent"
    direction: str = "higher"
    target: float = 100
    tolerance: float = 5
    frequency: str = "month"
    sequence: int = 10
    # whether companies may narrow it to some of the records
    is_narrowable: bool = True


class Ask(NamedTuple):
    """What a measure is asked: days of a company, for which kinds of scopes."""

    company: Any
    # (first day, last day) as the company counts days, each answered by its place in the list
    spans: list[tuple[date, date]]
    # kinds of scopes to answer for; all that the facts know when None
    scopes: tuple[str, ...] | None = None
    # kind and id of the one scope that is asked for
    scope: tuple[str, int] | None = None
    # of the counted records, for indicators narrowed to some
    domain: Domain = Domain.TRUE
    # the records themselves are asked for, not how many they are
    wants_records: bool = False
    # what is counted is asked for, and nothing is counted
    wants_facts: bool = False

    @classmethod
    def about(cls, period):
        """Return what is asked for the company as a whole in a ``tools.figures.Period``."""
        return cls(period.company, [(period.date_from, period.date_to)], scopes=(COMPANY,))

    def get_span_table(self):
        """Return the spans as the table ``span``: number, days, and their moments in UTC."""
        rows = []
        for number, (date_from, date_to) in enumerate(self.spans):
            period = Period(self.company, date_from, date_to)
            rows.append(
                SQL(
                    "(%s, %s::date, %s::date, %s::timestamp, %s::timestamp)",
                    number,
                    date_from,
                    date_to,
                    period.start,
                    period.end,
                )
            )
        return SQL(
            "(VALUES %s) AS span (number, date_from, date_to, start_at, end_at)",
            SQL(", ").join(rows),
        )


class Facts(NamedTuple):
    """What a measure counts: said once, for the figures and for the lists of records behind them.

    All ``SQL`` may use the columns of ``span`` (see :class:`Ask`) and of ``fact``.
    """

    # name of the model that ``fact.id`` belongs to
    model: str
    # item of a FROM clause by the name of ``fact``; LATERAL where it uses ``span``
    table: SQL
    # whether a record belongs to a span: a range of an indexed column
    is_in: SQL
    # whether a record that counts is one of those counted; all are where an amount is measured
    counted: SQL = SQL("TRUE")
    # what is averaged, where the value is a mean
    amount: SQL | None = None
    # for how many a record stands
    weight: SQL | None = None
    # code of the reason why a record of the period does not count; NULL where it does
    left_out: SQL = SQL("NULL::text")
    # whose records they are: id by kind of scope, as it was when they happened
    scopes: dict[str, SQL] = {}
    # the same where a record can belong to several: arrays of ids
    shared_scopes: dict[str, SQL] = {}
    # facts that the denominator counts instead, where they are others than those counted
    out_of: "Facts | None" = None


class Count(NamedTuple):
    """What was counted for a span and a scope."""

    numerator: float = 0
    denominator: float = 0
    n: int = 0

    def get_value(self, unit):
        """Return the value in a unit; None without data, which is not zero."""
        if not self.denominator:
            return None
        return (100 if unit == "percent" else 1) * self.numerator / self.denominator

    def get_part(self, label):
        """Return how many of how many, as a figure of a review."""
        return Figure.part(label, int(self.numerator), self.n)


def get_span(day, frequency):
    """Return first and last day of the month, quarter, half-year or year that a day lies in."""
    months = MONTHS[frequency]
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    return first, first + relativedelta(months=months) - timedelta(days=1)


def list_spans(first, last, frequency):
    """Return first and last days of the periods from the one of a day to the one of another."""
    spans = []
    while first <= last:
        spans.append(get_span(first, frequency))
        first = spans[-1][1] + timedelta(days=1)
    return spans


def get_status(value, target, tolerance, direction):
    """Return how a value compares with its target, as it is, not as it is shown.

    :return: ``no_data``, ``met``, ``near`` (within the tolerance) or ``missed``
    """
    if value is None:
        return "no_data"
    # what computing with fractions makes of the last places doesn't count
    missing = round(target - value if direction == "higher" else value - target, 6)
    if missing <= 0:
        return "met"
    return "near" if missing <= tolerance else "missed"
