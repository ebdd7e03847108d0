from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    itss_complaint_acknowledge_hours = fields.Float(
        related="company_id.itss_complaint_acknowledge_hours", readonly=False
    )
    itss_complaint_answer_hours = fields.Float(
        related="company_id.itss_complaint_answer_hours", readonly=False
    )
    itss_complaint_major_acknowledge_hours = fields.Float(
        related="company_id.itss_complaint_major_acknowledge_hours", readonly=False
    )
    itss_complaint_major_answer_hours = fields.Float(
        related="company_id.itss_complaint_major_answer_hours", readonly=False
    )
    itss_complaint_warning_hours = fields.Float(
        related="company_id.itss_complaint_warning_hours", readonly=False
    )
    itss_complaint_escalation_hours = fields.Float(
        related="company_id.itss_complaint_escalation_hours", readonly=False
    )
    itss_complaint_alias_name = fields.Char(
        related="company_id.itss_complaint_alias_name", readonly=False
    )
