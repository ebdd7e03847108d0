from werkzeug.exceptions import BadRequest, NotFound

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
        operation = "read" if request.env.user._is_portal() else "write"
        ticket = self._itss_find("helpdesk.ticket", kw.get("ticket_id"), operation)
        stage = self._itss_find("helpdesk.ticket.stage", kw.get("stage_id"))
        # helpdesk_mgmt takes whatever ends in _id for a number
        return super().support_ticket_close(ticket_id=ticket.id, stage_id=stage.id)

    @route(methods=["POST"])
    def submit_ticket(self, **kw):
        """Register a ticket from the portal's form; no link does so in the customer's place.

        :param subject: what it is about
        :param category: id of a category that the caller may choose, if any
        :param team: likewise
        :return: redirect to the ticket's page
        :raise BadRequest: no subject
        :raise NotFound: no such category or team
        """
        if not (kw.get("subject") or "").strip():
            raise BadRequest(request.env._("Please say in a few words what it is about."))
        for name in ("category", "team"):
            if kw.get(name):
                self._itss_find(f"helpdesk.ticket.{name}", kw[name])
        return super().submit_ticket(**kw)

    def _itss_find(self, model, number, operation="read"):
        """Return the record of a number in a form, if the caller may use it.

        :raise NotFound: there is none, it is not the caller's, or it is no number
        """
        try:
            record = request.env[model].browse(int(number))
        except (TypeError, ValueError):
            raise NotFound()
        if not record.exists() or not record.has_access(operation):
            raise NotFound()
        return record
