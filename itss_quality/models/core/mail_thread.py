import logging

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ...tools.records import without_defaults

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
    # Values with which mails make a record of ours, beside what the mail says; None: they make none
    _itss_mail_defaults: tuple[str, ...] | None = None

    @api.model
    def _get_thread_with_access(self, thread_id, *, hash=None, pid=None, token=None, **kwargs):
        if self._itss_is_open_to_portal and not self._name.startswith("itss."):
            kwargs.update(hash=hash, pid=pid, token=token)
        return super()._get_thread_with_access(thread_id, **kwargs)

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

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Make records and messages of a mail, as Odoo does, in superuser mode.

        :raise AccessError: see :meth:`_itss_check_route`
        :raise UserError: an alias would make records of ours that mails don't make
        """
        for model, thread_id, *_rest in routes or ():
            if model.startswith("itss.") and not thread_id:
                if self.env[model]._itss_mail_defaults is None:
                    name = self.env[model]._description
                    raise UserError(self.env._("“%(model)s” is not made by mail.", model=name))
        threads = self
        if not self.env.su:
            # anybody may call message_process, say that a mail came in, and give values
            routes = [self._itss_check_route(*route) for route in routes or ()]
            threads = without_defaults(self)
        return super(MailThread, threads)._message_route_process(message, message_dict, routes)

    @api.model
    def _itss_check_route(self, model, thread_id, custom_values, user_id, alias):
        """Return the route without values of ours that a caller has made up.

        :raise AccessError: the mail is for a record of ours, and no administrator hands it over
        """
        if model.startswith("itss.") and not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Mails come in through the incoming mail server alone."))
        if custom_values and not alias:
            custom_values = {
                name: value
                for name, value in custom_values.items()
                if not model.startswith("itss.") and not name.startswith("itss_")
            }
        return model, thread_id, custom_values, user_id, alias
