from odoo import api, fields, models
from odoo.tools import SQL


class ItssImprovementCheck(models.Model):
    """What the quality department found when it checked an improvement (验证、效果检查); append-only.

    Written by the steps of the improvement; no user has the right to create or change one.
    """

    _name = "itss.improvement.check"
    _description = "Check of an Improvement"
    _inherit = ["itss.guard.mixin"]
    _order = "date desc, id desc"
    _rec_name = "kind"

    improvement_id = fields.Many2one(
        "itss.improvement", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="improvement_id.company_id", store=True, index=True)
    date = fields.Datetime(
        string="Checked on", default=fields.Datetime.now, required=True, readonly=True
    )
    user_id = fields.Many2one("res.users", string="Checked by", required=True, readonly=True)
    kind = fields.Selection(
        [("verification", "Verification"), ("effectiveness", "Effectiveness Check")],
        required=True,
        readonly=True,
    )
    result = fields.Selection(
        [
            ("passed", "Carried out"),
            ("failed", "Sent back"),
            ("effective", "Effective"),
            ("ineffective", "Ineffective"),
        ],
        required=True,
        readonly=True,
    )
    note = fields.Text(readonly=True)

    @api.model
    def _count_effective(self, period):
        """Return how many improvements were checked in a period, and how many have worked.

        Each counts once: what was found ineffective first and effective later has worked.
        """
        self.flush_model()
        [counts] = self.env.execute_query(
            SQL(
                """
                SELECT count(*), count(*) FILTER (WHERE result = 'effective')
                  FROM (
                        SELECT DISTINCT ON (improvement_id) result
                          FROM itss_improvement_check
                         WHERE company_id = %s AND kind = 'effectiveness'
                           AND date >= %s AND date < %s
                      ORDER BY improvement_id, date DESC, id DESC
                       ) AS last_check
                """,
                period.company.id,
                period.start,
                period.end,
            )
        )
        return counts
