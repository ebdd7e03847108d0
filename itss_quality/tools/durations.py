"""Lengths of time in words, and days in UTC."""

from datetime import datetime, time

import pytz

from odoo import fields
from odoo.fields import Domain


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


def get_tz(place):
    """Return the name of the time zone of a company, by its working hours, or of a user.

    :param place: ``res.company`` or ``res.users``
    """
    place = place.sudo()
    tz = place.resource_calendar_id.tz if place._name == "res.company" else place.tz
    return tz or "UTC"


def get_records_tz(records):
    """Return the name of the time zone by which a paper about records says when things happened.

    :param records: of any model, the company's own or without one
    """
    companies = (
        records.sudo().company_id if "company_id" in records._fields else records.env.company
    )
    return get_tz(companies[:1] or records.env.company)


def get_midnight(place, day):
    """Return when a day begins in a place, in UTC.

    :param place: ``res.company``, by which evidence and figures count days, whoever asks for them;
        ``res.users`` for what is told to somebody in the morning
    :param date day: as the place counts days
    """
    midnight = pytz.timezone(get_tz(place)).localize(datetime.combine(day, time.min))
    return midnight.astimezone(pytz.utc).replace(tzinfo=None)


def get_day(company, moment):
    """Return the day on which a moment falls where a company is.

    :param company: ``res.company``; that of the environment without one
    :param datetime moment: UTC
    """
    company = company or company.env.company
    return fields.Datetime.context_timestamp(
        company.with_context(tz=get_tz(company)), moment
    ).date()


def get_today(company):
    """Return the day it is where a company is, whatever clock the user or the server goes by.

    :param company: ``res.company``; that of the environment without one
    """
    return get_day(company, fields.Datetime.now())


def get_past_domain(env, name):
    """Return the domain of records with a day that is over where their company is.

    :param str name: the Date field
    """
    # all companies are meant, and they are few
    # pylint: disable-next=no-search-all
    companies = env["res.company"].sudo().search([])
    return Domain.OR(
        Domain("company_id", "in", own.ids) & Domain(name, "<", today)
        for today, own in companies.grouped(get_today).items()
    )
