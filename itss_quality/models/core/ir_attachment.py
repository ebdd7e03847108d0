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
        """Refuse to touch a signed document or the evidence of a record that is closed."""
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
        """Whether the file is evidence in a record whose evidence doesn't change any more."""
        self.ensure_one()
        records = self.env.get(self.res_model)
        if not self.res_id or not isinstance(records, self.env.registry["itss.evidence.mixin"]):
            return False
        record = records.browse(self.res_id).exists()
        # whose evidence it is depends on who asks
        return (
            self in record.attachment_ids
            and record.with_env(self.env(su=False))._are_files_frozen()
        )
