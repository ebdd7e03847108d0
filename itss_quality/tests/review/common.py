from lxml import html

from odoo import Command

from ..common import ItssCommon

DATE = "2025-10-20 01:00:00"
CONCLUSIONS = {
    "suitability": "yes",
    "suitability_text": "体系适宜",
    "adequacy": "partly",
    "adequacy_text": "夜班人手不足",
    "effectiveness": "yes",
    "effectiveness_text": "目标达成",
    # left out by the tests that decide something
    "no_decision_reason": "体系运行正常，无需决议",
}


class ReviewCommon(ItssCommon):
    """A company with a management representative, a general manager, and records to review."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        cls.company.itss_service_desk_department_id = cls.dep_desk
        cls.dep_management = cls.make_department("管理层")
        cls.boss = cls._make_employee(cls.manager_user, "总经理", name="张总")
        cls.representative_user = cls.make_user("t_representative", "management", name="赵代表")
        cls.representative = cls._make_employee(cls.representative_user, "管理者代表")
        cls.gatherer_user = cls.make_user("t_gatherer", "user", name="李副总")
        cls.gatherer = cls._make_employee(cls.gatherer_user, "副总经理")
        cls.company.itss_management_representative_id = cls.representative
        cls.dep_quality.manager_id = cls.employee(cls.quality_user)
        cls.dep_operations.manager_id = cls.employee(cls.ops_user)
        cls.dep_staff.manager_id = cls.employee(cls.staff_user)

    @classmethod
    def _make_employee(cls, user, title, name=None):
        return cls.env["hr.employee"].create(
            {
                "name": name or user.name,
                "user_id": user.id,
                "company_id": cls.company.id,
                "department_id": cls.dep_management.id,
                "job_title": title,
            }
        )

    @classmethod
    def make_review(cls, user=None, **vals):
        """Create a draft review of 2025 as the quality department."""
        return (
            cls.env["itss.review"]
            .with_user(user or cls.quality_user)
            .create(
                {
                    "company_id": cls.company.id,
                    "organiser_id": cls.representative.id,
                    "chair_id": cls.boss.id,
                    "gatherer_id": cls.gatherer.id,
                    "participant_ids": [
                        Command.set(
                            (cls.employee(cls.ops_user) | cls.employee(cls.quality_user)).ids
                        )
                    ],
                    "date": DATE,
                    "location": "三号会议室",
                    **vals,
                }
            )
        )

    @classmethod
    def make_review_line(cls, **vals):
        """Create the line of an approved plan that asks for a review, beside audit and evaluation."""
        plan = cls.make_plan(lines=0)
        cls.make_line(plan, kind="audit", name="内审")
        cls.make_line(plan, kind="evaluation", name="目标评价", date_text="2025年10月底")
        line = cls.make_line(plan, kind="review", name="管理评审", **vals)
        cls.approve(plan)
        return line

    @classmethod
    def hold(cls, review):
        review = review.with_user(cls.quality_user)
        if review.state == "draft":
            review.action_announce()
        cls.write_topics(review)
        review.action_hold()
        return review

    @classmethod
    def write_topics(cls, review):
        """Write the topic reports that are still missing."""
        inputs = review.with_user(cls.quality_user).input_ids
        inputs.filtered(lambda one: not one.text).text = "运行正常"

    @classmethod
    def decide(cls, review, **vals):
        """Enter a decision as the quality department."""
        return (
            cls.env["itss.review.decision"]
            .with_user(cls.quality_user)
            .create(
                {
                    "review_id": review.id,
                    "name": "增加夜班工程师",
                    "kind": "resources",
                    "owner_id": cls.ops_user.id,
                    "department_id": cls.dep_operations.id,
                    "date_deadline": "2025-12-31",
                    **vals,
                }
            )
        )

    @classmethod
    def write_minutes(cls, review):
        meeting = review.with_user(cls.quality_user).meeting_ids
        meeting.minutes = "<p>会议记录</p>"
        rows = meeting.attendance_ids
        rows.filtered(lambda row: row.employee_id == review.chair_id).is_present = True

    def finish_held(self, review):
        review.write(CONCLUSIONS)
        self.write_minutes(review)
        return self.approve_report(self.make_report(review))

    @classmethod
    def make_report(cls, review):
        action = review.with_user(cls.quality_user).action_open_report()
        return cls.env["itss.review.report"].with_user(cls.quality_user).browse(action["res_id"])

    @classmethod
    def approve_report(cls, report):
        report.with_user(cls.quality_user).action_submit()
        report.with_user(cls.quality_user_2).action_review()
        report.with_user(cls.manager_user).action_approve()
        return report

    @classmethod
    def finish(cls, review):
        """Do everything that a review needs before it is closed."""
        review = cls.hold(review)
        review.write(CONCLUSIONS)
        cls.write_minutes(review)
        cls.approve_report(cls.make_report(review))
        return review

    def input(self, review, kind):
        return review.input_ids.filtered(lambda one: one.kind == kind)

    def figures(self, review, kind):
        """Return value, n and note of each figure of an input, by its label."""
        return {
            figure["label"]: (figure["value"], figure["n"], figure["note"])
            for figure in self.input(review, kind).figures
        }

    def print(self, report, records, user=None):
        """Return the print of records as a tree."""
        reports = self.env["ir.actions.report"].with_user(user or self.quality_user)
        content, kind = reports._render_qweb_html(f"itss_quality.{report}", records.ids)
        self.assertEqual(kind, "html")
        return html.fromstring(content.decode())
