from datetime import date, datetime

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, html2plaintext

PLAN_WIDTHS = (22, 80)
SCHEDULE_WIDTHS = (18, 18, 20, 30, 30, 20)
LINE_WIDTHS = (18, 14, 12, 50, 20, 50, 24, 18, 16, 18)
MEETING_WIDTHS = (28, 18, 18, 18, 16, 18, 16, 16, 10, 18, 50)
NONCONFORMITY_WIDTHS = (
    *(14, 18, 20, 12, 14, 36, 40, 14, 18, 14, 18, 14),
    *(36, 30, 36, 16, 14, 36, 14, 14, 30, 18, 14),
)
DISTRIBUTION_WIDTHS = (24, 14, 14, 14, 14, 14, 14, 14)
REPORT_WIDTHS = (30, 90)
RECEIPT_WIDTHS = (18, 10, 20, 18, 18)


class ItssAuditXlsx(models.AbstractModel):
    """The whole file of an internal audit (内审), from the plan to who has read the report."""

    _name = "report.itss_quality.audit_xlsx"
    _description = "Internal Audit as Excel"
    _inherit = "itss.xlsx.mixin"

    def generate_xlsx_report(self, workbook, data, audits):
        """Write the sheets of one audit.

        :param xlsxwriter.Workbook workbook: the workbook to fill
        :param dict data: options of the report action
        :param audits: one ``itss.audit`` record
        :raise AccessError: the user may not read every finding
        """
        if len(audits) != 1:
            raise UserError(self.env._("Please export one audit at a time: each has its own file."))
        audit = audits
        audit._check_findings_access()
        # whoever reads the findings gets the file whole
        audit = audit.sudo()
        formats = self._add_formats(workbook)
        formats["day"] = workbook.add_format({"border": 1, "num_format": "yyyy-mm-dd"})
        self._write_plan(workbook, audit, formats)
        self._write_schedule(workbook, audit, formats)
        self._write_lines(workbook, audit, formats)
        self._write_meetings(workbook, audit, formats)
        self._write_nonconformities(workbook, audit, formats)
        self._write_distribution(workbook, audit, formats)
        self._write_reports(workbook, audit, formats)
        self._write_receipts(workbook, audit, formats)

    # -------------------------------------------------------------------------
    # Cells
    # -------------------------------------------------------------------------

    def _add_table(self, workbook, audit, title, headings, widths, formats):
        sheet = workbook.add_worksheet(title)
        details = self.env._(
            "Exported on %(moment)s by %(user)s",
            moment=self._get_export_moment(),
            user=self.env.user.name,
        )
        full_title = f"{audit.number} {title}"
        self._write_head(sheet, full_title, details, headings, widths, formats)
        return sheet

    def _write_row(self, sheet, row, values, formats):
        for column, value in enumerate(values):
            if isinstance(value, datetime):
                local = fields.Datetime.context_timestamp(self, value).replace(tzinfo=None)
                sheet.write_datetime(row, column, local, formats["moment"])
            elif isinstance(value, date):
                sheet.write_datetime(row, column, value, formats["day"])
            elif isinstance(value, int) and not isinstance(value, bool):
                sheet.write_number(row, column, value, formats["text"])
            else:
                self._write_text(sheet, row, column, value or "", formats["wrapped"])

    def _say(self, record, name):
        labels = dict(record._fields[name]._description_selection(self.env))
        return labels.get(record[name], "")

    # -------------------------------------------------------------------------
    # Sheets
    # -------------------------------------------------------------------------

    def _write_plan(self, workbook, audit, formats):
        headings = (self.env._("Item"), self.env._("Content"))
        title = self.env._("Audit Plan")
        sheet = self._add_table(workbook, audit, title, headings, PLAN_WIDTHS, formats)
        names = ("name", "number", "version", "purpose", "scope", "criteria", "method", "timing")
        labels = audit.fields_get(names, ["string"])
        rows = [(labels[name]["string"], audit[name]) for name in names]
        period = (
            f"{format_date(self.env, audit.date_start)} – {format_date(self.env, audit.date_end)}"
        )
        rows += [
            (self.env._("Period"), period),
            (self.env._("Lead Auditor"), audit.lead_auditor_id.name),
            (self.env._("Auditors"), "、".join(audit.auditor_ids.mapped("name"))),
            (self.env._("Audited Departments"), "、".join(audit.department_ids.mapped("name"))),
            (self.env._("Audited Projects"), audit.project_names),
            (self.env._("Changes of the Audit Team"), audit.team_changes),
            *self._list_signatures(audit),
        ]
        for row, values in enumerate(rows, 3):
            self._write_row(sheet, row, values, formats)

    def _write_schedule(self, workbook, audit, formats):
        headings = (
            self.env._("Start"),
            self.env._("End"),
            self.env._("Audited Department"),
            self.env._("Auditors"),
            self.env._("Subject of the Audit"),
            self.env._("Location"),
        )
        title = self.env._("Schedule")
        sheet = self._add_table(workbook, audit, title, headings, SCHEDULE_WIDTHS, formats)
        for row, line in enumerate(audit.schedule_ids, 3):
            auditors = "、".join(line.auditor_ids.mapped("name"))
            values = (
                line.start,
                line.stop,
                line.department_id.name,
                auditors,
                line.topic,
                line.location,
            )
            self._write_row(sheet, row, values, formats)

    def _write_lines(self, workbook, audit, formats):
        headings = (
            self.env._("Department"),
            self.env._("Section"),
            self.env._("Clause"),
            self.env._("What to Check"),
            self.env._("How to Check"),
            self.env._("Record and Evidence"),
            self.env._("Photos and Files"),
            self.env._("Result"),
            self.env._("Judged by"),
            self.env._("Judged on"),
        )
        title = self.env._("Checklist")
        sheet = self._add_table(workbook, audit, title, headings, LINE_WIDTHS, formats)
        for row, line in enumerate(audit.line_ids, 3):
            values = (
                line.department_id.name,
                self._say(line, "section"),
                line.clause,
                line.question,
                line.method,
                line.evidence,
                "\n".join(line.attachment_ids.mapped("name")),
                self._say(line, "result"),
                line.judged_by_id.name,
                line.judged_at,
            )
            self._write_row(sheet, row, values, formats)

    def _write_meetings(self, workbook, audit, formats):
        headings = (
            self.env._("Meeting"),
            self.env._("Start"),
            self.env._("End"),
            self.env._("Location"),
            self.env._("Chair"),
            self.env._("Department"),
            self.env._("Full Name"),
            self.env._("Job Title"),
            self.env._("Present"),
            self.env._("Signed on"),
            self.env._("Minutes"),
        )
        title = self.env._("Meetings")
        sheet = self._add_table(workbook, audit, title, headings, MEETING_WIDTHS, formats)
        rows = []
        for meeting in audit.meeting_ids:
            place = (meeting.start, meeting.stop, meeting.location, meeting.chair_id.name)
            minutes = html2plaintext(meeting.minutes or "").strip()
            rows.append((meeting.name, *place, *[""] * 5, minutes))
            rows += [
                (meeting.name, *[""] * 4, *self._list_person(person), "")
                for person in meeting.attendance_ids
            ]
        for row, values in enumerate(rows, 3):
            self._write_row(sheet, row, values, formats)

    def _list_person(self, person):
        return (
            person.department_name,
            person.name,
            person.job_title,
            self.env._("Yes") if person.is_present else self.env._("No"),
            person.signed_at,
        )

    def _write_nonconformities(self, workbook, audit, formats):
        headings = self._get_nonconformity_headings()
        title = self.env._("Nonconformities")
        sheet = self._add_table(workbook, audit, title, headings, NONCONFORMITY_WIDTHS, formats)
        raised = audit.nonconformity_ids.filtered(lambda one: one.state != "draft")
        for row, one in enumerate(raised.sorted("number"), 3):
            self._write_row(sheet, row, self._list_nonconformity(one), formats)

    def _get_nonconformity_headings(self):
        return (
            self.env._("Number"),
            self.env._("Audited Department"),
            self.env._("Audited Position"),
            self.env._("Clause"),
            self.env._("Grade"),
            self.env._("Audit Criterion"),
            self.env._("Statement of Facts"),
            self.env._("Raised by"),
            self.env._("Raised on"),
            self.env._("Confirmed by"),
            self.env._("Confirmed on"),
            self.env._("To Be Corrected by"),
            self.env._("Correction"),
            self.env._("Root Cause"),
            self.env._("Corrective Action"),
            self.env._("Responsible Person"),
            self.env._("Deadline of the Measure"),
            self.env._("Completion"),
            self.env._("Verified by"),
            self.env._("Verified on"),
            self.env._("Verification"),
            self.env._("Closed on"),
            self.env._("Status"),
        )

    def _list_nonconformity(self, one):
        measures = one.improvement_ids.filtered(lambda measure: measure.state != "cancelled")
        return (
            one.number,
            one.department_id.name,
            one.position,
            one.clause,
            self._say(one, "grade"),
            one.criterion,
            one.facts,
            one.raised_by_id.name,
            one.raised_at,
            one.confirmed_by_id.name,
            one.confirmed_at,
            one.date_deadline,
            self._join(measures, "correction"),
            self._join(measures, "root_cause"),
            self._join(measures, "action"),
            "、".join(measures.owner_id.mapped("name")) or one.department_id.manager_id.name,
            self._join_days(measures, "date_deadline"),
            self._join(measures, "completion"),
            "、".join(measures.verified_by_id.mapped("name")),
            self._join_days(measures, "verified_date"),
            one.verification,
            one.closed_at,
            self._say(one, "state"),
        )

    def _join(self, measures, name):
        return "\n".join(filter(None, measures.mapped(name)))

    def _join_days(self, measures, name):
        """Return the day as such, or several as text."""
        days = measures.filtered(name).mapped(name)
        if len(days) == 1:
            return days[0]
        return "\n".join(format_date(self.env, day) for day in days)

    def _write_distribution(self, workbook, audit, formats):
        clauses, rows = audit._get_distribution()
        labels = [clause or self.env._("Without a clause") for clause in clauses]
        headings = (self.env._("Department"), *labels, self.env._("Total"))
        title = self.env._("Distribution")
        sheet = self._add_table(workbook, audit, title, headings, DISTRIBUTION_WIDTHS, formats)
        totals = {clause: sum(counts.get(clause, 0) for _one, counts in rows) for clause in clauses}
        lines = [(department.name, counts) for department, counts in rows]
        lines.append((self.env._("Total"), totals))
        for row, (name, counts) in enumerate(lines, 3):
            figures = [counts.get(clause, 0) for clause in clauses]
            self._write_row(sheet, row, (name, *figures, sum(figures)), formats)

    # -------------------------------------------------------------------------
    # The report
    # -------------------------------------------------------------------------

    def _write_reports(self, workbook, audit, formats):
        headings = (self.env._("Item"), self.env._("Content"))
        title = self.env._("Audit Report")
        sheet = self._add_table(workbook, audit, title, headings, REPORT_WIDTHS, formats)
        rows = [
            row for report in audit.report_ids.sorted("id") for row in self._list_report(report)
        ]
        for row, values in enumerate(rows, 3):
            self._write_row(sheet, row, values, formats)

    def _list_report(self, report):
        """Return label and content of what a version of the report says."""
        names = ("name", "number", "version", "change_note")
        texts = ("summary", "conclusion", "recommendations")
        labels = report.fields_get([*names, *texts, "state"], ["string"])
        words, results = report.audit_id._get_result_table()
        rows = [(labels[name]["string"], report[name]) for name in names]
        rows.append((labels["state"]["string"], self._say(report, "state")))
        rows += self._list_signatures(report)
        for department, counts in results:
            figures = [f"{label} {counts.get(key, 0)}" for key, label in words.items()]
            name = department.name if department else self.env._("Total")
            label = self.env._("Results: %(department)s", department=name)
            rows.append((label, "、".join(figures)))
        return rows + [(labels[name]["string"], report[name]) for name in texts]

    def _write_receipts(self, workbook, audit, formats):
        title = self.env._("Issue and Reading")
        headings = self._get_receipt_headings()
        sheet = self._add_table(workbook, audit, title, headings, RECEIPT_WIDTHS, formats)
        for row, values in enumerate(self._list_receipts(audit.report_ids), 3):
            self._write_row(sheet, row, values, formats)
