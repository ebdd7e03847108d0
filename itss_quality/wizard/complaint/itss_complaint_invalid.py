from odoo import fields, models

from ...tools.public import public


class ItssComplaintInvalid(models.TransientModel):
    """Dialog that asks why a complaint is invalid."""

    _name = "itss.complaint.invalid"
    _description = "Invalid Complaint"
    _inherit = ["itss.guard.mixin"]

    complaint_id = fields.Many2one("itss.complaint", required=True, ondelete="cascade")
    reason = fields.Text(required=True)

    @public(on="record")
    def action_confirm(self):
        """Hold the complaint invalid; a second person has to confirm it.

        :raise UserError: the complaint has moved on meanwhile
        :raise AccessError: missing role
        """
        self.complaint_id.hold_invalid(self.reason)
        return {"type": "ir.actions.act_window_close"}
