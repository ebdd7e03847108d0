from odoo import models

from ...tools.typed_text import one_line

# what stands in the header of a mail, where a line break is refused
HEADERS = ("email_from", "subject", "reply_to")


class IrMailServer(models.Model):
    _inherit = "ir.mail_server"

    def _build_email__(self, email_from, email_to, subject, body, **options):
        headers = {"email_from": email_from, "subject": subject, **options}
        # the names of customers, companies and records are typed by people
        headers.update(
            (name, one_line(headers[name]))
            for name in HEADERS
            if isinstance(headers.get(name), str)
        )
        return super()._build_email__(email_to=email_to, body=body, **headers)
