from odoo import fields, models
from odoo.fields import Domain


class ResourceCalendarLeaves(models.Model):
    """Holidays of a company: days that don't count towards deadlines."""

    _name = "resource.calendar.leaves"
    _inherit = ["resource.calendar.leaves", "itss.setting.mixin"]

    date_from = fields.Datetime(setting=("callback", "complaint", "ticket"))
    date_to = fields.Datetime(setting=("callback", "complaint", "ticket"))

    def _itss_read_settings(self, names=None):
        # somebody's own leave is none of them
        return super(
            ResourceCalendarLeaves, self.filtered(lambda leave: not leave.resource_id)
        )._itss_read_settings(names)

    def _itss_get_setting_subject(self):
        return self.name or self.calendar_id.name or self.env._("Holiday")

    def _itss_get_settings_domain(self, period):
        if not period.company.itss_callback_calendar_id:
            return Domain.FALSE
        return (
            super()._itss_get_settings_domain(period)
            & Domain("resource_id", "=", False)
            & Domain("date_from", "<", period.end)
            & Domain("date_to", ">", period.start)
        )
