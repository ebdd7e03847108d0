from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..common import ItssCommon

# a Tuesday, 10:00 in Shanghai (UTC+8), and what 24, 4 and 24 hours make of it
SOLVED = "2025-09-16 02:00:00"
WARNING = "2025-09-16 22:00:00"
DEADLINE = "2025-09-17 02:00:00"
SECOND_PERIOD = "2025-09-18 02:00:00"


class ClockCommon(ItssCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()

    def _solve(self, moment=SOLVED, **vals):
        with freeze_time(moment):
            return self.make_callback(**vals)

    def _reach(self, callback, moment):
        with freeze_time(moment):
            callback.with_user(self.agent).register_attempt("reached", is_solved="yes", score=80)

    def _run(self, cron, *moments):
        for moment in moments:
            with freeze_time(moment), self.enter_registry_test_mode():
                self.env.ref(f"itss_quality.ir_cron_itss_callback_{cron}").method_direct_trigger()


@tagged("post_install", "-at_install")
class TestCallbackClock(ClockCommon):
    """Until when the customer is to be called, and whether it was in time."""

    def _set_working_hours(self):
        """Monday to Friday, 9 to 12 and 13 to 18 o'clock in Shanghai: 8 hours a day."""
        hours = ((9, 12, "morning"), (13, 18, "afternoon"))
        calendar = self.env["resource.calendar"].create(
            {
                "name": "服务台工作时间",
                "company_id": self.company.id,
                "tz": "Asia/Shanghai",
                "attendance_ids": [(5, 0, 0)]
                + [
                    (
                        0,
                        0,
                        {
                            "name": f"{day} {period}",
                            "dayofweek": str(day),
                            "hour_from": start,
                            "hour_to": end,
                            "day_period": period,
                        },
                    )
                    for day in range(5)
                    for start, end, period in hours
                ],
            }
        )
        self.company.itss_callback_calendar_id = calendar
        return calendar

    def _make_holiday(self, company, calendar=None):
        """National Day 2025: 1 to 8 October, whole days in Shanghai."""
        holidays = self.env["resource.calendar.leaves"].with_company(company)
        holiday = holidays.create(
            {
                "name": "国庆节",
                "calendar_id": calendar and calendar.id,
                "date_from": "2025-09-30 16:00:00",
                "date_to": "2025-10-08 15:59:59",
            }
        )
        # computed from the company of whoever asks first
        self.assertEqual(holiday.company_id, company)
        return holiday

    def test_every_hour_counts_without_working_hours(self):
        # a Friday evening: the week-end makes no difference
        callback = self._solve("2025-09-19 12:34:56")
        self.assertEqual(str(callback.resolved_at), "2025-09-19 12:34:56")
        self.assertEqual(str(callback.deadline), "2025-09-20 12:34:56")
        self.assertEqual(str(callback.escalate_at), "2025-09-20 08:34:56")

    def test_only_working_hours_count_over_a_week_end(self):
        self._set_working_hours()
        # Friday 16:00: 2 h on Friday, 8 h on Monday, 8 h on Tuesday, 6 h until Wednesday 16:00
        callback = self._solve("2025-09-19 08:00:00")
        self.assertEqual(str(callback.deadline), "2025-09-24 08:00:00")
        # 4 h before: 13:00 to 16:00, and the hour before the lunch break
        self.assertEqual(str(callback.escalate_at), "2025-09-24 03:00:00")
        # solved on a Saturday: Monday, Tuesday, Wednesday
        self.assertEqual(str(self._solve("2025-09-20 04:00:00").deadline), "2025-09-24 10:00:00")
        # the second period: 2 h on Wednesday, 8 h on Thursday, 8 h on Friday, 6 h on Monday
        self._run("escalate", "2025-09-24 08:00:00")
        self.assertEqual(callback.escalation_level, 2)
        self.assertEqual(str(callback.escalate_at), "2025-09-29 08:00:00")

    def test_public_holidays_do_not_count(self):
        calendar = self._set_working_hours()
        # Friday 16:00: 2 h on Friday, 8 h on Monday, 8 h on Tuesday, 6 h until Wednesday 16:00
        self.assertEqual(str(self._solve("2025-09-26 08:00:00").deadline), "2025-10-01 08:00:00")
        # with the holiday the last 6 h are on Thursday, 9 October
        holiday = self._make_holiday(self.company, calendar)
        self.assertEqual(str(self._solve("2025-09-26 08:00:00").deadline), "2025-10-09 08:00:00")
        # one for all working hours of the company likewise
        holiday.unlink()
        self._make_holiday(self.company)
        self.assertEqual(str(self._solve("2025-09-26 08:00:00").deadline), "2025-10-09 08:00:00")

    def test_nobody_makes_a_holiday_of_their_own_leave(self):
        calendar = self._set_working_hours()
        for user in (self.engineer, self.outsider):
            resources = self.env["resource.resource"].with_user(user)
            resource = resources.sudo().create({"name": "x", "user_id": user.id})
            leave = (
                self.env["resource.calendar.leaves"]
                .with_user(user)
                .create(
                    {
                        "name": "国庆节",
                        "resource_id": resource.id,
                        "date_from": "2025-09-30 16:00:00",
                        "date_to": "2025-10-08 15:59:59",
                    }
                )
            )
            for vals in ({"resource_id": False}, {"resource_id": False, "calendar_id": False}):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    leave.write(vals)
            leave.name = "休假"
        self.assertEqual(str(self._solve("2025-09-26 08:00:00").deadline), "2025-10-01 08:00:00")
        self.assertTrue(calendar)

    def test_what_becomes_a_holiday_or_none_stands_in_the_journal(self):
        calendar = self._set_working_hours()
        holiday = self._make_holiday(self.company, calendar)
        rows = self.env["itss.journal"].sudo()
        own = [("res_model", "=", holiday._name), ("res_id", "=", holiday.id)]
        for vals, was, becomes in (
            ({"time_type": "other"}, True, False),
            ({"time_type": "leave"}, False, True),
            ({"calendar_id": False}, True, True),
            ({"name": "国庆"}, None, None),
        ):
            known = rows.search(own)
            holiday.write(vals)
            new = rows.search(own) - known
            with self.subTest(vals=vals):
                dates = new.filtered(lambda row: row.values["name"] == "date_from")
                self.assertEqual(
                    (any(dates.mapped("old_words")), any(dates.mapped("new_words"))),
                    (bool(was), bool(becomes)),
                )

    def test_holidays_of_other_companies_make_no_difference(self):
        self._set_working_hours()
        self._make_holiday(self.other_company)
        self.assertEqual(str(self._solve("2025-09-26 08:00:00").deadline), "2025-10-01 08:00:00")

    def test_a_calendar_without_working_hours_lets_every_hour_count(self):
        self._set_working_hours().attendance_ids.unlink()
        callback = self._solve()
        self.assertEqual(str(callback.deadline), DEADLINE)
        self.assertEqual(str(callback.escalate_at), WARNING)

    def test_the_hours_are_the_company_s_setting_at_the_time(self):
        before = self._solve()
        self.company.itss_callback_hours = 2.5
        callback = self._solve()
        self.assertEqual(str(callback.deadline), "2025-09-16 04:30:00")
        self.assertEqual(str(callback.escalate_at), SOLVED, "no warning before it was solved")
        self.assertEqual(str(before.deadline), DEADLINE, "a promise made is kept")

    def test_done_at_the_deadline_is_on_time_and_a_second_later_is_late(self):
        in_time, late = self._solve(), self._solve()
        self.assertFalse(in_time.is_on_time, "not decided yet")
        self._reach(in_time, DEADLINE)
        self._reach(late, "2025-09-17 02:00:01")
        self.assertEqual((in_time.state, in_time.is_on_time), ("done", True))
        self.assertEqual((late.state, late.is_on_time), ("done", False))
        self.assertEqual(str(late.done_at), "2025-09-17 02:00:01")

    def test_whether_it_was_on_time_never_changes(self):
        in_time, late = self._solve(), self._solve()
        self._reach(in_time, WARNING)
        self._reach(late, SECOND_PERIOD)
        self.company.itss_callback_hours = 100
        with freeze_time("2025-10-01 00:00:00"):
            for callback in in_time | late:
                callback.with_user(self.quality_user).correct("typo", score=100)
        self._run("escalate", "2025-10-02 00:00:00")
        self.assertRecordValues(
            in_time | late,
            [
                {
                    "score": 100,
                    "is_on_time": True,
                    "done_at": fields.Datetime.to_datetime(WARNING),
                    "deadline": fields.Datetime.to_datetime(DEADLINE),
                },
                {
                    "score": 100,
                    "is_on_time": False,
                    "done_at": fields.Datetime.to_datetime(SECOND_PERIOD),
                    "deadline": fields.Datetime.to_datetime(DEADLINE),
                },
            ],
        )

    def test_unreachable_is_not_on_time(self):
        callback = self._solve()
        with freeze_time(WARNING):
            callback.with_user(self.agent).register_attempt("refused")
        self.assertEqual((callback.state, callback.is_on_time), ("unreachable", False))

    def test_settings_that_make_no_sense_are_refused(self):
        for name, value in (
            ("itss_callback_hours", 0),
            ("itss_callback_warning_hours", -1),
            ("itss_callback_escalation_hours", -1),
            ("itss_callback_attempts", 0),
            ("itss_callback_fatigue_days", -1),
            ("itss_callback_reminder_days", 0),
            ("itss_callback_threshold", 101),
            ("itss_callback_threshold", -1),
        ):
            with (
                self.subTest(name=name, value=value),
                self.assertRaisesRegex(IntegrityError, "itss_callback_limits"),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.company[name] = value
                self.env.flush_all()
        self.company.write({"itss_callback_threshold": 100, "itss_callback_fatigue_days": 0})
        self.env.flush_all()


@tagged("post_install", "-at_install")
class TestCallbackEscalation(ClockCommon):
    """Whom the clock tells of a callback that is still missing, each of them once."""

    def setUp(self):
        super().setUp()
        self.dep_quality.manager_id = self.employee(self.quality_user_2)

    def _solve_for_agent(self, **vals):
        callback = self._solve(**vals)
        callback.user_id = self.agent
        return callback

    def _get_told(self, callback):
        return callback.activity_ids.sorted("id").user_id.mapped("login")

    def test_agent_leader_and_quality_department_are_told_in_turn_and_once(self):
        callback = self._solve_for_agent()
        told = []
        for moment, level, user in (
            ("2025-09-16 21:59:59", 0, None),
            (WARNING, 1, self.agent),
            ("2025-09-17 01:59:59", 1, None),
            (DEADLINE, 2, self.leader),
            ("2025-09-18 01:59:59", 2, None),
            (SECOND_PERIOD, 3, self.quality_user_2),
            ("2025-10-01 00:00:00", 3, None),
        ):
            with self.subTest(moment=moment):
                self._run("escalate", moment, moment)
                told += [user] if user else []
                self.assertEqual(callback.escalation_level, level)
                self.assertEqual(
                    [todo.user_id for todo in callback.activity_ids.sorted("id")], told
                )
        self.assertFalse(callback.escalate_at)

    def test_a_run_after_all_dates_tells_leader_and_quality_department_and_warns_nobody(self):
        callback = self._solve_for_agent()
        self._run("escalate", "2025-10-01 00:00:00", "2025-10-01 00:00:00")
        self.assertEqual(callback.escalation_level, 3)
        self.assertEqual(self._get_told(callback), ["t_leader", "t_quality_2"])
        self.assertEqual(len(callback.activity_ids), 2)

    def test_telling_the_leader_and_the_quality_department_leaves_a_note(self):
        callback = self._solve_for_agent()
        known = callback.message_ids
        self._run("escalate", WARNING)
        self.assertFalse(callback.message_ids - known, "the warning is the agent's own business")
        self._run("escalate", DEADLINE, DEADLINE)
        note = callback.message_ids - known
        self.assertEqual(len(note), 1)
        self.assertIn("overdue", note.body)
        self.assertIn("t_leader", note.body)
        self._run("escalate", SECOND_PERIOD, SECOND_PERIOD)
        note = callback.message_ids - known - note
        self.assertEqual(len(note), 1)
        self.assertIn("still missing", note.body)
        self.assertIn("t_quality_2", note.body)

    def test_the_leader_is_warned_when_nobody_can_be(self):
        unassigned = self._solve()
        left = self._solve_for_agent()
        self.agent.active = False
        self._run("escalate", WARNING)
        self.assertEqual(self._get_told(unassigned), ["t_leader"])
        self.assertEqual(self._get_told(left), ["t_leader"], "the agent has left the company")

    def test_without_a_leader_the_service_desk_s_manager_is_told_else_the_quality_department(self):
        self.dep_desk.manager_id = self.employee(self.agent_2)
        callback = self._solve_for_agent()
        self.leader.active = False
        self._run("escalate", DEADLINE)
        self.assertEqual(self._get_told(callback), ["t_agent_2"])
        self.team.user_id = False
        teamless = self._solve_for_agent()
        self._run("escalate", DEADLINE)
        self.assertEqual(self._get_told(teamless), ["t_agent_2"])
        self.agent_2.active = False
        callback = self._solve_for_agent()
        self._run("escalate", DEADLINE)
        self.assertEqual(self._get_told(callback), ["t_quality_2"])

    def test_a_callback_is_escalated_even_when_there_is_nobody_to_tell(self):
        group = self.env.ref("itss_quality.group_itss_quality")
        callback = self._solve()
        for user in group.all_user_ids | self.leader:
            if self.company in user.company_ids:
                user.active = False
        self._run("escalate", DEADLINE)
        self.assertEqual(callback.escalation_level, 2)
        self.assertFalse(callback.activity_ids)
        self.assertIn("overdue", callback.message_ids[0].body)

    def test_a_finished_callback_is_not_escalated_and_its_to_dos_are_gone(self):
        done, refused, cancelled = callbacks = self.env["itss.callback"].union(
            *(self._solve_for_agent() for _number in range(3))
        )
        self._run("escalate", DEADLINE)
        self.assertEqual(callbacks.mapped("escalation_level"), [2, 2, 2])
        self.assertEqual(callbacks.activity_ids.user_id, self.leader)
        self._reach(done, "2025-09-17 03:00:00")
        with freeze_time("2025-09-17 03:00:00"):
            refused.with_user(self.agent).register_attempt("refused")
            cancelled.ticket_id.stage_id = self.stage_progress
        self.assertEqual(callbacks.mapped("state"), ["done", "unreachable", "cancelled"])
        self.assertFalse(callbacks.activity_ids)
        self._run("escalate", SECOND_PERIOD)
        self.assertEqual(callbacks.mapped("escalation_level"), [2, 2, 2])
        self.assertFalse(callbacks.activity_ids)

    def test_a_callback_that_fails_does_not_hold_up_the_others_and_is_done_next_time(self):
        before, broken, after = callbacks = self.env["itss.callback"].union(
            *(self._solve_for_agent() for _number in range(3))
        )
        get_due_alarm = type(broken)._get_due_alarm

        def fail_on_broken(callback, now):
            if callback == broken:
                raise ValueError("broken")
            return get_due_alarm(callback, now)

        with (
            patch.object(type(broken), "_get_due_alarm", fail_on_broken),
            self.assertLogs("odoo.addons.itss_quality", "ERROR") as logs,
        ):
            self._run("escalate", DEADLINE)
        self.assertEqual(len(logs.records), 1)
        self.assertIn(str(broken), logs.output[0])
        self.assertEqual(callbacks.mapped("escalation_level"), [2, 0, 2])
        self.assertEqual([len(callback.activity_ids) for callback in callbacks], [1, 0, 1])
        self._run("escalate", DEADLINE)
        self.assertEqual(callbacks.mapped("escalation_level"), [2, 2, 2])
        self.assertEqual([len(callback.activity_ids) for callback in callbacks], [1, 1, 1])
        self.assertEqual(len((before | after).message_ids), 2 * len(broken.message_ids))

    def test_a_run_out_of_time_does_nothing_and_loses_nothing(self):
        callback = self._solve_for_agent()
        told = []

        def no_time(cron, processed=0, *, remaining=None, deactivate=False):
            told.append((processed, remaining))
            return 0

        with patch.object(type(self.env["ir.cron"]), "_commit_progress", no_time):
            with freeze_time(DEADLINE):
                self.env["itss.callback"]._cron_escalate()
        [(processed, remaining)] = told
        self.assertEqual(processed, 0)
        self.assertGreaterEqual(remaining, 1, "a run that says 0 counts as done")
        self.assertEqual((callback.escalation_level, len(callback.activity_ids)), (0, 0))
        self._run("escalate", DEADLINE)
        self.assertEqual(self._get_told(callback), ["t_leader"])


@tagged("post_install", "-at_install")
class TestCallbackAssignment(ClockCommon):
    """Who is to call: the agents of the service desk in turn, and never the engineer."""

    def _solve_many(self, number, **vals):
        return self.env["itss.callback"].union(*(self._solve(**vals) for _number in range(number)))

    def _send_on_leave(self, user, date_from, date_to):
        resource = self.employee(user).resource_id
        self.env["resource.calendar.leaves"].create(
            {"resource_id": resource.id, "date_from": date_from, "date_to": date_to}
        )

    def test_the_agent_with_the_fewest_open_calls_is_next(self):
        old = self._solve_many(3)
        old[:2].user_id = self.agent
        with freeze_time(SOLVED):
            old[2].with_user(self.agent_2).register_attempt("reached", is_solved="yes", score=80)
        new = self._solve_many(4)
        self._run("assign", SOLVED)
        # the finished one is no burden: 2 and 0 open ones become 3 and 3
        self.assertEqual(len(new.filtered(lambda callback: callback.user_id == self.agent_2)), 3)
        self.assertEqual(len(new.filtered(lambda callback: callback.user_id == self.agent)), 1)
        self.assertEqual(old[:2].user_id, self.agent, "what somebody has stays there")
        given = [callback.user_id for callback in new]
        self._run("assign", SOLVED)
        self.assertEqual(given, [callback.user_id for callback in new])

    def test_being_assigned_by_the_clock_makes_no_noise(self):
        callback = self._solve()
        # changes are tracked from the end of the transaction that created the record
        self.env.cr.flush()
        own = [("model", "=", "itss.callback"), ("res_id", "=", callback.id)]
        known = self.env["mail.message"].search(own)
        self._run("assign", SOLVED)
        self.assertTrue(callback.user_id)
        self.assertEqual(self.env["mail.message"].search(own), known)

    def test_the_engineer_is_never_chosen(self):
        burden = self._solve_many(3)
        burden.user_id = self.agent_2
        callbacks = self._solve_many(2, user_id=self.agent.id)
        self._run("assign", SOLVED)
        self.assertEqual(callbacks.engineer_id, self.agent)
        self.assertEqual(callbacks.mapped("user_id"), self.agent_2)

    def test_a_callback_only_the_engineer_could_make_waits_for_somebody_else(self):
        self.agent_2.active = False
        own = self._solve(user_id=self.agent.id)
        other = self._solve()
        self._run("assign", SOLVED)
        self.assertFalse(own.user_id)
        self.assertEqual(other.user_id, self.agent, "the others are not held up")
        self.agent_2.active = True
        self._run("assign", SOLVED)
        self.assertEqual(own.user_id, self.agent_2)

    def test_agents_on_leave_are_passed_over(self):
        self._send_on_leave(self.agent, "2025-09-15 00:00:00", "2025-09-16 12:00:00")
        self._send_on_leave(self.agent_2, "2025-09-01 00:00:00", "2025-09-16 01:59:59")
        self._send_on_leave(self.agent_2, "2025-09-16 14:00:01", "2025-09-17 12:00:00")
        callbacks = self._solve_many(3)
        self._run("assign", SOLVED)
        self.assertEqual(callbacks.mapped("user_id"), self.agent_2)
        self.assertTrue(all(callback.user_id for callback in callbacks))

    def test_whose_leave_begins_within_half_a_day_gets_no_new_callback(self):
        self._send_on_leave(self.agent, "2025-09-16 14:00:00", "2025-09-17 12:00:00")
        callbacks = self._solve_many(2)
        self._run("assign", SOLVED)
        self.assertEqual(callbacks.mapped("user_id"), self.agent_2)

    def test_with_all_agents_on_leave_the_callback_waits(self):
        for user in self.agent | self.agent_2:
            self._send_on_leave(user, "2025-09-16 00:00:00", "2025-09-16 12:00:00")
        callback = self._solve()
        self._run("assign", SOLVED)
        self.assertFalse(callback.user_id)
        self._run("assign", "2025-09-16 12:00:01")
        self.assertEqual(callback.user_id, self.agent)

    def test_without_a_department_those_with_just_this_role_call(self):
        self.assertEqual(self.company._itss_get_agents(), self.agent | self.agent_2)
        self.company.itss_service_desk_department_id = False
        agents = self.desk_user | self.agent | self.agent_2
        self.assertEqual(self.company._itss_get_agents(), agents)
        agents.active = False
        others = self.quality_user | self.quality_user_2 | self.ops_user | self.leader
        self.assertEqual(self.company._itss_get_agents() - self.admin_user, others)

    def test_archived_users_never_call(self):
        self.agent.active = False
        callbacks = self._solve_many(2)
        self._run("assign", SOLVED)
        self.assertEqual(callbacks.mapped("user_id"), self.agent_2)
        self.agent_2.active = False
        self.assertEqual(self.company._itss_get_agents(), self.desk_user)

    def test_the_calls_of_an_agent_who_has_left_are_given_to_others(self):
        [callback] = self._solve_many(1)
        callback.user_id = self.agent
        self.agent.active = False
        self._run("assign", SOLVED)
        self.assertEqual(callback.user_id, self.agent_2)

    def test_other_companies_agents_never_call(self):
        foreign = self.make_user("t_foreign_desk", "service_desk", company=self.other_company)
        self.company.itss_service_desk_department_id = False
        self.assertNotIn(foreign, self.company._itss_get_agents())
        self.assertEqual(self.other_company._itss_get_agents(), foreign)
        callbacks = self._solve_many(4)
        self._run("assign", SOLVED)
        self.assertEqual(callbacks.mapped("user_id"), self.desk_user | self.agent | self.agent_2)

    def test_reassigning_by_hand_leaves_a_trace_of_old_and_new_agent(self):
        callback = self._solve()
        callback.user_id = self.agent
        # changes are tracked from the end of the transaction that created the record
        self.env.cr.flush()
        callback.with_user(self.leader).user_id = self.agent_2
        self.env.cr.flush()
        message = callback.message_ids[0]
        self.assertEqual(message.author_id, self.leader.partner_id)
        [tracking] = message.sudo().tracking_value_ids
        self.assertEqual(tracking.field_id.name, "user_id")
        self.assertEqual(
            (tracking.old_value_char, tracking.new_value_char),
            (self.agent.name, self.agent_2.name),
        )
