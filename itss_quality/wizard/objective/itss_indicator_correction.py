from odoo import api, fields, models

from ...tools.indicators import Count
from ...tools.public import public


class ItssIndicatorCorrection(models.TransientModel):
    """Dialog that corrects a frozen value, with a reason."""

    _name = "itss.indicator.correction"
    _description = "Correction of a Value"
    _inherit = ["itss.guard.mixin"]

    value_id = fields.Many2one("itss.indicator.value", required=True, ondelete="cascade")
    numerator = fields.Float(required=True)
    denominator = fields.Float(required=True)
    value = fields.Float(compute="_compute_value")
    reason = fields.Text(required=True)

    @api.depends("value_id", "numerator", "denominator")
    def _compute_value(self):
        for dialog in self:
            count = Count(dialog.numerator, dialog.denominator)
            dialog.value = count.get_value(dialog.value_id.indicator_id.unit) or 0

    @public(on="record")
    def action_confirm(self):
        """Add the version with the corrected value.

        :return: window action of the new version
        :raise UserError: no reason, or the value is not frozen, or not the latest
        :raise AccessError: missing role
        """
        return self.value_id.correct(self.numerator, self.denominator, self.reason)
