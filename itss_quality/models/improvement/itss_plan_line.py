from odoo import models


class ItssPlanLine(models.Model):
    """Line of the plan whose work gives rise to improvements (plan 6.4)."""

    _name = "itss.plan.line"
    _inherit = ["itss.plan.line", "itss.improvement.source.mixin"]

    def _has_proof(self):
        return super()._has_proof() or "closed" in self.improvement_ids.mapped("state")

    def _hand_over(self):
        super()._hand_over()
        for line in self:
            line.previous_id.improvement_ids.source_id = line.id
