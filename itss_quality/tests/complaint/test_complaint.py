import io
import re
from datetime import date, timedelta

from openpyxl import load_workbook

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from ...tools.figures import Period
from .common import NOW, ComplaintCommon


@tagged("post_install", "-at_install")
class TestComplaint(ComplaintCommon):
    """itss.complaint: from the customer's words to the callback that closes it."""

    def test_it_gets_a_number_and_the_customer_an_acknowledgement_at_once(self):
        with self.mock_mail() as mails:
            complaint = self.make_complaint()
        self.assertRegex(complaint.number, r"^CP-\d{4}-\d{4}$")
        self.assertEqual(complaint.customer_id, self.customer)
        self.assertEqual(complaint.contact_name, "陈主任")
        [mail] = mails()
        self.assertEqual(mail.email_to, "chen@hospital.example.com")
        self.assertIn(complaint.number, mail.body_html)

    def mock_mail(self):
        """Return a context that yields a function from nothing to the mails queued in it."""
        return _Mails(self.env)

    def test_the_whole_way_of_a_general_complaint(self):
        complaint = self.make_complaint()
        complaint.with_user(self.agent).action_acknowledge()
        self.assertEqual(complaint.user_id, self.agent)
        self.resolve(complaint)
        self.assertEqual(complaint.state, "resolved")
        callback = complaint.callback_ids
        self.assertEqual(
            (callback.state, callback.ticket_number, callback.engineer_id),
            ("pending", complaint.number, self.ops_user),
        )
        self.call_back(complaint)
        self.assertEqual(complaint.state, "closed")
        self.assertTrue(complaint.closed_at)
        self.assertEqual(complaint.closed_by_id, self.agent)

    def test_the_customer_gets_the_answer_by_mail(self):
        complaint = self.make_complaint()
        with self.mock_mail() as mails:
            self.resolve(complaint)
        [mail] = mails().filtered(lambda one: one.email_to == complaint.email)
        self.assertIn(complaint.number, mail.subject)
        self.assertIn("已道歉并调整派工", mail.body_html)
        self.assertNotIn("已核实派工记录", mail.body_html)
        self.assertNotIn("/my/complaints", mail.body_html)

    def test_no_answer_goes_out_without_an_address(self):
        complaint = self.make_complaint(partner_id=False, contact_name="匿名")
        with self.mock_mail() as mails:
            self.resolve(complaint)
        self.assertFalse(mails().filtered(lambda one: complaint.number in (one.subject or "")))
        self.assertEqual(complaint.state, "resolved")

    def test_the_same_answer_is_not_given_twice(self):
        complaint = self.resolve(self.make_complaint())
        answer = complaint.resolution
        self.call_back(complaint, is_solved="no")
        self.assertEqual(complaint.refused_resolution, answer)
        self.investigate(complaint).resolution = f" {answer} "
        with self.assertRaisesRegex(UserError, "not satisfied with this answer"):
            complaint.with_user(self.ops_user).action_resolve()
        complaint.resolution = "已换人并上门道歉"
        complaint.with_user(self.ops_user).action_resolve()
        self.assertEqual(complaint.state, "resolved")

    def test_a_callback_without_words_leaves_no_dash(self):
        for is_solved in ("yes", "no"):
            with self.subTest(is_solved=is_solved):
                complaint = self.resolve(self.make_complaint())
                complaint.callback_ids.with_user(self.agent).register_attempt(
                    "reached", is_solved=is_solved, score=90
                )
                self.assertFalse(complaint.reopen_reason)
                self.assertNotIn("—", "".join(complaint.message_ids.mapped("body")))

    def test_who_receives_complaints_is_told_of_one_from_outside(self):
        self.leader.lang = "en_US"
        outside = self.env["itss.complaint"].create(
            {
                "name": "工程师迟到",
                "description": "<p>十一点才到</p>",
                "company_id": self.company.id,
                "partner_id": self.contact.id,
                "channel": "portal",
            }
        )
        todo = outside.activity_ids
        self.assertEqual((todo.user_id, todo.summary), (self.leader, "Complaint to acknowledge"))
        self.dep_desk.manager_id = self.employee(self.agent)
        self.assertEqual(outside.copy().activity_ids.user_id, self.agent)
        self.assertFalse(self.make_complaint().activity_ids)
        outside.with_user(self.agent).action_acknowledge()
        self.assertFalse(outside.activity_ids)

    def test_who_answered_does_not_call_back(self):
        complaint = self.resolve(self.make_complaint())
        with self.assertRaises(UserError):
            self.call_back(complaint, user=self.ops_user)

    def test_a_customer_who_is_not_satisfied_reopens_it(self):
        for answers in ({"is_solved": "no"}, {"score": 30}):
            with self.subTest(answers=answers):
                complaint = self.resolve(self.make_complaint())
                self.call_back(complaint, **answers)
                self.assertEqual((complaint.state, complaint.reopen_count), ("reopened", 1))
                self.resolve(complaint)
                self.assertEqual(complaint.callback_ids.mapped("cycle"), [1, 2])
                self.call_back(complaint)
                self.assertEqual(complaint.state, "closed")

    def test_a_dissatisfied_complainant_makes_no_complaint_about_the_complaint(self):
        complaint = self.resolve(self.make_complaint())
        count = self.env["itss.complaint"].search_count([])
        self.call_back(complaint, score=0)
        self.assertEqual(self.env["itss.complaint"].search_count([]), count)

    def test_nobody_closes_it_without_the_callback(self):
        complaint = self.resolve(self.make_complaint())
        for user in (self.agent, self.ops_user, self.quality_user, self.admin_user):
            with self.subTest(user.login), self.assertRaises(UserError):
                complaint.with_user(user).write({"state": "closed", "closing_reason": "x"})
        callback = complaint.callback_ids
        callback.with_user(self.agent).register_attempt("refused")
        self.assertEqual(callback.state, "unreachable")
        with self.assertRaises(AccessError):
            complaint.with_user(self.ops_user).write({"state": "closed", "closing_reason": "x"})
        with self.assertRaisesRegex(UserError, "Closing Reason"):
            complaint.with_user(self.quality_user).state = "closed"
        complaint.with_user(self.quality_user).write(
            {"state": "closed", "closing_reason": "客户拒绝回访"}
        )
        self.assertEqual((complaint.state, complaint.closed_by_id), ("closed", self.quality_user))

    def test_answering_needs_investigation_category_and_answer(self):
        complaint = self.make_complaint(category_id=False).with_user(self.ops_user)
        complaint.action_investigate()
        with self.assertRaisesRegex(UserError, "Category.*Investigation.*Answer"):
            complaint.action_resolve()

    def test_content_is_frozen_once_it_is_answered(self):
        complaint = self.resolve(self.make_complaint())
        for vals in ({"resolution": "别的"}, {"severity": "major"}, {"description": "<p>x</p>"}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "can't change"):
                complaint.with_user(self.quality_user).write(vals)

    def test_whom_it_is_about_does_not_decide_on_it(self):
        complaint = self.make_complaint(subject_user_ids=[(6, 0, self.ops_user.ids)])
        with self.assertRaisesRegex(UserError, "about you"):
            complaint.with_user(self.ops_user).action_investigate()
        self.investigate(complaint, self.leader)
        with self.assertRaisesRegex(UserError, "about you"):
            complaint.with_user(self.ops_user).action_resolve()
        complaint.with_user(self.quality_user).action_resolve()
        self.assertEqual(complaint.state, "resolved")

    def test_the_callback_goes_to_somebody_it_is_not_about(self):
        about = self.agent | self.desk_user
        complaint = self.make_complaint(subject_user_ids=[(6, 0, about.ids)])
        self.resolve(complaint)
        callback = complaint.callback_ids
        self.assertFalse(callback.with_user(self.agent).can_call)
        self.assertTrue(callback.with_user(self.agent_2).can_call)
        action = callback.with_user(self.agent).action_next_call()
        self.assertEqual(action["tag"], "display_notification")
        self.assertFalse(callback.user_id)
        with self.enter_registry_test_mode():
            self.env.ref("itss_quality.ir_cron_itss_callback_assign").method_direct_trigger()
        self.assertTrue(callback.user_id)
        self.assertNotIn(callback.user_id, about | self.ops_user)

    def test_invalid_takes_a_reason_and_a_second_person(self):
        complaint = self.make_complaint()
        with self.assertRaisesRegex(UserError, "first"):
            complaint.with_user(self.quality_user).action_confirm_invalid()
        with self.assertRaisesRegex(UserError, "why"):
            complaint.with_user(self.quality_user).hold_invalid(" ")
        with self.assertRaises(UserError):
            complaint.with_user(self.ops_user).hold_invalid("x")
        complaint.with_user(self.quality_user).hold_invalid("不属于服务范围")
        with self.assertRaisesRegex(UserError, "second person"):
            complaint.with_user(self.quality_user).action_confirm_invalid()
        second = self.make_user(
            "t_second", "quality", partner_id=self.quality_user.partner_id.id, name="t_quality"
        )
        with self.assertRaisesRegex(UserError, "second person"):
            complaint.with_user(second).action_confirm_invalid()
        complaint.with_user(self.quality_user_2).action_confirm_invalid()
        self.assertEqual(complaint.state, "invalid")
        self.assertEqual(complaint.invalid_by_id, self.quality_user)
        self.assertEqual(complaint.invalid_confirmed_by_id, self.quality_user_2)
        self.assertFalse(complaint.received_count)

    def test_html_from_outside_is_sanitised(self):
        payloads = (
            "<script>alert(1)</script>",
            '<svg onload="alert(1)"><script>alert(1)</script></svg>',
            '<a href="javascript:alert(1)">x</a>',
            '<img src="data:text/html;base64,PHNjcmlwdD4=" onerror="alert(1)">',
            '<div style="background:url(javascript:alert(1))">x</div>',
        )
        for payload in payloads:
            with self.subTest(payload=payload):
                complaint = self.make_complaint(description=f"<p>迟到</p>{payload}")
                self.assertNotRegex(
                    complaint.description, r"(?i)<script|onload|onerror|javascript:|data:text"
                )
                self.assertIn("迟到", complaint.description)

    def test_an_empty_complaint_is_refused(self):
        for description in ("", "<p><br></p>"):
            with self.subTest(description), self.assertRaisesRegex(UserError, "complains about"):
                self.make_complaint(description=description)

    def test_it_starts_from_ticket_customer_and_callback(self):
        ticket = self.make_ticket()
        callback = self.make_callback()
        callback.with_user(self.agent).register_attempt("refused")
        for record, method, field in (
            (ticket, "action_itss_register_complaint", "ticket_id"),
            (self.contact, "action_itss_register_complaint", "partner_id"),
            (callback, "action_register_complaint", "callback_id"),
        ):
            with self.subTest(field):
                action = getattr(record.with_user(self.agent), method)()
                complaints = self.env["itss.complaint"].with_user(self.agent)
                form = Form(complaints.with_context(**action["context"]))
                form.name = "不满意"
                form.description = "<p>太慢</p>"
                complaint = form.save()
                self.assertEqual(complaint[field], record)
                self.assertEqual(complaint.partner_id, self.contact)


