from odoo import fields, models

from .helpdesk_ticket_stage import ENDINGS


class ItssTicketPast(models.Model):
    """What the facts of a ticket were until it was opened again, ended otherwise, or passed into other
    hands: written by the ticket itself, when figures may count something of it; by no user.

    A ticket on which nothing of that has happened has none.
    """

    _name = "itss.ticket.past"
    _description = "Former Facts of a Ticket"
    _inherit = ["itss.guard.mixin"]
    _order = "ticket_id, id desc"
    _rec_name = "ticket_id"

    ticket_id = fields.Many2one(
        "helpdesk.ticket", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    team_id = fields.Many2one("helpdesk.ticket.team", readonly=True)
    engineer_id = fields.Many2one("res.users", readonly=True)
    department_id = fields.Many2one("hr.department", readonly=True)
    customer_id = fields.Many2one("res.partner", readonly=True, index="btree_not_null")
    cycle = fields.Integer(string="Opened How Often", readonly=True, aggregator=None)
    since = fields.Datetime(string="So Since", readonly=True)
    until = fields.Datetime(
        string="So until", readonly=True, help="Empty where the ticket was opened again then."
    )
    opened_at = fields.Datetime(string="Opened on", readonly=True)
    response_due = fields.Datetime(readonly=True)
    responded_at = fields.Datetime(string="First Response", readonly=True)
    solution_due = fields.Datetime(readonly=True)
    ended_at = fields.Datetime(string="Ended on", readonly=True)
    ending = fields.Selection(ENDINGS, string="Ended as", readonly=True)

    # figures of a period read what lies in it
    _opened_at_index = models.Index("(opened_at)")
    _response_due_index = models.Index("(response_due)")
    _solution_due_index = models.Index("(solution_due)")
    _ended_at_index = models.Index("(ended_at)")
