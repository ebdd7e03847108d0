from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain

from ...tools.batches import run_batches
from ...tools.durations import get_midnight

WARNED, LEADER_TOLD, QUALITY_TOLD = 1, 2, 3


class Alarm(NamedTuple):
    """What somebody is told once a moment has come."""

    level: int
    moment: datetime  # UTC
    user: models.BaseModel  # when empty, the quality department's
    words: Callable[[api.Environment], str]  # as for a to-do
    date_deadline: date | None = None  # of the to-do: today


class ItssEscalationMixin(models.AbstractModel):
    """Clock that tells people at set times that something is due, each once.

    The model that inherits says which alarms a record has, and on which fields they depend. The
    moment of the next one is stored, so that the scheduled action finds what is due; the last one
    that was told is the record's level. The model has ``company_id`` and a chatter.
    """

    _name = "itss.escalation.mixin"
    _description = "Escalation"
    _inherit = ["itss.todo.mixin"]

    # fields whose change sets the clock anew
    _clock_fields: tuple[str, ...] = ()
    # levels that are told to one person only, and leave no note
    _quiet_levels: tuple[int, ...] = ()
    # levels that nobody is told any more when the next one is due as well
    _passing_levels: tuple[int, ...] = ()
    # whether the to-dos are announced by mail
    _mails_alarms = False

    escalation_level = fields.Integer(readonly=True, copy=False, default=0, aggregator=None)
    escalate_at = fields.Datetime(
        string="Next Escalation",
        compute="_compute_escalate_at",
        store=True,
        index="btree_not_null",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends(lambda self: ("escalation_level", *self._clock_fields))
    def _compute_escalate_at(self):
        for record in self:
            record.escalate_at = next((one.moment for one in record._get_alarms_left()), False)

    # -------------------------------------------------------------------------
    # Hooks
    # -------------------------------------------------------------------------

    def _get_alarms(self):
        """Yield the alarms of the record in their order; none while its clock does not run.

        Whoever asks takes no more than needed, so what is costly is best worked out last.
        """
        raise NotImplementedError

    def _note_told(self, user, words):
        """Leave a note on the records of what a user, or nobody, was told."""
        note = f"{words} → {user.name or '—'}"
        self._message_log_batch(bodies=dict.fromkeys(self.ids, note))

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    def _start_clock(self):
        """Let the alarms begin anew (superuser mode)."""
        self.escalation_level = 0

    @api.model
    def _cron_escalate(self):
        """Tell whoever has to know by now, each once; a run that was missed is made up for."""
        due = Domain("escalate_at", "<=", fields.Datetime.now())
        run_batches(self, [(due, lambda batch: batch._escalate())], size=500)

    def _escalate(self):
        """Tell whoever has to know by now."""
        now = fields.Datetime.now()
        todo = self
        while todo:
            for alarm, records in todo._get_due_alarms(now):
                records._tell(alarm)
            # whoever was not told in time is told now
            todo = todo.filtered(lambda record: record.escalate_at and record.escalate_at <= now)

    def _get_due_alarms(self, now):
        """Return pairs of an alarm and the records on which it is due: those it says the same of."""
        alarms, records = {}, defaultdict(self.browse)
        for record in self:
            alarm = record._get_due_alarm(now)
            if not alarm:
                # what its alarms depend on was changed behind the clock's back
                record.escalate_at = False
                continue
            words = alarm.words(self.with_context(lang=alarm.user.lang).env)
            key = (alarm.level, alarm.user, alarm.date_deadline, words)
            alarms[key] = alarm
            records[key] |= record
        return [(alarms[key], records[key]) for key in alarms]

    def _get_due_alarm(self, now):
        """Return the next alarm, or one after it that is due as well and says more."""
        due = None
        for alarm in self._get_alarms_left():
            if due and (due.level not in self._passing_levels or alarm.moment > now):
                break
            due = alarm
        if due and not due.user:
            return due._replace(user=self.company_id._itss_get_quality_user())
        return due

    def _get_alarms_left(self):
        return (alarm for alarm in self._get_alarms() if alarm.level > self.escalation_level)

    def _tell(self, alarm):
        records = self.with_context(tracking_disable=True)
        records.escalation_level = alarm.level
        asked = records._ask(
            alarm.user, alarm.words, self._mails_alarms, date_deadline=alarm.date_deadline
        )
        if alarm.level not in self._quiet_levels:
            for user, told in asked.items():
                told._note_told(user, alarm.words(told.env))

    def _get_morning(self, day, user):
        """Return when a day begins for a user (UTC)."""
        return get_midnight(user or self.env.user, day)
