from collections import defaultdict

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ...tools.records import keep_context
from ...tools.references import find_references, find_unreadable
from ...tools.typed_text import one_line
from ...tools.values import check_ids, check_names, check_spec, check_values

GROUP_ADMIN = "itss_quality.group_itss_admin"


class ItssGuardMixin(models.AbstractModel):
    """What holds for every record of ours alike, over form, import and RPC.

    - What is entered is of the types of its fields, and what it is called by is one line.
    - Its company never changes, and a record that all companies share is kept by the administrator
      of all companies alone.
    - What the server sets is not entered.
    - It points at what the user may read: what forms fill in from there runs as superuser.
    - What the rules need does not depend on the caller's context.

    The guard stands in front of what the model and its mixins do in ``create``, ``write``,
    ``unlink``, ``default_get`` and ``onchange``. Superuser mode is the only way round it, and there
    is none to another company.
    """

    _name = "itss.guard.mixin"
    _description = "Guarded Record"

    # fields that only the server sets, beside what it computes
    _stamp_fields: tuple[str, ...] = ()

    def _post_model_setup__(self):
        super()._post_model_setup__()
        if not self._abstract:
            _stand_in_front(type(self))

    # -------------------------------------------------------------------------
    # What the server sets
    # -------------------------------------------------------------------------

    def _is_stamp(self, name):
        """Whether only a step, or the server's own computation, writes the field."""
        field = self._fields.get(name)
        return name in self._stamp_fields or bool(
            field and field.store and field.compute and field.readonly
        )

    def _takes_default(self, name):
        """Whether a new record may start with a value of the field that comes from the context."""
        return not self._is_stamp(name)

    def _check_stamps(self, vals):
        """Raise when values are entered that only the server sets.

        :raise UserError: naming the fields
        """
        names = [name for name in vals if self._is_stamp(name)]
        if names:
            raise UserError(
                self.env._(
                    "%(fields)s can't be entered: the system sets them.",
                    fields=self._get_field_labels(names),
                )
            )

    def _get_field_labels(self, names):
        descriptions = self.fields_get(names, ["string"])
        return ", ".join(descriptions[name]["string"] for name in names if name in descriptions)

    # -------------------------------------------------------------------------
    # What it is called by
    # -------------------------------------------------------------------------

    def _clean_names(self, vals):
        """Return values in which what a record is called by is one line.

        Its name becomes the subject of mails and the title of to-dos.
        """
        names = {self._rec_name, *self.pool.field_depends[self._fields["display_name"]]}
        lines = {
            name: one_line(vals[name])
            for name in names & vals.keys()
            if isinstance(vals[name], str) and self._fields[name].type == "char"
        }
        return {**vals, **lines} if lines else vals

    # -------------------------------------------------------------------------
    # The company
    # -------------------------------------------------------------------------

    def _get_company_field(self):
        """Return the stored field of the company, or None."""
        field = self._fields.get("company_id")
        return field if field and field.store else None

    def _keeps_shared(self):
        """Whether the user keeps the records that all companies share."""
        if self.env.su:
            return True
        user = self.env.user
        if not user.has_group(GROUP_ADMIN):
            return False
        # all of them are meant, and they are few
        # pylint: disable-next=no-search-all
        return self.env["res.company"].sudo().search([]) <= user.company_ids

    def _default_company_id(self):
        """Return the company of a new record that may be shared: none for who keeps the shared ones."""
        return not self._keeps_shared() and self.env.company.id

    def copy_data(self, default=None):
        # a copy of a shared record is for the user's own company, unless they keep those
        vals_list = super().copy_data(default)
        if self._get_company_field() and "company_id" not in (default or {}):
            for vals in vals_list:
                if not vals.get("company_id", True):
                    vals["company_id"] = self._default_company_id()
        return vals_list

    def _check_shared(self):
        """Raise when a record is all companies', and the user does not keep those.

        :raise AccessError: the user is not the administrator of all companies
        """
        field = self._get_company_field()
        if not field or field.required or self._keeps_shared():
            return
        for record in self.sudo():
            if not record.company_id:
                raise AccessError(
                    self.env._(
                        "“%(record)s” is shared by all companies: only the administrator of all of "
                        "them makes, changes or deletes it.",
                        record=record.display_name,
                    )
                )

    def _check_own_company(self, vals_list):
        """Raise unless the user works in the companies that records are made for.

        :raise AccessError: naming no company
        """
        if self._get_company_field():
            companies = {vals["company_id"] for vals in vals_list if vals.get("company_id")}
            if not companies <= {*self.env.companies.ids}:
                raise AccessError(self.env._("You don't work in the company that it is made for."))

    def _get_companies_at_stake(self, vals):
        """Return the company of each record whose company depends on what is about to be written.

        :raise UserError: another company is written
        """
        field = self._get_company_field()
        if not field or self._transient:
            return {}
        depends = {path.partition(".")[0] for path in self.pool.field_depends[field]}
        if "company_id" not in vals and depends.isdisjoint(vals):
            return {}
        companies = {record: record.company_id for record in self.sudo()}
        if "company_id" in vals:
            company = field.convert_to_cache(vals["company_id"], self, validate=False)
            if any(one.id != (company or False) for one in companies.values()):
                raise self._get_company_refusal()
        return companies

    def _check_same_company(self, companies):
        """Raise when a write has moved records to another company.

        :param dict companies: as :meth:`_get_companies_at_stake` returned them before
        """
        if any(record.company_id != company for record, company in companies.items()):
            raise self._get_company_refusal()

    def _get_company_refusal(self):
        return UserError(
            self.env._(
                "“%(record)s” stays in the company it was made in: that can't change any more.",
                record=self[:1].sudo().display_name,
            )
        )

    # -------------------------------------------------------------------------
    # What it points at
    # -------------------------------------------------------------------------

    def _check_references(self, vals_list):
        """Raise unless the user may read what values point at, or the records do so already.

        :param vals_list: dicts as ``create``, ``write`` and ``onchange`` take them
        :raise AccessError: naming the field, and nothing of the record
        """
        wanted = defaultdict(dict)
        for vals in vals_list:
            for field, model, record_id in find_references(self, vals):
                wanted[model].setdefault(record_id, field)
        for model, fields in wanted.items():
            for record_id in find_unreadable(self.env, model, fields):
                raise AccessError(
                    self.env._(
                        "What is entered as “%(field)s” does not exist, or you may not see it.",
                        field=fields[record_id]._description_string(self.env),
                    )
                )

    # -------------------------------------------------------------------------
    # The guard
    # -------------------------------------------------------------------------

    def _guard_create(self, vals_list):
        """Return the model and the values to go on with."""
        if self.env.su:
            return self, vals_list
        self.check_access("create")
        vals_list = vals_list if isinstance(vals_list, list | tuple) else [vals_list]
        # what others are made on the way does not start with these
        defaults = self._get_context_defaults()
        for vals in (defaults, *vals_list):
            check_values(self, vals)
        vals_list = [{**defaults, **vals} for vals in vals_list]
        for vals in vals_list:
            self._check_stamps(vals)
        self._check_references(vals_list)
        self._check_own_company(vals_list)
        return keep_context(self), vals_list

    def _get_context_defaults(self):
        """Return the values that the context gives to new records, as far as it may."""
        prefix = "default_"
        return {
            name: value
            for key, value in self.env.context.items()
            if key.startswith(prefix)
            and (name := key.removeprefix(prefix)) in self._fields
            and self._takes_default(name)
        }

    def _guard_write(self, vals):
        """Return the records to go on with."""
        if self.env.su:
            return self
        check_ids(self)
        check_values(self, vals)
        # whoever may not write at all is told so by what follows, in the model's own words
        if self.has_access("write"):
            self._check_shared()
            self._check_stamps(vals)
            # the company is not another one anyway
            self._check_references([{**vals, "company_id": False}])
        return keep_context(self)

    def _guard_onchange(self, values, field_names, fields_spec):
        """Return the values to go on with: without what the form computes from the others."""
        if self.env.su:
            return values
        check_ids(self)
        check_names(self.env, field_names)
        check_spec(self, fields_spec)
        check_values(self, values, in_form=True)
        values = {
            name: value
            for name, value in values.items()
            if not (
                (field := self._fields.get(name))
                and field.relational
                and field.compute
                and field.readonly
            )
        }
        self._check_references([values])
        return values

    def _guard_defaults(self, defaults):
        """Return the defaults without those that a user has set up for what only the server sets."""
        set_up = self.env["ir.default"]._get_model_defaults(self._name)
        in_context = {name for name in defaults if f"default_{name}" in self.env.context}
        for name in set_up.keys() & defaults.keys() - in_context:
            field = self._fields[name]
            if field.readonly:
                del defaults[name]
                if field.default:
                    value = field.convert_to_cache(field.default(self), self, validate=False)
                    defaults[name] = field.convert_to_write(value, self)
        if not self.env.su:
            names = set_up.keys() & defaults.keys() | in_context
            self._check_references([{name: defaults[name] for name in names}])
        return defaults


