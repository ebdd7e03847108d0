from werkzeug.exceptions import NotFound

from odoo.http import request, route

from odoo.addons.helpdesk_mgmt.controllers.main import HelpdeskTicketController


class ItssHelpdeskTicketController(HelpdeskTicketController):
    @route(methods=["POST"], csrf=True)
    def support_ticket_close(self, **kw):
        """Close a ticket from the portal: a customer one's own, an agent what they may write.

        Without this anybody signed in could close any ticket by its number, and start its callback;
        and a link in a mail could do so in the customer's place.

        :param ticket_id: id of the ticket
        :param stage_id: id of a stage that closes tickets from the portal
        :return: redirect to the ticket's page
        :raise NotFound: no such ticket, not the caller's, or the values are no numbers
        """
        try:
            # helpdesk_mgmt takes whatever ends in _id for a number
            ids = {name: int(kw.get(name)) for name in ("ticket_id", "stage_id")}
        except (TypeError, ValueError):
            raise NotFound()
        ticket = request.env["helpdesk.ticket"].browse(ids["ticket_id"])
        operation = "read" if request.env.user._is_portal() else "write"
        if not ticket.exists() or not ticket.has_access(operation):
            raise NotFound()
        return super().support_ticket_close(**ids)
