import base64
import re

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.durations import get_today
from ...tools.public import public


class ItssDocumentMixin(models.AbstractModel):
    """Controlled document (受控文件): 编制 → 审核 → 批准, then frozen.

    Approval freezes the content and keeps the PDF as signed. A change after
    that is a new revision, a record of its own that replaces the old one when
    it is approved; the chain of revisions is the revision history (变更履历).

    The model that inherits points ``previous_id`` at itself, and its form inherits from
    ``itss_document_mixin_view_form``.
    """

    _name = "itss.document.mixin"
    _description = "Controlled Document"
    _inherit = [
        "itss.workflow.mixin",
        "itss.numbered.mixin",
        "mail.thread",
        "itss.todo.mixin",
    ]

    _locked_states = ("submitted", "reviewed", "approved", "superseded")
    _stamp_fields = (
        "previous_id",
        "prepared_by_id",
        "prepared_date",
        "reviewed_by_id",
        "reviewed_date",
        "approved_by_id",
        "approved_date",
        "signed_pdf",
        "signed_pdf_name",
        "separation_off",
    )
    _reason_fields = {
        ("submitted", "draft"): "rejection_reason",
        ("reviewed", "draft"): "rejection_reason",
    }
    _required_fields = {("draft", "submitted"): ("version", "change_note")}
    # {state: prefix of the two stamps that reaching it sets}
    _signatures = {"submitted": "prepared", "reviewed": "reviewed", "approved": "approved"}
    # XML id of the report whose PDF is kept at approval
    _document_report = ""

    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("submitted", "Submitted"),
            ("reviewed", "Reviewed"),
            ("approved", "Approved"),
            ("superseded", "Superseded"),
        ],
        string="Status",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    name = fields.Char(required=True)
    version = fields.Char(default="V1.0", required=True, copy=False, tracking=True)
    change_note = fields.Text(
        string="Change Record",
        default=lambda self: self.env._("First issue"),
        copy=False,
        help="What this version changes. It is printed in the revision history.",
    )
    previous_id = fields.Many2one(
        "itss.document.mixin", string="Replaces", readonly=True, copy=False, check_company=True
    )
    reviewer_id = fields.Many2one(
        "res.users",
        string="To Be Reviewed by",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Gets a to-do when the document is submitted.",
    )
    approver_id = fields.Many2one(
        "res.users",
        string="To Be Approved by",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Gets a to-do when the document has been reviewed.",
    )
    prepared_by_id = fields.Many2one(
        "res.users", string="Prepared by", readonly=True, copy=False, tracking=True
    )
    prepared_date = fields.Date(readonly=True, copy=False)
    reviewed_by_id = fields.Many2one(
        "res.users", string="Reviewed by", readonly=True, copy=False, tracking=True
    )
    reviewed_date = fields.Date(readonly=True, copy=False)
    approved_by_id = fields.Many2one(
        "res.users", string="Approved by", readonly=True, copy=False, tracking=True
    )
    approved_date = fields.Date(readonly=True, copy=False)
    rejection_reason = fields.Text(readonly=True, copy=False)
    signed_pdf = fields.Binary(string="Signed PDF", attachment=True, readonly=True, copy=False)
    signed_pdf_name = fields.Char(readonly=True, copy=False)
    separation_off = fields.Boolean(
        string="Signed Without Separation of Duties",
        readonly=True,
        copy=False,
        help="When somebody signed, one person could prepare, review and approve.",
    )
    warning = fields.Text(compute="_compute_warning")
    can_submit = fields.Boolean(compute="_compute_can_steps")
    can_review = fields.Boolean(compute="_compute_can_steps")
    can_approve = fields.Boolean(compute="_compute_can_steps")
    can_reject = fields.Boolean(compute="_compute_can_steps")
    can_revise = fields.Boolean(compute="_compute_can_steps")

    _number_unique = models.Constraint(
        "UNIQUE(company_id, number, version)",
        "A document with this number and version exists already in the company.",
    )
    _previous_unique = models.UniqueIndex(
        "(previous_id) WHERE previous_id IS NOT NULL",
        "There is already a newer revision of this document.",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("state", "prepared_by_id", "reviewed_by_id")
    @api.depends_context("uid")
    def _compute_can_steps(self):
        for document in self:
            document.can_submit = document._can_step("submitted")
            document.can_review = document._can_step("reviewed")
            document.can_approve = document._can_step("approved")
            document.can_reject = document._can_step("draft")
            document.can_revise = document._can_revise()

    def _compute_warning(self):
        for document in self:
            document.warning = "\n".join(document._get_warnings())

    def _compute_display_name(self):
        for document in self:
            parts = (document.number, document.name, document.version)
            document.display_name = " ".join(part for part in parts if part)

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("reviewer_id", "approver_id", "company_id")
    def _check_signers(self):
        self._check_colleagues("reviewer_id", "approver_id")

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _get_step_refusal(self, new_state):
        refusal = super()._get_step_refusal(new_state)
        signers = {
            "reviewed": self.prepared_by_id,
            "approved": self.prepared_by_id | self.reviewed_by_id,
        }.get(new_state)
        if (
            refusal is None
            and self.company_id.itss_separation_of_duties
            and self.env.user._itss_is_among(signers)
        ):
            return UserError(
                self.env._(
                    "“%(record)s” has to be prepared, reviewed and approved by three "
                    "different people, and you have signed it already.",
                    record=self.display_name,
                )
            )
        return refusal

    def _apply_step(self, old_state, new_state):
        super()._apply_step(old_state, new_state)
        preparer = self.prepared_by_id
        self.write(self._prepare_signature_vals(new_state))
        self._stop_asking()
        if new_state == "submitted":
            self._ask(self.reviewer_id, lambda env: env._("Please review"))
        elif new_state == "reviewed":
            self._ask(self.approver_id, lambda env: env._("Please approve"))
        elif new_state == "approved":
            self._keep_signed_pdf()
            self._supersede_previous()
        elif new_state == "draft":
            self._ask(preparer, lambda env: env._("Rejected, please rework"))

    def _prepare_signature_vals(self, new_state):
        signature = self._signatures.get(new_state)
        if signature:
            return {
                f"{signature}_by_id": self.env.uid,
                f"{signature}_date": get_today(self.company_id),
                # one signature is enough: it could be of somebody who signs again
                "separation_off": self.separation_off
                or not self.company_id.itss_separation_of_duties,
            }
        if new_state == "draft":
            stamps = {
                f"{signature}_{part}": False
                for signature in self._signatures.values()
                for part in ("by_id", "date")
            }
            return {**stamps, "separation_off": False}
        return {}

    def _keep_signed_pdf(self):
        """Keep the document as it was approved, in the preparer's language."""
        document = self.with_context(lang=self.prepared_by_id.lang or self.env.lang)
        content, extension = document.env["ir.actions.report"]._render(
            self._document_report, document.ids
        )
        if extension == "pdf" and not content.startswith(b"%PDF"):
            # a converter that fails quietly leaves nothing, and nothing is no evidence
            raise UserError(
                self.env._(
                    "The PDF of “%(record)s” could not be made, so it is not approved. "
                    "Please ask your administrator to check wkhtmltopdf.",
                    record=self.display_name,
                )
            )
        document.write(
            {
                "signed_pdf": base64.b64encode(content),
                "signed_pdf_name": f"{document._get_document_file_name()}.{extension}",
            }
        )

    def _supersede_previous(self):
        """Let the approved revision take the place of the one it replaces."""
        self.previous_id.write({"state": "superseded"})

    def _get_warnings(self):
        """Return what its signers should look at, a sentence each: the hook.

        The form shows them, and whoever signs is asked with them.
        """
        return []

    # -------------------------------------------------------------------------
    # Revisions
    # -------------------------------------------------------------------------

    def _can_revise(self):
        return self.state == "approved" and self.has_access("create")

    def _get_next_version(self):
        """Return the version after this one: V1.0 → V1.1, 3 → 4."""
        match = re.search(r"(\d+)(\D*)$", self.version)
        if not match:
            return f"{self.version}.1"
        number = str(int(match[1]) + 1).zfill(len(match[1]))
        return self.version[: match.start()] + number + match[2]

    def _prepare_revision_vals(self):
        return {
            "number": self.number,
            "version": self._get_next_version(),
            "change_note": False,
            "company_id": self.company_id.id,
        }

    def _make_revision(self):
        """Return the new draft that is going to replace this document."""
        return self.copy(self._prepare_revision_vals())

    def _link_revision(self, revision):
        """Note that ``revision`` is going to replace this document."""
        revision.sudo().previous_id = self

    @public(on="record")
    def action_new_revision(self):
        """Open a draft revision of an approved document, or the one there is.

        :return: window action on the revision's form
        :raise UserError: the document is not approved
        :raise AccessError: the user may not prepare documents of this kind
        """
        self.check_access("create")
        revision = self.search([("previous_id", "=", self.id)], limit=1)
        if not revision:
            if self.state != "approved":
                raise UserError(
                    self.env._(
                        "Only an approved document gets a new revision; “%(record)s” is %(state)s.",
                        record=self.display_name,
                        state=self._get_state_label(self.state),
                    )
                )
            revision = self._make_revision()
            self._link_revision(revision)
        return revision.get_formview_action()

    def _get_revision_history(self):
        """Return this document and those it replaced, the oldest first."""
        self.ensure_one()
        history = self
        while history[0].previous_id:
            history = history[0].previous_id + history
        return history

    def _get_document_file_name(self):
        """Return the name of the printed file, without extension."""
        self.ensure_one()
        return re.sub(r'[\\/:*?"<>|\s]+', "_", self.display_name)

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="records")
    def action_submit(self):
        """Sign as preparer (编制) and hand the document over for review.

        :raise UserError: wrong state, or version or change record missing
        :raise AccessError: missing role
        """
        return self.write({"state": "submitted"})

    @public(on="records")
    def action_review(self):
        """Sign as reviewer (审核).

        :raise UserError: wrong state, or the user is the preparer
        :raise AccessError: missing role
        """
        return self.write({"state": "reviewed"})

    @public(on="records")
    def action_approve(self):
        """Sign as approver (批准): freeze the content and keep the PDF as signed.

        :raise UserError: wrong state, or the user has signed already
        :raise AccessError: missing role
        """
        return self.write({"state": "approved"})

    @public(on="record")
    def action_reject(self):
        """Ask for the reason and send the document back to its preparer.

        :return: window action of the dialog
        :raise UserError: wrong state
        :raise AccessError: missing role
        """
        return self._action_ask_reason("draft", self.env._("Reject"))

    @public(on="record")
    def action_open_signed_pdf(self):
        """Open the PDF kept at approval.

        :return: URL action
        """
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/signed_pdf/{self.signed_pdf_name}",
            "target": "new",
        }
