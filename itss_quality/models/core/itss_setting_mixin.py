from datetime import date

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import format_datetime

from ...tools.durations import get_tz
from ...tools.settings import InForce
from ...tools.workbook import get_field_reader

# value and words of a setting before its record was made, and after it was deleted
NOTHING = (None, "")


class ItssSettingMixin(models.AbstractModel):
    """Settings that stand behind figures: each change stays in the journal, with old and new value.

    A setting says so where it is declared, with the topics under which it is printed::

        itss_callback_hours = fields.Float(default=24, setting=("callback",))

    Whatever changes it (form, dialog, import, RPC, the server itself) comes through here, so that
    nothing else may: a setting is no computed field, and what it refers to can't be deleted.
    """

    _name = "itss.setting.mixin"
    _description = "Settings Behind Figures"

    # whether something else is in force once a record is made or deleted
    _setting_lifetime = True

    def _valid_field_parameter(self, field, name):
        return name == "setting" or super()._valid_field_parameter(field, name)

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        if self._setting_lifetime:
            self._itss_log_settings({}, records._itss_read_unusual_settings())
        return records

    def write(self, vals):
        names = [name for name in self._itss_get_setting_names() if name in vals]
        before = self._itss_read_settings(names)
        result = super().write(vals)
        self._itss_log_settings(before, self._itss_read_settings(names))
        return result

    def unlink(self):
        if self._setting_lifetime:
            self._itss_log_settings(self._itss_read_unusual_settings(), {})
        return super().unlink()

    # -------------------------------------------------------------------------
    # Hooks
    # -------------------------------------------------------------------------

    @api.model
    def _itss_get_setting_names(self, topics=None):
        """Return the names of the settings; of these topics only, if any are given."""
        settings = {
            name: field.setting for name, field in self._fields.items() if hasattr(field, "setting")
        }
        return [name for name, own in settings.items() if not topics or {*topics} & {*own}]

    def _itss_get_usual_settings(self):
        """Return what the settings of a new record are unless somebody says otherwise.

        :return: dict of values for JSON by name
        """
        usual = {}
        for name in self._itss_get_setting_names():
            field = self._fields[name]
            value = field.convert_to_cache(field.default(self) if field.default else None, self)
            usual[name] = self._itss_get_raw(field, field.convert_to_record(value, self))
        return usual

    def _itss_get_setting_subject(self):
        """Return the words for whose settings those of the record are."""
        return self.display_name

    @api.model
    def _itss_get_setting_label(self, name):
        """Return what a setting is called."""
        return self._fields[name].get_description(self.env, ["string"])["string"]

    def _itss_get_subject_facts(self):
        """Return what the words for whose settings they are can be told from later, for JSON.

        :return: ``None`` where the words themselves are kept, as a name is
        """
        return None

    @api.model
    def _itss_say_value(self, name, raw, names=""):
        """Return the value of a setting in words.

        :param str name: of the setting
        :param raw: the value as the journal keeps it; ``None``: there was none
        :param str names: what is said of other records that it refers to
        """
        field = self._fields[name]
        if raw is None:
            return ""
        if field.type == "boolean":
            return self.env._("Yes") if raw else self.env._("No")
        if field.type == "datetime":
            return format_datetime(self.env, raw) if raw else ""
        if field.type == "float":
            return f"{raw:g}"
        if field.type == "integer":
            return str(raw)
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(raw, names)
        return names

    @api.model
    def _itss_get_settings_domain(self, period):
        """Return the domain of the records whose settings are a company's in a period.

        :param period: ``tools.figures.Period``
        """
        return Domain("company_id", "in", (period.company.id, False))

    # -------------------------------------------------------------------------
    # Journal
    # -------------------------------------------------------------------------

    def _itss_read_settings(self, names=None):
        """Return the settings as they are.

        :param names: which ones; all when ``None``
        :return: dict of records, each with a dict by name: value for JSON, and words in the
            language of the company
        """
        if names is None:
            names = self._itss_get_setting_names()
        return {
            record: {
                name: (
                    self._itss_get_raw(record._fields[name], record[name]),
                    record._itss_in_company()._itss_say_setting(name),
                )
                for name in names
            }
            for record in (self.sudo() if names else ())
        }

    def _itss_read_unusual_settings(self):
        """Return the settings that are not what those of a new record are, as they are."""
        settings = self._itss_read_settings()
        for record, own in settings.items():
            usual = record._itss_get_usual_settings()
            settings[record] = {
                name: setting for name, setting in own.items() if setting[0] != usual[name]
            }
        return settings

    def _itss_say_setting(self, name):
        """Return a setting of the record in words."""
        field = self._fields[name]
        names = str(get_field_reader(self.env, field)(self) or "")
        return self._itss_say_value(name, self._itss_get_raw(field, self[name]), names)

    def _itss_get_raw(self, field, value):
        raw = field.convert_to_read(value, self, use_display_name=False)
        return fields.Datetime.to_string(raw) if isinstance(raw, date) else raw

    def _itss_in_company(self):
        """Return the record in the language and the time zone of its company."""
        company = self.env["itss.journal"]._get_company(self) or self.env.company.sudo()
        return self.with_context(lang=company.partner_id.lang or self.env.lang, tz=get_tz(company))

    @api.model
    def _itss_log_settings(self, before, after):
        """Journal what differs.

        :param dict before: as `_itss_read_settings` returns it; without what was not there
        :param dict after: likewise
        """
        facts = [
            (record, record._itss_prepare_change(name, old.get(name), new.get(name)))
            for record in {**before, **after}
            for old, new in [(before.get(record, {}), after.get(record, {}))]
            for name in {**old, **new}
            if old.get(name) != new.get(name)
        ]
        if facts:
            self.env["itss.journal"]._log("setting", facts)

    def _itss_prepare_change(self, name, old, new):
        """Return what the journal keeps of a change of a setting."""
        spoken = self._itss_in_company()
        (old, old_words), (new, new_words) = old or NOTHING, new or NOTHING
        return {
            "name": name,
            "label": spoken._itss_get_setting_label(name),
            "record": spoken._itss_get_setting_subject(),
            "subject": spoken._itss_get_subject_facts(),
            "old": old,
            "old_words": old_words,
            "new": new,
            "new_words": new_words,
        }

    def _itss_tell_change(self, values):
        """Return what the journal keeps of a change, in words of the reader's language.

        :param dict values: as `_itss_prepare_change` returned them
        :return: dict of those words that can still be told; the others are those of then
        """
        name, told = values["name"], {"record": self._itss_tell_subject(values)}
        if name in self._itss_get_setting_names():
            told["label"] = self._itss_get_setting_label(name)
            for when in ("old", "new"):
                names = values[f"{when}_words"]
                told[f"{when}_words"] = self._itss_say_value(name, values[when], names)
        return told

    def _itss_tell_subject(self, values):
        """Return whose setting it is, as `_itss_tell_change` does; the record may be deleted."""
        return values["record"]

    # -------------------------------------------------------------------------
    # What was in force
    # -------------------------------------------------------------------------

    def _itss_list_in_force(self, period, topics=None):
        """Return the settings of the records that were in force in a period (superuser mode).

        Those of records that have been deleted since are among them.

        :param period: ``tools.figures.Period``
        :param topics: of which settings; of all without any
        :return: list of ``tools.settings.InForce``
        """
        names = self._itss_get_setting_names(topics)
        changes = self._itss_find_changes(period, names)
        present = self.with_context(tz=get_tz(period.company))
        keys = dict.fromkeys((record.id, name) for record in self for name in names)
        rows = []
        for key in {**keys, **changes}:
            record = present.browse(key[0])
            rows += record._itss_tell_setting(period, key[1], changes.get(key, []))
        return rows

    def _itss_find_changes(self, period, names):
        """Return what the journal keeps of settings of these records, and of those deleted.

        :return: dict of rows, the first one first, by id of the record and name of the setting
        """
        domain = [
            ("event", "=", "setting"),
            ("res_model", "=", self._name),
            ("company_id", "in", (period.company.id, False)),
        ]
        rows = self.env["itss.journal"].sudo().search(domain, order="id")
        others = self.browse({*rows.mapped("res_id")}).exists() - self
        found = {}
        for row in rows:
            if row.values["name"] in names and row.res_id not in others.ids:
                found.setdefault((row.res_id, row.values["name"]), []).append(row)
        return found

    def _itss_tell_setting(self, period, name, changes):
        """Return what a setting was at the beginning of a period, and what it became in it."""
        before = [row for row in changes if row.at < period.start]
        within = [row for row in changes if period.start <= row.at < period.end]
        label = self._itss_get_setting_label(name)
        if before:
            raw, words = before[-1].values["new"], before[-1].new_words
        elif changes:
            raw, words = changes[0].values["old"], changes[0].old_words
        else:
            raw, words = self[name], self._itss_say_setting(name)
        subject = changes[-1].record if changes else self._itss_get_setting_subject()
        label = " – ".join(filter(None, (label, subject)))
        rows = []
        if raw or not self._setting_lifetime:
            rows.append(InForce(label, words or self.env._("none")))
        for row in within:
            words = row.new_words or self.env._("none")
            rows.append(InForce(label, words, row.at, row.user_id.name))
        return rows
