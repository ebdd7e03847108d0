from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_datetime

from ...tools.durations import get_past_domain, get_today
from ...tools.figures import Figure
from ...tools.public import public
from ...tools.records import refuse_moving
from ..core.itss_escalation_mixin import LEADER_TOLD, QUALITY_TOLD, WARNED, Alarm
from .itss_audit import GROUP_MANAGEMENT, GROUP_QUALITY, GROUP_USER

CLOCK_STATES = ("raised", "disputed", "confirmed")


class ItssNonconformity(models.Model):
    """Nonconformity of an internal audit (不符合项报告, plan 6.1): raised, confirmed by the audited
    side, corrected by improvements that are verified, and closed.
    """

    _name = "itss.nonconformity"
    _description = "Nonconformity"
    _inherit = [
        "itss.workflow.mixin",
        "itss.numbered.mixin",
        "itss.escalation.mixin",
        "itss.improvement.source.mixin",
        "itss.figure.mixin",
        "mail.thread",
    ]
    _order = "id desc"
    _check_company_auto = True
    _figure_topics = {"nonconformities": 10}
    _dated_fields = ("state", "date_deadline")
    _state_stamps = {
        "raised": "raised_at",
        "confirmed": "confirmed_at",
        "closed": "closed_at",
    }

    _number_prefix = "NC"
    _mail_post_access = "read"
    _clock_fields = ("state", "date_deadline")
    _quiet_levels = _passing_levels = (WARNED,)
    _transitions = {
        ("draft", "raised"): (GROUP_USER,),
        ("raised", "confirmed"): (GROUP_USER,),
        ("raised", "disputed"): (GROUP_USER,),
        ("disputed", "confirmed"): (GROUP_USER,),
        ("disputed", "withdrawn"): (GROUP_USER,),
        ("confirmed", "closed"): (GROUP_USER,),
    }
    _required_fields = {
        ("draft", "raised"): ("clause", "criterion", "facts", "position", "date_deadline"),
        ("confirmed", "closed"): ("verification",),
    }
    _reason_fields = {
        ("raised", "disputed"): "dispute_reason",
        ("disputed", "confirmed"): "decision_reason",
        ("disputed", "withdrawn"): "decision_reason",
    }
    _locked_states = ("raised", "disputed", "confirmed", "closed", "withdrawn")
    _locked_fields = (
        "number",
        "company_id",
        "name",
        "audit_line_id",
        "grade",
        "clause",
        "criterion",
        "facts",
        "position",
        "date_deadline",
    )
    _stamp_fields = (
        "raised_by_id",
        "raised_at",
        "confirmed_by_id",
        "confirmed_at",
        "decided_by_id",
        "decided_at",
        "closed_by_id",
        "closed_at",
        "escalation_level",
    )

    name = fields.Char(
        compute="_compute_name", store=True, readonly=False, precompute=True, required=True
    )
    audit_line_id = fields.Many2one(
        "itss.audit.line",
        string="Question Checked",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    audit_id = fields.Many2one(
        related="audit_line_id.audit_id", store=True, index=True, precompute=True
    )
    department_id = fields.Many2one(
        related="audit_line_id.department_id", store=True, index=True, precompute=True
    )
    section = fields.Selection(related="audit_line_id.section")
    position = fields.Char(
        string="Audited Position", help="Whose work the finding is about: the position, not a name."
    )
    grade = fields.Selection(
        [
            ("major", "Major Nonconformity"),
            ("minor", "Minor Nonconformity"),
            ("slight", "Slight Nonconformity"),
        ],
        default="minor",
        required=True,
        tracking=True,
        help="Major (严重): a requirement is not met at all, or again and again. Minor (一般): a single "
        "failure. Slight (轻微): without consequence for the service.",
    )
    clause = fields.Char(help="The clause, in the edition you follow.")
    criterion = fields.Text(string="Audit Criterion", help="What is required, and by what.")
    facts = fields.Text(
        string="Statement of Facts", help="What was seen, where and when, with the evidence."
    )
    date_deadline = fields.Date(
        string="To Be Corrected by",
        default=lambda self: (
            get_today(self.env.company) + timedelta(days=self.env.company.itss_nonconformity_days)
        ),
        tracking=True,
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("raised", "Raised"),
            ("disputed", "Disputed"),
            ("confirmed", "Confirmed"),
            ("closed", "Closed"),
            ("withdrawn", "Withdrawn"),
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
    raised_by_id = fields.Many2one("res.users", string="Raised by", readonly=True, copy=False)
    raised_at = fields.Datetime(string="Raised on", readonly=True, copy=False, index=True)
    confirmed_by_id = fields.Many2one("res.users", string="Confirmed by", readonly=True, copy=False)
    confirmed_at = fields.Datetime(string="Confirmed on", readonly=True, copy=False)
    dispute_reason = fields.Text(string="Why Disputed", readonly=True, copy=False)
    decision_reason = fields.Text(string="Decision on the Dispute", readonly=True, copy=False)
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True, copy=False)
    decided_at = fields.Datetime(string="Decided on", readonly=True, copy=False)
    verification = fields.Text(
        tracking=True,
        help="By what it is seen that the nonconformity is corrected and does not come back.",
    )
    closed_by_id = fields.Many2one("res.users", string="Closed by", readonly=True, copy=False)
    closed_at = fields.Datetime(string="Closed on", readonly=True, copy=False)
    is_late = fields.Boolean(string="Late", compute="_compute_is_late", search="_search_is_late")
    is_audited_side = fields.Boolean(compute="_compute_can_steps")
    can_raise = fields.Boolean(compute="_compute_can_steps")
    can_confirm = fields.Boolean(compute="_compute_can_steps")
    can_dispute = fields.Boolean(compute="_compute_can_steps")
    can_decide = fields.Boolean(compute="_compute_can_steps")
    can_close = fields.Boolean(compute="_compute_can_steps")
    can_improve = fields.Boolean(compute="_compute_can_steps")

    _list_index = models.Index("(company_id, state, date_deadline)")
    _line_unique = models.UniqueIndex(
        "(audit_line_id) WHERE state != 'withdrawn'",
        "A nonconformity was raised from this question already.",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("audit_line_id")
    def _compute_name(self):
        for nonconformity in self:
            if not nonconformity.name:
                # a list of findings reads better than a list of questions
                words = nonconformity.facts or nonconformity.audit_line_id.question or ""
                nonconformity.name = words.split("\n")[0][:80]

    @api.depends("number", "name")
    def _compute_display_name(self):
        for nonconformity in self:
            parts = (nonconformity.number, nonconformity.name)
            nonconformity.display_name = " ".join(filter(None, parts))

    @api.depends("state", "date_deadline")
    def _compute_is_late(self):
        for nonconformity in self:
            nonconformity.is_late = bool(
                nonconformity.state in CLOCK_STATES
                and nonconformity.date_deadline
                and nonconformity.date_deadline < get_today(nonconformity.company_id)
            )

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = Domain("state", "in", CLOCK_STATES) & get_past_domain(self.env, "date_deadline")
        return late if True in value else ~late

    @api.depends("state", "department_id", "audit_id")
    @api.depends_context("uid")
    def _compute_can_steps(self):
        for nonconformity in self:
            nonconformity.is_audited_side = nonconformity._is_audited_side()
            nonconformity.can_raise = nonconformity._can_step("raised")
            nonconformity.can_dispute = nonconformity._can_step("disputed")
            confirmable = nonconformity._can_step("confirmed")
            nonconformity.can_confirm = confirmable and nonconformity.state == "raised"
            nonconformity.can_decide = confirmable and nonconformity.state == "disputed"
            nonconformity.can_close = nonconformity._can_step("closed")
            nonconformity.can_improve = nonconformity.state == "confirmed" and (
                nonconformity.is_audited_side or self.env.user.has_group(GROUP_QUALITY)
            )

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("grade", "audit_line_id")
    def _check_grade(self):
        for nonconformity in self:
            result = nonconformity.audit_line_id.result
            if result not in ("minor", "major") or (
                (nonconformity.grade == "major") != (result == "major")
            ):
                raise UserError(
                    self.env._(
                        "The grade and the verdict on the question contradict each other: a major "
                        "nonconformity is judged as such, and no other is."
                    )
                )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        lines = self.env["itss.audit.line"]
        for vals in vals_list:
            # the number is of the audit's company, whichever the user works in
            line = lines.browse(vals.get("audit_line_id")).exists().sudo()
            vals["company_id"] = line.company_id.id or self.env.company.id
        nonconformities = super().create(vals_list)
        if not self.env.su:
            for nonconformity in nonconformities:
                nonconformity._check_audit_open()
                if refusal := nonconformity._get_auditor_refusal():
                    raise refusal
        return nonconformities

    def write(self, vals):
        refuse_moving(self, vals, "audit_line_id")
        if not self.env.su:
            self._check_writer(vals)
        return super().write(vals)

    def _check_writer(self, vals):
        """The draft is its auditor's, the verification the auditors' too.

        :raise AccessError: somebody else writes
        """
        for nonconformity in self:
            names = set(vals) - {"state", "message_follower_ids", "activity_ids", "message_ids"}
            names -= set(self._reason_fields.values())
            # the quality department verifies and closes, too
            if names == {"verification"}:
                refusal = nonconformity._get_closing_refusal()
                if nonconformity.state != "confirmed":
                    refusal = nonconformity._get_locked_refusal(["verification"])
            else:
                refusal = nonconformity._get_auditor_refusal() if names else None
            if refusal:
                raise refusal

    @api.ondelete(at_uninstall=False)
    def _unlink_except_others(self):
        if self.env.su:
            return
        for nonconformity in self:
            if refusal := nonconformity._get_auditor_refusal():
                raise refusal

    def _check_audit_open(self):
        self.audit_line_id.audit_id.sudo()._check_records_open()
        if self.audit_line_id.audit_id.sudo().state != "in_progress":
            raise UserError(
                self.env._("Nonconformities are raised while the audit is in progress.")
            )

    def _get_number_year(self, vals):
        line = self.env["itss.audit.line"].browse(vals.get("audit_line_id"))
        start = line.exists().sudo().audit_id.date_start
        return start.year if start else super()._get_number_year(vals)

    # -------------------------------------------------------------------------
    # Who stands on which side
    # -------------------------------------------------------------------------

    def _is_audited_side(self):
        """Whether the current user works in the audited department, or heads it."""
        users = self._get_side_users()
        if not users:
            return self.env.user.has_group(GROUP_MANAGEMENT)
        return self.env.user._itss_is_among(users)

    def _get_side_users(self):
        """Return the users of the audited side.

        For a department without any the management representative stands in, and management when
        there is none.
        """
        department = self.department_id.sudo()
        users = (department.member_ids | department.manager_id).user_id.filtered("active")
        company = self.company_id.sudo()
        return users or company.itss_management_representative_id.user_id.filtered("active")

    def _get_auditor_refusal(self):
        """Return the exception for whoever is not the auditor of the line or leads the audit."""
        audit = self.audit_id.sudo()
        auditors = (self.audit_line_id.sudo().auditor_id | audit.lead_auditor_id).user_id
        if self.env.user in auditors and not self._is_audited_side():
            return None
        return AccessError(
            self.env._(
                "“%(record)s” is the auditors' to write: %(auditors)s.",
                record=self.display_name,
                auditors=", ".join(auditors.mapped("name")),
            )
        )

    def _get_step_refusal(self, new_state):
        refusal = super()._get_step_refusal(new_state)
        if refusal:
            return refusal
        if new_state == "raised":
            return self._get_auditor_refusal()
        if self.state == "raised" and not self._is_audited_side():
            return AccessError(
                self.env._(
                    "“%(record)s” is confirmed or disputed by the audited side, %(department)s.",
                    record=self.display_name,
                    department=self.department_id.sudo().name,
                )
            )
        if self.state == "disputed":
            return self._get_decision_refusal()
        if new_state == "closed":
            return self._get_closing_refusal()
        return None

    def _get_decision_refusal(self):
        """The management representative decides on a dispute, management when there is none."""
        user = self.env.user
        representative = self._get_decider()
        if user == representative:
            return None
        if (
            not representative
            and user.has_group(GROUP_MANAGEMENT)
            and not user._itss_is_among(self._get_parties())
        ):
            return None
        return AccessError(
            self.env._(
                "The dispute about “%(record)s” is decided by the management representative, %(person)s.",
                record=self.display_name,
                person=representative.name or self.env._("or management when there is none"),
            )
        )

    def _get_parties(self):
        """Return the users on either side: who raised it or audits, and who was audited."""
        nonconformity = self.sudo()
        auditors = nonconformity.audit_line_id.auditor_id | nonconformity.audit_id.lead_auditor_id
        sides = auditors.user_id | nonconformity._get_side_users()
        return sides | nonconformity.raised_by_id

    def _get_decider(self):
        """Return the management representative, unless that is one of the parties."""
        company = self.sudo().company_id
        representative = company.itss_management_representative_id.user_id.filtered("active")
        parties = self._get_parties()
        return representative.filtered(lambda user: not user._itss_is_among(parties))

    def _get_closing_refusal(self):
        """The auditors or the quality department close it, never who was audited or corrected it."""
        measures = self.sudo().improvement_ids
        # handing the measure over doesn't make a stranger of its owner
        doers = measures.past_owner_ids | measures.owner_id | measures.completed_by_id
        if self._is_audited_side() or self.env.user._itss_is_among(doers):
            return UserError(
                self.env._(
                    "“%(record)s” is about your department or your measure: somebody else has to verify and "
                    "close it.",
                    record=self.display_name,
                )
            )
        if self.env.user.has_group(GROUP_QUALITY):
            return None
        return self._get_auditor_refusal()

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        if new_state == "raised":
            self._check_audit_open()
        if new_state == "closed":
            self._check_corrected()

    def _check_corrected(self):
        """Raise unless there is a measure, and every measure was verified."""
        measures = self.sudo().improvement_ids.filtered(lambda one: one.state != "cancelled")
        if not measures:
            raise UserError(
                self.env._(
                    "“%(record)s” has no corrective action yet: please raise an improvement.",
                    record=self.display_name,
                )
            )
        unverified = measures.filtered(lambda one: one.state != "closed")
        if unverified:
            raise UserError(
                self.env._(
                    "“%(record)s” can't be closed before these are verified: %(improvements)s.",
                    record=self.display_name,
                    improvements=", ".join(unverified.mapped("display_name")),
                )
            )
        if not any(measures.mapped("root_cause")):
            raise UserError(
                self.env._(
                    "“%(record)s” needs a root cause: please enter it in its improvement.",
                    record=self.display_name,
                )
            )

    def _apply_step(self, old_state, new_state):
        super()._apply_step(old_state, new_state)
        now, uid = fields.Datetime.now(), self.env.uid
        self._stop_asking()
        if new_state == "raised":
            self.write({"raised_by_id": uid, "raised_at": now})
            self._ask_head()
        elif old_state == "disputed":
            self.write({"decided_by_id": uid, "decided_at": now})
        elif new_state == "disputed":
            self._ask_representative()
        if new_state == "confirmed":
            if old_state == "raised":
                self.write({"confirmed_by_id": uid, "confirmed_at": now})
            self._ask_head()
        elif new_state == "closed":
            self.write({"closed_by_id": uid, "closed_at": now})
        if new_state in ("closed", "withdrawn"):
            self.audit_id._ask_to_close()

    def _get_head_user(self):
        head = self.department_id.manager_id.user_id.filtered("active")
        return head or self._get_side_users()[:1]

    def _ask_head(self, has_failed=False):
        """Give the head of the audited department a to-do (superuser mode).

        :param bool has_failed: a measure was looked at again, and has not worked
        """

        def words(env):
            if self.state == "raised":
                return env._("Nonconformity raised: please confirm or dispute it")
            if has_failed:
                return env._("The measure has not worked: please correct the nonconformity")
            return env._("Please find the cause and correct the nonconformity")

        self._ask(self._get_head_user(), words, date_deadline=self.date_deadline)

    def _ask_representative(self):
        user = self._get_decider() or self.company_id._itss_get_quality_user()
        self._ask(user, lambda env: env._("Nonconformity disputed: please decide"))

    def _follow_ineffective(self, improvement, note):
        """Open the nonconformity again: what it was closed by has not worked (plan 6.1)."""
        if self.state != "closed":
            return
        message = self.env._(
            "Open again: the measure “%(improvement)s” has not worked (%(note)s). It had been closed by "
            "%(user)s on %(date)s: %(verification)s",
            improvement=improvement.display_name,
            note=note,
            user=self.closed_by_id.name or "—",
            date=format_datetime(self.env, self.closed_at) if self.closed_at else "—",
            verification=self.verification or "—",
        )
        days = self.company_id.itss_nonconformity_days
        self.write(
            {
                "state": "confirmed",
                # the next one to close it has to look anew, and the department needs new time
                "verification": False,
                "closed_by_id": False,
                "closed_at": False,
                "date_deadline": get_today(self.company_id) + timedelta(days=days),
            }
        )
        self.message_post(body=message)
        self._start_clock()
        self._ask_head(has_failed=True)
        # whoever was asked to close the audit can't any more
        self.audit_id.filtered(lambda audit: audit.state == "follow_up")._stop_asking()

    # -------------------------------------------------------------------------
    # The clock
    # -------------------------------------------------------------------------

    def _get_alarms(self):
        """Head of the department ahead of the deadline and at it, then the quality department."""
        if self.state not in CLOCK_STATES:
            return
        company = self.company_id
        quality = company._itss_get_quality_user()
        head = self._get_head_user()
        deadline = self._get_morning(self.date_deadline + timedelta(days=1), quality)
        yield Alarm(
            WARNED,
            deadline - timedelta(days=company.itss_reminder_days),
            head,
            lambda env: env._("Nonconformity to be corrected soon"),
        )
        yield Alarm(LEADER_TOLD, deadline, head, lambda env: env._("Nonconformity late"))
        yield Alarm(
            QUALITY_TOLD,
            deadline + timedelta(days=company.itss_improvement_escalation_days),
            quality,
            lambda env: env._("Nonconformity still open after a second period"),
        )

    # -------------------------------------------------------------------------
    # Improvements
    # -------------------------------------------------------------------------

    def _is_major_source(self):
        return self.grade == "major"

    def _prepare_improvement_vals(self):
        return {
            **super()._prepare_improvement_vals(),
            "name": self.name,
            "problem": self.facts,
            "kind": "corrective",
            "department_id": self.department_id.id,
            "date_deadline": self.date_deadline,
        }

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    @api.model
    def _get_figure_label(self):
        return self.env._("Nonconformities")

    @api.model
    def _get_figure_domain(self, period):
        rows = self._read_past(
            self._get_raised_domain(period),
            period.end,
            id=SQL("id"),
            counts=self._get_counted(period),
        )
        return Domain("id", "in", [row["id"] for row in rows if row["counts"]])

    @api.model
    def _get_counted(self, period):
        """Return the condition of those raised in a period, or still open when it began."""
        return SQL(
            "(state_then != 'withdrawn' AND (state_then != 'closed' OR raised_at >= %(start)s"
            " OR COALESCE(state_since, closed_at) >= %(start)s))",
            start=period.start,
        )

    @api.model
    def _get_raised_domain(self, period):
        """Return the domain of those raised before the end of a period."""
        return Domain("company_id", "=", period.company.id) & Domain("raised_at", "<", period.end)

    @api.model
    def _get_figures(self, period):
        counted = self._get_counted(period)
        counts = self._count_past(
            self._get_raised_domain(period),
            period.end,
            total=counted,
            closed=SQL("%s AND state_then = 'closed'", counted),
            major=SQL("%s AND grade = 'major'", counted),
            raised=SQL("%s AND raised_at >= %s", counted, period.start),
            late=SQL(
                "%s AND state_then != 'closed' AND date_deadline_then < %s", counted, period.as_of
            ),
        )
        total, closed, raised = counts["total"], counts["closed"], counts["raised"]
        major, late = counts["major"], counts["late"]
        return {
            "nonconformities": [
                Figure(self.env._("Nonconformities raised"), raised),
                Figure(self.env._("Nonconformities open from before"), total - raised),
                Figure.part(self.env._("Major nonconformities"), major, total),
                Figure.part(self.env._("Nonconformities closed"), closed, total),
                Figure.part(self.env._("Open nonconformities that are late"), late, total - closed),
            ]
        }

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="records")
    def action_raise(self):
        """Hand the nonconformity to the audited side.

        :raise UserError: something is missing, or the audit is not in progress
        :raise AccessError: not the auditor of the line
        """
        return self.write({"state": "raised"})

    @public(on="records")
    def action_confirm(self):
        """Confirm as audited side that the facts are right (受审方确认).

        :raise UserError: wrong state
        :raise AccessError: the user does not belong to the audited department
        """
        return self.write({"state": "confirmed"})

    @public(on="record")
    def action_dispute(self):
        """Ask why and dispute the nonconformity as audited side.

        :return: window action of the dialog
        """
        return self._action_ask_reason("disputed", self.env._("Dispute"))

    @public(on="record")
    def action_uphold(self):
        """Ask why and uphold a disputed nonconformity, as management representative.

        :return: window action of the dialog
        """
        return self._action_ask_reason("confirmed", self.env._("Uphold"))

    @public(on="record")
    def action_withdraw(self):
        """Ask why and withdraw a disputed nonconformity, as management representative.

        :return: window action of the dialog
        """
        return self._action_ask_reason("withdrawn", self.env._("Withdraw"))

    @public(on="records")
    def action_close(self):
        """Close the nonconformity: its measures are verified.

        :raise UserError: a measure is not verified, there is none, or the user is the audited side
        :raise AccessError: neither auditor nor quality department
        """
        return self.write({"state": "closed"})
