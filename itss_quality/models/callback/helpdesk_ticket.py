from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize, html2plaintext

from ...tools.batches import run_batches
from ...tools.durations import get_midnight
from ...tools.public import public
from .helpdesk_ticket_stage import ENDINGS
from .itss_callback import OPEN_STATES

GROUP_MANAGER = "helpdesk_mgmt.group_helpdesk_manager"
# what a write may contain that makes a ticket solved, or unsolved
STAGE_FIELDS = {"stage_id", "team_id", "user_id", "duplicate_id"}
# what a write may contain that the facts of a ticket go by
FACT_FIELDS = STAGE_FIELDS | {"company_id", "partner_id", "priority"}
# the facts that have a time, and may be what a figure counts
DATED_FACTS = ("itss_responded_at", "itss_response_due", "itss_solution_due", "itss_ended_at")
# what is stamped, and what of it is kept as it was by itss.ticket.past, without "itss_"
PAST_FACTS = (
    "cycle",
    "since",
    "opened_at",
    "response_due",
    "responded_at",
    "solution_due",
    "ended_at",
    "ending",
)
STAMPS = {
    *(f"itss_{name}" for name in PAST_FACTS),
    "itss_duplicate_at",
    "itss_duplicate_until",
    "itss_engineer_id",
    "itss_department_id",
}
# messages that people write
REPLIES = ("comment", "email", "email_outgoing")
SUMMARY_LENGTH = 600
WATERMARK = "itss_quality.reconciled_until"
WORKERS_SINCE = "itss_quality.workers_noted_since"


class Solution(NamedTuple):
    """When a ticket was solved (UTC), and whether others than this server say so."""

    moment: datetime
    is_imported: bool


