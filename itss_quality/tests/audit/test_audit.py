import base64
import io
from unittest.mock import patch

from lxml.html import fromstring
from openpyxl import Workbook, load_workbook
from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from ...models.audit.itss_audit import MEETING_KINDS
from ...tools.figures import Period
from ..prints import by_class, text
from .common import NOW, AuditCommon


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestAudit(AuditCommon):
    """itss.audit: from the approved plan to the closed audit."""

    def test_from_the_plan_line_to_done(self):
        plan = self.make_plan(lines=0, external_audit_date="2025-12-01")
        line = self.make_line(plan, kind="audit", supporting_text="各有关部门")
        self.approve(plan)
        action = line.with_user(self.quality_user).action_start_work()
        self.assertIn(self.dep_staff.id, action["context"]["default_department_ids"])
        audit = self.make_audit(plan_line_id=line.id)
        self.assertRegex(audit.number, r"^IA-2025-\d{4}$")
        self.start(audit)
        self.assertEqual((line.state, line.work_count), ("in_progress", 1))
        self.assertEqual(len(audit.line_ids), 4)
        self.meet(audit)
        nonconformity = self.raise_nonconformity(audit.line_ids[0], "major")
        self.judge(audit.line_ids - nonconformity.audit_line_id)
        report = self.issue(audit)
        self.assertEqual(audit.state, "follow_up")
        self.assertIn("1 nonconformities", audit.missing)
        with self.assertRaisesRegex(UserError, "1 nonconformities"):
            audit.action_close()
        self.correct(nonconformity)
        self.assertFalse(audit.missing)
        self.assertTrue(audit.activity_ids.filtered(lambda one: one.user_id == self.quality_user))
        audit.action_close()
        self.assertEqual((audit.state, line.state), ("closed", "done"))
        self.assertTrue(report.signed_pdf)

    def test_the_plan_needs_team_departments_checklist_and_a_time_for_each(self):
        audit = self.make_audit()
        audit.schedule_ids[0].unlink()
        with self.assertRaisesRegex(UserError, "no time for"):
            audit.action_submit()
        for name in ("lead_auditor_id", "checklist_ids", "schedule_ids", "purpose"):
            with self.subTest(name), self.assertRaises(UserError), self.env.cr.savepoint():
                audit = self.make_audit()
                audit[name] = False
                audit.action_submit()

    def test_the_management_representative_reviews_it_when_there_is_one(self):
        self.company.itss_management_representative_id = self.employee(self.ops_user)
        audit = self.make_audit()
        audit.action_submit()
        with self.assertRaisesRegex(AccessError, "management representative"):
            audit.with_user(self.quality_user_2).action_review()
        audit.with_user(self.ops_user).action_review()
        self.assertEqual(audit.reviewed_by_id, self.ops_user)

    def test_nobody_is_invited_before_the_plan_is_approved(self):
        audit = self.make_audit()
        self.assertFalse(audit.schedule_ids.event_id)
        self.plan(audit)
        event = audit.schedule_ids.event_id[0]
        self.assertIn(self.auditor_user.partner_id, event.partner_ids)
        self.assertIn(self.head_user.partner_id, audit.schedule_ids.event_id.partner_ids)

    def test_the_approved_plan_is_frozen(self):
        audit = self.plan(self.make_audit())
        with self.assertRaises(UserError):
            audit.purpose = "x"
        with self.assertRaises(UserError):
            audit.schedule_ids[0].with_user(self.quality_user).topic = "x"
        with self.assertRaises(UserError):
            audit.schedule_ids[0].with_user(self.quality_user).unlink()

    def test_a_revision_replaces_a_plan_that_is_not_under_way(self):
        audit = self.plan(self.make_audit())
        audit.action_new_revision()
        revision = self.env["itss.audit"].search([("previous_id", "=", audit.id)])
        self.assertEqual(len(revision.schedule_ids), 2)
        revision.with_user(self.quality_user).change_note = "日程"
        self.plan(revision)
        self.assertEqual(audit.state, "superseded")
        self.assertFalse(audit.schedule_ids.event_id)

    def test_a_plan_under_way_is_not_replaced(self):
        audit = self.plan(self.make_audit())
        audit.action_new_revision()
        revision = self.env["itss.audit"].search([("previous_id", "=", audit.id)])
        revision.with_user(self.quality_user).change_note = "日程"
        audit.action_prepare_lines()
        audit.action_start()
        with self.assertRaisesRegex(UserError, "under way"):
            self.plan(revision)

    def test_checklists_are_prepared_once(self):
        audit = self.plan(self.make_audit())
        audit.action_prepare_lines()
        audit.action_prepare_lines()
        self.assertEqual(len(audit.line_ids), 4)
        self.assertEqual(audit.line_ids.auditor_id, self.auditor)
        self.assertTrue(self.checklist.is_used)

    def test_the_report_waits_for_meetings_verdicts_evidence_and_nonconformities(self):
        audit = self.start()
        with self.assertRaisesRegex(UserError, "(?s)Opening Meeting.*Closing Meeting.*4 questions"):
            audit.action_open_report()
        self.meet(audit)
        self.judge(audit.line_ids[:3])
        self.judge(audit.line_ids[3], "minor")
        with self.assertRaisesRegex(UserError, "no nonconformity is raised"):
            audit.action_open_report()
        audit.line_ids[3].with_user(self.auditor_user).result = "observation"
        audit.line_ids[0].with_user(self.auditor_user).evidence = False
        with self.assertRaisesRegex(UserError, "1 judged questions have no evidence"):
            audit.action_open_report()

    def test_nothing_of_a_reported_audit_changes(self):
        audit = self.start()
        self.meet(audit)
        self.judge(audit.line_ids)
        self.write_report(audit).action_submit()
        line = audit.line_ids[0].with_user(self.auditor_user)
        meeting = audit.meeting_ids[0].with_user(self.quality_user)
        for change in (
            lambda: line.write({"evidence": "x"}),
            lambda: line.with_user(self.quality_user).write({"auditor_id": self.lead.id}),
            lambda: line.with_user(self.quality_user).unlink(),
            lambda: meeting.write({"minutes": "x"}),
            lambda: meeting.attendance_ids.write({"is_present": False}),
            lambda: meeting.unlink(),
            lambda: audit.action_prepare_lines(),
        ):
            with self.assertRaises(UserError):
                change()

    def test_a_rejected_report_opens_the_records_again(self):
        audit = self.start()
        self.meet(audit)
        self.judge(audit.line_ids)
        report = self.write_report(audit)
        report.action_submit()
        report.with_user(self.quality_user_2).write(
            {"state": "draft", "rejection_reason": "证据不足"}
        )
        self.judge(audit.line_ids[0], evidence="补充记录")
        self.assertEqual(audit.state, "in_progress")

    def test_recipients_read_the_report_and_confirm_it_once(self):
        audit = self.start()
        self.meet(audit)
        self.judge(audit.line_ids)
        report = self.write_report(audit)
        with self.assertRaises(AccessError):
            report.with_user(self.staff_user).read(["conclusion"])
        report.action_submit()
        report.with_user(self.quality_user_2).action_review()
        report.with_user(self.manager_user).action_approve()
        mine = report.with_user(self.staff_user)
        self.assertTrue(mine.can_confirm_read)
        self.assertEqual(
            mine.activity_ids.filtered(lambda one: one.user_id == self.staff_user).state, "today"
        )
        mine.action_confirm_read()
        self.assertEqual(report.read_text, "1/2")
        self.env.invalidate_all()
        [seen] = mine.web_read({"receipt_ids": {}, "read_text": {}})
        self.assertEqual((len(seen["receipt_ids"]), seen["read_text"]), (1, "1/2"))
        with self.assertRaises(UserError):
            mine.action_confirm_read()
        with self.assertRaises(UserError):
            report.with_user(self.auditor_user).action_confirm_read()

    def test_an_audit_without_findings_closes_after_its_report(self):
        audit = self.start()
        self.meet(audit)
        self.judge(audit.line_ids)
        self.issue(audit)
        audit.action_close()
        self.assertEqual(audit.state, "closed")

    def test_a_department_without_a_question_is_not_audited(self):
        audit = self.plan(self.make_audit())
        audit.action_prepare_lines()
        lines = audit.line_ids.filtered(lambda line: line.department_id == self.dep_staff)
        lines[0].with_user(self.quality_user).unlink()
        audit.action_start()
        lines[1].with_user(self.quality_user).unlink()
        self.meet(audit)
        self.judge(audit.line_ids)
        with self.assertRaisesRegex(UserError, f"asked in: {self.dep_staff.name}"):
            audit.action_open_report()
        other = self.plan(self.make_audit())
        other.action_prepare_lines()
        other.line_ids.filtered(lambda line: line.department_id == self.dep_staff).unlink()
        with self.assertRaisesRegex(UserError, f"no questions for: {self.dep_staff.name}"):
            other.action_start()

    def test_the_schedule_lies_in_the_period_and_nobody_is_in_two_places(self):
        audit = self.make_audit()
        first, second = audit.schedule_ids
        for times, words in (
            (("2025-09-14 15:59:00", "2025-09-14 17:00:00"), "outside the period"),
            (("2025-09-17 15:00:00", "2025-09-17 16:01:00"), "outside the period"),
            (("2025-09-15 01:30:00", "2025-09-15 02:30:00"), "at the same time"),
            (("2025-09-15 00:30:00", "2025-09-15 05:00:00"), "at the same time"),
        ):
            second.write({"start": times[0], "stop": times[1]})
            with self.subTest(times=times), self.assertRaisesRegex(UserError, words):
                audit.action_submit()
        second.write({"start": first.stop, "stop": "2025-09-15 04:00:00"})
        audit.action_submit()
        self.assertEqual(audit.state, "submitted")

    def test_several_auditors_share_the_questions_of_a_department(self):
        self.dep_other = self.make_department("采购部")
        audit = self.make_audit(
            self.dep_other, auditor_ids=[Command.set((self.auditor | self.auditor_2).ids)]
        )
        audit.schedule_ids.auditor_ids = [Command.set((self.auditor | self.auditor_2).ids)]
        self.plan(audit)
        audit.action_prepare_lines()
        self.assertEqual(len(audit.line_ids), 2)
        self.assertEqual(audit.line_ids.auditor_id, self.auditor | self.auditor_2)

    def test_a_new_meeting_is_the_next_that_is_missing(self):
        audit = self.plan(self.make_audit())
        starts = []
        for kind in MEETING_KINDS:
            context = audit.action_view_meetings()["context"]
            self.assertEqual(context["default_kind"], kind)
            starts.append(str(context["default_start"]))
            people = [vals["employee_id"] for _c, _id, vals in context["default_attendance_ids"]]
            head = self.employee(self.head_user).id
            self.assertEqual(head in people, kind != "preparatory")
            self.meet(audit, [kind])
        self.assertEqual(
            starts, ["2025-09-14 01:00:00", "2025-09-15 00:30:00", "2025-09-15 03:00:00"]
        )

    def test_who_is_on_the_attendance_sheet_of_the_form_is_invited(self):
        audit = self.start()
        context = audit.with_user(self.quality_user).action_view_meetings()["context"]
        meeting = self.env["itss.meeting"].with_user(self.quality_user).with_context(**context)
        with Form(meeting) as form:
            form.kind = "opening"
        meeting = form.record
        self.assertIn(self.auditor, meeting.attendance_ids.employee_id)
        self.assertIn(self.auditor_user.partner_id, meeting.event_id.partner_ids)

    def test_the_lines_open_on_one_s_own_where_there_are_any(self):
        audit = self.start()
        for user, mine in ((self.auditor_user, True), (self.quality_user, False)):
            context = audit.with_user(user).action_view_lines()["context"]
            self.assertEqual("search_default_filter_mine" in context, mine)

    def test_a_draft_nonconformity_is_told_from_one_that_is_missing(self):
        audit = self.start()
        self.meet(audit)
        self.judge(audit.line_ids, "minor")
        line = audit.line_ids[0].with_user(self.auditor_user)
        action = line.action_raise_nonconformity()
        nonconformities = self.env["itss.nonconformity"].with_user(self.auditor_user)
        nonconformities.with_context(**action["context"]).create({"position": "工程师"})
        with self.assertRaisesRegex(UserError, "1 nonconformities are drafts.*\nFor 3 questions"):
            audit.action_open_report()

    def test_a_cancelled_audit_says_why_and_invites_nobody(self):
        plan = self.make_plan(lines=0)
        line = self.make_line(plan, kind="audit")
        self.approve(plan)
        audit = self.start(self.make_audit(plan_line_id=line.id))
        self.judge(audit.line_ids[0], "minor")
        draft = self.env["itss.nonconformity"].with_user(self.auditor_user)
        action = audit.line_ids[0].with_user(self.auditor_user).action_raise_nonconformity()
        draft = draft.with_context(**action["context"]).create({"position": "值班工程师"})
        mine = audit.with_user(self.manager_user)
        self.assertEqual(mine.action_cancel()["res_model"], "itss.step.reason")
        with self.assertRaisesRegex(UserError, "draft nonconformities"):
            mine.write({"state": "cancelled", "cancel_reason": "客户要求改期"})
        draft.action_raise()
        with self.assertRaisesRegex(UserError, "Reason"):
            mine.write({"state": "cancelled"})
        mine.write({"state": "cancelled", "cancel_reason": "客户要求改期"})
        self.assertFalse(audit.schedule_ids.event_id)
        self.assertIn("客户要求改期", audit.message_ids[0].body)
        self.env.invalidate_all()
        # another audit carries the line out, and takes along what was raised
        self.assertEqual((line.state, line.work_count), ("in_progress", 0))
        with self.assertRaisesRegex(UserError, "done when its Internal Audit"):
            line.with_user(self.ops_user).action_done()
        other = self.start(self.make_audit(plan_line_id=line.id))
        self.assertIn(draft, other.line_ids.followed_nonconformity_id)
        for change in (
            lambda: self.judge(audit.line_ids[1]),
            lambda: self.meet(audit, ["opening"]),
            lambda: audit.action_prepare_lines(),
        ):
            with self.assertRaises(UserError):
                change()

    def test_an_audit_that_is_being_reported_is_not_cancelled(self):
        audit = self.start()
        self.meet(audit)
        self.judge(audit.line_ids)
        report = self.write_report(audit)
        reason = {"state": "cancelled", "cancel_reason": "改期"}
        with self.assertRaisesRegex(UserError, "delete the draft of its report"):
            audit.with_user(self.manager_user).write(reason)
        report.unlink()
        audit.with_user(self.manager_user).write(reason)
        self.assertEqual(audit.state, "cancelled")

    def test_it_warns_when_it_is_planned_after_the_external_audit(self):
        plan = self.make_plan(lines=0, external_audit_date="2025-09-01")
        line = self.make_line(plan, kind="audit")
        self.assertIn("external audit", self.make_audit(plan_line_id=line.id).warning)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestAuditor(AuditCommon):
    """Who audits what: qualification and independence."""

    def test_an_unqualified_auditor_is_refused_or_warned_of(self):
        for vals in (
            {"itss_auditor_since": False},
            {"itss_auditor_since": "2020-01-01", "itss_auditor_certificate": False},
            {"itss_auditor_since": "2025-09-16"},
            {"itss_auditor_since": "2020-01-01", "itss_auditor_valid_until": "2025-09-16"},
        ):
            with self.subTest(vals=vals):
                self.auditor.write({"itss_auditor_valid_until": False, **vals})
                with self.assertRaisesRegex(UserError, "not qualified"), self.env.cr.savepoint():
                    self.make_audit()
        self.company.itss_auditor_check = "warn"
        self.assertIn("not qualified", self.make_audit().warning)

    # -------------------------------------------------------------------------
    # The team changes while the audit goes on
    # -------------------------------------------------------------------------

    def substitute(self, audit, leaving, joining, user=None, reason="病假"):
        dialog = self.env["itss.auditor.substitute"].with_user(user or self.manager_user)
        form = Form(dialog.with_context(**audit.action_substitute()["context"]))
        people = self.env["hr.employee.public"]
        form.leaving_id = people.browse(leaving.id) if leaving else people
        form.joining_id = people.browse(joining.id)
        form.reason = reason
        form.save().action_confirm()

    def test_who_takes_over_gets_what_is_still_to_do(self):
        audit = self.start()
        judged, rest = audit.line_ids[0], audit.line_ids[1:]
        self.judge(judged)
        past, coming = audit.schedule_ids
        with freeze_time("2025-09-15 02:00:01"):  # the first department was visited
            self.substitute(audit, self.auditor, self.auditor_2)
        self.assertEqual(audit.auditor_ids.employee_id, self.auditor_2)
        self.assertEqual((judged.auditor_id, rest.auditor_id), (self.auditor, self.auditor_2))
        self.assertEqual(past.auditor_ids.employee_id, self.auditor)
        self.assertEqual(coming.auditor_ids.employee_id, self.auditor_2)
        self.assertIn(self.quality_user_2.partner_id, coming.event_id.partner_ids)
        self.assertNotIn(self.auditor_user.partner_id, coming.event_id.partner_ids)
        self.assertRegex(audit.team_changes, f"{self.auditor.name} → {self.auditor_2.name}: 病假")
        # who has left judges nothing any more, and changes nothing
        self.env.invalidate_all()
        for line in judged | rest:
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.judge(line)
        self.judge(rest, user=self.quality_user_2)
        self.judge(judged, evidence="补充", user=self.quality_user)  # the lead auditor

    def test_a_lead_auditor_can_be_replaced_and_somebody_can_join(self):
        audit = self.start()
        self.substitute(audit, self.lead, self.auditor)
        self.assertEqual(audit.lead_auditor_id, self.auditor)
        self.assertFalse(audit.auditor_ids)
        self.substitute(audit, None, self.auditor_2, reason="部门多")
        self.assertEqual(audit.auditor_ids.employee_id, self.auditor_2)
        self.assertEqual(len(audit.team_changes.split("\n")), 2)
        with self.assertRaisesRegex(UserError, "already"):
            self.substitute(audit, None, self.auditor_2)
        with self.assertRaisesRegex(UserError, "do not belong"):
            audit.with_user(self.manager_user)._substitute(self.lead, self.auditor_2, "x")

    def test_who_takes_over_is_qualified_and_independent(self):
        audit = self.start()
        head = self.employee(self.head_user)
        with self.assertRaisesRegex(UserError, "not qualified"), self.env.cr.savepoint():
            self.substitute(audit, self.auditor, head)
        head.write({"itss_auditor_since": "2020-01-01", "itss_auditor_certificate": "NSY"})
        with self.assertRaisesRegex(UserError, "own department"), self.env.cr.savepoint():
            self.substitute(audit, self.auditor, head)
        self.assertEqual(audit.auditor_ids.employee_id, self.auditor)

    def test_representative_and_management_change_the_team_and_nobody_else(self):
        self.company.itss_management_representative_id = self.employee(self.quality_user_2)
        audit = self.start()
        for user in (self.quality_user, self.auditor_user, self.head_user):
            self.assertFalse(audit.with_user(user).can_substitute)
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.substitute(audit, self.auditor, self.auditor_2, user=user)
            with self.assertRaises(UserError), self.env.cr.savepoint():
                audit.with_user(user).write({"team_changes": "x"})
        self.substitute(audit, self.auditor, self.auditor_2, user=self.quality_user_2)
        self.meet(audit)
        self.judge(audit.line_ids, user=self.quality_user_2)
        self.write_report(audit).action_submit()
        with self.assertRaises(UserError):
            self.substitute(audit, self.auditor_2, self.auditor)

    def test_the_administrator_corrects_who_headed_a_department(self):
        self.dep_staff.manager_id = self.auditor
        self.dep_staff.manager_id = self.employee(self.staff_user)
        with self.assertRaisesRegex(UserError, "headed"), self.env.cr.savepoint():
            self.make_audit()
        heads = self.env["itss.former.head"].search([("employee_id", "=", self.auditor.id)])
        for user in (self.quality_user, self.manager_user):
            with self.assertRaises(AccessError):
                heads.with_user(user).unlink()
        heads.with_user(self.admin_user).unlink()
        self.assertTrue(self.make_audit())

    def test_nobody_audits_the_own_department(self):
        with self.assertRaisesRegex(UserError, "own department"):
            self.make_audit(self.auditor.department_id)
        audit = self.make_audit()
        self.auditor.department_id = self.dep_staff
        with self.assertRaisesRegex(UserError, "own department"):
            audit.action_submit()

    def test_who_headed_a_department_within_a_year_does_not_audit_it(self):
        self.dep_staff.manager_id = self.auditor
        with self.assertRaisesRegex(UserError, "heads"), self.env.cr.savepoint():
            self.make_audit(self.dep_staff)
        self.dep_staff.manager_id = self.employee(self.staff_user)
        with self.assertRaisesRegex(UserError, "headed"), self.env.cr.savepoint():
            self.make_audit(self.dep_staff)
        with freeze_time("2026-09-16"):
            self.assertTrue(
                self.make_audit(self.dep_staff, date_start="2026-09-20", date_end="2026-09-21")
            )

    def test_who_moves_into_the_department_meanwhile_judges_no_more(self):
        audit = self.start()
        line = audit.line_ids.filtered(lambda one: one.department_id == self.dep_staff)[0]
        self.judge(line)
        self.auditor.department_id = self.dep_staff
        with self.assertRaisesRegex(UserError, "own department"):
            self.judge(line, evidence="另一份记录")

    def test_the_lead_auditor_judges_only_what_is_not_the_own_department_s(self):
        audit = self.make_audit(self.dep_quality)
        self.start(audit)
        with self.assertRaisesRegex(UserError, "own department"):
            self.judge(audit.line_ids[0], user=self.quality_user)

    def test_auditors_edit_only_their_lines(self):
        audit = self.make_audit(auditor_ids=[Command.set((self.auditor | self.auditor_2).ids)])
        self.start(audit)
        line = audit.line_ids[0]
        line.with_user(self.quality_user).auditor_id = self.auditor_2
        with self.assertRaises(AccessError):
            self.judge(line)
        for user in (self.admin_user, self.manager_user, self.staff_user, self.ops_user):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.judge(line, user=user)
        self.judge(line, user=self.quality_user_2)
        self.assertEqual(line.judged_by_id, self.quality_user_2)
        self.judge(line, "observation", user=self.quality_user)  # leads the audit

    def test_auditors_plan_nothing_and_stamp_nothing(self):
        audit = self.start()
        line = audit.line_ids[0].with_user(self.auditor_user)
        for vals in (
            {"judged_by_id": self.auditor_user.id},
            {"auditor_id": self.lead.id},
            {"question": "x"},
            {"is_raised": True},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                line.write(vals)
        with self.assertRaises(AccessError):
            line.create({"audit_id": audit.id, "department_id": self.dep_staff.id, "question": "x"})

    def test_an_assigned_auditor_belongs_to_the_team(self):
        audit = self.start()
        with self.assertRaisesRegex(UserError, "audit team"):
            audit.line_ids[0].with_user(self.quality_user).auditor_id = self.auditor_2

    def test_findings_are_not_judged_without_evidence(self):
        audit = self.start()
        line = audit.line_ids[0].with_user(self.auditor_user)
        for result in ("minor", "major", "observation", "not_applicable"):
            with self.subTest(result), self.assertRaisesRegex(UserError, "what was seen"):
                line.with_context(itss_result=result).action_judge()
        line.with_context(itss_result="conforming").action_judge()

    def test_evidence_of_a_line_is_the_auditor_s_alone_and_frozen_with_the_report(self):
        audit = self.start()
        self.meet(audit)
        self.judge(audit.line_ids)
        line = audit.line_ids[0].with_user(self.auditor_user)
        file = (
            self.env["ir.attachment"]
            .with_user(self.auditor_user)
            .create({"name": "照片.png", "raw": b"photo"})
        )
        line.attachment_ids = file
        file.name = "照片一.png"
        with self.assertRaisesRegex(UserError, "evidence"):
            file.with_user(self.quality_user_2).unlink()
        self.write_report(audit).action_submit()
        for change in (file.unlink, lambda: file.write({"raw": b"another"})):
            with self.assertRaisesRegex(UserError, "evidence"):
                change()

    def test_only_audited_departments_get_questions(self):
        audit = self.start(self.make_audit(self.dep_operations))
        with self.assertRaisesRegex(UserError, "not audited"):
            self.env["itss.audit.line"].with_user(self.quality_user).create(
                {"audit_id": audit.id, "department_id": self.dep_staff.id, "question": "x"}
            )

    def test_nobody_judges_before_the_start(self):
        audit = self.plan(self.make_audit())
        audit.action_prepare_lines()
        with self.assertRaisesRegex(UserError, "in progress"):
            self.judge(audit.line_ids[0])

    def test_the_quality_department_keeps_the_qualification(self):
        public = self.env["hr.employee.public"].with_user(self.quality_user)
        action = public.browse(self.auditor_2.id).action_itss_qualify()
        dialog = (
            self.env["itss.auditor.qualify"]
            .with_user(self.quality_user)
            .with_context(**action["context"])
            .create({"since": "2024-03-01", "certificate": "ZS-7"})
        )
        dialog.action_confirm()
        self.assertEqual(self.auditor_2.itss_auditor_certificate, "ZS-7")
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(public.browse(self.auditor_2.id).itss_auditor_certificate, "ZS-7")
        with self.assertRaises(AccessError):
            self.auditor_2.with_user(self.quality_user).write({"name": "x"})
        with self.assertRaises(AccessError):
            dialog.with_user(self.staff_user).action_confirm()


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestNonconformity(AuditCommon):
    """itss.nonconformity: raised, confirmed or disputed, corrected, closed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.itss_management_representative_id = cls.employee(cls.quality_user_2)

    def setUp(self):
        super().setUp()
        self.audit = self.start()
        self.line = self.audit.line_ids.filtered(
            lambda line: line.department_id == self.dep_operations
        )[0]

    def test_it_says_what_the_line_says(self):
        nonconformity = self.raise_nonconformity(self.line)
        self.assertRegex(nonconformity.number, r"^NC-2025-\d{4}$")
        self.assertEqual(
            (nonconformity.clause, nonconformity.facts, nonconformity.department_id),
            (self.line.clause, self.line.evidence, self.dep_operations),
        )
        self.assertTrue(self.line.is_raised)
        todo = nonconformity.activity_ids
        self.assertEqual(todo.user_id, self.head_user)

    def test_the_audited_side_sees_it_once_it_is_raised_and_no_line(self):
        self.judge(self.line, "minor")
        nonconformity = (
            self.env["itss.nonconformity"]
            .with_user(self.auditor_user)
            .create({"audit_line_id": self.line.id, "position": "值班工程师"})
        )
        for user, allowed in ((self.head_user, False), (self.staff_user, False)):
            self.assertEqual(nonconformity.with_user(user).has_access("read"), allowed)
        nonconformity.write({"clause": "5.1", "criterion": "x", "facts": "x"})
        nonconformity.action_raise()
        self.assertTrue(nonconformity.with_user(self.head_user).has_access("read"))
        self.assertFalse(nonconformity.with_user(self.staff_user).has_access("read"))
        self.assertFalse(self.line.with_user(self.head_user).has_access("read"))
        self.assertTrue(self.audit.with_user(self.head_user).has_access("read"))
        self.assertEqual(self.audit.with_user(self.head_user).line_count, 0)
        other = (self.audit.line_ids - self.line)[0]
        self.judge(other, "minor")
        with self.assertRaises(AccessError):
            self.env["itss.nonconformity"].with_user(self.head_user).create(
                {"audit_line_id": other.id}
            )

    def test_only_the_audited_side_confirms(self):
        nonconformity = self.raise_nonconformity(self.line)
        for user in (self.auditor_user, self.quality_user, self.manager_user, self.admin_user):
            with self.subTest(user.login), self.assertRaisesRegex(AccessError, "audited side"):
                nonconformity.with_user(user).action_confirm()
        nonconformity.with_user(self.head_user).action_confirm()
        self.assertEqual(nonconformity.confirmed_by_id, self.head_user)

    def test_a_dispute_is_decided_by_the_management_representative(self):
        for step, state in (("confirmed", "confirmed"), ("withdrawn", "withdrawn")):
            with self.subTest(step):
                nonconformity = self.raise_nonconformity(self.line)
                with self.assertRaisesRegex(UserError, "Why Disputed"):
                    nonconformity.with_user(self.head_user).write({"state": "disputed"})
                nonconformity.with_user(self.head_user).write(
                    {"state": "disputed", "dispute_reason": "记录在另一个系统"}
                )
                self.assertEqual(nonconformity.activity_ids.user_id, self.quality_user_2)
                vals = {"state": step, "decision_reason": "已核对"}
                for user in (self.head_user, self.auditor_user, self.manager_user):
                    with self.assertRaises(AccessError):
                        nonconformity.with_user(user).write(vals)
                nonconformity.with_user(self.quality_user_2).write(vals)
                self.assertEqual(
                    (nonconformity.state, nonconformity.decided_by_id),
                    (state, self.quality_user_2),
                )
                nonconformity.sudo().state = "withdrawn"

    def test_a_withdrawn_one_frees_its_question(self):
        nonconformity = self.raise_nonconformity(self.line)
        with self.assertRaisesRegex(UserError, "not conforming"):
            self.judge(self.line)
        nonconformity.sudo().state = "withdrawn"
        self.judge(self.line)
        self.assertFalse(self.line.is_raised)

    def test_it_closes_only_with_verified_measures(self):
        nonconformity = self.raise_nonconformity(self.line, "major")
        nonconformity.with_user(self.head_user).action_confirm()
        closer = nonconformity.with_user(self.quality_user)
        closer.verification = "抽查"
        with self.assertRaisesRegex(UserError, "no corrective action"):
            closer.action_close()
        action = nonconformity.with_user(self.head_user).action_raise_improvement()
        improvement = (
            self.env["itss.improvement"]
            .with_user(self.head_user)
            .with_context(**action["context"])
            .create({"action": "增加提醒", "owner_id": self.head_user.id})
        )
        self.assertTrue(improvement.is_major)
        with self.assertRaisesRegex(UserError, "before these are verified"):
            closer.action_close()
        improvement.with_user(self.quality_user).write({"state": "cancelled", "cancel_reason": "x"})
        self.correct(nonconformity, close=False)
        with self.assertRaisesRegex(UserError, "somebody else"):
            nonconformity.with_user(self.head_user).write({"state": "closed"})
        closer.action_close()
        self.assertEqual(nonconformity.closed_by_id, self.quality_user)

    def test_a_representative_who_is_a_party_does_not_decide(self):
        self.company.itss_management_representative_id = self.auditor
        nonconformity = self.raise_nonconformity(self.line)
        nonconformity.with_user(self.head_user).write(
            {"state": "disputed", "dispute_reason": "记录在另一个系统"}
        )
        vals = {"state": "confirmed", "decision_reason": "已核对"}
        with self.assertRaises(AccessError):
            nonconformity.with_user(self.auditor_user).write(vals)
        nonconformity.with_user(self.manager_user).write(vals)
        self.assertEqual(nonconformity.decided_by_id, self.manager_user)

    def test_who_carried_a_measure_out_does_not_close(self):
        nonconformity = self.raise_nonconformity(self.line)
        improvement = self.correct(nonconformity, close=False)
        improvement.sudo().owner_id = self.quality_user_2
        with self.assertRaisesRegex(UserError, "somebody else"):
            nonconformity.with_user(self.quality_user_2).write(
                {"state": "closed", "verification": "x"}
            )

    def test_who_handed_the_measure_over_does_not_close(self):
        nonconformity = self.raise_nonconformity(self.line)
        nonconformity.with_user(self.head_user).action_confirm()
        action = nonconformity.with_user(self.head_user).action_raise_improvement()
        improvement = self.env["itss.improvement"].with_user(self.head_user)
        improvement = improvement.with_context(**action["context"]).create(
            {"root_cause": "未提醒", "action": "增加提醒", "owner_id": self.quality_user_2.id}
        )
        improvement.with_user(self.quality_user).owner_id = self.head_user
        self.correct(nonconformity, close=False)
        improvement.with_user(self.quality_user).write({"state": "cancelled", "cancel_reason": "x"})
        improvement.sudo().state = "closed"
        with self.assertRaisesRegex(UserError, "somebody else"):
            nonconformity.with_user(self.quality_user_2).write(
                {"state": "closed", "verification": "x"}
            )

    def test_a_second_user_of_the_audited_side_does_not_close(self):
        second = self.make_user("t_second", "quality", partner_id=self.head_user.partner_id.id)
        nonconformity = self.raise_nonconformity(self.line)
        self.correct(nonconformity, close=False)
        with self.assertRaisesRegex(UserError, "somebody else"):
            nonconformity.with_user(second).write({"state": "closed", "verification": "x"})

    def test_the_verification_is_written_before_the_closing_alone(self):
        nonconformity = self.raise_nonconformity(self.line)
        with self.assertRaises(UserError):
            nonconformity.with_user(self.quality_user).verification = "x"
        self.correct(nonconformity)
        with self.assertRaises(UserError):
            nonconformity.with_user(self.quality_user).verification = "x"

    def test_a_colleague_s_draft_is_not_deleted(self):
        self.judge(self.line, "minor")
        nonconformity = (
            self.env["itss.nonconformity"]
            .with_user(self.auditor_user)
            .create({"audit_line_id": self.line.id})
        )
        with self.assertRaises(AccessError):
            nonconformity.with_user(self.quality_user_2).unlink()
        nonconformity.unlink()

    def test_the_grade_follows_the_verdict(self):
        self.judge(self.line, "minor")
        with self.assertRaisesRegex(UserError, "contradict"):
            self.env["itss.nonconformity"].with_user(self.auditor_user).create(
                {"audit_line_id": self.line.id, "grade": "major"}
            )

    def test_one_question_raises_one(self):
        nonconformity = self.raise_nonconformity(self.line)
        action = self.line.with_user(self.auditor_user).action_raise_nonconformity()
        self.assertEqual(action["res_id"], nonconformity.id)

    def test_what_was_raised_is_not_written_anew(self):
        nonconformity = self.raise_nonconformity(self.line)
        for user, vals in (
            (self.auditor_user, {"facts": "x"}),
            (self.auditor_user, {"grade": "slight"}),
            (self.auditor_user, {"date_deadline": "2030-01-01"}),
            (self.head_user, {"facts": "x"}),
            (self.head_user, {"verification": "x"}),
            (self.auditor_user, {"raised_by_id": self.staff_user.id}),
            (self.auditor_user, {"state": "closed"}),
            (self.auditor_user, {"state": "withdrawn", "decision_reason": "x"}),
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                nonconformity.with_user(user).write(vals)

    def test_late_ones_escalate_each_once(self):
        nonconformity = self.raise_nonconformity(self.line)
        self.assertEqual(str(nonconformity.date_deadline), "2025-10-15")

        def run(day):
            before = nonconformity.activity_ids
            with freeze_time(f"{day} 10:00:00"), self.enter_registry_test_mode():
                self.env.ref(
                    "itss_quality.ir_cron_itss_nonconformity_escalate"
                ).method_direct_trigger()
            return [(todo.user_id, todo.summary) for todo in nonconformity.activity_ids - before]

        self.assertEqual(run("2025-10-01"), [])
        self.assertEqual(
            run("2025-10-09"), [(self.head_user, "Nonconformity to be corrected soon")]
        )
        self.assertEqual(run("2025-10-09"), [])
        self.assertEqual(run("2025-10-16"), [(self.head_user, "Nonconformity late")])
        self.assertEqual(
            run("2025-10-24"),
            [(self.quality_user, "Nonconformity still open after a second period")],
        )
        self.assertEqual(run("2025-11-24"), [])

    def test_a_follow_up_audit_takes_open_ones_along(self):
        nonconformity = self.raise_nonconformity(self.line)
        follow_up = self.start(self.make_audit(name="跟踪审核"))
        line = follow_up.line_ids.filtered("followed_nonconformity_id")
        self.assertEqual(line.followed_nonconformity_id, nonconformity)
        self.assertEqual(line.department_id, self.dep_operations)
        self.assertIn(nonconformity.number, line.question)
        follow_up.action_prepare_lines()
        self.assertEqual(len(follow_up.line_ids.filtered("followed_nonconformity_id")), 1)

    def test_a_measure_that_has_not_worked_opens_it_again(self):
        nonconformity = self.raise_nonconformity(self.line)
        improvement = self.correct(nonconformity)
        self.assertEqual(nonconformity.state, "closed")
        with freeze_time("2025-12-15 02:00:00"):
            improvement.with_user(self.quality_user).check_effectiveness(
                "ineffective", "十二月仍有两单未回访"
            )
        self.assertEqual(nonconformity.state, "confirmed")
        self.assertFalse(
            nonconformity.verification or nonconformity.closed_by_id or nonconformity.closed_at
        )
        # what it was closed by stays readable, and why that is void
        [message] = nonconformity.message_ids.filtered(lambda one: "Open again" in one.body)
        for words in (improvement.number, "十二月仍有两单未回访", "抽查十单，均已回访"):
            self.assertIn(words, message.body)
        self.assertEqual(nonconformity.activity_ids.user_id, self.head_user)
        self.assertIn("has not worked", nonconformity.activity_ids.summary)
        # with a new time, and its clock runs
        self.assertEqual(str(nonconformity.date_deadline), "2026-01-14")
        self.assertTrue(nonconformity.escalate_at)
        closer = nonconformity.with_user(self.quality_user)
        closer.verification = "抽查"
        with self.assertRaisesRegex(UserError, "before these are verified"):
            closer.action_close()
        improvement.action_finish()
        self.verify(improvement)
        closer.action_close()
        self.assertEqual(nonconformity.state, "closed")

    def test_one_still_open_stays_as_it_is_when_a_measure_has_not_worked(self):
        nonconformity = self.raise_nonconformity(self.line)
        improvement = self.correct(nonconformity, close=False)
        deadline = nonconformity.date_deadline
        improvement.with_user(self.quality_user).check_effectiveness("ineffective", "又出现")
        self.assertEqual(nonconformity.state, "confirmed")
        self.assertEqual(nonconformity.date_deadline, deadline)
        self.assertNotIn("Open again", "".join(nonconformity.message_ids.mapped("body")))

    def test_the_distribution_counts_by_department_and_clause(self):
        self.raise_nonconformity(self.line)
        clauses, rows = self.audit.sudo()._get_distribution()
        self.assertEqual(clauses, [self.line.clause])
        self.assertEqual(
            [(department, dict(counts)) for department, counts in rows],
            # and says where nothing was found
            [(self.dep_operations, {self.line.clause: 1}), (self.dep_staff, {})],
        )

    def test_the_review_takes_figures_with_no_data_where_there_is_none(self):
        period = Period(self.company, self.audit.date_start, self.audit.date_end)
        figures = self.audit.sudo()._get_figures(period)["audits"]
        self.assertEqual([one.value for one in figures], [1, 0, 0, 0, None])
        self.raise_nonconformity(self.line)
        figures = self.audit.sudo()._get_figures(period)["audits"]
        self.assertEqual([one.value for one in figures], [1, 0, 1, 0, 0.0])


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestAuditChecklist(AuditCommon):
    """The library: versions, and Excel in both directions."""

    def make_file(self, rows, headings=("类别", "条款", "检查内容", "检查方法")):
        book = Workbook()
        for row in (["内审检查表"], headings, *rows):
            book.active.append(list(row))
        content = io.BytesIO()
        book.save(content)
        return content.getvalue()

    def load(self, content, replace=False, user=None):
        dialog = (
            self.env["itss.audit.import"]
            .with_user(user or self.quality_user)
            .create(
                {
                    "checklist_id": self.checklist.id,
                    "file": base64.b64encode(content),
                    "filename": "x.xlsx",
                    "replace": replace,
                }
            )
        )
        dialog.action_import()

    def test_a_used_version_is_frozen_and_the_next_one_is_open(self):
        self.start()
        checklist = self.checklist.with_user(self.quality_user)
        for change in (
            lambda: checklist.line_ids[0].write({"question": "x"}),
            lambda: checklist.line_ids[0].unlink(),
            lambda: checklist.line_ids.create({"checklist_id": checklist.id, "question": "x"}),
            lambda: checklist.write({"edition": "2030"}),
            lambda: checklist.write({"is_used": False}),
            lambda: checklist.unlink(),
        ):
            with self.assertRaises(UserError):
                change()
        action = checklist.action_new_version()
        version = checklist.browse(action["res_id"])
        self.assertEqual((version.version, len(version.line_ids), checklist.active), (2, 2, False))
        version.line_ids[0].question = "新问题"

    def test_questions_come_from_excel(self):
        rows = [("人员", 4.1, "是否有岗位说明？", "查阅"), ("process", "5", "工单是否关闭？", None)]
        self.load(self.make_file(rows))
        self.assertEqual(len(self.checklist.line_ids), 4)
        line = self.checklist.line_ids.filtered(lambda one: one.clause == "4.1")
        self.assertEqual((line.section, line.method), ("people", "查阅"))
        self.load(self.make_file(rows), replace=True)
        self.assertEqual(len(self.checklist.line_ids), 2)

    def test_what_is_exported_is_read_again(self):
        report = self.env.ref("itss_quality.itss_audit_checklist_xlsx_action")
        content, kind = report.with_user(self.quality_user)._render(
            report.report_name, self.checklist.ids
        )
        self.assertEqual(kind, "xlsx")
        before = self.checklist.line_ids.mapped(lambda one: (one.section, one.clause, one.question))
        self.load(content, replace=True)
        after = self.checklist.line_ids.mapped(lambda one: (one.section, one.clause, one.question))
        self.assertEqual(before, after)

    def test_bad_files_change_nothing_and_say_what_to_do(self):
        rows = [("人员", "1", "好的问题", ""), ("星座", "2", "", "")]
        for content, words in (
            (self.make_file(rows), r"(?s)Row 4, column C.*Row 4, column A.*星座"),
            (self.make_file([]), "no rows"),
            (self.make_file(rows, ("a", "b", "c", "d")), "headings"),
            (b"PK\x03\x04 no workbook", "can't be read"),
            (b"", ""),
        ):
            with self.subTest(words), self.assertRaisesRegex(UserError, words):
                self.load(content, replace=True)
            self.assertEqual(len(self.checklist.line_ids), 2)

    def test_only_the_quality_department_keeps_the_library(self):
        for user in (self.staff_user, self.ops_user, self.manager_user):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.checklist.with_user(user).name = "x"
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.load(self.make_file([("人员", "1", "x", "")]), user=user)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestAuditRecords(AuditCommon):
    """Meetings, prints and workbooks of an audit."""

    def test_a_meeting_invites_through_the_calendar(self):
        audit = self.plan(self.make_audit())
        self.meet(audit, ["opening"])
        meeting = audit.meeting_ids
        self.assertEqual(meeting.event_id.partner_ids, self.quality_user.partner_id)
        self.assertIn("Opening Meeting", meeting.event_id.name)
        self.assertFalse(meeting.activity_ids, "a meeting that was held is no to-do any more")
        meeting.with_user(self.quality_user).write(
            {
                "start": "2025-09-16 01:00:00",
                "stop": "2025-09-16 02:00:00",
                "attendance_ids": [Command.create({"employee_id": self.auditor.id})],
            }
        )
        self.assertEqual(meeting.event_id.start, fields.Datetime.to_datetime("2025-09-16 01:00:00"))
        self.assertIn(self.auditor_user.partner_id, meeting.event_id.partner_ids)
        event = meeting.event_id
        meeting.with_user(self.quality_user).unlink()
        self.assertFalse(event.exists())

    def test_everybody_signs_for_themselves_and_is_present(self):
        audit = self.plan(self.make_audit())
        self.meet(audit, ["opening"])
        sheet = audit.meeting_ids.attendance_ids
        mine = sheet.create(
            {"meeting_id": audit.meeting_ids.id, "employee_id": self.employee(self.head_user).id}
        )
        self.assertEqual(mine.department_name, "运维部")
        pixel = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
        mine.with_user(self.head_user).signature = pixel
        self.assertTrue(mine.is_present and mine.signed_at)
        with self.assertRaises(AccessError):
            sheet[0].with_user(self.head_user).signature = pixel
        with self.assertRaises(AccessError):
            mine.with_user(self.head_user).name = "别人"
        with self.assertRaises(AccessError):
            mine.with_user(self.head_user).write({"signed_at": NOW})

    def test_who_has_signed_was_present(self):
        audit = self.plan(self.make_audit())
        self.meet(audit, ["opening"])
        row = audit.meeting_ids.attendance_ids
        row.signature = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
        with self.assertRaisesRegex(UserError, "signed was present"):
            row.is_present = False

    def test_a_deleted_draft_takes_its_calendar_events_along(self):
        audit = self.make_audit()
        self.meet(audit, ["opening"])
        event = audit.meeting_ids.event_id
        audit.unlink()
        self.assertFalse(event.exists())

    def test_times_in_the_wrong_order_are_refused(self):
        audit = self.plan(self.make_audit())
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.env["itss.meeting"].create(
                {"audit_id": audit.id, "start": NOW, "stop": NOW, "kind": "opening"}
            )

    def render(self, report, records, user=None):
        action = self.env.ref(f"itss_quality.{report}")
        html, _kind = action.with_user(user or self.quality_user)._render_qweb_html(
            action.report_name, records.ids
        )
        return html.decode()

    def test_prints_show_the_records(self):
        audit = self.start()
        self.meet(audit)
        nonconformity = self.raise_nonconformity(audit.line_ids[0])
        self.judge(audit.line_ids - nonconformity.audit_line_id)
        report = self.write_report(audit)
        self.correct(nonconformity)
        for name, records, words in (
            ("itss_audit_plan_pdf", audit, ("t_auditor", "运维部")),
            ("itss_audit_checklist_pdf", audit, ("工单是否回访？", "查阅记录三份", "t_auditor")),
            ("itss_audit_distribution_pdf", audit, ("运维部", "Total")),
            ("itss_audit_report_pdf", report, ("体系总体符合并有效运行", nonconformity.number)),
            ("itss_meeting_pdf", audit.meeting_ids, ("介绍了审核目的", "Attendance")),
            ("itss_nonconformity_pdf", nonconformity, ("值班工程师", "增加提醒", "抽查十单")),
        ):
            with self.subTest(name):
                html = self.render(name, records)
                for word in words:
                    self.assertIn(word, html)

    def test_the_nonconformity_prints_every_check_of_its_measures(self):
        audit = self.start()
        nonconformity = self.raise_nonconformity(audit.line_ids[0])
        improvement = self.correct(nonconformity)
        improvement.with_user(self.quality_user_2).check_effectiveness("ineffective", "又漏回访")
        self.assertFalse(improvement.verified_by_id)
        html = self.render("itss_nonconformity_pdf", nonconformity)
        for words in (
            "Carried out",
            self.quality_user.name,
            "抽查值班表四周，均为两人",
            "Ineffective",
            self.quality_user_2.name,
            "又漏回访",
        ):
            self.assertIn(words, html)
        self.assertNotIn("Verified by", html)

    def test_more_clauses_than_a_page_is_wide_are_printed_in_several_tables(self):
        audit = self.start()
        clauses = [f"8.2.{number}" for number in range(1, 26)]
        counts = dict.fromkeys(clauses, 2)
        distribution = (clauses, [(self.dep_operations, counts), (self.dep_staff, counts)])
        with patch.object(type(audit), "_get_distribution", return_value=distribution):
            page = fromstring(self.render("itss_audit_distribution_pdf", audit))
        tables = by_class(page, "itss_table")
        headings = [[text(cell) for cell in table.xpath("./thead/tr/th")] for table in tables]
        self.assertEqual([len(row) for row in headings], [1 + 9, 1 + 9, 1 + 7 + 1])
        self.assertEqual([clause for row in headings for clause in row[1:]], [*clauses, "Total"])
        for table in tables:
            names = [text(cell) for cell in table.xpath("./tbody/tr/td[1]")]
            self.assertEqual(names, ["运维部", "人力资源部", "Total"])
        figures = [text(cell) for cell in tables[-1].xpath("./tbody/tr/td[last()]")]
        self.assertEqual(figures, ["50", "50", "100"])

    def test_findings_are_printed_and_exported_for_the_auditors_alone(self):
        audit = self.start()
        for name in ("itss_audit_checklist_pdf", "itss_audit_distribution_pdf"):
            with self.subTest(name), self.assertRaises(AccessError):
                self.render(name, audit, self.head_user)
        self.assertIn("运维部", self.render("itss_audit_plan_pdf", audit, self.head_user))
        report = self.env.ref("itss_quality.itss_audit_xlsx_action")
        with self.assertRaises(AccessError):
            report.with_user(self.head_user)._render(report.report_name, audit.ids)

    def test_the_workbook_holds_the_whole_file(self):
        audit = self.start()
        self.meet(audit)
        nonconformity = self.raise_nonconformity(audit.line_ids[0])
        report = self.env.ref("itss_quality.itss_audit_xlsx_action")
        content, _kind = report.with_user(self.quality_user)._render(report.report_name, audit.ids)
        book = load_workbook(io.BytesIO(content))
        self.assertEqual(
            book.sheetnames,
            [
                "Audit Plan",
                "Schedule",
                "Checklist",
                "Meetings",
                "Nonconformities",
                "Distribution",
                "Audit Report",
                "Issue and Reading",
            ],
        )
        self.assertEqual(book["Nonconformities"]["A4"].value, nonconformity.number)
        deadline = book["Nonconformities"]["L4"].value
        self.assertEqual(deadline.date(), nonconformity.date_deadline)
        start = fields.Datetime.context_timestamp(
            audit.with_context(tz=self.company.resource_calendar_id.tz), audit.schedule_ids[0].start
        )
        self.assertEqual(book["Schedule"]["A4"].value, start.replace(tzinfo=None))
        self.assertEqual(book["Checklist"].max_row, 3 + 4)
        self.assertEqual(book["Distribution"]["B4"].value, 1)

    def test_every_paper_says_the_same_of_a_finding_and_of_each_department(self):
        audit = self.start()
        first, second = audit.line_ids.filtered(
            lambda line: line.department_id == self.dep_operations
        )
        self.raise_nonconformity(first, grade="minor")
        self.judge(second, "minor")
        self.env["itss.nonconformity"].with_user(self.auditor_user).create(
            {
                "audit_line_id": second.id,
                "grade": "slight",
                "clause": "7.2",
                "criterion": "24小时内回访",
                "facts": "一单晚了两分钟",
                "position": "坐席",
            }
        ).action_raise()
        self.judge(audit.line_ids - first - second)
        labels, rows = audit.sudo()._get_result_table()
        counts = {labels[key]: count for key, count in rows[-1][1].items() if count}
        expected = {"Minor Nonconformity": 1, "Slight Nonconformity": 1, "Conforming": 2}
        self.assertEqual(counts, expected)
        page = fromstring(self.render("itss_audit_checklist_pdf", audit))
        cells = [text(cell) for cell in page.xpath("//table/tbody/tr/td[6]")]
        report = self.env.ref("itss_quality.itss_audit_xlsx_action")
        content, _kind = report.with_user(self.quality_user)._render(report.report_name, audit.ids)
        book = load_workbook(io.BytesIO(content))
        exported = [row[7].value for row in book["Checklist"].iter_rows(min_row=4)]
        for words in (cells, exported):
            found = {label: sum(label in word for word in words) for label in expected}
            self.assertEqual(found, expected)
        page = fromstring(self.render("itss_audit_distribution_pdf", audit))
        printed = [[text(cell) for cell in row] for row in page.xpath("//table/tbody/tr")]
        self.assertEqual(
            printed,
            [
                ["运维部", "1", "1", "2"],
                ["人力资源部", "0", "0", "0"],
                ["Total", "1", "1", "2"],
            ],
        )
        exported = [
            [cell.value for cell in row] for row in book["Distribution"].iter_rows(min_row=4)
        ]
        self.assertEqual(exported[1], ["人力资源部", 0, 0, 0])

    def test_checklists_are_copied_by_the_hundred(self):
        def count(questions):
            checklist = self.checklist.copy(
                {
                    "line_ids": [
                        Command.create({"question": f"问题{number}"}) for number in range(questions)
                    ]
                }
            )
            audit = self.plan(self.make_audit(checklist_ids=[Command.set(checklist.ids)]))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            audit.sudo()._prepare_lines()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        # Odoo inserts a hundred at a time
        self.assertLess(count(500) - count(5), 25)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestAuditCoverage(AuditCommon):
    """An audit plan says which departments no audit has reached for long."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.flush_all()
        # the database's own clock is not frozen
        cls.env.cr.execute(
            "UPDATE hr_department SET create_date = '2020-01-01' WHERE company_id = %s",
            (cls.company.id,),
        )
        cls.env.invalidate_all()
        cls.dep_sales = cls.employee(cls.auditor_user).department_id

    def get_unreached(self, **vals):
        audit = self.make_audit(**vals)
        names = audit._get_unreached().mapped("name")
        for name in names:
            self.assertIn(name, audit.warning)
        self.assertEqual("No audit has reached" in (audit.warning or ""), bool(names))
        return {*names}

    def test_departments_never_audited_are_named_the_quality_department_too(self):
        self.assertEqual(self.get_unreached(), {"质量部", "市场部"})

    def test_departments_audited_within_the_time_are_not(self):
        audit = self.make_audit(self.dep_sales, schedule_ids=[])
        audit.sudo().state = "closed"
        self.assertEqual(self.get_unreached(), {"质量部"})
        later = {"date_start": "2026-09-18", "date_end": "2026-09-19"}
        self.assertIn("市场部", self.get_unreached(**later))
        self.company.itss_audit_coverage_months = 24
        self.assertNotIn("市场部", self.get_unreached(**later))

    def test_an_audit_that_is_planned_cancelled_or_not_reported_has_reached_nobody(self):
        audit = self.make_audit(self.dep_sales, schedule_ids=[]).sudo()
        for state in ("draft", "approved", "in_progress", "cancelled", "superseded"):
            audit.state = state
            with self.subTest(state):
                self.assertIn("市场部", self.get_unreached())
        audit.state = "follow_up"
        self.assertNotIn("市场部", self.get_unreached())

    def test_new_empty_and_archived_departments_are_left_out(self):
        self.make_department("空部门")
        self.assertNotIn("空部门", self.get_unreached())
        new = self.make_department("新部门")
        self.employee(self.auditor_user).department_id = new
        # nobody is left in the old one
        self.assertEqual(self.get_unreached(), {"质量部"})
        self.dep_quality.active = False
        self.assertEqual(self.get_unreached(), set())

    def test_it_is_printed_on_the_plan_and_no_warning_once_the_audit_has_begun(self):
        audit = self.make_audit()
        action = self.env.ref("itss_quality.itss_audit_plan_pdf").with_user(self.quality_user)
        html, _kind = action._render_qweb_html(action.report_name, audit.ids)
        self.assertIn("市场部", html.decode())
        self.assertIn("No audit has reached", html.decode())
        self.start(audit)
        self.assertNotIn("No audit has reached", audit.warning or "")

    def test_the_annual_plan_names_those_its_audit_lines_leave_out(self):
        def get_warning(**vals):
            plan = self.make_plan(lines=0)
            if vals:
                line = {"kind": "audit", **vals}
                self.make_line(plan, **line)
            return plan.with_user(self.manager_user).warning or ""

        every = {"质量部", "运维部", "人力资源部", "市场部"}
        for vals, missing in (
            ({}, every),
            ({"responsible_department_ids": self.dep_quality.ids}, every - {"质量部"}),
            ({"responsible_department_ids": False, "supporting_text": "各有关部门"}, set()),
            ({"responsible_department_ids": False}, set()),
        ):
            with self.subTest(vals):
                warning = get_warning(**vals)
                self.assertEqual({name for name in every if name in warning}, missing)
        audit = self.make_audit(self.dep_sales, schedule_ids=[])
        audit.sudo().state = "closed"
        self.assertNotIn("市场部", get_warning())

    def test_a_signed_plan_does_not_name_them_any_more(self):
        plan = self.make_plan(year=2026)
        for user, step in (
            (self.quality_user, "submit"),
            (self.ops_user, "review"),
            (self.manager_user, "approve"),
        ):
            self.assertIn("市场部", plan.with_user(user).warning)
            getattr(plan.with_user(user), f"action_{step}")()
        self.assertNotIn("市场部", plan.warning or "")

    def test_the_time_is_a_setting_of_at_least_a_month(self):
        self.assertEqual(self.company.itss_audit_coverage_months, 12)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.company.itss_audit_coverage_months = 0
            self.env.flush_all()


@tagged("post_install", "-at_install")
class TestAuditTours(AuditCommon, HttpCase):
    """Signing in a real browser."""

    def test_who_signs_is_asked_with_what_the_plan_warns_of(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE hr_department SET create_date = '2020-01-01'")
        self.env.invalidate_all()
        audit = self.make_audit(change_note="首次发布")
        self.start_tour(
            f"/odoo/itss-audits/{audit.id}", "itss_audit_sign_with_warning", login="t_quality"
        )
        self.assertEqual(audit.state, "submitted")


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestAuditAtOnce(AuditCommon):
    def test_two_auditors_on_one_audit_lose_nothing(self):
        audit = self.make_audit(auditor_ids=[Command.set((self.auditor | self.auditor_2).ids)])
        self.start(audit)
        first, second = audit.line_ids[:2]
        second.with_user(self.quality_user).auditor_id = self.auditor_2
        # both have the audit's lines open, and save what they know of them
        mine = first.with_user(self.auditor_user)
        theirs = second.with_user(self.quality_user_2)
        mine.read(["evidence", "result"])
        theirs.read(["evidence", "result"])
        mine.web_save({"evidence": "甲的记录", "result": "conforming"}, {"result": {}})
        theirs.web_save({"evidence": "乙的记录", "result": "observation"}, {"result": {}})
        self.assertEqual((first.evidence, second.evidence), ("甲的记录", "乙的记录"))
        self.assertEqual(audit.judged_count, 2)
