from odoo import fields, models

from ...tools.public import public


class ItssImprovementEffectiveness(models.TransientModel):
    """Dialog that records whether an improvement has worked."""

    _name = "itss.improvement.effectiveness"
    _description = "Effectiveness Check"
    _inherit = ["itss.guard.mixin"]

    improvement_id = fields.Many2one("itss.improvement", required=True, ondelete="cascade")
    problem = fields.Text(related="improvement_id.problem")
    action = fields.Text(related="improvement_id.action")
    result = fields.Selection(
        [("effective", "Effective"), ("ineffective", "Ineffective")], required=True
    )
    note = fields.Text(string="Seen by", required=True)

    @public(on="record")
    def action_confirm(self):
        """Record the result; an ineffective measure goes back to its owner.

        :raise UserError: nothing to check any more, or the user owns the improvement
        :raise AccessError: missing role
        """
        self.improvement_id.check_effectiveness(self.result, self.note)
        return {"type": "ir.actions.act_window_close"}
