from odoo import fields, models

from ...tools.public import public


class ItssComplaintReceipt(models.TransientModel):
    """Dialog that asks when a complaint was received, and why that is corrected."""

    _name = "itss.complaint.receipt"
    _description = "Correction of a Receipt"
    _inherit = ["itss.guard.mixin"]

    complaint_id = fields.Many2one("itss.complaint", required=True, ondelete="cascade")
    received_at = fields.Datetime(string="Received on", required=True)
    reason = fields.Text(required=True)

    @public(on="record")
    def action_confirm(self):
        """Correct when the complaint was received.

        :raise UserError: the same or a later time, or the complaint has moved on meanwhile
        :raise AccessError: missing role, or the complaint is about the user
        """
        self.complaint_id.correct_receipt(self.received_at, self.reason)
        return {"type": "ir.actions.act_window_close"}
