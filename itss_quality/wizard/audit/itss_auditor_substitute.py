from odoo import api, fields, models

from ...tools.public import public


class ItssAuditorSubstitute(models.TransientModel):
    """Dialog in which an auditor takes over from another one after the plan was approved (plan 6.1).

    People fall ill or change departments while an audit goes on; the plan stays as it was signed.
    """

    _name = "itss.auditor.substitute"
    _description = "Change of the Audit Team"
    _inherit = ["itss.guard.mixin"]

    audit_id = fields.Many2one("itss.audit", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="audit_id.company_id")
    # the public side of employees, which who decides may read
    team_ids = fields.Many2many("hr.employee.public", compute="_compute_team_ids")
    leaving_id = fields.Many2one(
        "hr.employee.public",
        string="Leaves the Team",
        domain="[('id', 'in', team_ids)]",
        help="Their dates and questions still to come go over. Empty: somebody joins.",
    )
    joining_id = fields.Many2one(
        "hr.employee.public",
        string="Takes Over or Joins",
        required=True,
        domain="[('company_id', 'in', [company_id, False])]",
        help="Qualified, and of none of the departments that are taken over.",
    )
    reason = fields.Text(required=True)

    @api.depends("audit_id")
    def _compute_team_ids(self):
        for dialog in self:
            dialog.team_ids = self.env["hr.employee.public"].browse(dialog.audit_id._get_team().ids)

    @public(on="record")
    def action_confirm(self):
        """Change the team, as the user.

        :raise UserError: who takes over is not qualified or not independent, or it is too late
        :raise AccessError: neither management representative nor management
        """
        self.audit_id.check_access("read")
        self.audit_id._substitute(
            self.leaving_id.employee_id, self.joining_id.employee_id, self.reason.strip()
        )
        return {"type": "ir.actions.act_window_close"}
