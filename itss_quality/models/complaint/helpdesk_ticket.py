from odoo import api, fields, models

from ...tools.public import public
from .itss_complaint import ENDED_STATES


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    itss_complaint_count = fields.Integer(
        string="Number of Complaints", compute="_compute_itss_complaint", groups="base.group_user"
    )
    itss_open_complaint_count = fields.Integer(
        string="Number of Open Complaints",
        compute="_compute_itss_complaint",
        groups="base.group_user",
    )

    @api.depends_context("uid")
    def _compute_itss_complaint(self):
        complaints = self.env["itss.complaint"]
        # helpdesk users without a role of ours see tickets, and no complaints
        groups = complaints.has_access("read") and complaints._read_group(
            [("ticket_id", "in", self.ids)], ["ticket_id"], ["__count", "state:array_agg"]
        )
        found = {ticket.id: (count, states) for ticket, count, states in groups or ()}
        for ticket in self:
            count, states = found.get(ticket._origin.id, (0, []))
            ticket.itss_complaint_count = count
            ticket.itss_open_complaint_count = sum(state not in ENDED_STATES for state in states)

    @public(on="record")
    def action_itss_view_complaints(self):
        """Open the complaints about this ticket.

        :return: window action
        """
        return self.env["itss.complaint"]._action_view([("ticket_id", "=", self.id)])

    @public(on="record")
    def action_itss_register_complaint(self):
        """Open a new complaint about the ticket.

        :return: window action on an unsaved form
        :raise AccessError: the user may not register complaints
        """
        return self.env["itss.complaint"]._action_register(
            self,
            ticket_id=self.id,
            partner_id=self.partner_id.id,
            subject_user_ids=[(6, 0, self.user_id.ids)],
        )