class _Mails:
    def __init__(self, env):
        self.mails = env["mail.mail"].sudo()

    def __enter__(self):
        known = self.mails.search([])
        return lambda: self.mails.search([]) - known

    def __exit__(self, *exception):
        return False


@tagged("post_install", "-at_install")
class TestComplaintSeverity(ComplaintCommon):
    """Major complaints: passed on at once, resolved by the quality department with cause and measure."""

    def test_the_matrix_says_how_severe_it_is(self):
        for impact, urgency, severity in (
            ("low", "low", "general"),
            ("medium", "medium", "general"),
            ("high", "low", "general"),
            ("medium", "high", "major"),
            ("high", "medium", "major"),
            ("high", "high", "major"),
        ):
            with self.subTest(impact=impact, urgency=urgency):
                complaint = self.make_complaint(impact=impact, urgency=urgency)
                self.assertEqual(complaint.severity, severity)

    def test_the_company_s_own_matrix_counts(self):
        matrix = self.env["itss.complaint.severity"]
        cell = matrix.search(
            [
                ("company_id", "=", self.company.id),
                ("impact", "=", "low"),
                ("urgency", "=", "low"),
            ]
        )
        with self.assertRaises(AccessError):
            cell.with_user(self.quality_user).severity = "major"
        cell.with_user(self.admin_user).severity = "major"
        self.assertEqual(self.make_complaint(impact="low", urgency="low").severity, "major")

    def test_another_severity_needs_a_reason(self):
        complaint = self.make_complaint()
        with self.assertRaisesRegex(UserError, "matrix says"):
            complaint.severity = "major"
        complaint.write({"severity": "major", "severity_reason": "涉及核心系统"})
        self.assertEqual(complaint.severity, "major")

    def test_a_major_one_reaches_the_quality_department_at_once(self):
        complaint = self.make_major()
        self.assertEqual(complaint.activity_ids.user_id, self.quality_user)
        later = self.make_complaint()
        self.assertNotIn(self.quality_user, later.activity_ids.user_id)
        later.write({"impact": "high", "urgency": "high"})
        self.assertIn(self.quality_user, later.activity_ids.user_id)

    def test_acknowledging_a_major_one_leaves_it_with_the_quality_department(self):
        complaint = self.make_major()
        self.assertEqual(complaint.department_id, self.dep_quality)
        complaint.with_user(self.agent).action_acknowledge()
        self.assertEqual(complaint.user_id, self.quality_user)
        self.assertEqual(complaint.activity_ids.user_id, self.quality_user)
        complaint.with_user(self.quality_user).action_investigate()
        self.assertFalse(complaint.activity_ids)

    def test_a_reopened_major_one_is_told_to_the_quality_department(self):
        complaint = self.make_major(user_id=self.agent.id)
        self.assertEqual(complaint.user_id, self.agent)
        self.investigate(complaint, self.quality_user)
        complaint.root_cause = "派工没有看路程"
        self.plan_improvement(complaint)
        complaint.with_user(self.quality_user).action_resolve()
        self.call_back(complaint, is_solved="no", user=self.quality_user_2)
        self.assertEqual(complaint.activity_ids.user_id, self.quality_user)

    def test_only_the_quality_department_resolves_it_with_cause_and_improvement(self):
        complaint = self.investigate(self.make_major())
        with self.assertRaises(AccessError):
            complaint.action_resolve()
        quality = complaint.with_user(self.quality_user)
        with self.assertRaisesRegex(UserError, "root cause"):
            quality.action_resolve()
        quality.root_cause = "派工没有看路程"
        with self.assertRaisesRegex(UserError, "improvement"):
            quality.action_resolve()
        draft = self.add_improvement(complaint)
        self.assertEqual(draft.root_cause, "派工没有看路程")
        with self.assertRaisesRegex(UserError, "improvement that is planned"):
            quality.action_resolve()
        draft.with_user(self.quality_user).write({"state": "cancelled", "cancel_reason": "重复"})
        self.plan_improvement(complaint)
        quality.action_resolve()
        self.assertEqual(complaint.state, "resolved")

    def test_its_last_improvement_is_not_cancelled_once_it_is_answered(self):
        complaint, improvement = self.resolve_major()
        cancel = {"state": "cancelled", "cancel_reason": "不再需要"}
        quality = improvement.with_user(self.quality_user)
        with self.assertRaisesRegex(UserError, "last improvement"), self.env.cr.savepoint():
            quality.write(cancel)
        self.add_improvement(complaint)
        with self.assertRaisesRegex(UserError, "last improvement"), self.env.cr.savepoint():
            quality.write(cancel)
        second = self.plan_improvement(complaint)
        with self.assertRaisesRegex(UserError, "last improvement"), self.env.cr.savepoint():
            (quality | second).write(cancel)
        quality.write(cancel)
        self.assertEqual(improvement.state, "cancelled")
        self.call_back(complaint, user=self.quality_user_2)
        with self.assertRaisesRegex(UserError, "last improvement"):
            second.write(cancel)

    def test_the_root_cause_found_in_an_improvement_is_proposed_to_the_complaint(self):
        complaint = self.investigate(self.make_major(), self.quality_user)
        improvement = self.add_improvement(complaint).with_user(self.quality_user)
        improvement.cause_ids.create({"improvement_id": improvement.id, "why": "派工没有看路程"})
        improvement.write(
            {"action": "x", "owner_id": self.ops_user.id, "date_deadline": "2099-12-31"}
        )
        self.assertFalse(complaint.root_cause)
        improvement.action_plan()
        self.assertEqual(complaint.root_cause, "派工没有看路程")
        self.assertIn(improvement.number, complaint.message_ids[0].body)
        other = self.add_improvement(complaint)
        other.root_cause = "别的原因"
        other.write({"action": "x", "owner_id": self.ops_user.id, "date_deadline": "2099-12-31"})
        other.with_user(self.quality_user).action_plan()
        self.assertEqual(complaint.root_cause, "派工没有看路程")

    def test_its_improvement_needs_a_root_cause_too(self):
        improvement = self.add_improvement(self.make_major())
        self.assertTrue(improvement.is_major)
        self.assertFalse(self.add_improvement(self.make_complaint()).is_major)

    def test_the_quality_department_calls_back_but_not_who_answered(self):
        complaint, _improvement = self.resolve_major()
        callback = complaint.callback_ids
        # at once: no scheduled action has run
        self.assertEqual(callback.user_id, self.quality_user_2)
        with self.assertRaises(UserError):
            self.call_back(complaint, user=self.quality_user)

    def test_the_desk_does_not_call_back_after_a_major_one(self):
        complaint, _improvement = self.resolve_major()
        callback = complaint.callback_ids
        for user in (self.agent, self.ops_user):
            own = callback.with_user(user)
            with self.subTest(user.login):
                self.assertFalse(own.can_call)
                with self.assertRaisesRegex(AccessError, "major complaint"):
                    own.register_attempt("reached", is_solved="yes", score=100)
                with self.assertRaisesRegex(AccessError, "major complaint"):
                    own.action_call()
                self.assertEqual(own.action_next_call()["tag"], "display_notification")
                with (
                    self.assertRaisesRegex(AccessError, "major complaint"),
                    self.env.cr.savepoint(),
                ):
                    callback.with_user(self.quality_user_2).user_id = user
        self.assertTrue(callback.with_user(self.quality_user_2).can_call)
        self.assertFalse(callback.attempt_ids)

    def test_one_call_to_the_contact_settles_a_major_one_for_the_quality_department_alone(self):
        complaint, _improvement = self.resolve_major()
        general = self.resolve(self.make_complaint())
        callback = general.callback_ids
        self.assertFalse(callback.with_user(self.agent)._get_same_contact())
        self.assertEqual(
            callback.with_user(self.quality_user_2)._get_same_contact(), complaint.callback_ids
        )

    def test_an_overdue_callback_after_a_major_one_reaches_the_quality_department(self):
        complaint, _improvement = self.resolve_major()
        with freeze_time(complaint.callback_ids.deadline), self.enter_registry_test_mode():
            self.env.ref("itss_quality.ir_cron_itss_callback_escalate").method_direct_trigger()
        self.assertEqual(complaint.callback_ids.activity_ids.user_id, self.quality_user)

    def test_it_has_the_shorter_clock(self):
        with freeze_time(NOW):
            general, major = self.make_complaint(), self.make_major()
        self.assertEqual(str(general.acknowledge_deadline), "2025-09-15 06:00:00")
        self.assertEqual(str(general.answer_deadline), "2025-09-18 02:00:00")
        self.assertEqual(str(major.acknowledge_deadline), "2025-09-15 03:00:00")
        self.assertEqual(str(major.answer_deadline), "2025-09-16 02:00:00")
        with freeze_time("2025-09-15 02:30:00"):
            general.write({"impact": "high", "urgency": "high"})
        self.assertEqual(general.answer_deadline, major.answer_deadline)


