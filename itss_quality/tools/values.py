"""What can be stored: arguments of methods, and values of fields.

Over RPC anything may come: a list for a text, a text for an id. What would end in Odoo or in
PostgreSQL is refused here, in words that name the argument or the field.
"""

import base64
import json
import re
from collections.abc import Collection
from datetime import date, datetime

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.models import BaseModel
from odoo.orm.identifiers import NewId
from odoo.tools.json import json_default

# ids and whole numbers as the database stores them
MAX_INTEGER = 2**31 - 1
# beyond these no number says cents any more, and rounding fails in the end
MAX_NUMBER = 10**15
# days with which can be reckoned: a week or a time zone further on there still is a day
YEARS = range(1900, 3000)
# a zero byte as JSON writes it
JSON_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


# -----------------------------------------------------------------------------
# By type
# -----------------------------------------------------------------------------


def is_id(value):
    """Whether this is the id of a record, or of one that is not saved yet."""
    return (type(value) is int and 0 < value <= MAX_INTEGER) or isinstance(value, NewId)


def check_ids(records):
    """Raise unless records can be some.

    :raise UserError: an id is none
    """
    if not all(map(is_id, records._ids)):
        raise UserError(records.env._("There is no such record."))


def is_storable(text):
    """Whether a text can be stored: PostgreSQL takes neither zero bytes nor halves of characters."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False


def _read_text(value):
    if not isinstance(value, str) or not is_storable(value):
        raise ValueError
    return value


def _read_bool(value):
    if not isinstance(value, bool):
        raise TypeError
    return value


def _read_integer(value):
    if type(value) is not int or abs(value) > MAX_INTEGER:
        raise ValueError
    return value


def _read_number(value):
    # no bound holds for what is no number (NaN)
    if isinstance(value, bool) or not (isinstance(value, int | float) and abs(value) < MAX_NUMBER):
        raise ValueError
    return float(value)


def _read_day(value):
    if not isinstance(value, str | date):
        raise TypeError
    return _check_year(fields.Date.to_date(value))


def _read_time(value):
    if not isinstance(value, str | date):
        raise TypeError
    return _check_year(fields.Datetime.to_datetime(value))


def _check_year(day):
    if day and day.year not in YEARS:
        raise ValueError
    return day


def _read_record(value):
    # from other code: nothing that comes over RPC is one
    if not isinstance(value, BaseModel):
        raise TypeError
    return value


# functions that return a value of the type, or raise an OverflowError, TypeError or ValueError
READERS = {
    str: _read_text,
    bool: _read_bool,
    int: _read_integer,
    float: _read_number,
    date: _read_day,
    datetime: _read_time,
    BaseModel: _read_record,
}


def describe_types(env, types):
    """Return in words what a value of one of the types is."""
    words = {
        str: env._("a text"),
        bool: env._("true or false"),
        int: env._("a whole number"),
        float: env._("a number"),
        date: env._("a day such as 2025-10-31"),
        datetime: env._("a time such as 2025-10-31 14:00:00"),
        BaseModel: env._("a record"),
    }
    return " / ".join(words[one] for one in types if one in words)


# -----------------------------------------------------------------------------
# By field
# -----------------------------------------------------------------------------


def check_values(records, vals, in_form=False):
    """Raise unless values can be stored in the fields that they are for.

    :param records: records, or the model of a new one
    :param vals: dict as ``create``, ``write`` and ``onchange`` take it, or what was given instead
    :param bool in_form: values of a form that is not saved, as ``onchange`` takes them
    :raise UserError: naming the field, and what it takes
    """
    env = records.env
    if not isinstance(vals, dict):
        raise _get_shape_refusal(env)
    for name, value in vals.items():
        field = _get_field(records, name)
        if value is None or value is False:
            if records and field.required and not in_form and field.type not in NEVER_EMPTY:
                raise UserError(
                    env._("“%(field)s” can't be empty.", field=field._description_string(env))
                )
            continue
        try:
            _check_value(env, field, value, in_form)
        except (OverflowError, TypeError, ValueError):
            raise UserError(
                env._(
                    "“%(field)s” must be %(kind)s.",
                    field=field._description_string(env),
                    kind=_describe_field(env, field),
                )
            )


def check_names(env, names):
    """Raise unless these are names, be it of fields that there are or not.

    :param names: list of str, or what was given instead
    :raise UserError: they are none
    """
    if not isinstance(names, Collection) or not all(isinstance(name, str) for name in names):
        raise _get_shape_refusal(env)


def check_spec(records, spec):
    """Raise unless a form says what it shows as ``web_read`` takes it.

    :param records: records, or the model of a new one
    :param spec: dict of dicts by names of fields, or what was given instead
    :raise UserError: it does not
    """
    if not isinstance(spec, dict):
        raise _get_shape_refusal(records.env)
    for name, one in spec.items():
        field = _get_field(records, name)
        if not isinstance(one, dict):
            raise _get_shape_refusal(records.env)
        if field.comodel_name and "fields" in one:
            check_spec(records.env[field.comodel_name], one["fields"])


def _get_field(records, name):
    field = records._fields.get(name)
    if field is None:
        raise UserError(
            records.env._(
                "“%(model)s” has no field “%(field)s”.", model=records._description, field=name
            )
        )
    return field


def _get_shape_refusal(env):
    return UserError(env._("Please give values, and what is shown, by the names of fields."))


def _check_value(env, field, value, in_form):
    if field.type in TYPES:
        READERS[TYPES[field.type]](value)
    elif field.type in CHECKS:
        CHECKS[field.type](env, field, value, in_form)


def _check_option(env, field, value, in_form):
    if value != "" and value not in field.get_values(env):
        raise ValueError


def _check_record(env, field, value, in_form):
    if in_form and field.type == "many2one" and isinstance(value, dict):
        # the form around a row
        check_values(env[field.comodel_name], value, in_form)
    elif not isinstance(value, BaseModel) and not is_id(value):
        raise ValueError


def _check_records(env, field, value, in_form):
    if isinstance(value, BaseModel):
        return
    if not isinstance(value, list | tuple):
        raise TypeError
    if not all(map(is_id, value)):
        for command in value:
            _check_command(env[field.comodel_name], command, in_form)


def _check_command(comodel, command, in_form):
    match command:
        case [Command.CREATE, None | int() | str(), dict() as vals]:
            check_values(comodel, vals, in_form)
        case [Command.UPDATE, one, dict() as vals] if is_id(one):
            check_values(comodel, vals, in_form)
        case [Command.DELETE | Command.UNLINK | Command.LINK, one, *_] if is_id(one):
            pass
        case [Command.CLEAR, *_]:
            pass
        case [Command.SET, _, Collection() as ids] if all(map(is_id, ids)):
            pass
        case _:
            raise ValueError


def _check_reference(env, field, value, in_form):
    if isinstance(value, BaseModel):
        return
    model, record_id = _read_text(value).split(",")
    if model not in env or not is_id(int(record_id)):
        raise ValueError


def _check_file(env, field, value, in_form):
    # all that is no base64 in it is skipped, so that the end may be missing
    base64.b64decode(value)


def _check_json(env, field, value, in_form):
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, default=json_default)
    if not is_storable(text) or JSON_NUL.search(text):
        raise ValueError


TYPES = {
    "boolean": bool,
    "char": str,
    "date": date,
    "datetime": datetime,
    "float": float,
    "html": str,
    "integer": int,
    "monetary": float,
    "text": str,
}
CHECKS = {
    "binary": _check_file,
    "json": _check_json,
    "many2many": _check_records,
    "many2one": _check_record,
    "many2one_reference": _check_record,
    "one2many": _check_records,
    "reference": _check_reference,
    "selection": _check_option,
}


# what these store instead of nothing
NEVER_EMPTY = ("boolean", "float", "integer", "monetary")


def _describe_field(env, field):
    """Return in words what a field takes."""
    if field.type in TYPES:
        return describe_types(env, [TYPES[field.type]])
    if field.type == "selection":
        labels = [label for _value, label in field._description_selection(env)]
        return env._("one of these: %s", ", ".join(labels))
    return {
        "binary": env._("a file"),
        "json": env._("data that can be written as JSON"),
        "many2many": env._("a list of records"),
        "one2many": env._("a list of records"),
    }.get(field.type, env._("a record"))
