from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from ..common import ItssCommon


@tagged("post_install", "-at_install")
class TestPlan(ItssCommon):
    def _open(self, action):
        return self.env["itss.plan"].browse(action["res_id"])

    def test_the_template_has_the_eight_lines_and_no_row_seven(self):
        plans = self.env["itss.plan"].with_user(self.quality_user)
        plan = self._open(plans.action_new_from_template(2026))
        self.assertEqual(plan.line_ids.mapped("number"), ["1", "2", "3", "4", "5", "6", "8", "9"])
        self.assertEqual(
            plan.line_ids.mapped("kind"),
            [
                "objectives",
                "feedback",
                "process_control",
                "survey",
                "audit",
                "review",
                "evaluation",
                "documents",
            ],
        )
        self.assertTrue(all(line.date_end for line in plan.line_ids))
        self.assertEqual(set(plan.line_ids.mapped("date_end")[0:1]), {plan.line_ids[0].date_end})
        self.assertEqual(plan.line_ids[0].responsible_department_ids, self.dep_operations)
        self.assertEqual(plan.line_ids[6].date_end.isoformat(), "2026-10-31")

    def test_a_changed_target_leaves_a_trace(self):
        plan = self.make_plan()
        plan.satisfaction_target = 80
        rows = self.env["itss.journal"].search(
            [("res_model", "=", "itss.plan"), ("res_id", "=", plan.id)]
        )
        self.assertEqual((rows.user_id, rows.company_id), (self.quality_user, self.company))
        self.assertEqual((rows.values["old"], rows.values["new"]), (95, 80))
        self.assertEqual(
            (rows.label, rows.record, rows.old_words, rows.new_words),
            ("Satisfaction Target", plan.display_name, "95", "80"),
        )

    def test_the_template_is_in_the_user_s_language(self):
        self.load_chinese()
        plans = self.env["itss.plan"].with_user(self.quality_user).with_context(lang="zh_CN")
        plan = self._open(plans.action_new_from_template(2025))
        self.assertEqual(plan.line_ids[4].name, "内审")
        self.assertEqual(
            plan.line_ids.mapped("date_text"),
            [
                "2025年1月",
                "全年",
                "全年",
                "2025年10月",
                "2025年10月 (外审前进行一次)",
                "2025年10月 (外审前进行一次)",
                "2025年10月底",
                "全年",
            ],
        )
        self.assertTrue(all(line.date_end for line in plan.line_ids))
        self.assertEqual(plan.line_ids[4].responsible_title, "管理者代表")
        self.assertEqual(plan.line_ids[4].supporting_text, "各有关部门")

    def test_every_new_plan_has_chapters_to_start_from(self):
        plan = self.make_plan(purpose="<p>own words</p>")
        self.assertEqual(plan.purpose, "<p>own words</p>")
        for chapter in (plan.scope, plan.reference_documents, plan.roles, plan.activities):
            self.assertTrue(chapter)

    def test_the_template_takes_the_first_year_without_a_plan(self):
        with freeze_time("2026-03-01"):
            plans = self.env["itss.plan"].with_user(self.quality_user)
            first = self._open(plans.action_new_from_template())
            second = self._open(plans.action_new_from_template())
        self.assertEqual((first.year, second.year), (2026, 2027))

    def test_next_year_s_plan_moves_dates_on_and_carries_open_lines_over(self):
        plan = self.make_plan(
            lines=0,
            name="2025年运维服务质量管理计划",
            activities="<p>2025年至少一次，见 GB/T 28827.1-2025</p>",
            external_audit_date="2025-11-15",
        )
        self.make_line(plan, number="1", date_text="2025年10月 (外审前进行一次)")
        self.make_line(plan, number="2", date_text="全年")
        self.make_line(plan, number="3", date_text="待定", date_end="2025-06-30")
        self.make_line(plan, number="4", date_text="2025年2月")
        self.approve(plan)
        self.report(plan.line_ids[0], self.ops_user)
        plan.line_ids[0].with_user(self.ops_user).action_done()
        new = self._open(plan.with_user(self.quality_user).action_new_next_year())
        self.assertEqual((new.year, new.name), (2026, "2026年运维服务质量管理计划"))
        self.assertIn("2026年至少一次，见 GB/T 28827.1-2025", new.activities)
        self.assertEqual(str(new.external_audit_date), "2026-11-15")
        self.assertNotEqual(new.number, plan.number)
        self.assertEqual(new.version, "V1.0")
        self.assertEqual(
            new.line_ids.mapped("date_text"),
            ["2026年10月 (外审前进行一次)", "全年", "待定", "2026年2月"],
        )
        self.assertEqual(
            [str(line.date_end) for line in new.line_ids],
            ["2026-10-31", "2026-12-31", "2026-06-30", "2026-02-28"],
        )
        self.assertEqual(new.line_ids.mapped("state"), ["planned"] * 4)
        self.assertEqual(new.line_ids.mapped("carried_over"), [False, True, True, True])
        self.assertEqual(new.line_ids.previous_id, plan.line_ids)

    def test_an_approved_revision_takes_over_what_happened(self):
        plan = self.approve(self.make_plan(lines=2))
        report = self.report(plan.line_ids[0], self.ops_user, 60)
        revision = self._open(plan.with_user(self.quality_user).action_new_revision())
        revision.with_user(self.quality_user).change_note = "Changed"
        self.approve(revision)
        self.assertEqual(report.line_id, revision.line_ids[0])
        self.assertEqual(revision.line_ids.mapped("state"), ["in_progress", "planned"])
        self.assertEqual(revision.line_ids.mapped("progress"), [60, 0])

    def test_a_copy_by_hand_continues_nothing(self):
        plan = self.approve(self.make_plan())
        self.report(plan.line_ids, self.ops_user)
        duplicate = plan.with_user(self.quality_user).copy()
        self.assertFalse(duplicate.line_ids.previous_id)
        self.assertEqual(duplicate.line_ids.state, "planned")
        self.assertFalse(duplicate.line_ids.report_ids)

    def test_a_plan_without_lines_is_not_submitted(self):
        with self.assertRaisesRegex(UserError, "no lines"):
            self.make_plan(lines=0).action_submit()

    def test_lines_are_frozen_with_the_plan(self):
        plan = self.make_plan()
        plan.action_submit()
        line = plan.line_ids
        quality = plan.with_user(self.quality_user)
        for vals in (
            {"name": "other"},
            {"date_text": "2025年12月"},
            {"responsible_department_ids": [Command.clear()]},
            {"plan_id": self.make_plan().id},
        ):
            with self.assertRaisesRegex(UserError, "can't change"):
                line.with_user(self.quality_user).write(vals)
        with self.assertRaisesRegex(UserError, "can't change"):
            quality.write({"line_ids": [Command.create({"name": "late guest"})]})
        with self.assertRaisesRegex(UserError, "can't change"):
            self.env["itss.plan.line"].with_user(self.quality_user).create(
                {"plan_id": plan.id, "name": "late guest"}
            )
        with self.assertRaisesRegex(UserError, "can't be deleted"):
            line.with_user(self.quality_user).unlink()

    def test_closing_with_open_lines_lists_them_and_asks_why(self):
        plan = self.approve(self.make_plan(lines=2))
        self.report(plan.line_ids[0], self.ops_user, 100)
        plan.line_ids[0].with_user(self.ops_user).action_done()
        quality = plan.with_user(self.quality_user)
        with self.assertRaisesRegex(UserError, "Closing Note"):
            quality.write({"state": "closed"})
        action = quality.action_close()
        wizard = (
            self.env["itss.step.reason"]
            .with_user(self.quality_user)
            .with_context(**action["context"])
            .create({"reason": "转入明年"})
        )
        self.assertIn(plan.line_ids[1].display_name, wizard.info)
        self.assertNotIn(plan.line_ids[0].display_name, wizard.info)
        wizard.action_confirm()
        self.assertEqual((plan.state, plan.closing_note), ("closed", "转入明年"))
        self.assertIn(plan.line_ids[1].display_name, "".join(plan.message_ids.mapped("body")))

    def test_closing_without_open_lines_asks_nothing(self):
        plan = self.approve(self.make_plan())
        self.report(plan.line_ids, self.ops_user, 100)
        plan.line_ids.with_user(self.ops_user).action_done()
        plan.with_user(self.manager_user).action_close()
        self.assertEqual(plan.state, "closed")

    def test_a_plan_with_a_revision_under_way_is_not_closed(self):
        plan = self.approve(self.make_plan()).with_user(self.quality_user)
        revision = self._open(plan.action_new_revision())
        with self.assertRaisesRegex(UserError, "revision under way"):
            plan.write({"state": "closed", "closing_note": "end of year"})
        revision.unlink()
        plan.write({"state": "closed", "closing_note": "end of year"})

    def _remind(self, plan, day):
        with freeze_time(day):
            plan.line_ids.sudo()._escalate()

    def test_closing_ends_the_to_dos_of_open_lines(self):
        plan = self.approve(self.make_plan())
        self._remind(plan, "2025-10-31")
        self.assertTrue(plan.line_ids.activity_ids)
        plan.with_user(self.quality_user).write({"state": "closed", "closing_note": "x"})
        self.assertFalse(plan.line_ids.activity_ids)

    def test_reminders_follow_the_line_into_the_revision(self):
        plan = self.approve(self.make_plan(lines=2))
        self._remind(plan, "2025-10-31")
        revision = self._open(plan.with_user(self.quality_user).action_new_revision())
        revision.with_user(self.quality_user).change_note = "Changed"
        revision.line_ids[1].with_user(self.quality_user).date_text = "2025年12月"
        self.approve(revision)
        first, second = revision.line_ids
        self.assertEqual((len(first.activity_ids), first.reminder_stage), (1, "upcoming"))
        self.assertEqual((len(second.activity_ids), second.reminder_stage), (0, False))
        self.assertFalse(plan.line_ids.activity_ids)

    def test_the_template_button_works_with_rows_selected(self):
        plan = self.make_plan()
        new = self._open(plan.action_new_from_template())
        self.assertEqual(len(new.line_ids), 8)

    def test_corrected_dates_survive_a_change_of_year(self):
        plan = self.make_plan(lines=0)
        line = self.make_line(plan, date_text="10月")
        line.date_end = "2025-10-15"
        plan.year = 2025
        plan.year = 2026
        self.assertEqual(str(line.date_end), "2025-10-15")

    def test_members_of_the_plan_s_departments_comment_while_it_is_agreed(self):
        plan = self.make_plan()
        plan.line_ids.supporting_department_ids = self.dep_staff
        staff = plan.with_user(self.staff_user)
        with self.assertRaises(AccessError):
            staff.message_post(body="too early")
        plan.action_submit()
        staff.message_post(body="同意")
        self.assertIn("同意", plan.message_ids[0].body)
        with self.assertRaises(AccessError):
            plan.with_user(self.outsider).message_post(body="not mine")
        plan.with_user(self.ops_user).action_review()
        plan.with_user(self.manager_user).action_approve()
        with self.assertRaises(AccessError):
            staff.message_post(body="too late")

    def test_figures_count_lines_late_lines_and_progress(self):
        with freeze_time("2025-06-15"):
            plan = self.make_plan(lines=0)
            for number, text in enumerate(("2025年1月", "2025年10月", "2025年12月"), 1):
                self.make_line(plan, number=str(number), date_text=text)
            self.approve(plan)
            self.report(plan.line_ids[0], self.ops_user, 50)
            plan.line_ids[2].with_user(self.quality_user).write(
                {"state": "cancelled", "cancel_reason": "not needed"}
            )
            plan.invalidate_recordset()
            self.assertEqual((plan.line_count, plan.late_count), (2, 1))
            self.assertEqual(plan.progress, 25)

    def test_the_name_follows_the_year_until_somebody_words_it(self):
        form = Form(self.env["itss.plan"].with_user(self.quality_user))
        form.year = 2027
        self.assertIn("2027", form.name)
        form.name = "Our plan"
        form.year = 2028
        self.assertEqual(form.save().name, "Our plan")

    def test_months_without_a_year_follow_the_plan_s_year(self):
        plan = self.make_plan(lines=0)
        self.make_line(plan, date_text="3月")
        self.make_line(plan, date_text="待定", date_end="2025-05-05")
        plan.year = 2026
        self.assertEqual(
            [str(line.date_end) for line in plan.line_ids], ["2026-03-31", "2025-05-05"]
        )

    def test_year_and_target_are_checked(self):
        for vals in ({"year": 25}, {"satisfaction_target": 101}):
            with (
                self.assertRaises(CheckViolation),
                self.env.cr.savepoint(),
                mute_logger("odoo.sql_db"),
            ):
                self.make_plan(**vals)

    def test_departments_of_another_company_are_refused(self):
        department = self.make_department("质量部", self.other_company)
        with self.assertRaises(UserError):
            self.make_line(
                self.make_plan(), responsible_department_ids=[Command.set(department.ids)]
            )
