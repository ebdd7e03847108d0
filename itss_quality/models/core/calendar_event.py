from odoo import models


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    def _get_activity_excluded_models(self):
        # a meeting with minutes is its own to-do
        return [*super()._get_activity_excluded_models(), "itss.meeting"]
