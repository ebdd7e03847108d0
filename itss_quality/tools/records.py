"""What records share that belong to another one for good."""

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
