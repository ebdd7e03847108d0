import logging

from odoo import api, models

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
