from collections import defaultdict
from datetime import datetime, timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import plaintext2html

from ...tools.batches import run_batches
from ...tools.durations import format_minutes
from ...tools.figures import Figure, say_target
from ...tools.indicators import COMPANY, Ask, Count
from ...tools.public import public
from ...tools.typed_text import normalize_email
from ..core.itss_escalation_mixin import LEADER_TOLD, QUALITY_TOLD, WARNED, Alarm
from ..core.itss_link_mixin import ADDRESS_STAMPS

GROUP_SERVICE_DESK = "itss_quality.group_itss_service_desk"
GROUP_QUALITY = "itss_quality.group_itss_quality"
OPEN_STATES = ("pending", "link_sent")
OUTCOMES = [
    ("reached", "Reached"),
    ("no_answer", "No answer"),
    ("busy", "Busy"),
    ("wrong_number", "Wrong number"),
    ("refused", "Refused to answer"),
    ("call_later", "Call later"),
]
CONTACT_FIELDS = ("contact_name", "phone", "email")
FAILED_OUTCOMES = ("no_answer", "busy", "wrong_number")
# how long a call stays with the agent who took it
CLAIM_MINUTES = 15
# how long a customer who did not answer is left alone
RETRY_MINUTES = 30


class ItssCallback(models.Model):
    """Callback (回访, plan 6.3): was the problem solved, and is the customer satisfied?

    One per resolution of a ticket. Its verdict comes in through :meth:`register_attempt` or the
    customer's own link, and by no other way.
    """

    _name = "itss.callback"
    _description = "Callback"
    _inherit = [
        "itss.workflow.mixin",
        "itss.escalation.mixin",
        "itss.improvement.source.mixin",
        "itss.figure.mixin",
        "itss.link.mixin",
        "mail.thread",
    ]
    _order = "deadline, id"
    _rec_names_search = ["ticket_number", "contact_name", "customer_id.name"]
    _figure_topics = {"objectives": 20, "processes": 20, "feedback": 20}
    _dated_fields = ("is_solved", "score")

    # what a callback is about, the most telling one first
    _subject_fields = ("ticket_id",)
    _mail_post_access = "read"
    _link_path = "/itss/callback"
    _clock_fields = ("state", "deadline")
    _quiet_levels = _passing_levels = (WARNED,)
    _initial_state = "pending"
    # no user writes the state: an attempt, an answer, the ticket or the clock changes it
    _transitions = {}
    _locked_states = ("done", "unreachable", "cancelled")
    _locked_fields = ("user_id", *CONTACT_FIELDS)
    _stamp_fields = (
        "ticket_id",
        "ticket_number",
        "ticket_name",
        "cycle",
        "company_id",
        "partner_id",
        "customer_id",
        "engineer_id",
        "team_id",
        "resolved_at",
        "is_resolved_imported",
        "solved_stage_id",
        "deadline",
        "attempt_ids",
        "failed_attempts",
        "last_outcome",
        "phone_wrong",
        "next_call",
        "is_solved",
        "score",
        "comment",
        "channel",
        "done_at",
        "is_on_time",
        "corrected_at",
        "cancelled_at",
        "cancelled_by_id",
        "cancel_reason",
        "is_cancelled_late",
        "escalation_level",
        "claimed_by_id",
        "claimed_until",
        "link_sent_at",
        "link_reminded_at",
        "link_mail_id",
        "answer_ip",
        "answer_user_agent",
        "escalate_at",
        *ADDRESS_STAMPS,
    )

    # about what
    ticket_id = fields.Many2one("helpdesk.ticket", index=True, readonly=True, ondelete="set null")
    ticket_number = fields.Char(readonly=True)
    ticket_name = fields.Char(string="Ticket Title", readonly=True)
    ticket_summary = fields.Text(compute="_compute_ticket_summary")
    cycle = fields.Integer(
        string="Resolution No.",
        default=1,
        required=True,
        readonly=True,
        aggregator=None,
        help="2 when the ticket was reopened once and solved again.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    engineer_id = fields.Many2one("res.users", readonly=True, index=True)
    team_id = fields.Many2one("helpdesk.ticket.team", readonly=True, index="btree_not_null")
    worker_ids = fields.Many2many(
        "res.users",
        string="Worked on It",
        compute="_compute_worker_ids",
        compute_sudo=True,
        help="Whoever had, or moved, the ticket, by any of their users: somebody else asks the customer.",
    )
    resolved_at = fields.Datetime(string="Solved on", required=True, readonly=True, index=True)
    is_resolved_imported = fields.Boolean(
        string="Time Imported",
        readonly=True,
        help="An import said when the ticket was solved; it was not noted when it happened.",
    )
    # where the ticket stays solved, whatever is called back after by now
    solved_stage_id = fields.Many2one(
        "helpdesk.ticket.stage", string="Solved in Stage", readonly=True
    )

    # whom
    partner_id = fields.Many2one(
        "res.partner", string="Contact", readonly=True, index="btree_not_null"
    )
    customer_id = fields.Many2one("res.partner", readonly=True, index="btree_not_null")
    contact_name = fields.Char(tracking=True)
    phone = fields.Char(tracking=True)
    email = fields.Char(tracking=True)
    phone_wrong = fields.Boolean(
        string="Wrong Number", readonly=True, help="An agent found that the number is wrong."
    )
    is_contact_missing = fields.Boolean(
        string="Missing Contact Data",
        compute="_compute_is_contact_missing",
        search="_search_is_contact_missing",
        help="There is neither a phone number that works nor an e-mail address.",
    )

    # who calls, until when
    user_id = fields.Many2one(
        "res.users",
        string="Agent",
        domain="[('share', '=', False), ('company_ids', 'in', company_id), ('id', 'not in', worker_ids)]",
        tracking=True,
        index="btree_not_null",
    )
    deadline = fields.Datetime(required=True, readonly=True)
    next_call = fields.Datetime(
        string="Call Again on",
        readonly=True,
        help="When the customer asked to be called, or half an hour after nobody answered.",
    )
    time_left = fields.Char(compute="_compute_time_left")
    is_overdue = fields.Boolean(
        string="Overdue", compute="_compute_time_left", search="_search_is_overdue"
    )
    is_due_soon = fields.Boolean(
        string="Due Soon", compute="_compute_time_left", search="_search_is_due_soon"
    )
    # the agent is warned before the deadline, the team leader told at the deadline and the quality
    # department a second period later (plan 6.3)
    escalation_level = fields.Integer(
        help="1: the agent was warned; 2: the team leader was told; 3: the quality department was told."
    )
    # not read-only for the ORM, so that it takes what was worked out for all that were solved together
    escalate_at = fields.Datetime(
        compute="_compute_escalate_at", store=True, precompute=True, readonly=False
    )
    claimed_by_id = fields.Many2one("res.users", string="On the Phone", readonly=True)
    claimed_until = fields.Datetime(readonly=True)
    attempt_ids = fields.One2many("itss.callback.attempt", "callback_id", readonly=True)
    failed_attempts = fields.Integer(readonly=True, aggregator=None)
    last_outcome = fields.Selection(OUTCOMES, readonly=True)

    # the verdicts
    state = fields.Selection(
        [
            ("pending", "To Call"),
            ("link_sent", "Link Sent"),
            ("done", "Done"),
            ("unreachable", "Unreachable"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="pending",
        required=True,
        readonly=True,
        tracking=True,
    )
    is_solved = fields.Selection(
        [("yes", "Solved"), ("no", "Not solved")], string="Solved?", readonly=True
    )
    score = fields.Float(
        string="Satisfaction",
        readonly=True,
        aggregator="avg",
        help="0 to 100, as the customer said.",
    )
    comment = fields.Text(string="Customer's Comment", readonly=True)
    channel = fields.Selection([("phone", "Phone"), ("link", "Link")], readonly=True)
    done_at = fields.Datetime(string="Called Back on", readonly=True)
    is_on_time = fields.Boolean(
        string="On Time by the Agreed Deadline",
        readonly=True,
        help="The verdict was there before the deadline that the company has set.",
    )
    corrected_at = fields.Datetime(string="Corrected on", readonly=True)

    # the reset, by which the ticket went on without a call
    cancelled_at = fields.Datetime(string="Reset on", readonly=True)
    cancelled_by_id = fields.Many2one(
        "res.users",
        string="Reset by",
        readonly=True,
        help="Empty when a scheduled action found that the ticket was moved.",
    )
    cancel_reason = fields.Text(string="Reason of the Reset", readonly=True)
    is_cancelled_late = fields.Boolean(
        string="Reset Late",
        readonly=True,
        help="Reset after its deadline: it stays due and late.",
    )

    # the link
    link_sent_at = fields.Datetime(readonly=True)
    link_reminded_at = fields.Datetime(readonly=True)
    link_mail_id = fields.Many2one(
        "mail.mail", readonly=True, groups="base.group_system", index="btree_not_null"
    )
    link_error = fields.Char(
        compute="_compute_link_error", help="Why the mail with the link could not be delivered."
    )
    answer_ip = fields.Char(string="Answered from", readonly=True)
    answer_user_agent = fields.Char(string="Browser", readonly=True)

    can_call = fields.Boolean(compute="_compute_can_steps")
    can_correct = fields.Boolean(compute="_compute_can_steps")

    _open_unique = models.UniqueIndex(
        "(ticket_id) WHERE state IN ('pending', 'link_sent')",
        "This ticket has an open callback already.",
    )
    _cycle_unique = models.UniqueIndex(
        "(ticket_id, cycle)", "This resolution of the ticket has a callback already."
    )
    _queue_index = models.Index("(deadline, id) WHERE state IN ('pending', 'link_sent')")
    # figures of a period read what lies in it
    _deadline_index = models.Index("(deadline)")
    _done_at_index = models.Index("(done_at) WHERE done_at IS NOT NULL")
    _agent_index = models.Index("(user_id) WHERE state IN ('pending', 'link_sent')")
    _fatigue_index = models.Index("(email, link_sent_at) WHERE link_sent_at IS NOT NULL")
    _score_range = models.Constraint(
        "CHECK(score >= 0 AND score <= 100)", "A score lies between 0 and 100."
    )
    _verdict_complete = models.Constraint(
        "CHECK(state != 'done' OR (is_solved IS NOT NULL AND score IS NOT NULL AND done_at IS NOT NULL))",
        "A finished callback has both verdicts: solved or not, and the score.",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("ticket_number", "contact_name", "customer_id")
    def _compute_display_name(self):
        for callback in self:
            parts = (callback.ticket_number, callback.contact_name or callback.customer_id.name)
            callback.display_name = " · ".join(filter(None, parts))

    @api.depends("engineer_id", "ticket_id")
    def _compute_worker_ids(self):
        # what was not saved tells of no ticket
        workers = {callback: callback._origin._get_workers() for callback in self}
        people = self.env["res.users"].union(*workers.values())._itss_get_people()
        for callback, users in workers.items():
            users = users.union(*(people[user] for user in users))
            # a customer who closed the ticket has not worked on it
            callback.worker_ids = users.filtered(lambda user: not user.share)

    def _compute_ticket_summary(self):
        for callback in self:
            # whoever sees the callback has to know what it is about
            ticket = callback.ticket_id.sudo()
            callback.ticket_summary = ticket._itss_get_summary() if ticket else ""

    @api.depends("phone", "phone_wrong", "email", "state")
    def _compute_is_contact_missing(self):
        for callback in self:
            callback.is_contact_missing = (
                callback.state in OPEN_STATES and not callback._has_phone() and not callback.email
            )

    def _search_is_contact_missing(self, operator, value):
        if operator != "in":
            return NotImplemented
        no_phone = Domain("phone", "=", False) | Domain("phone_wrong", "=", True)
        missing = Domain("state", "in", OPEN_STATES) & no_phone & Domain("email", "=", False)
        return missing if True in value else ~missing

    @api.depends("deadline", "state")
    def _compute_time_left(self):
        now = fields.Datetime.now()
        for callback in self:
            is_open = callback.state in OPEN_STATES and bool(callback.deadline)
            minutes = (callback.deadline - now).total_seconds() / 60 if is_open else 0
            soon = callback.company_id.itss_callback_warning_hours * 60
            callback.is_overdue = is_open and minutes < 0
            callback.is_due_soon = is_open and 0 <= minutes <= soon
            callback.time_left = format_minutes(self.env, minutes) if is_open else ""

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        overdue = Domain("state", "in", OPEN_STATES)
        overdue &= Domain("deadline", "<", fields.Datetime.now())
        return overdue if True in value else ~overdue

    def _search_is_due_soon(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        soon = Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("deadline", "<=", now + timedelta(hours=company.itss_callback_warning_hours))
            for company in self.env.companies
        )
        soon &= Domain("state", "in", OPEN_STATES) & Domain("deadline", ">=", now)
        return soon if True in value else ~soon

    def _compute_link_error(self):
        for callback in self:
            # the mail is deleted once it was delivered
            mail = callback.sudo().link_mail_id
            callback.link_error = mail.failure_reason if mail.state == "exception" else False

    @api.depends("state", "worker_ids", "claimed_by_id", "claimed_until")
    @api.depends_context("uid")
    def _compute_can_steps(self):
        is_agent = self.env.user.has_group(GROUP_SERVICE_DESK)
        is_quality = self.env.user.has_group(GROUP_QUALITY)
        for callback in self:
            is_other = not callback._is_partial(self.env.user)
            is_caller = (is_agent or is_quality) and callback._is_caller(self.env.user)
            callback.can_call = is_caller and is_other and callback.state in OPEN_STATES
            callback.can_correct = is_quality and is_other and callback.state == "done"

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("user_id", "company_id")
    def _check_agent(self):
        self._check_colleagues("user_id")
        for callback in self:
            if callback.user_id and callback._is_partial(callback.user_id):
                raise callback._get_partial_refusal(callback.user_id)
            if callback.user_id:
                callback._check_caller_role(callback.user_id)

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    def write(self, vals):
        vals = normalize_email(self.env, vals)
        if not self.env.su and not set(self._locked_fields).isdisjoint(vals):
            self.check_access("write")
            for callback in self:
                callback._check_caller_role(self.env.user)
                if not set(CONTACT_FIELDS).isdisjoint(vals):
                    # whom the customer is reached by is not for who is asked about
                    callback._check_impartial()
        result = super().write(vals)
        if "phone" in vals and not self.env.su:
            self.sudo().filtered("phone_wrong").phone_wrong = False
        return result

    # -------------------------------------------------------------------------
    # Opening and cancelling
    # -------------------------------------------------------------------------

    @api.model
    def _open(self, vals_list):
        """Open the callbacks of resolutions, with deadline and cycle (superuser mode).

        :param vals_list: dicts as ``helpdesk.ticket._itss_prepare_callback_vals`` returns them
        :return: the new callbacks
        """
        if not vals_list:
            return self
        cycles = self._close_previous(vals_list)
        clocks = {}
        for vals in vals_list:
            vals["cycle"] = cycles[self._get_subject(vals)] + 1
            key = (vals["company_id"], vals["resolved_at"])
            if key not in clocks:
                clocks[key] = self._prepare_clock_vals(*key)
            vals.update(clocks[key])
        return self.with_context(tracking_disable=True).create(vals_list)

    @api.model
    def _get_subject(self, vals):
        """Return what a callback with these values is about: the field and the id."""
        field = next(name for name in self._subject_fields if vals.get(name))
        return field, vals[field]

    @api.model
    def _close_previous(self, vals_list):
        """Cancel open callbacks of the same subjects.

        :return: how many each subject has had, by :meth:`_get_subject`
        """
        cycles = defaultdict(int)
        for field in self._subject_fields:
            subjects = (self._get_subject(vals) for vals in vals_list)
            ids = [subject_id for name, subject_id in subjects if name == field]
            if not ids:
                continue
            groups = self._read_group(
                [(field, "in", ids)], [field, "state"], ["cycle:max", "id:recordset"]
            )
            for subject, state, cycle, callbacks in groups:
                key = (field, subject.id)
                cycles[key] = max(cycles[key], cycle)
                if state in OPEN_STATES:
                    # who moved it in between was not seen
                    nobody = self.env["res.users"]
                    callbacks._cancel(self.env._("The ticket was solved anew."), nobody)
                    # the database allows one open callback, and would see the new one first
                    callbacks.flush_recordset(["state"])
        return cycles

    @api.model
    def _prepare_clock_vals(self, company_id, resolved_at):
        """Return the deadline and the first alarm, worked out once for what was solved together."""
        company = self.env["res.company"].browse(company_id)
        deadline = company._itss_add_hours(resolved_at, company.itss_callback_hours)
        return {
            "deadline": deadline,
            "escalate_at": self._get_warning(company, deadline, resolved_at),
        }

    @api.model
    def _get_warning(self, company, deadline, resolved_at):
        warning = company._itss_add_hours(deadline, -company.itss_callback_warning_hours)
        return max(warning, resolved_at)

    def _cancel(self, reason, user=None):
        """Cancel those that are open, with a reason that stays (superuser mode).

        What is late by now stays due and late: the reset takes nothing back.

        :param user: ``res.users`` who brings it about; none when that is not known, the current one
            by default
        """
        callbacks = self.filtered(lambda callback: callback.state in OPEN_STATES)
        if not callbacks:
            return
        now = fields.Datetime.now()
        user = self.env.user if user is None else user
        for is_late, group in callbacks.grouped(lambda one: one.deadline < now).items():
            group.write(
                {
                    "state": "cancelled",
                    "cancelled_at": now,
                    "cancelled_by_id": user.id if user.id != SUPERUSER_ID else False,
                    "cancel_reason": reason,
                    "is_cancelled_late": is_late,
                    **self._get_release_vals(),
                }
            )
        callbacks._stop_asking()

    def _restore(self):
        """Open again what was cancelled though nobody had moved its ticket (superuser mode).

        It is the same resolution: cycle, time of solution and deadline stay.
        """
        for callback in self:
            callback.write(
                {
                    "state": "link_sent" if callback.link_sent_at else "pending",
                    "cancelled_at": False,
                    "cancel_reason": False,
                    "is_cancelled_late": False,
                }
            )
            callback = callback._in_company_language()
            callback._message_log(
                body=callback.env._("Open again: its ticket had not been moved by anybody.")
            )

    def _is_current(self):
        """Whether the subject is still as solved as when the callback was opened."""
        self.ensure_one()
        ticket = self.sudo().ticket_id
        return bool(ticket) and ticket._itss_is_solved(self.sudo().solved_stage_id)

    @api.model
    def _get_outdated_domain(self):
        """Return the domain of open callbacks whose subject is not solved any more."""
        left = self.env["helpdesk.ticket"]._itss_get_left_domain()
        return Domain("state", "in", OPEN_STATES) & left

    @api.model
    def _get_ticket_domain(self):
        """Return the domain of the callbacks that are about tickets: ledger and analysis count these."""
        return Domain.TRUE

    def _cancel_outdated(self):
        """Cancel open callbacks whose subject is not solved any more (superuser mode).

        Whoever finds that is not who did it.
        """
        nobody = self.env["res.users"]
        for callback in self:
            if callback.ticket_id:
                callback.ticket_id._itss_cancel_callbacks(nobody)
            else:
                callback._cancel(self.env._("The ticket was deleted."), nobody)

    # -------------------------------------------------------------------------
    # Calling
    # -------------------------------------------------------------------------

    def _has_phone(self):
        return bool(self.phone and not self.phone_wrong)

    def _get_workers(self):
        """Return who had a part in what the customer is asked about (superuser mode).

        Who only registered the ticket, or gave it to somebody, had none.
        """
        return self.engineer_id | self.ticket_id.itss_worker_ids

    def _is_partial(self, user):
        """Whether the user had a part in what the customer is asked about, be it by another user."""
        return user in self.worker_ids

    def _get_partial_refusal(self, user):
        """Return the exception that keeps a user from asking about the own work."""
        return UserError(
            self.env._(
                "%(user)s has worked on the ticket of “%(record)s”: somebody else has to ask the customer.",
                user=user.name,
                record=self.display_name,
            )
        )

    def _check_impartial(self):
        """Raise when the current user had a part in what the customer is asked about."""
        if self._is_partial(self.env.user):
            raise self._get_partial_refusal(self.env.user)

    @api.model
    def _get_impartial_domain(self):
        """Return the domain of the callbacks about what the user had no part in."""
        users = self.env.user._itss_get_people()[self.env.user]
        # whoever calls need not see the tickets
        tickets = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        tickets = tickets._search([("itss_worker_ids", "in", users.ids)])
        return Domain("engineer_id", "not in", users.ids) & Domain("ticket_id", "not in", tickets)

    def _release_partial(self):
        """Take open calls from agents who had a part in it meanwhile (superuser mode)."""
        self.filtered(
            lambda one: one.state in OPEN_STATES and one.user_id and one._is_partial(one.user_id)
        ).user_id = False

    def _is_for_quality(self):
        """Whether the quality department alone calls the customer back."""
        return False

    def _is_caller(self, user):
        """Whether the user's role may make this call."""
        return not self._is_for_quality() or user.has_group(GROUP_QUALITY)

    def _check_caller_role(self, user):
        """Raise unless the user's role may make this call.

        :raise AccessError: the quality department alone calls the customer back
        """

    @api.model
    def _get_callable_domain(self):
        """Return the domain of the calls that the user could make now."""
        now = fields.Datetime.now()
        callable_now = Domain("state", "=", "pending") & Domain("phone", "!=", False)
        callable_now &= Domain("phone_wrong", "=", False) & self._get_impartial_domain()
        callable_now &= Domain("next_call", "=", False) | Domain("next_call", "<=", now)
        return callable_now & (
            Domain("claimed_until", "=", False)
            | Domain("claimed_until", "<=", now)
            | Domain("claimed_by_id", "=", self.env.uid)
        )

    def _check_caller(self):
        """Raise unless the user may record what the customer says, and nobody else does so now.

        Locks the callback until the end of the transaction.
        """
        self.ensure_one()
        self.check_access("read")
        self._check_caller_role(self.env.user)
        self._check_impartial()
        self.check_access("write")
        if self.state not in OPEN_STATES:
            raise UserError(
                self.env._(
                    "“%(record)s” is %(state)s: there is nothing left to call about.",
                    record=self.display_name,
                    state=self._get_state_label(self.state),
                )
            )
        # a call under way elsewhere, or one whose row another transaction holds
        free = self.sudo().try_lock_for_update(allow_referencing=True)
        if not free or self._is_claimed_by_other():
            raise UserError(
                self.env._(
                    "%(agent)s is calling “%(record)s” now. Please take another call.",
                    agent=self.claimed_by_id.name or self.env._("Somebody else"),
                    record=self.display_name,
                )
            )

    def _is_claimed_by_other(self):
        self.ensure_one()
        return bool(
            self.claimed_by_id
            and self.claimed_by_id != self.env.user
            and self.claimed_until > fields.Datetime.now()
        )

    def _claim(self):
        """Keep the calls for the current user, for a time."""
        until = fields.Datetime.now() + timedelta(minutes=CLAIM_MINUTES)
        self.sudo().write({"claimed_by_id": self.env.uid, "claimed_until": until})

    def _get_same_contact(self):
        """Return the other open callbacks that one call to the same contact can settle."""
        self.ensure_one()
        contact = Domain("phone", "=", self.phone) if self.phone else Domain.FALSE
        if self.partner_id:
            contact |= Domain("partner_id", "=", self.partner_id.id)
        others = Domain("state", "in", OPEN_STATES) & Domain("id", "!=", self.id)
        others &= Domain("company_id", "=", self.company_id.id) & contact
        others &= self._get_impartial_domain()
        found = self.search(others, limit=10).sudo().try_lock_for_update(allow_referencing=True)
        return found.with_env(self.env).filtered(
            lambda callback: (
                callback._is_current()
                and not callback._is_claimed_by_other()
                and not callback._is_partial(self.env.user)
                and callback._is_caller(self.env.user)
            )
        )

    @api.model
    def _get_release_vals(self):
        return {"claimed_by_id": False, "claimed_until": False}

    @public(on="record")
    def register_attempt(
        self,
        outcome: str,
        is_solved: str | None = None,
        score: float | None = None,
        comment: str | None = None,
        next_call: datetime | None = None,
    ):
        """Record one call to the customer, and what came of it (plan 6.3; 运维部 duty 6).

        :param str outcome: ``reached``, ``no_answer``, ``busy``, ``wrong_number``, ``refused`` or
            ``call_later``
        :param str is_solved: ``yes`` or ``no``; required for ``reached``, else not allowed
        :param float score: satisfaction, 0 to 100; required for ``reached``, else not allowed
        :param str comment: what the customer said, or what the agent notes about the call
        :param next_call: when to call again (UTC, datetime or ``YYYY-MM-DD HH:MM:SS``); required for
            ``call_later``, else not allowed
        :return: the new ``itss.callback.attempt``
        :raise UserError: the values do not fit the outcome, the callback has ended, the ticket is no
            longer solved, another agent has the call, or the user solved the ticket
        :raise AccessError: the user is not of the service desk, or of another company; a major
            complaint is called back by the quality department
        """
        self._check_caller()
        self._check_attempt(outcome, is_solved, score, next_call)
        if not self._is_current():
            raise UserError(
                self.env._(
                    "The ticket of “%(record)s” is not solved any more: the next solution will be called back.",
                    record=self.display_name,
                )
            )
        callback = self.sudo()
        attempt = callback.attempt_ids.create(
            {
                "callback_id": self.id,
                "user_id": self.env.uid,
                "outcome": outcome,
                "note": comment,
                "next_call": next_call,
            }
        )
        callback.write(
            {
                # the call is theirs who made it
                "user_id": self.env.uid,
                "last_outcome": outcome,
                # who did not answer just now is not the next one to call
                "next_call": next_call or self._get_retry_time(outcome),
                **self._get_release_vals(),
            }
        )
        if outcome == "reached":
            callback._finish(is_solved, score, comment, "phone")
        elif outcome == "refused":
            callback._give_up()
        elif outcome in FAILED_OUTCOMES:
            callback._count_failure(outcome)
        return attempt.with_env(self.env)

    def _check_attempt(self, outcome, is_solved, score, next_call):
        if outcome not in [code for code, _label in OUTCOMES]:
            raise UserError(self.env._("“%(outcome)s” is no outcome of a call.", outcome=outcome))
        if outcome == "reached":
            self._check_verdict(is_solved, score)
        elif is_solved or score is not None:
            raise UserError(
                self.env._(
                    "Only a customer who was reached can say whether it is solved, and how satisfied."
                )
            )
        if outcome == "call_later" and not (next_call and next_call > fields.Datetime.now()):
            raise UserError(self.env._("Please say when to call again: a time still to come."))
        if next_call and outcome != "call_later":
            raise UserError(self.env._("A time to call again goes with the outcome “Call later”."))

    def _check_verdict(self, is_solved, score):
        if is_solved not in ("yes", "no"):
            raise UserError(self.env._("Please ask whether the problem is solved."))
        if score is None or not 0 <= score <= 100:
            raise UserError(self.env._("Please ask how satisfied the customer is: 0 to 100."))

    def _get_retry_time(self, outcome):
        if outcome not in ("no_answer", "busy"):
            return False
        return fields.Datetime.now() + timedelta(minutes=RETRY_MINUTES)

    def _count_failure(self, outcome):
        """Count a failed attempt; without an address for the link the last one ends the callback."""
        self.failed_attempts += 1
        if outcome == "wrong_number":
            self.phone_wrong = True
        if self.failed_attempts >= self.company_id.itss_callback_attempts and not (
            self.email or self.is_contact_missing
        ):
            self._give_up()

    def _give_up(self):
        """End callbacks without a verdict (superuser mode)."""
        self.write({"state": "unreachable", "is_on_time": False, **self._get_release_vals()})
        self._stop_asking()

    def _finish(self, is_solved, score, comment, channel, **answer):
        """End the callback with the customer's verdicts and do what follows (superuser mode)."""
        self.ensure_one()
        now = fields.Datetime.now()
        self.write(
            {
                "state": "done",
                "is_solved": is_solved,
                "score": score,
                "comment": comment,
                "channel": channel,
                "done_at": now,
                "is_on_time": now <= self.deadline,
                **self._get_release_vals(),
                **answer,
            }
        )
        self._stop_asking()
        self._follow_up(is_solved == "no", score < self.company_id.itss_callback_threshold)

    def _follow_up(self, is_unsolved, is_dissatisfied):
        """Do what the customer's verdicts call for: reopen the ticket (superuser mode)."""
        if is_unsolved and self.ticket_id:
            self.ticket_id._itss_reopen(self)

    @public(on="record")
    def correct(
        self,
        reason: str | None,
        is_solved: str | None = None,
        score: float | None = None,
        comment: str | None = None,
    ):
        """Correct what was recorded; the old values stay in the chatter.

        :param str reason: why, required
        :param str is_solved: ``yes`` or ``no``; unchanged when ``None``
        :param float score: 0 to 100; unchanged when ``None``
        :param str comment: unchanged when ``None``
        :raise UserError: no reason, no finished callback, or values out of range
        :raise AccessError: the user is not of the quality department
        """
        self._check_correction(reason)
        old = self.sudo()
        new = {
            "is_solved": old.is_solved if is_solved is None else is_solved,
            "score": old.score if score is None else score,
            "comment": old.comment if comment is None else comment,
        }
        self._check_verdict(new["is_solved"], new["score"])
        changes = [
            f"{label}: {before} → {after}"
            for label, before, after in self._get_changes(new)
            if before != after
        ]
        if not changes:
            raise UserError(self.env._("Nothing was changed."))
        threshold = self.company_id.itss_callback_threshold
        is_unsolved = new["is_solved"] == "no" != old.is_solved and self._is_latest()
        is_dissatisfied = new["score"] < threshold <= old.score
        old.write({**new, "corrected_at": fields.Datetime.now()})
        lines = [self.env._("Corrected: %(reason)s", reason=reason), *changes]
        self.message_post(body=plaintext2html("\n".join(lines)), subtype_xmlid="mail.mt_note")
        old._follow_up(is_unsolved, is_dissatisfied)

    def _check_correction(self, reason):
        self.check_access("read")
        if not self.env.user.has_group(GROUP_QUALITY):
            name = self.env.ref(GROUP_QUALITY).sudo().name
            raise AccessError(
                self.env._("To correct a callback you need the role %(role)s.", role=name)
            )
        self._check_impartial()
        if self.state != "done":
            raise UserError(self.env._("Only a callback that is done can be corrected."))
        if not (reason or "").strip():
            raise UserError(self.env._("Please say why the callback is corrected."))

    def _get_changes(self, new):
        """Return (label, old words, new words) of each verdict."""
        labels = self.fields_get(list(new), ["string", "selection"])
        words = dict(labels["is_solved"]["selection"])

        def say(name, value):
            if name == "is_solved":
                return words[value]
            return value or "—" if name == "comment" else value

        return [
            (labels[name]["string"], say(name, self[name]), say(name, value))
            for name, value in new.items()
        ]

    def _is_latest(self):
        """Whether the ticket was not reopened, nor solved anew, since."""
        newer = self.sudo().search_count(
            [("ticket_id", "=", self.ticket_id.id), ("cycle", ">", self.cycle)], limit=1
        )
        return bool(self.ticket_id) and not newer and self._is_current()

    # -------------------------------------------------------------------------
    # The link
    # -------------------------------------------------------------------------

    def _get_link_refusal(self):
        self.ensure_one()
        if self.state == "done":
            return "used"
        if self.state != "link_sent" or not self._is_current():
            return "cancelled"
        patience = timedelta(days=2 * self.company_id.itss_callback_reminder_days)
        return "expired" if self.link_sent_at + patience <= fields.Datetime.now() else None

    def _answer_by_link(self, is_solved, score, comment, ip, user_agent):
        """Take the customer's answer, once (superuser mode; the caller has checked the token).

        :return: why it was not taken, see :meth:`_get_link_refusal`
        """
        refusal = self._use_link()
        if refusal:
            return refusal
        self._finish(is_solved, score, comment, "link", answer_ip=ip, answer_user_agent=user_agent)
        callback = self._in_company_language()
        callback._message_log(body=callback.env._("The customer answered through the link."))
        return None

    def _send_links(self):
        """Send the link to those whose turn it is; no contact gets two within the time set."""
        self._cancel_outdated_first()
        self._drop_own_addresses()
        now = fields.Datetime.now()
        waiting = self.filtered(lambda callback: callback.state == "pending" and callback.email)
        emails = waiting._lock_emails() | set(waiting._get_lately_linked_emails(now))
        chosen = self.browse()
        for callback in waiting:
            if (callback.company_id.id, callback.email) not in emails:
                emails.add((callback.company_id.id, callback.email))
                chosen |= callback
        chosen._prepare_links()
        chosen.write({"state": "link_sent", "link_sent_at": now})
        chosen._mail_link()

    def _lock_emails(self):
        """Keep these contacts from getting a link by another server at the same time.

        :return: set of (company id, address) that another server is at
        """
        same = [("email", "in", self.mapped("email")), ("state", "in", OPEN_STATES)]
        callbacks = self.search(same)
        busy = callbacks - callbacks.try_lock_for_update(allow_referencing=True)
        return {(callback.company_id.id, callback.email) for callback in busy}

    def _get_lately_linked_emails(self, now):
        """Yield (company id, address) of contacts who got a link within the time set."""
        for company, callbacks in self.grouped("company_id").items():
            since = now - timedelta(days=company.itss_callback_fatigue_days)
            domain = [
                ("email", "in", callbacks.mapped("email")),
                ("link_sent_at", ">", since),
                ("company_id", "=", company.id),
            ]
            for [email] in self._read_group(domain, ["email"]):
                yield company.id, email

    def _remind_of_links(self):
        """Send the one reminder."""
        self._cancel_outdated_first()
        callbacks = self.filtered(lambda callback: callback.state == "link_sent")
        callbacks.link_reminded_at = fields.Datetime.now()
        callbacks._drop_own_addresses()
        callbacks.filtered("email")._mail_link()

    def _cancel_outdated_first(self):
        self.filtered(lambda callback: not callback._is_current())._cancel_outdated()

    def _mail_link(self):
        """Queue the mail with the link, in the contact's language; note it without the link."""
        # as nobody else the links are told, whoever runs the action
        root = self.with_user(SUPERUSER_ID).env
        template = root.ref("itss_quality.itss_callback_link_template")
        # the address of the page stays out of the chatter: it is the customer's alone
        values = {
            "model": False,
            "res_id": False,
            "email_cc": False,
            "recipient_ids": [],
            "itss_is_secret": True,
        }
        mails = template.send_mail_batch(self.ids, email_values=values)
        for callback, mail in zip(self, mails, strict=True):
            # whatever the template says
            mail.email_to = callback.email
            callback.link_mail_id = mail
            callback = callback._in_company_language()
            callback._message_log(
                body=callback.env._("Link sent to %(email)s.", email=callback.email)
            )

    # -------------------------------------------------------------------------
    # Scheduled actions
    # -------------------------------------------------------------------------

    @api.model
    def _cron_assign(self):
        """Give each new callback to the agent with the fewest open ones (plan 6.3).

        Agents on leave are passed over, and the engineer who solved the ticket. The callbacks of
        an agent who has left are given to others.
        """
        nobody = Domain("user_id", "=", False) | Domain("user_id.active", "=", False)
        domain = Domain("state", "in", OPEN_STATES) & nobody
        run_batches(self, [(domain, lambda batch: batch._assign())], size=500)

    def _assign(self):
        groups = self.grouped(lambda one: (one.company_id, one._is_for_quality()))
        for (company, is_for_quality), callbacks in groups.items():
            role = GROUP_QUALITY if is_for_quality else GROUP_SERVICE_DESK
            agents = company._itss_get_agents(role)
            load = dict.fromkeys(agents, 0)
            is_open = [("state", "in", OPEN_STATES), ("user_id", "in", agents.ids)]
            load.update(self._read_group(is_open, ["user_id"], ["__count"]))
            shares = defaultdict(list)
            for callback in callbacks:
                others = [agent for agent in agents if not callback._is_partial(agent)]
                if others:
                    agent = min(others, key=load.get)
                    load[agent] += 1
                    shares[agent].append(callback.id)
            for agent, ids in shares.items():
                self.browse(ids).with_context(tracking_disable=True).user_id = agent

    def _get_alarms(self):
        """The agent before the deadline, the leader at it, the quality department after it."""
        if self.state not in OPEN_STATES:
            return
        company = self.company_id
        leader = self._get_leader()
        yield Alarm(
            WARNED,
            self._get_warning(company, self.deadline, self.resolved_at),
            self.user_id.filtered("active") or leader,
            lambda env: env._("Call the customer back before the deadline"),
        )
        yield Alarm(
            LEADER_TOLD,
            self.deadline,
            leader,
            lambda env: env._("Callback overdue: the customer was not called in time"),
        )
        yield Alarm(
            QUALITY_TOLD,
            company._itss_add_hours(self.deadline, company.itss_callback_escalation_hours),
            self.env["res.users"],
            lambda env: env._("Callback still missing after a second period"),
        )

    def _get_leader(self):
        """Return who answers for those who call; nobody when the quality department itself does."""
        if self._is_for_quality():
            return self.env["res.users"]
        leader = self.team_id.itss_leader_id.filtered("active")
        desk = self.company_id.itss_service_desk_department_id.manager_id.user_id
        return leader or desk.filtered("active")

    @api.model
    def _cron_send_links(self):
        """Go on by mail where the phone does not lead to the customer (plan 6.3: by several ways).

        A personal link after the failed attempts of the company's setting, or at once without a
        phone number; one reminder; then the callback ends as unreachable.
        """
        now = fields.Datetime.now()
        jobs = []
        for [company] in self._read_group([("state", "in", OPEN_STATES)], ["company_id"]):
            patience = now - timedelta(days=company.itss_callback_reminder_days)
            own = Domain("company_id", "=", company.id)
            no_phone = Domain("phone", "=", False) | Domain("phone_wrong", "=", True)
            tried = Domain("failed_attempts", ">=", company.itss_callback_attempts)
            pending = own & Domain("state", "=", "pending") & Domain("email", "!=", False)
            sent = own & Domain("state", "=", "link_sent")
            unanswered = sent & Domain("link_reminded_at", "<=", patience)
            sent &= Domain("link_reminded_at", "=", False) & Domain("link_sent_at", "<=", patience)
            jobs += [
                (pending & (no_phone | tried), lambda batch: batch._send_links()),
                (sent, lambda batch: batch._remind_of_links()),
                (unanswered, lambda batch: batch._give_up()),
            ]
        run_batches(self, jobs, size=50)

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    @api.model
    def _get_figure_label(self):
        return self.env._("Callbacks")

    @api.model
    def _get_figure_domain(self, period):
        due, done = period.get_domain("deadline"), period.get_domain("done_at")
        return (due | done) & self._get_ticket_domain()

    @api.model
    def _get_figures(self, period):
        indicators = self.env["itss.indicator"]
        codes = ("callback_rate", "callback_on_time", "first_solved", "satisfaction_project")
        called, on_time, solved, score = indicators._read_period(period, *codes)
        resets = indicators._count_resets(Ask.about(period))
        reset = resets.get((0, COMPANY, 0), Count())
        satisfaction = Figure(
            self.env._("Satisfaction by callbacks (project level)"),
            score.get_value("score"),
            n=score.n,
        )
        target = say_target(self.env, self._get_satisfaction_target(period))
        return {
            "objectives": [satisfaction._replace(note=target)],
            "processes": [
                Figure(self.env._("Callbacks due"), called.n),
                Figure(self.env._("Called back"), int(called.numerator)),
                on_time.get_part(self.env._("Called back by the agreed deadline")),
                solved.get_part(self.env._("Solved at first")),
                Figure(self.env._("Callbacks reset"), reset.n),
                reset.get_part(self.env._("Reset after their deadline, and late")),
            ],
            "feedback": [satisfaction],
        }

    @api.model
    def _get_satisfaction_target(self, period):
        """Return the target of the plan that is carried out, in the revision of that time."""
        plan = period.plan
        return plan and plan._get_in_force(period)[:1].satisfaction_target

    def _is_dated(self):
        # a verdict counts as it was given; what was corrected later is noted
        return self.state == "done"

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_call(self):
        """Take the call and open the dialog for its outcome.

        :return: window action; a notification when the ticket is not solved any more
        :raise UserError: another agent has it, it has ended, or the user solved the ticket
        :raise AccessError: the quality department alone calls this customer back
        """
        self._check_caller()
        if not self._is_current():
            self.sudo()._cancel_outdated()
            return self._notify(
                self.env._(
                    "“%(record)s” was cancelled: its ticket is not solved any more.",
                    record=self.display_name,
                )
            )
        calls = self.env["itss.callback.call"]._take(self)
        return calls._get_dialog()

    @public(on="model")
    def action_next_call(self):
        """Take the most urgent call that can be made now: one's own, else one that nobody has.

        The button stands above the list: the records it is called on do not matter.

        :return: window action of the dialog; a notification when there is none
        """
        callable_now = self._get_callable_domain()
        for agent in (self.env.uid, False):
            found = self.search(callable_now & Domain("user_id", "=", agent), limit=20)
            outdated = found.filtered(lambda callback: not callback._is_current())
            outdated.sudo()._cancel_outdated()
            left = (found - outdated).filtered(lambda one: not one._is_partial(self.env.user))
            callback = left.sudo().try_lock_for_update(allow_referencing=True, limit=1)
            if callback:
                return callback.with_env(self.env).action_call()
        return self._notify(self.env._("No call is left for you now."), "success")

    @public(on="record")
    def action_open_ticket(self):
        """Open the ticket the callback is about.

        :return: window action
        """
        return self.ticket_id.get_formview_action()

    @public(on="record")
    def action_correct(self):
        """Open the dialog for a correction by the quality department.

        :return: window action
        :raise UserError: the callback is not done
        """
        return self.env["itss.callback.call"]._correct(self)._get_dialog()

    @api.model
    def _notify(self, message, kind="warning"):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": kind,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _prepare_improvement_vals(self):
        return {**super()._prepare_improvement_vals(), "problem": self.comment}
