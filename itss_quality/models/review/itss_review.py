from datetime import date, timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import format_datetime

from ...tools.durations import get_day, get_today
from ...tools.figures import Period
from ...tools.public import public

GROUP_QUALITY = "itss_quality.group_itss_quality"
GROUP_MANAGEMENT = "itss_quality.group_itss_management"
ORGANISERS = (GROUP_QUALITY, GROUP_MANAGEMENT)
CONCLUSIONS = ("suitability", "adequacy", "effectiveness")
# what the report says: it can't change while a report is being signed, nor after
OUTPUT_FIELDS = (
    "name",
    *CONCLUSIONS,
    *(f"{name}_text" for name in CONCLUSIONS),
    "no_decision_reason",
)
# a period outside is a slip of the keyboard
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
# what the meeting and its invitation follow
MEETING_FIELDS = (
    "name",
    "date",
    "stop",
    "location",
    "chair_id",
    "organiser_id",
    "gatherer_id",
    "participant_ids",
)


class ItssReview(models.Model):
    """Management review (管理评审, plan 6.2 and line 6): notice, inputs, meeting, conclusions,
    decisions and report.
    """

    _name = "itss.review"
    _description = "Management Review"
    _inherit = [
        # participants may be chosen without rights on employees
        "hr.mixin",
        "itss.plan.work.mixin",
        "itss.numbered.mixin",
        "mail.thread",
        "itss.todo.mixin",
    ]
    _order = "date desc, id desc"
    _check_company_auto = True

    _number_prefix = "MR"
    _mail_post_access = "read"
    _plan_kinds = ("review",)
    _proves_alone = True
    _list_action = "itss_quality.itss_review_action"
    _begun_states = ("announced",)
    _transitions = {
        ("draft", "announced"): ORGANISERS,
        ("announced", "draft"): ORGANISERS,
        ("announced", "held"): ORGANISERS,
        ("held", "closed"): ORGANISERS,
    }
    _reason_fields = {("announced", "draft"): "withdraw_reason"}
    _required_fields = {
        ("draft", "announced"): (
            "date",
            "stop",
            "organiser_id",
            "chair_id",
            "participant_ids",
            "purpose",
            "basis",
            "location",
            "agenda",
        )
    }
    _locked_states = ("held", "closed")
    _locked_fields = (
        "number",
        "company_id",
        "plan_line_id",
        "previous_id",
        "period_start",
        "period_end",
        "organiser_id",
        "chair_id",
        "gatherer_id",
        "participant_ids",
        "date",
        "stop",
        "location",
        "purpose",
        "basis",
        "agenda",
    )
    _stamp_fields = (
        "announced_at",
        "announced_by_id",
        "figures_at",
        "held_at",
        "closed_at",
        "report_ids",
    )

    name = fields.Char(
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        tracking=True,
    )
    previous_id = fields.Many2one(
        "itss.review",
        string="Review Before",
        compute="_compute_previous_id",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        domain="[('state', 'in', ('held', 'closed')), ('company_id', '=', company_id)]",
        check_company=True,
        index="btree_not_null",
        help="Its decisions are followed up in this review.",
    )
    period_start = fields.Date(
        compute="_compute_period",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="The first day whose records count in the figures.",
    )
    period_end = fields.Date(
        compute="_compute_period",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="The last day whose records count; at the latest the day on which the review is held.",
    )

    # who, when and where
    organiser_id = fields.Many2one(
        "hr.employee",
        compute="_compute_organiser_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        index="btree_not_null",
        help="The management representative organises the review (plan 6.2).",
    )
    chair_id = fields.Many2one(
        "hr.employee",
        compute="_compute_people",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        index="btree_not_null",
        help="Who chairs the meeting: the general manager.",
    )
    gatherer_id = fields.Many2one(
        "hr.employee",
        string="Gathers the Topic Reports",
        compute="_compute_people",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        index="btree_not_null",
        help="Reads and completes the topic reports of all departments, without a role of their own.",
    )
    participant_ids = fields.Many2many(
        "hr.employee",
        string="Attendees",
        compute="_compute_people",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
    )
    date = fields.Datetime(tracking=True, copy=False, index=True)
    stop = fields.Datetime(
        string="End", compute="_compute_stop", store=True, readonly=False, copy=False
    )
    location = fields.Char(tracking=True)

    # the notice
    purpose = fields.Text(default=lambda self: self._default_purpose())
    basis = fields.Text(
        default=lambda self: self._default_basis(), help="What the review is based on (依据)."
    )
    agenda = fields.Text(default=lambda self: self._default_agenda())
    warning = fields.Text(compute="_compute_warning")

    # inputs, meeting and output
    input_ids = fields.One2many("itss.review.input", "review_id", string="Inputs")
    decision_ids = fields.One2many("itss.review.decision", "review_id", string="Decisions")
    no_decision_reason = fields.Text(
        string="Why Nothing Was Decided",
        copy=False,
        help="A review without a single decision has to say why none is needed.",
    )
    decision_count = fields.Integer(string="Decisions Made", compute="_compute_decision_count")
    meeting_ids = fields.One2many("itss.meeting", "review_id", string="Meetings", copy=False)
    suitability = fields.Selection(
        [("yes", "Suitable"), ("partly", "Largely Suitable"), ("no", "Not Suitable")],
        copy=False,
        tracking=True,
        help="Does the system still suit what the company and its customers need (适宜性)?",
    )
    suitability_text = fields.Text(string="On Suitability", copy=False)
    adequacy = fields.Selection(
        [("yes", "Adequate"), ("partly", "Largely Adequate"), ("no", "Not Adequate")],
        copy=False,
        tracking=True,
        help="Does the system cover what is asked of it, with enough resources (充分性)?",
    )
    adequacy_text = fields.Text(string="On Adequacy", copy=False)
    effectiveness = fields.Selection(
        [("yes", "Effective"), ("partly", "Largely Effective"), ("no", "Not Effective")],
        copy=False,
        tracking=True,
        help="Does the system reach its objectives (有效性)?",
    )
    effectiveness_text = fields.Text(string="On Effectiveness", copy=False)
    report_ids = fields.One2many("itss.review.report", "review_id", string="Review Reports")
    report_state = fields.Selection(
        lambda self: (
            self.env["itss.review.report"]._fields["state"]._description_selection(self.env)
        ),
        string="Report Status",
        compute="_compute_report_state",
    )
    missing = fields.Text(
        compute="_compute_missing", help="What is still missing before the review can be closed."
    )

    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("announced", "Announced"),
            ("held", "Held"),
            ("closed", "Closed"),
        ],
        string="Status",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    withdraw_reason = fields.Text(readonly=True, copy=False)
    announced_at = fields.Datetime(string="Announced on", readonly=True, copy=False)
    announced_by_id = fields.Many2one("res.users", string="Announced by", readonly=True, copy=False)
    figures_at = fields.Datetime(string="Figures as of", readonly=True, copy=False)
    held_at = fields.Datetime(string="Recorded as Held on", readonly=True, copy=False)
    closed_at = fields.Datetime(string="Closed on", readonly=True, copy=False)
    can_announce = fields.Boolean(compute="_compute_can_steps")
    can_withdraw = fields.Boolean(compute="_compute_can_steps")
    can_hold = fields.Boolean(compute="_compute_can_steps")
    can_close = fields.Boolean(compute="_compute_can_steps")
    can_prepare = fields.Boolean(compute="_compute_can_steps")
    can_report = fields.Boolean(compute="_compute_can_steps")
    can_write_output = fields.Boolean(compute="_compute_can_steps")

    _period_ordered = models.Constraint(
        "CHECK(period_start <= period_end)", "The period can't end before it starts."
    )
    _times_ordered = models.Constraint(
        "CHECK(date IS NULL OR stop IS NULL OR date < stop)",
        "The review can't end before it starts.",
    )
    # what the review before is found by
    _period_index = models.Index("(company_id, period_end) WHERE state IN ('held', 'closed')")

    # -------------------------------------------------------------------------
    # DEFAULTS
    # -------------------------------------------------------------------------

    @api.model
    def _default_purpose(self):
        return self.env._(
            "To review the operation & maintenance service management system as a whole, to find "
            "where it can and has to be improved, and to see that it stays suitable, adequate and "
            "effective."
        )

    @api.model
    def _default_basis(self):
        return self.env._(
            "The annual quality management plan, the documents of the management system, the "
            "standards it follows, contracts with customers, and applicable laws."
        )

    @api.model
    def _default_agenda(self):
        return "\n".join(
            (
                self.env._("1. The chair opens the meeting; purpose and agenda."),
                self.env._("2. Follow-up of the decisions of earlier reviews."),
                self.env._("3. Topic reports of the departments, one by one."),
                self.env._("4. Discussion: problems, risks and suggestions for improvement."),
                self.env._(
                    "5. Conclusions on suitability, adequacy and effectiveness of the system."
                ),
                self.env._(
                    "6. Decisions on improvements, changes of the system and resources, each with "
                    "an owner and a date."
                ),
            )
        )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("number", "name")
    def _compute_display_name(self):
        for review in self:
            review.display_name = " ".join(filter(None, (review.number, review.name)))

    @api.depends("plan_line_id")
    def _compute_name(self):
        for review in self:
            if not review.name:
                review.name = self.env._("%(year)s Management Review", year=review._get_plan_year())

    @api.depends("company_id")
    def _compute_previous_id(self):
        for review in self:
            company = review.company_id
            if review.previous_id.company_id != company:
                review.previous_id = self.sudo().search(
                    [("company_id", "=", company.id), ("state", "in", ("held", "closed"))],
                    order="period_end desc, id desc",
                    limit=1,
                )

    @api.depends("previous_id", "plan_line_id")
    def _compute_period(self):
        for review in self:
            if review.period_start and review.state not in (False, "draft"):
                continue
            end = review.sudo().previous_id.period_end
            start = end + timedelta(days=1) if end else date(review._get_plan_year(), 1, 1)
            review.period_start = start
            review.period_end = date(max(review._get_plan_year(), start.year), 12, 31)

    @api.depends("company_id")
    def _compute_organiser_id(self):
        for review in self:
            if review.sudo().organiser_id.company_id != review.company_id:
                representative = review.company_id.sudo().itss_management_representative_id
                review.organiser_id = representative

    @api.depends("previous_id")
    def _compute_people(self):
        for review in self:
            # names and departments of colleagues, which every employee may read
            previous = review.sudo().previous_id
            review.chair_id = review.chair_id or previous.chair_id
            review.gatherer_id = review.gatherer_id or previous.gatherer_id
            if not review.participant_ids:
                departments = self.env["hr.department"].sudo()
                review.participant_ids = (
                    previous.participant_ids
                    or departments.search([("company_id", "=", review.company_id.id)]).manager_id
                )

    @api.depends("date")
    def _compute_stop(self):
        for review in self:
            if review.date and (not review.stop or review.stop <= review.date):
                review.stop = review.date + timedelta(hours=3)

    @api.depends(
        "plan_line_id.plan_id.line_ids.state",
        "plan_line_id.plan_id.external_audit_date",
        "date",
        "state",
        "input_ids.text",
    )
    def _compute_warning(self):
        for review in self:
            warnings = [
                self.env._(
                    "“%(line)s” is not finished: the review would lack its results.",
                    line=line.display_name,
                )
                for line in review._get_unfinished_lines()
            ]
            if review.state in ("draft", "announced") and review.date:
                day = review._get_meeting_day()
                warnings += review.plan_line_id._get_external_warnings(day)
            if review.state == "announced":
                warnings += review._get_topic_warnings()
            review.warning = "\n".join(warnings)

    @api.depends("decision_ids")
    def _compute_decision_count(self):
        for review in self:
            review.decision_count = len(review.decision_ids)

    @api.depends("report_ids.state")
    def _compute_report_state(self):
        for review in self:
            review.report_state = review._get_report().state

    @api.depends(
        "state",
        *CONCLUSIONS,
        *(f"{name}_text" for name in CONCLUSIONS),
        "decision_ids.owner_id",
        "decision_ids.date_deadline",
        "decision_ids.improvement_ids",
        "no_decision_reason",
        "chair_id",
        "meeting_ids.minutes",
        "meeting_ids.attendance_ids.is_present",
        "report_ids.state",
    )
    def _compute_missing(self):
        for review in self:
            review.missing = "\n".join(review._get_missing()) if review.state == "held" else ""

    @api.depends("state", "report_ids.state")
    @api.depends_context("uid")
    def _compute_can_steps(self):
        for review in self:
            writable = bool(review.id) and review.has_access("write")
            review.can_announce = review._can_step("announced")
            review.can_withdraw = review._can_step("draft")
            review.can_hold = review._can_step("held")
            review.can_close = review._can_step("closed")
            review.can_prepare = writable and review.state in ("draft", "announced")
            review.can_report = (
                review.state in ("held", "closed")
                and self.env["itss.review.report"].has_access("create")
                and writable
            )
            review.can_write_output = writable and not review._is_output_frozen()

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("date", "stop", "organiser_id", "chair_id", "participant_ids", "agenda")
    def _check_announced(self):
        """What the notice says may change, but not go."""
        required = self._required_fields["draft", "announced"]
        for review in self.filtered(lambda review: review.state == "announced"):
            missing = [name for name in required if not review[name]]
            if missing:
                raise ValidationError(
                    self.env._(
                        "“%(review)s” was announced, and needs: %(fields)s.",
                        review=review.display_name,
                        fields=self._get_field_labels(missing),
                    )
                )

    @api.constrains("period_start", "period_end")
    def _check_period(self):
        for review in self:
            if review.period_start < FIRST_DAY or review.period_end > LAST_DAY:
                raise ValidationError(
                    self.env._(
                        "The period of “%(review)s” can't be right: please check its years.",
                        review=review.display_name,
                    )
                )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        reviews = super().create(vals_list)
        reviews.sudo()._create_inputs()
        reviews.sudo()._update_figures()
        held = reviews.filtered(lambda review: review.state in ("held", "closed"))
        held.sudo().input_ids.is_frozen = True
        return reviews

    def write(self, vals):
        result = super().write(vals)
        if not set(MEETING_FIELDS).isdisjoint(vals):
            self.sudo().filtered(lambda review: review.state == "announced")._call_meeting()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_announced(self):
        # the database deletes them without asking
        self.sudo().decision_ids._unlink_except_improvements()
        if not self.env.su and any(review.state == "announced" for review in self):
            raise UserError(
                self.env._("People are invited to the review: please withdraw the notice first.")
            )

    # -------------------------------------------------------------------------
    # From the plan
    # -------------------------------------------------------------------------

    @api.model
    def _get_start_label(self):
        return self.env._("Prepare Review")

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _get_number_year(self, vals):
        if vals.get("date"):
            company = self.env["res.company"].browse(vals.get("company_id"))
            return get_day(company, fields.Datetime.to_datetime(vals["date"])).year
        if vals.get("period_end"):
            return fields.Date.to_date(vals["period_end"]).year
        line = self.env["itss.plan.line"].browse(vals.get("plan_line_id")).exists().sudo()
        return line.year or super()._get_number_year(vals)

    def _check_locked(self, vals):
        super()._check_locked(vals)
        names = [name for name in OUTPUT_FIELDS if name in vals]
        for review in self:
            if names and review._is_output_frozen():
                raise review._get_locked_refusal(names)

    def _are_records_frozen(self):
        """Whether minutes and attendance stand in a report that is being signed, or was."""
        self.ensure_one()
        return any(report.state != "draft" for report in self.sudo().report_ids)

    def _is_output_frozen(self):
        """Whether conclusions and decisions stand in a report that is being signed, or was."""
        self.ensure_one()
        return self.sudo()._get_report()._is_subject_frozen()

    def _is_led_by_me(self):
        """Whether the current user organises the review."""
        self.ensure_one()
        user = self.env.user
        return any(map(user.has_group, ORGANISERS)) or user == self.organiser_id.sudo().user_id

    def _check_records_open(self):
        """Raise when minutes and attendance can't change any more.

        :raise UserError: a report is being signed, or was
        """
        self.filtered(lambda review: review._are_records_frozen())._refuse_change()

    def _check_output_open(self):
        """Raise when conclusions and decisions can't change any more.

        :raise UserError: the newest report is being signed, or was
        """
        self.filtered(lambda review: review._is_output_frozen())._refuse_change()

    def _refuse_change(self):
        for review in self:
            report = review.sudo().report_ids.filtered(lambda one: one.state != "draft")[:1]
            raise UserError(
                self.env._(
                    "The report of “%(review)s” is %(state)s: what it says can't change any more.",
                    review=review.display_name,
                    state=report._get_state_label(report.state),
                )
            )

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        if new_state == "held":
            self._check_held()

    def _get_missing_refusal(self, missing):
        return UserError(
            self.env._(
                "Before “%(review)s” can be closed, this is missing:\n%(missing)s",
                review=self.display_name,
                missing="\n".join(f"- {line}" for line in missing),
            )
        )

    def _check_held(self):
        """Raise unless the review can have been held, with all it needs."""
        if self.date > fields.Datetime.now():
            raise UserError(
                self.env._(
                    "The review takes place on %(date)s: it can't have been held yet.",
                    date=format_datetime(self.env, self.date),
                )
            )
        if self.period_start > get_today(self.company_id):
            raise UserError(
                self.env._("The period of the review has not begun: please enter the right one.")
            )
        # they freeze with the figures
        if missing := self._get_topic_warnings():
            raise UserError(
                self.env._(
                    "%(missing)s The meeting reviews all of them: please have them written, or write "
                    "down yourself what was reported.",
                    missing=missing[0],
                )
            )

    def _apply_step(self, old_state, new_state):
        super()._apply_step(old_state, new_state)
        now = fields.Datetime.now()
        if new_state == "announced":
            self.announced_at, self.announced_by_id = now, self.env.user
            if not self.previous_id:
                # the review before may have been held meanwhile
                self._compute_previous_id()
                self._update_figures()
            self._call_meeting()
            self.input_ids._ask_reports()
        elif new_state == "draft":
            self.announced_at = self.announced_by_id = False
            self.meeting_ids.unlink()
            self.input_ids._stop_asking()
        elif new_state == "held":
            self._freeze_figures()
            self.held_at = now
            self.input_ids._stop_asking()
        elif new_state == "closed":
            self.closed_at = now

    def _get_missing(self):
        """Return what is missing before the review can be closed, a line each."""
        self.ensure_one()
        # whoever sees the review is told, even of what they may not open
        review = self.sudo()
        missing = []
        conclusions = self._get_missing_conclusions()
        if conclusions:
            missing.append(
                self.env._("The conclusion: %(fields)s", fields=self._get_field_labels(conclusions))
            )
        for decision in review.decision_ids:
            gaps = decision._get_gaps()
            if gaps:
                missing.append(
                    self.env._(
                        "Decision “%(decision)s”: %(gaps)s",
                        decision=decision.name,
                        gaps=", ".join(gaps),
                    )
                )
        if not any(meeting._is_held() for meeting in review.meeting_ids):
            missing.append(self.env._("The minutes of the meeting, and who was present"))
        present = review.meeting_ids.attendance_ids.filtered("is_present").employee_id
        if review.chair_id not in present:
            missing.append(
                self.env._("%(chair)s, who chairs, among those present", chair=review.chair_id.name)
            )
        if review._get_report().state != "approved":
            missing.append(self.env._("The approved report"))
        return missing

    def _get_missing_conclusions(self):
        """Return the names of the fields of the conclusion that are empty."""
        self.ensure_one()
        names = [name for pair in CONCLUSIONS for name in (pair, f"{pair}_text")]
        # who sees the review knows whether there are decisions, even if not which
        if not self.sudo().decision_ids:
            names.append("no_decision_reason")
        return [name for name in names if not (self[name] or "").strip()]

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    def _get_plan_year(self):
        return self.sudo().plan_line_id.year or get_today(self.company_id).year

    def _get_report(self):
        """Return the newest revision of the report."""
        return self.report_ids.sorted("id")[-1:]

    def _get_unfinished_lines(self):
        """Return the lines of the plan whose results this review needs and does not have yet."""
        self.ensure_one()
        if self.state in ("held", "closed"):
            return self.env["itss.plan.line"]
        return self.sudo().plan_line_id._get_unready_inputs()

    def _get_meeting_day(self):
        """Return on which day the review takes place, as the company counts days."""
        return get_day(self.company_id, self.date)

    def _get_topic_warnings(self):
        """Return which topic reports are still to be written."""
        # how many there are is no secret to who sees the review
        topics = self.sudo().input_ids._get_unwritten()
        kinds = dict(topics._fields["kind"]._description_selection(self.env))
        names = ", ".join(kinds[topic.kind] for topic in topics)
        return [self.env._("Topic reports still to be written: %(topics)s.", topics=names)] * bool(
            names
        )

    def _get_people(self):
        """Return everybody who comes to the meeting, the chair first."""
        self.ensure_one()
        return self.chair_id | self.organiser_id | self.gatherer_id | self.participant_ids

    def _create_inputs(self):
        """Add the inputs that a review lacks: one per heading (superuser mode)."""
        inputs = self.env["itss.review.input"]
        inputs.create(
            [
                {
                    "review_id": review.id,
                    "kind": kind,
                    "department_id": inputs._get_default_department(review, kind).id,
                }
                for review in self
                for kind in inputs._fields["kind"].get_values(self.env)
                if kind not in review.input_ids.mapped("kind")
            ]
        )

    def _call_meeting(self):
        """Make the meeting with its invitation, or bring it up to date (superuser mode)."""
        for review in self:
            vals = {
                "name": review.name,
                "start": review.date,
                "stop": review.stop,
                "location": review.location,
                "chair_id": review.chair_id.id,
            }
            people = review._get_people()
            meeting = review.meeting_ids[:1]
            rows = meeting.attendance_ids
            commands = [
                Command.delete(row.id)
                for row in rows
                if row.employee_id and row.employee_id not in people
            ]
            commands += [
                Command.create({"employee_id": employee.id, "sequence": 10 * number})
                for number, employee in enumerate(people, 1)
                if employee not in rows.employee_id
            ]
            vals["attendance_ids"] = commands
            if meeting:
                meeting.write(vals)
            else:
                meeting.create({**vals, "review_id": review.id, "kind": "review"})

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    def _get_period(self):
        """Return the period whose records the review looks at."""
        return Period(self.company_id, self.period_start, self.period_end, work=self)

    def _get_settings_in_force(self):
        """Return the settings behind the figures of the period: ``tools.settings.Settings``."""
        self.ensure_one()
        return self.company_id._itss_get_settings_in_force(self.period_start, self.period_end)

    def _update_figures(self):
        """Take the figures of all inputs from the records of the period (superuser mode).

        Those of a review that was held stay as they are.
        """
        for review in self:
            review.input_ids.filtered(lambda one: not one.is_frozen)._update_figures()
            review.figures_at = fields.Datetime.now()

    def _freeze_figures(self):
        """Compute the figures for the last time and keep them (superuser mode).

        What comes after the meeting belongs to the next review.
        """
        self.ensure_one()
        day = self._get_meeting_day()
        if self.period_start <= day < self.period_end:
            self.period_end = day
        self._update_figures()
        self.input_ids.is_frozen = True

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="records")
    def action_announce(self):
        """Send the notice: invite the participants, and ask the departments for their reports.

        :raise UserError: wrong state; date, chair, participants or agenda missing
        :raise AccessError: missing role (quality department or management)
        """
        return self.write({"state": "announced"})

    @public(on="record")
    def action_withdraw(self):
        """Ask for the reason and take the notice back; the invitation is cancelled.

        :return: window action of the dialog
        """
        return self._action_ask_reason("draft", self.env._("Withdraw the Notice"))

    @public(on="records")
    def action_hold(self):
        """Record that the review was held: the figures are computed and frozen.

        :raise UserError: it was not announced, or its date lies ahead
        :raise AccessError: missing role (quality department or management)
        """
        return self.write({"state": "held"})

    @public(on="records")
    def action_close(self):
        """Close the review, and with it the line of the plan.

        :raise UserError: names everything that is missing
        :raise AccessError: missing role (quality department or management)
        """
        return self.write({"state": "closed"})

    @public(on="records")
    def action_update_figures(self):
        """Take the figures from the records anew, until the review is held.

        :raise UserError: the review was held
        :raise AccessError: the user may not change the review
        """
        self.check_access("write")
        for review in self:
            if review.state not in ("draft", "announced"):
                raise UserError(
                    self.env._(
                        "“%(review)s” is %(state)s: its figures are frozen.",
                        review=review.display_name,
                        state=review._get_state_label(review.state),
                    )
                )
        self.sudo()._update_figures()

    @public(on="records")
    def action_raise_improvements(self):
        """Make an improvement of each decision that has none yet.

        :raise UserError: a decision has no owner or no date
        """
        self.check_access("write")
        for decision in self.decision_ids.filtered(lambda one: not one.improvement_count):
            decision.action_raise_improvement()

    @public(on="record")
    def action_open_report(self):
        """Open the report of the review (管理评审报告), made when there is none yet.

        :return: window action on its form
        :raise UserError: the review was not held
        :raise AccessError: the user may not prepare reports
        """
        report = self._get_report()
        if not report:
            report = report.create({"review_id": self.id, "company_id": self.company_id.id})
        return report.get_formview_action()

    @public(on="record")
    def action_view_decisions(self):
        """Open the decisions of the review.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "itss_quality.itss_review_decision_action"
        )
        return {
            **action,
            "domain": [("review_id", "=", self.id)],
            "context": {"default_review_id": self.id},
        }
