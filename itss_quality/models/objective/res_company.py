from datetime import timedelta

from odoo import fields, models

from ...tools.durations import get_today


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

    def _itss_is_frozen(self, date_to):
        """Whether the values of a period that ends on a day are frozen by now."""
        return date_to + timedelta(days=self.itss_indicator_freeze_days) < get_today(self)
