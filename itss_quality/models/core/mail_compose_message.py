from odoo import models
from odoo.exceptions import UserError


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    def _action_send_mail(self, auto_commit=False):
        """Send mails about our records in one's own name: Odoo makes them in superuser mode.

        :raise UserError: somebody else's name
        """
        if not self.env.su:
            for composer in self:
                is_own = composer.author_id == self.env.user.partner_id
                if (composer.model or "").startswith("itss.") and not is_own:
                    raise UserError(self.env._("Please write in your own name."))
        return super()._action_send_mail(auto_commit=auto_commit)
