from contextlib import closing
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .common import ImprovementCommon


@tagged("post_install", "-at_install")
class TestImprovement(ImprovementCommon):
    """itss.improvement, and itss.improvement.source.mixin on plan lines."""

    def test_source_and_improvement_are_one_click_apart(self):
        line, improvement = self._raise_from_line()
        self.assertEqual(improvement.source_name, line.display_name)
        source = improvement.action_open_source()
        self.assertEqual((source["res_model"], source["res_id"]), ("itss.plan.line", line.id))
        self.assertEqual((line.improvement_ids, line.improvement_count), (improvement, 1))
        domain = line.action_view_improvements()["domain"]
        self.assertEqual(self.env["itss.improvement"].search(domain), improvement)
        self.assertRegex(improvement.number, r"^IM-\d{4}-\d{4}$")

    def test_a_source_can_t_be_deleted_from_under_an_improvement(self):
        plan = self.make_plan()
        self.env["itss.improvement"].create(
            {
                "name": "x",
                "problem": "y",
                "source_model": "itss.plan.line",
                "source_id": plan.line_ids.id,
                "company_id": self.company.id,
            }
        )
        with self.assertRaisesRegex(UserError, "improvement"):
            plan.line_ids.with_user(self.quality_user).unlink()

    def test_only_a_draft_of_the_same_day_can_be_deleted(self):
        improvements = self.env["itss.improvement"].with_user(self.quality_user)
        vals = {"name": "x", "problem": "y", "company_id": self.company.id}
        slip, kept = improvements.create([vals, vals])
        slip.unlink()
        self.assertFalse(slip.exists())
        self.company.resource_calendar_id.tz = "Asia/Shanghai"
        self.env.flush_all()
        # 07:59 on 16 October in China
        self.env.cr.execute(
            "UPDATE itss_improvement SET create_date = '2025-10-15 23:59:00' WHERE id = %s",
            (kept.id,),
        )
        kept.invalidate_recordset()
        with freeze_time("2025-10-16 15:59:00"), closing(self.env.cr.savepoint()):
            kept.unlink()
        self.env.invalidate_all()
        for user in (self.quality_user, self.admin_user):
            with (
                freeze_time("2025-10-16 16:00:00"),
                self.assertRaisesRegex(UserError, "counted in figures"),
            ):
                kept.with_user(user).unlink()
        kept.write({"state": "cancelled", "cancel_reason": "重复"})
        self.assertIn("重复", kept.message_ids[0].body)

    def test_what_was_planned_is_not_deleted_on_the_same_day_either(self):
        improvement = self._planned(self.ops_user)
        for _step in range(2):
            for user in (self.quality_user, self.admin_user):
                with self.assertRaisesRegex(UserError, "can't be deleted"):
                    improvement.with_user(user).unlink()
            improvement.with_user(self.ops_user).action_start()

    def test_nobody_raises_an_improvement_from_what_they_can_t_read(self):
        draft = self.make_plan()
        with self.assertRaises(AccessError):
            self.env["itss.improvement"].with_user(self.staff_user).create(
                {
                    "name": "x",
                    "problem": "y",
                    "company_id": self.company.id,
                    "source_model": "itss.plan.line",
                    "source_id": draft.line_ids.id,
                }
            )

    def test_any_participant_may_suggest_one(self):
        improvement = (
            self.env["itss.improvement"]
            .with_user(self.staff_user)
            .create({"name": "x", "problem": "y", "company_id": self.company.id})
        )
        with self.assertRaises(AccessError):
            improvement.write(
                {
                    "state": "planned",
                    "action": "z",
                    "owner_id": self.staff_user.id,
                    "date_deadline": "2025-12-01",
                }
            )

    def test_planning_needs_measure_owner_and_deadline(self):
        _line, improvement = self._raise_from_line()
        with self.assertRaisesRegex(UserError, "Improvement Measure.*Owner.*Deadline"):
            improvement.action_plan()

    def test_the_owner_never_verifies(self):
        improvement = self._planned(self.quality_user_2).with_user(self.quality_user_2)
        self.assertEqual(improvement.activity_ids.user_id, self.quality_user_2)
        improvement.action_start()
        with self.assertRaisesRegex(UserError, "Completion"):
            improvement.action_finish()
        improvement.completion = "已增加两人"
        improvement.action_finish()
        with self.assertRaisesRegex(UserError, "somebody else"):
            improvement.action_verify()
        with self.assertRaises(AccessError):
            improvement.with_user(self.ops_user).action_verify()
        self.verify(improvement)
        self.assertEqual(improvement.state, "closed")
        self.assertEqual(improvement.verified_by_id, self.quality_user)

    def test_a_measure_that_is_not_enough_goes_back_with_a_reason(self):
        improvement = self._planned(self.ops_user).with_user(self.ops_user)
        improvement.action_start()
        improvement.completion = "done"
        improvement.action_finish()
        quality = improvement.with_user(self.quality_user)
        with self.assertRaisesRegex(UserError, "Return Reason"):
            quality.state = "in_progress"
        quality.write({"state": "in_progress", "return_reason": "no proof"})
        self.assertEqual(improvement.state, "in_progress")

    def test_content_is_frozen_while_it_is_verified(self):
        improvement = self._planned(self.ops_user).with_user(self.ops_user)
        improvement.action_start()
        improvement.completion = "done"
        improvement.action_finish()
        with self.assertRaisesRegex(UserError, "can't change"):
            improvement.completion = "done twice"

    def test_late_improvements_are_found(self):
        improvement = self._planned(self.ops_user)
        domain = [("id", "=", improvement.id), ("is_late", "=", True)]
        with freeze_time("2025-12-01"):
            self.assertFalse(self.env["itss.improvement"].search(domain))
        with freeze_time("2025-12-02"):
            self.assertEqual(self.env["itss.improvement"].search(domain), improvement)
            self.assertTrue(improvement.is_late)


