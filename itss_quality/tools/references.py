"""Which records the values of a form, an import or a call point at, and who may read those."""

from odoo.exceptions import MissingError
from odoo.fields import Command
from odoo.models import BaseModel


def find_references(records, vals):
    """Yield what values would make records point at, beside what they point at already.

    :param records: those the values are for; none when they are for a new one
    :param dict vals: values as ``create``, ``write`` and ``onchange`` take them, checked by
        :func:`~.values.check_values`
    :return: iterator of (field, name of the other model, id)
    """
    for field in records._fields.values():
        if field.type == "many2one_reference":
            if field.name in vals or field.model_field in vals:
                yield from _find_by_model(records, field, vals)
        elif field.relational and vals.get(field.name):
            yield from _find_in_relation(records, field, vals[field.name])


def _find_by_model(records, field, vals):
    names = (field.model_field, field.name)
    context = records.env.context
    defaults = [context.get(f"default_{name}") for name in names]
    for record in records.sudo() or [records]:
        stored = [record[name] for name in names] if record else defaults
        new = [vals.get(name, old) for name, old in zip(names, stored, strict=True)]
        if all(new) and (not record or new != stored):
            model, record_id = new
            yield field, model, record_id


def _find_in_relation(records, field, value):
    ids, nested = _read_relation(field, value)
    new = set(ids)
    if new and records:
        # whatever else it is, whoever works on the record has it there
        stored = (record[field.name] for record in records.sudo().with_context(active_test=False))
        new -= set.intersection(*({*record.ids} for record in stored))
    for one in new:
        yield field, field.comodel_name, one
    comodel = records.env[field.comodel_name]
    for one, vals in nested:
        yield from find_references(comodel.browse(one or ()), vals)


def _read_relation(field, value):
    """Return the ids in a value of a relational field, and pairs of an id, if any, and its values."""
    if isinstance(value, BaseModel):
        return value.ids, []
    if field.type == "many2one":
        value = value[:1] if isinstance(value, list | tuple) else [value]
    ids, nested = [], []
    for item in value if isinstance(value, list | tuple) else [value]:
        if isinstance(item, dict):
            nested.append((item.get("id"), item))
        elif not isinstance(item, list | tuple):
            ids.append(item)
        elif item[0] == Command.CREATE:
            nested.append((None, item[2]))
        elif item[0] == Command.UPDATE:
            nested.append((item[1], item[2]))
        elif item[0] == Command.LINK:
            ids.append(item[1])
        elif item[0] == Command.SET:
            ids += item[2]
    ids += [one for one, _vals in nested if one]
    return ids, nested


def hide_names(records, model_name, id_name, name):
    """Take from unsaved records the names of those of ours that the user may not read.

    Odoo tells in superuser mode what a message or a to-do would be about.

    :param records: unsaved ones among them, with the name computed
    :param str model_name: field with the model of what it is about
    :param str id_name: field with the id
    :param str name: field with the name
    """
    env = records.env(su=False)
    for record in records:
        model, record_id = record[model_name], record[id_name]
        if not record.id and record_id and (model or "").startswith("itss."):
            if find_unreadable(env, model, [record_id]):
                record[name] = False


def filter_readable(records):
    """Return those of the records that the user may read."""
    unreadable = find_unreadable(records.env, records._name, records.ids)
    return records.browse(one for one in records.ids if one not in unreadable)


def find_unreadable(env, model, ids):
    """Return those of a model's ids that the user may not read, or that don't exist.

    :param env: environment of the user
    :param str model: name of the model
    :param ids: iterable of int
    :return: set of int
    """
    if model not in env:
        return set(ids)
    records = env[model].browse(ids)
    if model == "hr.employee" and not records.browse().has_access("read"):
        # of colleagues everybody may read the public side, a view of the database
        records.flush_recordset()
        records = env["hr.employee.public"].browse(records.ids)
    try:
        readable = records._filtered_access("read")
    except MissingError:
        readable = records.exists()._filtered_access("read")
    return {*records.ids} - {*readable.ids}
