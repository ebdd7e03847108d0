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
