from odoo import api, fields, models


class ItssEvidenceMixin(models.AbstractModel):
    """Record with files as evidence: who reads it reads them, and they freeze with it."""

    _name = "itss.evidence.mixin"
    _description = "Record with Evidence"

    attachment_ids = fields.Many2many("ir.attachment", string="Evidence", bypass_search_access=True)

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._tie_files()
        return records

    def write(self, vals):
        result = super().write(vals)
        if "attachment_ids" in vals:
            self._tie_files()
        return result

    # -------------------------------------------------------------------------
    # Files
    # -------------------------------------------------------------------------

    def _are_files_frozen(self):
        """Whether the current user may no longer change or delete the files of the record."""
        raise NotImplementedError

    def _keeps_file(self, file):
        """Whether nobody, or not the current user, changes or deletes a file (superuser mode).

        Any model may say so of the files that are tied to its records.

        :param file: an ``ir.attachment`` tied to the record
        """
        # whose evidence it is depends on who asks
        user_record = self.with_env(self.env(su=False))
        return file in self.attachment_ids and user_record._are_files_frozen()

    def _tie_files(self):
        """Tie uploaded files to their record, so that who reads it reads them.

        A file of another record stays its own; the record keeps a copy.
        """
        for record in self:
            if not self.env.su:
                record.attachment_ids.check_access("read")
            files = record.attachment_ids.sudo()
            place = {"res_model": record._name, "res_id": record.id}
            own = files.filtered(
                lambda file, record=record: (
                    (file.res_model, file.res_id) == (record._name, record.id)
                )
            )
            loose = files.filtered(lambda file: not file.res_id)
            loose.write(place)
            if others := files - loose - own:
                record.sudo().attachment_ids = own | loose | others.copy(place)
