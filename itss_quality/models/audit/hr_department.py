from odoo import models

from ...tools.durations import get_today


class HrDepartment(models.Model):
    _inherit = "hr.department"

    def write(self, vals):
        heads = {}
        if "manager_id" in vals:
            heads = {department: department.manager_id for department in self}
        result = super().write(vals)
        if heads:
            self.env["itss.former.head"].sudo().create(
                [
                    {
                        "department_id": department.id,
                        "employee_id": head.id,
                        "date_until": get_today(department.company_id),
                    }
                    for department, head in heads.items()
                    if head and head != department.manager_id
                ]
            )
        return result
