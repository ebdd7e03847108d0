from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    itss_improvement_escalation_days = fields.Integer(
        related="company_id.itss_improvement_escalation_days", readonly=False
    )
    itss_improvement_check_days = fields.Integer(
        related="company_id.itss_improvement_check_days", readonly=False
    )
