from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .common import ItssCommon


@tagged("post_install", "-at_install")
class TestImprovement(ItssCommon):
    """itss.improvement, and itss.improvement.source.mixin on plan lines."""

    def _raise_from_line(self):
        line = self.approve(self.make_plan()).line_ids
        action = line.with_user(self.quality_user).action_raise_improvement()
        form = Form(
            self.env["itss.improvement"]
            .with_user(self.quality_user)
            .with_context(**action["context"])
        )
        form.name = "加快响应"
        form.problem = "夜间响应慢"
        return line, form.save()

    def _planned(self, owner):
        _line, improvement = self._raise_from_line()
        improvement.write(
            {"action": "增加值班", "owner_id": owner.id, "date_deadline": "2025-12-01"}
        )
        improvement.action_plan()
        return improvement

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
        improvement.with_user(self.quality_user).action_verify()
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
