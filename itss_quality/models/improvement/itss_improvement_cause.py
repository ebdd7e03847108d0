from odoo import fields, models


class ItssImprovementCause(models.Model):
    """One "why?" on the way to the root cause of an improvement (5 Why, 原因分析)."""

    _name = "itss.improvement.cause"
    _description = "Cause of an Improvement"
    _inherit = ["itss.part.mixin"]
    _order = "sequence, id"
    _rec_name = "why"

    _whole_field = "improvement_id"

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

    def _check_whole_open(self):
        self.improvement_id.check_access("write")
        super()._check_whole_open()
