from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import format_date

from ...tools.batches import run_batches
from ...tools.durations import get_past_domain, get_today
from ...tools.figures import no_data, print_number
from ...tools.indicators import COMPANY, Count, get_status
from ..core.itss_escalation_mixin import Alarm
from .itss_indicator_value import STATUSES

AHEAD, DUE, HEAD_TOLD = 1, 2, 3
SIGNS = {"higher": "≥", "lower": "≤"}
# what the countermeasure table says as it was signed; how it went is entered during the year
SIGNED_FIELDS = (
    "objective_id",
    "sequence",
    "name",
    "indicator_id",
    "parent_line_id",
    "from_plan",
    "target",
    "baseline",
    "has_baseline",
    "countermeasure",
    "department_ids",
    "owner_id",
    "date_deadline",
)


class ItssObjectiveLine(models.Model):
    """Quality objective with its countermeasure: a row of the countermeasure table (目标展开对策表).

    What is reached is measured by its indicator: for a department's objective in the department,
    where the indicator tells departments apart, else in the whole company.
    """

    _name = "itss.objective.line"
    _description = "Quality Objective"
    _inherit = ["itss.part.mixin", "itss.escalation.mixin", "mail.thread"]
    _order = "objective_id, sequence, id"
    _rec_names_search = ["name"]
    _check_company_auto = True

    _mail_post_access = "read"
    _whole_field = "objective_id"
    _frozen_fields = SIGNED_FIELDS
    _stamp_fields = (
        "actual",
        "actual_n",
        "status",
        "actual_at",
        "checked_by_id",
        "checked_date",
        "escalation_level",
    )
    _clock_fields = (
        "date_deadline",
        "checked_date",
        "objective_id.state",
        "company_id.itss_reminder_days",
    )
    _quiet_levels = _passing_levels = (AHEAD, DUE)

    objective_id = fields.Many2one(
        "itss.objective", string="Set of Objectives", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="objective_id.company_id", store=True, index=True)
    year = fields.Integer(related="objective_id.year", store=True, index=True, aggregator=None)
    level = fields.Selection(related="objective_id.level", store=True)
    department_id = fields.Many2one(related="objective_id.department_id", store=True, index=True)
    objective_state = fields.Selection(
        related="objective_id.state", store=True, string="Status of the Document"
    )
    sequence = fields.Integer(default=10)
    name = fields.Char(
        string="Objective",
        compute="_compute_from_indicator",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    indicator_id = fields.Many2one(
        "itss.indicator",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('company_id', '=', company_id)]",
        help="What the objective is measured by.",
    )
    parent_line_id = fields.Many2one(
        "itss.objective.line",
        string="Objective of the Company",
        index="btree_not_null",
        ondelete="set null",
        domain="[('objective_id', '=', parent.parent_id)]",
        help="What a department's objective breaks down.",
    )
    from_plan = fields.Boolean(
        string="Target of the Plan",
        help="The target is the satisfaction target of the year's plan, and not entered here.",
    )
    target = fields.Float(
        compute="_compute_target", store=True, readonly=False, precompute=True, aggregator=None
    )
    baseline = fields.Float(
        string="Last Year",
        compute="_compute_baseline",
        store=True,
        readonly=False,
        precompute=True,
        aggregator=None,
        help="What was reached in the year before: proposed by the indicator.",
    )
    has_baseline = fields.Boolean(
        string="Last Year Is Known",
        compute="_compute_baseline",
        store=True,
        readonly=False,
        precompute=True,
    )
    countermeasure = fields.Text(help="What is done to reach the target (对策).")
    department_ids = fields.Many2many(
        "hr.department",
        string="Responsible Departments",
        check_company=True,
        ondelete="restrict",
        help="The objective is broken down to them.",
    )
    owner_id = fields.Many2one(
        "res.users",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        index=True,
        ondelete="restrict",
    )
    date_deadline = fields.Date(string="Completion Date", index=True)
    check_result = fields.Text(
        copy=False, tracking=True, help="How the countermeasure went (检查结果)."
    )
    checked_by_id = fields.Many2one("res.users", string="Checked by", readonly=True, copy=False)
    checked_date = fields.Date(string="Checked on", readonly=True, copy=False)

    actual = fields.Float(string="Actual Value", readonly=True, copy=False, aggregator=None)
    actual_n = fields.Integer(string="n", readonly=True, copy=False, aggregator=None)
    status = fields.Selection(
        STATUSES, string="Result", default="no_data", readonly=True, copy=False, index=True
    )
    actual_at = fields.Datetime(string="Measured on", readonly=True, copy=False)
    target_text = fields.Char(string="Target Value", compute="_compute_texts")
    baseline_text = fields.Char(string="Present State", compute="_compute_texts")
    actual_text = fields.Char(string="Actual", compute="_compute_texts")
    responsible_text = fields.Char(
        string="Responsible Department / Person", compute="_compute_responsible_text"
    )
    warning = fields.Text(compute="_compute_warning")
    is_late = fields.Boolean(string="Late", compute="_compute_is_late", search="_search_is_late")
    can_check = fields.Boolean(compute="_compute_can_check")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("indicator_id")
    def _compute_from_indicator(self):
        for line in self:
            if not line.name:
                line.name = line.indicator_id.name or line.indicator_id.code

    @api.depends(
        "indicator_id",
        "from_plan",
        "objective_id.plan_line_id.plan_id.satisfaction_target",
    )
    def _compute_target(self):
        for line in self:
            if line.objective_id.state not in (False, "draft"):
                # as it was signed
                continue
            if line.from_plan and (plan := line._get_plan()):
                line.target = plan.satisfaction_target
            elif not line._origin:
                line.target = line.parent_line_id.target or line.indicator_id.target

    @api.depends("indicator_id")
    def _compute_baseline(self):
        new = self.filtered(lambda line: not line._origin and line.indicator_id)
        for line, count in new._measure(years_before=1).items():
            value = line._get_value(count)
            line.has_baseline = value is not None
            line.baseline = value or 0

    @api.depends("target", "baseline", "has_baseline", "actual", "status", "indicator_id")
    @api.depends_context("lang")
    def _compute_texts(self):
        for line in self:
            line.target_text = line._say_target()
            line.baseline_text = line._say_value(line.baseline, line.has_baseline)
            line.actual_text = line._say_value(line.actual, line.status not in (False, "no_data"))

    @api.depends("department_ids", "owner_id", "department_id")
    def _compute_responsible_text(self):
        for line in self:
            # the names alone, which every reader may see
            departments = line.sudo().department_ids or line.sudo().department_id
            parts = ("、".join(departments.mapped("name")), line.sudo().owner_id.name)
            line.responsible_text = " / ".join(filter(None, parts))

    @api.depends(
        "target",
        "from_plan",
        "parent_line_id.target",
        "indicator_id.direction",
        "objective_id.plan_line_id.plan_id.satisfaction_target",
    )
    @api.depends_context("lang")
    def _compute_warning(self):
        for line in self:
            line.warning = "\n".join(line._get_warnings()) or False

    @api.depends("date_deadline", "checked_date", "objective_state")
    def _compute_is_late(self):
        for line in self:
            line.is_late = (
                line.objective_state == "approved"
                and bool(line.date_deadline)
                and line.date_deadline < get_today(line.company_id)
                and not line.checked_date
            )

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = (
            Domain("objective_state", "=", "approved")
            & get_past_domain(self.env, "date_deadline")
            & Domain("checked_date", "=", False)
        )
        return late if True in value else ~late

    @api.depends("objective_state")
    @api.depends_context("uid")
    def _compute_can_check(self):
        for line in self:
            line.can_check = (
                line.objective_state == "approved"
                and line.has_access("write")
                and not line._is_evaluated()
            )

    # -------------------------------------------------------------------------
    # ONCHANGE
    # -------------------------------------------------------------------------

    @api.onchange("indicator_id")
    def _onchange_indicator_id(self):
        if self.indicator_id and self._origin.indicator_id != self.indicator_id:
            self.name = self.indicator_id.name
            if not self.from_plan:
                self.target = self.indicator_id.target

    @api.onchange("baseline")
    def _onchange_baseline(self):
        if self.baseline:
            self.has_baseline = True

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("parent_line_id", "objective_id")
    def _check_parent_line(self):
        for line in self.sudo():
            parent = line.parent_line_id
            if parent and parent.objective_id != line.objective_id.parent_id:
                raise UserError(
                    self.env._(
                        "“%(objective)s” breaks down an objective of the company.",
                        objective=line.name,
                    )
                )

    @api.constrains("owner_id", "company_id")
    def _check_owner(self):
        for line in self.sudo():
            owner = line.owner_id
            if owner and (owner.share or line.company_id not in owner.company_ids):
                raise UserError(
                    self.env._(
                        "%(user)s does not work for %(company)s: choose somebody else as %(field)s.",
                        user=owner.name,
                        company=line.company_id.name,
                        field=line._get_field_labels(["owner_id"]),
                    )
                )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if "baseline" in vals:
                vals.setdefault("has_baseline", True)
        lines = super().create(vals_list)
        lines.filtered("from_plan")._compute_target()
        return lines

    def write(self, vals):
        if "target" in vals and not self.env.su:
            self._check_own_target(vals)
        if "baseline" in vals:
            vals = {"has_baseline": True, **vals}
        if "check_result" in vals and not self.env.su:
            self._check_checkable()
        result = super().write(vals)
        if "check_result" in vals:
            self.sudo()._stamp_check()
        return result

    def _check_own_target(self, vals):
        """Raise when a target is entered where the plan's counts."""
        for line in self:
            if vals.get("from_plan", line.from_plan) and vals["target"] != line.target:
                raise UserError(
                    self.env._(
                        "The target of “%(objective)s” is the plan's: it is changed there.",
                        objective=line.name,
                    )
                )

    def _check_checkable(self):
        """Raise when how it went stands in an evaluation that is being signed, or was."""
        for line in self:
            if line._is_evaluated():
                raise UserError(
                    self.env._(
                        "“%(objective)s” was evaluated: its check result can't change any more.",
                        objective=line.name,
                    )
                )

    def _stamp_check(self):
        """Note who has checked it when, or that it has to be done again (superuser mode)."""
        for line in self:
            done = bool((line.check_result or "").strip())
            line.write(
                {
                    "checked_by_id": self.env.uid if done else False,
                    "checked_date": get_today(line.company_id) if done else False,
                }
            )
            if done:
                line._stop_asking()

    # -------------------------------------------------------------------------
    # What is measured
    # -------------------------------------------------------------------------

    def _get_plan(self):
        """Return the plan of the year (superuser mode)."""
        return self.sudo().objective_id.plan_line_id.plan_id

    @api.model
    def _find_plan_indicator(self, company):
        """Return the indicator that the satisfaction target of the plan is about."""
        return self.env["itss.indicator"].search(
            [("company_id", "=", company.id), ("code", "=", "satisfaction_company")], limit=1
        )

    def _get_scope(self):
        """Return kind and id of what it is measured in: the department where the indicator tells
        departments apart, else the whole company.
        """
        department = self.objective_id.sudo().department_id
        if department and self.sudo().indicator_id._tells("department"):
            return "department", department.id
        return COMPANY, 0

    def _measure(self, date_from=None, date_to=None, years_before=0):
        """Return what was reached in the year of each objective, or between two days.

        Each indicator is asked once for all its objectives.

        :param date date_from: the first day; that of the year when ``None``
        :param date date_to: the last day; that of the year when ``None``
        :param int years_before: of which year: the objective's, or one before it
        :return: ``{line: tools.indicators.Count}``
        """
        counts = {}
        for indicator, lines in self.sudo().grouped("indicator_id").items():
            spans = {}
            for line in lines:
                first, last = line.objective_id._get_year_span(years_before)
                spans[line] = (date_from or first, date_to or last)
            asked = [*dict.fromkeys(spans.values())]
            answers = indicator._measure(indicator._ask(asked, scopes=(COMPANY, "department")))
            for line, span in spans.items():
                counts[line.with_env(self.env)] = answers.get(
                    (asked.index(span), *line._get_scope()), Count()
                )
        return counts

    def _get_value(self, count):
        """Return the value of what was counted, in the unit of the indicator; ``None`` without data."""
        return count.get_value(self.sudo().indicator_id.unit)

    def _get_status(self, value):
        """Return how a value stands to the target: one of STATUSES."""
        indicator = self.sudo().indicator_id
        return get_status(value, self.target, indicator.tolerance, indicator.direction)

    def _update_actuals(self):
        """Measure what was reached in the year so far (superuser mode)."""
        now = fields.Datetime.now()
        for line, count in self._measure().items():
            value = line._get_value(count)
            line.write(
                {
                    "actual": value or 0,
                    "actual_n": count.n,
                    "status": line._get_status(value),
                    "actual_at": now,
                }
            )

    @api.model
    def _cron_update_actuals(self):
        """Measure what was reached of the objectives of this year, each at most once a day; those of
        last year until their data is complete.
        """
        today = get_today(self.env.company)
        due = (
            Domain("objective_state", "=", "approved")
            & Domain("year", ">=", today.year - 1)
            & (
                Domain("actual_at", "=", False)
                | Domain("actual_at", "<", fields.Datetime.now() - timedelta(hours=20))
            )
        )
        run_batches(self, [(due, lambda batch: batch._update_actuals())])

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    def _is_evaluated(self):
        """Whether it stands in an evaluation that is being signed, or was."""
        return any(
            evaluation.state != "draft" for evaluation in self.sudo().objective_id.evaluation_ids
        )

    def _get_gaps(self):
        """Return what it lacks before it can be signed, in words."""
        self.ensure_one()
        gaps = []
        if self.level == "company":
            if not self.department_ids and not self.owner_id:
                gaps.append(self.env._("no responsible department"))
        elif not self.owner_id:
            gaps.append(self.env._("no owner"))
        if self.from_plan and not self._get_plan():
            gaps.append(self.env._("no plan whose target it takes"))
        if not (self.countermeasure or "").strip():
            gaps.append(self.env._("no countermeasure"))
        if not self.date_deadline:
            gaps.append(self.env._("no completion date"))
        return gaps

    def _get_warnings(self):
        self.ensure_one()
        line = self.sudo()
        warnings = []
        parent = line.parent_line_id
        if parent and line._is_weaker(line.target, parent.target):
            warnings.append(
                self.env._(
                    "The target %(target)s is weaker than the company's, %(company)s.",
                    target=line._say_target(),
                    company=parent._say_target(),
                )
            )
        plan = line._get_plan()
        if line.from_plan and plan and plan.satisfaction_target != line.target:
            warnings.append(
                self.env._(
                    "The plan's target is %(target)s by now: please make a new revision.",
                    target=print_number(plan.satisfaction_target),
                )
            )
        return warnings

    def _is_weaker(self, target, other):
        """Whether a target asks for less than another one."""
        return target > other if self.indicator_id.direction == "lower" else target < other

    def _prepare_next_year_vals(self):
        """Return the values by which next year's objectives start."""
        counts = self._measure()
        return [
            {
                "sequence": line.sequence,
                "indicator_id": line.indicator_id.id,
                "name": line.name,
                # the plan's own target takes the place of this one as soon as there is a plan
                "from_plan": line.from_plan,
                "target": line.target
                if line.from_plan
                else line._propose_target(line._get_value(counts[line])),
                "countermeasure": line.countermeasure,
                "department_ids": line.department_ids.ids,
                "owner_id": line.owner_id.id,
                "date_deadline": line.date_deadline and line.date_deadline + relativedelta(years=1),
            }
            for line in self
        ]

    def _propose_target(self, reached):
        """Return the target of the next year: the same again where it was missed, else half-way to
        what was reached.
        """
        if reached is None or self._is_weaker(reached, self.target):
            return self.target
        return round((self.target + reached) / 2, 1)

    # -------------------------------------------------------------------------
    # Words
    # -------------------------------------------------------------------------

    def _say_target(self, target=None):
        """Return the target, or another one, with the sign of its direction."""
        indicator = self.sudo().indicator_id
        if not indicator:
            return ""
        value = self._say_value(self.target if target is None else target)
        return f"{SIGNS[indicator.direction]} {value}"

    def _say_value(self, value, is_known=True):
        """Return a value with its unit, as it is shown; without data, that there is none."""
        if not is_known:
            return no_data(self.env)
        unit = self.sudo().indicator_id.unit
        number = print_number(value)
        return {
            "percent": f"{number} %",
            "hours": self.env._("%(number)s hours", number=number),
        }.get(unit, number)

    # -------------------------------------------------------------------------
    # The clock
    # -------------------------------------------------------------------------

    def _get_alarms(self):
        """The owner before and at the date of completion, then the head of the department."""
        if self.objective_state != "approved" or not self.date_deadline or self.checked_date:
            return
        owner = self.owner_id.filtered("active")
        departments = self.department_id or self.department_ids
        head = departments.manager_id.user_id.filtered("active")[:1]
        for level, days, user, words in (
            (
                AHEAD,
                -self.company_id.itss_reminder_days,
                owner or head,
                lambda env: env._(
                    "Countermeasure due on %(due)s", due=format_date(env, self.date_deadline)
                ),
            ),
            (DUE, 0, owner or head, lambda env: env._("Countermeasure due today")),
            (
                HEAD_TOLD,
                1,
                head,
                lambda env: env._("Countermeasure of your department is late"),
            ),
        ):
            morning = self._get_morning(self.date_deadline + timedelta(days=days), owner)
            yield Alarm(level, morning, user, words, date_deadline=self.date_deadline)
