from odoo.tests import tagged

from ..common import ItssCommon


@tagged("post_install", "-at_install")
class TestTodo(ItssCommon):
    """itss.todo.mixin, on plans: who is asked, and in which words."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dep_quality.manager_id = cls.employee(cls.quality_user_2)

    def _ask(self, user):
        plan = self.make_plan()
        return plan.sudo()._ask(user, lambda env: "Please review"), plan.activity_ids

    def test_whoever_signs_next_is_asked_in_the_own_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"].search([("name", "=", "itss_quality")])._update_translations(
            ["zh_CN"]
        )
        self.ops_user.lang = "zh_CN"
        plan = self.make_plan(reviewer_id=self.ops_user.id, approver_id=self.manager_user.id)
        plan.action_submit()
        self.assertEqual(plan.activity_ids.summary, "请审核")
        plan.with_user(self.ops_user).with_context(lang="zh_CN").action_review()
        self.assertEqual(plan.activity_ids.summary, "Please approve")

    def test_who_can_t_open_the_record_is_represented_by_the_quality_department(self):
        left = self.make_user("t_left", "operations", self.dep_operations)
        left.active = False
        for user in (left, self.outsider, self.foreign_user):
            asked, todo = self._ask(user)
            self.assertEqual(list(asked), [self.quality_user_2], user.login)
            self.assertEqual((todo.user_id, todo.summary), (self.quality_user_2, "Please review"))

    def test_the_first_of_the_quality_department_who_can_open_it_is_asked(self):
        self.dep_quality.manager_id = self.employee(
            self.make_user("t_new_head", None, self.dep_quality)
        )
        _asked, todo = self._ask(self.outsider)
        self.assertEqual(todo.user_id, self.quality_user)

    def test_who_works_for_several_companies_is_asked_whichever_is_switched_on(self):
        self.ops_user.company_ids |= self.other_company
        plan = self.make_plan().sudo().with_context(allowed_company_ids=self.other_company.ids)
        plan._ask(self.ops_user, lambda env: "Please review")
        self.assertEqual(plan.activity_ids.user_id, self.ops_user)

    def test_nobody_is_asked_without_a_user(self):
        nobody = self.env["res.users"]
        asked, todo = self._ask(nobody)
        self.assertEqual(list(asked), [nobody])
        self.assertFalse(todo)

    def test_to_dos_are_taken_back_from_some_or_from_all(self):
        plan = self.make_plan().sudo()
        users = self.ops_user | self.quality_user | self.manager_user
        for user in users:
            plan._ask(user, lambda env: "Please review")
        plan._stop_asking(self.ops_user)
        self.assertEqual(plan.activity_ids.user_id, users - self.ops_user)
        plan._stop_asking(self.env["res.users"])
        self.assertEqual(plan.activity_ids.user_id, users - self.ops_user)
        plan.with_user(self.quality_user).sudo()._stop_asking(self.quality_user, done=True)
        self.assertEqual(plan.activity_ids.user_id, self.manager_user)
        self.assertIn("Please review", plan.message_ids[0].body)
        plan._stop_asking()
        self.assertFalse(plan.activity_ids)
