from odoo import fields, models


class ItssFormerHead(models.Model):
    """Who headed a department until when: they don't audit it for a year (independence, plan 6.1)."""

    _name = "itss.former.head"
    _description = "Former Head of a Department"
    _inherit = ["itss.guard.mixin"]
    _order = "date_until desc, id desc"
    _rec_name = "employee_id"

    department_id = fields.Many2one("hr.department", required=True, index=True, ondelete="cascade")
    employee_id = fields.Many2one("hr.employee", required=True, index=True, ondelete="cascade")
    date_until = fields.Date(string="Headed Until", required=True)
