from odoo import models

from odoo.addons.itss_quality.tools.workbook import Column


class ItssSampleXlsx(models.AbstractModel):
    _name = "report.itss_quality.sample_xlsx"
    _description = "Samples as Excel"
    _inherit = "itss.xlsx.mixin"

    def _write_book(self, book, samples):
        title = self.env._("Samples")
        columns = [
            Column(self.env._("Number"), 14, "number"),
            Column(self.env._("Status"), 12, "state"),
        ]
        book.add_table(title, (title, self._get_export_details()), columns, samples)
