from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_date, html2plaintext

from ...tools.workbook import Column


def join_names(records):
    return "、".join(records.mapped("name"))


class ItssAuditXlsx(models.AbstractModel):
    """The whole file of an internal audit (内审), from the plan to who has read the report."""

    _name = "report.itss_quality.audit_xlsx"
    _description = "Internal Audit as Excel"
    _inherit = "itss.xlsx.mixin"

    def _write_book(self, book, audits):
        if len(audits) != 1:
            raise UserError(self.env._("Please export one audit at a time: each has its own file."))
        audits._check_findings_access()
        # whoever reads the findings gets the file whole
        audit = audits.sudo()
        details = self._get_export_details()
        raised = audit.nonconformity_ids.filtered(lambda one: one.state != "draft")
        for title, columns, rows in (
            (self.env._("Audit Plan"), self._get_fact_columns(80), self._list_plan(audit)),
            (self.env._("Schedule"), self._get_schedule_columns(), audit.schedule_ids),
            (self.env._("Checklist"), self._get_line_columns(), audit.line_ids),
            (self.env._("Meetings"), self._get_meeting_columns(), self._list_meetings(audit)),
            (
                self.env._("Nonconformities"),
                self._get_nonconformity_columns(),
                raised.sorted("number"),
            ),
            (self.env._("Distribution"), *self._get_distribution(audit)),
            (self.env._("Audit Report"), self._get_fact_columns(90), self._list_reports(audit)),
            (
                self.env._("Issue and Reading"),
                self._get_receipt_columns(),
                self._list_receipts(audit.report_ids),
            ),
        ):
            book.add_table(title, (f"{audit.number} {title}", details), columns, rows)

    # -------------------------------------------------------------------------
    # Plan and checklist
    # -------------------------------------------------------------------------

    def _list_plan(self, audit):
        names = ("name", "number", "version", "purpose", "scope", "criteria", "method", "timing")
        days = [format_date(self.env, day) for day in (audit.date_start, audit.date_end)]
        return [
            *self._list_facts(audit, names),
            (self.env._("Period"), " – ".join(days)),
            (self.env._("Lead Auditor"), audit.lead_auditor_id.name),
            (self.env._("Auditors"), join_names(audit.auditor_ids)),
            (self.env._("Audited Departments"), join_names(audit.department_ids)),
            (self.env._("Audited Projects"), audit.project_names),
            (self.env._("Changes of the Audit Team"), audit.team_changes),
            *self._list_signatures(audit),
        ]

    def _get_schedule_columns(self):
        return [
            Column(self.env._("Start"), 18, "start"),
            Column(self.env._("End"), 18, "stop"),
            Column(self.env._("Audited Department"), 20, "department_id"),
            Column(self.env._("Auditors"), 30, lambda line: join_names(line.auditor_ids)),
            Column(self.env._("Subject of the Audit"), 30, "topic"),
            Column(self.env._("Location"), 20, "location"),
        ]

    def _get_line_columns(self):
        words = self.env["itss.audit.line"]._get_finding_labels()
        return [
            Column(self.env._("Department"), 18, "department_id"),
            Column(self.env._("Section"), 14, "section"),
            Column(self.env._("Clause"), 12, "clause"),
            Column(self.env._("What to Check"), 50, "question"),
            Column(self.env._("How to Check"), 20, "method"),
            Column(self.env._("Record and Evidence"), 50, "evidence"),
            Column(
                self.env._("Photos and Files"),
                24,
                lambda line: "\n".join(line.attachment_ids.mapped("name")),
            ),
            Column(
                self.env._("Result"), 18, lambda line: line.result and words[line._get_finding()]
            ),
            Column(self.env._("Judged by"), 16, "judged_by_id"),
            Column(self.env._("Judged on"), 18, "judged_at"),
        ]

    # -------------------------------------------------------------------------
    # Meetings
    # -------------------------------------------------------------------------

    def _get_meeting_columns(self):
        return [
            Column(self.env._("Meeting"), 28),
            Column(self.env._("Start"), 18, kind="datetime"),
            Column(self.env._("End"), 18, kind="datetime"),
            Column(self.env._("Location"), 18),
            Column(self.env._("Chair"), 16),
            Column(self.env._("Department"), 18),
            Column(self.env._("Full Name"), 16),
            Column(self.env._("Job Title"), 16),
            Column(self.env._("Present"), 10, kind="mark"),
            Column(self.env._("Signed on"), 18, kind="datetime"),
            Column(self.env._("Minutes"), 50),
        ]

    def _list_meetings(self, audit):
        """Yield a row per meeting, and below it one per person on its attendance sheet."""
        for meeting in audit.meeting_ids:
            place = (meeting.start, meeting.stop, meeting.location, meeting.chair_id.name)
            minutes = html2plaintext(meeting.minutes or "").strip()
            yield meeting.name, *place, *[None] * 5, minutes
            for person in meeting.attendance_ids:
                yield (
                    meeting.name,
                    *[None] * 4,
                    person.department_name,
                    person.name,
                    person.job_title,
                    person.is_present,
                    person.signed_at,
                    None,
                )

    # -------------------------------------------------------------------------
    # Nonconformities
    # -------------------------------------------------------------------------

    def _get_nonconformity_columns(self):
        def measures(one):
            return one.improvement_ids.filtered(lambda measure: measure.state != "cancelled")

        def join(name):
            return lambda one: "\n".join(filter(None, measures(one).mapped(name)))

        def get_days(name):
            return lambda one: self._join_days(measures(one).filtered(name).mapped(name))

        return [
            Column(self.env._("Number"), 14, "number"),
            Column(self.env._("Audited Department"), 18, "department_id"),
            Column(self.env._("Audited Position"), 20, "position"),
            Column(self.env._("Clause"), 12, "clause"),
            Column(self.env._("Grade"), 14, "grade"),
            Column(self.env._("Audit Criterion"), 36, "criterion"),
            Column(self.env._("Statement of Facts"), 40, "facts"),
            Column(self.env._("Raised by"), 14, "raised_by_id"),
            Column(self.env._("Raised on"), 18, "raised_at"),
            Column(self.env._("Confirmed by"), 14, "confirmed_by_id"),
            Column(self.env._("Confirmed on"), 18, "confirmed_at"),
            Column(self.env._("To Be Corrected by"), 14, "date_deadline"),
            Column(self.env._("Correction"), 36, join("correction")),
            Column(self.env._("Root Cause"), 30, join("root_cause")),
            Column(self.env._("Corrective Action"), 36, join("action")),
            Column(
                self.env._("Responsible Person"),
                16,
                lambda one: join_names(measures(one).owner_id) or one.department_id.manager_id.name,
            ),
            Column(
                self.env._("Deadline of the Measure"), 14, get_days("date_deadline"), kind="date"
            ),
            Column(self.env._("Completion"), 36, join("completion")),
            Column(
                self.env._("Verified by"),
                14,
                lambda one: join_names(measures(one).verified_by_id),
            ),
            Column(self.env._("Verified on"), 14, get_days("verified_date"), kind="date"),
            Column(self.env._("Verification"), 30, "verification"),
            Column(self.env._("Closed on"), 18, "closed_at"),
            Column(self.env._("Status"), 14, "state"),
        ]

    def _join_days(self, days):
        """Return the day as such, or several as text."""
        if len(days) == 1:
            return days[0]
        return "\n".join(format_date(self.env, day) for day in days)

    def _get_distribution(self, audit):
        """Return columns and rows of the table of departments and clauses."""
        clauses, counts = audit._get_distribution()
        names = [clause or self.env._("Without a clause") for clause in clauses]
        columns = [
            Column(self.env._("Department"), 24),
            *(Column(name, 14, kind="number") for name in (*names, self.env._("Total"))),
        ]
        rows = [
            (department.name, [found.get(clause, 0) for clause in clauses])
            for department, found in counts
        ]
        totals = [sum(found.get(clause, 0) for _one, found in counts) for clause in clauses]
        rows.append((self.env._("Total"), totals))
        return columns, [(name, *figures, sum(figures)) for name, figures in rows]

    # -------------------------------------------------------------------------
    # The report
    # -------------------------------------------------------------------------

    def _list_reports(self, audit):
        """Yield label and content of what each version of the report says."""
        words, results = audit._get_result_table()
        for report in audit.report_ids.sorted("id"):
            yield from self._list_facts(
                report, ("name", "number", "version", "change_note", "state")
            )
            yield from self._list_signatures(report)
            for department, counts in results:
                figures = [f"{label} {counts.get(key, 0)}" for key, label in words.items()]
                name = department.name if department else self.env._("Total")
                label = self.env._("Results: %(department)s", department=name)
                yield label, "、".join(figures)
            yield from self._list_facts(report, ("summary", "conclusion", "recommendations"))
