from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...models.callback.itss_callback import OUTCOMES
from ...tools.public import public

HISTORY = 5
STARS = [(str(stars), f"{stars} ★") for stars in range(1, 6)]
POINTS_PER_STAR = 20


class ItssCallbackCall(models.TransientModel):
    """The dialog of a call: its outcome, and what the customer says to each open callback.

    One more of them, without an outcome of its own, stands for each other callback of the same
    contact. The same fields serve the quality department's corrections.
    """

    _name = "itss.callback.call"
    _description = "Call"
    _inherit = ["itss.guard.mixin"]

    callback_id = fields.Many2one("itss.callback", required=True, readonly=True, ondelete="cascade")
    parent_id = fields.Many2one("itss.callback.call", readonly=True, ondelete="cascade")
    other_ids = fields.One2many(
        "itss.callback.call", "parent_id", string="Other Callbacks of This Contact"
    )
    is_correction = fields.Boolean(readonly=True)
    reason = fields.Char(string="Reason for the Correction")

    outcome = fields.Selection(OUTCOMES, default="reached", required=True)
    is_solved = fields.Selection([("yes", "Solved"), ("no", "Not solved")], string="Is it solved?")
    stars = fields.Selection(
        STARS,
        string="How satisfied?",
        help="From one star, very dissatisfied, to five, very satisfied.",
    )
    score = fields.Char(
        help="0 to 100. Follows the stars; enter a number when the customer gives one.",
    )
    comment = fields.Text()
    next_call = fields.Datetime(string="Call Again on")

    contact_name = fields.Char(related="callback_id.contact_name")
    customer_id = fields.Many2one(related="callback_id.customer_id")
    phone = fields.Char(related="callback_id.phone")
    email = fields.Char(related="callback_id.email")
    ticket_number = fields.Char(related="callback_id.ticket_number")
    ticket_name = fields.Char(related="callback_id.ticket_name")
    ticket_summary = fields.Text(related="callback_id.ticket_summary")
    engineer_id = fields.Many2one(related="callback_id.engineer_id")
    resolved_at = fields.Datetime(related="callback_id.resolved_at")
    time_left = fields.Char(related="callback_id.time_left")
    is_overdue = fields.Boolean(related="callback_id.is_overdue")
    failed_attempts = fields.Integer(related="callback_id.failed_attempts")
    script = fields.Text(compute="_compute_script")
    history_ids = fields.Many2many(
        "itss.callback", string="Last Callbacks of This Customer", compute="_compute_history_ids"
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("callback_id")
    def _compute_script(self):
        for call in self:
            callback = call.callback_id
            script = call._get_script()
            for key, value in {
                "customer": callback.customer_id.name,
                "contact": callback.contact_name or callback.customer_id.name,
                "ticket": f"{callback.ticket_number} {callback.ticket_name}",
                "engineer": callback.engineer_id.name,
                "agent": self.env.user.name,
                "company": callback.company_id.name,
            }.items():
                script = script.replace(f"{{{key}}}", value or "")
            call.script = script

    def _get_script(self):
        """Return what the agent says, with the names to be filled in."""
        return self.callback_id.company_id.itss_callback_script or self._get_default_script()

    @api.model
    def _get_default_script(self):
        return self.env._(
            "Hello, {contact}. This is {agent} of the service desk of {company}. "
            "I am calling about your ticket {ticket}.\n"
            "1. Has the engineer really solved the problem?\n"
            "2. How satisfied are you with the service, from one star to five?\n"
            "3. Is there anything we should do better?\n"
            "Thank you for your time."
        )

    @api.depends("callback_id")
    def _compute_history_ids(self):
        for call in self:
            callback = call.callback_id
            of_customer = [
                ("customer_id", "=", callback.customer_id.id),
                ("state", "=", "done"),
                ("id", "!=", callback.id),
            ]
            call.history_ids = callback.search(
                of_customer if callback.customer_id else Domain.FALSE,
                order="done_at desc",
                limit=HISTORY,
            )

    # -------------------------------------------------------------------------
    # ONCHANGE
    # -------------------------------------------------------------------------

    @api.onchange("stars")
    def _onchange_stars(self):
        if self.stars:
            self.score = str(int(self.stars) * POINTS_PER_STAR)

    @api.onchange("score")
    def _onchange_score(self):
        # the number counts; stars that say something else would mislead
        if self.stars and self.score != str(int(self.stars) * POINTS_PER_STAR):
            self.stars = False

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("callback_id")
    def _check_callback(self):
        # what the dialog shows is for those who may see the callback; constraints run as superuser
        self.callback_id.sudo(False).check_access("read")

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    @api.model
    def _take(self, callback):
        """Take a callback, and what else the same contact is to be asked, for the current user.

        :param callback: an ``itss.callback`` that was checked and locked
        :return: the dialog's record
        """
        others = callback._get_same_contact()
        (callback | others)._claim()
        return self.create(
            {
                "callback_id": callback.id,
                "other_ids": [Command.create({"callback_id": other.id}) for other in others],
            }
        )

    @api.model
    def _correct(self, callback):
        callback._check_correction("…")
        stars = int(callback.score) // POINTS_PER_STAR
        return self.create(
            {
                "callback_id": callback.id,
                "is_correction": True,
                "is_solved": callback.is_solved,
                "stars": str(stars)
                if stars and stars * POINTS_PER_STAR == callback.score
                else False,
                "score": f"{callback.score:g}",
                "comment": callback.comment,
            }
        )

    def _get_dialog(self):
        self.ensure_one()
        view = "correct" if self.is_correction else "form"
        title = self.env._("Correct Callback") if self.is_correction else self.env._("Call")
        return {
            "type": "ir.actions.act_window",
            "name": f"{title} · {self.callback_id.display_name}",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref(f"itss_quality.itss_callback_call_view_{view}").id, "form")],
            "target": "new",
        }

    def _read_score(self):
        """Return the score as a number, or ``None`` when nothing was entered."""
        text = (self.score or "").strip()
        if not text:
            return None
        try:
            return float(text)
        except ValueError:
            raise UserError(
                self.env._("“%(score)s” is no score: enter a number from 0 to 100.", score=text)
            )

    def _record(self):
        """Record the outcome with every callback the call was about."""
        self.ensure_one()
        for call in self | self.other_ids:
            verdict = {"is_solved": call.is_solved or None, "score": call._read_score()}
            is_asked = call == self or any(value is not None for value in verdict.values())
            if self.outcome != "reached":
                # nobody was asked; each of them has been tried
                call.callback_id.register_attempt(
                    self.outcome,
                    comment=self.comment,
                    next_call=self.next_call if self.outcome == "call_later" else None,
                )
            elif is_asked:
                call.callback_id.register_attempt("reached", comment=call.comment, **verdict)
        self._release()

    def _release(self):
        """Give back what was taken and not settled."""
        callbacks = (self | self.other_ids).callback_id
        mine = callbacks.filtered(lambda callback: callback.claimed_by_id == self.env.user)
        mine.sudo().write(callbacks._get_release_vals())

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_save(self):
        """Record the call and close the dialog.

        :raise UserError: an answer is missing, or somebody else recorded the call meanwhile
        """
        self._record()
        return {"type": "ir.actions.act_window_close"}

    @public(on="record")
    def action_save_next(self):
        """Record the call and take the next one, which is with the same contact while they talk.

        :return: window action of the next dialog, or a notification when no call is left
        :raise UserError: an answer is missing, or somebody else recorded the call meanwhile
        """
        self._record()
        left = self.other_ids.callback_id.filtered("can_call")
        if self.outcome == "reached" and left:
            return left[0].action_call()
        return self.env["itss.callback"].action_next_call()

    @public(on="record")
    def action_release(self):
        """Close the dialog and let others take the call."""
        self._release()
        return {"type": "ir.actions.act_window_close"}

    @public(on="record")
    def action_correct(self):
        """Correct the finished callback.

        :raise UserError: no reason, or an answer is out of range
        """
        self.callback_id.correct(
            self.reason,
            is_solved=self.is_solved,
            score=self._read_score(),
            comment=self.comment or "",
        )
        return {"type": "ir.actions.act_window_close"}
