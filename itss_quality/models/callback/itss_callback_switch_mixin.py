from odoo import fields, models


class ItssCallbackSwitchMixin(models.AbstractModel):
    """Record with a switch that decides what is called back after: it holds from then on.

    What was solved before the switch was turned is judged by what held then.
    """

    _name = "itss.callback.switch.mixin"
    _description = "Switch of Callbacks"

    # the boolean field
    _callback_switch = ""

    # never for what was so from the beginning
    itss_callback_switched_at = fields.Datetime(
        string="Callbacks Switched on", copy=False, groups=fields.NO_ACCESS
    )

    def write(self, vals):
        if self._callback_switch not in vals or "itss_callback_switched_at" in vals:
            return super().write(vals)
        is_on = bool(vals[self._callback_switch])
        turned = self.filtered(lambda record: record[self._callback_switch] != is_on)
        result = super().write(vals)
        turned.sudo().itss_callback_switched_at = fields.Datetime.now()
        return result

    def _itss_was_on(self, moment):
        """Whether the switch was on at a moment (superuser mode).

        :param datetime moment: UTC
        """
        is_on, switched_at = self[self._callback_switch], self.itss_callback_switched_at
        if not switched_at or moment >= switched_at:
            return is_on
        # turned on and off again, it says by itself only what held before the last time
        turns = self.env["itss.journal"].sudo()
        turns = turns.search(
            [
                ("event", "=", "setting"),
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
                ("at", ">", moment),
                ("at", "<=", switched_at),
            ],
            order="id",
        ).filtered(lambda row: row.values["name"] == self._callback_switch)
        return bool(turns[0].values["old"]) if turns else not is_on
