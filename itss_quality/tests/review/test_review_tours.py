from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import ReviewCommon


@tagged("post_install", "-at_install")
class TestReviewTours(ReviewCommon, HttpCase):
    """The review of the plan in a real browser: announced, reported on, held, signed, closed."""

    def test_from_the_plan_line_to_the_issued_report(self):
        self.company.itss_quality_department_id = self.dep_staff
        plan = self.make_plan(lines=0, year=fields.Date.today().year)
        self.make_line(plan, kind="audit", name="内审", date_text="全年")
        line = self.make_line(plan, kind="review", name="管理评审", date_text="全年")
        self.approve(plan)

        self.start_tour(
            f"/odoo/itss-plan-lines/{line.id}", "itss_review_announce", login="t_quality"
        )
        [review] = filter(None, line._get_works())
        self.assertEqual((review.state, line.state), ("announced", "in_progress"))
        self.assertIn(self.boss, review.meeting_ids.attendance_ids.employee_id)

        inputs = review.input_ids
        inputs.department_id = self.dep_quality
        topic = inputs.filtered(lambda one: one.kind == "changes")
        topic.department_id = self.dep_staff
        self.start_tour("/odoo/itss-review-inputs", "itss_review_report_topic", login="t_staff")
        self.assertEqual(topic.text, "无重大变化")
        self.write_topics(review)

        self.start_tour(f"/odoo/itss-reviews/{review.id}", "itss_review_hold", login="t_quality")
        self.env.invalidate_all()
        self.assertEqual(review.decision_ids.improvement_id.owner_id, self.ops_user)
        report = review.report_ids
        self.assertIn(self.manager_user, report.recipient_ids)

        self.start_tour("/odoo/itss-review-reports", "itss_review_review", login="t_representative")
        self.start_tour("/odoo/itss-review-reports", "itss_review_approve", login="t_boss")
        self.start_tour("/odoo/itss-review-reports", "itss_review_read", login="t_boss")
        self.start_tour(f"/odoo/itss-reviews/{review.id}", "itss_review_close", login="t_quality")
        self.env.invalidate_all()
        self.assertEqual((review.state, line.state), ("closed", "done"))
        receipt = report.sudo().receipt_ids.filtered(lambda one: one.user_id == self.manager_user)
        self.assertTrue(receipt.read_at)
