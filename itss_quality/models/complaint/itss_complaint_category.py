from odoo import fields, models


class ItssComplaintCategory(models.Model):
    """What a complaint is about; statistics and repeated complaints go by it."""

    _name = "itss.complaint.category"
    _description = "Complaint Category"
    _inherit = ["itss.guard.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        index=True,
        default=lambda self: self._default_company_id(),
        help="Empty: for all companies.",
    )
