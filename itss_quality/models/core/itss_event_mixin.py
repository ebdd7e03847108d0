from odoo import api, fields, models
from odoo.tools import clean_context

from ...tools.public import public


class ItssEventMixin(models.AbstractModel):
    """Something at a time and place to which people are invited through Odoo's calendar.

    The event is made and kept up to date by the record; who is invited is its guests' answer to
    give. The model that inherits says what the event is called and who comes.
    """

    _name = "itss.event.mixin"
    _description = "Calendar Event of a Record"

    _event_fields: tuple[str, ...] = ("start", "stop", "location")

    start = fields.Datetime(required=True, index=True)
    stop = fields.Datetime(string="End", required=True)
    location = fields.Char()
    event_id = fields.Many2one(
        "calendar.event",
        string="Calendar Event",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    _times_ordered = models.Constraint("CHECK(start < stop)", "It can't end before it starts.")

    # -------------------------------------------------------------------------
    # Hooks
    # -------------------------------------------------------------------------

    def _get_event_name(self):
        """Return what the calendar calls it."""
        raise NotImplementedError

    def _get_guests(self):
        """Return the partners to invite (superuser mode)."""
        raise NotImplementedError

    def _is_invited(self):
        """Whether people are invited by now; before that the times may still change freely."""
        return True

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records.sudo()._invite()
        return records

    def write(self, vals):
        result = super().write(vals)
        if not set(self._event_fields).isdisjoint(vals):
            self.sudo()._invite()
        return result

    def unlink(self):
        events = self.sudo().event_id
        result = super().unlink()
        events.unlink()
        return result

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    def _invite(self):
        """Make the calendar event, or bring it up to date; Odoo invites the guests (superuser mode)."""
        # what the record's form starts with is not the event's
        # pylint: disable-next=context-overridden
        events = self.env["calendar.event"].with_context(clean_context(self.env.context))
        for record in self.filtered(lambda record: record._is_invited()):
            vals = {
                "name": record._get_event_name(),
                "start": record.start,
                "stop": record.stop,
                "location": record.location,
                "partner_ids": [(6, 0, record._get_guests().ids)],
            }
            if record.event_id:
                changed = {
                    name: value
                    for name, value in vals.items()
                    if name == "partner_ids" or record.event_id[name] != value
                }
                record.event_id.write(changed)
            else:
                record.event_id = events.create(
                    {
                        **vals,
                        "user_id": self.env.uid,
                        "res_model_id": self.env["ir.model"]._get_id(record._name),
                        "res_id": record.id,
                        "itss_company_id": record.company_id.id,
                    }
                )

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_open_event(self):
        """Open the calendar event, with the guests' answers.

        :return: window action
        """
        return self.event_id.get_formview_action()
