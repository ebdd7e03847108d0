from odoo import models

WIDTHS = (14, 16, 70, 28)


class ItssAuditChecklistXlsx(models.AbstractModel):
    """Questions of checklists, a sheet each, as the import reads them."""

    _name = "report.itss_quality.checklist_xlsx"
    _description = "Checklist as Excel"
    _inherit = "itss.xlsx.mixin"

    def generate_xlsx_report(self, workbook, data, checklists):
        """Write a sheet per checklist.

        :param xlsxwriter.Workbook workbook: the workbook to fill
        :param dict data: options of the report action
        :param checklists: ``itss.audit.checklist`` records
        """
        checklists.check_access("read")
        formats = self._add_formats(workbook)
        headings = (
            self.env._("Section"),
            self.env._("Clause"),
            self.env._("What to Check"),
            self.env._("How to Check"),
        )
        for index, checklist in enumerate(checklists, 1):
            sheet = workbook.add_worksheet(f"{index} V{checklist.version}")
            details = checklist.edition or ""
            self._write_head(sheet, checklist.display_name, details, headings, WIDTHS, formats)
            sections = dict(checklist.line_ids._fields["section"]._description_selection(self.env))
            for row, line in enumerate(checklist.line_ids, 3):
                values = (sections[line.section], line.clause, line.question, line.method)
                for column, value in enumerate(values):
                    self._write_text(sheet, row, column, value, formats["wrapped"])
