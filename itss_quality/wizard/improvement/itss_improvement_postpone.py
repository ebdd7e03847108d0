from odoo import fields, models

from ...tools.public import public


class ItssImprovementPostpone(models.TransientModel):
    """Dialog that changes the deadline of an improvement, with a reason."""

    _name = "itss.improvement.postpone"
    _description = "Change of a Deadline"
    _inherit = ["itss.guard.mixin"]

    improvement_id = fields.Many2one("itss.improvement", required=True, ondelete="cascade")
    date_old = fields.Date(related="improvement_id.date_deadline", string="Present Deadline")
    date_deadline = fields.Date(string="New Deadline", required=True)
    reason = fields.Text(required=True)

    @public(on="record")
    def action_confirm(self):
        """Change the deadline.

        :raise UserError: the same date, or the improvement has moved on meanwhile
        :raise AccessError: missing role
        """
        self.improvement_id.postpone(self.date_deadline, self.reason)
        return {"type": "ir.actions.act_window_close"}
