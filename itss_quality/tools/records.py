"""What models and records have in common."""

from odoo.exceptions import UserError


def refuse_moving(records, vals, *names):
    """Raise when a write would move records to another parent than they were made for.

    :param records: records that are about to be written
    :param dict vals: the values to write
    :param names: many-to-one fields to the parents
    :raise UserError: a parent changes
    """
    if records.env.su:
        return
    for name in names:
        if name not in vals:
            continue
        for record in records:
            if record.sudo()[name].id != (vals[name] or False):
                labels = record.fields_get([name], ["string"])
                raise UserError(
                    records.env._(
                        "“%(record)s” belongs where it was made: %(field)s can't change.",
                        record=record.sudo().display_name,
                        field=labels[name]["string"],
                    )
                )


def concrete_models(env, mixin):
    """Return the names of the models with records of their own that inherit from a mixin.

    :param env: environment
    :param str mixin: name of the abstract model
    :return: list of names
    """
    registry = env.registry
    names = registry.descendants([mixin], "_inherit")
    return [name for name in names if not registry[name]._abstract]


# what a caller's context could leave out notes, to-dos and mails with, or choose other numbers by
SHORTCUTS = (
    "dont_notify",
    "email_",
    "ir_sequence_date",
    "mail_",
    "no_mail_to_attendees",
    "skip_attendee_notification",
    "tracking_disable",
)
# in a context it tells that the addon's own code has set it: no call from outside brings an object
OURS = object()


def strip_context(records):
    """Return records whose context skips no notes and to-dos, and gives no values of its own.

    What the rules need must not depend on what a caller puts into the context. Superuser mode, and
    :func:`without_notes`, are the only ways round it.

    :param records: records, or a model
    :return: the same ones, without the keys of Odoo's short cuts and without defaults
    """
    return _without(records, lambda key: key.startswith((*SHORTCUTS, "default_")))


def strip_shortcuts(records, takes_default):
    """Do as :func:`strip_context`, but keep the defaults that a form may start with.

    :param takes_default: function that tells of a field's name whether a form may start with it
    """

    def is_forbidden(key):
        return key.startswith(SHORTCUTS) or (
            key.startswith("default_") and not takes_default(key.removeprefix("default_"))
        )

    return _without(records, is_forbidden)


def without_defaults(records):
    """Return records whose context gives no values, in superuser mode as well."""
    context = records.env.context
    kept = {key: value for key, value in context.items() if not key.startswith("default_")}
    # pylint: disable-next=context-overridden
    return records if len(kept) == len(context) else records.with_context(kept)


def without_notes(records):
    """Return records that are made and changed without a note for each, as something else tells it."""
    return strip_context(records).with_context(
        tracking_disable=True,
        mail_create_nolog=True,
        mail_create_nosubscribe=True,
        itss_notes=OURS,
    )


def _without(records, is_forbidden):
    context = records.env.context
    if records.env.su or context.get("itss_notes") is OURS:
        return records
    kept = {key: value for key, value in context.items() if not is_forbidden(key)}
    # pylint: disable-next=context-overridden
    return records if len(kept) == len(context) else records.with_context(kept)
