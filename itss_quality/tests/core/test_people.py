from odoo.tests import tagged

from ..common import ItssCommon, RpcCase


@tagged("post_install", "-at_install")
class TestPeople(ItssCommon, RpcCase):
    """Where duties are separated, a second user of the same person is no second person."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # of the same contact, and behind the same employee
        cls.second = cls.make_user(
            "t_second", "admin", partner_id=cls.quality_user.partner_id.id, name="t_quality"
        )
        cls.third = cls.make_user("t_third", "admin")
        cls.employee(cls.quality_user).work_contact_id = cls.third.partner_id

    def test_the_preparer_s_second_user_neither_reviews_nor_approves(self):
        plan = self.make_plan()
        self.rpc_as(self.quality_user, "itss.plan", "action_submit", plan.ids)
        for user in (self.second, self.third):
            self.assert_rpc_refused(user, "itss.plan", "action_review", plan.ids, error="UserError")
            self.assertFalse(plan.with_user(user).can_review)
        self.rpc_as(self.ops_user, "itss.plan", "action_review", plan.ids)
        for user in (self.second, self.third):
            self.assert_rpc_refused(
                user, "itss.plan", "action_approve", plan.ids, error="UserError"
            )
        self.rpc_as(self.manager_user, "itss.plan", "action_approve", plan.ids)

    def test_the_owner_s_second_user_neither_verifies_nor_checks_an_improvement(self):
        improvement = self.env["itss.improvement"].create(
            {
                "name": "值班表",
                "problem": "夜班只有一人",
                "action": "增加一人",
                "company_id": self.company.id,
                "owner_id": self.quality_user.id,
                "date_deadline": "2025-12-01",
            }
        )
        owned = improvement.with_user(self.quality_user)
        owned.action_plan()
        owned.action_start()
        owned.completion = "已增加一人"
        owned.action_finish()
        step = {"state": "closed", "verification": "已抽查"}
        for user in (self.second, self.third):
            self.assert_rpc_refused(
                user, "itss.improvement", "write", improvement.ids, step, error="UserError"
            )
        self.rpc_as(self.quality_user_2, "itss.improvement", "write", improvement.ids, step)
        self.env.invalidate_all()
        self.assertEqual(improvement.state, "closed")
        for user in (self.second, self.third):
            self.assert_rpc_refused(
                user,
                "itss.improvement",
                "check_effectiveness",
                improvement.ids,
                "effective",
                "x",
                error="UserError",
            )

    def test_no_user_of_whom_a_complaint_is_about_is_asked_to_take_it_over(self):
        complaint = self.env["itss.complaint"].create(
            {"name": "态度", "description": "<p>不耐烦</p>", "company_id": self.company.id}
        )
        asked = complaint._get_quality_user()
        self.assertTrue(asked)
        complaint.subject_user_ids = self.quality_user
        for _user in range(5):
            self.assertNotIn(asked := complaint._get_quality_user(), self.second | self.third)
            complaint.subject_user_ids |= asked
        self.assertFalse(asked)
