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

    def _itss_tie(self, record):
        """Tie uploaded files to a record, so that who reads it reads them.

        A file of another record stays its own; the record keeps a copy.

        :param record: a record with the files in its field ``attachment_ids``
        """
        if not self.env.su:
            self.check_access("read")
        place = {"res_model": record._name, "res_id": record.id}
        own = self.sudo().filtered(
            lambda file: (file.res_model, file.res_id) == (record._name, record.id)
        )
        loose = self.sudo().filtered(lambda file: not file.res_id)
        loose.write(place)
        if others := self.sudo() - loose - own:
            record.sudo().attachment_ids = own | loose | others.copy(place)

    def _itss_check_evidence(self):
        """Refuse to touch a signed document or the attachment of a progress report."""
        if self.env.su:
            return
        for attachment in self.sudo():
            model = attachment.res_model or ""
            # what stands in a field, such as a signature, is written through its record
            in_field = model.startswith("itss.") and attachment.res_field
            reported = model == "itss.plan.report" and attachment.res_id
            if in_field or reported or attachment._itss_is_frozen():
                raise UserError(
                    self.env._(
                        "“%(file)s” is evidence and can't be changed or deleted.",
                        file=attachment.name,
                    )
                )

    def _itss_is_frozen(self):
        """Whether the file is evidence in a record whose evidence doesn't change any more."""
        self.ensure_one()
        if self.res_model not in ("itss.improvement", "itss.audit.line") or not self.res_id:
            return False
        record = self.env[self.res_model].browse(self.res_id).exists()
        if self not in record.attachment_ids:
            return False
        if self.res_model == "itss.improvement":
            return record._is_locked()
        # a colleague's evidence is not even the quality department's to change
        return record.with_env(self.env(su=False))._get_judge_refusal() is not None
