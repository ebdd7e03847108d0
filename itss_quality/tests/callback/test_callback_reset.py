from odoo import fields
from odoo.tests import freeze_time, tagged

from ...tools.figures import Period
from ..common import ItssCommon, RpcCase

SOLVED = "2026-03-03 02:00:00"
BEFORE = "2026-03-03 20:00:00"
DEADLINE = "2026-03-04 02:00:00"
AFTER = "2026-03-04 03:00:00"


class ResetCommon(ItssCommon, RpcCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        cls.helpdesk_manager = cls.make_user("t_helpdesk_manager", "operations")
        cls.helpdesk_manager.group_ids += cls.env.ref("helpdesk_mgmt.group_helpdesk_manager")

    def _solve(self, moment=SOLVED, **vals):
        """Solve a new ticket, as transactions of their own would."""
        with freeze_time(moment):
            ticket = self.make_ticket(**vals)
            self.env.cr.flush()
            ticket.with_user(self.engineer).stage_id = self.stage_done
            self.env.cr.flush()
        return ticket.itss_callback_ids

    def _move(self, moment, tickets, stage, user=None, **vals):
        """Move tickets over RPC as a user."""
        with freeze_time(moment):
            vals = {"stage_id": stage.id, **vals}
            self.rpc_as(user or self.engineer, "helpdesk.ticket", "write", tickets.ids, vals)
        self.env.invalidate_all()

    def _set_by_sql(self, ticket, **vals):
        self.env.flush_all()
        columns = ", ".join(f"{name} = %s" for name in vals)
        self.env.cr.execute(
            f"UPDATE helpdesk_ticket SET {columns} WHERE id = %s", (*vals.values(), ticket.id)
        )
        self.env.invalidate_all()

    def _reconcile(self, *moments):
        for moment in moments:
            with freeze_time(moment), self.enter_registry_test_mode():
                self.env.ref("itss_quality.ir_cron_itss_callback_reconcile").method_direct_trigger()
        self.env.invalidate_all()

    def _count(self, callbacks, *groupby):
        """Return what the analysis counts: due, called back, on time, reset, reset late."""
        names = ("due", "done", "on_time", "reset", "late_reset")
        rows = self.env["itss.callback.report"]._read_group(
            [("callback_id", "in", callbacks.ids)],
            groupby,
            [f"{name}_count:sum" for name in names],
        )
        return rows if groupby else rows[0]


@tagged("post_install", "-at_install")
class TestCallbackReset(ResetCommon):
    """A ticket set back resets its callback; what was late by then stays due and late for ever."""

    def test_an_engineer_who_sets_an_overdue_ticket_back_takes_nothing_back(self):
        callback = self._solve()
        ticket = callback.ticket_id
        self._move(AFTER, ticket, self.stage_progress)
        self._move(AFTER, ticket, self.stage_done)
        second = ticket.itss_callback_ids - callback
        self.assertRecordValues(
            callback | second,
            [
                {
                    "state": "cancelled",
                    "cancelled_at": fields.Datetime.to_datetime(AFTER),
                    "cancelled_by_id": self.engineer.id,
                    "is_cancelled_late": True,
                    "cycle": 1,
                },
                {
                    "state": "pending",
                    "cancelled_at": False,
                    "cancelled_by_id": False,
                    "is_cancelled_late": False,
                    "cycle": 2,
                },
            ],
        )
        self.assertIn("In Progress", callback.cancel_reason)
        with freeze_time("2026-03-04 04:00:00"):
            self.rpc_as(
                "t_agent", "itss.callback", "register_attempt", second.ids, "reached", "yes", 90
            )
        self.env.invalidate_all()
        with freeze_time("2026-06-01 00:00:00"):
            self.assertEqual(self._count(callback), (1, 0, 0, 1, 1))
            self.assertEqual(self._count(callback | second), (2, 1, 1, 1, 1))

    def test_a_reset_before_the_deadline_is_listed_and_not_due(self):
        callback = self._solve()
        self._move(DEADLINE, callback.ticket_id, self.stage_progress)
        self.assertFalse(callback.is_cancelled_late, "the last second is in time")
        with freeze_time("2026-06-01 00:00:00"):
            self.assertEqual(self._count(callback), (0, 0, 0, 1, 0))
            [row] = self.env["itss.callback.report"]._read_group(
                [("callback_id", "=", callback.id)], [], ["on_time_rate:avg", "callback_rate:avg"]
            )
        self.assertFalse(any(row), "no data, rather than none in time")

    def test_resets_are_counted_by_engineer_and_team(self):
        early, late, other = self._solve(), self._solve(), self._solve(user_id=self.agent.id)
        self._move(BEFORE, early.ticket_id, self.stage_progress)
        self._move(AFTER, (late | other).ticket_id, self.stage_cancelled, self.helpdesk_manager)
        callbacks = early | late | other
        self.assertEqual(
            dict(
                (engineer, (reset, overdue))
                for engineer, *_rest, reset, overdue in self._count(callbacks, "engineer_id")
            ),
            {self.engineer: (2, 1), self.agent: (1, 1)},
        )
        [(team, *_rest, reset, overdue)] = self._count(callbacks, "team_id")
        self.assertEqual((team, reset, overdue), (self.team, 3, 2))

    def test_duplicates_and_deleted_tickets_are_resets_like_others(self):
        duplicate, deleted, early = self._solve(), self._solve(), self._solve()
        with freeze_time(AFTER):
            vals = {"duplicate_id": self.make_ticket().id}
            manager = self.helpdesk_manager
            self.rpc_as(manager, "helpdesk.ticket", "write", duplicate.ticket_id.ids, vals)
            self.rpc_as(manager, "helpdesk.ticket", "unlink", deleted.ticket_id.ids)
        with freeze_time(BEFORE):
            self.rpc_as(manager, "helpdesk.ticket", "unlink", early.ticket_id.ids)
        self.env.invalidate_all()
        callbacks = duplicate | deleted | early
        self.assertEqual(callbacks.mapped("state"), ["cancelled"] * 3)
        self.assertEqual(callbacks.mapped("is_cancelled_late"), [True, True, False])
        self.assertEqual(callbacks.cancelled_by_id, manager)
        self.assertTrue(all(callbacks.mapped("cancel_reason")))

    def test_what_the_scheduled_action_finds_was_done_by_nobody_it_knows(self):
        callback = self._solve()
        self._set_by_sql(callback.ticket_id, stage_id=self.stage_progress.id)
        self._reconcile(AFTER)
        self.assertRecordValues(
            callback,
            [{"state": "cancelled", "cancelled_by_id": False, "is_cancelled_late": True}],
        )
        found = self._solve()
        self._set_by_sql(found.ticket_id, stage_id=self.stage_progress.id)
        with freeze_time(AFTER):
            self.rpc_as("t_agent", "itss.callback", "action_call", found.ids)
        self.env.invalidate_all()
        self.assertEqual(found.state, "cancelled")
        self.assertFalse(found.cancelled_by_id, "the agent only found it")

    def test_back_and_solved_within_one_transaction_is_a_reset_as_well(self):
        callback = self._solve()
        ticket = callback.ticket_id.with_user(self.engineer)
        with freeze_time(AFTER):
            ticket.stage_id = self.stage_progress
            ticket.stage_id = self.stage_done
            ticket.stage_id = self.stage_done
            self.env.cr.flush()
        callbacks = ticket.sudo().itss_callback_ids.sorted("cycle")
        self.assertEqual(callbacks.mapped("state"), ["cancelled", "pending"])
        self.assertEqual(callbacks.mapped("is_cancelled_late"), [True, False])

    def test_the_customer_s_no_resets_nothing(self):
        callback = self._solve()
        with freeze_time(BEFORE):
            self.rpc_as(
                "t_agent", "itss.callback", "register_attempt", callback.ids, "reached", "no", 20
            )
        self.env.invalidate_all()
        self.assertEqual(callback.ticket_id.stage_id, self.stage_progress)
        self.assertRecordValues(callback, [{"state": "done", "cancelled_at": False}])
        with freeze_time("2026-06-01 00:00:00"):
            self.assertEqual(self._count(callback), (1, 1, 1, 0, 0))

    def test_nobody_writes_the_facts_of_a_reset(self):
        callback = self._solve()
        self._move(AFTER, callback.ticket_id, self.stage_progress)
        for login in ("t_engineer", "t_desk", "t_ops", "t_quality", "t_admin"):
            for vals in (
                {"is_cancelled_late": False},
                {"cancelled_at": SOLVED},
                {"cancelled_by_id": False},
                {"cancel_reason": "x"},
                {"resolved_at": AFTER},
                {"deadline": "2026-04-01 00:00:00"},
                {"is_resolved_imported": True},
                {"solved_stage_id": False},
                {"corrected_at": False},
            ):
                with self.subTest(login=login, vals=vals):
                    self.assert_rpc_refused(
                        login,
                        "itss.callback",
                        "write",
                        callback.ids,
                        vals,
                        error="AccessError|UserError",
                    )

    def test_the_review_s_figures_count_what_was_reset_late(self):
        callback, early = self._solve(), self._solve()
        self._move(AFTER, callback.ticket_id, self.stage_progress)
        self._move(BEFORE, early.ticket_id, self.stage_progress)
        period = self._get_period()
        with freeze_time("2026-06-01 00:00:00"):
            figures = {
                figure.label: figure
                for topic in self.env["itss.callback"]._get_figures(period).values()
                for figure in topic
            }
        self.assertEqual(figures["Callbacks due"].value, 1)
        self.assertEqual(figures["Called back by the agreed deadline"].value, 0)
        self.assertEqual(figures["Callbacks reset"].value, 2)
        self.assertEqual(figures["Reset after their deadline, and late"].value, 1)

    def _get_period(self):
        day = fields.Date.to_date
        return Period(self.company, day("2026-03-01"), day("2026-03-31"))


@tagged("post_install", "-at_install")
class TestCallbackSwitches(ResetCommon):
    """What is called back after holds from when it is switched; what was solved keeps its clock."""

    def _switch(self, moment, record, user=None, **vals):
        with freeze_time(moment):
            self.rpc_as(user or self.helpdesk_manager, record._name, "write", record.ids, vals)
        self.env.invalidate_all()

    def _read_clock(self, callbacks):
        return [
            (one.state, one.cycle, str(one.resolved_at), str(one.deadline)) for one in callbacks
        ]

    def test_a_stage_switched_off_and_on_again_leaves_open_callbacks_as_they_are(self):
        callbacks = self._solve() | self._solve()
        clocks = self._read_clock(callbacks)
        self._switch(BEFORE, self.stage_done, itss_callback_required=False)
        self._reconcile(BEFORE, BEFORE)
        self.assertEqual(self._read_clock(callbacks), clocks)
        with freeze_time(BEFORE):
            self.rpc_as("t_agent", "itss.callback", "action_next_call", [])
        self._switch(BEFORE, self.stage_done, itss_callback_required=True)
        self._reconcile(BEFORE, AFTER)
        self.assertEqual(self._read_clock(callbacks), clocks)
        self.assertEqual(callbacks.ticket_id.itss_callback_ids, callbacks)

    def test_what_is_solved_while_a_stage_is_switched_off_is_not_called_back_later(self):
        self._switch(SOLVED, self.stage_done, itss_callback_required=False)
        ticket = self.make_ticket()
        self._move("2026-03-03 03:00:00", ticket, self.stage_done)
        self.env.cr.flush()
        self._switch("2026-03-03 04:00:00", self.stage_done, itss_callback_required=True)
        self._reconcile("2026-03-03 04:15:00")
        self.assertFalse(ticket.itss_callback_ids)
        self._move("2026-03-03 05:00:00", ticket, self.stage_progress)
        self._move("2026-03-03 06:00:00", ticket, self.stage_done)
        self.assertEqual(str(ticket.itss_callback_ids.resolved_at), "2026-03-03 06:00:00")

    def test_the_call_is_made_from_a_stage_switched_off_and_reopens_the_ticket(self):
        callback = self._solve()
        self._switch(BEFORE, self.stage_done, itss_callback_required=False)
        with freeze_time(BEFORE):
            self.rpc_as(
                "t_agent", "itss.callback", "register_attempt", callback.ids, "reached", "no", 10
            )
        self.env.invalidate_all()
        self.assertEqual((callback.state, callback.is_on_time), ("done", True))
        self.assertEqual(callback.ticket_id.stage_id, self.stage_progress)

    def test_a_ticket_that_leaves_a_stage_switched_off_is_reset(self):
        callback = self._solve()
        self._switch(BEFORE, self.stage_done, itss_callback_required=False)
        self._move(AFTER, callback.ticket_id, self.stage_progress)
        self.assertRecordValues(
            callback,
            [
                {
                    "state": "cancelled",
                    "is_cancelled_late": True,
                    "cancelled_by_id": self.engineer.id,
                }
            ],
        )

    def test_moving_on_from_a_stage_switched_off_is_no_new_solution(self):
        archive = self.stage_done.copy({"name": "已归档"})
        open_one, done = self._solve(), self._solve()
        with freeze_time(BEFORE):
            self.rpc_as(
                "t_agent", "itss.callback", "register_attempt", done.ids, "reached", "yes", 90
            )
        self._switch(BEFORE, self.stage_done, itss_callback_required=False)
        self._move(BEFORE, (open_one | done).ticket_id, archive)
        for callback in open_one | done:
            self.assertEqual(callback.ticket_id.itss_callback_ids, callback)
        self.assertEqual(open_one.state, "pending")
        # and where it went is where it stays solved
        self._switch(BEFORE, archive, itss_callback_required=False)
        self._reconcile(BEFORE)
        self.assertEqual(open_one.state, "pending")

    def test_exempting_a_team_holds_for_what_it_solves_from_then_on(self):
        callback = self._solve()
        clock = self._read_clock(callback)
        self._switch(BEFORE, self.team, itss_callback_exempt=True)
        self._reconcile(BEFORE)
        self.assertEqual(self._read_clock(callback), clock)
        later = self.make_ticket()
        self._move(AFTER, later, self.stage_done)
        self.env.cr.flush()
        self.assertFalse(later.itss_callback_ids)
        self._switch("2026-03-04 03:05:00", self.team, itss_callback_exempt=False)
        self._reconcile("2026-03-04 03:15:00")
        self.assertFalse(later.itss_callback_ids)
        self.assertEqual(self._read_clock(callback), clock)

    def test_what_was_solved_behind_odoo_before_a_switch_is_judged_by_what_held_then(self):
        self._reconcile(SOLVED)
        required, exempt = self.make_ticket(), self.make_ticket()
        exempt.team_id = self.team.copy({"name": "另一组"})
        moment = "2026-03-03 03:00:00"
        for ticket in (required, exempt):
            vals = dict.fromkeys(("closed_date", "write_date", "last_stage_update"), moment)
            self._set_by_sql(ticket, stage_id=self.stage_done.id, **vals)
        self._switch("2026-03-03 03:05:00", self.stage_done, itss_callback_required=False)
        self._switch("2026-03-03 03:05:00", exempt.team_id, itss_callback_exempt=True)
        self._reconcile("2026-03-03 03:15:00")
        for ticket in (required, exempt):
            self.assertEqual(str(ticket.itss_callback_ids.resolved_at), moment)

    def test_an_exemption_taken_back_at_once_excuses_nothing_from_before(self):
        for moment, is_exempt in (
            ("2026-03-03 03:00:00", True),
            ("2026-03-03 05:00:00", False),
            ("2026-03-03 07:00:00", True),
            ("2026-03-03 07:00:00", False),
        ):
            self._switch(moment, self.team, itss_callback_exempt=is_exempt)
        solved = {2: True, 4: False, 6: True, 7: True}
        for hour, is_called_back in solved.items():
            moment = f"2026-03-03 {hour:02}:00:00"
            with freeze_time("2026-03-03 08:00:00"):
                ticket = self.make_ticket(stage_id=self.stage_done.id, closed_date=moment)
            self.assertEqual(bool(ticket.itss_callback_ids), is_called_back, moment)

    def test_another_team_s_exemption_another_company_s_team_and_an_archived_stage_reset_nothing(
        self,
    ):
        moved, foreign, archived = self._solve(), self._solve(), self._solve()
        clocks = self._read_clock(moved | foreign | archived)
        exempt = self.team.copy({"name": "内部", "itss_callback_exempt": True})
        other = self.team.copy(
            {"name": "外", "company_id": self.other_company.id, "user_id": False}
        )
        self.stage_done.company_id = False
        for callback, team in ((moved, exempt), (foreign, other)):
            team.user_ids = self.engineer
            with freeze_time(BEFORE):
                callback.ticket_id.team_id = team
                self.env.cr.flush()
        self.stage_done.active = False
        self._reconcile(BEFORE)
        self.assertEqual(self._read_clock(moved | foreign | archived), clocks)
        self.assertEqual((moved | foreign | archived).company_id, self.company)

    def test_reconciling_opens_the_same_callback_again_when_nobody_moved_the_ticket(self):
        callback = self._solve()
        clock = self._read_clock(callback)
        ticket = callback.ticket_id
        self._set_by_sql(ticket, stage_id=None)
        self._reconcile("2026-03-03 03:00:00")
        self.assertEqual(callback.state, "cancelled")
        self._set_by_sql(ticket, stage_id=self.stage_done.id)
        self._reconcile("2026-03-03 03:15:00", "2026-03-03 03:30:00")
        self.assertEqual(ticket.itss_callback_ids, callback)
        self.assertEqual(self._read_clock(callback), clock)
        self.assertFalse(callback.cancelled_at or callback.cancel_reason)
        self.assertIn("Open again", "".join(callback.message_ids.mapped("body")))

    def test_reconciling_takes_the_time_that_is_noted_and_not_its_own(self):
        callback = self._solve()
        ticket = callback.ticket_id
        self._move("2026-03-03 03:00:00", ticket, self.stage_progress)
        self.env.cr.flush()
        moment = "2026-03-03 03:10:00"
        self._set_by_sql(ticket, stage_id=self.stage_done.id, closed_date=moment, write_date=moment)
        self._reconcile("2026-03-03 09:00:00")
        second = ticket.itss_callback_ids - callback
        self.assertRecordValues(
            second,
            [
                {
                    "cycle": 2,
                    "resolved_at": fields.Datetime.to_datetime(moment),
                    "is_resolved_imported": True,
                }
            ],
        )

    def test_a_time_of_solution_that_an_import_brings_along_is_marked(self):
        vals = {"stage_id": self.stage_done.id}
        with freeze_time(SOLVED):
            imported = self.make_ticket(closed_date="2026-03-01 08:00:00", **vals)
            own, future = self.make_ticket(**vals), self.make_ticket(closed_date=AFTER, **vals)
        tickets = imported | own | future
        self.assertEqual(
            tickets.itss_callback_ids.sorted("id").mapped("is_resolved_imported"),
            [True, False, False],
        )
        self.assertEqual(str(imported.itss_callback_ids.resolved_at), "2026-03-01 08:00:00")
        self.assertEqual(str(future.itss_callback_ids.resolved_at), SOLVED)

    def test_two_contacts_that_become_one_keep_their_callbacks(self):
        other = self.contact.copy({"name": "陈主任（旧）"})
        callbacks = self._solve() | self._solve(partner_id=other.id)
        clocks = self._read_clock(callbacks)
        merge = self.env["base.partner.merge.automatic.wizard"].create({})
        merge._merge((other | self.contact).ids, self.contact)
        self.env.invalidate_all()
        self.assertEqual(callbacks.partner_id, self.contact)
        self.assertEqual(self._read_clock(callbacks), clocks)

    def test_nobody_writes_when_a_switch_was_turned(self):
        for record in (self.stage_done, self.team):
            self.assert_rpc_refused(
                self.helpdesk_manager,
                record._name,
                "write",
                record.ids,
                {"itss_callback_switched_at": "2030-01-01 00:00:00"},
            )
