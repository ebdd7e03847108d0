from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, plaintext2html
from odoo.tools.misc import format_date

from ...tools.durations import get_day, get_past_domain, get_today
from ...tools.figures import Figure
from ...tools.public import public
from ..core.itss_escalation_mixin import Alarm

GROUP_USER = "itss_quality.group_itss_user"
GROUP_OPERATIONS = "itss_quality.group_itss_operations"
GROUP_QUALITY = "itss_quality.group_itss_quality"
OPEN_STATES = ("draft", "planned", "in_progress", "to_verify")
# whose clock runs: the owner has to act, and later the quality department has to check
OWNER_STATES = ("planned", "in_progress")
AHEAD, DUE, LATE, HEAD_TOLD, CHECK_DUE = 1, 2, 3, 4, 5


class ItssImprovement(models.Model):
    """Improvement (服务改进, plan 6.4): a problem, its cause, what is done, and the proof."""

    _name = "itss.improvement"
    _description = "Improvement"
    _inherit = [
        "itss.workflow.mixin",
        "itss.numbered.mixin",
        "itss.escalation.mixin",
        "itss.evidence.mixin",
        "itss.figure.mixin",
        "mail.thread",
    ]
    _order = "date_deadline, id desc"
    _check_company_auto = True
    _figure_topics = {"improvements": 10, "nonconformities": 20}
    _dated_fields = ("state", "date_deadline", "kind", "department_id")
    _state_stamps = {"closed": "verified_date"}

    _number_prefix = "IM"
    _mail_post_access = "read"
    _clock_fields = ("state", "date_deadline", "effectiveness", "date_check")
    _quiet_levels = (AHEAD, DUE, CHECK_DUE)
    _passing_levels = (AHEAD, DUE, LATE)
    _transitions = {
        ("draft", "planned"): (GROUP_OPERATIONS, GROUP_QUALITY),
        ("planned", "in_progress"): (GROUP_USER,),
        ("in_progress", "to_verify"): (GROUP_USER,),
        ("to_verify", "closed"): (GROUP_QUALITY,),
        ("to_verify", "in_progress"): (GROUP_QUALITY,),
        ("draft", "cancelled"): (GROUP_QUALITY,),
        ("planned", "cancelled"): (GROUP_QUALITY,),
        ("in_progress", "cancelled"): (GROUP_QUALITY,),
    }
    _required_fields = {
        ("draft", "planned"): ("action", "owner_id", "date_deadline"),
        ("in_progress", "to_verify"): ("completion", "owner_id"),
    }
    _reason_fields = {
        ("to_verify", "closed"): "verification",
        ("to_verify", "in_progress"): "return_reason",
        ("draft", "cancelled"): "cancel_reason",
        ("planned", "cancelled"): "cancel_reason",
        ("in_progress", "cancelled"): "cancel_reason",
    }
    _locked_states = ("to_verify", "closed", "cancelled")
    _locked_fields = (
        "name",
        "number",
        "company_id",
        "problem",
        "correction",
        "cause_ids",
        "root_cause",
        "kind",
        "action",
        "completion",
        "attachment_ids",
        "department_id",
        "owner_id",
        "date_deadline",
    )
    # fixed when the measure is planned: the owner carries it out
    _planned_fields = ("action", "owner_id", "date_deadline", "department_id")
    _stamp_fields = (
        "source_name",
        "past_owner_ids",
        "completed_by_id",
        "verified_by_id",
        "verified_date",
        "check_ids",
        "date_check",
        "effectiveness",
        "deadline_changes",
        "escalation_level",
    )

    name = fields.Char(required=True, tracking=True)
    source_model = fields.Char(index=True, readonly=True)
    source_id = fields.Many2oneReference(
        string="Source Record", model_field="source_model", index=True, readonly=True
    )
    source_name = fields.Char(string="Source", readonly=True, copy=False)
    problem = fields.Text(required=True)
    correction = fields.Text(help="What was done right away to put it right (纠正).")
    cause_ids = fields.One2many("itss.improvement.cause", "improvement_id", string="Why?")
    root_cause = fields.Text(
        help="Why it could happen. Left empty, it is the last of the whys. Required when the source is "
        "major, such as a major complaint."
    )
    is_major = fields.Boolean(
        string="Major", compute="_compute_is_major", help="Its source is major."
    )
    kind = fields.Selection(
        [
            ("corrective", "Corrective action"),
            ("preventive", "Preventive action"),
            ("improvement", "Improvement"),
        ],
        string="Kind of Measure",
        default="corrective",
        required=True,
        help="Corrective: it must not happen again. Preventive: it must not happen at all.",
    )
    action = fields.Text(string="Improvement Measure")
    completion = fields.Text(help="What was done, and what it brought about.")
    department_id = fields.Many2one(
        "hr.department", string="Responsible Department", check_company=True, index=True
    )
    owner_id = fields.Many2one(
        "res.users",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        index=True,
        tracking=True,
    )
    past_owner_ids = fields.Many2many(
        "res.users",
        "itss_improvement_past_owner_rel",
        string="Owners So Far",
        context={"active_test": False},
        readonly=True,
        copy=False,
        help="Whoever owned it or reported it as done, now or before: they don't verify it.",
    )
    date_deadline = fields.Date(string="Deadline", index=True, tracking=True)
    deadline_changes = fields.Integer(
        readonly=True, copy=False, help="How many times the deadline was changed after planning."
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("planned", "Planned"),
            ("in_progress", "In Progress"),
            ("to_verify", "To Verify"),
            ("closed", "Closed"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        index=True,
        tracking=True,
    )
    return_reason = fields.Text(readonly=True, copy=False)
    cancel_reason = fields.Text(readonly=True, copy=False)
    completed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    verification = fields.Text(
        readonly=True,
        copy=False,
        help="What the quality department looked at, and what it found: records, samples, dates.",
    )
    verified_by_id = fields.Many2one("res.users", string="Verified by", readonly=True, copy=False)
    verified_date = fields.Date(readonly=True, copy=False)
    check_ids = fields.One2many("itss.improvement.check", "improvement_id", readonly=True)
    date_check = fields.Date(
        string="Effectiveness Check on",
        readonly=True,
        copy=False,
        help="When the quality department looks whether the measure has worked.",
    )
    effectiveness = fields.Selection(
        [("pending", "To be checked"), ("effective", "Effective"), ("ineffective", "Ineffective")],
        readonly=True,
        copy=False,
        tracking=True,
    )
    is_late = fields.Boolean(compute="_compute_is_late", search="_search_is_late")
    can_plan = fields.Boolean(compute="_compute_can_steps")
    can_start = fields.Boolean(compute="_compute_can_steps")
    can_finish = fields.Boolean(compute="_compute_can_steps")
    can_verify = fields.Boolean(compute="_compute_can_steps")
    can_cancel = fields.Boolean(compute="_compute_can_steps")
    can_check = fields.Boolean(compute="_compute_can_steps")
    can_postpone = fields.Boolean(compute="_compute_can_steps")

    _state_index = models.Index("(company_id, state, date_deadline)")
    _source_index = models.Index("(source_model, source_id) WHERE source_id IS NOT NULL")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    def _compute_display_name(self):
        for improvement in self:
            improvement.display_name = (
                f"{improvement.number or ''} {improvement.name or ''}".strip()
            )

    @api.depends("source_model", "source_id")
    def _compute_is_major(self):
        for improvement in self:
            # whoever works on it need not see the source
            source = improvement.sudo()._get_source()
            improvement.is_major = bool(source) and source._is_major_source()

    @api.depends("state", "date_deadline")
    def _compute_is_late(self):
        for improvement in self:
            improvement.is_late = bool(
                improvement.date_deadline
                and improvement.date_deadline < get_today(improvement.company_id)
                and improvement.state not in ("closed", "cancelled")
            )

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = get_past_domain(self.env, "date_deadline") & Domain(
            "state", "not in", ("closed", "cancelled")
        )
        return late if True in value else ~late

    @api.depends("state", "past_owner_ids", "effectiveness")
    @api.depends_context("uid")
    def _compute_can_steps(self):
        planners = (GROUP_OPERATIONS, GROUP_QUALITY)
        is_planner = any(map(self.env.user.has_group, planners))
        for improvement in self:
            improvement.can_check = (
                improvement.effectiveness == "pending" and improvement._get_check_refusal() is None
            )
            improvement.can_postpone = is_planner and improvement.state in OWNER_STATES
            improvement.can_plan = improvement._can_step("planned")
            improvement.can_start = improvement.state == "planned" and improvement._can_step(
                "in_progress"
            )
            improvement.can_finish = improvement._can_step("to_verify")
            improvement.can_verify = improvement._can_step("closed")
            improvement.can_cancel = improvement._can_step("cancelled")

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("owner_id", "company_id")
    def _check_owner(self):
        self._check_colleagues("owner_id")

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        improvements = super().create(vals_list)
        source_class = self.env.registry["itss.improvement.source.mixin"]
        for improvement in improvements.filtered("source_id"):
            if not isinstance(self.env.get(improvement.source_model), source_class):
                raise UserError(self.env._("Nothing of this kind gives rise to improvements."))
            # fails here when the user may not even read the source
            source = self.env[improvement.source_model].browse(improvement.source_id)
            source.check_access("read")
            improvement.sudo().source_name = source.display_name
        for improvement in improvements:
            improvement._note_owners(improvement.owner_id)
        return improvements

    def write(self, vals):
        if not self.env.su:
            self._check_planned(vals)
        if vals.get("state") in ("planned", "to_verify"):
            self._take_last_why()
        result = super().write(vals)
        if "owner_id" in vals:
            for improvement in self:
                improvement._note_owners(improvement.owner_id)
        return result

    def _note_owners(self, users):
        """Remember whose work it is, or was: handing it over doesn't make a stranger of its owner."""
        improvement = self.sudo()
        if new := users - improvement.past_owner_ids:
            improvement.past_owner_ids += new

    @api.ondelete(at_uninstall=False)
    def _unlink_except_last(self):
        for improvement in self.sudo():
            if source := improvement._get_source():
                source._check_improvements_left(self)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_counted(self):
        # what was raised in a period that is over would be missing there; superuser mode is the
        # only way round
        if self.env.su:
            return
        for improvement in self:
            if improvement.state != "draft" or improvement._was_raised_before_today():
                raise UserError(
                    self.env._(
                        "“%(record)s” is counted in figures and can't be deleted: please cancel it, "
                        "and say why.",
                        record=improvement.display_name,
                    )
                )

    def _was_raised_before_today(self):
        """Whether a day of the company, and so perhaps a period, has ended since it was raised."""
        company = self.sudo().company_id
        return get_day(company, self.create_date) < get_today(company)

    def _check_planned(self, vals):
        """Refuse another source in any state, and a plan changed by who has to carry it out.

        The deadline of a planned measure is changed by :meth:`postpone` alone, with a reason.
        """
        sources = [name for name in ("source_model", "source_id") if name in vals]
        planned = [name for name in self._planned_fields if name in vals]
        if any(map(self.env.user.has_group, (GROUP_OPERATIONS, GROUP_QUALITY))):
            planned = []
        for improvement in self:
            names = sources + (planned if improvement.state != "draft" else [])
            if improvement.state != "draft" and "date_deadline" in vals:
                deadline = fields.Date.to_date(vals["date_deadline"])
                names += ["date_deadline"] if deadline != improvement.date_deadline else []
            if names:
                raise improvement._get_locked_refusal(list(dict.fromkeys(names)))

    def _take_last_why(self):
        """Let the last "why?" be the root cause where none was entered: nobody types it twice."""
        for improvement in self:
            is_open = improvement.state in ("draft", *OWNER_STATES)
            if is_open and improvement.cause_ids and not improvement.root_cause:
                improvement.root_cause = improvement.cause_ids.sorted()[-1].why

    @public(on="record")
    def postpone(self, date_deadline: date | None, reason: str | None):
        """Change the deadline of a planned measure; the old one and the reason stay in the chatter.

        :param date date_deadline: the new deadline
        :param str reason: why, required
        :raise UserError: no reason, the same date, or the measure is not planned or under way
        :raise AccessError: missing role (operations or quality department)
        """
        self.check_access("write")
        if not self.can_postpone:
            raise self._get_locked_refusal(["date_deadline"])
        if not (reason or "").strip() or date_deadline in (None, self.date_deadline):
            raise UserError(self.env._("Please enter another deadline, and say why it changes."))
        old = self.date_deadline
        improvement = self.sudo().with_context(tracking_disable=True)
        improvement.write(
            {"date_deadline": date_deadline, "deadline_changes": self.deadline_changes + 1}
        )
        improvement._start_clock()
        self.message_post(
            body=self.env._(
                "Deadline changed from %(old)s to %(new)s: %(reason)s",
                old=format_date(self.env, old),
                new=format_date(self.env, date_deadline),
                reason=reason,
            )
        )

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _get_step_refusal(self, new_state):
        refusal = super()._get_step_refusal(new_state)
        if refusal is None and self.state == "to_verify":
            refusal = self._get_owner_refusal()
        return refusal

    def _get_owner_refusal(self):
        if self.env.user._itss_is_among(self.sudo().past_owner_ids):
            return UserError(
                self.env._(
                    "“%(record)s” has to be verified by somebody else than its owner, present or past.",
                    record=self.display_name,
                )
            )
        return None

    def _get_check_refusal(self):
        """Return the exception that forbids the user the effectiveness check, or ``None``."""
        if not self.env.user.has_group(GROUP_QUALITY):
            name = self.env.ref(GROUP_QUALITY).sudo().name
            return AccessError(
                self.env._("To check an improvement you need the role %(role)s.", role=name)
            )
        return self._get_owner_refusal()

    def _get_step_info(self, new_state):
        if new_state == "closed":
            return self.env._(
                "You confirm that the measure was carried out. Say what you have looked at, and what you "
                "found: the completion text of the owner is no verification."
            )
        return super()._get_step_info(new_state)

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        if new_state in ("to_verify", "closed") and self.is_major and not self.root_cause:
            raise UserError(
                self.env._(
                    "“%(record)s” comes from something major: please enter its root cause first.",
                    record=self.display_name,
                )
            )

    def _apply_step(self, old_state, new_state):
        super()._apply_step(old_state, new_state)
        if new_state in ("planned", "to_verify") and self.root_cause:
            if source := self._get_source():
                source._propose_root_cause(self)
        if new_state == "closed":
            self._apply_verification()
        elif new_state == "to_verify":
            self.completed_by_id = self.env.uid
            self._note_owners(self.env.user)
            self._stop_asking()
        elif new_state == "planned":
            self._ask(
                self.owner_id,
                lambda env: env._("Carry out the improvement"),
                date_deadline=self.date_deadline,
            )
            self._start_clock()
        elif new_state == "cancelled":
            self._stop_asking()
            if source := self._get_source():
                source._check_improvements_left(self)
        elif old_state == "to_verify":
            self._note_check("verification", "failed", self.return_reason)
            self._start_clock()

    def _apply_verification(self):
        """Note who verified the measure, and when it is looked whether it has worked."""
        today = get_today(self.company_id)
        check = today + timedelta(days=self.company_id.itss_improvement_check_days)
        self._note_check("verification", "passed", self.verification)
        self._stop_asking()
        self.write(
            {
                "verified_by_id": self.env.uid,
                "verified_date": today,
                "date_check": check,
                "effectiveness": "pending",
            }
        )

    def _note_check(self, kind, result, note):
        self.env["itss.improvement.check"].create(
            {
                "improvement_id": self.id,
                "user_id": self.env.uid,
                "kind": kind,
                "result": result,
                "note": note,
            }
        )

    @public(on="record")
    def check_effectiveness(self, result: str | None, note: str | None):
        """Record whether the measure has worked; what has not goes back to its owner (plan 6.4).

        :param str result: ``effective`` or ``ineffective``
        :param str note: by what it is seen, required
        :raise UserError: no note, nothing to check, or the user owns the improvement
        :raise AccessError: missing role (quality department only)
        """
        self.check_access("read")
        refusal = self._get_check_refusal()
        if refusal:
            raise refusal
        if result not in ("effective", "ineffective") or not (note or "").strip():
            raise UserError(
                self.env._("Please say whether the measure has worked, and by what that is seen.")
            )
        improvement = self.sudo()
        if not improvement.try_lock_for_update() or improvement.effectiveness != "pending":
            raise UserError(
                self.env._("“%(record)s” has nothing to check now.", record=self.display_name)
            )
        improvement._note_check("effectiveness", result, note)
        improvement._stop_asking()
        if result == "effective":
            improvement.effectiveness = result
            return
        improvement.write(
            {
                "effectiveness": result,
                "state": "in_progress",
                "completed_by_id": False,
                "verification": False,
                "verified_by_id": False,
                "verified_date": False,
                "date_check": False,
            }
        )
        improvement._start_clock()
        improvement._ask(
            improvement.owner_id,
            lambda env: env._("The measure has not worked: please go on"),
            note=plaintext2html(note),
        )
        if source := improvement._get_source():
            source._follow_ineffective(improvement, note)

    def _get_last_effectiveness(self):
        """Return the check that says how effective it is; none while that is still to be checked."""
        self.ensure_one()
        if self.effectiveness not in ("effective", "ineffective"):
            return self.check_ids.browse()
        return self.check_ids.filtered(lambda check: check.kind == "effectiveness").sorted("id")[
            -1:
        ]

    def _are_files_frozen(self):
        return self._is_locked()

    def _get_source(self):
        """Return the record that gave rise to the improvement, or ``None``."""
        self.ensure_one()
        source_class = self.env.registry["itss.improvement.source.mixin"]
        model = self.env.get(self.source_model)
        if not self.source_id or not isinstance(model, source_class):
            return None
        return model.browse(self.source_id).exists()

    # -------------------------------------------------------------------------
    # The clock
    # -------------------------------------------------------------------------

    def _start_clock(self):
        """Let the reminders of the deadline begin anew; those whose time is over are left out."""
        now = fields.Datetime.now()
        for improvement in self:
            missed = [alarm.level for alarm in improvement._get_alarms() if alarm.moment <= now]
            improvement.escalation_level = max(missed, default=0)

    def _get_alarms(self):
        """The owner before, at and after the deadline, then the head of the department; much later
        the quality department, to check whether it has worked.
        """
        if self.state in OWNER_STATES and self.date_deadline:
            yield from self._get_deadline_alarms()
        elif self.state == "closed" and self.effectiveness == "pending" and self.date_check:
            yield Alarm(
                CHECK_DUE,
                self._get_owner_morning(self.date_check),
                self.env["res.users"],
                lambda env: env._("Check whether the improvement has worked"),
            )

    def _get_deadline_alarms(self):
        company = self.company_id
        owner = self.owner_id.filtered("active")
        head = self.department_id.manager_id.user_id.filtered("active")
        ahead, after = company.itss_reminder_days, company.itss_improvement_escalation_days
        for level, days, user, words in (
            (AHEAD, -ahead, owner, lambda env: env._("Improvement due soon")),
            (DUE, 0, owner, lambda env: env._("Improvement due today")),
            (LATE, 1, owner, lambda env: env._("Improvement late")),
            (
                HEAD_TOLD,
                1 + after,
                head,
                lambda env: env._("Improvement of your department still late"),
            ),
        ):
            morning = self._get_owner_morning(self.date_deadline + timedelta(days=days))
            yield Alarm(level, morning, user, words)

    def _get_owner_morning(self, day):
        return self._get_morning(day, self.owner_id)

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    @api.model
    def _get_figure_label(self):
        return self.env._("Improvements")

    @api.model
    def _get_figure_domain(self, period):
        return period.get_domain("create_date")

    @api.model
    def _get_figures(self, period):
        counts = self._count_for_figures(period)
        checked, effective = self.env["itss.improvement.check"]._count_effective(period)
        return {
            "nonconformities": [
                Figure(self.env._("Corrective actions raised"), counts["corrective"]),
                Figure(self.env._("Corrective actions closed"), counts["corrective_closed"]),
            ],
            "improvements": [
                Figure(self.env._("Improvements raised"), counts["raised"]),
                Figure(self.env._("Improvements verified and closed"), counts["closed"]),
                Figure.part(
                    self.env._("Open improvements that are late"), counts["late"], counts["open"]
                ),
                Figure.part(self.env._("Improvements found effective"), effective, checked),
            ],
        }

    @api.model
    def _count_for_figures(self, period):
        """Return how many were raised and closed, of what kind, and were open and late at the end."""
        raised = SQL("create_date >= %s AND state_then != 'cancelled'", period.start)
        closed = SQL(
            "state_then = 'closed' AND COALESCE(state_since, create_date) >= %s", period.start
        )
        corrective = SQL("kind_then = 'corrective'")
        is_open = SQL("state_then IN %s", OPEN_STATES)
        return self._count_past(
            Domain("company_id", "=", period.company.id) & Domain("create_date", "<", period.end),
            period.end,
            raised=raised,
            corrective=SQL("%s AND %s", raised, corrective),
            closed=closed,
            corrective_closed=SQL("%s AND %s", closed, corrective),
            open=is_open,
            late=SQL("%s AND date_deadline_then < %s", is_open, period.as_of),
        )

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="records")
    def action_plan(self):
        """Fix measure, owner and deadline.

        :raise UserError: wrong state, or one of the three is missing
        """
        return self.write({"state": "planned"})

    @public(on="records")
    def action_start(self):
        """Start the work.

        :raise UserError: wrong state
        """
        return self.write({"state": "in_progress"})

    @public(on="records")
    def action_finish(self):
        """Report the measure as carried out and ask for verification.

        :raise UserError: wrong state, or the completion text is missing
        """
        return self.write({"state": "to_verify"})

    @public(on="record")
    def action_verify(self):
        """Ask as quality department what was checked, and close the measure.

        :return: window action of the dialog
        :raise UserError: wrong state, or the user owns the improvement
        :raise AccessError: missing role
        """
        return self._action_ask_reason("closed", self.env._("Verify and Close"))

    @public(on="record")
    def action_return(self):
        """Ask why the measure is not enough and send it back to its owner.

        :return: window action of the dialog
        """
        return self._action_ask_reason("in_progress", self.env._("Send Back"))

    @public(on="record")
    def action_cancel(self):
        """Ask for the reason and cancel the improvement.

        :return: window action of the dialog
        """
        return self._action_ask_reason("cancelled", self.env._("Cancel Improvement"))

    @public(on="record")
    def action_postpone(self):
        """Open the dialog that changes the deadline, with a reason.

        :return: window action
        """
        return self._open_dialog("itss.improvement.postpone", self.env._("Change the Deadline"))

    @public(on="record")
    def action_check(self):
        """Open the dialog that records whether the measure has worked.

        :return: window action
        """
        return self._open_dialog(
            "itss.improvement.effectiveness", self.env._("Effectiveness Check")
        )

    def _open_dialog(self, model, title):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_improvement_id": self.id},
        }

    @public(on="record")
    def action_open_source(self):
        """Open the record that gave rise to the improvement.

        :return: window action
        :raise UserError: nothing did, or it is gone
        """
        source = self._get_source()
        if not source:
            raise UserError(
                self.env._("No record gave rise to “%(record)s”.", record=self.display_name)
            )
        return source.get_formview_action()
