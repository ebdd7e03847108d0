from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    itss_quality_department_id = fields.Many2one(
        related="company_id.itss_quality_department_id", readonly=False
    )
    itss_operations_department_id = fields.Many2one(
        related="company_id.itss_operations_department_id", readonly=False
    )
    itss_service_desk_department_id = fields.Many2one(
        related="company_id.itss_service_desk_department_id", readonly=False
    )
    itss_management_representative_id = fields.Many2one(
        related="company_id.itss_management_representative_id", readonly=False
    )
    itss_separation_of_duties = fields.Boolean(
        related="company_id.itss_separation_of_duties", readonly=False
    )
    itss_reminder_days = fields.Integer(related="company_id.itss_reminder_days", readonly=False)
