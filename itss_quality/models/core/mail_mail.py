from odoo import fields, models


class MailMail(models.Model):
    _inherit = "mail.mail"

    # With it a mail that waits for the mail server, or was refused by it, is shown to nobody.
    itss_is_secret = fields.Boolean(
        string="Has a Customer's Secret", readonly=True, groups=fields.NO_ACCESS
    )
