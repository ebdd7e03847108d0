import json

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import format_date

from ...tools.durations import get_today
from ...tools.indicators import COMPANY, MONTHS, get_span, list_spans
from .itss_indicator_value import STATUSES

# how many periods the trend shows
TREND = 12
SIGNS = {"higher": "≥", "lower": "≤"}


class ItssIndicatorBoardMixin(models.AbstractModel):
    """What the board shows of an indicator: the newest value of the company, and the trend."""

    _name = "itss.indicator.board.mixin"
    _description = "Board of Indicators"

    board_period = fields.Char(string="Period", compute="_compute_board")
    board_value = fields.Char(string="Value", compute="_compute_board")
    board_n = fields.Integer(string="n", compute="_compute_board")
    board_target = fields.Char(string="Target", compute="_compute_board")
    board_status = fields.Selection(STATUSES, string="Status", compute="_compute_board")
    board_waits = fields.Char(string="Waits for", compute="_compute_board")
    board_graph = fields.Text(string="Trend", compute="_compute_board")

    @api.depends_context("lang", "uid")
    def _compute_board(self):
        values = self._read_trends()
        for indicator in self:
            trend = values.get(indicator, {})
            spans = indicator._get_trend_spans()
            known = [span for span in spans if span in trend]
            with_data = [span for span in known if trend[span].denominator]
            shown = (with_data or known or spans)[-1]
            value = trend.get(shown)
            indicator.board_period = indicator._say_period(shown)
            indicator.board_value = indicator._say_value(value)
            indicator.board_n = value.n if value else 0
            indicator.board_target = f"{SIGNS[indicator.direction]} {indicator.target:g}"
            indicator.board_status = value.status if value else "no_data"
            indicator.board_waits = indicator._say_waiting(value)
            indicator.board_graph = indicator._draw_trend(spans, trend)

    def _get_trend_spans(self):
        """Return the last periods up to the one of today."""
        today = get_today(self.company_id.sudo())
        back = relativedelta(months=MONTHS[self.frequency] * (TREND - 1))
        return list_spans(get_span(today, self.frequency)[0] - back, today, self.frequency)

    def _read_trends(self):
        """Return the values of the company that the user may see, read at once.

        :return: dict of indicators, each with values by first and last day
        """
        if not self:
            return {}
        first = {one.frequency: one._get_trend_spans()[0][0] for one in self}
        domain = (
            Domain("indicator_id", "in", self.ids)
            & Domain("scope", "=", COMPANY)
            & Domain("is_latest", "=", True)
            & Domain.OR(
                Domain("indicator_id.frequency", "=", frequency) & Domain("date_from", ">=", day)
                for frequency, day in first.items()
            )
        )
        trends = {}
        for value in self.env["itss.indicator.value"].search(domain):
            trends.setdefault(value.indicator_id, {})[value.date_from, value.date_to] = value
        return trends

    def _say_period(self, span):
        """Return a month as 2025-10, and what is longer by its first and last month."""
        first, last = (format_date(self.env, day, date_format="yyyy-MM") for day in span)
        return first if first == last else f"{first} – {last}"

    def _say_value(self, value):
        if not value or not value.denominator:
            return self.env._("no data")
        number = f"{value.value:.2f}".rstrip("0").rstrip(".")
        if self.unit == "percent":
            return f"{number} %"
        return self.env._("%(hours)s h", hours=number) if self.unit == "hours" else number

    def _say_waiting(self, value):
        """Return what is missing for a value, or until when it may still change."""
        if not self.computed_at:
            return self.env._("waits to be computed")
        if not value or not value.denominator:
            return self.env._("waits for: %(records)s", records=self.source or self.name)
        if value.is_frozen:
            return self.env._("frozen")
        days = relativedelta(days=self.company_id.sudo().itss_indicator_freeze_days)
        return self.env._("open until %(day)s", day=format_date(self.env, value.date_to + days))

    def _draw_trend(self, spans, trend):
        """Return columns for ``dashboard_graph``: what has no data is a gap, and not 0."""
        label = "M" if self.frequency == "month" else "yy-MM"
        columns = []
        for span in spans:
            value = trend.get(span)
            columns.append(
                {
                    # columns stand close together
                    "label": format_date(self.env, span[1], date_format=label),
                    "value": round(value.value, 2) if value and value.denominator else None,
                    # the colour of what may still change differs
                    "type": "past" if value and value.is_frozen else "future",
                }
            )
        return json.dumps([{"values": columns, "key": self.name or "", "is_sample_data": False}])
