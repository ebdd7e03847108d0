from datetime import datetime

from odoo import models
from odoo.tools import html2plaintext
from odoo.tools.misc import format_date, format_datetime

REVIEW_WIDTHS = (28, 70)
INPUT_WIDTHS = (30, 24, 50, 50)
FIGURE_WIDTHS = (30, 44, 16, 10, 40)
DECISION_WIDTHS = (16, 20, 60, 24, 18, 14, 18, 14)
ATTENDANCE_WIDTHS = (36, 24, 20, 20, 10, 20)
REPORT_WIDTHS = (18, 30, 10, 14, 24, 24, 24)
RECEIPT_WIDTHS = (18, 10, 20, 20, 20)


class ItssReviewXlsx(models.AbstractModel):
    """File of management reviews, from the notice to who has read the report."""

    _name = "report.itss_quality.review_xlsx"
    _description = "Management Review as Excel"
    _inherit = "itss.xlsx.mixin"

    def generate_xlsx_report(self, workbook, data, reviews):
        """Write a sheet each for reviews, inputs, figures, decisions, attendance, reports, readers.

        Whoever sees some of the inputs only gets these.

        :param xlsxwriter.Workbook workbook: the workbook to fill
        :param dict data: options of the report action
        :param reviews: ``itss.review`` records
        """
        reviews.check_access("read")
        formats = self._add_formats(workbook)
        details = self.env._(
            "Exported on %(moment)s by %(user)s",
            moment=self._get_export_moment(),
            user=self.env.user.name,
        )
        for title, headings, widths, rows in (
            (self.env._("Reviews"), self._get_review_headings(), REVIEW_WIDTHS, self._list_reviews),
            (self.env._("Inputs"), self._get_input_headings(), INPUT_WIDTHS, self._list_inputs),
            (self.env._("Figures"), self._get_figure_headings(), FIGURE_WIDTHS, self._list_figures),
            (
                self.env._("Decisions"),
                self._get_decision_headings(),
                DECISION_WIDTHS,
                self._list_decisions,
            ),
            (
                self.env._("Attendance"),
                self._get_attendance_headings(),
                ATTENDANCE_WIDTHS,
                self._list_attendance,
            ),
            (
                self.env._("Review Reports"),
                self._get_report_headings(),
                REPORT_WIDTHS,
                self._list_reports,
            ),
            (
                self.env._("Issue and Reading"),
                self._get_receipt_headings(),
                RECEIPT_WIDTHS,
                self._list_review_receipts,
            ),
        ):
            sheet = workbook.add_worksheet(title)
            self._write_head(sheet, title, details, headings, widths, formats)
            for row, values in enumerate(rows(reviews), 3):
                self._write_row(sheet, row, values, formats)

    def _write_row(self, sheet, row, values, formats):
        for column, value in enumerate(values):
            if isinstance(value, datetime):
                self._write_text(
                    sheet, row, column, format_datetime(self.env, value), formats["wrapped"]
                )
            elif isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(row, column, value, formats["text"])
            else:
                self._write_text(sheet, row, column, value, formats["wrapped"])

    def _say(self, record, name):
        return dict(record._fields[name]._description_selection(self.env)).get(record[name])

    def _search(self, model, reviews):
        """Return those records of the reviews that the user may see."""
        return self.env[model].search([("review_id", "in", reviews.ids)])

    # -------------------------------------------------------------------------
    # Reviews
    # -------------------------------------------------------------------------

    def _get_review_headings(self):
        return self.env._("Item"), self.env._("Content")

    def _list_reviews(self, reviews):
        """Yield label and content of what the notice and the conclusion of each review say."""
        names = (
            "number",
            "name",
            "state",
            "period_start",
            "period_end",
            "date",
            "stop",
            "location",
            "organiser_id",
            "chair_id",
            "gatherer_id",
            "participant_ids",
            "purpose",
            "basis",
            "agenda",
            "announced_by_id",
            "announced_at",
            "suitability",
            "suitability_text",
            "adequacy",
            "adequacy_text",
            "effectiveness",
            "effectiveness_text",
            "no_decision_reason",
            "missing",
        )
        labels = reviews.fields_get(names, ["string"])
        for review in reviews:
            for name in names:
                yield labels[name]["string"], self._print_field(review, name)
            for meeting in self._search("itss.meeting", review):
                yield meeting.name, html2plaintext(meeting.minutes or "")

    def _print_field(self, review, name):
        field, value = review._fields[name], review[name]
        if field.type == "selection":
            return self._say(review, name)
        if field.type == "date":
            return format_date(self.env, value)
        if field.type == "datetime":
            return value and format_datetime(self.env, value)
        if field.relational:
            return ", ".join(value.mapped("display_name"))
        return value

    # -------------------------------------------------------------------------
    # Inputs
    # -------------------------------------------------------------------------

    def _get_input_headings(self):
        return (
            self.env._("Topic"),
            self.env._("Reporting Department"),
            self.env._("Topic Report"),
            self.env._("Problems and Suggestions"),
        )

    def _list_inputs(self, reviews):
        for one in self._search("itss.review.input", reviews):
            yield one.display_name, one.department_id.name, one.text, one.suggestions

    def _get_figure_headings(self):
        return (
            self.env._("Topic"),
            self.env._("Figure"),
            self.env._("Value"),
            self.env._("n"),
            self.env._("Note"),
        )

    def _list_figures(self, reviews):
        for one in self._search("itss.review.input", reviews):
            for figure in one.figures or []:
                yield (
                    one.display_name,
                    figure["label"],
                    figure["value"],
                    figure["n"],
                    figure["note"],
                )

    # -------------------------------------------------------------------------
    # Output
    # -------------------------------------------------------------------------

    def _get_decision_headings(self):
        return (
            self.env._("Review"),
            self.env._("Kind"),
            self.env._("Decision"),
            self.env._("Responsible Department"),
            self.env._("Owner"),
            self.env._("Deadline"),
            self.env._("Improvement"),
            self.env._("Status"),
        )

    def _list_decisions(self, reviews):
        for decision in self._search("itss.review.decision", reviews):
            yield (
                decision.review_id.number,
                self._say(decision, "kind"),
                decision.name,
                decision.department_id.name,
                decision.owner_id.name,
                format_date(self.env, decision.date_deadline),
                decision.sudo().improvement_id.number,
                self._say(decision, "improvement_state"),
            )

    def _get_attendance_headings(self):
        return (
            self.env._("Meeting"),
            self.env._("Department"),
            self.env._("Full Name"),
            self.env._("Job Title"),
            self.env._("Present"),
            self.env._("Signed on"),
        )

    def _list_attendance(self, reviews):
        for person in self._search("itss.meeting", reviews).attendance_ids:
            yield (
                person.meeting_id.name,
                person.department_name,
                person.name,
                person.job_title,
                self.env._("Yes") if person.is_present else self.env._("No"),
                person.signed_at,
            )

    # -------------------------------------------------------------------------
    # Reports
    # -------------------------------------------------------------------------

    def _get_report_headings(self):
        return (
            self.env._("Document No."),
            self.env._("Name"),
            self.env._("Version"),
            self.env._("Status"),
            self.env._("Prepared by"),
            self.env._("Reviewed by"),
            self.env._("Approved by"),
        )

    def _list_reports(self, reviews):
        for report in self._search("itss.review.report", reviews).sorted("id"):
            signers = [signer for _label, signer in self._list_signatures(report)]
            yield report.number, report.name, report.version, self._say(report, "state"), *signers

    def _list_review_receipts(self, reviews):
        return self._list_receipts(self._search("itss.review.report", reviews))
