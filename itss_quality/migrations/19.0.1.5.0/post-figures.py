from collections import defaultdict

from odoo import SUPERUSER_ID, api
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.itss_quality.tools.records import concrete_models

BATCH = 1000


def migrate(cr, version):
    """Let figures know what records have said before, and since when: by the changes that were
    tracked, else by the stamps of their states.

    What was neither tracked nor stamped has always said what it says now.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    for name in concrete_models(env, "itss.figure.mixin"):
        model = env[name].with_context(active_test=False)
        if env["itss.figure.fact"].search_count([("res_model", "=", name)], limit=1):
            continue
        tracked = read_tracked(model)
        stamped = Domain.OR(Domain(stamp, "!=", False) for stamp in model._state_stamps.values())
        records = model.search(Domain("id", "in", [*tracked]) | stamped)
        for start in range(0, len(records), BATCH):
            batch = model.browse(records.ids[start : start + BATCH])
            model._note_facts(
                fact for record in batch for fact in find_facts(record, tracked.get(record.id, {}))
            )
            env.invalidate_all()
    # it was stored rounded
    env["itss.plan.line"].search([("report_ids", "!=", False)])._compute_progress()


def read_tracked(model):
    """Return the tracked changes of the dated fields: ``{id: {field: [(moment, old, new)]}}``."""
    model.env.flush_all()
    changes = defaultdict(lambda: defaultdict(list))
    keys = {name: read_keys(model, name) for name in model._dated_fields}
    for row in model.env.execute_query_dict(
        SQL(
            """
            SELECT message.res_id, message.date, field.name,
                   CASE WHEN field.ttype = 'many2one'
                        THEN COALESCE(NULLIF(value.old_value_integer, 0)::text, '')
                        ELSE COALESCE(value.old_value_datetime::date::text, value.old_value_char, '')
                        END AS old,
                   CASE WHEN field.ttype = 'many2one'
                        THEN COALESCE(NULLIF(value.new_value_integer, 0)::text, '')
                        ELSE COALESCE(value.new_value_datetime::date::text, value.new_value_char, '')
                        END AS new
              FROM mail_tracking_value AS value
              JOIN mail_message AS message ON message.id = value.mail_message_id
              JOIN ir_model_fields AS field ON field.id = value.field_id
             WHERE message.model = %s AND field.model = message.model AND field.name IN %s
          ORDER BY message.date, value.id
            """,
            model._name,
            model._dated_fields or ("",),
        )
    ):
        old, new = (keys[row["name"]].get(text, text) for text in (row["old"], row["new"]))
        changes[row["res_id"]][row["name"]].append((row["date"], old, new))
    return changes


def read_keys(model, name):
    """Return the values of a selection by the words that were tracked for them, in any language."""
    field = model._fields[name]
    if field.type != "selection":
        return {}
    return {
        word: key
        for lang, _name in model.env["res.lang"].get_installed()
        for key, word in field._description_selection(model.with_context(lang=lang).env)
    }


def find_facts(record, tracked):
    """Yield the facts of a record, as ``_note_facts`` takes them."""
    if "state" in record._dated_fields and "state" not in tracked:
        yield from record._get_stamped_facts()
    present = record._get_dated_values(dict.fromkeys(record._dated_fields))
    for name, changes in tracked.items():
        first, last = changes[0], changes[-1]
        yield record, name, first[1], min(record.create_date, first[0])
        for moment, _old, new in changes:
            yield record, name, new, moment
        now = present.get((record, name), last[2])
        if now != last[2]:
            yield record, name, now, max(last[0], find_stamp(record, name, now) or last[0])


def find_stamp(record, name, value):
    """Return when the record came to say so, if a stamp tells."""
    stamp = record._state_stamps.get(value) if name == "state" else None
    return record._get_moment(record[stamp]) if stamp and record[stamp] else None
