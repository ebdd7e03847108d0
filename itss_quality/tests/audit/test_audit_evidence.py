from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW, AuditCommon

PIXEL = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestAuditEvidence(AuditCommon):
    """What a certification expert would find forged or missing is refused."""

    def reported(self, audit=None):
        """Return an audit whose report is issued, without findings."""
        audit = self.start(audit)
        self.meet(audit)
        self.judge(audit.line_ids)
        self.issue(audit)
        self.env.flush_all()
        return audit

    def test_a_revision_of_the_report_reopens_no_record(self):
        audit = self.reported()
        report = audit.report_ids
        report.with_user(self.quality_user).action_new_revision()
        self.assertEqual(len(audit.report_ids), 2)
        meeting = audit.meeting_ids[0].with_user(self.quality_user)
        with self.assertRaises(UserError):
            meeting.minutes = "<p>别的</p>"
        with self.assertRaises(UserError):
            self.judge(audit.line_ids[0], evidence="x")

    def test_there_is_no_second_report_beside_the_first(self):
        audit = self.reported()
        reports = self.env["itss.audit.report"].with_user(self.quality_user)
        vals = {"audit_id": audit.id, "company_id": self.company.id}
        with self.assertRaisesRegex(UserError, "new revision"), self.env.cr.savepoint():
            reports.create(vals)
        self.env.invalidate_all()
        sibling = reports.create(
            {**vals, "number": audit.report_ids.number, "version": "V9", "summary": "x"}
        )
        sibling.write({"conclusion": "x", "recommendations": "x", "change_note": "x"})
        sibling.recipient_ids = self.head_user
        with self.assertRaisesRegex(UserError, "new revision"):
            sibling.action_submit()

    def test_no_question_is_born_judged(self):
        audit = self.start()
        context = {
            "default_result": "conforming",
            "default_judged_by_id": self.auditor_user.id,
            "default_judged_at": "2025-01-01 00:00:00",
        }
        lines = self.env["itss.audit.line"].with_user(self.quality_user).with_context(**context)
        with self.assertRaisesRegex(UserError, "after it was asked"):
            lines.create(
                {"audit_id": audit.id, "department_id": self.dep_staff.id, "question": "x"}
            )

    def test_a_question_is_in_a_checklist_once(self):
        audit = self.start()
        line = audit.line_ids[0]
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            line.sudo().copy({"checklist_line_id": line.checklist_line_id.id})

    def test_a_signature_stays_with_its_name(self):
        audit = self.plan(self.make_audit())
        self.meet(audit, ["opening"])
        row = audit.meeting_ids.attendance_ids.with_user(self.quality_user)
        row.signature = PIXEL
        self.assertEqual((row.signed_by_id, row.is_present), (self.quality_user, True))
        for change in (
            lambda: row.write({"employee_id": self.auditor.id}),
            lambda: row.write({"name": "别人"}),
            lambda: row.write({"signature": PIXEL}),
            row.unlink,
        ):
            with self.assertRaisesRegex(UserError, "signed"):
                change()
        image = self.env["ir.attachment"].search(
            [
                ("res_model", "=", "itss.attendance"),
                ("res_id", "=", row.id),
                ("res_field", "=", "signature"),
            ]
        )
        self.assertTrue(image)
        with self.assertRaisesRegex(UserError, "evidence"):
            image.with_user(self.quality_user).unlink()

    def test_a_context_signs_nothing(self):
        audit = self.plan(self.make_audit())
        self.meet(audit, ["opening"])
        rows = self.env["itss.attendance"].with_user(self.quality_user)
        row = rows.with_context(
            default_signature=PIXEL, default_signed_at="2020-01-01 00:00:00"
        ).create({"meeting_id": audit.meeting_ids.id, "name": "无名"})
        self.assertFalse(row.signature or row.signed_at or row.is_present)

    def test_records_stay_where_they_were_made(self):
        audit, other = self.start(), self.start(self.make_audit(name="另一次"))
        self.meet(audit, ["opening"])
        nonconformity = self.raise_nonconformity(audit.line_ids[0])
        for record, vals in (
            (audit.meeting_ids.with_user(self.quality_user), {"audit_id": other.id}),
            (
                nonconformity.with_user(self.auditor_user),
                {"audit_line_id": other.line_ids[0].id},
            ),
        ):
            with self.subTest(record._name), self.assertRaisesRegex(UserError, "belongs"):
                record.write(vals)

    def test_a_nonconformity_needs_a_nonconforming_question_and_keeps_its_grade(self):
        audit = self.start()
        line = audit.line_ids[0]
        self.judge(line)
        create = self.env["itss.nonconformity"].with_user(self.auditor_user).create
        with self.assertRaisesRegex(UserError, "contradict"), self.env.cr.savepoint():
            create({"audit_line_id": line.id, "grade": "minor"})
        self.env.invalidate_all()
        self.raise_nonconformity(line, "major")
        with self.assertRaisesRegex(UserError, "another grade"):
            self.judge(line, "minor")

    def test_one_withdrawn_after_the_report_does_not_keep_the_audit_open(self):
        audit = self.start()
        self.meet(audit)
        nonconformity = self.raise_nonconformity(audit.line_ids[0])
        self.judge(audit.line_ids - nonconformity.audit_line_id)
        self.issue(audit)
        nonconformity.with_user(self.head_user).write(
            {"state": "disputed", "dispute_reason": "记录在另一个系统"}
        )
        nonconformity.with_user(self.manager_user).write(
            {"state": "withdrawn", "decision_reason": "属实"}
        )
        audit.action_close()
        self.assertEqual(audit.state, "closed")

    def test_an_upheld_dispute_is_not_confirmed_by_the_audited_side(self):
        audit = self.start()
        nonconformity = self.raise_nonconformity(audit.line_ids[0])
        nonconformity.with_user(self.head_user).write({"state": "disputed", "dispute_reason": "x"})
        nonconformity.with_user(self.manager_user).write(
            {"state": "confirmed", "decision_reason": "x"}
        )
        self.assertFalse(nonconformity.confirmed_by_id)
        self.assertEqual(nonconformity.decided_by_id, self.manager_user)

    def _correct_reported(self):
        """Return a reported audit, its only nonconformity closed, and the measure it was closed by."""
        audit = self.start()
        self.meet(audit)
        nonconformity = self.raise_nonconformity(audit.line_ids[0])
        self.judge(audit.line_ids - nonconformity.audit_line_id)
        self.issue(audit)
        improvement = self.correct(nonconformity)
        return audit, nonconformity, improvement

    def test_a_measure_that_has_not_worked_keeps_the_audit_open(self):
        audit, nonconformity, improvement = self._correct_reported()
        improvement.with_user(self.quality_user).check_effectiveness("ineffective", "又出现")
        self.assertEqual(nonconformity.state, "confirmed")
        with self.assertRaisesRegex(UserError, "1 nonconformities"):
            audit.action_close()
        self.assertFalse(audit.activity_ids, "nobody is asked to close it any more")

    def test_a_measure_that_has_not_worked_does_not_open_the_closed_audit(self):
        audit, nonconformity, improvement = self._correct_reported()
        audit.action_close()
        improvement.with_user(self.quality_user).check_effectiveness("ineffective", "又出现")
        self.assertEqual((audit.state, nonconformity.state), ("closed", "confirmed"))
        # what became of it is looked after by the next audit
        follow_up = self.start(self.make_audit(name="跟踪审核"))
        self.assertEqual(follow_up.line_ids.followed_nonconformity_id, nonconformity)
        self.assertIn(nonconformity, audit.nonconformity_ids)
        self.assertIn("1 nonconformities", "".join(audit.sudo()._get_missing()))

    def test_no_nonconformity_closes_without_a_root_cause(self):
        audit = self.start()
        nonconformity = self.raise_nonconformity(audit.line_ids[0])
        improvement = self.correct(nonconformity, close=False)
        improvement.sudo().root_cause = False
        with self.assertRaisesRegex(UserError, "root cause"):
            nonconformity.with_user(self.quality_user).write(
                {"state": "closed", "verification": "x"}
            )

    def test_for_a_department_without_users_the_representative_or_management_confirms(self):
        for representative in (self.staff_user, None):
            with self.subTest(representative):
                self.company.itss_management_representative_id = False
                audit = self.start(self.make_audit(self.make_department("机房")))
                person = representative and self.employee(representative)
                self.company.itss_management_representative_id = person
                nonconformity = self.raise_nonconformity(audit.line_ids[0])
                with self.assertRaises(AccessError):
                    nonconformity.with_user(self.quality_user).action_confirm()
                confirming = representative or self.manager_user
                nonconformity.with_user(confirming).action_confirm()
                self.assertEqual(nonconformity.confirmed_by_id, confirming)

    def test_who_works_in_a_part_of_a_department_does_not_audit_it(self):
        self.auditor.department_id.parent_id = self.dep_staff
        with self.assertRaisesRegex(UserError, "own department"):
            self.make_audit(self.dep_staff)

    def test_a_plan_whose_auditor_has_moved_can_be_revised(self):
        audit = self.plan(self.make_audit())
        self.auditor.department_id = self.dep_staff
        audit.action_new_revision()
        revision = self.env["itss.audit"].search([("previous_id", "=", audit.id)])
        with self.assertRaisesRegex(UserError, "own department"):
            revision.with_user(self.quality_user).write({"change_note": "x", "state": "submitted"})

    def test_the_audited_department_is_not_told_of_findings_before_they_are_raised(self):
        audit = self.start(self.make_audit(self.dep_operations))
        self.judge(audit.line_ids[0], "major")
        self.assertIn("no nonconformity", audit.missing)
        seen = audit.with_user(self.head_user)
        self.assertFalse(seen.missing)
        with self.assertRaises(AccessError):
            seen.action_open_report()

    def test_an_auditor_reads_no_finding_about_the_own_department(self):
        self.auditor_2.department_id = self.dep_staff
        audit = self.start(
            self.make_audit(auditor_ids=[Command.set((self.auditor | self.auditor_2).ids)])
        )
        self.quality_user_2.group_ids = [
            Command.set(self.env.ref("itss_quality.group_itss_user").ids)
        ]
        lines = self.env["itss.audit.line"].with_user(self.quality_user_2)
        seen = lines.search([("audit_id", "=", audit.id)])
        self.assertEqual(seen.department_id, self.dep_operations)

    def test_recipients_can_open_what_they_get(self):
        audit = self.start()
        self.meet(audit)
        self.judge(audit.line_ids)
        report = self.write_report(audit)
        with self.assertRaisesRegex(UserError, "no role"):
            report.recipient_ids = self.outsider

    def test_nobody_writes_in_the_system_s_name(self):
        audit = self.start()
        vals = {
            "model": audit._name,
            "res_id": audit.id,
            "body": "伪造",
            "message_type": "notification",
            "author_id": self.manager_user.partner_id.id,
        }
        with self.assertRaises(UserError):
            self.env["mail.message"].with_user(self.quality_user).create(vals)
        audit.with_user(self.quality_user).message_post(body="评论")

    def test_the_line_of_the_plan_is_done_with_its_last_audit(self):
        plan = self.make_plan(lines=0)
        line = self.make_line(plan, kind="audit")
        self.approve(plan)
        first = self.reported(self.make_audit(plan_line_id=line.id))
        second = self.reported(self.make_audit(plan_line_id=line.id, name="第二次"))
        first.action_close()
        self.assertEqual(line.state, "in_progress")
        second.action_close()
        self.assertEqual(line.state, "done")

    def test_a_list_of_lines_asks_independence_once_per_department(self):
        audit = self.start()
        lines = audit.line_ids.with_user(self.auditor_user)
        lines.mapped("can_judge")
        self.env.invalidate_all()
        few = self.count_queries(lambda: lines[:1].mapped("can_judge"))
        self.env.invalidate_all()
        many = self.count_queries(lambda: lines.mapped("can_judge"))
        self.assertLess(many - few, 12)

    def count_queries(self, function):
        before = self.env.cr.sql_log_count
        function()
        return self.env.cr.sql_log_count - before
