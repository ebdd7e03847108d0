from odoo import models
from odoo.fields import Domain

from ...tools.figures import no_data
from ...tools.indicators import COMPANY
from ...tools.workbook import Column


class ItssIndicatorXlsx(models.AbstractModel):
    """Values of indicators: the trend of the company by period, and every value with its count."""

    _name = "report.itss_quality.indicator_xlsx"
    _description = "Indicators as Excel"
    _inherit = "itss.xlsx.mixin"

    def _write_book(self, book, indicators):
        details = self._get_export_details()
        for frequency, same in indicators.grouped("frequency").items():
            title = dict(indicators._fields["frequency"]._description_selection(self.env))[
                frequency
            ]
            book.add_table(title, (title, details), self._get_trend_columns(same), same)
        title = self.env._("Values of Indicators")
        values = self.env["itss.indicator.value"].search(self._get_domain(indicators))
        book.add_table(title, (title, details), self._get_value_columns(), values)

    def _get_domain(self, indicators):
        return Domain("indicator_id", "in", indicators.ids) & Domain("scope", "=", COMPANY)

    def _get_trend_columns(self, indicators):
        """Return a column for each of the last periods: of the year before, too, where these are months."""
        trends = indicators._read_trends()

        def get_reader(span):
            def read(indicator):
                value = trends.get(indicator, {}).get(span)
                return value.value if value and value.denominator else no_data(self.env)

            return read

        return [
            Column(self.env._("Indicator"), 28, "name"),
            Column(self.env._("Formula"), 40, "formula"),
            Column(self.env._("Source of Data"), 24, "source"),
            Column(self.env._("Unit"), 10, "unit"),
            Column(self.env._("Target"), 10, "target"),
            *(
                Column(indicators[0]._say_period(span), 12, get_reader(span), kind="value")
                for span in indicators[0]._get_trend_spans()
            ),
        ]

    def _get_value_columns(self):
        return [
            Column(self.env._("Indicator"), 28, "indicator_id"),
            Column(self.env._("From"), 12, "date_from"),
            Column(self.env._("To"), 12, "date_to"),
            Column(self.env._("Numerator"), 12, "numerator"),
            Column(self.env._("Denominator"), 12, "denominator"),
            Column(
                self.env._("Value"),
                12,
                lambda value: value.value if value.denominator else no_data(self.env),
                kind="value",
            ),
            Column(self.env._("Unit"), 10, "unit"),
            Column(self.env._("Target"), 10, "target"),
            Column(self.env._("Status"), 12, "status"),
            Column(self.env._("Computed on"), 18, "computed_at"),
            Column(self.env._("Frozen"), 10, "is_frozen"),
            Column(self.env._("Version"), 10, "version"),
            Column(self.env._("Reason of the Correction"), 32, "reason"),
            Column(self.env._("Corrected by"), 14, "corrected_by_id"),
        ]
