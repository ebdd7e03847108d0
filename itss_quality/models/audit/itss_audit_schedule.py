from odoo import api, fields, models

from ...tools.records import OURS


class ItssAuditSchedule(models.Model):
    """Line of an audit's schedule (日程): department × time × auditors, an event in their calendars."""

    _name = "itss.audit.schedule"
    _description = "Audit Schedule"
    _inherit = ["itss.part.mixin", "itss.event.mixin"]
    _order = "audit_id, start, id"
    _rec_name = "department_id"
    _check_company_auto = True

    _whole_field = "audit_id"
    _event_fields = ("start", "stop", "location", "department_id", "auditor_ids", "topic")

    audit_id = fields.Many2one("itss.audit", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="audit_id.company_id", store=True, index=True)
    department_id = fields.Many2one(
        "hr.department", string="Audited Department", required=True, check_company=True, index=True
    )
    auditor_ids = fields.Many2many(
        "hr.employee.public", string="Auditors", required=True, check_company=True
    )
    topic = fields.Char(string="Subject of the Audit")

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("department_id", "auditor_ids", "audit_id")
    def _check_auditors(self):
        if self.env.context.get("itss_revision") is OURS:
            return
        for line in self:
            line.audit_id._check_auditors(line.auditor_ids.employee_id, line.department_id)

    # -------------------------------------------------------------------------
    # The calendar
    # -------------------------------------------------------------------------

    def _is_invited(self):
        # nobody is invited to a plan that is not approved yet
        return self.audit_id._is_plan_approved()

    def _get_event_name(self):
        return " – ".join(filter(None, (self.audit_id.name, self.department_id.name, self.topic)))

    def _get_guests(self):
        employees = self.auditor_ids.employee_id | self.department_id.manager_id
        return employees.user_id.partner_id | employees.work_contact_id
