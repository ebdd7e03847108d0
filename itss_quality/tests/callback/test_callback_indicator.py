from odoo.tests import freeze_time, tagged

from ..objective.common import IndicatorCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-11-20 02:00:00")
class TestCallbackIndicators(IndicatorCommon):
    """Callbacks, counted by hand. Days begin at 16:00 UTC of the day before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()

    def solve(self, moment, **vals):
        with freeze_time(moment):
            return self.make_callback(**vals)

    def call(self, callback, moment, score=80, is_solved="yes"):
        with freeze_time(moment):
            callback.with_user(self.agent).register_attempt(
                "reached", is_solved=is_solved, score=score, comment="可以"
            )

    def reset(self, callback, moment):
        with freeze_time(moment):
            callback.ticket_id.stage_id = self.stage_progress

    def test_a_call_counts_in_the_month_of_its_deadline_where_the_company_is(self):
        # due on 31 October at 23:59:59, and a second later on 1 November
        last = self.solve("2025-10-30 15:59:59")
        first = self.solve("2025-10-30 16:00:00")
        self.call(last, "2025-10-31 10:00:00")
        self.call(first, "2025-10-31 10:00:00")
        self.check("callback_on_time", 10, (1, 1))
        self.check("callback_on_time", 11, (1, 1))

    def test_the_29th_of_february_belongs_to_its_month(self):
        self.call(self.solve("2024-02-28 10:00:00"), "2024-02-29 09:00:00")
        self.solve("2024-02-28 10:00:00")
        span = "2024-02-01", "2024-02-29"
        self.assertEqual(self.measure("callback_on_time", *span), (1, 2, 50.0))

    def test_nothing_due_is_no_data(self):
        self.assertEqual(self.measure("callback_on_time", "2025-10-01", "2025-10-31"), (0, 0, None))

    def test_calls_after_the_deadline_are_late_and_reset_ones_too(self):
        late, reset_late, reset_in_time, open_ = (
            self.solve("2025-10-20 02:00:00") for _number in range(4)
        )
        self.call(late, "2025-10-21 02:00:01")
        self.reset(reset_late, "2025-10-22 02:00:00")
        self.reset(reset_in_time, "2025-10-20 03:00:00")
        self.assertTrue(open_)
        self.check("callback_on_time", 10, (0, 3))

    def test_what_happens_in_december_does_not_change_october(self):
        open_ = self.solve("2025-10-20 02:00:00")
        self.check("callback_on_time", 10, (0, 1))
        with freeze_time("2025-12-20 02:00:00"):
            self.call(open_, "2025-12-20 02:00:00")
            self.check("callback_on_time", 10, (0, 1))

    def test_it_is_not_due_before_its_deadline(self):
        self.solve("2025-11-20 01:00:00")
        self.check("callback_on_time", 11, (0, 0))

    def test_satisfaction_is_of_the_calls_of_the_month_as_it_was_said_then(self):
        first = self.solve("2025-10-29 02:00:00")
        self.call(first, "2025-10-31 15:59:59", score=80)
        self.call(self.solve("2025-10-29 02:00:00"), "2025-10-31 15:00:00", score=90)
        self.call(self.solve("2025-10-29 02:00:00"), "2025-10-31 16:00:00", score=10)
        first.with_user(self.quality_user).correct("听错了", is_solved="no", score=10)
        self.assertEqual(
            self.measure("satisfaction_project", "2025-10-01", "2025-10-31"), (170, 2, 85)
        )
        self.check("first_solved", 10, (2, 2))

    def test_first_solved_is_what_was_solved_at_the_first_cycle(self):
        callback = self.solve("2025-10-20 02:00:00")
        self.call(callback, "2025-10-20 03:00:00", is_solved="no")
        ticket = callback.ticket_id
        for moment in ("2025-10-21", "2025-10-22"):
            # reopened twice, solved at the third cycle
            with freeze_time(f"{moment} 02:00:00"):
                ticket.stage_id = self.stage_progress
                ticket.stage_id = self.stage_done
                last = ticket.itss_callback_ids.filtered(lambda one: one.state == "pending")
        self.call(last, "2025-10-22 03:00:00")
        self.assertEqual(last.cycle, 3)
        self.call(self.solve("2025-10-20 02:00:00"), "2025-10-20 03:00:00")
        self.check("first_solved", 10, (1, 3))
        # the second cycle was reset in time
        self.check("callback_rate", 10, (3, 3))

    def test_where_everything_was_reset_in_time_there_is_no_data(self):
        for _number in range(2):
            self.reset(self.solve("2025-10-20 02:00:00"), "2025-10-20 03:00:00")
        for code in ("callback_rate", "callback_on_time", "satisfaction_project"):
            self.check(code, 10, (0, 0))

    def test_each_company_counts_its_own(self):
        self.call(self.solve("2025-10-20 02:00:00"), "2025-10-20 03:00:00")
        self.check("callback_on_time", 10, (1, 1))
        self.check("callback_on_time", 10, (0, 0), company=self.other_company)

    def test_scopes_are_those_of_the_callback(self):
        self.call(self.solve("2025-10-20 02:00:00"), "2025-10-20 03:00:00")
        self.solve("2025-10-20 02:00:00", team_id=False, user_id=self.leader.id)
        self.check("callback_on_time", 10, (1, 1), scope=self.team)
        self.check("callback_on_time", 10, (1, 1), scope=self.engineer)
        self.check("callback_on_time", 10, (0, 1), scope=self.leader)
        self.check("callback_on_time", 10, (1, 2), scope=self.customer)
