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

    def _itss_check_evidence(self):
        """Refuse to touch a signed document or the attachment of a progress report."""
        if self.env.su:
            return
        for attachment in self.sudo():
            signed = (attachment.res_field or "") == "signed_pdf"
            if (attachment.res_model == "itss.plan.report" and attachment.res_id) or (
                signed and (attachment.res_model or "").startswith("itss.")
            ):
                raise UserError(
                    self.env._(
                        "“%(file)s” is evidence and can't be changed or deleted.",
                        file=attachment.name,
                    )
                )
