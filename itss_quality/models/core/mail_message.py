from odoo import api, models
from odoo.exceptions import UserError

from ...tools.references import hide_names


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _compute_record_name(self):
        super()._compute_record_name()
        hide_names(self, "model", "res_id", "record_name")

    @api.model_create_multi
    def create(self, vals_list):
        messages = super().create(vals_list)
        if not self.env.su:
            for vals, message in zip(vals_list, messages.sudo(), strict=True):
                # what is noted is noted by who does it, when it is done; mails come in by the gateway,
                # and what was changed is found by the server
                is_own = message.author_id == self.env.user.partner_id
                is_dated = vals.get("date") or self.env.context.get("default_date")
                is_foreign = message.message_type == "email" or message.tracking_value_ids
                if not is_own or is_dated or is_foreign:
                    message.with_env(self.env)._itss_check_evidence()
        return messages

    def write(self, vals):
        if vals:
            self._itss_check_evidence()
        result = super().write(vals)
        # a comment does not become what the system noted, nor comes a note from elsewhere
        if not {"message_type", "model", "res_id"}.isdisjoint(vals):
            self._itss_check_evidence()
        return result

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
