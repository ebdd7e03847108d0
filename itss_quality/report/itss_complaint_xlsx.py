from datetime import datetime

from babel.dates import format_skeleton

from odoo import fields, models
from odoo.tools import html2plaintext
from odoo.tools.misc import babel_locale_parse

RECORD_WIDTHS = (14, 10, 18, 24, 32, 14, 8, 18, 14, 18, 14, 32, 28, 32, 18, 20, 18, 10)
FIGURE_WIDTHS = (14, 24, 20, 10, 10, 10, 12, 14, 14)
MEASURES = ("__count", "closed_count:sum", "acknowledge_hours:avg", "resolve_hours:avg")


class ItssComplaintXlsx(models.AbstractModel):
    """Complaint records (投诉记录) and statistics (投诉统计) of the complaints chosen."""

    _name = "report.itss_quality.complaint_xlsx"
    _description = "Complaints as Excel"
    _inherit = "itss.xlsx.mixin"

    def generate_xlsx_report(self, workbook, data, complaints):
        """Write the sheet of records and that of figures.

        :param xlsxwriter.Workbook workbook: the workbook to fill
        :param dict data: options of the report action
        :param complaints: ``itss.complaint`` records
        """
        complaints.check_access("read")
        formats = self._add_formats(workbook)
        details = self.env._(
            "Exported on %(moment)s by %(user)s",
            moment=self._get_export_moment(),
            user=self.env.user.name,
        )
        title = self.env._("Complaint Records")
        sheet = workbook.add_worksheet(title)
        headings = self._get_record_headings()
        self._write_head(sheet, title, details, headings, RECORD_WIDTHS, formats)
        for row, complaint in enumerate(complaints.sorted("received_at"), 3):
            self._write_record(sheet, row, complaint, formats)
        title = self.env._("Complaint Statistics")
        sheet = workbook.add_worksheet(title)
        headings = self._get_figure_headings()
        self._write_head(sheet, title, details, headings, FIGURE_WIDTHS, formats)
        self._write_figures(sheet, complaints, formats)

    # -------------------------------------------------------------------------
    # Records
    # -------------------------------------------------------------------------

    def _get_record_headings(self):
        """Return the headings of the records' columns, in their order."""
        return (
            self.env._("Number"),
            self.env._("Source"),
            self.env._("Complainant"),
            self.env._("Customer"),
            self.env._("Description"),
            self.env._("Category"),
            self.env._("Severity"),
            self.env._("Received on"),
            self.env._("Received by"),
            self.env._("Acknowledged on"),
            self.env._("Handled by"),
            self.env._("Investigation"),
            self.env._("Root Cause"),
            self.env._("Answer to the Customer"),
            self.env._("Answered on"),
            self.env._("Callback"),
            self.env._("Closed on"),
            self.env._("Status"),
        )

    def _write_record(self, sheet, row, complaint, formats):
        values = (
            complaint.number,
            self._say(complaint, "channel"),
            complaint.contact_name,
            complaint.customer_id.name,
            f"{complaint.name}\n{html2plaintext(complaint.description or '')}".strip(),
            complaint.category_id.name,
            self._say(complaint, "severity"),
            complaint.received_at,
            complaint._get_registrar().name,
            complaint.acknowledged_at,
            complaint.user_id.sudo().name,
            complaint.investigation,
            complaint.root_cause,
            complaint.resolution,
            complaint.resolved_at,
            self._say_callback(complaint),
            complaint.closed_at,
            self._say(complaint, "state"),
        )
        for column, value in enumerate(values):
            if isinstance(value, datetime):
                self._write_moment(sheet, row, column, value, formats)
            else:
                self._write_text(sheet, row, column, value, formats["wrapped"])

    def _write_moment(self, sheet, row, column, value, formats):
        local = fields.Datetime.context_timestamp(self, value).replace(tzinfo=None)
        sheet.write_datetime(row, column, local, formats["moment"])

    def _say(self, record, name):
        return dict(record._fields[name]._description_selection(self.env)).get(record[name])

    def _say_callback(self, complaint):
        last = complaint.sudo().callback_ids.sorted("cycle")[-1:]
        if last.state == "done":
            return f"{self._say(last, 'is_solved')}, {last.score:g}"
        return self._say(last, "state") if last else ""

    # -------------------------------------------------------------------------
    # Statistics: month × customer × category × severity
    # -------------------------------------------------------------------------

    def _get_figure_headings(self):
        """Return the headings of the figures' columns, in their order."""
        return (
            self.env._("Month"),
            self.env._("Customer"),
            self.env._("Category"),
            self.env._("Severity"),
            self.env._("Received"),
            self.env._("Closed"),
            self.env._("Handled Rate"),
            self.env._("Hours to Acknowledge"),
            self.env._("Hours to Answer"),
        )

    def _write_figures(self, sheet, complaints, formats):
        domain = [("id", "in", complaints.ids), ("state", "!=", "invalid")]
        model = complaints.with_context(tz=self.env.user.tz)
        groups = ["received_at:month", "customer_id", "category_id", "severity"]
        locale = babel_locale_parse(self.env.lang)
        severities = dict(model._fields["severity"]._description_selection(self.env))
        row = 3
        for month, customer, category, severity, *figures in model._read_group(
            domain, groups, list(MEASURES)
        ):
            names = (
                format_skeleton("yMMM", month.date(), locale=locale),
                customer.name,
                category.name,
                severities.get(severity),
            )
            self._write_line(sheet, row, names, figures, formats)
            row += 1
        [figures] = model._read_group(domain, [], list(MEASURES))
        names = (self.env._("Total"), None, None, None)
        self._write_line(sheet, row, names, figures, formats)

    def _write_line(self, sheet, row, names, figures, formats):
        """Write a row of figures; where there is nothing to divide by, it says so."""
        received, closed, acknowledge, answer = figures
        for column, name in enumerate(names):
            self._write_text(sheet, row, column, name, formats["text"])
        sheet.write_number(row, 4, received, formats["text"])
        sheet.write_number(row, 5, closed or 0, formats["text"])
        rate = closed / received if received else None
        for column, value, name in (
            (6, rate, "rate"),
            (7, acknowledge, "score"),
            (8, answer, "score"),
        ):
            if value is None or value is False:
                sheet.write_string(row, column, self.env._("no data"), formats["text"])
            else:
                sheet.write_number(row, column, value, formats[name])
