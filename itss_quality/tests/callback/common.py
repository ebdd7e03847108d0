from datetime import timedelta

from odoo import fields
from odoo.tests import freeze_time

from ..common import ItssCommon

OPENED = "2026-03-02 01:00:00"


class TicketFactsCommon(ItssCommon):
    """Tickets of a team whose facts are told hour by hour, from Monday 2 March 2026, 9:00 in Shanghai."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        cls.stage_rejected = cls.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_rejected")
        cls.agent.group_ids += cls.env.ref("helpdesk_mgmt.group_helpdesk_user")

    def at(self, moment, hours=0):
        """Freeze the time so many hours after a moment."""
        return freeze_time(fields.Datetime.to_datetime(moment) + timedelta(hours=hours))

    def open(self, moment=OPENED, **vals):
        """Open a ticket that nobody has taken up yet."""
        with self.at(moment):
            vals = {"user_id": False, "stage_id": self.stage_new.id, **vals}
            return self.make_ticket(**vals).sudo()

    def move(self, ticket, hours, user=None, moment=OPENED, **vals):
        """Write on a ticket as the engineer, so many hours after a moment."""
        with self.at(moment, hours):
            ticket.with_user(user or self.engineer).write(vals)
            self.env.cr.flush()

    def end(self, ticket, hours, **vals):
        self.move(ticket, hours, **{"stage_id": self.stage_done.id, **vals})

    def past(self, ticket):
        return self.env["itss.ticket.past"].search([("ticket_id", "=", ticket.id)])

    def hour(self, hours):
        return fields.Datetime.to_datetime(OPENED) + timedelta(hours=hours)
