from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from ..common import ItssCommon


@tagged("post_install", "-at_install")
class TestPlanLine(ItssCommon):
    def _approved_line(self, **vals):
        plan = self.make_plan(lines=0)
        line = self.make_line(plan, **vals)
        self.approve(plan)
        return line

    # -------------------------------------------------------------------------
    # Dates and warnings
    # -------------------------------------------------------------------------

    def test_printed_dates_are_kept_and_understood(self):
        plan = self.make_plan(lines=0)
        cases = {
            "2025年1月": ("2025-01-01", "2025-01-31", False, False),
            "全年": ("2025-01-01", "2025-12-31", True, False),
            "2025年10月底": ("2025-10-31", "2025-10-31", False, False),
            "2025年10月 (外审前进行一次)": ("2025-10-01", "2025-10-31", False, True),
        }
        for text, expected in cases.items():
            line = self.make_line(plan, date_text=text)
            self.assertEqual(line.date_text, text)
            self.assertEqual(
                (
                    str(line.date_start),
                    str(line.date_end),
                    line.all_year,
                    line.before_external_audit,
                ),
                expected,
            )
            self.assertFalse(line.warning)

    def test_a_date_not_understood_keeps_its_text_and_warns(self):
        line = self.make_line(self.make_plan(lines=0), date_text="视情况而定")
        self.assertEqual(line.date_text, "视情况而定")
        self.assertFalse(line.date_end)
        self.assertIn("视情况而定", line.warning)
        line.date_end = "2025-05-05"
        self.assertFalse(line.warning)

    def test_dates_can_be_corrected_by_hand(self):
        with Form(self.make_line(self.make_plan(lines=0))) as form:
            form.date_text = "2025年3月"
            self.assertEqual(str(form.date_end), "2025-03-31")
            form.date_end = "2025-03-15"
        self.assertEqual(str(form.record.date_end), "2025-03-15")
        self.assertEqual(form.record.date_text, "2025年3月")

    def test_a_line_outside_the_plan_s_year_warns(self):
        line = self.make_line(self.make_plan(lines=0), date_text="2026年1月")
        self.assertIn("2025", line.warning)

    def test_a_line_after_the_external_audit_warns(self):
        plan = self.make_plan(lines=0, external_audit_date="2025-10-20")
        line = self.make_line(plan, date_text="2025年10月 (外审前进行一次)")
        self.assertIn("external audit", line.warning)
        plan.external_audit_date = "2025-11-15"
        self.assertFalse(line.warning)

    def test_a_missing_external_audit_date_is_asked_for(self):
        plan = self.make_plan(lines=0)
        self.make_line(plan, date_text="2025年10月 (外审前进行一次)")
        self.assertTrue(plan.audit_date_missing)
        plan.external_audit_date = "2025-11-15"
        self.assertFalse(plan.audit_date_missing)

    def test_a_review_planned_before_its_input_is_finished_warns(self):
        plan = self.make_plan(lines=0)
        audit = self.make_line(plan, number="5", kind="audit", date_text="2025年10月")
        review = self.make_line(plan, number="6", kind="review", date_text="2025年10月")
        self.assertFalse(review.warning, "the order inside one month is open")
        evaluation = self.make_line(
            plan, number="8", name="评价", kind="evaluation", date_text="2025年10月底"
        )
        self.assertIn("8 评价", review.warning)
        self.assertNotIn("5 内审", review.warning)
        self.assertEqual(plan.warning_count, 1)
        evaluation.date_text = "2025年9月"
        self.assertFalse(review.warning)
        self.approve(plan)
        self.report(review, self.ops_user)
        self.assertIn("5 内审", review.warning, "the review runs, the audit is not done")
        self.report(audit, self.ops_user)
        audit.sudo().state = "done"
        self.assertNotIn("5 内审", review.warning)

    def test_a_line_does_not_end_before_it_starts(self):
        line = self.make_line(self.make_plan(lines=0))
        with (
            self.assertRaises(CheckViolation),
            self.env.cr.savepoint(),
            mute_logger("odoo.sql_db"),
        ):
            line.write({"date_start": "2025-05-01", "date_end": "2025-04-01"})
            line.flush_recordset()

    # -------------------------------------------------------------------------
    # Progress
    # -------------------------------------------------------------------------

    def test_a_line_is_done_only_with_a_report(self):
        line = self._approved_line().with_user(self.ops_user)
        with self.assertRaisesRegex(UserError, "progress report"):
            line.action_done()
        self.assertFalse(line.can_finish)
        self.report(line, self.ops_user, 80)
        self.assertEqual((line.state, line.progress), ("in_progress", 80))
        line.invalidate_recordset()
        self.assertTrue(line.can_finish)
        line.action_done()
        self.assertEqual((line.state, line.progress), ("done", 100))
        self.assertTrue(line.date_done)

    def test_a_finished_improvement_is_evidence_too(self):
        line = self._approved_line().with_user(self.ops_user)
        improvement = self.env["itss.improvement"].create(
            {
                "name": "x",
                "problem": "y",
                "company_id": self.company.id,
                "source_model": line._name,
                "source_id": line.id,
            }
        )
        with self.assertRaisesRegex(UserError, "closed improvement"):
            line.action_done()
        improvement.state = "closed"
        line.action_done()
        self.assertEqual(line.state, "done")

    def test_progress_is_the_average_of_the_responsible_departments(self):
        line = self._approved_line(
            responsible_department_ids=[(6, 0, (self.dep_operations | self.dep_quality).ids)],
            supporting_department_ids=[(6, 0, self.dep_staff.ids)],
        )
        self.report(line, self.ops_user, 20)
        self.report(line, self.ops_user, 60)
        self.assertEqual(line.progress, 30)
        self.report(line, self.staff_user, 100)
        self.assertEqual(line.progress, 30, "a supporting department does not move it")
        self.report(line, self.quality_user, 100)
        self.assertEqual(line.progress, 80)
        # only what is shown is rounded
        self.report(line, self.quality_user, 33)
        self.assertEqual(line.progress, 46.5)

    def test_a_report_is_dated_and_signed_by_the_server(self):
        line = self._approved_line()
        with freeze_time("2025-05-05 08:00:00"):
            report = self.report(
                line, self.ops_user, user_id=self.quality_user.id, date="2025-01-01 00:00:00"
            )
        self.assertEqual(report.user_id, self.ops_user)
        self.assertEqual(str(report.date), "2025-05-05 08:00:00")
        self.assertEqual(report.department_id, self.dep_operations)

    def test_a_report_can_t_be_changed_or_deleted(self):
        report = self.report(self._approved_line(), self.ops_user)
        for user in (self.ops_user, self.quality_user, self.admin_user):
            with self.assertRaisesRegex(UserError, "can't be changed"):
                report.with_user(user).percent = 100
            with self.assertRaises(AccessError):
                report.with_user(user).unlink()

    def test_the_evidence_of_a_report_can_t_be_changed_or_deleted(self):
        line = self._approved_line()
        file = (
            self.env["ir.attachment"]
            .with_user(self.ops_user)
            .create({"name": "minutes.txt", "raw": b"minutes"})
        )
        report = self.report(line, self.ops_user, attachment_ids=[(6, 0, file.ids)])
        self.assertEqual((file.res_model, file.res_id), ("itss.plan.report", report.id))
        with self.assertRaisesRegex(UserError, "evidence"):
            file.raw = b"forged"
        with self.assertRaisesRegex(UserError, "evidence"):
            file.unlink()
        file.with_user(self.quality_user).check_access("read")

    def test_a_report_does_not_open_other_people_s_files(self):
        line = self._approved_line()
        private = (
            self.env["ir.attachment"]
            .with_user(self.quality_user)
            .create({"name": "private.txt", "raw": b"private"})
        )
        with self.assertRaises(AccessError):
            self.report(line, self.ops_user, attachment_ids=[(6, 0, private.ids)])

    def test_reports_need_a_running_plan_and_an_open_line(self):
        line = self.make_line(self.make_plan(lines=0))
        with self.assertRaisesRegex(UserError, "no progress report"):
            self.report(line, self.quality_user)
        line = self._approved_line()
        self.report(line, self.ops_user)
        line.with_user(self.ops_user).action_done()
        with self.assertRaisesRegex(UserError, "no progress report"):
            self.report(line, self.ops_user)

    def test_one_reports_for_one_s_own_department(self):
        line = self._approved_line()
        with self.assertRaisesRegex(UserError, "own department"):
            self.report(line, self.ops_user, department_id=self.dep_quality.id)
        self.report(line, self.quality_user, department_id=self.dep_operations.id)

    def test_a_line_of_a_plan_not_approved_can_t_start(self):
        line = self.make_line(self.make_plan(lines=0))
        with self.assertRaisesRegex(UserError, "not approved"):
            line.with_user(self.quality_user).state = "in_progress"

    def test_cancelling_needs_a_reason_and_the_quality_department(self):
        line = self._approved_line()
        with self.assertRaises(AccessError):
            line.with_user(self.ops_user).write({"state": "cancelled", "cancel_reason": "x"})
        with self.assertRaisesRegex(UserError, "Cancel Reason"):
            line.with_user(self.quality_user).state = "cancelled"
        line.with_user(self.quality_user).write({"state": "cancelled", "cancel_reason": "x"})
        line.with_user(self.quality_user).action_reopen()
        self.assertEqual(line.state, "planned")

    # -------------------------------------------------------------------------
    # Late lines and reminders
    # -------------------------------------------------------------------------

    def test_only_open_lines_of_a_running_plan_are_late(self):
        lines = self.env["itss.plan.line"]
        running = self._approved_line(date_text="2025年1月")
        drafted = self.make_line(self.make_plan(lines=0), date_text="2025年1月")
        with freeze_time("2025-02-01"):
            self.assertTrue(running.is_late)
            self.assertFalse(drafted.is_late)
            both = [("id", "in", (running | drafted).ids)]
            self.assertEqual(lines.search([*both, ("is_late", "=", True)]), running)
            self.assertEqual(lines.search([*both, ("is_late", "=", False)]), drafted)
            self.report(running, self.ops_user)
            running.with_user(self.ops_user).action_done()
            self.assertFalse(running.is_late)

    def _remind(self, day):
        with freeze_time(day), self.enter_registry_test_mode():
            self.env.ref("itss_quality.ir_cron_itss_plan_line_remind").method_direct_trigger()

    def test_the_person_in_charge_is_reminded_once_ahead_of_the_due_date(self):
        employee = self.employee(self.ops_user)
        line = self._approved_line(date_text="2025年10月", responsible_id=employee.id)
        self._remind("2025-10-01")
        self.assertFalse(line.activity_ids)
        for _run in range(2):
            self._remind("2025-10-24")
        self.assertEqual(len(line.activity_ids), 1)
        self.assertEqual(line.activity_ids.user_id, self.ops_user)
        self.assertEqual(str(line.activity_ids.date_deadline), "2025-10-31")

    def test_the_quality_department_learns_of_a_late_line_once(self):
        self.dep_quality.manager_id = self.employee(self.quality_user)
        line = self._approved_line(date_text="2025年10月")
        self._remind("2025-10-31")
        upcoming = line.activity_ids
        self.assertEqual(line.reminder_stage, "upcoming")
        for day in ("2025-11-03", "2025-11-03", "2025-12-01"):
            self._remind(day)
        late = line.activity_ids - upcoming
        self.assertEqual(line.reminder_stage, "late")
        self.assertEqual(late.user_id, self.quality_user)
        self.assertEqual(len(late), 1)

    def test_a_missed_day_loses_no_reminder(self):
        line = self._approved_line(date_text="2025年1月")
        self._remind("2025-06-30")
        self.assertEqual(line.reminder_stage, "late")

    def test_a_plan_approved_late_or_a_longer_notice_loses_no_reminder(self):
        with freeze_time("2025-10-25"):
            line = self._approved_line(date_text="2025年10月")
        other = self._approved_line(date_text="2025年11月")
        self._remind("2025-10-25")
        self.assertEqual((line.reminder_stage, other.reminder_stage), ("upcoming", False))
        self.company.itss_reminder_days = 40
        self._remind("2025-10-25")
        self.assertEqual(other.reminder_stage, "upcoming")
        self.assertEqual([len(one.activity_ids) for one in (line, other)], [1, 1])

    def test_lines_that_are_done_or_whose_plan_has_ended_wait_for_nothing(self):
        done, closed = self._approved_line(), self._approved_line()
        self.assertTrue(done.escalate_at and closed.escalate_at)
        self.report(done, self.ops_user)
        done.with_user(self.ops_user).action_done()
        closed.plan_id.with_user(self.quality_user).write({"state": "closed", "closing_note": "x"})
        self.assertFalse(done.escalate_at or closed.escalate_at)
        done.with_user(self.quality_user).action_reopen()
        self.assertTrue(done.escalate_at)

    def test_a_line_that_fails_does_not_stop_the_others(self):
        first = self._approved_line(date_text="2025年1月")
        second = self._approved_line(date_text="2025年1月")
        get_due_alarm = type(first)._get_due_alarm

        def fail_on_first(line, now):
            if line == first:
                raise ValueError("broken")
            return get_due_alarm(line, now)

        self.patch(type(first), "_get_due_alarm", fail_on_first)
        with self.assertLogs("odoo.addons.itss_quality", "ERROR"):
            self._remind("2025-02-15")
        self.assertFalse(first.reminder_stage)
        self.assertEqual(second.reminder_stage, "late")

    def test_the_title_in_the_plan_is_who_gets_reminded(self):
        representative = self.employee(self.staff_user)
        self.company.itss_management_representative_id = representative
        self.dep_operations.manager_id = self.employee(self.ops_user)
        line = self.make_line(self.make_plan(lines=0), responsible_title="管理者代表")
        self.assertEqual(line._get_user_in_charge(), self.staff_user)
        line.responsible_title = "运维部经理"
        self.assertEqual(line._get_user_in_charge(), self.ops_user)
        line.responsible_id = self.employee(self.quality_user)
        self.assertEqual(line._get_user_in_charge(), self.quality_user)

    def test_somebody_is_always_reminded(self):
        self.dep_operations.manager_id = self.employee(self.ops_user)
        self.dep_quality.manager_id = self.employee(self.quality_user_2)
        no_user = self.env["hr.employee"].create(
            {"name": "without account", "company_id": self.company.id}
        )
        both = self.dep_operations | self.dep_quality
        line = self.make_line(
            self.make_plan(lines=0),
            responsible_department_ids=[(6, 0, both.ids)],
            responsible_title="质量部",
        )
        self.assertEqual(line._get_user_in_charge(), self.quality_user_2)
        line.responsible_id = no_user
        self.assertEqual(line._get_user_in_charge(), self.quality_user_2)
        line.responsible_title = "管理者代表"
        self.assertTrue(line._get_user_in_charge())
        self.quality_user_2.active = False
        self.assertEqual(line._get_user_in_charge(), self.ops_user)

    def test_a_run_out_of_time_is_not_taken_for_done(self):
        plan = self.make_plan(lines=0)
        for _number in range(3):
            self.make_line(plan, date_text="2025年10月底")
        self.approve(plan)
        told = []

        def no_time(cron, processed=0, *, remaining=None, deactivate=False):
            told.append((processed, remaining))
            return 0

        self.patch(type(self.env["ir.cron"]), "_commit_progress", no_time)
        with freeze_time("2025-10-30"):
            self.env["itss.plan.line"]._cron_escalate()
        [(processed, remaining)] = told
        self.assertEqual(processed, 0)
        self.assertGreaterEqual(remaining, 3)
        self.assertFalse(any(plan.line_ids.mapped("reminder_stage")))

    # -------------------------------------------------------------------------
    # What is printed
    # -------------------------------------------------------------------------

    def test_cells_are_printed_as_they_came(self):
        line = self.make_line(
            self.make_plan(lines=0),
            responsible_department_ids=[(6, 0, (self.dep_operations | self.dep_quality).ids)],
            responsible_text="运维部 、质量部",
            supporting_text="各有关部门",
            responsible_title="质量部",
        )
        self.assertEqual(line.responsible_text, "运维部 、质量部")
        self.assertEqual(line.supporting_text, "各有关部门")
        self.assertTrue(line.supporting_all)
        self.assertEqual(line._get_in_charge_display(), "质量部")
        self.assertEqual(line._get_date_display(), "2025年10月")

    def test_printed_departments_follow_a_change_of_departments(self):
        line = self.make_line(
            self.make_plan(lines=0),
            responsible_department_ids=[(6, 0, self.dep_operations.ids)],
            supporting_text="各有关部门",
        )
        self.assertEqual(line.responsible_text, "运维部")
        line.responsible_department_ids |= self.dep_quality
        self.assertEqual(line.responsible_text, "运维部、质量部")
        line.responsible_department_ids = self.dep_quality
        self.assertEqual(line.responsible_text, "质量部")
        line.supporting_department_ids = self.dep_staff
        self.assertEqual(line.supporting_text, "各有关部门、人力资源部")
