from odoo import api, fields, models
from odoo.tools import SQL

from .helpdesk_ticket_stage import ENDINGS

FACTS = (
    "cycle",
    "since",
    "opened_at",
    "response_due",
    "responded_at",
    "solution_due",
    "ended_at",
    "ending",
    "engineer_id",
    "department_id",
)


class ItssTicketCycle(models.Model):
    """Tickets as figures count them: each time that one was opened, with what was due and what happened."""

    _name = "itss.ticket.cycle"
    _description = "Ticket Cycle"
    _auto = False
    _order = "opened_at desc, id desc"
    _rec_name = "ticket_id"

    ticket_id = fields.Many2one("helpdesk.ticket", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    team_id = fields.Many2one("helpdesk.ticket.team", readonly=True)
    engineer_id = fields.Many2one("res.users", readonly=True)
    department_id = fields.Many2one("hr.department", readonly=True)
    customer_id = fields.Many2one("res.partner", readonly=True)
    category_id = fields.Many2one("helpdesk.ticket.category", readonly=True)
    priority = fields.Selection(
        lambda self: (
            self.env["helpdesk.ticket"]._fields["priority"]._description_selection(self.env)
        ),
        readonly=True,
    )
    cycle = fields.Integer(
        string="Opened How Often",
        readonly=True,
        aggregator=None,
        help="2 when the ticket was reopened once.",
    )
    since = fields.Datetime(string="So Since", readonly=True)
    until = fields.Datetime(
        string="So until",
        readonly=True,
        help="When it passed into other hands, or ended otherwise.",
    )
    opened_at = fields.Datetime(string="Opened on", readonly=True)
    response_due = fields.Datetime(readonly=True)
    responded_at = fields.Datetime(string="First Response", readonly=True)
    solution_due = fields.Datetime(readonly=True)
    ended_at = fields.Datetime(string="Ended on", readonly=True)
    ending = fields.Selection(ENDINGS, string="Ended as", readonly=True)
    duplicate_at = fields.Datetime(string="Marked as Duplicate on", readonly=True)
    duplicate_until = fields.Datetime(string="Marked as Duplicate until", readonly=True)

    @property
    def _table_query(self):
        known = SQL("(ticket.itss_opened_at IS NOT NULL OR ticket.itss_ended_at IS NOT NULL)")
        return self._get_rows(known, SQL("TRUE"))

    @api.model
    def _get_rows(self, of_now, of_past):
        """Return the query of the tickets as they are, and as they were.

        :param of_now: ``SQL``, condition of the table ``ticket``
        :param of_past: ``SQL``, condition of the table ``past``
        """
        return SQL(
            """
            SELECT ticket.id, ticket.id AS ticket_id, ticket.company_id, ticket.team_id,
                   ticket.commercial_partner_id AS customer_id, NULL::timestamp AS until,
                   ticket.category_id, ticket.priority, %(now_facts)s,
                   ticket.itss_duplicate_at AS duplicate_at,
                   ticket.itss_duplicate_until AS duplicate_until
              FROM helpdesk_ticket AS ticket
             WHERE %(of_now)s
             UNION ALL
            SELECT -past.id, past.ticket_id, past.company_id, past.team_id,
                   past.customer_id, past.until,
                   ticket.category_id, ticket.priority, %(past_facts)s,
                   ticket.itss_duplicate_at, ticket.itss_duplicate_until
              FROM itss_ticket_past AS past
              JOIN helpdesk_ticket AS ticket ON ticket.id = past.ticket_id
             WHERE %(of_past)s
            """,
            now_facts=SQL(", ").join(
                SQL("%s AS %s", SQL.identifier("ticket", f"itss_{name}"), SQL.identifier(name))
                for name in FACTS
            ),
            past_facts=SQL(", ").join(SQL.identifier("past", name) for name in FACTS),
            of_now=of_now,
            of_past=of_past,
        )

    @api.model
    def _get_facts(self, company, name, moment=None):
        """Return the tickets that a dated fact puts into a span, as it was when figures count it.

        :param company: ``res.company``
        :param str name: the fact by which it belongs to the span
        :param moment: ``SQL`` over the columns of a row: when they look whose ticket it was; the time
            of the fact by default
        :return: ``SQL``, item of a FROM clause by the name of ``fact`` that uses ``span``
        """

        def lies_in(table, prefix=""):
            column = SQL.identifier(table, f"{prefix}{name}")
            return SQL(
                "%s.company_id = %s AND %s >= span.start_at AND %s < span.end_at",
                SQL.identifier(table),
                company.id,
                column,
                column,
            )

        return SQL(
            """
            LATERAL (
                SELECT * FROM (%(rows)s) AS version
                 WHERE %(moment)s >= COALESCE(since, '-infinity')
                   AND (until IS NULL OR %(moment)s < until)
            ) AS fact""",
            rows=self._get_rows(lies_in("ticket", "itss_"), lies_in("past")),
            moment=moment or SQL.identifier(name),
        )
