from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.public import public


class ItssDistributionMixin(models.AbstractModel):
    """Controlled document that is issued on approval to people who confirm that they read it."""

    _name = "itss.distribution.mixin"
    _description = "Issued Document"
    _inherit = ["itss.document.mixin"]

    _required_fields = {("draft", "submitted"): ("version", "change_note", "recipient_ids")}

    recipient_ids = fields.Many2many(
        "res.users",
        string="Issued to",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="On approval they are told, may read the document, and confirm that they have.",
    )
    receipt_ids = fields.One2many(
        "itss.receipt",
        "res_id",
        string="Read Confirmations",
        domain=lambda self: [("res_model", "=", self._name)],
        readonly=True,
    )
    read_text = fields.Char(string="Read by", compute="_compute_read")
    can_confirm_read = fields.Boolean(compute="_compute_read")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("receipt_ids.read_at")
    @api.depends_context("uid")
    def _compute_read(self):
        # how many have read it is for every reader to see, who they are is not; the field itself
        # may hold just the reader's own
        domain = [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        by_document = self.env["itss.receipt"].sudo().search(domain).grouped("res_id")
        none = self.env["itss.receipt"]
        for document in self:
            receipts = by_document.get(document._origin.id, none)
            read = receipts.filtered("read_at")
            document.read_text = f"{len(read)}/{len(receipts)}" if receipts else ""
            document.can_confirm_read = self.env.user in (receipts - read).user_id

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("recipient_ids", "company_id")
    def _check_recipients(self):
        for document in self.sudo():
            strangers = document.recipient_ids.filtered(
                lambda user, document=document: not document._may_receive(user)
            )
            if strangers:
                raise UserError(
                    self.env._(
                        "%(users)s have no role here or do not work for %(company)s, and can't receive "
                        "the document.",
                        users=", ".join(strangers.mapped("name")),
                        company=document.company_id.name,
                    )
                )

    def _may_receive(self, user):
        """Whether the user could open the document once it is issued."""
        return self.sudo().company_id in user.company_ids and user.has_group(
            "itss_quality.group_itss_user"
        )

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _apply_step(self, old_state, new_state):
        super()._apply_step(old_state, new_state)
        if new_state == "approved":
            self._issue()

    def _issue(self):
        """Hand the approved document out (superuser mode)."""
        self.ensure_one()
        self.env["itss.receipt"].create(
            [
                {
                    "res_model": self._name,
                    "res_id": self.id,
                    "company_id": self.company_id.id,
                    "user_id": user.id,
                }
                for user in self.recipient_ids
            ]
        )
        for user in self.recipient_ids:
            self._ask(user, lambda env: env._("Please read, and confirm that you have"))

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_confirm_read(self):
        """Confirm that the current user has read the issued document.

        :raise UserError: it was not issued to the user, or has been confirmed already
        """
        self.check_access("read")
        if not self.can_confirm_read:
            raise UserError(
                self.env._(
                    "“%(record)s” waits for no confirmation of yours.", record=self.display_name
                )
            )
        receipt = self.sudo().receipt_ids.filtered(lambda receipt: receipt.user_id == self.env.user)
        receipt.read_at = fields.Datetime.now()
        self.sudo()._stop_asking(self.env.user, done=True)
