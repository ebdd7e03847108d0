from odoo import api, models

from ...tools.records import refuse_moving


class ItssPartMixin(models.AbstractModel):
    """Line of a record that freezes with it, and belongs to it for good.

    The model that inherits says which record that is, its whole, in ``_whole_field``. A whole
    without a workflow, or with rules of its own for these parts, is asked by
    :meth:`_check_whole_open`. Superuser mode is the only way round it.
    """

    _name = "itss.part.mixin"
    _description = "Part of a Record"
    _inherit = ["itss.guard.mixin"]

    # many-to-one field to the whole
    _whole_field = ""
    # fields that freeze with the whole; None: all
    _frozen_fields: tuple[str, ...] | None = None

    # -------------------------------------------------------------------------
    # Hooks
    # -------------------------------------------------------------------------

    @api.model
    def _get_whole_fields(self):
        """Return the many-to-one fields to what a part may belong to."""
        return (self._whole_field,)

    def _check_whole_open(self):
        """Raise when the whole takes, changes or loses no parts any more.

        By default its workflow says so: the one2many field of the parts is one of its locked fields.

        :raise UserError: the whole is frozen
        """
        inverses = self.pool.field_inverses[self._fields[self._whole_field]]
        self[self._whole_field]._check_locked({field.name: True for field in inverses})

    def _check_change(self, vals):
        """Raise when the parts can't change so.

        :param dict vals: the values about to be written
        :raise UserError: the whole is frozen, or would be another one
        """
        if self.env.su:
            return
        if not vals.keys().isdisjoint(vals if self._frozen_fields is None else self._frozen_fields):
            self._check_whole_open()
        refuse_moving(self, vals, *self._get_whole_fields())

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        if not self.env.su:
            parts._check_whole_open()
        return parts

    def write(self, vals):
        self._check_change(vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_part_frozen(self):
        if not self.env.su:
            self._check_whole_open()
