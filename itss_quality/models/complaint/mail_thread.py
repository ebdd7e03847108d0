import logging

from odoo import api, models

_logger = logging.getLogger(__name__)
# RFC 3834, and what older programs write when somebody is out of the office
AUTOMATIC = (
    ("Auto-Submitted", lambda value: not value.startswith("no")),
    ("X-Autoreply", bool),
    ("X-Autorespond", bool),
    ("Precedence", lambda value: value in ("auto_reply", "bulk", "junk")),
)


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.private
    @api.model
    def message_route(self, message, message_dict, *args, **kwargs):
        """Find the records a mail is for, as Odoo does; what a program sent is no complaint.

        :param email.message.EmailMessage message: the mail
        :param dict message_dict: the parsed mail
        :return: list of routes
        """
        routes = super().message_route(message, message_dict, *args, **kwargs)
        if any(route and route[0] == "itss.complaint" for route in routes) and any(
            test(str(message.get(header, "")).strip().lower())
            for header, test in AUTOMATIC
            if header in message
        ):
            _logger.info("Automatic mail %s is no complaint", message_dict.get("message_id"))
            return [route for route in routes if route[0] != "itss.complaint"]
        return routes

    @api.model
    def _detect_loop_sender(self, message, message_dict, routes):
        # complaints keep what is too much, without making work of it
        others = [route for route in routes if route[0] != "itss.complaint"]
        return bool(others) and super()._detect_loop_sender(message, message_dict, others)
