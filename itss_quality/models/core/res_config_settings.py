from odoo import api, fields, models


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

    @api.onchange("itss_separation_of_duties")
    def _onchange_itss_separation_of_duties(self):
        """Say what it means to switch the separation of duties off, before it is saved."""
        is_on = self.company_id._origin.itss_separation_of_duties
        if is_on and not self.itss_separation_of_duties:
            return {
                "warning": {
                    "title": self.env._("Switch Separation of Duties Off?"),
                    "message": self.env._(
                        "One person can then prepare, review and approve a document. Each document "
                        "signed meanwhile says so on its print, for good. Quality department and "
                        "management are told, and the log of settings keeps who did it and when. "
                        "Save only if you want this."
                    ),
                }
            }
        return None
