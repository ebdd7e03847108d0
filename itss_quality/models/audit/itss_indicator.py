from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.indicators import Measure


class ItssIndicator(models.Model):
    _inherit = "itss.indicator"

    method = fields.Selection(
        selection_add=[("nonconformity_closed", "Nonconformities Verified in Time")],
        ondelete={"nonconformity_closed": "cascade"},
    )

    @api.model
    def _get_measures(self):
        return {
            **super()._get_measures(),
            "nonconformity_closed": Measure(
                "itss.nonconformity",
                self.env._("Nonconformities Closed"),
                self.env._("Verified by their deadline / deadlines in the period"),
                self.env._("Nonconformities of internal audits"),
                sequence=160,
            ),
        }

    def _measure_nonconformity_closed(self, ask):
        facts = self._get_deadline_facts(
            ask,
            "itss.nonconformity",
            "date_deadline",
            open_states=("raised", "disputed", "confirmed"),
            done_states=("closed",),
        )
        return self._count(
            ask,
            facts._replace(
                is_in=SQL("fact.raised_at < span.end_at"),
                scopes={"department": SQL("fact.department_id")},
            ),
        )
