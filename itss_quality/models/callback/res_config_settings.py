from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

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
    itss_response_hours_0 = fields.Float(related="company_id.itss_response_hours_0", readonly=False)
    itss_response_hours_1 = fields.Float(related="company_id.itss_response_hours_1", readonly=False)
    itss_response_hours_2 = fields.Float(related="company_id.itss_response_hours_2", readonly=False)
    itss_response_hours_3 = fields.Float(related="company_id.itss_response_hours_3", readonly=False)
    itss_resolution_hours_0 = fields.Float(
        related="company_id.itss_resolution_hours_0", readonly=False
    )
    itss_resolution_hours_1 = fields.Float(
        related="company_id.itss_resolution_hours_1", readonly=False
    )
    itss_resolution_hours_2 = fields.Float(
        related="company_id.itss_resolution_hours_2", readonly=False
    )
    itss_resolution_hours_3 = fields.Float(
        related="company_id.itss_resolution_hours_3", readonly=False
    )
