from odoo import fields, models
from odoo.exceptions import UserError

from .itss_review import CONCLUSIONS, GROUP_MANAGEMENT, GROUP_QUALITY


class ItssReviewReport(models.Model):
    """Report of a management review (管理评审报告), a controlled document.

    What it says is the review's: inputs, conclusions and decisions. Approval issues it to its
    recipients; only then the review can be closed.
    """

    _name = "itss.review.report"
    _description = "Management Review Report"
    _inherit = ["itss.report.mixin"]

    _number_prefix = "RR"
    _subject_field = "review_id"
    _freezes_subject = True
    _document_report = "itss_quality.itss_review_report_pdf"
    _transitions = {
        ("draft", "submitted"): (GROUP_QUALITY,),
        ("submitted", "reviewed"): (GROUP_QUALITY, GROUP_MANAGEMENT),
        ("reviewed", "approved"): (GROUP_MANAGEMENT,),
        ("submitted", "draft"): (GROUP_QUALITY, GROUP_MANAGEMENT),
        ("reviewed", "draft"): (GROUP_QUALITY, GROUP_MANAGEMENT),
    }

    review_id = fields.Many2one(
        "itss.review",
        string="Management Review",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    previous_id = fields.Many2one("itss.review.report")
    suitability = fields.Selection(related="review_id.suitability", readonly=False)
    suitability_text = fields.Text(related="review_id.suitability_text", readonly=False)
    adequacy = fields.Selection(related="review_id.adequacy", readonly=False)
    adequacy_text = fields.Text(related="review_id.adequacy_text", readonly=False)
    effectiveness = fields.Selection(related="review_id.effectiveness", readonly=False)
    effectiveness_text = fields.Text(related="review_id.effectiveness_text", readonly=False)

    _review_unique = models.UniqueIndex(
        "(review_id) WHERE state NOT IN ('approved', 'superseded')",
        "A report of this review is being written already.",
    )

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _check_subject(self):
        if self.review_id.state not in ("held", "closed"):
            raise UserError(self.env._("The report is made after the review was held."))

    def _get_subject_day(self, subject):
        return subject.date and subject._get_meeting_day()

    def _get_audience(self):
        """Return the users of those who take part, and of the heads of the departments."""
        review = self.review_id
        departments = review.input_ids.department_id | review.decision_ids.department_id
        return (review._get_people() | departments.manager_id).user_id

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        if new_state != "submitted":
            return
        missing = self.review_id._get_missing_conclusions()
        if missing:
            raise UserError(
                self.env._(
                    "Before “%(record)s” is submitted, please fill in: %(fields)s.",
                    record=self.display_name,
                    fields=self.review_id._get_field_labels(missing),
                )
            )
        # afterwards they can't change any more; a closed review does not ask for the rest again
        is_closed = self.review_id.state == "closed"
        for decision in self.review_id.decision_ids:
            gaps = decision._get_gaps(with_improvement=is_closed)
            if gaps:
                raise UserError(
                    self.env._(
                        "Before “%(record)s” is submitted, decide this: “%(decision)s”: %(gaps)s.",
                        record=self.display_name,
                        decision=decision.name,
                        gaps=", ".join(gaps),
                    )
                )

    # -------------------------------------------------------------------------
    # What the print asks for
    # -------------------------------------------------------------------------

    def _get_conclusions(self):
        """Return label, verdict and text of each conclusion."""
        self.ensure_one()
        review = self.review_id
        described = review.fields_get(CONCLUSIONS, ["string", "selection"])
        return [
            (
                described[name]["string"],
                dict(described[name]["selection"]).get(review[name], ""),
                review[f"{name}_text"] or "",
            )
            for name in CONCLUSIONS
        ]
