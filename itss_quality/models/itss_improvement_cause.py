from odoo import api, fields, models


class ItssImprovementCause(models.Model):
    """One "why?" on the way to the root cause of an improvement (5 Why, 原因分析)."""

    _name = "itss.improvement.cause"
    _description = "Cause of an Improvement"
    _order = "sequence, id"
    _rec_name = "why"

    improvement_id = fields.Many2one(
        "itss.improvement", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="improvement_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    why = fields.Char(string="Because", required=True)
    category = fields.Selection(
        [
            ("people", "People"),
            ("tools", "Tools and equipment"),
            ("material", "Material and information"),
            ("method", "Method and process"),
            ("environment", "Environment"),
            ("measurement", "Measurement"),
        ],
        help="The bone of the fishbone diagram it belongs to.",
    )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        causes = super().create(vals_list)
        causes._check_editable()
        return causes

    def write(self, vals):
        self._check_editable()
        result = super().write(vals)
        if "improvement_id" in vals:
            self._check_editable()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_locked(self):
        self._check_editable()

    def _check_editable(self):
        """Refuse to touch the causes of an improvement whose content is frozen."""
        if not self.env.su:
            self.improvement_id.check_access("write")
            self.improvement_id._check_locked({"cause_ids": True})
