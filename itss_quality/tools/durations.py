"""Lengths of time in words, and days in UTC."""

from datetime import datetime, time

import pytz


def format_minutes(env, minutes):
    """Return a number of minutes in the user's words: 3 h 20 min; 2 d 4 h late.

    :param env: environment whose language is used
    :param float minutes: negative when the time is over
    """
    late = minutes < 0
    total = int(abs(minutes))
    days, hours, rest = total // 1440, total % 1440 // 60, total % 60
    if days:
        words = env._("%(days)s d %(hours)s h", days=days, hours=hours)
    elif hours:
        words = env._("%(hours)s h %(minutes)s min", hours=hours, minutes=rest)
    else:
        words = env._("%(minutes)s min", minutes=rest)
    return env._("%(duration)s late", duration=words) if late else words


def get_midnight(env, day, company=None):
    """Return when a day begins for the user, in UTC.

    :param date day: as the user counts days
    :param company: ``res.company`` by whose working hours days are counted instead: for figures
        that are kept, whoever asks for them
    """
    tz = company.resource_calendar_id.tz if company else env.user.tz
    midnight = pytz.timezone(tz or "UTC").localize(datetime.combine(day, time.min))
    return midnight.astimezone(pytz.utc).replace(tzinfo=None)