@tagged("post_install", "-at_install")
class TestComplaintClock(ComplaintCommon):
    """Acknowledge in time, answer in time; warnings and escalation each once."""

    def _run(self, moment):
        with freeze_time(moment), self.enter_registry_test_mode():
            self.env.ref("itss_quality.ir_cron_itss_complaint_escalate").method_direct_trigger()
        self.env.invalidate_all()

    def _todos(self, complaint):
        return [(todo.user_id, todo.summary) for todo in complaint.activity_ids.sorted("id")]

    def test_whoever_has_to_know_is_told_once_at_each_step(self):
        with freeze_time(NOW):
            complaint = self.make_complaint(user_id=self.agent.id)
        expected = []
        for moment, user, summary in (
            ("2025-09-15 03:59:00", None, None),
            ("2025-09-15 04:00:00", self.agent, "Complaint due soon"),
            ("2025-09-15 06:00:00", self.leader, "Complaint overdue"),
            (
                "2025-09-16 06:00:00",
                self.quality_user,
                "Complaint still open after a second period",
            ),
            ("2025-10-16 06:00:00", None, None),
        ):
            if user:
                expected.append((user, summary))
            for _run in range(2):
                self._run(moment)
                self.assertEqual(self._todos(complaint), expected, moment)

    def test_acknowledging_starts_the_clock_of_the_answer(self):
        with freeze_time(NOW):
            complaint = self.make_complaint()
            complaint.with_user(self.agent).action_acknowledge()
        self._run("2025-09-17 23:59:00")
        self.assertFalse(complaint.activity_ids)
        self._run("2025-09-18 00:00:00")
        self.assertEqual(self._todos(complaint), [(self.agent, "Complaint due soon")])

    def test_an_answered_one_is_left_alone_and_a_reopened_one_gets_a_new_time(self):
        with freeze_time(NOW):
            complaint = self.resolve(self.make_complaint())
        self._run("2025-12-01 00:00:00")
        self.assertFalse(complaint.activity_ids)
        with freeze_time("2025-12-01 02:00:00"):
            complaint.with_user(self.agent).write(
                {"state": "reopened", "reopen_reason": "客户来电仍不满意"}
            )
        self.assertEqual(str(complaint.answer_deadline), "2025-12-04 02:00:00")
        self.assertEqual(complaint.callback_ids.state, "cancelled")
        with freeze_time("2025-12-04 02:00:01"):
            self.assertTrue(complaint.is_overdue)

    def test_working_hours_pause_over_night_and_holidays(self):
        calendar = self.env["resource.calendar"].create(
            {
                "name": "工作时间",
                "tz": "Asia/Shanghai",
                "company_id": self.company.id,
                "attendance_ids": [
                    (0, 0, {"name": day, "dayofweek": day, "hour_from": 9, "hour_to": 17})
                    for day in "01234"
                ],
            }
        )
        self.env["resource.calendar.leaves"].create(
            {
                "name": "放假",
                "calendar_id": calendar.id,
                "company_id": self.company.id,
                "date_from": "2025-09-15 16:00:00",
                "date_to": "2025-09-16 15:59:59",
            }
        )
        self.company.itss_callback_calendar_id = calendar
        self.company.itss_complaint_acknowledge_hours = 9
        with freeze_time(NOW):
            complaint = self.make_complaint()
        # seven hours of Monday, none of Tuesday, two of Wednesday
        self.assertEqual(str(complaint.acknowledge_deadline), "2025-09-17 03:00:00")

    def test_overdue_ones_are_found(self):
        with freeze_time(NOW):
            complaint = self.make_complaint()
        domain = [("id", "=", complaint.id), ("is_overdue", "=", True)]
        with freeze_time("2025-09-15 06:00:00"):
            self.assertFalse(complaint.search(domain))
        with freeze_time("2025-09-15 06:00:01"):
            self.assertEqual(complaint.search(domain), complaint)
            complaint.with_user(self.agent).action_acknowledge()
            self.assertFalse(complaint.search(domain))

    def test_hours_to_acknowledge_and_to_answer_are_stored(self):
        with freeze_time(NOW):
            complaint = self.make_complaint()
        self.assertFalse(complaint.acknowledge_hours)
        with freeze_time("2025-09-15 05:00:00"):
            complaint.with_user(self.agent).action_acknowledge()
        with freeze_time("2025-09-15 12:30:00"):
            self.resolve(complaint)
        self.assertEqual((complaint.acknowledge_hours, complaint.resolve_hours), (3, 10.5))

    def test_an_answer_taken_back_counts_in_no_average(self):
        with freeze_time(NOW):
            complaint = self.make_complaint()
        with freeze_time("2025-09-15 12:30:00"):
            self.resolve(complaint)
        self.call_back(complaint, is_solved="no")
        self.assertEqual(complaint.state, "reopened")
        self.assertFalse(complaint.resolve_hours)
        measures = ["acknowledge_hours:avg", "resolve_hours:avg"]
        for _round in range(2):
            [figures] = complaint._read_group([("id", "=", complaint.id)], [], measures)
            self.assertEqual(figures[0], 10.5)
            self.assertIs(figures[1], False, "no hours, which are not zero hours")
            # whatever is computed anew later leaves it so
            complaint.sudo().received_at = complaint.received_at
            self.env.flush_all()
        with freeze_time("2025-09-16 02:00:00"):
            self.resolve(complaint)
        self.assertEqual(complaint.resolve_hours, 24)

    def test_an_invalid_one_counts_in_no_average(self):
        complaints = self.make_complaint(received_at=NOW) | self.make_complaint(received_at=NOW)
        handled, invalid = complaints
        with freeze_time("2025-09-15 12:30:00"):
            self.resolve(handled)
            invalid.with_user(self.agent).action_acknowledge()
        self.call_back(handled, is_solved="yes", score=100)
        self.assertEqual(handled.state, "closed")
        invalid.with_user(self.quality_user).hold_invalid("不是我们的客户")
        invalid.with_user(self.quality_user_2).action_confirm_invalid()
        measures = ["received_count:sum", "handled_rate:avg", "acknowledge_hours:avg"]
        for _round in range(2):
            [figures] = complaints._read_group([("id", "in", complaints.ids)], [], measures)
            self.assertEqual(figures, (1, 1, 10.5), "what the analysis shows without any filter")
            # whatever is computed anew later leaves it so
            invalid.sudo().received_at = invalid.received_at
            self.env.flush_all()

    def test_a_run_with_nothing_to_do_costs_a_few_queries(self):
        with freeze_time(NOW):
            self.make_complaint()
            complaints = self.env["itss.complaint"]
            self.env.flush_all()
            with self.assertQueryCount(4):
                complaints.search([("escalate_at", "<=", fields.Datetime.now())])


