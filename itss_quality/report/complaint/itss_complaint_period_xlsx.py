from odoo import models
from odoo.tools.misc import format_date


class ItssComplaintPeriodXlsx(models.AbstractModel):
    """Complaint records and statistics of a period, as they were when it ended."""

    _name = "report.itss_quality.complaint_period_xlsx"
    _description = "Complaints of a Period as Excel"
    _inherit = "report.itss_quality.complaint_xlsx"

    _on = "record"

    def _write_book(self, book, dialog):
        period = dialog._get_period()
        details = self.env._(
            "Received from %(start)s to %(end)s. %(as_of)s. %(export)s",
            start=format_date(self.env, dialog.date_from),
            end=format_date(self.env, dialog.date_to),
            as_of=self._get_as_of(period.end, dialog.date_to),
            export=self._get_export_details(),
        )
        complaints = self.env["itss.complaint"]._find_received(period)
        self._write_complaints(book, complaints, period.end, details)
        settings = period.company._itss_get_settings_in_force(
            dialog.date_from, dialog.date_to, "complaint"
        )
        self._write_settings(book, details, settings)
