from odoo import Command, fields
from odoo.tests import HttpCase, tagged

from .test_audit import AuditCommon


@tagged("post_install", "-at_install")
class TestAuditTours(AuditCommon, HttpCase):
    """The internal audit in a real browser, each role on its main path."""

    def test_the_quality_department_plans_it_from_the_plan_line(self):
        plan = self.make_plan(lines=0, year=fields.Date.today().year)
        line = self.make_line(
            plan,
            kind="audit",
            date_text="全年",
            supporting_department_ids=[Command.set(self.dep_staff.ids)],
        )
        self.approve(plan)
        self.start_tour(f"/odoo/itss-plan-lines/{line.id}", "itss_audit_launch", login="t_quality")
        self.assertRecordValues(
            line.audit_ids,
            [
                {
                    "state": "draft",
                    "company_id": self.company.id,
                    "lead_auditor_id": self.lead.id,
                    "department_ids": (self.dep_operations | self.dep_staff).ids,
                }
            ],
        )
        self.assertEqual(line.audit_ids.auditor_ids.employee_id, self.auditor)

    def test_an_auditor_raises_what_the_head_of_the_department_confirms(self):
        audit = self.start(self.make_audit(self.dep_operations))
        self.start_tour(f"/odoo/itss-audits/{audit.id}", "itss_audit_judge", login="t_auditor")
        nonconformity = audit.nonconformity_ids
        self.assertRecordValues(
            nonconformity,
            [
                {
                    "state": "raised",
                    "grade": "major",
                    "clause": "5.1",
                    "position": "运维部经理",
                    "raised_by_id": self.auditor_user.id,
                }
            ],
        )
        self.assertEqual(nonconformity.activity_ids.user_id, self.head_user)
        self.start_tour("/odoo/itss-nonconformities", "itss_audit_confirm", login="t_head")
        self.assertRecordValues(
            nonconformity, [{"state": "confirmed", "confirmed_by_id": self.head_user.id}]
        )
