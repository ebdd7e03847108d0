from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.batches import run_batches
from .itss_todo_mixin import TODO

WARNED, LEADER_TOLD, QUALITY_TOLD = 1, 2, 3


class ItssEscalationMixin(models.AbstractModel):
    """Clock that tells people at set times that something is due, each once.

    One stored time, ``escalate_at``, says when the next one has to know; the model that inherits
    says who that is and what is told. It has ``company_id``, activities and a chatter.
    """

    _name = "itss.escalation.mixin"
    _description = "Escalation"
    _inherit = ["itss.todo.mixin"]

    # levels that are told to one person only, and leave no note
    _quiet_levels: tuple[int, ...] = ()

    escalation_level = fields.Integer(readonly=True, copy=False, default=0, aggregator=None)
    escalate_at = fields.Datetime(string="Next Escalation", readonly=True, copy=False)

    # -------------------------------------------------------------------------
    # Hooks
    # -------------------------------------------------------------------------

    @api.model
    def _get_clock_domain(self):
        """Return the domain of the records whose clock runs."""
        raise NotImplementedError

    def _get_clock_deadline(self):
        """Return the deadline that is watched (UTC)."""
        raise NotImplementedError

    def _get_clock_hours(self):
        """Return how long before the deadline is warned, and how long after it the quality
        department is told, in hours."""
        raise NotImplementedError

    def _get_clock_user(self, level):
        """Return whom to warn, or tell at the deadline; empty: the quality department."""
        raise NotImplementedError

    def _get_escalation_summary(self, level):
        """Return what is told at a level, in the language of the environment."""
        raise NotImplementedError

    def _shift_clock(self, moment, hours):
        """Return a time some hours after (negative: before) another, as the clock counts hours."""
        return self.company_id._itss_add_hours(moment, hours)

    # -------------------------------------------------------------------------
    # The clock of a deadline; a model may have another one
    # -------------------------------------------------------------------------

    def _start_clock(self):
        """Let the clock of the deadline begin anew (superuser mode)."""
        for record in self:
            warning, _second = record._get_clock_hours()
            deadline = record._get_clock_deadline()
            record.write(
                {
                    "escalation_level": 0,
                    "escalate_at": record._shift_clock(deadline, -warning),
                }
            )

    def _get_escalation(self, now):
        """Return the level that is due and the user to tell (superuser mode)."""
        level = self.escalation_level + 1
        if level == WARNED and now >= self._get_clock_deadline():
            level = LEADER_TOLD
        user = self._get_clock_user(level) if level < QUALITY_TOLD else None
        return level, user or self.company_id._itss_get_quality_user()

    def _get_next_escalation(self, level):
        """Return when the level after this one is due (UTC), or ``False``."""
        if level == WARNED:
            return self._get_clock_deadline()
        if level == LEADER_TOLD:
            _warning, second = self._get_clock_hours()
            return self._shift_clock(self._get_clock_deadline(), second)
        return False

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    @api.model
    def _cron_escalate(self):
        """Tell whoever has to know by now, each once; a run that was missed is made up for."""
        domain = self._get_clock_domain() & Domain("escalate_at", "<=", fields.Datetime.now())
        run_batches(self, [(domain, lambda batch: batch._escalate())], size=500)

    def _escalate(self):
        """Tell whoever has to know by now, and note when the next one has to."""
        now = fields.Datetime.now()
        todo = self
        while todo:
            told = defaultdict(self.browse)
            for record in todo:
                told[record._get_escalation(now)] |= record
            for (level, user), records in told.items():
                records._tell(level, user)
            # whoever was not told in time is told now
            todo = todo.filtered(lambda record: record.escalate_at and record.escalate_at <= now)

    def _tell(self, level, user):
        records = self.with_context(
            lang=user.lang, tracking_disable=True, mail_activity_quick_update=True
        )
        for record in records:
            record.write(
                {"escalation_level": level, "escalate_at": record._get_next_escalation(level)}
            )
        summary = records._get_escalation_summary(level)
        if user:
            records.activity_schedule(TODO, summary=summary, user_id=user.id)
        if level not in self._quiet_levels:
            words = f"{summary} → {user.name or '—'}"
            records._message_log_batch(bodies=dict.fromkeys(records.ids, words))
