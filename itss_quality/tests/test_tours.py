import io

from openpyxl import Workbook

from odoo.tests import HttpCase, tagged

from .common import ItssCommon


@tagged("post_install", "-at_install")
class TestTours(ItssCommon, HttpCase):
    """The daily work in a real browser: sign a plan, import its table, report progress."""

    def test_prepare_review_approve(self):
        self.start_tour("/odoo/itss-plans", "itss_plan_prepare", login="t_quality")
        plan = self.env["itss.plan"].search([("company_id", "=", self.company.id)])
        self.assertEqual(plan.activity_ids.user_id, self.ops_user, "the reviewer is asked")
        self.start_tour("/odoo/itss-plans", "itss_plan_review", login="t_ops")
        plan.invalidate_recordset()
        self.assertEqual(plan.activity_ids.user_id, self.manager_user, "the approver is asked")
        self.start_tour("/odoo/itss-plans", "itss_plan_approve", login="t_boss")
        plan.invalidate_recordset()
        self.assertRecordValues(
            plan,
            [
                {
                    "state": "approved",
                    "prepared_by_id": self.quality_user.id,
                    "reviewed_by_id": self.ops_user.id,
                    "approved_by_id": self.manager_user.id,
                }
            ],
        )
        self.assertFalse(plan.activity_ids)

    def test_import(self):
        plan = self.make_plan(lines=0)
        self.make_table(
            (
                "5",
                "内审",
                "按规定要求制订审核计划",
                "质量部",
                "各有关部门",
                "管理者代表",
                "2025年10月",
            ),
            (
                "8",
                "目标评价",
                "逐条评价质量目标",
                "运维部、质量部",
                "",
                "运维部经理",
                "2025年10月底",
            ),
        )
        self.start_tour(f"/odoo/itss-plans/{plan.id}", "itss_plan_import", login="t_quality")
        plan.invalidate_recordset()
        audit, evaluation = plan.line_ids.sorted("sequence")
        self.assertEqual(audit.responsible_department_ids, self.dep_quality)
        self.assertEqual(audit.supporting_text, "各有关部门")
        both = self.dep_operations | self.dep_quality
        self.assertEqual(evaluation.responsible_department_ids, both)
        self.assertEqual(str(evaluation.date_end), "2025-10-31")

    def test_report_progress(self):
        plan = self.make_plan(lines=0)
        line = self.make_line(
            plan, name="质量培训", responsible_department_ids=[(6, 0, self.dep_staff.ids)]
        )
        self.make_line(plan, name="管理评审")
        self.approve(plan)
        self.start_tour("/odoo/itss-my-lines", "itss_plan_report_progress", login="t_staff")
        self.assertRecordValues(
            line.report_ids,
            [
                {
                    "user_id": self.staff_user.id,
                    "department_id": self.dep_staff.id,
                    "percent": 60,
                    "text": "第一期培训已举办",
                }
            ],
        )
        self.start_tour("/odoo/itss-progress-reports", "itss_plan_read_report", login="t_quality")

    def test_call_back_and_correct(self):
        self.set_up_helpdesk()
        first = self.make_callback()
        second = self.make_callback(
            name="网络中断", partner_id=False, partner_name="李工", partner_email=False
        )
        second.phone = "13800000002"
        (first | second).user_id = self.agent
        self.start_tour("/odoo/itss-my-calls", "itss_callback_calls", login="t_agent")
        self.assertRecordValues(
            first | second,
            [
                {"state": "done", "is_solved": "yes", "score": 80, "failed_attempts": 0},
                {"state": "pending", "is_solved": False, "score": 0, "failed_attempts": 1},
            ],
        )
        self.start_tour("/odoo/itss-callbacks", "itss_callback_correct", login="t_quality")
        self.assertEqual(first.score, 60)

    def make_table(self, *rows):
        """Put a workbook with these rows where the browser can fetch it."""
        workbook = Workbook()
        headings = "编号 工作项目 措施及要求 责任部门 配合部门 负责人 计划实施日期"
        for row in (headings.split(), *rows):
            workbook.active.append(row)
        content = io.BytesIO()
        workbook.save(content)
        attachment = self.env["ir.attachment"].create(
            {"name": "plan.xlsx", "raw": content.getvalue(), "public": True}
        )
        self.env["ir.model.data"]._update_xmlids(
            [{"xml_id": "itss_quality.test_plan_table", "record": attachment}]
        )