@tagged("post_install", "-at_install")
class TestComplaintRepeat(ComplaintCommon):
    """The same customer, the same category, within 90 days."""

    def test_a_repeated_complaint_is_linked_to_the_last_one(self):
        moment = fields.Datetime.to_datetime(NOW)
        first = self.make_complaint(received_at=moment)
        second = self.make_complaint(
            received_at=moment + timedelta(days=90), partner_id=self.customer.id
        )
        third = self.make_complaint(received_at=moment + timedelta(days=100))
        self.assertFalse(first.repeat_of_id)
        self.assertEqual(second.repeat_of_id, first)
        self.assertEqual(third.repeat_of_id, second)

    def test_another_customer_category_or_a_longer_time_is_no_repetition(self):
        moment = fields.Datetime.to_datetime(NOW)
        self.make_complaint(received_at=moment)
        stranger = self.env["res.partner"].create({"name": "滇池中学"})
        for vals in (
            {"partner_id": stranger.id},
            {"category_id": self.other_category.id},
            {"category_id": False},
            {"partner_id": False, "contact_name": "匿名"},
        ):
            with self.subTest(vals=vals):
                complaint = self.make_complaint(received_at=moment + timedelta(days=1), **vals)
                self.assertFalse(complaint.repeat_of_id)
        late = self.make_complaint(received_at=moment + timedelta(days=90, seconds=1))
        self.assertFalse(late.repeat_of_id)

    def test_a_category_given_later_finds_it_too_and_an_invalid_one_does_not_count(self):
        moment = fields.Datetime.to_datetime(NOW)
        first = self.make_complaint(received_at=moment)
        second = self.make_complaint(received_at=moment + timedelta(days=1), category_id=False)
        second.category_id = self.category
        self.assertEqual(second.repeat_of_id, first)
        first.with_user(self.quality_user).hold_invalid("重复登记")
        first.with_user(self.quality_user_2).action_confirm_invalid()
        third = self.make_complaint(received_at=moment + timedelta(hours=1))
        self.assertFalse(third.repeat_of_id)


