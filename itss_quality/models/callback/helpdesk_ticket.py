from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import email_normalize, html2plaintext

from ...tools.batches import run_batches
from ...tools.durations import get_midnight
from .itss_callback import OPEN_STATES

# what a write may contain that makes a ticket solved, or unsolved
STAGE_FIELDS = {"stage_id", "team_id", "user_id", "duplicate_id"}
SUMMARY_LENGTH = 600
WATERMARK = "itss_quality.reconciled_until"


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

    # the reconciling action looks only at what was written since its last run
    _itss_write_date_index = models.Index("(write_date)")

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
        now = fields.Datetime.now()
        solved = tickets.filtered(lambda ticket: ticket._itss_is_solved())
        # an imported ticket brings along when it was solved
        solved._itss_open_callbacks(lambda ticket: min(ticket.closed_date or now, now))
        return tickets

    def write(self, vals):
        if STAGE_FIELDS.isdisjoint(vals):
            return super().write(vals)
        solved_before = self.filtered(lambda ticket: ticket._itss_is_solved())
        result = super().write(vals)
        # the stage may follow the team, by its stored compute
        solved = self.filtered(lambda ticket: ticket._itss_is_solved())
        (solved - solved_before)._itss_open_callbacks()
        (solved_before - solved)._itss_cancel_callbacks()
        return result

    def unlink(self):
        # whoever may delete the ticket need not see its callbacks
        self.sudo().itss_callback_ids._cancel(self.env._("The ticket was deleted."))
        return super().unlink()

    # -------------------------------------------------------------------------
    # What callbacks ask of tickets
    # -------------------------------------------------------------------------

    def _itss_is_solved(self):
        """Whether the customer is to be called back, as the ticket stands now."""
        ticket = self.sudo()
        return ticket.stage_id.itss_callback_required and not ticket.duplicate_id

    def _itss_open_callbacks(self, resolved_at=None):
        """Open a callback for each of these solved tickets (plan 6.3).

        :param resolved_at: function from a ticket to the time it was solved (UTC); now by default
        """
        now = fields.Datetime.now()
        vals_list = []
        for ticket in self.sudo():
            moment = resolved_at(ticket) if resolved_at else now
            since = ticket.company_id.itss_callback_since
            if not ticket.team_id.itss_callback_exempt and not (since and moment < since):
                vals_list.append(ticket._itss_prepare_callback_vals(moment))
        self.env["itss.callback"].sudo()._open(vals_list)

    def _itss_prepare_callback_vals(self, resolved_at):
        """Return who is to be called about what, as it is at this moment."""
        partner = self.partner_id
        customer = partner.commercial_partner_id
        engineer = self.user_id
        if not engineer or engineer._is_superuser():
            # without an assigned engineer (or with OdooBot, who gets the tickets that come in by
            # mail), whoever closed it solved it
            engineer = self.env.user.filtered(
                lambda user: user._is_internal() and not user._is_superuser()
            )
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
            "resolved_at": resolved_at,
        }

    def _itss_cancel_callbacks(self):
        """Cancel the open callbacks of tickets that are not, or no longer, solved."""
        for ticket in self.sudo():
            ticket.itss_callback_ids._cancel(ticket._itss_get_cancel_reason())

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
        if stage and ticket._itss_is_solved():
            ticket.stage_id = stage
        author = self.env.user.partner_id
        if callback.channel == "link":
            author = callback.partner_id or self.env.ref("base.partner_root")
        ticket.message_post(body=body, subtype_xmlid="mail.mt_note", author_id=author.id)

    def _itss_get_summary(self):
        """Return what the customer reported, as plain text of a few lines."""
        text = html2plaintext(self.description or "").strip()
        return text if len(text) <= SUMMARY_LENGTH else f"{text[:SUMMARY_LENGTH]}…"

    @api.model
    def _itss_get_unsolved_domain(self):
        """Return the domain of the tickets that are not, or no longer, to be called back."""
        # in SQL a comparison with a field of no stage is never true
        unsolved = Domain("stage_id", "=", False)
        unsolved |= Domain("stage_id.itss_callback_required", "!=", True)
        return unsolved | Domain("duplicate_id", "!=", False)

    # -------------------------------------------------------------------------
    # What surveys ask of tickets
    # -------------------------------------------------------------------------

    @api.model
    def _itss_count_by_contact(self, company, date_from, date_to):
        """Return who had tickets in a period, in one grouped query (plan 6.3: 运维服务客户).

        :param company: ``res.company``
        :param date date_from: first day, as the user counts days
        :param date date_to: last day
        :return: list of ``(res.partner, number of tickets)``
        """
        tickets = self.sudo().with_context(active_test=False)
        return tickets._read_group(
            [
                ("company_id", "=", company.id),
                ("partner_id", "!=", False),
                ("create_date", ">=", get_midnight(self.env, date_from)),
                ("create_date", "<", get_midnight(self.env, date_to + timedelta(days=1))),
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
        solved = ~self._itss_get_unsolved_domain()
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
        resolved_at = {}
        for ticket in self:
            moment = ticket._itss_find_solution(previous.get(ticket.id), changes.get(ticket.id))
            # an old ticket that was merely edited since is no solution of these days
            if moment and (ticket.id > last_id or moment >= since):
                resolved_at[ticket.id] = moment
        self.browse(resolved_at)._itss_open_callbacks(lambda ticket: resolved_at[ticket.id])

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

    def _itss_find_solution(self, previous, change):
        """Return when this solved ticket was solved without a callback; ``None`` when it was not.

        :param previous: its last callback, or ``None``
        :param change: its last noted change of stage, or ``None``
        """
        now = fields.Datetime.now()
        noted_at = change and change.mail_message_id.date
        # it was seen to go elsewhere, and is here: nobody saw it come
        unseen = change and change.new_value_integer != self.stage_id.id
        if previous and previous.state in OPEN_STATES:
            return None
        if previous and previous.state != "cancelled":
            if not unseen or previous.resolved_at > noted_at:
                return None
        if unseen or previous:
            known = max(filter(None, (noted_at, previous and previous.write_date)))
            return self.write_date if self.write_date and known < self.write_date <= now else now
        came_from = self.stage_id.browse(change and change.old_value_integer)
        if came_from.exists().itss_callback_required:
            return None
        traces = (noted_at, self.closed_date, self.last_stage_update, self.write_date)
        return next((min(trace, now) for trace in traces if trace), now)

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
        self._itss_write_watermark(fields.Datetime.now(), newest or 0)

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_itss_view_callbacks(self):
        """Open the callbacks of the ticket, or the only one.

        :return: window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("itss_quality.itss_callback_action")
        action.update(domain=[("ticket_id", "=", self.id)], context={})
        if self.itss_callback_count == 1:
            action.update(views=[(False, "form")], res_id=self.itss_callback_id.id)
        return action
