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


# what a caller may say about itself: who reads, in which companies, from where. All else could keep
# traces and to-dos from being written, or set values that nobody may enter.
CONTEXT = (
    "active_id",
    "active_ids",
    "active_model",
    "allowed_company_ids",
    "bin_size",
    "lang",
    "tz",
    "uid",
    # Odoo's own tests print PDFs by it
    "force_report_rendering",
)
# in a context it tells that the addon's own code has set it: no call from outside brings an object
OURS = object()


def keep_context(records, names=(), takes_default=None):
    """Return records without what their caller's context may not say.

    What the rules need must not depend on it. Superuser mode, :data:`OURS` and :func:`without_notes`
    are the only ways round it.

    :param records: records, or a model
    :param names: further keys that the caller may use
    :param takes_default: function that tells of a field's name whether a form may start with a value
        of the context; without it none may
    """
    context = records.env.context
    if records.env.su or context.get("itss_notes") is OURS:
        return records

    def is_kept(key, value):
        if key.startswith("default_"):
            return takes_default is not None and takes_default(key.removeprefix("default_"))
        return key in CONTEXT or key in names or value is OURS

    kept = {key: value for key, value in context.items() if is_kept(key, value)}
    # pylint: disable-next=context-overridden
    return records if len(kept) == len(context) else records.with_context(kept)


def without_defaults(records):
    """Return records whose context gives no values, in superuser mode as well."""
    context = records.env.context
    kept = {key: value for key, value in context.items() if not key.startswith("default_")}
    # pylint: disable-next=context-overridden
    return records if len(kept) == len(context) else records.with_context(kept)


def without_notes(records):
    """Return records that are made and changed without a note for each, as something else tells it."""
    return keep_context(records).with_context(
        tracking_disable=True,
        mail_create_nolog=True,
        mail_create_nosubscribe=True,
        itss_notes=OURS,
    )
