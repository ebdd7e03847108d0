from odoo import models
from odoo.tools import html2plaintext

from ...tools.workbook import Column

# what the notice and the conclusion of a review say
FACTS = (
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


class ItssReviewXlsx(models.AbstractModel):
    """File of management reviews, from the notice to who has read the report.

    Whoever sees some of the inputs only gets these.
    """

    _name = "report.itss_quality.review_xlsx"
    _description = "Management Review as Excel"
    _inherit = "itss.xlsx.mixin"

    def _write_book(self, book, reviews):
        def search(model):
            return self.env[model].search([("review_id", "in", reviews.ids)])

        details = self._get_export_details()
        inputs, meetings = search("itss.review.input"), search("itss.meeting")
        reports = search("itss.review.report").sorted("id")
        for title, columns, rows in (
            (self.env._("Reviews"), self._get_fact_columns(70), self._list_reviews(reviews)),
            (self.env._("Inputs"), self._get_input_columns(), inputs),
            (self.env._("Figures"), self._get_figure_columns(), self._list_figures(inputs)),
            (
                self.env._("Decisions"),
                self._get_decision_columns(),
                search("itss.review.decision"),
            ),
            (self.env._("Attendance"), self._get_attendance_columns(), meetings.attendance_ids),
            (self.env._("Review Reports"), self._get_report_columns(), self._list_reports(reports)),
            (
                self.env._("Issue and Reading"),
                self._get_receipt_columns(),
                self._list_receipts(reports),
            ),
        ):
            book.add_table(title, (title, details), columns, rows)
        self._write_settings(
            book, details, *(review._get_settings_in_force() for review in reviews)
        )

    # -------------------------------------------------------------------------
    # Reviews and inputs
    # -------------------------------------------------------------------------

    def _list_reviews(self, reviews):
        for review in reviews:
            yield from self._list_facts(review, FACTS)
            for meeting in self.env["itss.meeting"].search([("review_id", "=", review.id)]):
                yield meeting.name, html2plaintext(meeting.minutes or "")

    def _get_input_columns(self):
        return [
            Column(self.env._("Topic"), 30, "display_name"),
            Column(self.env._("Reporting Department"), 24, "department_id"),
            Column(self.env._("Topic Report"), 50, "text"),
            Column(self.env._("Problems and Suggestions"), 50, "suggestions"),
        ]

    def _get_figure_columns(self):
        return [
            Column(self.env._("Topic"), 30),
            Column(self.env._("Figure"), 44),
            Column(self.env._("Value"), 16, kind="value"),
            Column(self.env._("n"), 10, kind="number"),
            Column(self.env._("Note"), 40),
        ]

    def _list_figures(self, inputs):
        for one in inputs:
            for figure in one.figures or []:
                yield one.display_name, *map(figure.get, ("label", "value", "n", "note"))

    # -------------------------------------------------------------------------
    # Output
    # -------------------------------------------------------------------------

    def _get_decision_columns(self):
        return [
            Column(self.env._("Review"), 16, lambda decision: decision.review_id.number),
            Column(self.env._("Kind"), 20, "kind"),
            Column(self.env._("Decision"), 60, "name"),
            Column(self.env._("Responsible Department"), 24, "department_id"),
            Column(self.env._("Owner"), 18, "owner_id"),
            Column(self.env._("Deadline"), 14, "date_deadline"),
            Column(
                self.env._("Improvement"),
                18,
                lambda decision: decision.sudo().improvement_id.number,
            ),
            Column(self.env._("Status"), 14, "improvement_state"),
        ]

    def _get_attendance_columns(self):
        return [
            Column(self.env._("Meeting"), 36, lambda person: person.meeting_id.name),
            Column(self.env._("Department"), 24, "department_name"),
            Column(self.env._("Full Name"), 20, "name"),
            Column(self.env._("Job Title"), 20, "job_title"),
            Column(self.env._("Present"), 10, "is_present"),
            Column(self.env._("Signed on"), 20, "signed_at"),
        ]

    # -------------------------------------------------------------------------
    # Reports
    # -------------------------------------------------------------------------

    def _get_report_columns(self):
        return [
            Column(self.env._("Document No."), 18),
            Column(self.env._("Name"), 30),
            Column(self.env._("Version"), 10),
            Column(self.env._("Status"), 14),
            Column(self.env._("Prepared by"), 24),
            Column(self.env._("Reviewed by"), 24),
            Column(self.env._("Approved by"), 24),
        ]

    def _list_reports(self, reports):
        for report in reports:
            facts = self._list_facts(report, ("number", "name", "version", "state"))
            yield [content for _label, content in (*facts, *self._list_signatures(report))]
