import secrets

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, consteq
from odoo.tools.misc import format_datetime

# for _stamp_fields of the models
ADDRESS_STAMPS = ("email_before", "email_changed_at", "email_changed_by_id")


class ItssLinkMixin(models.AbstractModel):
    """Record with a page for somebody without an account, behind a personal link.

    The page itself is a controller with ``LinkPages``. The link is good until the model refuses it,
    and whoever opens it changes nothing: what an answer does begins with :meth:`_use_link`.

    The model that inherits has ``company_id``, ``partner_id`` and ``email``: where the link goes. An
    address that is changed stays known, and none of those who work for the company gets the link.
    """

    _name = "itss.link.mixin"
    _description = "Record behind a Personal Link"

    # address of the page, to which the id and the secret are added
    _link_path = None

    # Not by the name access_token: through a field of that name Odoo's portal opens the chatter of
    # any record to whoever holds the secret.
    link_token = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    link_url = fields.Char(compute="_compute_link_url", groups=fields.NO_ACCESS)

    email_before = fields.Char(
        string="Address Before",
        readonly=True,
        copy=False,
        help="The e-mail address there was before somebody changed it for the first time.",
    )
    email_changed_at = fields.Datetime(string="Address Changed on", readonly=True, copy=False)
    email_changed_by_id = fields.Many2one(
        "res.users", string="Address Changed by", readonly=True, copy=False
    )
    address_note = fields.Char(string="Address Changed", compute="_compute_address_note")

    @api.depends("link_token")
    @api.depends_context("uid")
    def _compute_link_url(self):
        # the server's own mails and pages alone: Odoo renders templates in superuser mode for users
        if self.env.uid != SUPERUSER_ID:
            raise AccessError(
                self.env._("The link to a customer's answer is the customer's alone.")
            )
        for record in self:
            path = f"{self._link_path}/{record.id}/{record.link_token}"
            record.link_url = f"{record.get_base_url()}{path}" if record.link_token else False

    @api.depends("email_before", "email_changed_at", "email_changed_by_id")
    def _compute_address_note(self):
        for record in self:
            record.address_note = record.email_changed_at and self.env._(
                "The link's address was changed on %(moment)s by %(user)s. Before: %(email)s",
                moment=format_datetime(self.env, record.email_changed_at),
                user=record.email_changed_by_id.sudo().name,
                email=record.email_before or "—",
            )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    def write(self, vals):
        if "email" not in vals:
            return super().write(vals)
        email = vals["email"] or False
        before = {record: record.email for record in self if (record.email or False) != email}
        for company in self.browse().union(*before).company_id:
            if company._itss_find_own_addresses([email]):
                raise UserError(
                    self.env._(
                        "“%(email)s” belongs to somebody who works here: a customer's link does not "
                        "go there.",
                        email=email,
                    )
                )
        result = super().write(vals)
        for record, old_email in before.items():
            record.sudo()._note_address_change(old_email)
        return result

    def _note_address_change(self, before):
        """Let the record say that the link goes elsewhere than it did (superuser mode)."""
        notes = {"email_changed_at": fields.Datetime.now(), "email_changed_by_id": self.env.uid}
        if not self.email_changed_at:
            notes["email_before"] = before
        self.write(notes)

    # -------------------------------------------------------------------------
    # Hooks
    # -------------------------------------------------------------------------

    def _get_link_refusal(self):
        """Return why the link opens nothing any more, or ``None`` (superuser mode).

        :return: ``used``, ``cancelled`` or ``expired``
        """
        raise NotImplementedError

    def _get_lang(self):
        """Return the language of who has the link."""
        self.ensure_one()
        return self.partner_id.lang or self.company_id.partner_id.lang or self.env.lang

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    def _drop_own_addresses(self):
        """Take from the records the addresses of those who work here: no link goes there.

        Before a mail is sent (superuser mode). The customer has to be asked in another way.
        """
        for company, records in self.grouped("company_id").items():
            own = company._itss_find_own_addresses(records.mapped("email"))
            for record in records.filtered_domain([("email", "in", list(own))]):
                email = record.email
                record.email = False
                record = record._in_company_language()
                record._message_log(
                    body=record.env._(
                        "“%(email)s” belongs to somebody who works here: no link was sent there.",
                        email=email,
                    )
                )

    def _in_company_language(self):
        """Return the record with the language of its company, for what is noted without a user."""
        return self.with_context(lang=self.company_id.partner_id.lang or self.env.lang)

    def _prepare_links(self):
        """Give those who have none their secret (superuser mode)."""
        for record in self:
            if not record.link_token:
                # 128 bits
                record.link_token = secrets.token_urlsafe(16)

    @api.model
    def _find_by_link(self, record_id, token):
        """Return the record of a link, in superuser mode and the language of who has it.

        How long it takes does not tell whether there is such a record.

        :param str record_id: id as the address has it
        :param str token: secret as the address has it
        :return: no record when the two don't belong together
        """
        records = self.with_user(SUPERUSER_ID)
        if not record_id.isdecimal() or len(record_id) > 9:
            return records.browse()
        record = records.search_fetch([("id", "=", int(record_id))], ["link_token"], order="id")
        own = record.link_token or secrets.token_urlsafe(16)
        # as bytes: text that is not ASCII can't be compared in constant time
        if not consteq(own.encode(), token.encode(errors="replace")):
            return records.browse()
        return record.with_context(lang=record._get_lang())

    def _use_link(self):
        """Lock the record until the end of the transaction, and say why its link can't be used.

        Of two who use it at once the second waits, and is then told of the first one.

        :return: see :meth:`_get_link_refusal`
        """
        self.ensure_one()
        self.env.execute_query(
            SQL(
                "SELECT FROM %s WHERE id = %s FOR NO KEY UPDATE",
                SQL.identifier(self._table),
                self.id,
            )
        )
        return self._get_link_refusal()
