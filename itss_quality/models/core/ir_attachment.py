from odoo import api, models
from odoo.exceptions import UserError


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    @api.model_create_multi
    def create(self, vals_list):
        attachments = super().create(vals_list)
        attachments._itss_check_evidence()
        return attachments

    def write(self, vals):
        self._itss_check_evidence()
        result = super().write(vals)
        if not {"res_model", "res_id", "res_field"}.isdisjoint(vals):
            self._itss_check_evidence()
        return result

    def unlink(self):
        self._itss_check_evidence()
        return super().unlink()

    def _delete_and_notify(self, message=None):
        # pages of Odoo's delete as superuser what the user may delete, by right or by a token
        self.with_env(self.env(su=False))._itss_check_evidence()
        return super()._delete_and_notify(message)

    def _itss_check_evidence(self):
        """Refuse to touch a signed document, the evidence of a record that is closed, or what a
        customer sent.
        """
        if self.env.su:
            return
        for attachment in self.sudo():
            # what stands in a field, such as a signature, is written through its record
            in_field = (attachment.res_model or "").startswith("itss.") and attachment.res_field
            if in_field or attachment._itss_is_frozen():
                raise UserError(
                    self.env._(
                        "“%(file)s” is evidence and can't be changed or deleted.",
                        file=attachment.name,
                    )
                )

    def _itss_is_frozen(self):
        """Whether the file came by mail, or its record keeps it as it is (superuser mode)."""
        self.ensure_one()
        if not self.res_id or not (self.res_model or "").startswith("itss."):
            return False
        record = self.env[self.res_model].browse(self.res_id).exists()
        if hasattr(record, "_keeps_file") and record and record._keeps_file(self):
            return True
        mails = [("attachment_ids", "in", self.ids), ("message_type", "=", "email")]
        return bool(self.env["mail.message"].search_count(mails, limit=1))
