from odoo import api, fields, models


class ItssCallbackCall(models.TransientModel):
    """The dialog of a call about the answer to a complaint."""

    _inherit = "itss.callback.call"

    complaint_id = fields.Many2one(related="callback_id.complaint_id")
    resolution = fields.Text(string="Answer to the Customer", compute="_compute_resolution")

    @api.depends("callback_id")
    def _compute_resolution(self):
        for call in self:
            # who calls need not have the complaint itself, but has to know what the customer was told
            call.resolution = call.callback_id.complaint_id.sudo().resolution

    def _get_script(self):
        # the company's own script speaks of tickets
        if self.callback_id.complaint_id:
            return self._get_complaint_script()
        return super()._get_script()

    @api.model
    def _get_complaint_script(self):
        return self.env._(
            "Hello, {contact}. This is {agent} of {company}. "
            "I am calling about your complaint {ticket}, which we have answered.\n"
            "1. Has our answer settled the matter?\n"
            "2. How satisfied are you with the way we handled it, from one star to five?\n"
            "3. Is there anything we should do better?\n"
            "Thank you for your time."
        )
