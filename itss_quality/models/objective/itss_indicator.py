from ast import literal_eval
from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ...tools.batches import run_batches
from ...tools.durations import get_today
from ...tools.figures import Figure, say_target
from ...tools.indicators import COMPANY, UNITS, Ask, Count, list_spans
from ...tools.public import public

# what comes with the addon about an indicator, unless somebody enters it
WORDS = ("name", "formula", "source")
DIRECTIONS = [("higher", "Higher Is Better"), ("lower", "Lower Is Better")]
FREQUENCIES = [
    ("month", "Monthly"),
    ("quarter", "Quarterly"),
    ("half_year", "Half-Yearly"),
    ("year", "Yearly"),
]
# how long a value is good for
COMPUTE_MINUTES = 50
# by which fields of the counted records a company may narrow an indicator of its own
NARROWED_BY = ("team_id", "engineer_id", "user_id", "customer_id", "category_id", "priority")
# what makes an indicator the one that comes with the addon, beside its method
IDENTITY = ("code", "method", "unit", "domain")
# what a new indicator takes over from the measure that it comes with
BUILTIN_FIELDS = ("unit", "direction", "frequency", "target", "tolerance")
GROUP_USER = "itss_quality.group_itss_user"
SEE_ALL = ("itss_quality.group_itss_quality", "itss_quality.group_itss_management")


