from collections import defaultdict
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.indicators import COMPANY, UNITS, Count, get_status
from ...tools.public import public

STATUSES = [("no_data", "No Data"), ("met", "Met"), ("near", "Near"), ("missed", "Missed")]
# what a new version of a frozen value changes in the one before
FOLLOWED = {"is_latest"}
GROUP_QUALITY = "itss_quality.group_itss_quality"


class ItssIndicatorValue(models.Model):
    """Value of an indicator in a period: of the company, or of one of its departments, teams …

    It is computed anew while the period is open, and frozen some days after its end. From then on
    nothing changes it; a correction is a version of its own, with a reason.
    """

    _name = "itss.indicator.value"
    _description = "Value of an Indicator"
    _inherit = ["itss.guard.mixin"]
    _order = "date_from desc, indicator_id, scope, scope_id, version desc"
    _rec_name = "indicator_id"

    indicator_id = fields.Many2one("itss.indicator", required=True, readonly=True, index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    scope = fields.Selection(
        [
            (COMPANY, "Company"),
            ("department", "Department"),
            ("team", "Team"),
            ("engineer", "Engineer"),
            ("customer", "Customer"),
        ],
        required=True,
        readonly=True,
        default=COMPANY,
    )
    # of the record in the field that the kind of scope has; the company's values have 0
    scope_id = fields.Integer(required=True, readonly=True, default=0, aggregator=None)
    department_id = fields.Many2one(
        "hr.department", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    team_id = fields.Many2one(
        "helpdesk.ticket.team", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    engineer_id = fields.Many2one(
        "res.users", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    customer_id = fields.Many2one(
        "res.partner", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(string="To", required=True, readonly=True)
    numerator = fields.Float(readonly=True)
    denominator = fields.Float(readonly=True)
    value = fields.Float(readonly=True, aggregator="avg")
    n = fields.Integer(string="n", readonly=True)
    unit = fields.Selection(UNITS, required=True, readonly=True, default="percent")
    target = fields.Float(readonly=True, aggregator="avg")
    status = fields.Selection(STATUSES, required=True, readonly=True, default="no_data")
    computed_at = fields.Datetime(string="Computed on", required=True, readonly=True)
    is_frozen = fields.Boolean(string="Frozen", readonly=True)
    version = fields.Integer(required=True, readonly=True, default=1, aggregator=None)
    is_latest = fields.Boolean(string="Latest Version", readonly=True, default=True)
    previous_id = fields.Many2one(
        "itss.indicator.value", string="Version Before", readonly=True, index="btree_not_null"
    )
    reason = fields.Text(string="Reason of the Correction", readonly=True)
    corrected_by_id = fields.Many2one("res.users", string="Corrected by", readonly=True)
    explanation = fields.Char(compute="_compute_explanation")
    can_correct = fields.Boolean(compute="_compute_can_correct")

    _version_unique = models.UniqueIndex(
        "(indicator_id, scope, scope_id, date_from, date_to, version)",
        "The indicator has a value for this period already.",
    )
    _period_index = models.Index("(indicator_id, date_to, scope) WHERE is_latest")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("is_frozen", "is_latest")
    @api.depends_context("uid")
    def _compute_can_correct(self):
        may = self.env.user.has_group(GROUP_QUALITY)
        for value in self:
            value.can_correct = may and value.is_frozen and value.is_latest

    @api.depends("status", "numerator", "denominator", "target")
    @api.depends_context("lang")
    def _compute_explanation(self):
        missed = self.filtered(lambda value: value.status in ("near", "missed"))
        years = missed._read_years()
        for value in self - missed:
            value.explanation = False
        for value in missed:
            key = (value.indicator_id, value.scope, value.scope_id, value.date_from.year)
            words = [value._say_missed(), value._say_rest(*years[key])]
            value.explanation = " ".join(filter(None, words))

    def _read_years(self):
        """Return what came together in the years of the values up to now, by one query.

        :return: dict of numerator, denominator and days, by indicator, scope, its id, and year
        """
        years = defaultdict(lambda: (0, 0, 0))
        domain = [("indicator_id", "in", self.indicator_id.ids), ("is_latest", "=", True)]
        groups = ["indicator_id", "scope", "scope_id", "date_from:year"]
        totals = ["numerator:sum", "denominator:sum", "date_to:max"]
        for indicator, scope, scope_id, first, *sums, last in self.sudo()._read_group(
            domain, groups, totals
        ):
            days = (last - first).days + 1
            years[indicator, scope, scope_id, first.year] = (*sums, days)
        return years

    def _say_missed(self):
        """Return by how much the target was missed, in words."""
        if self.unit == "percent" and self.indicator_id.direction == "higher":
            return self.env._(
                "%(missing)s of %(n)s missed.",
                missing=f"{self.denominator - self.numerator:g}",
                n=f"{self.denominator:g}",
            )
        if self.unit == "percent":
            return self.env._(
                "%(part)s of %(n)s.", part=f"{self.numerator:g}", n=f"{self.denominator:g}"
            )
        return self.env._(
            "%(difference)s away from the target of %(target)s (n = %(n)s).",
            difference=f"{abs(self.value - self.target):.2f}",
            target=f"{self.target:g}",
            n=self.n,
        )

    def _say_rest(self, numerator, denominator, days):
        """Return what may still be missed in the year for its target, at the volume so far."""
        if self.unit != "percent" or self.indicator_id.direction != "higher" or not denominator:
            return ""
        year = date(self.date_from.year, 12, 31) - date(self.date_from.year, 1, 1)
        expected = denominator * (year.days + 1) / days
        left = expected * (1 - self.target / 100) - (denominator - numerator)
        words = {"target": f"{self.target:g}", "year": self.date_from.year, "left": int(left)}
        if left < 0:
            return self.env._(
                "At the volume so far %(target)s %% can't be reached in %(year)s any more.", **words
            )
        return self.env._(
            "To reach %(target)s %% in %(year)s at most %(left)s more may be missed, at the volume "
            "so far.",
            **words,
        )

    @api.model
    def _get_scope_fields(self):
        """Return the field of each kind of scope but the company, by its kind."""
        kinds = self._fields["scope"].get_values(self.env)
        return {kind: self._fields[f"{kind}_id"] for kind in kinds if kind != COMPANY}

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    def write(self, vals):
        """Refuse what would change a frozen value, whoever asks.

        :raise UserError: a value is frozen
        """
        if not vals.keys() <= FOLLOWED:
            self._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        self._check_open()

    def _check_open(self):
        for value in self:
            if value.is_frozen:
                raise UserError(
                    self.env._(
                        "The value of “%(indicator)s” is frozen: only a correction with a reason "
                        "follows it.",
                        indicator=value.indicator_id.sudo().display_name,
                    )
                )

    # -------------------------------------------------------------------------
    # Groups
    # -------------------------------------------------------------------------

    def _read_group_select(self, aggregate_spec, query):
        """Put together what was counted in a group: an average of averages would be none.

        Over several indicators, or kinds of scopes, there is no value.
        """
        if aggregate_spec != "value:avg":
            return super()._read_group_select(aggregate_spec, query)
        names = ("indicator_id", "scope", "unit", "numerator", "denominator")
        return SQL(
            """
            CASE WHEN COUNT(DISTINCT %(indicator_id)s) = 1 AND COUNT(DISTINCT %(scope)s) = 1
                 THEN CASE WHEN MIN(%(unit)s) = 'percent' THEN 100 ELSE 1 END
                      * SUM(%(numerator)s) / NULLIF(SUM(%(denominator)s), 0)
             END
            """,
            **{name: self._field_to_sql(self._table, name, query) for name in names},
        )

    # -------------------------------------------------------------------------
    # What is computed
    # -------------------------------------------------------------------------

    @api.model
    def _keep(self, indicator, spans, counts):
        """Keep what was counted for the open periods of an indicator (superuser mode).

        :param spans: list of first and last days
        :param counts: as ``tools.counting`` says
        """
        wanted = {
            (spans[number], kind, scope_id): count
            for (number, kind, scope_id), count in counts.items()
        }
        for span in spans:
            wanted.setdefault((span, COMPANY, 0), Count())
        kept = {
            ((value.date_from, value.date_to), value.scope, value.scope_id): value
            for value in self.search(
                [
                    ("indicator_id", "=", indicator.id),
                    ("date_from", "in", [date_from for date_from, _date_to in spans]),
                    ("is_latest", "=", True),
                ]
            )
        }
        new = []
        for key, count in wanted.items():
            vals = self._prepare_count_vals(indicator, key[0], count)
            if key not in kept:
                new.append({**self._prepare_key_vals(indicator, *key), **vals})
            elif not kept[key].is_frozen:
                kept[key].write(vals)
        # nothing counts for these any more
        gone = [value for key, value in kept.items() if key not in wanted]
        self.union(*gone).filtered(lambda value: not value.is_frozen).unlink()
        self.create(new)
        self._clear_missing(indicator)

    @api.model
    def _prepare_key_vals(self, indicator, span, kind, scope_id):
        vals = {
            "indicator_id": indicator.id,
            "company_id": indicator.company_id.id,
            "unit": indicator.unit,
            "scope": kind,
            "scope_id": scope_id,
            "date_from": span[0],
            "date_to": span[1],
        }
        return vals if kind == COMPANY else {**vals, f"{kind}_id": scope_id}

    @api.model
    def _prepare_count_vals(self, indicator, span, count, target=None):
        """Return what is kept of a count, judged by a target: by the one in force without any."""
        value = count.get_value(indicator.unit)
        target = indicator.target if target is None else target
        return {
            **count._asdict(),
            "value": value,
            "target": target,
            "status": get_status(value, target, indicator.tolerance, indicator.direction),
            "computed_at": fields.Datetime.now(),
            "is_frozen": indicator.company_id._itss_is_frozen(span[1]),
        }

    @api.model
    def _clear_missing(self, indicator):
        """Take out the zeros that stand for no value: averages would count them."""
        self.flush_model()
        self.env.cr.execute(
            "UPDATE itss_indicator_value SET value = NULL"
            " WHERE indicator_id = %s AND n = 0 AND value IS NOT NULL",
            (indicator.id,),
        )
        self.invalidate_model(["value"])

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_open_records(self):
        """List the records behind the value: counted, in the denominator, and left out with the reason.

        :return: window action
        """
        self.check_access("read")
        rows = self.env["itss.indicator.record"]
        own = Domain("value_id", "=", self.id) & Domain("create_uid", "=", self.env.uid)
        rows.sudo().search(own).unlink()
        rows._fill(self, *self.indicator_id._list(self))
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": rows._name,
            "view_mode": "list",
            "domain": list(own),
            "context": {"search_default_group_list": 1},
        }

    @public(on="record")
    def action_correct(self):
        """Open the dialog that corrects a frozen value.

        :return: window action
        :raise AccessError: missing role
        """
        self._check_correctable()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Correct the Value"),
            "res_model": "itss.indicator.correction",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_value_id": self.id,
                "default_numerator": self.numerator,
                "default_denominator": self.denominator,
            },
        }

    @public(on="record")
    def correct(self, numerator: float, denominator: float, reason: str | None):
        """Add a version of a frozen value; the one before stays as it was.

        :param float numerator: what was counted, or the sum of what was measured
        :param float denominator: out of how many
        :param str reason: why, required
        :return: window action of the new version
        :raise UserError: no reason, or the value is not frozen, or not the latest
        :raise AccessError: missing role
        """
        self._check_correctable()
        if not (reason or "").strip() or numerator < 0 or denominator < 0:
            raise UserError(
                self.env._("Please say why it is corrected, and enter no negative numbers.")
            )
        before = self.sudo()
        before.is_latest = False
        count = Count(numerator, denominator, round(denominator))
        new = before.copy(
            {
                # judged by the target that was in force
                **self._prepare_count_vals(
                    before.indicator_id, (self.date_from, self.date_to), count, before.target
                ),
                "is_frozen": True,
                "is_latest": True,
                "version": before.version + 1,
                "previous_id": before.id,
                "reason": reason.strip(),
                "corrected_by_id": self.env.uid,
            }
        )
        self.sudo()._clear_missing(before.indicator_id)
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": new.id,
            "view_mode": "form",
        }

    def _check_correctable(self):
        self.check_access("read")
        if not self.env.user.has_group(GROUP_QUALITY):
            raise AccessError(self.env._("The quality department corrects values."))
        if not self.is_frozen or not self.is_latest:
            raise UserError(
                self.env._("Only the latest version of a frozen value can be corrected.")
            )
