from odoo import fields, models

from ...tools.public import public


class HrEmployeePublic(models.Model):
    _inherit = "hr.employee.public"

    # who may audit is no secret: the plan of the audit names the auditors
    itss_auditor_since = fields.Date(string="Internal Auditor Since", readonly=True)
    itss_auditor_certificate = fields.Char(string="Auditor Certificate", readonly=True)
    itss_auditor_valid_until = fields.Date(string="Certificate Valid Until", readonly=True)
    itss_auditor_training = fields.Text(string="Auditor Training Record", readonly=True)

    @public(on="record")
    def action_itss_qualify(self):
        """Open the dialog in which the quality department keeps the qualification as auditor.

        :return: window action
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Qualification as Internal Auditor"),
            "res_model": "itss.auditor.qualify",
            "view_mode": "form",
            "target": "new",
            "context": {"default_employee_id": self.id},
        }
