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
    itss_improvement_escalation_days = fields.Integer(
        related="company_id.itss_improvement_escalation_days", readonly=False
    )
    itss_improvement_check_days = fields.Integer(
        related="company_id.itss_improvement_check_days", readonly=False
    )
    itss_auditor_check = fields.Selection(related="company_id.itss_auditor_check", readonly=False)
    itss_nonconformity_days = fields.Integer(
        related="company_id.itss_nonconformity_days", readonly=False
    )
    itss_callback_since = fields.Datetime(related="company_id.itss_callback_since", readonly=False)
    itss_callback_hours = fields.Float(related="company_id.itss_callback_hours", readonly=False)
    itss_callback_calendar_id = fields.Many2one(
        related="company_id.itss_callback_calendar_id", readonly=False
    )
    itss_callback_warning_hours = fields.Float(
        related="company_id.itss_callback_warning_hours", readonly=False
    )
    itss_callback_escalation_hours = fields.Float(
        related="company_id.itss_callback_escalation_hours", readonly=False
    )
    itss_callback_attempts = fields.Integer(
        related="company_id.itss_callback_attempts", readonly=False
    )
    itss_callback_fatigue_days = fields.Integer(
        related="company_id.itss_callback_fatigue_days", readonly=False
    )
    itss_callback_reminder_days = fields.Integer(
        related="company_id.itss_callback_reminder_days", readonly=False
    )
    itss_callback_threshold = fields.Float(
        related="company_id.itss_callback_threshold", readonly=False
    )
    itss_callback_script = fields.Text(related="company_id.itss_callback_script", readonly=False)
