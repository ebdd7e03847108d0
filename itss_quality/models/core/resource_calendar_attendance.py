from odoo import api, models


class ResourceCalendarAttendance(models.Model):
    _inherit = "resource.calendar.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        companies = self.env["res.company"]
        before = companies._itss_read_calendars()
        lines = super().create(vals_list)
        companies._itss_log_settings(before, companies._itss_read_calendars())
        return lines

    def write(self, vals):
        companies = self.env["res.company"]
        before = companies._itss_read_calendars()
        result = super().write(vals)
        companies._itss_log_settings(before, companies._itss_read_calendars())
        return result

    def unlink(self):
        companies = self.env["res.company"]
        before = companies._itss_read_calendars()
        result = super().unlink()
        companies._itss_log_settings(before, companies._itss_read_calendars())
        return result
