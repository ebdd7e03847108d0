from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.records import refuse_moving
from .itss_audit import GROUP_MANAGEMENT, GROUP_QUALITY, GROUP_USER


class ItssAuditReport(models.Model):
    """Report of an internal audit (内审报告), a controlled document issued to its recipients.

    Results are counted from the lines, which don't change any more once the report is submitted.
    """

    _name = "itss.audit.report"
    _description = "Internal Audit Report"
    _inherit = ["itss.distribution.mixin"]
    _order = "id desc"
    _check_company_auto = True

    _number_prefix = "AR"
    _mail_post_access = "read"
    _document_report = "itss_quality.itss_audit_report_pdf"
    _locked_fields = (
        "name",
        "number",
        "version",
        "change_note",
        "company_id",
        "audit_id",
        "summary",
        "conclusion",
        "recommendations",
        "recipient_ids",
    )
    _required_fields = {
        ("draft", "submitted"): (
            "version",
            "change_note",
            "summary",
            "conclusion",
            "recommendations",
            "recipient_ids",
        ),
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
    name = fields.Char(
        compute="_compute_name", store=True, readonly=False, precompute=True, required=True
    )
    previous_id = fields.Many2one(
        "itss.audit.report", string="Replaces", readonly=True, copy=False, check_company=True
    )
    summary = fields.Text(
        string="Course of the Audit", help="How the audit went, and what stood out."
    )
    conclusion = fields.Text(
        help="Whether the management conforms, is put into practice and works."
    )
    recommendations = fields.Text(help="What to do, by whom and until when.")
    paper_warning = fields.Text(compute="_compute_paper_warning", compute_sudo=True)

    _audit_unique = models.UniqueIndex(
        "(audit_id) WHERE state NOT IN ('approved', 'superseded')",
        "A report of this audit is being written already.",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("audit_id")
    def _compute_name(self):
        for report in self:
            if report.audit_id and not report.name:
                report.name = self.env._("%(audit)s Report", audit=report.audit_id.name)

    @api.depends("audit_id.department_ids.manager_id.user_id.active", "company_id")
    def _compute_paper_warning(self):
        """Name the heads of audited departments whom the report can't reach (plan line 5: 发放)."""
        for report in self:
            heads = report.audit_id.department_ids.manager_id
            on_paper = heads.filtered(
                lambda head, report=report: (
                    not head.user_id.active or not report._may_receive(head.user_id)
                )
            )
            report.paper_warning = (
                self.env._(
                    "They have no user account that can open the report, and get it on paper: "
                    "%(heads)s.",
                    heads="、".join(on_paper.mapped("name")),
                )
                if on_paper
                else False
            )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        reports = super().create(vals_list)
        for report in reports:
            report._check_leader()
            report._check_single()
            if report.audit_id.state not in ("in_progress", "follow_up"):
                raise UserError(self.env._("The report is written while the audit is in progress."))
        return reports

    def write(self, vals):
        refuse_moving(self, vals, "audit_id")
        if not self.env.su and set(vals) - {"state", "rejection_reason"}:
            for report in self:
                report._check_leader()
        return super().write(vals)

    def _check_leader(self):
        if not self.env.su and not self.audit_id._is_led_by_me():
            raise AccessError(
                self.env._("The lead auditor or the quality department writes the audit report.")
            )

    def _get_others(self):
        """Return the other reports of the same record."""
        return self.sudo().audit_id.report_ids - self

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
        audit = self.env["itss.audit"].browse(vals.get("audit_id"))
        start = audit.exists().sudo().date_start
        return start.year if start else super()._get_number_year(vals)

    def _get_step_refusal(self, new_state):
        refusal = super()._get_step_refusal(new_state)
        if refusal is None and new_state == "submitted" and not self.audit_id._is_led_by_me():
            return AccessError(
                self.env._("The lead auditor or the quality department writes the audit report.")
            )
        return refusal

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        if new_state == "submitted" and not self.previous_id and self._get_others():
            raise UserError(
                self.env._("There is a report already: please make a new revision of it.")
            )
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

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_open_audit(self):
        """Open the audit the report is about.

        :return: window action
        """
        self.ensure_one()
        return self.audit_id.get_formview_action()
