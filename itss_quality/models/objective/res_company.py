from datetime import timedelta

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    itss_indicator_freeze_days = fields.Integer(
        string="Freeze Indicators After (days)",
        default=10,
        help="So many days after the end of a period its values are frozen.",
        setting=("indicator",),
    )

    _itss_indicator_freeze_days_positive = models.Constraint(
        "CHECK(itss_indicator_freeze_days >= 0)", "Values can't be frozen before a period ends."
    )

    def _itss_create_missing(self):
        super()._itss_create_missing()
        self.env["itss.indicator"]._create_missing(self)

    def _itss_get_today(self):
        """Return the day that it is where the company is."""
        self.ensure_one()
        return fields.Date.context_today(self.with_context(tz=self.resource_calendar_id.tz))

    def _itss_is_frozen(self, date_to):
        """Whether the values of a period that ends on a day are frozen by now."""
        return date_to + timedelta(days=self.itss_indicator_freeze_days) < self._itss_get_today()
