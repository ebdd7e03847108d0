import secrets

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL, consteq


class ItssLinkMixin(models.AbstractModel):
    """Record with a page for somebody without an account, behind a personal link.

    The page itself is a controller with ``LinkPages``. The link is good until the model refuses it,
    and whoever opens it changes nothing: what an answer does begins with :meth:`_use_link`.
    """

    _name = "itss.link.mixin"
    _description = "Record behind a Personal Link"

    # address of the page, to which the id and the secret are added
    _link_path = None

    # Not by the name access_token: through a field of that name Odoo's portal opens the chatter of
    # any record to whoever holds the secret.
    link_token = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    link_url = fields.Char(compute="_compute_link_url", groups=fields.NO_ACCESS)

    def _compute_link_url(self):
        for record in self:
            path = f"{self._link_path}/{record.id}/{record.link_token}"
            record.link_url = f"{record.get_base_url()}{path}" if record.link_token else False

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
