import logging

from odoo import api, models

from ...tools.typed_text import one_line

_logger = logging.getLogger(__name__)


def _make_readable(part):
    """Name the likely character set of a text that names none, or one that can't be read."""
    content = part.get_payload(decode=True)
    try:
        part.get_content()
        if part.get_content_charset() or content.isascii():
            return
    except (LookupError, TypeError, ValueError):
        _logger.info("A mail in an unknown character set: %s", part.get_content_charset())
    try:
        content.decode()
        charset = "utf-8"
    except UnicodeDecodeError:
        # what a Chinese program writes that says nothing
        charset = "gb18030"
    part.del_param("charset")
    part.set_param("charset", charset)


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    # Whether Odoo's portal shows what is written about a record to whoever has its secret; never
    # that of our own records.
    _itss_is_open_to_portal = True

    @api.model
    def _get_thread_with_access(self, thread_id, *, hash=None, pid=None, token=None, **kwargs):
        if self._itss_is_open_to_portal and not self._name.startswith("itss."):
            kwargs.update(hash=hash, pid=pid, token=token)
        return super()._get_thread_with_access(thread_id, **kwargs)

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._itss_clean_names(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._itss_clean_names(vals))

    @api.model
    def _itss_clean_names(self, vals):
        """Return values in which what a record of ours is called by is one line.

        Its name becomes the subject of mails and the title of to-dos.
        """
        if not self._name.startswith("itss."):
            return vals
        names = {self._rec_name, *self.pool.field_depends[self._fields["display_name"]]}
        lines = {
            name: one_line(vals[name])
            for name in names & vals.keys()
            if isinstance(vals[name], str) and self._fields[name].type == "char"
        }
        return {**vals, **lines}

    @api.private
    @api.model
    def message_parse(self, message, *args, **kwargs):
        """Read a mail, as Odoo does; one in a character set nobody knows is not refused.

        :param email.message.EmailMessage message: the mail
        :return: dict of what it says
        """
        for part in message.walk():
            if part.get_content_maintype() == "text":
                _make_readable(part)
        return super().message_parse(message, *args, **kwargs)
