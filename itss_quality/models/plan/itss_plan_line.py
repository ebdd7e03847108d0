import re
from datetime import timedelta
from statistics import fmean

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ...tools.durations import get_past_domain, get_today
from ...tools.figures import Figure
from ...tools.plan_date import parse_plan_date
from ...tools.plan_names import names_everybody
from ...tools.plan_template import shift_year, shift_years
from ...tools.public import public
from ..core.itss_escalation_mixin import Alarm

GROUP_USER = "itss_quality.group_itss_user"
GROUP_QUALITY = "itss_quality.group_itss_quality"
OPEN_STATES = ("planned", "in_progress")
DUE_SOON, LATE = 1, 2
PRINTED_SEPARATORS = re.compile(r"[、,，;；/\n]+")


class ItssPlanLine(models.Model):
    """Line of the plan's table (plan chapter 7) and the work it stands for."""

    _name = "itss.plan.line"
    _description = "Quality Plan Line"
    _inherit = [
        "itss.workflow.mixin",
        "itss.part.mixin",
        "itss.figure.mixin",
        "itss.escalation.mixin",
        "mail.thread",
    ]
    _order = "plan_id, sequence, id"
    _rec_names_search = ["number", "name"]
    _check_company_auto = True
    _figure_topics = {"processes": 10}
    _dated_fields = ("state", "date_end")
    _state_stamps = {"done": "date_done"}

    _mail_post_access = "read"
    _clock_fields = ("state", "plan_state", "date_end", "company_id.itss_reminder_days")
    _quiet_levels = _passing_levels = (DUE_SOON,)
    _mails_alarms = True
    _initial_state = "planned"
    _transitions = {
        ("planned", "in_progress"): (GROUP_USER,),
        ("planned", "done"): (GROUP_USER,),
        ("in_progress", "done"): (GROUP_USER,),
        ("planned", "cancelled"): (GROUP_QUALITY,),
        ("in_progress", "cancelled"): (GROUP_QUALITY,),
        ("done", "in_progress"): (GROUP_QUALITY,),
        ("cancelled", "planned"): (GROUP_QUALITY,),
    }
    _reason_fields = {
        ("planned", "cancelled"): "cancel_reason",
        ("in_progress", "cancelled"): "cancel_reason",
    }
    _whole_field = "plan_id"
    # its workflow locks them
    _frozen_fields = ()
    _locked_fields = (
        "plan_id",
        "sequence",
        "number",
        "name",
        "measures",
        "responsible_department_ids",
        "supporting_department_ids",
        "responsible_text",
        "supporting_text",
        "supporting_all",
        "responsible_id",
        "responsible_title",
        "date_text",
        "date_start",
        "date_end",
        "all_year",
        "before_external_audit",
        "kind",
        "report_ids",
    )
    _stamp_fields = ("previous_id", "carried_over", "escalation_level", "date_done")

    plan_id = fields.Many2one("itss.plan", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="plan_id.company_id", store=True, index=True)
    plan_state = fields.Selection(related="plan_id.state", store=True, string="Plan Status")
    year = fields.Integer(related="plan_id.year", store=True, index=True, aggregator=None)
    sequence = fields.Integer(default=10)
    number = fields.Char(help="As printed in the plan; numbers may be missing or repeated.")
    name = fields.Char(string="Work Item", required=True, tracking=True)
    measures = fields.Text(string="Measures and Requirements")
    responsible_department_ids = fields.Many2many(
        "hr.department",
        "itss_plan_line_responsible_department_rel",
        ondelete="restrict",
        string="Responsible Departments",
        check_company=True,
    )
    supporting_department_ids = fields.Many2many(
        "hr.department",
        "itss_plan_line_supporting_department_rel",
        ondelete="restrict",
        string="Supporting Departments",
        check_company=True,
    )
    responsible_text = fields.Char(
        string="Responsible (as printed)",
        compute="_compute_responsible_text",
        store=True,
        readonly=False,
        precompute=True,
    )
    supporting_text = fields.Char(
        string="Supporting (as printed)",
        compute="_compute_supporting_text",
        store=True,
        readonly=False,
        precompute=True,
        help="The cell as printed; it may name departments and others, such as "
        "“all departments concerned”.",
    )
    supporting_all = fields.Boolean(
        string="Concerns All Departments",
        compute="_compute_supporting_all",
        store=True,
        readonly=False,
        precompute=True,
        help="Every participant sees the line and may report on it.",
    )
    responsible_id = fields.Many2one(
        "hr.employee", string="Person in Charge", check_company=True, index=True
    )
    responsible_title = fields.Char(
        string="Title in Charge",
        help="The job title or department the plan names instead of a person.",
    )
    date_text = fields.Char(
        string="Planned Date",
        help="As printed in the plan, for example “October 2025 (before the external audit)”. "
        "Start and end are read from it and can be corrected.",
    )
    date_start = fields.Date(
        string="Start", compute="_compute_dates", store=True, readonly=False, precompute=True
    )
    date_end = fields.Date(
        string="Due Date",
        compute="_compute_dates",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        tracking=True,
    )
    all_year = fields.Boolean(compute="_compute_dates", store=True, readonly=False, precompute=True)
    before_external_audit = fields.Boolean(
        compute="_compute_dates", store=True, readonly=False, precompute=True
    )
    kind = fields.Selection(
        [
            ("objectives", "Objectives"),
            ("feedback", "Feedback"),
            ("process_control", "Process Control"),
            ("survey", "Satisfaction Survey"),
            ("audit", "Internal Audit"),
            ("review", "Management Review"),
            ("evaluation", "Evaluation of Objectives"),
            ("documents", "System Documents"),
            ("training", "Training"),
            ("other", "Other"),
        ],
        default="other",
        required=True,
        index=True,
    )
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("in_progress", "In Progress"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="planned",
        required=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    report_ids = fields.One2many("itss.plan.report", "line_id", string="Progress Reports")
    work_count = fields.Integer(string="Number of Records", compute="_compute_works")
    work_label = fields.Char(string="Name of the Records", compute="_compute_works")
    start_label = fields.Char(
        string="What to Start",
        compute="_compute_works",
        help="What carries out the line and can be started now by the current user.",
    )
    progress = fields.Float(
        string="Progress (%)",
        compute="_compute_progress",
        store=True,
        aggregator="avg",
        help="The latest figure each responsible department reported, averaged over all of them.",
    )
    date_done = fields.Date(string="Done on", readonly=True, copy=False)
    cancel_reason = fields.Text(readonly=True, copy=False)
    previous_id = fields.Many2one(
        "itss.plan.line",
        string="Continues",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The line this one continues: of the revision before, or of last year's plan.",
    )
    carried_over = fields.Boolean(
        readonly=True, copy=False, help="Last year's line was still open when this plan was made."
    )
    reminder_stage = fields.Selection(
        [("upcoming", "Due Soon"), ("late", "Late")],
        compute="_compute_reminder_stage",
        store=True,
        help="The last reminder sent for this line; each is sent once.",
    )
    is_late = fields.Boolean(string="Late", compute="_compute_is_late", search="_search_is_late")
    concerns_me = fields.Boolean(
        compute="_compute_concerns_me",
        search="_search_concerns_me",
        compute_sudo=True,  # the record rule itself asks for it
        string="My Department's",
    )
    is_my_duty = fields.Boolean(
        compute="_compute_concerns_me",
        search="_search_is_my_duty",
        compute_sudo=True,
        string="My Duty",
    )
    warning = fields.Text(compute="_compute_warning")
    can_report = fields.Boolean(compute="_compute_can_steps")
    can_finish = fields.Boolean(compute="_compute_can_steps")
    can_cancel = fields.Boolean(compute="_compute_can_steps")
    can_reopen = fields.Boolean(compute="_compute_can_steps")

    _dates_ordered = models.Constraint(
        "CHECK(date_start IS NULL OR date_end IS NULL OR date_start <= date_end)",
        "A line can't end before it starts.",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("number", "name")
    def _compute_display_name(self):
        for line in self:
            line.display_name = " ".join(part for part in (line.number, line.name) if part)

    @api.depends("responsible_department_ids")
    def _compute_responsible_text(self):
        for line in self:
            line.responsible_text = line._merge_printed(
                line.responsible_text, line.responsible_department_ids
            )

    @api.depends("supporting_department_ids")
    def _compute_supporting_text(self):
        for line in self:
            line.supporting_text = line._merge_printed(
                line.supporting_text, line.supporting_department_ids
            )

    @api.depends("supporting_text")
    def _compute_supporting_all(self):
        for line in self:
            line.supporting_all = any(
                map(names_everybody, line._split_printed(line.supporting_text))
            )

    @api.depends("date_text")
    def _compute_dates(self):
        for line in self:
            parsed = parse_plan_date(line.date_text or "", line.plan_id.year)
            if parsed:
                line.date_start = parsed.date_start
                line.date_end = parsed.date_end
                line.all_year = parsed.all_year
                line.before_external_audit = parsed.before_external_audit
            elif line.date_text:
                # not understood: the text is kept, and the warning asks for the dates
                line.date_start = line.date_end = False
                line.all_year = line.before_external_audit = False

    @api.depends("state", "report_ids.percent", "responsible_department_ids")
    def _compute_progress(self):
        for line in self:
            if line.state == "done":
                line.progress = 100
                continue
            latest = {}
            for report in line.report_ids.sorted(lambda report: (report.date, report.id)):
                latest[report.department_id] = report.percent
            responsible = line.responsible_department_ids
            if responsible:
                figures = [latest.get(department, 0) for department in responsible]
            else:
                figures = list(latest.values())[-1:]
            line.progress = sum(figures) / len(figures) if figures else 0

    @api.depends("kind", "state", "plan_state")
    @api.depends_context("uid", "lang")
    def _compute_works(self):
        counted = self._get_work_counts()
        works = set().union(*counted.values())
        names = {work: work._get_list_action()["name"] for work in works}
        for line, counts in counted.items():
            line.work_count = sum(counts.values())
            line.work_label = ", ".join(names[work] for work in counts)
            startable = line._get_startable(counts) if line._is_open() else []
            if len(startable) > 1:
                line.start_label = self.env._("Start Work")
            else:
                line.start_label = startable[0]._get_start_label() if startable else ""

    @api.depends("escalation_level")
    def _compute_reminder_stage(self):
        stages = {DUE_SOON: "upcoming", LATE: "late"}
        for line in self:
            line.reminder_stage = stages.get(line.escalation_level)

    @api.depends("date_end", "state", "plan_state")
    def _compute_is_late(self):
        for line in self:
            today = get_today(line.company_id)
            line.is_late = bool(line.date_end and line.date_end < today and line._is_open())

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = self._get_open_domain() & get_past_domain(self.env, "date_end")
        return late if True in value else ~late

    @api.depends(
        "responsible_department_ids",
        "supporting_department_ids",
        "supporting_all",
        "responsible_id",
    )
    @api.depends_context("uid")
    def _compute_concerns_me(self):
        concerning = self.filtered_domain(self._get_concerns_me_domain())
        duties = self.filtered_domain(self._get_my_duty_domain())
        for line in self:
            line.concerns_me = line in concerning
            line.is_my_duty = line in duties

    def _search_concerns_me(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = self._get_concerns_me_domain()
        return domain if True in value else ~domain

    def _search_is_my_duty(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = self._get_my_duty_domain()
        return domain if True in value else ~domain

    @api.depends(
        "date_text",
        "date_start",
        "date_end",
        "before_external_audit",
        "kind",
        "state",
        "plan_id.year",
        "plan_id.external_audit_date",
        "plan_id.line_ids.date_end",
        "plan_id.line_ids.state",
    )
    def _compute_warning(self):
        for line in self:
            line.warning = "\n".join([*line._get_date_warnings(), *line._get_order_warnings()])

    @api.depends("state", "plan_state", "report_ids")
    @api.depends_context("uid")
    def _compute_can_steps(self):
        proved = self._filter_proved()
        for line in self:
            line.can_report = line._is_open() and (
                line.concerns_me or self.env.user.has_group(GROUP_QUALITY)
            )
            writable = bool(line.id) and line._is_open() and line.has_access("write")
            line.can_finish = writable and line in proved
            line.can_cancel = writable and line._can_step("cancelled")
            line.can_reopen = line.state in ("done", "cancelled") and any(
                line._can_step(state) for state in OPEN_STATES
            )

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _is_locked(self):
        return self.plan_id._is_locked()

    def _get_locked_label(self):
        return self.env._("in a plan that is %(state)s", state=self.plan_id._get_locked_label())

    def _is_open(self):
        """Whether work on the line is going on: its plan runs, and it is not ended."""
        self.ensure_one()
        return self.plan_state == "approved" and self.state in OPEN_STATES

    def _get_step_refusal(self, new_state):
        if self.plan_state != "approved":
            return UserError(
                self.env._(
                    "“%(line)s” can't become %(new)s: its plan is %(state)s, not approved.",
                    line=self.display_name,
                    new=self._get_state_label(new_state),
                    state=self.plan_id._get_state_label(self.plan_state),
                )
            )
        return super()._get_step_refusal(new_state)

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        if new_state == "done" and not self._filter_proved():
            if self._get_proving_models():
                raise UserError(
                    self.env._(
                        "“%(line)s” is done when its %(kind)s is closed.",
                        line=self.display_name,
                        kind=dict(self._fields["kind"]._description_selection(self.env))[self.kind],
                    )
                )
            raise UserError(
                self.env._(
                    "“%(line)s” needs a progress report, or a closed improvement or survey, before "
                    "it is done.",
                    line=self.display_name,
                )
            )

    def _apply_step(self, old_state, new_state):
        super()._apply_step(old_state, new_state)
        done = new_state == "done"
        self.date_done = get_today(self.company_id) if done else False
        if new_state not in OPEN_STATES:
            self._stop_asking()

    def _follow_report(self, reports):
        """Let the lines go on from the reports just added."""
        self._follow_start()
        for report in reports:
            report.line_id.message_post(
                body=self.env._(
                    "%(department)s reported %(percent)s %%: %(text)s",
                    department=report.department_id.name or report.user_id.name,
                    percent=report.percent,
                    text=report.text,
                )
            )

    def _follow_start(self):
        """Let the lines go on from the record just started that carries them out."""
        self.filtered(lambda line: line.state == "planned").sudo().state = "in_progress"

    def _follow_end(self, record):
        """Let the lines end with the record that carried them out."""
        for line in self.filtered(lambda line: line._is_open()):
            line.sudo().write({"state": "done", "date_done": get_today(line.company_id)})
            line._stop_asking()
            line.message_post(body=self.env._("Done by “%(record)s”.", record=record.display_name))

    def _read_dates_again(self, old_year):
        """Read the dates anew when the plan's year changed: “March” means the plan's year.

        Dates corrected by hand, which the text does not say, stay.
        """
        for line in self:
            parsed = parse_plan_date(line.date_text or "", old_year)
            if parsed and parsed[:2] == (line.date_start, line.date_end):
                line._compute_dates()

    def _prepare_next_year_vals(self, delta):
        """Return what changes when the line is copied into a plan ``delta`` years later."""
        self.ensure_one()
        year = self.plan_id.year
        # every year in the text moves on: a line may end in the year after
        text = shift_years(self.date_text, delta)
        vals = {
            "name": shift_year(self.name, year, delta),
            "measures": shift_year(self.measures, year, delta),
            "date_text": text,
        }
        read_before = parse_plan_date(self.date_text or "", year)
        read_after = parse_plan_date(text, year + delta)
        for index, field in enumerate(("date_start", "date_end")):
            if read_before and read_after and read_before[index] == self[field]:
                vals[field] = read_after[index]
            else:
                # entered by hand
                vals[field] = self[field] and self[field] + relativedelta(years=delta)
        return vals

    def _hand_over(self):
        """Take along what happened on the lines these ones continue.

        Called when a revision replaces the plan that was running: the reports
        are about the work, so they follow it; the old plan as approved is in
        its signed PDF.
        """
        for line in self:
            old = line.previous_id
            line.write(
                {
                    "state": old.state,
                    "date_done": old.date_done,
                    "cancel_reason": old.cancel_reason,
                    "escalation_level": old.escalation_level
                    if old.date_end == line.date_end
                    else 0,
                    "carried_over": old.carried_over,
                }
            )
            old.report_ids.line_id = line
            if line.escalation_level == old.escalation_level:
                old.activity_ids.write({"res_id": line.id})
            else:
                old.activity_ids.unlink()
        successors = {line.previous_id: line for line in self}
        for works in self.previous_id._get_works():
            for old, moved in works.grouped("plan_line_id").items():
                moved.plan_line_id = successors[old]

    # -------------------------------------------------------------------------
    # What carries the line out
    # -------------------------------------------------------------------------

    @api.model
    def _get_work_models(self):
        """Return the models of what carries out lines that the user may read, each an empty set."""
        names = self.env.registry.descendants(["itss.plan.work.mixin"], "_inherit")
        works = [self.env[name] for name in names if not self.env[name]._abstract]
        return [work for work in works if work.has_access("read")]

    def _get_fitting_models(self):
        self.ensure_one()
        return [work for work in self._get_work_models() if self.kind in work._plan_kinds]

    def _get_proving_models(self):
        """Return what the line is done by alone, so that no report can take its place."""
        return [work for work in self._get_fitting_models() if work._proves_alone]

    def _get_startable(self, current):
        """Return what the user may start and the line does not have yet."""
        return [
            work for work in self._get_fitting_models() if work not in current and work._may_start()
        ]

    def _get_works(self):
        """Return what carries out the lines: a recordset of each model."""
        domain = [("plan_line_id", "in", self.ids)]
        return [
            work.with_context(active_test=False).search(domain) for work in self._get_work_models()
        ]

    def _get_work_counts(self):
        """Return how many records of each model carry out each line, without those dropped.

        :return: ``{line: {model: count}}``, without zeros
        """
        counted = [(work, work._count_by_line(self)[0]) for work in self._get_work_models()]
        return {
            line: {work: count[line._origin] for work, count in counted if count[line._origin]}
            for line in self
        }

    def _filter_proved(self):
        """Return the lines that have something to show: a finished record that carries them out, or
        another proof.

        A kind that is proved by its own record alone (internal audit, management review) has none.
        """
        # the line's doer may not read what another department does
        lines = self.sudo()
        counted = [(work, work._count_by_line(lines)[1]) for work in lines._get_work_models()]

        def is_proved(line):
            finished = {work for work, count in counted if count[line._origin]}
            proving = set(line._get_proving_models())
            return finished & proving if proving else finished or line._has_proof()

        return self.filtered(lambda line: is_proved(line.sudo()))

    def _has_proof(self):
        """Whether there is something to show beside what carries out the line (superuser mode)."""
        self.ensure_one()
        return bool(self.report_ids)

    def _choose_work(self, works, is_new):
        """Return the action that starts or shows a record of the only model, else the choice."""
        if not works:
            raise UserError(
                self.env._(
                    "“%(line)s” is carried out by no record of its own: please report its progress.",
                    line=self.display_name,
                )
            )
        if len(works) > 1:
            return self.env["itss.plan.work.choice"]._action_choose(self, works, is_new)
        return works[0]._action_start(self) if is_new else works[0]._action_view(self)

    # -------------------------------------------------------------------------
    # Domains
    # -------------------------------------------------------------------------

    @api.model
    def _get_open_domain(self):
        return Domain("plan_state", "=", "approved") & Domain("state", "in", OPEN_STATES)

    @api.model
    def _get_my_duty_domain(self):
        """Return the domain of the lines my department or I are responsible for."""
        # one's own employee record, which plain users may not read themselves
        employees = self.env.user.sudo().employee_ids
        return Domain("responsible_id", "in", employees.ids) | Domain(
            "responsible_department_ids", "in", employees.department_id.ids
        )

    @api.model
    def _get_concerns_me_domain(self):
        """Return the domain of the lines my department or I have a part in."""
        departments = self.env.user.sudo().employee_ids.department_id
        return (
            self._get_my_duty_domain()
            | Domain("supporting_department_ids", "in", departments.ids)
            | Domain("supporting_all", "=", True)
        )

    # -------------------------------------------------------------------------
    # Words
    # -------------------------------------------------------------------------

    def _split_printed(self, text):
        return [part.strip() for part in PRINTED_SEPARATORS.split(text or "") if part.strip()]

    def _merge_printed(self, text, departments):
        """Return a printed cell that names exactly ``departments``, else as it was.

        Order, separators and words that are no department stay as they are
        printed in the plan (运维部、质量部; 各有关部门).
        """
        names = departments.mapped("name")
        parts = self._split_printed(text)
        others = [part for part in parts if part not in names]
        gone = set()
        if others:
            known = self.env["hr.department"].sudo().search([("name", "in", others)])
            gone = set(known.mapped("name"))
        missing = [name for name in names if name not in parts]
        if not gone and not missing:
            return text
        return "、".join([*(part for part in parts if part not in gone), *missing])

    def _get_in_charge_display(self):
        """Return the cell 负责人 as printed: the title the plan names, else the person."""
        self.ensure_one()
        # the name alone, which every reader of the plan may see
        return self.responsible_title or self.sudo().responsible_id.name or ""

    def _get_date_display(self):
        """Return the cell 计划实施日期 as printed."""
        self.ensure_one()
        if self.date_text:
            return self.date_text
        days = dict.fromkeys(filter(None, (self.date_start, self.date_end)))
        return " – ".join(format_date(self.env, day) for day in days)

    def _get_date_warnings(self):
        self.ensure_one()
        warnings = []
        plan = self.plan_id
        if self.date_text and not self.date_end:
            warnings.append(
                self.env._(
                    "The planned date “%(text)s” is not understood: please enter the due date.",
                    text=self.date_text,
                )
            )
        days = [day for day in (self.date_start, self.date_end) if day]
        if plan.year and any(day.year != plan.year for day in days):
            warnings.append(
                self.env._("The line lies outside the plan's year %(year)s.", year=plan.year)
            )
        audit_date = plan.external_audit_date
        if self.before_external_audit and audit_date and self.date_end:
            if self.date_end > audit_date:
                warnings.append(
                    self.env._(
                        "It has to be done before the external audit on %(audit)s, "
                        "but is due on %(due)s.",
                        audit=format_date(self.env, audit_date),
                        due=format_date(self.env, self.date_end),
                    )
                )
        return warnings

    def _get_external_warnings(self, day):
        """Warn when what carries out the line is done after the external audit (plan: 外审前).

        :param date day: on which it ends, or nothing
        :return: list of sentences
        """
        external = self.sudo().plan_id.external_audit_date
        if not external or not day or day <= external:
            return []
        return [
            self.env._(
                "It has to be done before the external audit on %(date)s.",
                date=format_date(self.env, external),
            )
        ]

    def _get_order_warnings(self):
        """Warn when a management review would be held without its inputs."""
        self.ensure_one()
        if self.kind != "review" or not self.date_end or self.state == "cancelled":
            return []
        inputs = self._get_unready_inputs()
        if self.state == "planned":
            # two lines of the same month leave the order open, which is no conflict
            inputs = inputs.filtered(
                lambda line: (
                    line.date_end
                    and line.date_end >= self.date_end
                    and (line.date_start, line.date_end) != (self.date_start, self.date_end)
                )
            )
        return [
            self.env._(
                "The review needs “%(line)s” as input, which is not finished before it.",
                line=line.display_name,
            )
            for line in inputs
        ]

    def _get_unready_inputs(self):
        """Return the lines of the plan whose results a management review needs and does not have."""
        return self.plan_id.line_ids.filtered(
            lambda line: (
                line.kind in ("audit", "evaluation")
                and line.state != "cancelled"
                and not line._has_result(self)
            )
        )

    def _has_result(self, review_line):
        """Whether there is the result that a management review needs of the line.

        :param review_line: the line of the plan that asks for the review
        """
        self.ensure_one()
        return self.state == "done"

    # -------------------------------------------------------------------------
    # The clock
    # -------------------------------------------------------------------------

    def _get_alarms(self):
        """The person in charge some days ahead (company setting), the quality department when the
        line is late (plan 5, 质量部: supervise).
        """
        if not self._is_open() or not self.date_end:
            return
        company = self.company_id
        quality = company._itss_get_quality_user()
        ahead = timedelta(days=company.itss_reminder_days)
        yield Alarm(
            DUE_SOON,
            self._get_morning(self.date_end - ahead, quality),
            self._get_user_in_charge(),
            lambda env: env._("Plan line due on %(due)s", due=format_date(env, self.date_end)),
            date_deadline=self.date_end,
        )
        yield Alarm(
            LATE,
            self._get_morning(self.date_end + timedelta(days=1), quality),
            quality,
            lambda env: env._("Plan line late since %(due)s", due=format_date(env, self.date_end)),
            date_deadline=self.date_end,
        )

    def _note_told(self, user, words):
        # whoever is late may remove a to-do, but not what was reported
        for line in self:
            line.message_post(body=words, partner_ids=user.partner_id.ids)

    def _get_user_in_charge(self):
        """Return the user to remind: the person named, or who holds the title named."""
        self.ensure_one()
        company = self.company_id
        title = (self.responsible_title or "").strip()
        named = self.responsible_department_ids.filtered(
            lambda department: department.name == title
        )
        employees = self.responsible_id
        if title in ("管理者代表", "Management Representative"):
            employees |= company.itss_management_representative_id
        employees |= named.manager_id
        employees |= self.responsible_department_ids.manager_id
        # whoever left, or has no account, would never see the to-do
        users = employees.user_id.filtered("active")
        return users[:1] or company._itss_get_quality_user()

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    @api.model
    def _get_figure_label(self):
        return self.env._("Plan Lines")

    @api.model
    def _get_figure_domain(self, period):
        return Domain("plan_id", "in", self.env["itss.plan"]._get_in_force(period).ids)

    @api.model
    def _get_figures(self, period):
        rows = self._read_past(
            self._get_figure_domain(period),
            period.end,
            id=SQL("id"),
            state=SQL("state_then"),
            late=SQL("state_then IN %s AND date_end_then < %s", OPEN_STATES, period.as_of),
        )
        lines = {row["id"]: row for row in rows if row["state"] != "cancelled"}
        total, late = len(lines), sum(bool(row["late"]) for row in lines.values())
        done = {line for line, row in lines.items() if row["state"] == "done"}
        reported = self._read_reported([*lines], period) if lines else {}
        progress = [100.0 if line in done else own["progress"] for line, own in reported.items()]
        return {
            "processes": [
                Figure(self.env._("Lines of the plan"), total),
                Figure.part(self.env._("Lines done"), len(done), total),
                Figure.part(self.env._("Lines late"), late, total),
                Figure(
                    self.env._("Progress of the lines (%)"),
                    fmean(progress) if progress else None,
                    n=total,
                ),
                Figure(
                    self.env._("Progress reports"), sum(own["reports"] for own in reported.values())
                ),
            ],
        }

    @api.model
    def _read_reported(self, lines, period):
        """Return what departments had reported of lines when a period ended, in one query.

        :param list lines: ids
        :return: dict by id of ``progress``, as the line itself tells it while it is open, and
            ``reports``: how many were made in the period
        """
        responsible = self._fields["responsible_department_ids"]
        self.env["itss.plan"].flush_model()
        self.env["itss.plan.report"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE follower AS (
                      SELECT id, id AS line_id, plan_id FROM itss_plan_line WHERE id = ANY(%(lines)s)
                       UNION ALL
                      -- a revision has taken its reports along
                      SELECT line.id, follower.line_id, line.plan_id
                        FROM follower
                        JOIN itss_plan_line AS line ON line.previous_id = follower.id
                        JOIN itss_plan AS old ON old.id = follower.plan_id
                        JOIN itss_plan AS new ON new.id = line.plan_id AND new.number = old.number
                ), report AS (
                      SELECT follower.line_id, department_id, percent, date, report.id
                        FROM itss_plan_report AS report
                        JOIN follower ON follower.id = report.line_id
                       WHERE date < %(end)s
                ), latest AS (
                      SELECT DISTINCT ON (line_id, department_id) *
                        FROM report ORDER BY line_id, department_id, date DESC, id DESC
                )
                SELECT line.id,
                       COALESCE(
                           (SELECT avg(COALESCE(percent, 0))
                              FROM %(table)s AS responsible
                         LEFT JOIN latest ON latest.line_id = line.id
                                         AND latest.department_id = responsible.%(department)s
                             WHERE responsible.%(line)s = line.id),
                           (SELECT percent FROM latest WHERE line_id = line.id
                          ORDER BY date DESC, id DESC LIMIT 1),
                           0
                       ),
                       (SELECT count(*) FROM report WHERE line_id = line.id AND date >= %(start)s)
                  FROM unnest(%(lines)s) AS line (id)
                """,
                lines=lines,
                start=period.start,
                end=period.end,
                table=SQL.identifier(responsible.relation),
                line=SQL.identifier(responsible.column1),
                department=SQL.identifier(responsible.column2),
            )
        )
        return {
            line: {"progress": float(progress), "reports": reports}
            for line, progress, reports in rows
        }

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_report(self):
        """Open the dialog for a progress report on this line.

        :return: window action
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Report Progress"),
            "res_model": "itss.plan.report",
            "view_mode": "form",
            "target": "new",
            "context": {"default_line_id": self.id, "default_percent": round(self.progress)},
        }

    @public(on="record")
    def action_start_work(self):
        """Open a new record that carries out the line: its survey, internal audit, review…

        :return: window action on an unsaved form, or the choice where several kinds of records do
        :raise UserError: no record carries out lines of this kind
        :raise AccessError: the user may not make any
        """
        startable = self._get_startable(self._get_work_counts()[self])
        return self._choose_work(startable or self._get_fitting_models()[:1], is_new=True)

    @public(on="record")
    def action_view_work(self):
        """Open the records that carry out the line, or the only one.

        :return: window action, or the choice where there are several kinds of records
        :raise UserError: no record carries out lines of this kind
        """
        current = list(self._get_work_counts()[self])
        return self._choose_work(current or self._get_fitting_models()[:1], is_new=False)

    @public(on="records")
    def action_done(self):
        """Mark lines as done.

        :raise UserError: the plan is not running, or there is no report yet
        :raise AccessError: the line does not concern the user's department
        """
        return self.write({"state": "done"})

    @public(on="record")
    def action_cancel(self):
        """Ask for the reason and cancel the line.

        :return: window action of the dialog
        """
        return self._action_ask_reason("cancelled", self.env._("Cancel Line"))

    @public(on="records")
    def action_reopen(self):
        """Take a done or cancelled line up again.

        :raise AccessError: missing role (quality department only)
        """
        for line in self:
            line.state = "in_progress" if line.state == "done" else "planned"