@tagged("post_install", "-at_install")
class TestComplaintAccess(ComplaintCommon):
    """Who sees and changes complaints, over the API as in the views."""

    def test_participants_see_what_is_theirs_or_their_department_s(self):
        foreign = self.make_complaint()
        own = self.make_complaint(department_id=self.dep_staff.id)
        complaints = self.env["itss.complaint"].with_user(self.staff_user)
        self.assertEqual(complaints.search([("id", "in", (foreign | own).ids)]), own)
        with self.assertRaises(AccessError):
            own.with_user(self.staff_user).name = "x"
        with self.assertRaises(AccessError):
            self.make_complaint(self.staff_user)

    def test_management_reads_and_changes_nothing(self):
        complaint = self.make_complaint().with_user(self.manager_user)
        self.assertTrue(complaint.name)
        with self.assertRaises(AccessError):
            complaint.name = "x"

    def test_other_companies_outsiders_and_the_portal_see_nothing(self):
        complaint = self.make_complaint()
        portal = self.make_user("t_portal", None)
        portal.write({"group_ids": [(6, 0, [self.env.ref("base.group_portal").id])]})
        portal.partner_id = self.contact
        for user in (self.foreign_user, self.outsider, portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                complaint.with_user(user).read(["name"])
        self.assertFalse(
            self.env["itss.complaint"]
            .with_user(self.foreign_user)
            .search([("id", "=", complaint.id)])
        )

    def test_a_source_the_user_can_t_read_is_refused(self):
        callback = self.make_callback()
        vals = {"company_id": self.other_company.id, "callback_id": callback.id}
        with self.assertRaises(AccessError):
            self.make_complaint(self.foreign_user, **vals)


@tagged("post_install", "-at_install")
class TestComplaintFigures(ComplaintCommon):
    """What lines, customers and prints show of complaints and improvements."""

    def test_a_second_click_on_resolve_says_who_was_first(self):
        complaint = self.resolve(self.make_complaint())
        with self.assertRaisesRegex(UserError, "t_ops"):
            complaint.with_user(self.quality_user).action_resolve()

    def test_the_feedback_line_shows_the_year_s_complaints(self):
        plan = self.make_plan(lines=0)
        line = self.make_line(plan, name="质量信息反馈", kind="feedback")
        other = self.make_line(plan, name="内审", kind="audit")
        moment = fields.Datetime.to_datetime(NOW)
        closed = self.resolve(self.make_complaint(received_at=moment))
        self.call_back(closed)
        self.make_complaint(received_at=moment)
        self.make_complaint(received_at="2024-06-01")
        (line | other).invalidate_recordset()
        self.assertEqual((line.complaint_count, line.complaint_closed_count), (2, 1))
        self.assertFalse(other.complaint_count)
        domain = line.with_user(self.quality_user).action_view_complaints()["domain"]
        self.assertEqual(self.env["itss.complaint"].search_count(domain), 2)

    def test_the_counter_of_eighty_sources_costs_one_query(self):
        complaints = self.env["itss.complaint"]
        for _number in range(80):
            complaints |= self.make_complaint()
        self.add_improvement(complaints[7])
        self.env.flush_all()
        self.env.invalidate_all()
        complaints.fetch(["company_id"])
        with self.assertQueryCount(1):
            counts = complaints.mapped("improvement_count")
        self.assertEqual(sum(counts), 1)
        self.assertEqual(complaints[7].improvement_count, 1)

    def test_the_record_s_print_tells_the_whole_story(self):
        complaint, improvement = self.resolve_major(self.quality_user_2)
        self.call_back(complaint, score=10, user=self.quality_user)
        complaint.with_user(self.quality_user_2).action_investigate()
        complaint.with_user(self.quality_user_2).resolution = "已道歉并调整派工，改为提前到场"
        complaint.with_user(self.quality_user_2).action_resolve()
        self.call_back(complaint, score=95, user=self.quality_user)
        improvement.action_start()
        improvement.with_user(self.ops_user).completion = "派工表已改"
        improvement.with_user(self.ops_user).action_finish()
        self.verify(improvement, words="抽查派工单十张")
        reports = self.env["ir.actions.report"].with_user(self.quality_user)
        content, _kind = reports._render_qweb_html(
            "itss_quality.itss_complaint_report_pdf", complaint.ids
        )
        text = content.decode()
        for words in (
            complaint.number,
            "十一点才到",
            "已核实派工记录",
            "派工没有看路程",
            "已道歉并调整派工",
            "调整派工",
            "95",
            "可以",
            "抽查派工单十张",
            "Reopen Reason",
        ):
            self.assertIn(words, text)
        self.assertRegex(text, rf"Closed by</th>\s*<td>\s*{re.escape(self.quality_user.name)}")
        with self.assertRaises(AccessError):
            reports.with_user(self.staff_user)._render_qweb_html(
                "itss_quality.itss_complaint_report_pdf", complaint.ids
            )

    def test_the_tracking_table_has_one_row_per_improvement(self):
        improvements = self.add_improvement(self.make_complaint()) | self.add_improvement(
            self.make_complaint()
        )
        reports = self.env["ir.actions.report"].with_user(self.quality_user)
        content, _kind = reports._render_qweb_html(
            "itss_quality.itss_improvement_report_pdf", improvements.ids
        )
        for improvement in improvements:
            self.assertIn(improvement.number, content.decode())

    def test_the_record_of_an_invalid_one_names_both_people(self):
        complaint = self.make_complaint()
        complaint.with_user(self.quality_user).hold_invalid("不属于服务范围")
        complaint.with_user(self.quality_user_2).action_confirm_invalid()
        reports = self.env["ir.actions.report"].with_user(self.quality_user)
        content, _kind = reports._render_qweb_html(
            "itss_quality.itss_complaint_report_pdf", complaint.ids
        )
        text = content.decode()
        for label, user in (
            ("Held Invalid by", self.quality_user),
            ("Confirmed Invalid by", self.quality_user_2),
        ):
            self.assertRegex(text, rf"{label}</th>\s*<td>{re.escape(user.name)}</td>")
        self.assertIn("不属于服务范围", text)

    def open_workbook(self, report, records, user=None):
        reports = self.env["ir.actions.report"].with_user(user or self.quality_user)
        content, kind = reports._render_xlsx(report, records.ids, {})
        self.assertEqual(kind, "xlsx")
        return load_workbook(io.BytesIO(content))

    def local(self, moment):
        complaints = self.env["itss.complaint"].with_context(
            tz=self.company.resource_calendar_id.tz
        )
        return fields.Datetime.context_timestamp(complaints, moment).replace(tzinfo=None)

    def read_rows(self, sheet):
        return [list(row) for row in sheet.iter_rows(min_row=4, values_only=True)]

    def test_the_workbook_has_the_records_and_the_figures(self):
        moment = fields.Datetime.to_datetime(NOW)
        with freeze_time(NOW):
            closed = self.make_complaint(received_at=moment, name="=1+1")
        with freeze_time("2025-09-15 06:00:00"):
            self.resolve(closed)
        self.call_back(closed, score=88)
        fresh = self.make_complaint(received_at=moment, category_id=self.other_category.id)
        workbook = self.open_workbook("itss_quality.complaint_xlsx", closed | fresh)
        records, figures, settings = workbook.worksheets
        rows = self.read_rows(records)
        self.assertEqual(len(rows), 2)
        [row] = [row for row in rows if row[0] == closed.number]
        self.assertIn("=1+1", row[4])
        sheet_headings = [cell.value for cell in records[3]]
        told = dict(zip(sheet_headings, row, strict=True))
        self.assertIn("88", told["Callback"])
        self.assertEqual(told["Answer to the Customer"], "已道歉并调整派工")
        # times as the company's clock has them
        self.assertEqual(told["Received on"], self.local(moment))
        self.assertEqual(told["Answered on"] - told["Received on"], timedelta(hours=4))
        self.assertEqual(told["Received by"], self.agent.name)
        self.assertEqual(told["Handled by"], self.ops_user.name)
        rows = self.read_rows(figures)
        total = rows[-1]
        self.assertEqual(total[4:7], [2, 1, 0.5])
        self.assertEqual(total[7:], [4, 4])
        [row] = [row for row in rows if row[2] == self.other_category.name]
        self.assertEqual(row[4:6], [1, 0])
        self.assertEqual(row[7:], ["no data", "no data"])
        in_force = {row[1]: row[2] for row in self.read_rows(settings)}
        self.assertEqual(in_force["Answer Complaints Within (hours)"], "72")
        self.assertNotIn("Call Back Within (hours)", in_force)

    def make_october(self):
        """Complaints of October: one closed in it, one in November, one found invalid in it."""
        with freeze_time("2025-10-05 02:00:00"):
            early, late, invalid, moved = (self.make_complaint() for _number in range(4))
            self.resolve(early)
            self.call_back(early)
            invalid.with_user(self.quality_user).hold_invalid("重复登记")
            invalid.with_user(self.quality_user_2).action_confirm_invalid()
        with freeze_time("2025-11-05 02:00:00"):
            self.resolve(late)
            self.call_back(late)
            self.make_complaint()
        return early, late, invalid, moved

    def export_period(self, user=None, **vals):
        dialog = (
            self.env["itss.complaint.period"]
            .with_user(user or self.quality_user)
            .create({"date_from": "2025-10-01", "date_to": "2025-10-31", **vals})
        )
        report = dialog.action_export()["report_name"]
        records, figures, _settings = self.open_workbook(report, dialog, user).worksheets
        return records, figures

    def test_the_workbook_of_a_period_is_as_of_its_end(self):
        early, late, invalid, moved = self.make_october()
        for moment in ("2025-11-01 02:00:00", "2025-12-01 02:00:00"):
            with self.subTest(moment), freeze_time(moment):
                if moment.startswith("2025-12"):
                    reopened = early.with_user(self.quality_user)
                    reopened.write({"state": "reopened", "reopen_reason": "又发生了"})
                records, figures = self.export_period()
                headings = [cell.value for cell in records[3]]
                told = {
                    row[0]: dict(zip(headings, row, strict=True)) for row in self.read_rows(records)
                }
                self.assertEqual({*told}, {*(early | late | invalid | moved).mapped("number")})
                self.assertEqual(
                    [told[one.number]["Status"] for one in (early, late, invalid, moved)],
                    ["Closed", "New", "Invalid", "New"],
                )
                self.assertTrue(told[early.number]["Closed on"])
                for name in ("Acknowledged on", "Answered on", "Closed on", "Callback"):
                    self.assertFalse(told[late.number][name], name)
                self.assertEqual(self.read_rows(figures)[-1][4:7], [3, 1, 1 / 3])
                for sheet in (records, figures):
                    self.assertIn("Received from 10/01/2025 to 10/31/2025", sheet["A2"].value)
                    self.assertIn("Figures as of 10/31/2025", sheet["A2"].value)

    def test_the_workbook_of_a_period_says_what_a_review_says(self):
        self.make_october()
        with freeze_time("2025-12-01 02:00:00"):
            _records, figures = self.export_period()
            period = Period(self.company, date(2025, 10, 1), date(2025, 10, 31))
            told = self.env["itss.complaint"].sudo()._get_figures(period)
        values = {figure.label: figure.value for topic in told.values() for figure in topic}
        total = self.read_rows(figures)[-1]
        self.assertEqual(total[4], values["Complaints received"])
        self.assertEqual(total[5], values["Complaints closed"])
        indicators = self.env["itss.indicator"].search([("company_id", "=", self.company.id)])
        measured = {
            one.code: one.measure(period.date_from, period.date_to)["value"]
            for one in indicators
            if one.code in ("complaint_handled", "complaint_response_hours")
        }
        self.assertAlmostEqual(total[6] * 100, measured["complaint_handled"])
        self.assertAlmostEqual(total[7], measured["complaint_response_hours"])

    def test_the_workbook_of_a_period_has_what_its_reader_may_read(self):
        self.make_october()
        dialogs = self.env["itss.complaint.period"]
        for user in self.users:
            may = user.has_group("itss_quality.group_itss_service_desk") or user.has_group(
                "itss_quality.group_itss_management"
            )
            self.assertEqual(dialogs.with_user(user).has_access("create"), may)
        with freeze_time("2025-12-01 02:00:00"):
            records, figures = self.export_period(self.foreign_user)
        self.assertFalse(self.read_rows(records))
        self.assertEqual(self.read_rows(figures)[-1][4:7], [0, 0, "no data"])

    def test_a_changed_cell_of_the_matrix_leaves_a_trace(self):
        cell = self.env["itss.complaint.severity"].search(
            [("company_id", "=", self.company.id), ("severity", "=", "major")], limit=1
        )
        before = self.env["itss.journal"].search([])
        cell.with_user(self.admin_user).severity = "general"
        [row] = self.env["itss.journal"].search([]) - before
        self.assertEqual((row.user_id, row.company_id), (self.admin_user, self.company))
        self.assertEqual((row.values["old"], row.values["new"]), ("major", "general"))
        levels = dict(cell._fields["impact"]._description_selection(self.env))
        self.assertEqual(
            (row.label, row.record, row.old_words, row.new_words),
            (
                "Severity",
                f"Impact: {levels[cell.impact]}, urgency: {levels[cell.urgency]}",
                "Major",
                "General",
            ),
        )
        today = fields.Date.today()
        told = self.company._itss_get_settings_in_force(today, today, "complaint")
        self.assertIn((f"Severity – {row.record}", "General"), [line[:2] for line in told.rows])

    def test_the_workbook_of_nothing_says_no_data(self):
        complaint = self.make_complaint()
        complaint.with_user(self.quality_user).hold_invalid("重复登记")
        complaint.with_user(self.quality_user_2).action_confirm_invalid()
        workbook = self.open_workbook("itss_quality.complaint_xlsx", complaint)
        [total] = self.read_rows(workbook.worksheets[1])
        self.assertEqual(total[4:], [0, 0, "no data", "no data", "no data"])

    def test_the_tracking_table_as_a_workbook(self):
        improvement = self.add_improvement(self.make_complaint())
        improvement.write({"action": "调整", "owner_id": self.ops_user.id})
        improvement.date_deadline = "2025-12-01"
        [sheet] = self.open_workbook("itss_quality.improvement_xlsx", improvement).worksheets
        [row] = self.read_rows(sheet)
        self.assertEqual(row[0], improvement.number)
        self.assertEqual((row[3], row[4]), ("调整", self.ops_user.name))
        self.assertEqual(str(row[5].date()), "2025-12-01")

    def check_tracking_table(self, improvement, words):
        """Compare what workbook and print say of the verification and the effect."""
        [sheet] = self.open_workbook("itss_quality.improvement_xlsx", improvement).worksheets
        [row] = self.read_rows(sheet)
        told = dict(zip((cell.value for cell in sheet[3]), row, strict=True))
        reports = self.env["ir.actions.report"].with_user(self.quality_user)
        content, _kind = reports._render_qweb_html(
            "itss_quality.itss_improvement_report_pdf", improvement.ids
        )
        text = content.decode()
        for heading, value in words.items():
            told_day = told[heading] and str(told[heading])
            with self.subTest(heading):
                if value is None:
                    self.assertIsNone(told[heading])
                else:
                    self.assertTrue(told_day.startswith(value), told_day)
                    self.assertIn(value, text)

    def test_the_tracking_table_tells_verification_and_effect(self):
        improvement = self.plan_improvement(self.make_complaint())
        improvement.root_cause = "x"
        improvement.action_start()
        improvement.with_user(self.ops_user).completion = "已改"
        improvement.with_user(self.ops_user).action_finish()
        self.verify(improvement, words="抽查派工单十张")
        self.check_tracking_table(
            improvement, {"Verification": "抽查派工单十张", "Effectiveness Checked by": None}
        )
        improvement.with_user(self.quality_user_2).check_effectiveness("ineffective", "又迟到")
        self.check_tracking_table(
            improvement,
            {
                "Verification": None,
                "Effectiveness": "Ineffective",
                "Effectiveness Checked by": self.quality_user_2.name,
                "Effectiveness: Finding": "又迟到",
            },
        )

    def test_who_may_not_read_exports_nothing(self):
        complaint = self.make_complaint()
        with self.assertRaises(AccessError):
            self.open_workbook("itss_quality.complaint_xlsx", complaint, self.staff_user)


@tagged("post_install", "-at_install")
class TestComplaintAround(ComplaintCommon):
    """Complaints as tickets, calls and improvements show them."""

    def test_a_call_about_a_complaint_speaks_of_the_complaint(self):
        self.company.itss_callback_script = "{engineer} repaired {ticket}"
        complaint = self.resolve(self.make_complaint())
        action = complaint.callback_ids.with_user(self.agent).action_call()
        call = self.env["itss.callback.call"].with_user(self.agent).browse(action["res_id"])
        self.assertEqual(call.resolution, complaint.resolution)
        self.assertIn(f"your complaint {complaint.number}", call.script)
        self.assertNotIn("repaired", call.script)

    def test_a_ticket_shows_its_complaints_with_one_query(self):
        tickets = self.make_ticket() | self.make_ticket() | self.make_ticket()
        first = self.make_complaint(ticket_id=tickets[0].id)
        self.make_complaint(ticket_id=tickets[0].id)
        self.resolve(first)
        self.call_back(first)
        self.env.flush_all()
        self.env.invalidate_all()
        tickets = tickets.with_user(self.ops_user)
        self.assertEqual(tickets.mapped("itss_complaint_count"), [2, 0, 0])
        self.assertEqual(tickets.mapped("itss_open_complaint_count"), [1, 0, 0])
        action = tickets[0].action_itss_view_complaints()
        self.assertEqual(len(self.env["itss.complaint"].search(action["domain"])), 2)
        tickets.invalidate_recordset(["itss_complaint_count", "itss_open_complaint_count"])
        with self.assertQueryCount(1):
            tickets.mapped("itss_complaint_count")
