from odoo import models

from ...tools.workbook import Column


class ItssAuditChecklistXlsx(models.AbstractModel):
    """Questions of checklists, a sheet each, as the import reads them."""

    _name = "report.itss_quality.checklist_xlsx"
    _description = "Checklist as Excel"
    _inherit = "itss.xlsx.mixin"

    def _write_book(self, book, checklists):
        columns = [
            Column(self.env._("Section"), 14, "section"),
            Column(self.env._("Clause"), 16, "clause"),
            Column(self.env._("What to Check"), 70, "question"),
            Column(self.env._("How to Check"), 28, "method"),
        ]
        for index, checklist in enumerate(checklists, 1):
            head = checklist.display_name, checklist.edition or ""
            name = f"{index} V{checklist.version}"
            book.add_table(name, head, columns, checklist.line_ids)
