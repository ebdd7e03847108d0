from collections import defaultdict

from odoo import models
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

    def _itss_say_hours(self):
        """Return the calendar, its time zone, and its hours of work by day: one line."""
        lines = self.attendance_ids.filtered(
            lambda line: not line.display_type and line.day_period != "lunch"
        )
        days = dict(lines._fields["dayofweek"]._description_selection(self.env))
        weeks = dict(lines._fields["week_type"]._description_selection(self.env))
        hours = defaultdict(list)
        for line in lines.sorted(
            lambda line: (line.week_type or "", line.dayofweek, line.hour_from, line.id)
        ):
            span = f"{format_duration(line.hour_from)}–{format_duration(line.hour_to)}"
            hours[line.week_type, line.dayofweek].append(span)
        # days of the same hours are told together
        same = defaultdict(list)
        for (week, day), spans in hours.items():
            same[week, ", ".join(spans)].append(days[day])
        parts = [
            f"{weeks[week] if week else ''} {', '.join(names)} {spans}".strip()
            for (week, spans), names in same.items()
        ]
        return f"{self.name} ({self.tz}): {'; '.join(parts) or '–'}"
