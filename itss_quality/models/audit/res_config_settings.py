from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    itss_auditor_check = fields.Selection(related="company_id.itss_auditor_check", readonly=False)
    itss_nonconformity_days = fields.Integer(
        related="company_id.itss_nonconformity_days", readonly=False
    )
    itss_audit_coverage_months = fields.Integer(
        related="company_id.itss_audit_coverage_months", readonly=False
    )