def _stand_in_front(model_class):
    """Put the guard before the methods of a model.

    Odoo lets a model's own methods run before those of its mixins. What is set on the class of the
    registry itself comes before both.
    """

    @api.model_create_multi
    def create(self, vals_list):
        guarded, vals_list = self._guard_create(vals_list)
        vals_list = [self._clean_names(vals) for vals in vals_list]
        records = super(model_class, guarded).create(vals_list).with_env(self.env)
        records._check_shared()
        return records

    def write(self, vals):
        guarded = self._guard_write(vals)
        companies = self._get_companies_at_stake(vals) if self.has_access("write") else {}
        result = super(model_class, guarded).write(self._clean_names(vals))
        self._check_same_company(companies)
        return result

    def unlink(self):
        check_ids(self)
        if self.has_access("unlink"):
            self._check_shared()
        return super(model_class, keep_context(self)).unlink()

    @api.model
    def default_get(self, fields):
        guarded = keep_context(self, takes_default=self._takes_default)
        if not self.env.su:
            check_names(self.env, fields)
            check_values(self, guarded._get_context_defaults())
        return guarded._guard_defaults(super(model_class, guarded).default_get(fields))

    def onchange(self, values, field_names, fields_spec):
        guarded = keep_context(self, takes_default=self._takes_default)
        kept = guarded._guard_onchange(values, field_names, fields_spec)
        names = [name for name in field_names if name in kept or name not in values]
        return super(model_class, guarded).onchange(kept, names, fields_spec)

    for method in (create, write, unlink, default_get, onchange):
        setattr(model_class, method.__name__, method)
