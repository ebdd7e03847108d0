from odoo import fields, models


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    # Odoo shows events to everybody, in whichever company; ours to the guests and their company
    itss_company_id = fields.Many2one(
        "res.company", string="Company of the Record", readonly=True, index="btree_not_null"
    )

    def _get_activity_excluded_models(self):
        # a meeting with minutes is its own to-do
        return [*super()._get_activity_excluded_models(), "itss.meeting"]
