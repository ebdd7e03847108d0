from odoo import api, models
from odoo.exceptions import UserError


class MailTrackingValue(models.Model):
    """What was changed from which value to which: noted by the server alone."""

    _inherit = "mail.tracking.value"

    @api.model_create_multi
    def create(self, vals_list):
        changes = super().create(vals_list)
        changes._itss_check_evidence()
        return changes

    def write(self, vals):
        self._itss_check_evidence()
        result = super().write(vals)
        self._itss_check_evidence()
        return result

    def unlink(self):
        self._itss_check_evidence()
        return super().unlink()

    def _itss_check_evidence(self):
        """Refuse to touch what the system noted of changes, to the administrator as well.

        :raise UserError: outside superuser mode
        """
        if not self.env.su and any(
            (message.model or "").startswith("itss.") for message in self.sudo().mail_message_id
        ):
            raise UserError(
                self.env._("What the system noted is evidence and can't be changed or deleted.")
            )
