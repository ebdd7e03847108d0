from datetime import date

from ...tools.indicators import get_span
from ..common import ItssCommon


class IndicatorCommon(ItssCommon):
    """Figures of indicators, as they are told now."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # days begin at 16:00 UTC of the day before
        cls.company.resource_calendar_id.tz = "Asia/Shanghai"

    @classmethod
    def get_indicator(cls, code, company=None):
        company = company or cls.company
        return cls.env["itss.indicator"].search(
            [("code", "=", code), ("company_id", "=", company.id)]
        )

    def measure(self, code, date_from, date_to, scope=None, company=None):
        """Return numerator, denominator and value of an indicator; days as texts."""
        figure = self.get_indicator(code, company).measure(
            date.fromisoformat(date_from), date.fromisoformat(date_to), scope
        )
        return figure["numerator"], figure["denominator"], figure["value"]

    def check(self, code, month, expected, **kwargs):
        """An indicator counts so many of so many in a month of 2025, given as a number."""
        span = (str(day) for day in self.get_span(month))
        self.assertEqual(self.measure(code, *span, **kwargs)[:2], expected)

    @classmethod
    def get_span(cls, month):
        """Return first and last day of a month of 2025."""
        return get_span(date(2025, month, 1), "month")
