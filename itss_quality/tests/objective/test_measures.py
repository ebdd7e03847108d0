from odoo.tests import freeze_time, tagged

from .common import IndicatorCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-12-20 02:00:00")
class TestImprovementOnTime(IndicatorCommon):
    """Improvements by the deadlines that lie in a month, counted by hand."""

    def make(self, deadline, moment="2025-10-01 02:00:00", **vals):
        with freeze_time(moment):
            improvement = (
                self.env["itss.improvement"]
                .with_user(self.quality_user)
                .create(
                    {
                        "name": "调整派工",
                        "problem": "派工慢",
                        "company_id": self.company.id,
                        "department_id": self.dep_operations.id,
                        "owner_id": self.ops_user.id,
                        "action": "看路程派工",
                        "root_cause": "没有看路程",
                        "date_deadline": deadline,
                        **vals,
                    }
                )
            )
            improvement.action_plan()
        # the database's own clock is not frozen
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE itss_improvement SET create_date = %s WHERE id = %s", (moment, improvement.id)
        )
        improvement.invalidate_recordset()
        return improvement

    def finish(self, improvement, moment):
        with freeze_time(moment):
            improvement = improvement.with_user(self.ops_user)
            improvement.action_start()
            improvement.completion = "已看路程"
            improvement.action_finish()

    def postpone(self, improvement, day, moment):
        with freeze_time(moment):
            improvement.with_user(self.quality_user).postpone(day, "供应商延期")

    def test_the_last_moment_of_the_deadline_is_the_company_s_midnight(self):
        self.finish(self.make("2025-10-20"), "2025-10-20 15:59:59")
        self.finish(self.make("2025-10-20"), "2025-10-20 16:00:00")
        self.check("improvement_on_time", 10, (1, 2))
        self.check("improvement_on_time", 11, (0, 0))

    def test_what_was_put_off_in_time_is_due_then_and_what_was_late_stays_late(self):
        in_time, too_late = self.make("2025-10-20"), self.make("2025-10-20")
        self.postpone(in_time, "2025-11-20", "2025-10-20 02:00:00")
        self.postpone(too_late, "2025-11-20", "2025-10-21 02:00:00")
        self.check("improvement_on_time", 10, (0, 1))
        for improvement in (in_time, too_late):
            self.finish(improvement, "2025-11-10 02:00:00")
        self.check("improvement_on_time", 10, (0, 1))
        self.check("improvement_on_time", 11, (2, 2))

    def test_what_happens_in_december_does_not_change_october(self):
        open_ = self.make("2025-10-20")
        self.check("improvement_on_time", 10, (0, 1))
        self.postpone(open_, "2025-12-30", "2025-12-20 02:00:00")
        self.check("improvement_on_time", 10, (0, 1))
        self.finish(open_, "2025-12-20 02:00:00")
        self.check("improvement_on_time", 10, (0, 1))

    def test_what_came_back_from_verification_was_not_finished(self):
        improvement = self.make("2025-10-20")
        self.finish(improvement, "2025-10-10 02:00:00")
        self.check("improvement_on_time", 10, (1, 1))
        with freeze_time("2025-10-25 02:00:00"):
            improvement.with_user(self.quality_user).write(
                {"state": "in_progress", "return_reason": "记录不全"}
            )
        self.check("improvement_on_time", 10, (0, 1))

    def test_cancelled_ones_and_those_not_due_yet_do_not_count(self):
        with freeze_time("2025-10-05 02:00:00"):
            self.make("2025-10-20").with_user(self.quality_user).write(
                {"state": "cancelled", "cancel_reason": "不再需要"}
            )
        self.check("improvement_on_time", 10, (0, 0))
        self.make("2025-12-20", moment="2025-12-01 02:00:00")
        self.check("improvement_on_time", 12, (0, 0))

    def test_it_is_of_the_department_that_had_it_then(self):
        improvement = self.make("2025-10-20")
        improvement.sudo().department_id = self.dep_staff
        self.check("improvement_on_time", 10, (0, 1), scope=self.dep_operations)
        self.check("improvement_on_time", 10, (0, 0), scope=self.dep_staff)


@tagged("post_install", "-at_install")
@freeze_time("2025-12-20 02:00:00")
class TestPlanOnTime(IndicatorCommon):
    """Lines of the plan by their due dates; all are due at the end of October."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2025-03-01 02:00:00"):
            cls.plan = cls.approve(cls.make_plan(lines=3))

    def finish(self, line, moment):
        with freeze_time(moment):
            self.report(line, self.ops_user)
            line.with_user(self.quality_user).action_done()

    def test_lines_are_done_by_their_due_date_or_late(self):
        first, second, third = self.plan.line_ids
        self.finish(first, "2025-10-31 15:59:59")
        self.finish(second, "2025-10-31 16:00:00")
        self.check("plan_on_time", 10, (1, 3))
        self.finish(third, "2025-12-20 02:00:00")
        self.check("plan_on_time", 10, (1, 3))
        self.check("plan_on_time", 9, (0, 0))

    def test_a_revision_counts_from_its_approval(self):
        with freeze_time("2025-11-03 02:00:00"):
            action = self.plan.with_user(self.quality_user).action_new_revision()
            revision = self.plan.browse(action["res_id"])
            revision.change_note = "推迟"
            revision.line_ids[0].date_text = "2025年11月"
            self.approve(revision)
        self.check("plan_on_time", 10, (0, 3))
        self.check("plan_on_time", 11, (0, 1))

    def test_a_line_counts_for_each_department_that_answers_for_it(self):
        line = self.plan.line_ids[0].sudo()
        line.responsible_department_ids |= self.dep_staff
        indicator = self.get_indicator("plan_on_time")
        indicator._compute_values([self.get_span(10)])
        values = self.env["itss.indicator.value"].search([("indicator_id", "=", indicator.id)])
        self.assertEqual(
            {(value.department_id, value.n) for value in values},
            {(self.env["hr.department"], 3), (self.dep_operations, 3), (self.dep_staff, 1)},
        )
        self.check("plan_on_time", 10, (0, 1), scope=self.dep_staff)

    def test_cancelled_lines_and_draft_plans_do_not_count(self):
        with freeze_time("2025-10-10 02:00:00"):
            self.plan.line_ids[0].with_user(self.quality_user).write(
                {"state": "cancelled", "cancel_reason": "不再需要"}
            )
            self.make_plan(lines=2, year=2026)
        self.check("plan_on_time", 10, (0, 2))
