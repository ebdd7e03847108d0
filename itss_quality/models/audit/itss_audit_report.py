from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..core.itss_report_mixin import ItssReportMixin
from .itss_audit import GROUP_MANAGEMENT, GROUP_QUALITY, GROUP_USER

TEXT_FIELDS = ("summary", "conclusion", "recommendations")


class ItssAuditReport(models.Model):
    """Report of an internal audit (内审报告), a controlled document issued to its recipients.

    Results are counted from the lines, which don't change any more once the report is submitted.
    """

    _name = "itss.audit.report"
    _description = "Internal Audit Report"
    _inherit = ["itss.report.mixin"]

    _number_prefix = "AR"
    _subject_field = "audit_id"
    _document_report = "itss_quality.itss_audit_report_pdf"
    _locked_fields = (*ItssReportMixin._locked_fields, *TEXT_FIELDS)
    _required_fields = {
        ("draft", "submitted"): ("version", "change_note", *TEXT_FIELDS, "recipient_ids"),
    }
    _transitions = {
        ("draft", "submitted"): (GROUP_USER,),
        ("submitted", "reviewed"): (GROUP_QUALITY, GROUP_MANAGEMENT),
        ("reviewed", "approved"): (GROUP_MANAGEMENT,),
        ("submitted", "draft"): (GROUP_QUALITY, GROUP_MANAGEMENT),
        ("reviewed", "draft"): (GROUP_QUALITY, GROUP_MANAGEMENT),
    }

    audit_id = fields.Many2one(
        "itss.audit", required=True, index=True, ondelete="restrict", check_company=True
    )
    previous_id = fields.Many2one("itss.audit.report")
    summary = fields.Text(
        string="Course of the Audit", help="How the audit went, and what stood out."
    )
    conclusion = fields.Text(
        help="Whether the management conforms, is put into practice and works."
    )
    recommendations = fields.Text(help="What to do, by whom and until when.")

    _audit_unique = models.UniqueIndex(
        "(audit_id) WHERE state NOT IN ('approved', 'superseded')",
        "A report of this audit is being written already.",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("audit_id.department_ids.manager_id.user_id.active", "company_id")
    def _compute_warning(self):
        return super()._compute_warning()

    def _get_warnings(self):
        """Name the heads of audited departments whom the report can't reach (plan line 5: 发放)."""
        warnings, report = super()._get_warnings(), self.sudo()
        on_paper = report.audit_id.department_ids.manager_id.filtered(
            lambda head: not head.user_id.active or not report._may_receive(head.user_id)
        )
        if on_paper:
            warnings.append(
                self.env._(
                    "They have no user account that can open the report, and get it on paper: "
                    "%(heads)s.",
                    heads="、".join(on_paper.mapped("name")),
                )
            )
        return warnings

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        reports = super().create(vals_list)
        for report in reports:
            report._check_leader()
        return reports

    def write(self, vals):
        if not self.env.su and set(vals) - {"state", "rejection_reason"}:
            for report in self:
                report._check_leader()
        return super().write(vals)

    def _check_leader(self):
        if not self.env.su and not self.audit_id._is_led_by_me():
            raise AccessError(
                self.env._("The lead auditor or the quality department writes the audit report.")
            )

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _check_subject(self):
        if self.audit_id.state not in ("in_progress", "follow_up"):
            raise UserError(self.env._("The report is written while the audit is in progress."))

    def _get_audience(self):
        """Return the heads of the audited departments and who stands above."""
        company = self.company_id
        people = self.audit_id.department_ids.manager_id
        people |= company.itss_management_representative_id
        people |= company.itss_quality_department_id.manager_id
        return people.user_id

    def _get_step_refusal(self, new_state):
        refusal = super()._get_step_refusal(new_state)
        if refusal is None and new_state == "submitted" and not self.audit_id._is_led_by_me():
            return AccessError(
                self.env._("The lead auditor or the quality department writes the audit report.")
            )
        return refusal

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        if new_state == "submitted" and (missing := self.audit_id.sudo()._get_missing_for_report()):
            raise UserError(
                self.env._(
                    "“%(record)s” can't be submitted yet:\n%(missing)s",
                    record=self.display_name,
                    missing="\n".join(missing),
                )
            )

    def _apply_step(self, old_state, new_state):
        super()._apply_step(old_state, new_state)
        if new_state == "submitted":
            self.audit_id._close_records()
        elif new_state == "approved":
            self.audit_id._follow_report()
