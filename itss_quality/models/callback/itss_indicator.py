from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.indicators import Facts, Measure


class ItssIndicator(models.Model):
    _inherit = "itss.indicator"

    method = fields.Selection(
        selection_add=[("callback_on_time", "Callbacks in Time")],
        ondelete={"callback_on_time": "cascade"},
    )

    @api.model
    def _get_measures(self):
        source = self.env._("Callback ledger")
        return {
            **super()._get_measures(),
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
        }

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
                CASE WHEN fact.state = 'cancelled'
                     THEN CASE WHEN NOT COALESCE(fact.is_cancelled_late, FALSE) THEN 'cancelled' END
                     WHEN fact.state IN ('pending', 'link_sent') AND fact.deadline > %s
                     THEN 'not_due'
                 END
                """,
                fields.Datetime.now(),
            ),
            scopes=self._get_callback_scopes(),
        )

    @api.model
    def _get_past_callbacks(self, ask):
        """Return the callbacks about tickets, as they were when a period ended."""
        callbacks = self.env["itss.callback"]
        domain = Domain("company_id", "=", ask.company.id) & callbacks._get_ticket_domain()
        return SQL("LATERAL %s AS fact", callbacks._get_past(domain, SQL("span.end_at")))

    @api.model
    def _get_callback_scopes(self):
        return {
            "team": SQL("fact.team_id"),
            "engineer": SQL("fact.engineer_id"),
            "customer": SQL("fact.customer_id"),
        }