@tagged("post_install", "-at_install")
class TestImprovementCheck(ImprovementCommon):
    """Verification and effectiveness check: each a dated result of somebody else than the owner."""

    def test_each_verification_is_kept_with_who_when_and_what(self):
        improvement = self._to_verify(self.ops_user)
        quality = improvement.with_user(self.quality_user)
        quality.write({"state": "in_progress", "return_reason": "没有记录"})
        improvement.action_finish()
        self.verify(improvement, words="核对值班表四周，均为两人")
        checks = improvement.check_ids.sorted("id")
        self.assertEqual(checks.mapped("result"), ["failed", "passed"])
        self.assertEqual(checks.mapped("kind"), ["verification"] * 2)
        self.assertEqual(checks.user_id, self.quality_user)
        self.assertEqual(checks.mapped("note"), ["没有记录", "核对值班表四周，均为两人"])
        self.assertEqual(improvement.verification, "核对值班表四周，均为两人")

    def test_the_verifier_says_what_was_checked(self):
        improvement = self._to_verify(self.ops_user).with_user(self.quality_user)
        for vals in ({}, {"verification": " "}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "Verification"):
                improvement.write({"state": "closed", **vals})
        action = improvement.action_verify()
        dialog = Form(
            self.env[action["res_model"]]
            .with_user(self.quality_user)
            .with_context(**action["context"])
        )
        self.assertEqual(dialog.title, "Verification")
        self.assertIn("what you have looked at", dialog.info)
        self.assertFalse(dialog.reason)
        dialog.reason = "抽查工单十张"
        dialog.save().action_confirm()
        self.assertEqual((improvement.state, improvement.verification), ("closed", "抽查工单十张"))
        self.assertIn("抽查工单十张", improvement.message_ids[0].body)
        with self.assertRaises(UserError):
            improvement.verification = "事后改写"

    @freeze_time("2025-10-01 02:00:00")
    def test_the_effectiveness_check_is_due_a_set_time_after_the_verification(self):
        self.company.itss_improvement_check_days = 30
        improvement = self._closed(self.ops_user)
        self.assertEqual(str(improvement.date_check), "2025-10-31")
        self.assertEqual(improvement.effectiveness, "pending")

    def test_an_effective_measure_stays_closed(self):
        improvement = self._closed(self.ops_user)
        improvement.with_user(self.quality_user).check_effectiveness("effective", "连续四周无投诉")
        self.assertEqual((improvement.state, improvement.effectiveness), ("closed", "effective"))
        self.assertFalse(improvement.escalate_at)
        self.assertEqual(improvement.check_ids[0].result, "effective")
        with self.assertRaisesRegex(UserError, "nothing to check"):
            improvement.with_user(self.quality_user).check_effectiveness("effective", "再次")

    def test_an_ineffective_measure_goes_on_with_its_history_kept(self):
        improvement = self._closed(self.ops_user)
        improvement.with_user(self.quality_user).check_effectiveness("ineffective", "仍有投诉")
        self.assertEqual(improvement.state, "in_progress")
        self.assertFalse(improvement.verified_by_id or improvement.verification)
        self.assertEqual(
            improvement.check_ids.sorted("id").mapped("result"), ["passed", "ineffective"]
        )
        self.assertIn(self.ops_user, improvement.activity_ids.user_id)
        improvement.with_user(self.ops_user).action_finish()
        self.verify(improvement)
        self.assertEqual(improvement.effectiveness, "pending")

    def test_the_owner_and_other_roles_check_nothing(self):
        improvement = self._closed(self.quality_user_2)
        with self.assertRaisesRegex(UserError, "somebody else"):
            improvement.with_user(self.quality_user_2).check_effectiveness("effective", "x")
        for user in (self.ops_user, self.manager_user, self.desk_user):
            with self.subTest(user.login), self.assertRaises(AccessError):
                improvement.with_user(user).check_effectiveness("effective", "x")
        self.assertEqual(improvement.effectiveness, "pending")

    def test_a_result_needs_a_note(self):
        improvement = self._closed(self.ops_user).with_user(self.quality_user)
        for result, note in (("effective", " "), ("effective", None), ("fine", "x")):
            with self.subTest(result=result), self.assertRaisesRegex(UserError, "worked"):
                improvement.check_effectiveness(result, note)

    def test_nobody_writes_checks_or_results_by_hand(self):
        improvement = self._closed(self.ops_user).with_user(self.admin_user)
        for vals in (
            {"effectiveness": "effective"},
            {"date_check": "2030-01-01"},
            {"deadline_changes": 0},
            {"escalate_at": False},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                improvement.write(vals)
        check = improvement.check_ids
        with self.assertRaises(AccessError):
            check.write({"note": "x"})
        with self.assertRaises(AccessError):
            check.unlink()
        with self.assertRaises(AccessError):
            check.create(
                {
                    "improvement_id": improvement.id,
                    "user_id": self.admin_user.id,
                    "kind": "effectiveness",
                    "result": "effective",
                }
            )

    def test_a_major_source_needs_a_root_cause(self):
        improvement = self._planned(self.ops_user).with_user(self.ops_user)
        improvement.action_start()
        improvement.completion = "已完成"
        line_class = type(self.env["itss.plan.line"])
        with patch.object(line_class, "_is_major_source", lambda line: True):
            improvement.invalidate_recordset(["is_major"])
            with self.assertRaisesRegex(UserError, "root cause"):
                improvement.action_finish()
            improvement.root_cause = "值班人手不足"
            improvement.action_finish()
        self.assertEqual(improvement.state, "to_verify")

    def _add_whys(self, improvement):
        for sequence, why in ((2, "没有备班制度"), (1, "夜间只有一人")):
            improvement.cause_ids.create(
                {"improvement_id": improvement.id, "why": why, "sequence": sequence}
            )

    def test_the_last_why_is_the_root_cause_where_none_is_entered(self):
        _line, draft = self._raise_from_line()
        self._add_whys(draft)
        self.assertFalse(draft.root_cause)
        draft.write({"action": "增加值班", "owner_id": self.ops_user.id})
        draft.date_deadline = "2025-12-01"
        draft.action_plan()
        self.assertEqual(draft.root_cause, "没有备班制度")

    def test_whys_found_later_and_a_root_cause_entered_are_respected(self):
        improvement = self._planned(self.ops_user).with_user(self.ops_user)
        improvement.action_start()
        self._add_whys(improvement)
        improvement.write({"completion": "已完成", "root_cause": "人手不足"})
        improvement.action_finish()
        self.assertEqual(improvement.root_cause, "人手不足")
        later = self._planned(self.ops_user).with_user(self.ops_user)
        later.action_start()
        self._add_whys(later)
        later.completion = "已完成"
        later.action_finish()
        self.assertEqual(later.root_cause, "没有备班制度")

    def test_causes_are_frozen_with_the_improvement(self):
        improvement = self._planned(self.ops_user).with_user(self.ops_user)
        cause = improvement.cause_ids.create(
            {"improvement_id": improvement.id, "why": "夜间只有一人", "category": "people"}
        )
        improvement.action_start()
        improvement.completion = "已完成"
        improvement.action_finish()
        with self.assertRaisesRegex(UserError, "can't change"):
            cause.why = "别的原因"
        with self.assertRaisesRegex(UserError, "can't change"):
            cause.unlink()
        with self.assertRaisesRegex(UserError, "can't change"):
            cause.create({"improvement_id": improvement.id, "why": "再加一条"})

    def test_evidence_belongs_to_the_improvement(self):
        improvement = self._planned(self.ops_user).with_user(self.ops_user)
        file = improvement.attachment_ids.create({"name": "值班表.txt", "raw": b"x"})
        improvement.attachment_ids = file
        self.assertEqual((file.res_model, file.res_id), ("itss.improvement", improvement.id))
        self.assertEqual(file.with_user(self.quality_user).raw, b"x")

    def test_evidence_is_frozen_while_it_is_verified_and_after(self):
        improvement = self._to_verify(self.ops_user).sudo()
        file = improvement.attachment_ids.create({"name": "值班表.txt", "raw": b"x"})
        improvement.attachment_ids = file
        file = file.with_user(self.ops_user)
        for change in (file.unlink, lambda: file.write({"raw": b"y"})):
            with self.assertRaisesRegex(UserError, "evidence"):
                change()


@tagged("post_install", "-at_install")
class TestImprovementClock(ImprovementCommon):
    """Reminders before, at and after the deadline, then the head of the department: each once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.head = cls.make_user("t_head", "user", cls.dep_operations)
        cls.dep_operations.manager_id = cls.employee(cls.head)
        cls.dep_quality.manager_id = cls.employee(cls.quality_user)

    def _run(self, moment):
        with freeze_time(moment), self.enter_registry_test_mode():
            cron = self.env.ref("itss_quality.ir_cron_itss_improvement_escalate")
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def _planned_in_june(self):
        with freeze_time("2025-06-01 02:00:00"):
            improvement = self._planned(self.ops_user)
        improvement.department_id = self.dep_operations
        return improvement

    def _todos(self, improvement):
        return [
            (todo.user_id.login, todo.summary) for todo in improvement.activity_ids.sorted("id")
        ]

    def test_owner_and_head_are_told_each_once(self):
        improvement = self._planned_in_june()
        planned = self._todos(improvement)
        expected = list(planned)
        for moment, login, summary in (
            ("2025-11-23 23:00:00", None, None),
            ("2025-11-24 08:00:00", "t_ops", "Improvement due soon"),
            ("2025-12-01 08:00:00", "t_ops", "Improvement due today"),
            ("2025-12-02 08:00:00", "t_ops", "Improvement late"),
            ("2025-12-09 08:00:00", "t_head", "Improvement of your department still late"),
            ("2026-12-09 08:00:00", None, None),
        ):
            if login:
                expected.append((login, summary))
            for _run in range(2):
                self._run(moment)
                self.assertEqual(self._todos(improvement), expected, moment)
        self.assertFalse(improvement.escalate_at)

    def test_a_missed_week_is_made_up_for_with_the_last_thing_to_say(self):
        improvement = self._planned_in_june()
        self._run("2025-12-03 08:00:00")
        self.assertEqual(self._todos(improvement)[1:], [("t_ops", "Improvement late")])

    def test_finished_and_cancelled_ones_are_left_alone(self):
        finished, cancelled = self._planned_in_june(), self._planned_in_june()
        finished.with_user(self.ops_user).action_start()
        finished.with_user(self.ops_user).completion = "已完成"
        finished.with_user(self.ops_user).action_finish()
        cancelled.with_user(self.quality_user).write({"state": "cancelled", "cancel_reason": "x"})
        self._run("2026-06-01 08:00:00")
        self.assertFalse(finished.activity_ids)
        self.assertFalse(cancelled.activity_ids)

    def test_a_changed_deadline_needs_a_reason_is_counted_and_starts_the_clock_anew(self):
        improvement = self._planned_in_june()
        quality = improvement.with_user(self.quality_user)
        self._run("2025-12-02 08:00:00")
        with self.assertRaisesRegex(UserError, "can't change"):
            quality.date_deadline = "2026-03-01"
        with freeze_time("2025-12-03 08:00:00"):
            for deadline, reason in (("2026-03-01", " "), ("2025-12-01", "x"), (False, "x")):
                with self.assertRaisesRegex(UserError, "another deadline"):
                    quality.postpone(deadline, reason)
            quality.postpone("2026-03-01", "配件到货推迟")
        self.assertEqual(improvement.deadline_changes, 1)
        self.assertIn("配件到货推迟", improvement.message_ids[0].body)
        self._run("2026-02-22 08:00:00")
        self.assertEqual(self._todos(improvement)[-1], ("t_ops", "Improvement due soon"))

    def test_the_owner_does_not_move_the_own_deadline(self):
        improvement = self._planned(self.staff_user).with_user(self.staff_user)
        with self.assertRaises(UserError):
            improvement.postpone("2030-01-01", "x")
        with self.assertRaises(UserError):
            improvement.date_deadline = "2030-01-01"

    @freeze_time("2025-12-01 08:00:00")
    def test_the_quality_department_is_told_when_the_effectiveness_is_to_be_checked(self):
        improvement = self._closed(self.ops_user)
        self._run("2026-02-28 08:00:00")
        self.assertFalse(improvement.activity_ids)
        for _run in range(2):
            self._run("2026-03-01 08:00:00")
            self.assertEqual(
                self._todos(improvement),
                [("t_quality", "Check whether the improvement has worked")],
            )
