from odoo import fields, models


class ItssPlanLine(models.Model):
    _inherit = "itss.plan.line"

    kind = fields.Selection(
        selection_add=[("sample", "Sample")], ondelete={"sample": "set default"}
    )
