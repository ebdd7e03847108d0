from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    itss_indicator_freeze_days = fields.Integer(
        related="company_id.itss_indicator_freeze_days", readonly=False
    )
