from odoo import api, fields, models

from ...tools.public import public

QUALIFICATION = {
    "since": "itss_auditor_since",
    "certificate": "itss_auditor_certificate",
    "valid_until": "itss_auditor_valid_until",
    "training": "itss_auditor_training",
}


class ItssAuditorQualify(models.TransientModel):
    """Dialog in which the quality department keeps who is an internal auditor (plan 6.1).

    The rest of an employee's record is the personnel department's.
    """

    _name = "itss.auditor.qualify"
    _description = "Qualification as Internal Auditor"
    _inherit = ["itss.guard.mixin"]

    employee_id = fields.Many2one("hr.employee", required=True, ondelete="cascade")
    since = fields.Date(
        string="Internal Auditor Since",
        compute="_compute_qualification",
        store=True,
        readonly=False,
    )
    certificate = fields.Char(compute="_compute_qualification", store=True, readonly=False)
    valid_until = fields.Date(compute="_compute_qualification", store=True, readonly=False)
    training = fields.Text(
        string="Training Record", compute="_compute_qualification", store=True, readonly=False
    )

    @api.depends("employee_id")
    def _compute_qualification(self):
        for dialog in self:
            # the public side of the employee shows the same, of the own companies alone
            public = self.env["hr.employee.public"].browse(dialog.employee_id.id)
            employee = dialog.employee_id.sudo() if public.has_access("read") else public.browse()
            for name, field in QUALIFICATION.items():
                dialog[name] = employee[field]

    @public(on="record")
    def action_confirm(self):
        """Write the qualification to the employee's record.

        :raise AccessError: missing role (quality department only), or the employee is another company's
        """
        self.env["hr.employee.public"].browse(self.employee_id.id).check_access("read")
        self.employee_id.sudo().write({field: self[name] for name, field in QUALIFICATION.items()})
        return {"type": "ir.actions.act_window_close"}
