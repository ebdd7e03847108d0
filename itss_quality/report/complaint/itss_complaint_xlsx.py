from odoo import models
from odoo.tools import html2plaintext

from ...tools.durations import get_day, get_today, get_tz
from ...tools.figures import no_data
from ...tools.workbook import Column, get_field_reader

MEASURES = ("__count", "closed_count:sum", "acknowledge_hours:avg", "resolve_hours:avg")


class ItssComplaintXlsx(models.AbstractModel):
    """Complaint records (投诉记录) and statistics (投诉统计) of the complaints chosen."""

    _name = "report.itss_quality.complaint_xlsx"
    _description = "Complaints as Excel"
    _inherit = "itss.xlsx.mixin"

    def _write_book(self, book, complaints):
        details = self._get_export_details()
        title = self.env._("Complaint Records")
        rows = complaints.sorted("received_at")
        book.add_table(title, (title, details), self._get_record_columns(), rows)
        title = self.env._("Complaint Statistics")
        rows = self._list_figures(complaints)
        book.add_table(title, (title, details), self._get_figure_columns(), rows)
        periods = [
            company._itss_get_settings_in_force(
                get_day(company, min(own.mapped("received_at"))), get_today(company), "complaint"
            )
            for company, own in complaints.grouped("company_id").items()
        ]
        self._write_settings(book, details, *periods)

    # -------------------------------------------------------------------------
    # Records
    # -------------------------------------------------------------------------

    def _get_record_columns(self):
        return [
            Column(self.env._("Number"), 14, "number"),
            Column(self.env._("Source"), 10, "channel"),
            Column(self.env._("Complainant"), 18, "contact_name"),
            Column(self.env._("Customer"), 24, "customer_id"),
            Column(self.env._("Description"), 32, self._get_description),
            Column(self.env._("Added by Us"), 24, "addition"),
            Column(self.env._("Category"), 14, "category_id"),
            Column(self.env._("Severity"), 8, "severity"),
            Column(self.env._("Received on"), 18, "received_at"),
            Column(self.env._("First Noted on"), 18, "first_received_at"),
            Column(self.env._("Receipt Corrected by"), 14, "receipt_corrected_by_id"),
            Column(self.env._("Receipt Corrected on"), 18, "receipt_corrected_at"),
            Column(self.env._("Why the Receipt Was Corrected"), 24, "receipt_reason"),
            Column(self.env._("Received by"), 14, lambda one: one._get_registrar().name),
            Column(self.env._("Acknowledged on"), 18, "acknowledged_at"),
            Column(self.env._("Handled by"), 14, "user_id"),
            Column(self.env._("Investigation"), 32, "investigation"),
            Column(self.env._("Root Cause"), 28, "root_cause"),
            Column(self.env._("Answer to the Customer"), 32, "resolution"),
            Column(self.env._("Answered on"), 18, "resolved_at"),
            Column(self.env._("Callback"), 20, self._get_callback),
            Column(self.env._("Closed on"), 18, "closed_at"),
            Column(self.env._("Status"), 10, "state"),
        ]

    def _get_description(self, complaint):
        return f"{complaint.name}\n{html2plaintext(complaint.description or '')}".strip()

    def _get_callback(self, complaint):
        last = complaint.sudo().callback_ids.sorted("cycle")[-1:]
        if not last:
            return ""
        name = "is_solved" if last.state == "done" else "state"
        word = get_field_reader(self.env, last._fields[name])(last)
        return f"{word}, {last.score:g}" if last.state == "done" else word

    # -------------------------------------------------------------------------
    # Statistics: month × customer × category × severity
    # -------------------------------------------------------------------------

    def _get_figure_columns(self):
        return [
            Column(self.env._("Month"), 14),
            Column(self.env._("Customer"), 24),
            Column(self.env._("Category"), 20),
            Column(self.env._("Severity"), 10),
            Column(self.env._("Received"), 10, kind="number"),
            Column(self.env._("Closed"), 10, kind="number"),
            Column(self.env._("Handled Rate"), 12, kind="rate"),
            Column(self.env._("Hours to Acknowledge"), 14, kind="figure"),
            Column(self.env._("Hours to Answer"), 14, kind="figure"),
        ]

    def _list_figures(self, complaints):
        domain = [("id", "in", complaints.ids), ("state", "!=", "invalid")]
        groups = ["received_at:month", "customer_id", "category_id", "severity"]
        severities = dict(complaints._fields["severity"]._description_selection(self.env))
        for company in complaints.company_id:
            # each counts months by its own days
            model = complaints.with_context(tz=get_tz(company))
            own = [*domain, ("company_id", "=", company.id)]
            for month, customer, category, severity, *figures in model._read_group(
                own, groups, list(MEASURES)
            ):
                label = severities.get(severity)
                names = self._get_month(month), customer.name, category.name, label
                yield *names, *self._get_cells(*figures)
        [figures] = complaints._read_group(domain, [], list(MEASURES))
        yield self.env._("Total"), None, None, None, *self._get_cells(*figures)

    def _get_cells(self, received, closed, *hours):
        """Return the figures of a row; where there is nothing to divide by, it says so."""
        averages = [closed / received if received else None, *hours]
        words = [
            no_data(self.env) if value is None or value is False else value for value in averages
        ]
        return received, closed or 0, *words
