from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import plaintext2html

from ...tools.public import public
from ..callback.itss_callback import GROUP_QUALITY, OPEN_STATES


class ItssCallback(models.Model):
    """Callback after a complaint was answered, and complaints that come out of callbacks (plan 5)."""

    _inherit = "itss.callback"

    _subject_fields = ("complaint_id", "ticket_id")

    registered_complaint_ids = fields.One2many(
        "itss.complaint", "callback_id", string="Complaints Registered"
    )
    complaint_id = fields.Many2one(
        "itss.complaint",
        index="btree_not_null",
        readonly=True,
        ondelete="set null",
        help="The complaint whose answer the customer is asked about.",
    )

    _complaint_unique = models.UniqueIndex(
        "(complaint_id, cycle) WHERE complaint_id IS NOT NULL",
        "This answer to the complaint has a callback already.",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    def _compute_ticket_summary(self):
        super()._compute_ticket_summary()
        for callback in self:
            if complaint := callback.complaint_id.sudo():
                callback.ticket_summary = complaint._get_summary()

    @api.depends("complaint_id.named_user_ids", "complaint_id.severity")
    def _compute_can_steps(self):
        super()._compute_can_steps()

    # -------------------------------------------------------------------------
    # Opening and cancelling
    # -------------------------------------------------------------------------

    def _is_stamp(self, name):
        return name == "complaint_id" or super()._is_stamp(name)

    @api.model
    def _get_ticket_domain(self):
        return super()._get_ticket_domain() & Domain("complaint_id", "=", False)

    def _is_current(self):
        complaint = self.sudo().complaint_id
        return complaint.state == "resolved" if complaint else super()._is_current()

    @api.model
    def _get_outdated_domain(self):
        outdated = super()._get_outdated_domain() & Domain("complaint_id", "=", False)
        unresolved = Domain("complaint_id.state", "!=", "resolved")
        unresolved &= Domain("complaint_id", "!=", False)
        return outdated | Domain("state", "in", OPEN_STATES) & unresolved

    def _cancel_outdated(self):
        answers = self.filtered(lambda callback: callback.complaint_id and not callback.ticket_id)
        for callback in answers:
            callback.complaint_id._cancel_callbacks()
        super(ItssCallback, self - answers)._cancel_outdated()

    # -------------------------------------------------------------------------
    # Calling
    # -------------------------------------------------------------------------

    def _is_partial(self, user):
        named = self.sudo().complaint_id.named_user_ids
        return super()._is_partial(user) or user._itss_is_among(named)

    def _is_for_quality(self):
        # the quality department itself calls back after major complaints (plan 5)
        return super()._is_for_quality() or self.sudo().complaint_id.severity == "major"

    def _check_caller_role(self, user):
        super()._check_caller_role(user)
        if not self._is_caller(user):
            raise AccessError(
                self.env._(
                    "“%(record)s” is about a major complaint: only the role %(role)s calls the customer back.",
                    record=self.display_name,
                    role=self.env.ref(GROUP_QUALITY).sudo().name,
                )
            )

    def _get_partial_refusal(self, user):
        complaint = self.sudo().complaint_id
        if user == self.env.user and user._itss_is_among(complaint.subject_user_ids):
            return complaint._get_subject_refusal()
        return super()._get_partial_refusal(user)

    @api.model
    def _get_callable_domain(self):
        domain = super()._get_callable_domain()
        if not self.env.user.has_group(GROUP_QUALITY):
            # asked for those too who may not read complaints
            majors = self.env["itss.complaint"].sudo()
            majors = majors._search([("severity", "=", "major"), ("state", "=", "resolved")])
            domain &= Domain("complaint_id", "not in", majors)
        return domain

    # -------------------------------------------------------------------------
    # What follows
    # -------------------------------------------------------------------------

    def _follow_up(self, is_unsolved, is_dissatisfied):
        if self.complaint_id:
            self.complaint_id._follow_callback(self, not (is_unsolved or is_dissatisfied))
            return
        super()._follow_up(is_unsolved, is_dissatisfied)
        if is_dissatisfied:
            self._register_complaint()

    def _register_complaint(self):
        """Register the complaint of a customer who is not satisfied, once (superuser mode)."""
        complaints = self.env["itss.complaint"]
        if complaints.search_count([("callback_id", "=", self.id)], limit=1):
            return
        callback = self._in_company_language()
        words = self.comment or callback.env._(
            "The customer rated the service %(score)s of 100.", score=f"{self.score:g}"
        )
        company = self.company_id
        complaints.create(
            {
                "name": callback.env._(
                    "Dissatisfied with the handling of %(ticket)s", ticket=self.ticket_number
                ),
                "description": plaintext2html(words),
                "channel": "callback",
                "company_id": company.id,
                "partner_id": self.partner_id.id,
                "contact_name": self.contact_name,
                "phone": self.phone,
                "email": self.email,
                "ticket_id": self.ticket_id.id,
                "callback_id": self.id,
                "subject_user_ids": self.engineer_id.ids,
                "department_id": company.itss_operations_department_id.id,
            }
        )

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_open_ticket(self):
        """Open the complaint, or else the ticket, the callback is about.

        :return: window action
        """
        if self.complaint_id:
            return self.complaint_id.get_formview_action()
        return super().action_open_ticket()

    @public(on="record")
    def action_register_complaint(self):
        """Open a new complaint of the customer who was called.

        :return: window action on an unsaved form
        :raise AccessError: the user may not register complaints
        """
        return self.env["itss.complaint"]._action_register(
            self,
            channel="callback",
            callback_id=self.id,
            ticket_id=self.ticket_id.id,
            partner_id=self.partner_id.id,
            subject_user_ids=[(6, 0, self.engineer_id.ids)],
            description=self.comment and plaintext2html(self.comment),
        )

    @public(on="record")
    def action_view_complaints(self):
        """Open the complaint registered from here.

        :return: window action
        """
        return self.env["itss.complaint"]._action_view([("callback_id", "=", self.id)])