class ItssIndicator(models.Model):
    """Indicator (指标): what is measured, by which records, and what it shall reach.

    Every company has one of each measure that the areas bring (``itss.measure.mixin``); it may add
    others by the same measures.
    """

    _name = "itss.indicator"
    _description = "Indicator"
    _inherit = [
        "itss.measure.mixin",
        "itss.indicator.board.mixin",
        "itss.figure.mixin",
        "itss.guard.mixin",
        "itss.setting.mixin",
        "mail.thread",
    ]
    _order = "sequence, id"
    _check_company_auto = True

    _figure_topics = {"measurements": 5}
    # what was to be reached then
    _dated_fields = ("active", "target")
    _stamp_fields = ("is_builtin", "computed_at", "is_backfilled")

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    sequence = fields.Integer(default=100)
    active = fields.Boolean(default=True)
    code = fields.Char(required=True, help="By this it is found by other programs and imports.")
    is_builtin = fields.Boolean(
        string="Built In", readonly=True, copy=False, help="It comes with the addon."
    )
    name = fields.Char(compute="_compute_words", inverse="_inverse_name", search="_search_name")
    own_name = fields.Char()
    formula = fields.Text(compute="_compute_words", inverse="_inverse_formula")
    own_formula = fields.Text()
    source = fields.Text(
        string="Source of Data", compute="_compute_words", inverse="_inverse_source"
    )
    own_source = fields.Text(string="Own Source of Data")
    method = fields.Selection(setting=("indicator",))
    counted_model = fields.Char(compute="_compute_counted_model")
    unit = fields.Selection(
        UNITS,
        required=True,
        compute="_compute_unit",
        store=True,
        readonly=False,
        precompute=True,
        help="What is measured by records has the unit of its measure.",
    )
    direction = fields.Selection(
        DIRECTIONS, required=True, default="higher", setting=("indicator",)
    )
    frequency = fields.Selection(FREQUENCIES, required=True, default="month")
    target = fields.Float(tracking=True, setting=("indicator",))
    tolerance = fields.Float(
        help="A value that misses the target by no more than this is near it.",
        setting=("indicator",),
    )
    domain = fields.Char(
        string="Only Records",
        help="Narrows it to teams, engineers, customers, categories or priorities.",
        setting=("indicator",),
    )
    computed_at = fields.Datetime(string="Computed on", readonly=True, copy=False)
    is_backfilled = fields.Boolean(
        readonly=True, copy=False, help="The periods before the first value have no data."
    )

    _code_unique = models.UniqueIndex(
        "(company_id, code)", "The company has an indicator with this code already."
    )
    _tolerance_positive = models.Constraint(
        "CHECK(tolerance >= 0)", "The tolerance can't be negative."
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("code", *(f"own_{name}" for name in WORDS))
    @api.depends_context("lang")
    def _compute_words(self):
        measures = self._get_measures()
        for indicator in self:
            measure = measures.get(indicator.code) if indicator.is_builtin else None
            for name in WORDS:
                own = indicator[f"own_{name}"]
                indicator[name] = own or (getattr(measure, name) if measure else False)
            indicator.name = indicator.name or indicator.code

    def _set_words(self, name):
        """Keep what a user calls it; what says the same as the addon is not kept."""
        measures = self._get_measures()
        for indicator in self:
            measure = measures.get(indicator.code) if indicator.is_builtin else None
            word = indicator[name]
            usual = getattr(measure, name) if measure else name == "name" and indicator.code
            indicator[f"own_{name}"] = word if word != usual else False

    def _inverse_name(self):
        self._set_words("name")

    def _inverse_formula(self):
        self._set_words("formula")

    def _inverse_source(self):
        self._set_words("source")

    @api.model
    def _search_name(self, operator, value):
        if operator not in ("ilike", "in"):
            return NotImplemented
        own = Domain("own_name", operator, value)
        values = {value.lower()} if operator == "ilike" else {*value}
        codes = [
            code
            for code, measure in self._get_measures().items()
            if (
                any(text in measure.name.lower() for text in values)
                if operator == "ilike"
                else measure.name in values
            )
        ]
        usual = Domain("is_builtin", "=", True) & Domain("own_name", "=", False)
        return own | usual & Domain("code", "in", codes)

    @api.depends("method")
    def _compute_counted_model(self):
        measures = self._get_measures()
        for indicator in self:
            measure = measures.get(indicator.method)
            is_narrowable = bool(measure) and measure.is_narrowable
            indicator.counted_model = is_narrowable and measure.model

    @api.depends("method")
    def _compute_unit(self):
        measures = self._get_measures()
        for indicator in self:
            measure = measures.get(indicator.method)
            indicator.unit = measure.unit if measure else indicator.unit or "percent"

    @api.constrains("method", "unit")
    def _check_unit(self):
        measures = self._get_measures()
        for indicator in self:
            measure = measures.get(indicator.method)
            if measure and measure.unit != indicator.unit:
                raise ValidationError(
                    self.env._("What is measured by records has the unit of its measure.")
                )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model
    def _create_missing(self, companies):
        """Give companies the indicators of the measures that they lack (superuser mode)."""
        existing = set(
            self.sudo()
            .with_context(active_test=False)
            ._read_group([("company_id", "in", companies.ids)], ["company_id", "code"])
        )
        self.sudo().create(
            [
                self._prepare_builtin_vals(company, code, measure)
                for company in companies
                for code, measure in self._get_measures().items()
                if (company, code) not in existing
            ]
        )

    @api.model
    def _prepare_builtin_vals(self, company, code, measure):
        return {
            "company_id": company.id,
            "code": code,
            "method": code,
            "is_builtin": True,
            "sequence": measure.sequence,
            **{name: getattr(measure, name) for name in BUILTIN_FIELDS},
        }

    def _itss_get_usual_settings(self):
        # what comes with the addon was set by nobody
        usual = super()._itss_get_usual_settings()
        measure = self._get_measures().get(self.code) if self.is_builtin else None
        if measure:
            usual |= {name: getattr(measure, name) for name in BUILTIN_FIELDS if name in usual}
            usual["method"] = self.code
        return usual

    def _itss_tell_setting(self, period, name, changes):
        # what is as it came needs no words beside the figures
        if self.is_builtin and not changes:
            [(raw, _words)] = self._itss_read_settings([name])[self].values()
            if raw == self._itss_get_usual_settings()[name]:
                return []
        return super()._itss_tell_setting(period, name, changes)

    def write(self, vals):
        """Refuse what would make another indicator of one that comes with the addon, whoever asks.

        :raise UserError: naming it
        """
        for name in IDENTITY:
            for indicator in self if name in vals else ():
                if indicator.is_builtin and (vals[name] or False) != indicator[name]:
                    raise UserError(
                        self.env._(
                            "“%(indicator)s” comes with the addon: copy it to measure something else.",
                            indicator=indicator.display_name,
                        )
                    )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_builtin(self):
        if any(indicator.is_builtin for indicator in self):
            raise UserError(
                self.env._("An indicator that comes with the addon can be archived, not deleted.")
            )

    # -------------------------------------------------------------------------
    # Measuring
    # -------------------------------------------------------------------------

    def _ask(self, spans, **what):
        """Return what the indicator's measure is asked for spans of days.

        :param spans: list of first and last days
        :param what: further fields of ``tools.indicators.Ask``
        """
        self.ensure_one()
        return Ask(self.company_id, spans, domain=self._get_domain(), **what)

    def _tells(self, kind):
        """Whether the facts say whose they are by a kind of scope: department, team, … (superuser mode)."""
        today = get_today(self.company_id)
        facts = self._measure(self._ask([(today, today)], wants_facts=True))
        return kind in {**facts.scopes, **facts.shared_scopes}

    def _get_domain(self):
        """Return the domain of the records that an own indicator is narrowed to.

        :raise ValidationError: it asks for anything else than whose records they are
        """
        if not (self.domain or "").strip():
            return Domain.TRUE
        refusal = ValidationError(
            self.env._(
                "Only teams, engineers, customers, categories and priorities can narrow an indicator, "
                "chosen from their lists."
            )
        )
        try:
            domain = Domain(literal_eval(self.domain))
            conditions = [*domain.iter_conditions()]
        except (SyntaxError, TypeError, ValueError):
            raise refusal from None
        records = self.env.get(self.counted_model)
        for condition in conditions:
            if (
                records is None
                or not self._is_narrowed_by(records, condition.field_expr)
                or condition.operator not in ("=", "!=", "in", "not in")
            ):
                raise refusal
        return domain

    @api.model
    def _is_narrowed_by(self, records, path):
        """Whether a domain may name a field: of the records, or of the ticket they are about."""
        prefix, _dot, name = path.rpartition(".")
        if prefix == "ticket_id" and prefix in records._fields:
            records = self.env["helpdesk.ticket"]
        elif prefix:
            return False
        return name in NARROWED_BY and name in records._fields

    @api.constrains("domain", "method")
    def _check_domain(self):
        for indicator in self:
            indicator._get_domain()

    def _measure(self, ask):
        """Return what the indicator's measure answers (superuser mode).

        :param ask: ``tools.indicators.Ask``
        :return: as ``tools.counting`` says
        """
        return getattr(self.sudo(), f"_measure_{self.method}")(ask)

    def _list(self, value):
        """Return the query of the records behind a value, and the models they are of.

        :return: ``SQL`` and a list of names
        """
        span = (value.date_from, value.date_to)
        indicator = self.sudo()
        query = indicator._measure(
            indicator._ask([span], scope=(value.scope, value.scope_id), wants_records=True)
        )
        return query, [
            name
            for [name] in self.env.execute_query(
                SQL("SELECT DISTINCT res_model FROM (%s) AS facts", query)
            )
        ]

    def _get_scope(self, record):
        """Return kind and id of a scope: of the company as a whole without a record.

        :raise UserError: nothing is measured by such records
        """
        if not record or record == self.company_id:
            return COMPANY, 0
        if isinstance(record, models.BaseModel) and len(record) == 1:
            for kind, field in self.env["itss.indicator.value"]._get_scope_fields().items():
                if field.comodel_name == record._name:
                    return kind, record.id
        raise UserError(self.env._("Nothing is measured by what was chosen."))

    def _check_scope(self, kind, scope_id):
        """Raise unless the user may see figures of a scope.

        :raise AccessError: they may not
        """
        user = self.env.user
        if self.env.su or any(map(user.has_group, SEE_ALL)):
            return
        is_own = {
            COMPANY: user.has_group(GROUP_USER),
            "department": user.has_group(GROUP_USER)
            and scope_id in user.sudo().employee_ids.department_id.ids,
            "engineer": scope_id == user.id,
        }
        if not is_own.get(kind):
            raise AccessError(self.env._("You may not see these figures."))

    @public(on="record")
    def measure(self, date_from: date, date_to: date, scope: BaseModel | None = None):
        """Return the figure of any days of the company, as the facts say that are dated within them.

        :param date date_from: first day, as the company counts days
        :param date date_to: last day
        :param scope: record whose figure it is: a department, team, engineer or customer
        :return: dict of ``numerator``, ``denominator``, ``value`` (None without data) and ``n``
        :raise AccessError: whose figures the user may not see
        """
        self.check_access("read")
        key = self._get_scope(scope)
        self._check_scope(*key)
        count = self.sudo()._get_count((date_from, date_to), key)
        return {**count._asdict(), "value": count.get_value(self.unit)}

    def _get_count(self, span, key=(COMPANY, 0)):
        """Return what counts for days and a scope, as :meth:`_get_counts` does for several."""
        self.ensure_one()
        return self._get_counts(span, key)[self]

    def _get_counts(self, span, key=(COMPANY, 0)):
        """Return what counts for days and a scope (superuser mode).

        A value that was frozen for just these days says it, as it may have been corrected.

        :param span: first and last day
        :param key: kind and id of the scope
        :return: dict of ``tools.indicators.Count`` by indicator
        """
        frozen = self.env["itss.indicator.value"].search(
            [
                ("indicator_id", "in", self.ids),
                ("scope", "=", key[0]),
                ("scope_id", "=", key[1]),
                ("date_from", "=", span[0]),
                ("date_to", "=", span[1]),
                ("is_frozen", "=", True),
                ("is_latest", "=", True),
            ]
        )
        counts = {
            value.indicator_id: Count(value.numerator, value.denominator, value.n)
            for value in frozen
        }
        for indicator in self:
            if indicator not in counts:
                answer = indicator._measure(indicator._ask([span], scope=key))
                counts[indicator] = answer.get((0, *key), Count())
        return counts

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    @api.model
    def _get_figure_label(self):
        return self.env._("Indicators")

    @api.model
    def _get_figure_domain(self, period):
        return Domain("company_id", "=", period.company.id)

    @api.model
    def _get_figures(self, period):
        rows = self._read_past(
            self._get_figure_domain(period),
            period.end,
            id=SQL("id"),
            active=SQL("active_then"),
            target=SQL("target_then"),
        )
        targets = {row["id"]: row["target"] for row in rows if row["active"]}
        order = {code: place for place, code in enumerate(self._get_measures())}
        indicators = self.browse(targets).sorted(
            lambda one: (order.get(one.code, len(order)), one.id)
        )
        counts = indicators._get_counts((period.date_from, period.date_to))
        return {
            "measurements": [one._get_figure(counts[one], targets[one.id]) for one in indicators]
        }

    def _get_figure(self, count, target):
        """Return what was counted, as a review tells it."""
        unit = dict(self._fields["unit"]._description_selection(self.env))[self.unit]
        return Figure(
            f"{self.name} ({unit})",
            count.get_value(self.unit),
            n=count.n,
            note=say_target(self.env, target),
            numerator=count.numerator,
            denominator=count.denominator,
        )

    @api.model
    def _read_period(self, period, *codes):
        """Return what indicators of a company counted in a period, for figures of their areas.

        :param period: ``tools.figures.Period``
        :return: list of ``tools.indicators.Count``, as the codes are given
        """
        indicators = self.sudo().with_context(active_test=False)
        domain = [("company_id", "=", period.company.id), ("code", "in", codes)]
        found = {one.code: one for one in indicators.search(domain)}
        counts = indicators.union(*found.values())._get_counts((period.date_from, period.date_to))
        return [counts[found[code]] for code in codes]

    # -------------------------------------------------------------------------
    # Values
    # -------------------------------------------------------------------------

    def _get_open_spans(self):
        """Return the periods that are not frozen yet, up to the one of today (superuser mode)."""
        values = self.env["itss.indicator.value"]
        today = get_today(self.company_id)
        [(frozen_until,)] = values._read_group(
            [("indicator_id", "=", self.id), ("is_frozen", "=", True)], [], ["date_to:max"]
        )
        [(open_from,)] = values._read_group(
            [("indicator_id", "=", self.id), ("is_frozen", "=", False)], [], ["date_from:min"]
        )
        # some may have passed unseen while nothing ran
        after = frozen_until and frozen_until + timedelta(days=1)
        first = min(filter(None, (open_from, after or open_from or today, today)))
        return list_spans(first, today, self.frequency)

    def _get_backfill_spans(self):
        """Return the periods of the last year that there is no value of yet (superuser mode)."""
        [(first,)] = self.env["itss.indicator.value"]._read_group(
            [("indicator_id", "=", self.id)], [], ["date_from:min"]
        )
        last = (first or get_today(self.company_id)) - timedelta(days=1)
        return list_spans(last.replace(month=1, day=1), last, self.frequency)

    @api.model
    def _backfill(self, indicators):
        """Compute a year of past periods of indicators: the last one there is no value of.

        A year without any data ends it (superuser mode).
        """
        for indicator in indicators:
            spans = indicator._get_backfill_spans()
            counts = indicator._measure(indicator._ask(spans))
            if any(count.denominator for count in counts.values()):
                self.env["itss.indicator.value"]._keep(indicator, spans, counts)
            else:
                indicator.is_backfilled = True

    def _compute_values(self, spans):
        """Compute the values of periods, of the company and of each scope (superuser mode)."""
        counts = self._measure(self._ask(spans))
        self.env["itss.indicator.value"]._keep(self, spans, counts)
        self.computed_at = fields.Datetime.now()

    @api.model
    def _cron_compute(self):
        """Compute the values of the open periods of all indicators, in committed batches."""
        # what another server computed a moment ago need not be computed again
        before = fields.Datetime.now() - timedelta(minutes=COMPUTE_MINUTES)
        due = Domain("computed_at", "=", False) | Domain("computed_at", "<", before)
        run_batches(self, [(due, self._compute_open)], size=1)
        # at the first start the past follows, a year at a time, once the present is there
        past = Domain("is_backfilled", "=", False) & Domain("computed_at", "!=", False)
        run_batches(self, [(past, self._backfill)], size=1)
        if self.search_count(past, limit=1):
            self.env.ref("itss_quality.ir_cron_itss_indicator_compute")._trigger()

    @api.model
    def _compute_open(self, indicators):
        """Compute the values of the open periods of indicators (superuser mode)."""
        for indicator in indicators:
            indicator._compute_values(indicator._get_open_spans())

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="records")
    def action_recompute(self):
        """Compute the values of the periods that are open.

        :raise AccessError: the user may not change indicators
        """
        self.check_access("write")
        # what a server computes just now is left to it
        self._compute_open(self.sudo().try_lock_for_update(allow_referencing=True))

    @public(on="record")
    def action_open_values(self):
        """Open the values of the indicator.

        :return: window action
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "itss_quality.itss_indicator_value_action"
        )
        return {
            **action,
            "name": self.name,
            "domain": [("indicator_id", "=", self.id)],
            "context": {"search_default_filter_latest": 1, "search_default_filter_company": 1},
        }
