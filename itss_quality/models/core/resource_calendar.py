from collections import defaultdict

from odoo import api, models
from odoo.tools.misc import format_duration

# what decides on hours of work, beside the lines
HOURS = {"tz", "two_weeks_calendar", "schedule_type", "flexible_hours", "hours_per_day"}


class ResourceCalendar(models.Model):
    """Hours of work that a company counts by: what changes in them is a change of its settings."""

    _inherit = "resource.calendar"

    def write(self, vals):
        if HOURS.isdisjoint(vals):
            return super().write(vals)
        companies = self.env["res.company"]
        before = companies._itss_read_calendars()
        result = super().write(vals)
        companies._itss_log_settings(before, companies._itss_read_calendars())
        return result

    def _itss_get_hours(self):
        """Return the calendar, its time zone and its hours of work, as the journal keeps them."""
        lines = self.attendance_ids.filtered(
            lambda line: not line.display_type and line.day_period != "lunch"
        ).sorted(lambda line: (line.week_type or "", line.dayofweek, line.hour_from, line.id))
        return {
            "id": self.id,
            "name": self.name,
            "tz": self.tz,
            "hours": [
                [line.week_type or "", line.dayofweek, line.hour_from, line.hour_to]
                for line in lines
            ],
        }

    @api.model
    def _itss_say_hours(self, kept):
        """Return a calendar, its time zone, and its hours of work by day: one line.

        :param dict kept: as `_itss_get_hours` returned it
        """
        lines = self.env["resource.calendar.attendance"]
        days = dict(lines._fields["dayofweek"]._description_selection(self.env))
        weeks = dict(lines._fields["week_type"]._description_selection(self.env))
        hours = defaultdict(list)
        for week, day, start, end in kept["hours"]:
            hours[week, day].append(f"{format_duration(start)}–{format_duration(end)}")
        # days of the same hours are told together
        same = defaultdict(list)
        for (week, day), spans in hours.items():
            same[week, ", ".join(spans)].append(days[day])
        parts = [
            f"{weeks[week] if week else ''} {', '.join(names)} {spans}".strip()
            for (week, spans), names in same.items()
        ]
        return f"{kept['name']} ({kept['tz']}): {'; '.join(parts) or '–'}"
