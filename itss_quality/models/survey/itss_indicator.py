from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.indicators import Facts, Measure


class ItssIndicator(models.Model):
    _inherit = "itss.indicator"

    method = fields.Selection(
        selection_add=[("satisfaction_company", "Scores of Survey Rounds")],
        ondelete={"satisfaction_company": "cascade"},
    )

    @api.model
    def _get_measures(self):
        return {
            **super()._get_measures(),
            "satisfaction_company": Measure(
                "itss.survey.round",
                self.env._("Company-Level Satisfaction"),
                self.env._(
                    "Mean of the answers to the survey rounds ended in the period, each of 100"
                ),
                self.env._("Survey rounds"),
                unit="score",
                target=95,
                sequence=10,
            ),
        }

    def _measure_satisfaction_company(self, ask):
        return self._count(
            ask,
            Facts(
                "itss.survey.round",
                self._get_past_facts(ask, "itss.survey.round"),
                is_in=SQL("fact.ended_at >= span.start_at AND fact.ended_at < span.end_at"),
                amount=SQL("fact.score_then"),
                weight=SQL("fact.score_count_then"),
                left_out=SQL("CASE WHEN COALESCE(fact.score_count_then, 0) = 0 THEN 'no_data' END"),
            ),
        )
