from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.records import refuse_moving
from .itss_review import CONCLUSIONS, GROUP_MANAGEMENT, GROUP_QUALITY


class ItssReviewReport(models.Model):
    """Report of a management review (管理评审报告), a controlled document.

    What it says is the review's: inputs, conclusions and decisions. Approval issues it to its
    recipients; only then the review can be closed.
    """

    _name = "itss.review.report"
    _description = "Management Review Report"
    _inherit = ["itss.distribution.mixin"]
    _order = "id desc"
    _check_company_auto = True

    _number_prefix = "RR"
    _mail_post_access = "read"
    _document_report = "itss_quality.itss_review_report_pdf"
    _locked_fields = (
        "name",
        "number",
        "version",
        "change_note",
        "company_id",
        "review_id",
        "recipient_ids",
    )
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
    name = fields.Char(
        compute="_compute_name", store=True, readonly=False, precompute=True, required=True
    )
    previous_id = fields.Many2one(
        "itss.review.report", string="Replaces", readonly=True, copy=False, check_company=True
    )
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
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("review_id")
    def _compute_name(self):
        for report in self:
            if report.review_id and not report.name:
                report.name = self.env._("%(review)s Report", review=report.review_id.name)

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        reports = super().create(vals_list)
        for report in reports:
            report._check_single()
            if report.review_id.state not in ("held", "closed"):
                raise UserError(self.env._("The report is made after the review was held."))
            if not report.recipient_ids:
                report.recipient_ids = report._get_default_recipients()
        return reports

    def write(self, vals):
        refuse_moving(self, vals, "review_id")
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_revision(self):
        if not self.env.su and any(report.previous_id for report in self):
            raise UserError(
                self.env._(
                    "The revision has opened what the approved report says: please have it approved."
                )
            )

    def _get_default_recipients(self):
        """Return the users of those who take part, and of the heads of the departments."""
        review = self.review_id.sudo()
        departments = review.input_ids.department_id | review.decision_ids.department_id
        people = review._get_people() | departments.manager_id
        return people.user_id.filtered(lambda user: user.active and self._may_receive(user))

    def _get_others(self):
        """Return the other reports of the same record."""
        return self.sudo().review_id.report_ids - self

    def _check_single(self):
        """Raise when it is a second report beside the first, and no revision of it."""
        others = self._get_others()
        if others and not self.env.su and self.number not in others.mapped("number"):
            raise UserError(
                self.env._("There is a report already: please make a new revision of it.")
            )

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _get_number_year(self, vals):
        review = self.env["itss.review"].browse(vals.get("review_id")).exists().sudo()
        return review._get_meeting_day().year if review.date else super()._get_number_year(vals)

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        if new_state == "submitted" and not self.previous_id and self._get_others():
            raise UserError(
                self.env._("There is a report already: please make a new revision of it.")
            )
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

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_open_review(self):
        """Open the review the report is about.

        :return: window action
        """
        self.ensure_one()
        return self.review_id.get_formview_action()
