"""What is called from outside: by buttons, over RPC, by other programs.

Every method of ours that can be called so carries ``@public(…)`` (tests/core/test_public.py). What
it is asked for is checked here, in one place: records that can be, arguments of the types that
its annotations name. And what it does depends on nothing that the caller's context says.
"""

import functools
import inspect
import typing

from odoo.exceptions import UserError

from .records import keep_context
from .values import READERS, check_ids, describe_types


def public(on, context=()):
    """Return the decorator of a method that is called from outside.

    An argument's annotation is one of ``str``, ``bool``, ``int``, ``float``, ``date``, ``datetime`` and ``BaseModel``,
    ``| None`` where it may be missing. A day or a time may be given as a text, too: the method gets a
    ``date`` or a ``datetime``.

    :param str on: ``record`` (one), ``records`` (one or several) or ``model`` (any, it is not asked for
        them)
    :param context: further keys of the context that say what the method is to do
    """

    def decorate(method):
        signature = inspect.signature(method)
        kinds = {
            name: typing.get_args(hint) or (hint,)
            for name, hint in typing.get_type_hints(method).items()
        }

        @functools.wraps(method)
        def call(self, *args, **kwargs):
            records = keep_context(choose_records(self, on), context)
            try:
                given = signature.bind(records, *args, **kwargs)
            except TypeError:
                raise UserError(
                    self.env._(
                        "%(method)s takes: %(arguments)s.",
                        method=method.__name__,
                        arguments=", ".join([*signature.parameters][1:]) or "–",
                    )
                )
            for name, kind in kinds.items():
                if name in given.arguments:
                    value = given.arguments[name]
                    given.arguments[name] = _read(self.env, method.__name__, name, value, kind)
            return method(*given.args, **given.kwargs)

        call.itss_public = True
        return call

    return decorate


def choose_records(records, on):
    """Return the records that something is asked of.

    :param str on: how many there may be, as ``public`` takes it
    :raise UserError: none, several where one is needed, or what can't be records
    """
    if on == "model":
        return records.browse()
    env = records.env
    check_ids(records)
    if not records:
        raise UserError(env._("Please choose a record first."))
    if on == "record" and len(records) > 1:
        raise UserError(env._("Please choose one record, not several."))
    return records


def _read(env, method, name, value, kind):
    """Return the value of an argument, which is of one of the types in ``kind``.

    :raise UserError: it is of none
    """
    # what is empty is False to the web client
    if type(None) in kind and (value is None or (value is False and bool not in kind)):
        return None
    for one in kind:
        reader = READERS.get(one)
        if reader is None:
            continue
        try:
            return reader(value)
        except (OverflowError, TypeError, ValueError):
            continue
    raise UserError(
        env._(
            "%(method)s: “%(argument)s” must be %(kind)s.",
            method=method,
            argument=name,
            kind=describe_types(env, kind),
        )
    )
