from odoo import fields, models

SECTIONS = [
    ("people", "People"),
    ("resources", "Resources"),
    ("technology", "Technology"),
    ("process", "Process"),
    ("quality", "Quality"),
    ("project", "Project Phases"),
]


class ItssAuditChecklistLine(models.Model):
    """Question of a checklist: what to ask, by which clause, and how to look."""

    _name = "itss.audit.checklist.line"
    _description = "Checklist Question"
    _inherit = ["itss.part.mixin"]
    _order = "checklist_id, sequence, id"
    _rec_name = "question"

    _whole_field = "checklist_id"

    checklist_id = fields.Many2one(
        "itss.audit.checklist", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="checklist_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    section = fields.Selection(SECTIONS, default="process", required=True)
    clause = fields.Char(help="The number in the edition you follow, in your words.")
    question = fields.Text(string="What to Check", required=True, translate=True)
    method = fields.Char(string="How to Check", translate=True)

    def _check_whole_open(self):
        self.checklist_id._check_unused()
