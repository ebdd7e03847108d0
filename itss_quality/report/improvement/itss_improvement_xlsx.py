from odoo import models

from ...tools.workbook import Column


class ItssImprovementXlsx(models.AbstractModel):
    """Tracking table of improvements (改进措施跟踪表)."""

    _name = "report.itss_quality.improvement_xlsx"
    _description = "Tracking Table as Excel"
    _inherit = "itss.xlsx.mixin"

    def _write_book(self, book, improvements):
        title = self.env._("Tracking Table of Improvements")
        head = title, self._get_export_details()
        book.add_table(title, head, self._get_columns(), improvements)

    def _get_columns(self):
        # who found when, and by what, whether the measure has worked
        def check(improvement):
            return improvement._get_last_effectiveness()

        return [
            Column(self.env._("Number"), 14, "number"),
            Column(self.env._("Source"), 24, "source_name"),
            Column(self.env._("Decision / Problem"), 32, "problem"),
            Column(self.env._("Measure"), 32, "action"),
            Column(self.env._("Owner"), 14, "owner_id"),
            Column(self.env._("Deadline"), 12, "date_deadline"),
            Column(self.env._("Status"), 12, "state"),
            Column(self.env._("Completion"), 32, "completion"),
            Column(self.env._("Verification"), 32, "verification"),
            Column(self.env._("Verified by"), 14, "verified_by_id"),
            Column(self.env._("Verified on"), 12, "verified_date"),
            Column(self.env._("Effectiveness"), 12, "effectiveness"),
            Column(
                self.env._("Effectiveness Checked by"),
                14,
                lambda improvement: check(improvement).user_id.sudo().name,
            ),
            Column(
                self.env._("Effectiveness Checked on"),
                12,
                lambda improvement: check(improvement).date,
                kind="date",
            ),
            Column(
                self.env._("Effectiveness: Finding"),
                32,
                lambda improvement: check(improvement).note,
            ),
        ]
