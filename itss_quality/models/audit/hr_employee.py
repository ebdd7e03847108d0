from dateutil.relativedelta import relativedelta

from odoo import fields, models

from ...tools.durations import get_today

# who headed a department within this time does not audit it
INDEPENDENCE_MONTHS = 12


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    itss_auditor_since = fields.Date(string="Internal Auditor Since", tracking=True)
    itss_auditor_certificate = fields.Char(string="Auditor Certificate", tracking=True)
    itss_auditor_valid_until = fields.Date(string="Certificate Valid Until", tracking=True)
    itss_auditor_training = fields.Text(string="Auditor Training Record")

    def _itss_is_qualified(self, start, end):
        """Whether the employee is a qualified internal auditor (内审员) throughout a period.

        :param date start: first day
        :param date end: last day
        """
        self.ensure_one()
        employee = self.sudo()
        since, until = employee.itss_auditor_since, employee.itss_auditor_valid_until
        # trained: there is a certificate or a record of the training to show
        proof = employee.itss_auditor_certificate or employee.itss_auditor_training
        return bool(since and proof) and since <= start and (not until or until >= end)

    def _itss_get_dependence(self, departments):
        """Return why the employee may not audit one of the departments, or ``""``.

        :param departments: ``hr.department`` to be audited
        """
        self.ensure_one()
        employee = self.sudo()
        for department in departments.sudo():
            words = {"auditor": employee.name, "department": department.name}
            # who works in a part of the department works in the department
            path = (employee.department_id.parent_path or "").split("/")
            if str(department.id) in path:
                return self.env._(
                    "%(auditor)s works in %(department)s and can't audit the own department.",
                    **words,
                )
            if department.manager_id == employee:
                return self.env._(
                    "%(auditor)s heads %(department)s and can't audit the own department.", **words
                )
            since = get_today(department.company_id) - relativedelta(months=INDEPENDENCE_MONTHS)
            former = self.env["itss.former.head"].sudo()
            headed = former.search(
                [
                    ("department_id", "=", department.id),
                    ("employee_id", "=", employee.id),
                    ("date_until", ">=", since),
                ],
                limit=1,
            )
            if headed:
                return self.env._(
                    "%(auditor)s headed %(department)s until %(date)s and can't audit it within "
                    "%(months)s months.",
                    date=headed.date_until,
                    months=INDEPENDENCE_MONTHS,
                    **words,
                )
        return ""