class Before(NamedTuple):
    """What a ticket said before a write that its facts go by."""

    stage: Any
    user: Any
    team: Any
    company: Any
    customer: Any
    duplicate: Any
    priority: str


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    itss_callback_ids = fields.One2many(
        "itss.callback", "ticket_id", string="Callbacks", groups="base.group_user"
    )
    itss_callback_count = fields.Integer(
        string="Number of Callbacks", compute="_compute_itss_callback", groups="base.group_user"
    )
    itss_callback_id = fields.Many2one(
        "itss.callback",
        string="Last Callback",
        compute="_compute_itss_callback",
        groups="base.group_user",
    )
    itss_callback_state = fields.Selection(
        lambda self: self._itss_get_callback_selection("state"),
        string="Callback",
        compute="_compute_itss_callback",
        groups="base.group_user",
    )
    itss_callback_solved = fields.Selection(
        lambda self: self._itss_get_callback_selection("is_solved"),
        string="Solved?",
        compute="_compute_itss_callback",
        groups="base.group_user",
    )
    itss_callback_score = fields.Float(
        string="Satisfaction", compute="_compute_itss_callback", groups="base.group_user"
    )
    # in a table of its own: what is tracked depends on the context of whoever writes
    itss_worker_ids = fields.Many2many(
        "res.users",
        "itss_ticket_worker_rel",
        "ticket_id",
        "user_id",
        string="Worked on It",
        copy=False,
        context={"active_test": False},
        groups=fields.NO_ACCESS,
    )

    # Facts that figures count, each stamped in the write by which it happens. What was so before the
    # last change that matters to them is kept by itss.ticket.past
    itss_cycle = fields.Integer(
        string="Opened How Often", aggregator=None, copy=False, groups=fields.NO_ACCESS
    )
    itss_since = fields.Datetime(string="So Since", copy=False, groups=fields.NO_ACCESS)
    itss_opened_at = fields.Datetime(string="Opened on", copy=False, groups=fields.NO_ACCESS)
    itss_response_due = fields.Datetime(string="Response Due", copy=False, groups=fields.NO_ACCESS)
    itss_responded_at = fields.Datetime(
        string="First Response", copy=False, groups=fields.NO_ACCESS
    )
    itss_solution_due = fields.Datetime(string="Solution Due", copy=False, groups=fields.NO_ACCESS)
    itss_ended_at = fields.Datetime(string="Ended on", copy=False, groups=fields.NO_ACCESS)
    # nothing when it is not known how: an import, or a stage that doesn't say
    itss_ending = fields.Selection(ENDINGS, string="Ended as", copy=False, groups=fields.NO_ACCESS)
    itss_duplicate_at = fields.Datetime(
        string="Marked as Duplicate on", copy=False, groups=fields.NO_ACCESS
    )
    itss_duplicate_until = fields.Datetime(
        string="Marked as Duplicate until", copy=False, groups=fields.NO_ACCESS
    )
    itss_engineer_id = fields.Many2one(
        "res.users", string="Engineer", copy=False, groups=fields.NO_ACCESS
    )
    itss_department_id = fields.Many2one(
        "hr.department", string="Engineer's Department", copy=False, groups=fields.NO_ACCESS
    )

    # the reconciling action looks only at what was written since its last run
    _itss_write_date_index = models.Index("(write_date)")
    # figures of a period read what lies in it
    _itss_opened_at_index = models.Index("(itss_opened_at) WHERE itss_opened_at IS NOT NULL")
    _itss_response_due_index = models.Index(
        "(itss_response_due) WHERE itss_response_due IS NOT NULL"
    )
    _itss_solution_due_index = models.Index(
        "(itss_solution_due) WHERE itss_solution_due IS NOT NULL"
    )
    _itss_ended_at_index = models.Index("(itss_ended_at) WHERE itss_ended_at IS NOT NULL")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("itss_callback_ids")
    @api.depends_context("uid")
    def _compute_itss_callback(self):
        groups = self.env["itss.callback"]._read_group(
            [("ticket_id", "in", self.ids)], ["ticket_id"], ["id:max", "__count"]
        )
        found = {ticket.id: (last, count) for ticket, last, count in groups}
        # read together, not one by one
        shown = [last for last, _count in found.values()]
        for ticket in self:
            last, count = found.get(ticket._origin.id, (False, 0))
            callback = self.env["itss.callback"].browse(last).with_prefetch(shown)
            ticket.itss_callback_id = callback
            ticket.itss_callback_count = count
            ticket.itss_callback_state = callback.state
            ticket.itss_callback_solved = callback.is_solved
            ticket.itss_callback_score = callback.score

    @api.model
    def _itss_get_callback_selection(self, name):
        return self.env["itss.callback"]._fields[name]._description_selection(self.env)

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        tickets = super().create(vals_list)
        tickets._itss_start_facts()
        solved = tickets.filtered(lambda ticket: ticket._itss_is_solved())
        if solved:
            solved._itss_note_workers({}, solved)
            # an imported ticket brings along when it was solved
            solved._itss_open_callbacks(
                {ticket.id: Solution(ticket.closed_date, True) for ticket in solved}
            )
        return tickets

    def write(self, vals):
        if FACT_FIELDS.isdisjoint(vals):
            return super().write(vals)
        before = {ticket.id: ticket._itss_read_before() for ticket in self.sudo()}
        if STAGE_FIELDS.isdisjoint(vals):
            result = super().write(vals)
            self._itss_follow_facts(before)
            return result
        solved_before = self._itss_filter_solved()
        result = super().write(vals)
        # the stage may follow the team, by its stored compute
        self._itss_follow_facts(before)
        solved = self._itss_filter_solved()
        self._itss_note_workers(before, solved - solved_before)
        (solved - solved_before)._itss_open_callbacks()
        (solved_before - solved)._itss_cancel_callbacks(self.env.user)
        (solved & solved_before)._itss_follow_solved(before)
        return result

    def unlink(self):
        # whoever may delete the ticket need not see its callbacks
        self.sudo().itss_callback_ids._cancel(self.env._("The ticket was deleted."))
        return super().unlink()

    # -------------------------------------------------------------------------
    # Facts that figures count
    # -------------------------------------------------------------------------

    def _itss_get_person(self):
        """Return the user who does this, if it is one of ours: no customer, and not the system."""
        return self.env.user.filtered(lambda user: user._is_internal() and not user._is_superuser())

    def _itss_get_agreed_hours(self):
        """Return the agreed hours that are in force for the ticket as it is (superuser mode).

        These are the company's for the ticket's priority.

        :return: hours until the first response, and until the solution; 0 where none are agreed
        """
        return self.company_id._itss_get_ticket_hours(self.priority or "0")

    def _itss_get_dues(self, start):
        """Return until when the ticket is to be responded to, and to be solved.

        :param datetime start: when it was opened, UTC
        """
        company = self.company_id
        return {
            name: company._itss_add_hours(start, hours) if hours else False
            for name, hours in zip(
                ("itss_response_due", "itss_solution_due"),
                self._itss_get_agreed_hours(),
                strict=True,
            )
        }

    def _itss_read_before(self):
        return Before(
            self.stage_id,
            self.user_id,
            self.team_id,
            self.company_id,
            self.commercial_partner_id,
            self.duplicate_id,
            self.priority,
        )

    def _itss_start_facts(self):
        """Stamp what is known of new tickets, whatever their values say about it."""
        now = fields.Datetime.now()
        nothing = dict.fromkeys(STAMPS, False)
        stamps = {}
        for ticket in self.sudo():
            vals = {**nothing, "itss_cycle": 1}
            if ticket.duplicate_id:
                vals["itss_duplicate_at"] = now
            if ticket.user_id and not ticket.user_id._is_superuser():
                vals["itss_engineer_id"] = ticket.user_id.id
            is_over = ticket.stage_id._itss_is_over()
            if is_over and ticket.closed_date and ticket.closed_date < now:
                # of what was imported is known when it ended, at most
                vals["itss_ended_at"] = ticket.closed_date
            else:
                vals |= {"itss_since": now, "itss_opened_at": now, **ticket._itss_get_dues(now)}
                if is_over:
                    vals |= ticket._itss_get_end(now)
                    vals["itss_responded_at"] = now if self._itss_get_person() else False
            stamps[ticket] = vals
        self._itss_write_stamps(stamps)

    def _itss_follow_facts(self, before):
        """Stamp what a write has made happen, and keep what was so until then where it counts.

        :param before: {id: ``Before``} of the write
        """
        now = fields.Datetime.now()
        stamps, past = {}, []
        for ticket in self.sudo():
            old = before[ticket.id]
            vals = ticket._itss_get_stamps(old, now)
            if not vals:
                continue
            is_reopened = "itss_opened_at" in vals
            is_counted = ticket._itss_is_counted(old, vals, now)
            if is_counted:
                past.append(ticket._itss_prepare_past(old, now, is_reopened))
            if is_counted or is_reopened:
                vals["itss_since"] = now
            stamps[ticket] = vals
        self.env["itss.ticket.past"].sudo().create(past)
        self._itss_write_stamps(stamps)

    def _itss_get_stamps(self, old, now):
        """Return what has happened to the ticket by a write.

        :param old: ``Before`` of it
        :return: values; ``itss_since`` alone when it only passed into other hands
        """
        vals = {}
        if self.user_id != old.user:
            engineer = self.user_id.filtered(lambda user: not user._is_superuser())
            vals["itss_engineer_id"] = engineer.id
        if self.stage_id != old.stage:
            vals |= self._itss_get_move(old, now)
        if self.priority != old.priority and not {"itss_opened_at", "itss_ended_at"} & vals.keys():
            vals |= self._itss_get_moved_dues(now)
        if self._itss_is_taken_up(old, vals):
            vals |= {"itss_responded_at": now, **self._itss_get_worker(vals)}
        if self.duplicate_id != old.duplicate:
            # who marks it anew starts anew
            vals["itss_duplicate_until"] = now if not self.duplicate_id else False
            if self.duplicate_id:
                vals["itss_duplicate_at"] = now
        if self._itss_has_moved(old):
            vals.setdefault("itss_since", self.itss_since)
        return vals

    def _itss_get_move(self, old, now):
        """Return what a move to another stage makes happen: the ticket ends, otherwise, or is open again."""
        was_over = self.itss_ended_at or old.stage._itss_is_over()
        if not self.stage_id._itss_is_over():
            return self._itss_get_opening(now) if was_over else {}
        if not was_over:
            return self._itss_get_end(now)
        ending = self.stage_id._itss_get_ending()
        if self.itss_ended_at and ending and ending != self.itss_ending:
            return {"itss_ended_at": now, "itss_ending": ending}
        return {}

    def _itss_get_end(self, now):
        vals = {"itss_ended_at": now, "itss_ending": self.stage_id._itss_get_ending()}
        return {**vals, **self._itss_get_worker(vals)}

    def _itss_get_worker(self, vals):
        """Return who works on the ticket: whoever takes up, or ends, what nobody is assigned to."""
        person = self._itss_get_person()
        if not person or self.user_id or "itss_engineer_id" in vals:
            return {}
        return {"itss_engineer_id": person.id} if person != self.itss_engineer_id else {}

    def _itss_get_opening(self, now):
        return {
            "itss_cycle": (self.itss_cycle or 1) + 1,
            "itss_opened_at": now,
            "itss_responded_at": False,
            "itss_ended_at": False,
            "itss_ending": False,
            **self._itss_get_dues(now),
        }

    def _itss_get_moved_dues(self, now):
        """Return the deadlines that go with another priority; what has passed, or was kept, stays.

        A deadline that would have passed already counts from now on, and is no later than it was.
        """
        vals, late = {}, None
        for name, due in self._itss_get_dues(self.itss_opened_at or now).items():
            is_kept = self.itss_ended_at or (name == "itss_response_due" and self.itss_responded_at)
            if not self.itss_opened_at or is_kept or (self[name] and self[name] <= now):
                continue
            if due and due < now:
                late = late or self._itss_get_dues(now)
                due = min(late[name], self[name] or late[name])
            vals[name] = due
        return vals

    def _itss_is_taken_up(self, old, vals):
        """Whether a write is the first response to the ticket: one of ours moves it on, or assigns it.

        Who opens it, the first time or again, has not responded by that.
        """
        if self.itss_responded_at or self.itss_ended_at or not self.itss_opened_at:
            return False
        if "itss_opened_at" in vals or not self._itss_get_person():
            return False
        is_moved = self.stage_id != old.stage and not self.stage_id.unattended
        return is_moved or bool(vals.get("itss_engineer_id"))

    def _itss_has_moved(self, old):
        """Whether a write has put the ticket on another team's, company's or customer's account."""
        hands = (self.team_id, self.company_id, self.commercial_partner_id)
        return hands != (old.team, old.company, old.customer)

    def _itss_is_counted(self, old, vals, now):
        """Whether figures may count something of the ticket as it was until a write."""
        if "itss_opened_at" in vals or self._itss_has_moved(old):
            return bool(self.itss_opened_at or self.itss_ended_at)
        is_changed = "itss_engineer_id" in vals or (self.itss_ended_at and "itss_ending" in vals)
        since = self.itss_since
        return is_changed and any(
            moment and moment < now and not (since and moment < since)
            for moment in (self[name] for name in DATED_FACTS)
        )

    def _itss_prepare_past(self, old, now, is_reopened):
        """Return what is kept of the ticket as it was.

        :param bool is_reopened: it was so to the end: nothing of it holds later
        """
        return {
            "ticket_id": self.id,
            "company_id": old.company.id,
            "team_id": old.team.id,
            "customer_id": old.customer.id,
            "until": not is_reopened and now,
            **{name: self[f"itss_{name}"] for name in PAST_FACTS},
            "engineer_id": self.itss_engineer_id.id,
            "department_id": self.itss_department_id.id,
        }

    @api.model
    def _itss_write_stamps(self, stamps):
        """Write stamps, in the update that follows anyway (superuser mode).

        :param stamps: dict of values by ticket
        """
        users = {vals["itss_engineer_id"] for vals in stamps.values() if "itss_engineer_id" in vals}
        users = self.env["res.users"].browse(users - {False})
        departments = users._itss_get_departments()
        groups = defaultdict(list)
        for ticket, vals in stamps.items():
            if "itss_engineer_id" in vals:
                key = (vals["itss_engineer_id"], ticket.company_id.id)
                vals["itss_department_id"] = departments.get(key, False)
            groups[frozenset(vals.items())].append(ticket.id)
        # nobody sees them: there is nothing to track
        tickets = self.sudo().with_context(tracking_disable=True)
        for vals, ids in groups.items():
            tickets.browse(ids).write(dict(vals))

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        if self and not self._is_notification_scheduled(kwargs.get("scheduled_date")):
            self.sudo()._itss_note_reply(message.sudo(), recipients)
        return recipients

    def _itss_note_reply(self, message, recipients):
        """Stamp the first response if it is a message of one of ours that the customer gets.

        :param recipients: as ``_notify_thread`` returns them
        """
        if (
            message.message_type not in REPLIES
            or message.is_internal
            or message.subtype_id.internal
        ):
            return
        if self.itss_responded_at or self.itss_ended_at or not self.itss_opened_at:
            return
        authors = message.author_id.user_ids
        if not any(user._is_internal() and not user._is_superuser() for user in authors):
            return
        readers = self.env["res.partner"].browse(one["id"] for one in recipients if one["id"])
        if self.commercial_partner_id in readers.commercial_partner_id or email_normalize(
            self.partner_email
        ) in readers.mapped("email_normalized"):
            self._itss_write_stamps({self: {"itss_responded_at": fields.Datetime.now()}})

    # -------------------------------------------------------------------------
    # What callbacks ask of tickets
    # -------------------------------------------------------------------------

    def _itss_is_solved(self, stage=None):
        """Whether the customer is to be called back, as the ticket stands now.

        :param stage: in which it was solved: there it stays solved, whatever is called back after now
        """
        ticket = self.sudo()
        is_solved = ticket.stage_id.itss_callback_required or (stage and ticket.stage_id == stage)
        return bool(is_solved and not ticket.duplicate_id)

    def _itss_filter_solved(self):
        """Return those that stand solved: where that is called back after, or was when they came."""
        solved = self.filtered(lambda ticket: ticket._itss_is_solved())
        doubtful = (self - solved).filtered(
            lambda ticket: ticket.sudo().stage_id.itss_callback_switched_at
        )
        if doubtful:
            callbacks = self.env["itss.callback"].sudo()
            callbacks = callbacks.search(
                [("ticket_id", "in", doubtful.ids), ("state", "!=", "cancelled")]
            )
            still = callbacks.filtered(lambda callback: callback._is_current()).ticket_id
            solved |= doubtful.filtered(lambda ticket: ticket.id in still.ids)
        return solved

    def _itss_open_callbacks(self, solutions=None):
        """Open a callback for each of these solved tickets (plan 6.3).

        :param solutions: {id of a ticket: ``Solution``}; all solved now by default
        """
        now = fields.Datetime.now()
        # whoever manages the helpdesk imports what was before callbacks were made
        imports = self.env.su or self.env.user.has_group(GROUP_MANAGER)
        vals_list = []
        for ticket in self.sudo():
            moment, is_imported = solutions[ticket.id] if solutions else (now, False)
            if not moment or moment >= now:
                # nothing is solved in the future
                moment, is_imported = now, False
            since = ticket.company_id.itss_callback_since
            judged_at = moment if imports else now
            if not ticket.team_id._itss_was_on(judged_at) and not (since and judged_at < since):
                vals = ticket._itss_prepare_callback_vals(moment)
                vals_list.append({**vals, "is_resolved_imported": is_imported})
        self.env["itss.callback"].sudo()._open(vals_list)

    def _itss_prepare_callback_vals(self, resolved_at):
        """Return who is to be called about what, as it is at this moment."""
        partner = self.partner_id
        customer = partner.commercial_partner_id
        engineer = self.user_id
        if not engineer or engineer._is_superuser():
            # without an assigned engineer (or with OdooBot, who gets the tickets that come in by
            # mail), whoever closed it solved it
            engineer = self._itss_get_person()
        return {
            "ticket_id": self.id,
            "ticket_number": self.number,
            "ticket_name": self.name,
            "company_id": self.company_id.id,
            "partner_id": partner.id,
            "customer_id": customer.id,
            "contact_name": self.partner_name or partner.name,
            "phone": partner.phone or customer.phone,
            "email": email_normalize(self.partner_email or partner.email or customer.email or ""),
            "engineer_id": engineer.id,
            "team_id": self.team_id.id,
            "solved_stage_id": self.stage_id.id,
            "resolved_at": resolved_at,
        }

    def _itss_cancel_callbacks(self, user):
        """Cancel the open callbacks of tickets that are not, or no longer, solved.

        :param user: ``res.users`` who moved the tickets; none when that is not known
        """
        for ticket in self.sudo():
            ticket.itss_callback_ids._cancel(ticket._itss_get_cancel_reason(), user)

    def _itss_follow_solved(self, before):
        """Let the callbacks of tickets that stay solved know where they stand now.

        An agent through whose hands the ticket went meanwhile has to leave the call to others.

        :param before: {id: ``Before``} of the write
        """
        touched = self.sudo().filtered(
            lambda ticket: (ticket.stage_id, ticket.user_id) != before[ticket.id][:2]
        )
        if not touched:
            return
        callbacks = self.env["itss.callback"].sudo()
        callbacks = callbacks.search(
            [("ticket_id", "in", touched.ids), ("state", "!=", "cancelled")]
        )
        for callback in callbacks:
            stage = before[callback.ticket_id.id].stage
            if callback.solved_stage_id == stage != callback.ticket_id.stage_id:
                callback.solved_stage_id = callback.ticket_id.stage_id
        callbacks._release_partial()

    def _itss_note_workers(self, before, solved):
        """Note whose hands these tickets went through: who had them, has them now, and moved them.

        Who registers a ticket for others, or gives it to somebody, does not work on it. For old
        ones solved now, what Odoo noted before this was counted is added, in the same query.

        :param before: {id: ``Before``} of the write; nothing for new tickets
        :param solved: those of them solved now
        """
        nothing = (self.env["helpdesk.ticket.stage"], self.env["res.users"])
        hands = set()
        for ticket in self.sudo():
            stage, user = before.get(ticket.id, nothing)[:2]
            workers = user | ticket.user_id
            if ticket.stage_id != stage:
                workers |= self.env.user
            hands |= {(ticket.id, user_id) for user_id in workers.ids if user_id != SUPERUSER_ID}
        since = self.env["ir.config_parameter"].sudo().get_param(WORKERS_SINCE) or ""
        to_string = fields.Datetime.to_string
        # what was imported by SQL may not say when
        old = solved.sudo().filtered(lambda one: (to_string(one.create_date) or "") < since)
        self._itss_add_workers(hands, old)

    @api.model
    def _itss_add_workers(self, hands, tickets):
        """Add users to those who worked on tickets.

        :param hands: set of (id of a ticket, id of a user)
        :param tickets: for which the noted changes of user and stage are read as well
        """
        sources = []
        if hands:
            pairs = SQL(", ").join(SQL("(%s, %s)", *pair) for pair in sorted(hands))
            sources.append(SQL("VALUES %s", pairs))
        if tickets:
            sources.append(tickets._itss_select_noted_workers())
        if sources:
            self.env.execute_query(
                SQL(
                    "INSERT INTO itss_ticket_worker_rel (ticket_id, user_id) (%s)"
                    " ON CONFLICT DO NOTHING RETURNING ticket_id",
                    SQL(" UNION ").join(sources),
                )
            )
            self.invalidate_model(["itss_worker_ids"], flush=False)
            self.env["itss.callback"].invalidate_model(["worker_ids"], flush=False)

    def _itss_select_noted_workers(self):
        """Return the query of who had, or moved, these tickets by the changes that Odoo noted."""
        get_field = self.env["ir.model.fields"]._get
        stage, user = (get_field(self._name, name).id for name in ("stage_id", "user_id"))
        return SQL(
            """
            SELECT message.res_id, worker.id
              FROM mail_message AS message
              JOIN mail_tracking_value AS change ON change.mail_message_id = message.id
             CROSS JOIN LATERAL (
                    VALUES (%(stage)s, message.create_uid),
                           (%(user)s, change.old_value_integer),
                           (%(user)s, change.new_value_integer)
                   ) AS hand (field_id, user_id)
              JOIN res_users AS worker ON worker.id = hand.user_id
             WHERE message.model = %(model)s
               AND message.res_id IN %(ids)s
               AND change.field_id = hand.field_id
               AND worker.id != %(nobody)s
            """,
            stage=stage,
            user=user,
            model=self._name,
            ids=tuple(self.ids),
            nobody=SUPERUSER_ID,
        )

    def _itss_get_cancel_reason(self):
        if self.duplicate_id:
            return self.env._("Duplicate of %(ticket)s.", ticket=self.duplicate_id.display_name)
        return self.env._("The ticket went back to “%(stage)s”.", stage=self.stage_id.name)

    def _itss_reopen(self, callback):
        """Take up the work on a ticket again whose customer says that it was not solved.

        :param callback: the finished ``itss.callback`` that says so
        """
        ticket = self.sudo()
        body = Markup("<p>%s</p><p>%s</p>") % (
            self.env._("The customer says that the problem is not solved."),
            callback.comment or "",
        )
        stage = ticket.team_id._itss_get_reopen_stage()
        if stage and ticket._itss_is_solved(callback.solved_stage_id):
            # the customer's word moves it: who took the call has not worked on it
            ticket.with_user(SUPERUSER_ID).stage_id = stage
        author = self.env.user.partner_id
        if callback.channel == "link":
            author = callback.partner_id or self.env.ref("base.partner_root")
        ticket.message_post(body=body, subtype_xmlid="mail.mt_note", author_id=author.id)

    def _itss_get_summary(self):
        """Return what the customer reported, as plain text of a few lines."""
        text = html2plaintext(self.description or "").strip()
        return text if len(text) <= SUMMARY_LENGTH else f"{text[:SUMMARY_LENGTH]}…"

    @api.model
    def _itss_get_left_domain(self):
        """Return the domain of the callbacks whose ticket is not, or no longer, solved as it was."""
        callbacks = self.env["itss.callback"].sudo()
        groups = callbacks._read_group([("state", "in", OPEN_STATES)], ["solved_stage_id"])
        # what is not called back after any more, but was when they were solved there
        former = [stage for [stage] in groups if stage and not stage.itss_callback_required]
        unsolved = Domain("stage_id.itss_callback_required", "!=", True)
        unsolved &= Domain("stage_id", "not in", [stage.id for stage in former])
        # in SQL a comparison with a field of no stage is never true
        unsolved |= Domain("stage_id", "=", False) | Domain("duplicate_id", "!=", False)
        left = Domain("ticket_id", "=", False) | Domain("ticket_id", "any", unsolved)
        for stage in former:
            moved = Domain("ticket_id", "any", [("stage_id", "=", stage.id)])
            left |= moved & Domain("solved_stage_id", "!=", stage.id)
        return left

    # -------------------------------------------------------------------------
    # What surveys ask of tickets
    # -------------------------------------------------------------------------

    @api.model
    def _itss_count_by_contact(self, company, date_from, date_to):
        """Return who had tickets in a period, in one grouped query (plan 6.3: 运维服务客户).

        :param company: ``res.company``
        :param date date_from: first day, as the company counts days
        :param date date_to: last day
        :return: list of ``(res.partner, number of tickets)``
        """
        tickets = self.sudo().with_context(active_test=False)
        return tickets._read_group(
            [
                ("company_id", "=", company.id),
                ("partner_id", "!=", False),
                ("create_date", ">=", get_midnight(company, date_from)),
                ("create_date", "<", get_midnight(company, date_to + timedelta(days=1))),
            ],
            ["partner_id"],
            ["__count"],
        )

    # -------------------------------------------------------------------------
    # Scheduled actions
    # -------------------------------------------------------------------------

    @api.model
    def _cron_itss_reconcile(self):
        """Find solved tickets without a callback, and callbacks of tickets no longer solved.

        Stages changed behind the ORM (imports by SQL, other modules) are found by the tickets
        written, or added, since an hour before the last run that was completed; what lies before
        costs nothing. A change in SQL that leaves ``write_date`` alone is seen on those only.
        Does nothing when every solved ticket has its callback (plan 6.3).
        """
        started = fields.Datetime.now()
        since, last_id = self._itss_read_watermark()
        # a stage that is not called back after any more was, for what was solved until then
        solved = Domain("stage_id.itss_callback_required", "=", True)
        solved |= Domain("stage_id.itss_callback_switched_at", ">=", since)
        solved &= Domain("duplicate_id", "=", False)
        changed = Domain("write_date", ">=", since) | Domain("id", ">", last_id)
        callbacks = self.env["itss.callback"]
        [[newest]] = self.with_context(active_test=False)._read_group([], [], ["id:max"])
        completed = run_batches(
            callbacks, [(callbacks._get_outdated_domain(), lambda batch: batch._cancel_outdated())]
        )
        completed &= run_batches(
            self.with_context(active_test=False),
            [(solved & changed, lambda batch: batch._itss_reconcile(since, last_id))],
        )
        # what somebody else had locked has to be looked at again
        if completed:
            self._itss_write_watermark(started, newest or 0)

    def _itss_reconcile(self, since, last_id):
        """Open the callbacks that these solved tickets lack.

        :param since: start of the last completed run, as far as written tickets are concerned
        :param last_id: the newest ticket that run knew
        """
        groups = self.env["itss.callback"]._read_group(
            [("ticket_id", "in", self.ids)], ["ticket_id"], ["id:recordset"]
        )
        previous = {ticket.id: callbacks.sorted("cycle")[-1] for ticket, callbacks in groups}
        changes = self._itss_read_noted_changes()
        solutions = {}
        for ticket in self:
            last, change = previous.get(ticket.id), changes.get(ticket.id)
            if last and ticket._itss_is_unmoved(last, change):
                last._restore()
                continue
            solution = ticket._itss_find_solution(last, change)
            # an old ticket that was merely edited since is no solution of these days
            if solution and (ticket.id > last_id or solution.moment >= since):
                if ticket.stage_id._itss_was_on(solution.moment):
                    solutions[ticket.id] = solution
        solved = self.browse(solutions)
        solved._itss_note_workers({}, solved)
        solved._itss_open_callbacks(solutions)

    def _itss_read_noted_changes(self):
        """Return the last noted change of each ticket's stage: ``mail.tracking.value`` by ticket id."""
        field = self.env["ir.model.fields"]._get(self._name, "stage_id")
        changes = self.env["mail.tracking.value"].search(
            [
                ("field_id", "=", field.id),
                ("mail_message_id.model", "=", self._name),
                ("mail_message_id.res_id", "in", self.ids),
            ],
            order="id",
        )
        return {change.mail_message_id.res_id: change for change in changes}

    def _itss_is_unmoved(self, previous, change):
        """Whether nobody moved this solved ticket, whose last callback was cancelled by nobody.

        :param previous: its last callback
        :param change: its last noted change of stage, or ``None``
        """
        if previous.state != "cancelled" or previous.cancelled_by_id or not change:
            return False
        is_here = change.new_value_integer == self.stage_id.id
        is_here &= self._itss_is_solved(previous.solved_stage_id)
        traces = (change.mail_message_id.date, self.closed_date, self.last_stage_update)
        return is_here and not any(trace and trace > previous.cancelled_at for trace in traces)

    def _itss_find_solution(self, previous, change):
        """Return when this solved ticket was solved without a callback; ``None`` when it was not.

        :param previous: its last callback, or ``None``
        :param change: its last noted change of stage, or ``None``
        :return: ``Solution``
        """
        noted_at = change and change.mail_message_id.date
        # it was seen to go elsewhere, and is here: nobody saw it come
        unseen = change and change.new_value_integer != self.stage_id.id
        if previous and previous.state in OPEN_STATES:
            return None
        if previous and previous.state != "cancelled":
            if not unseen or previous.resolved_at > noted_at:
                return None
        if unseen or previous:
            known = previous and (previous.cancelled_at or previous.resolved_at)
            if noted_at and not unseen and noted_at > known:
                return Solution(noted_at, False)
            return self._itss_read_traces(max(filter(None, (noted_at, known))))
        came_from = self.stage_id.browse(change and change.old_value_integer)
        if came_from.exists().itss_callback_required:
            return None
        return Solution(noted_at, False) if noted_at else self._itss_read_traces()

    def _itss_read_traces(self, known=None):
        """Return when this ticket was solved by what stands in it; now when nothing later does.

        :param known: what is noted up to here is no trace of it
        :return: ``Solution``
        """
        now = fields.Datetime.now()
        for trace in (self.closed_date, self.last_stage_update, self.write_date):
            if trace and (not known or known < trace <= now):
                return Solution(min(trace, now), True)
        return Solution(now, False)

    def _itss_read_watermark(self):
        parameters = self.env["ir.config_parameter"].sudo()
        moment, comma, last_id = (parameters.get_param(WATERMARK) or "").partition(",")
        if not comma:
            return fields.Datetime.now() - timedelta(days=1), 0
        # a transaction that was under way during the last run may have been committed after it
        return fields.Datetime.to_datetime(moment) - timedelta(hours=1), int(last_id)

    def _itss_write_watermark(self, moment, last_id):
        value = f"{fields.Datetime.to_string(moment)},{last_id}"
        self.env["ir.config_parameter"].sudo().set_param(WATERMARK, value)

    @api.model
    def _itss_start_reconciling(self):
        """Take the tickets there are for reconciled (called once, at install)."""
        [[newest]] = self.with_context(active_test=False)._read_group([], [], ["id:max"])
        now = fields.Datetime.now()
        self._itss_write_watermark(now, newest or 0)
        self._itss_start_noting_workers(now)

    @api.model
    def _itss_start_noting_workers(self, moment):
        """Take note that whose hands tickets go through is counted from this moment on."""
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param(WORKERS_SINCE, fields.Datetime.to_string(moment))

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_itss_view_callbacks(self):
        """Open the callbacks of the ticket, or the only one.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("itss_quality.itss_callback_action")
        action.update(domain=[("ticket_id", "=", self.id)], context={})
        if self.itss_callback_count == 1:
            action.update(views=[(False, "form")], res_id=self.itss_callback_id.id)
        return action
