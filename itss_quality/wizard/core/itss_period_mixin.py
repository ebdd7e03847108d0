from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.durations import get_today


class ItssPeriodMixin(models.AbstractModel):
    """Dialog that asks for a company and a period: by default the month of today."""

    _name = "itss.period.mixin"
    _description = "Dialog for a Period"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: get_today(self.env.company).replace(day=1),
    )
    date_to = fields.Date(
        string="To",
        required=True,
        default=lambda self: get_today(self.env.company) + relativedelta(day=31),
    )

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for dialog in self:
            if dialog.date_to < dialog.date_from:
                raise ValidationError(self.env._("The period ends before it begins."))
