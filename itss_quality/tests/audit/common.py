from odoo import Command
from odoo.tests import Form

from ...models.audit.itss_audit import MEETING_KINDS
from ..common import ItssCommon

ATTENDED = "<p>介绍了审核目的、范围、准则和日程</p>"

NOW = "2025-09-15 02:00:00"  # Monday, ten o'clock in China


class AuditCommon(ItssCommon):
    """A company with three auditors; the audit is led by quality and audits O&M and personnel."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor_user = cls.make_user("t_auditor", "user", cls.make_department("市场部"))
        cls.head_user = cls.make_user("t_head", "user", cls.dep_operations)
        cls.lead = cls.employee(cls.quality_user)
        cls.auditor = cls.employee(cls.auditor_user)
        cls.auditor_2 = cls.employee(cls.quality_user_2)
        cls.dep_operations.manager_id = cls.employee(cls.head_user)
        cls.dep_staff.manager_id = cls.employee(cls.staff_user)
        cls.dep_quality.manager_id = cls.lead
        cls.company.resource_calendar_id.tz = "Asia/Shanghai"
        (cls.lead | cls.auditor | cls.auditor_2).write(
            {"itss_auditor_since": "2020-01-01", "itss_auditor_certificate": "NSY-1"}
        )
        cls.checklist = cls.env["itss.audit.checklist"].create(
            {
                "name": "内审检查表",
                "company_id": cls.company.id,
                "line_ids": [
                    Command.create(
                        {"section": "quality", "clause": "5.1", "question": "计划是否经批准？"}
                    ),
                    Command.create(
                        {"section": "process", "clause": "7.2", "question": "工单是否回访？"}
                    ),
                ],
            }
        )

    @classmethod
    def make_audit(cls, departments=None, **vals):
        """Create a draft audit of O&M and personnel, audited by the auditor, led by quality."""
        departments = departments or (cls.dep_operations | cls.dep_staff)
        return (
            cls.env["itss.audit"]
            .with_user(cls.quality_user)
            .create(
                {
                    "company_id": cls.company.id,
                    "date_start": "2025-09-15",
                    "date_end": "2025-09-17",
                    "lead_auditor_id": cls.lead.id,
                    "auditor_ids": [Command.set(cls.auditor.ids)],
                    "department_ids": [Command.set(departments.ids)],
                    "checklist_ids": [Command.set(cls.checklist.ids)],
                    "schedule_ids": [
                        Command.create(
                            {
                                "department_id": department.id,
                                "auditor_ids": [Command.set(cls.auditor.ids)],
                                "start": f"2025-09-15 {hour:02}:00:00",
                                "stop": f"2025-09-15 {hour + 1:02}:00:00",
                            }
                        )
                        for hour, department in enumerate(departments, 1)
                    ],
                    **vals,
                }
            )
        )

    @classmethod
    def plan(cls, audit):
        """Sign the audit's plan: quality, a second of the quality department, management."""
        audit.with_user(cls.quality_user).action_submit()
        audit.with_user(cls.quality_user_2).action_review()
        audit.with_user(cls.manager_user).action_approve()
        return audit

    @classmethod
    def start(cls, audit=None):
        """Return an audit in progress, its checklists prepared."""
        audit = cls.plan(audit or cls.make_audit())
        audit.action_prepare_lines()
        audit.action_start()
        return audit

    @classmethod
    def judge(cls, lines, result="conforming", evidence="查阅记录三份", user=None):
        for line in lines.with_user(user or cls.auditor_user):
            line.write({"evidence": evidence, "result": result})

    @classmethod
    def meet(cls, audit, kinds=MEETING_KINDS):
        """Hold meetings of the audit, with minutes and somebody present."""
        for kind in kinds:
            cls.env["itss.meeting"].with_user(cls.quality_user).create(
                {
                    "audit_id": audit.id,
                    "kind": kind,
                    "start": "2025-09-15 01:00:00",
                    "stop": "2025-09-15 02:00:00",
                    "minutes": ATTENDED,
                    "attendance_ids": [
                        Command.create({"employee_id": cls.lead.id, "is_present": True})
                    ],
                }
            )

    @classmethod
    def raise_nonconformity(cls, line, grade="minor", **vals):
        """Judge a line as nonconforming and raise it, as the auditor."""
        cls.judge(line, grade)
        action = line.with_user(cls.auditor_user).action_raise_nonconformity()
        nonconformities = cls.env["itss.nonconformity"].with_user(cls.auditor_user)
        with Form(nonconformities.with_context(**action["context"])) as form:
            form.position = "值班工程师"
            for name, value in vals.items():
                setattr(form, name, value)
        nonconformity = form.record
        nonconformity.action_raise()
        return nonconformity

    @classmethod
    def correct(cls, nonconformity, close=True):
        """Confirm a nonconformity, correct it by a verified improvement, and close it."""
        head = nonconformity.department_id.manager_id.user_id
        if nonconformity.state == "raised":
            nonconformity.with_user(head).action_confirm()
        action = nonconformity.with_user(head).action_raise_improvement()
        improvement = (
            cls.env["itss.improvement"]
            .with_user(head)
            .with_context(**action["context"])
            .create({"root_cause": "未提醒", "action": "增加提醒", "owner_id": head.id})
        )
        improvement.with_user(cls.quality_user).action_plan()
        improvement.action_start()
        improvement.completion = "提醒已上线"
        improvement.action_finish()
        cls.verify(improvement)
        if close:
            nonconformity.with_user(cls.quality_user).write({"verification": "抽查十单，均已回访"})
            nonconformity.with_user(cls.quality_user).action_close()
        return improvement

    @classmethod
    def write_report(cls, audit):
        """Return the audit's report, filled in."""
        audit.with_user(cls.quality_user).action_open_report()
        report = audit.report_ids.with_user(cls.quality_user)
        report.write(
            {
                "summary": "审核按计划完成",
                "conclusion": "体系总体符合并有效运行",
                "recommendations": "市场部负责，年底前完成",
                "recipient_ids": [Command.set((cls.head_user | cls.staff_user).ids)],
            }
        )
        return report

    @classmethod
    def issue(cls, audit):
        report = cls.write_report(audit)
        report.action_submit()
        report.with_user(cls.quality_user_2).action_review()
        report.with_user(cls.manager_user).action_approve()
        return report
