from datetime import datetime

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.indicators import Facts, Measure

CODES = (
    "satisfaction_project",
    "callback_rate",
    "callback_on_time",
    "first_solved",
    "response_on_time",
    "resolution_on_time",
    "resolved_rate",
    "sla_rate",
)

# what an import brings along after a period changes none of its figures any more
IMPORTED_LATER = SQL(
    "fact.is_resolved_imported AND fact.create_date >= span.end_at AND fact.create_date > fact.deadline"
)


class ItssIndicator(models.Model):
    _inherit = "itss.indicator"

    method = fields.Selection(
        selection_add=[
            ("satisfaction_project", "Scores of Callbacks"),
            ("callback_rate", "Callbacks Made"),
            ("callback_on_time", "Callbacks in Time"),
            ("first_solved", "Solved at First"),
            ("response_on_time", "Tickets Responded to in Time"),
            ("resolution_on_time", "Tickets Solved in Time"),
            ("resolved_rate", "Tickets Solved"),
            ("sla_rate", "Tickets within the Agreed Hours"),
        ],
        ondelete=dict.fromkeys(CODES, "cascade"),
    )

    @api.model
    def _get_measures(self):
        source = self.env._("Callback ledger")
        return {
            **super()._get_measures(),
            "satisfaction_project": Measure(
                "itss.callback",
                self.env._("Project-Level Satisfaction"),
                self.env._("Mean score of the callbacks done in the period"),
                source,
                unit="score",
                target=95,
                sequence=20,
            ),
            "callback_rate": Measure(
                "itss.callback",
                self.env._("Callback Rate"),
                self.env._("Called back / callbacks whose deadline lies in the period"),
                source,
                target=95,
                sequence=30,
            ),
            "callback_on_time": Measure(
                "itss.callback",
                self.env._("24-Hour Callback Rate"),
                self.env._(
                    "Called back within the deadline / callbacks whose deadline lies in the period; "
                    "what was reset after its deadline counts as late"
                ),
                source,
                target=95,
                sequence=40,
            ),
            "first_solved": Measure(
                "itss.callback",
                self.env._("Solved-at-First Rate"),
                self.env._("Solved, said at the first cycle / verdicts in the period"),
                source,
                target=90,
                sequence=50,
            ),
            **self._get_ticket_measures(),
        }

    @api.model
    def _get_ticket_measures(self):
        source = self.env._("Times of tickets, noted when they happen")
        tickets, verdicts = "itss.ticket.cycle", "helpdesk.ticket"
        return {
            "response_on_time": Measure(
                tickets,
                self.env._("Response in Time"),
                self.env._(
                    "Tickets first responded to within the agreed hours / tickets whose response was due in "
                    "the period"
                ),
                source,
                target=95,
                sequence=60,
            ),
            "resolution_on_time": Measure(
                tickets,
                self.env._("Solution in Time"),
                self.env._(
                    "Tickets solved within the agreed hours / tickets whose solution was due in the period"
                ),
                source,
                target=95,
                sequence=70,
            ),
            "resolved_rate": Measure(
                tickets,
                self.env._("Tickets Solved"),
                self.env._(
                    "Tickets solved / tickets that ended in the period (solved, cancelled, rejected)"
                ),
                source,
                target=95,
                sequence=80,
            ),
            "sla_rate": Measure(
                verdicts if self._has_verdicts() else tickets,
                self.env._("SLA Rate"),
                self.env._(
                    "Tickets responded to and solved within the agreed hours / tickets whose solution was "
                    "due in the period"
                ),
                source,
                target=95,
                sequence=90,
            ),
        }

    @api.model
    def _get_reasons(self):
        return {
            **super()._get_reasons(),
            "before_start": self.env._("Before the start"),
            "duplicate": self.env._("Duplicate"),
            "reset": self.env._("Reset before its deadline"),
            "imported": self.env._("Imported after the period"),
        }

    def _measure_satisfaction_project(self, ask):
        return self._count(
            ask, self._get_callback_verdicts(ask)._replace(amount=SQL("fact.score_then"))
        )

    def _measure_first_solved(self, ask):
        solved = SQL("fact.is_solved_then = 'yes' AND fact.cycle = 1")
        return self._count(ask, self._get_callback_verdicts(ask)._replace(counted=solved))

    def _measure_callback_rate(self, ask):
        return self._count(ask, self._get_due_callbacks(ask, SQL("TRUE")))

    def _measure_callback_on_time(self, ask):
        return self._count(ask, self._get_due_callbacks(ask, SQL("fact.is_on_time")))

    @api.model
    def _get_due_callbacks(self, ask, counted):
        """Return the callbacks whose deadline lies in a period, as facts.

        :param counted: ``SQL`` that says which of those called back count
        """
        return Facts(
            "itss.callback",
            self._get_past_callbacks(ask),
            is_in=SQL("fact.deadline >= span.start_at AND fact.deadline < span.end_at"),
            counted=SQL("fact.state = 'done' AND fact.done_at < span.end_at AND %s", counted),
            left_out=SQL(
                """
                CASE WHEN %s THEN 'imported'
                     WHEN fact.state = 'cancelled'
                     THEN CASE WHEN NOT COALESCE(fact.is_cancelled_late, FALSE) THEN 'reset' END
                     WHEN fact.state IN ('pending', 'link_sent') AND fact.deadline > %s
                     THEN 'not_due'
                 END
                """,
                IMPORTED_LATER,
                fields.Datetime.now(),
            ),
            scopes=self._get_callback_scopes(),
        )

    @api.model
    def _get_callback_verdicts(self, ask):
        """Return the verdicts given in a period, as facts."""
        return Facts(
            "itss.callback",
            self._get_past_callbacks(ask),
            is_in=SQL(
                "fact.state = 'done' AND fact.done_at >= span.start_at AND fact.done_at < span.end_at"
            ),
            left_out=SQL("CASE WHEN %s THEN 'imported' END", IMPORTED_LATER),
            scopes=self._get_callback_scopes(),
        )

    @api.model
    def _get_past_callbacks(self, ask):
        """Return the callbacks about tickets, as they were when a period ended."""
        domain = self.env["itss.callback"]._get_ticket_domain()
        return self._get_past_facts(ask, "itss.callback", domain)

    @api.model
    def _get_callback_scopes(self):
        return {
            "team": SQL("fact.team_id"),
            "engineer": SQL("fact.engineer_id"),
            "customer": SQL("fact.customer_id"),
        }

    @api.model
    def _count_resets(self, ask):
        """Return how many callbacks due in a period were reset, and how many of them late."""
        due = self._get_due_callbacks(ask, SQL("TRUE"))
        left_out = SQL(
            "CASE WHEN fact.state != 'cancelled' OR COALESCE(fact.cancelled_at, fact.resolved_at)"
            " >= span.end_at OR %s THEN 'not_reset' END",
            IMPORTED_LATER,
        )
        return self._count(
            ask, due._replace(counted=SQL("fact.is_cancelled_late"), left_out=left_out)
        )

    @api.model
    def _count_solved_callbacks(self, ask):
        """Return how many callbacks there are of tickets solved in a period."""
        facts = self._get_callback_verdicts(ask)
        solved = SQL("fact.resolved_at >= span.start_at AND fact.resolved_at < span.end_at")
        return self._count(ask, facts._replace(is_in=solved))

    # -------------------------------------------------------------------------
    # Tickets
    # -------------------------------------------------------------------------

    def _measure_response_on_time(self, ask):
        moment = SQL("LEAST(responded_at, response_due)")
        left_out = SQL(
            """
            WHEN fact.responded_at IS NULL AND fact.ended_at <= fact.response_due THEN 'cancelled'
            WHEN fact.responded_at IS NULL AND fact.response_due > %s THEN 'not_due'
            """,
            fields.Datetime.now(),
        )
        counted = SQL("fact.responded_at <= fact.response_due")
        return self._count(
            ask, self._get_ticket_facts(ask, "response_due", counted, left_out, moment)
        )

    def _measure_resolution_on_time(self, ask):
        return self._count(ask, self._get_solved_in_time(ask, SQL("TRUE")))

    def _measure_sla_rate(self, ask):
        if self._has_verdicts():
            return self._count(ask, self._get_verdicts(ask))
        in_time = SQL("(fact.response_due IS NULL OR fact.responded_at <= fact.response_due)")
        return self._count(ask, self._get_solved_in_time(ask, in_time))

    def _measure_resolved_rate(self, ask):
        left_out = SQL("WHEN fact.ending IS NULL THEN 'no_data'")
        counted = SQL("fact.ending = 'solved'")
        return self._count(ask, self._get_ticket_facts(ask, "ended_at", counted, left_out))

    @api.model
    def _get_received_tickets(self, ask):
        """Return the tickets received in a period, as facts: those opened for the first time."""
        facts = self._get_ticket_facts(ask, "opened_at", SQL("TRUE"), SQL(""))
        return facts._replace(is_in=SQL("fact.cycle = 1"))

    @api.model
    def _get_solved_in_time(self, ask, counted):
        """Return the tickets whose solution was due in a period, as facts: those solved in time count.

        :param counted: ``SQL``, what else is asked of these
        """
        left_out = SQL(
            """
            WHEN fact.ended_at <= fact.solution_due AND fact.ending IS NULL THEN 'no_data'
            WHEN fact.ended_at <= fact.solution_due AND fact.ending != 'solved' THEN 'cancelled'
            WHEN fact.solution_due > %s AND fact.ended_at IS NULL THEN 'not_due'
            """,
            fields.Datetime.now(),
        )
        counted = SQL(
            "fact.ending = 'solved' AND fact.ended_at <= fact.solution_due AND %s", counted
        )
        return self._get_ticket_facts(ask, "solution_due", counted, left_out)

    @api.model
    def _get_ticket_facts(self, ask, name, counted, left_out, moment=None):
        """Return the tickets that a dated fact puts into a period, as facts.

        What is known of them since before the company's start is left out, and so are duplicates: of
        what has a deadline those marked by then, of the others those marked by the end of the period.

        :param str name: the fact, a column of ``itss.ticket.cycle``
        :param left_out: ``SQL``, further branches of the CASE that says why one is left out
        :param moment: as ``itss.ticket.cycle`` takes it
        """
        has_deadline = name.endswith("_due")
        until = SQL.identifier("fact", name) if has_deadline else SQL("span.end_at")
        since = ask.company.itss_callback_since
        return Facts(
            "itss.ticket.cycle",
            self.env["itss.ticket.cycle"]._get_facts(ask.company, name, moment),
            is_in=SQL("TRUE"),
            counted=counted,
            left_out=SQL(
                """
                CASE WHEN COALESCE(fact.opened_at, fact.ended_at) < %(since)s THEN 'before_start'
                     WHEN fact.duplicate_at < %(until)s AND (
                          fact.duplicate_until IS NULL OR fact.duplicate_until > %(until)s
                     ) THEN 'duplicate'
                     %(left_out)s
                 END
                """,
                since=since or datetime.min,
                until=until,
                left_out=left_out,
            ),
            scopes=self._get_ticket_scopes(),
        )

    @api.model
    def _has_verdicts(self):
        """Whether OCA's helpdesk_mgmt_sla watches deadlines of tickets: then it says what was in time."""
        return "ticket_sla_ids" in self.env["helpdesk.ticket"]._fields

    @api.model
    def _get_ticket_scopes(self):
        return {
            kind: SQL.identifier("fact", f"{kind}_id")
            for kind in ("team", "engineer", "customer", "department")
        }

    @api.model
    def _get_verdicts(self, ask):
        """Return the tickets whose last deadline by helpdesk_mgmt_sla lies in a period, as facts."""
        return Facts(
            "helpdesk.ticket",
            SQL(
                """
                (SELECT ticket.id, ticket.team_id, ticket.itss_engineer_id AS engineer_id,
                        ticket.itss_department_id AS department_id,
                        ticket.commercial_partner_id AS customer_id,
                        ticket.itss_duplicate_at AS duplicate_at,
                        ticket.itss_duplicate_until AS duplicate_until,
                        max(sla.deadline) AS deadline,
                        bool_and(sla.state = 'accomplished') AS is_kept,
                        bool_or(sla.state = 'expired') AS is_expired
                   FROM helpdesk_ticket_sla AS sla
                   JOIN helpdesk_ticket AS ticket ON ticket.id = sla.ticket_id
                  WHERE ticket.company_id = %s
                  GROUP BY ticket.id) AS fact
                """,
                ask.company.id,
            ),
            is_in=SQL("fact.deadline >= span.start_at AND fact.deadline < span.end_at"),
            counted=SQL("fact.is_kept"),
            left_out=SQL(
                """
                CASE WHEN fact.duplicate_at < fact.deadline AND (
                          fact.duplicate_until IS NULL OR fact.duplicate_until > fact.deadline
                     ) THEN 'duplicate'
                     WHEN NOT fact.is_kept AND NOT fact.is_expired AND fact.deadline > %s
                     THEN 'not_due'
                 END
                """,
                fields.Datetime.now(),
            ),
            scopes=self._get_ticket_scopes(),
        )
