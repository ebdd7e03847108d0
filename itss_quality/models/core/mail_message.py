from odoo import api, models
from odoo.exceptions import UserError


class MailMessage(models.Model):
    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        messages = super().create(vals_list)
        if not self.env.su:
            for vals, message in zip(vals_list, messages.sudo(), strict=True):
                # what is noted is noted by who does it, when it is done; mails come in by the gateway
                is_own = message.author_id == self.env.user.partner_id
                if not is_own or vals.get("date") or message.message_type == "email":
                    message.with_env(self.env)._itss_check_evidence()
        return messages

    def write(self, vals):
        if vals:
            self._itss_check_evidence()
        return super().write(vals)

    def unlink(self):
        self._itss_check_evidence()
        return super().unlink()

    def _itss_check_evidence(self):
        """Refuse to touch what the system noted on a record, such as signatures, reasons and reports,
        and the mails that came in.

        People's own comments stay theirs.
        """
        if self.env.su:
            return
        for message in self.sudo():
            if (message.model or "").startswith("itss.") and message.message_type != "comment":
                raise UserError(
                    self.env._("What the system noted is evidence and can't be changed or deleted.")
                )
