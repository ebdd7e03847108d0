import io
from datetime import timedelta

from lxml import html
from openpyxl import load_workbook
from psycopg2.errors import UniqueViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, JsonRpcException, freeze_time, tagged
from odoo.tools import mute_logger

from ...tools.figures import Figure
from ..audit.common import AuditCommon
from ..common import LOGINS, RpcCase
from ..prints import by_class, text
from .common import CONCLUSIONS, DATE, ReviewCommon

NOW = "2025-10-20 04:00:00"  # Monday noon in China
YEAR = {"period_start": "2025-01-01", "period_end": "2025-12-31"}
# who may take the steps of a review, by login
ORGANISERS = {"t_quality", "t_boss", "t_admin"}


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestReviewWorkflow(ReviewCommon):
    """draft → announced → held → closed."""

    # -------------------------------------------------------------------------
    # From the plan
    # -------------------------------------------------------------------------

    def test_a_review_starts_from_its_line_of_the_plan(self):
        line = self.make_review_line()
        action = line.with_user(self.quality_user).action_start_work()
        reviews = self.env["itss.review"].with_user(self.quality_user)
        with Form(reviews.with_context(**action["context"])) as form:
            form.chair_id = self.boss
            form.date = DATE
            self.assertTrue(form.purpose and form.basis and form.agenda)
        review = form.record
        self.assertRegex(review.number, r"^MR-2025-\d{4}$")
        self.assertEqual(review.name, "2025 Management Review")
        self.assertEqual(review.organiser_id, self.representative)
        self.assertEqual(
            (review.period_start, review.period_end),
            (fields.Date.to_date("2025-01-01"), fields.Date.to_date("2025-12-31")),
        )
        # all departments concerned: their heads
        self.assertIn(self.employee(self.staff_user), review.participant_ids)
        self.assertEqual(review.stop, fields.Datetime.to_datetime("2025-10-20 04:00:00"))
        self.assertEqual(line.work_count, 1)
        self.assertEqual(line.action_view_work()["res_id"], review.id)
        with self.assertRaises(AccessError):
            line.with_user(self.ops_user).action_start_work()

    def test_the_line_starts_with_the_notice_and_is_done_with_the_review(self):
        line = self.make_review_line()
        review = self.make_review(plan_line_id=line.id)
        self.assertEqual(line.state, "planned")
        review.action_announce()
        self.assertEqual(line.state, "in_progress")
        with self.assertRaises(UserError):
            line.with_user(self.quality_user).action_done()
        self.finish(review)
        self.assertEqual(line.state, "in_progress")
        review.action_close()
        self.assertEqual(line.state, "done")
        self.assertTrue(line.date_done)

    def test_a_review_goes_over_to_the_revision_of_its_plan(self):
        line = self.make_review_line()
        review = self.hold(self.make_review(plan_line_id=line.id))
        action = line.plan_id.with_user(self.quality_user).action_new_revision()
        revision = self.env["itss.plan"].with_user(self.quality_user).browse(action["res_id"])
        revision.change_note = "改期"
        self.approve(revision)
        new = revision.line_ids.filtered(lambda one: one.kind == "review")
        self.assertEqual(review.plan_line_id, new)
        self.assertFalse(line.work_count)

    def test_it_warns_while_audit_or_evaluation_is_not_finished(self):
        line = self.make_review_line()
        review = self.make_review(plan_line_id=line.id)
        self.assertIn("内审", review.warning)
        self.assertIn("目标评价", review.warning)
        audit, evaluation, _own = line.plan_id.line_ids
        audit.sudo().state = "done"
        self.assertNotIn("内审", review.warning)
        evaluation.sudo().state = "cancelled"
        self.assertFalse(review.warning)
        review.action_announce()
        self.assertIn("Process Performance", review.warning)
        review.input_ids.text = "完成"
        self.assertFalse(review.warning)

    # -------------------------------------------------------------------------
    # Who may do what
    # -------------------------------------------------------------------------

    def test_quality_and_management_take_the_steps(self):
        self.representative_user.login = "t_representative"
        for step in ("announced", "held"):
            for user in self.users | self.representative_user:
                with self.subTest(user=user.login, step=step):
                    review = self.make_review(**YEAR)
                    if step == "held":
                        review.action_announce()
                        self.write_topics(review)
                    mine = review.with_user(user)
                    if user.login in ORGANISERS | {"t_representative"}:
                        self.assertTrue(mine.can_announce or mine.can_hold)
                        mine.write({"state": step})
                        self.assertEqual(review.state, step)
                    else:
                        with self.assertRaises(AccessError):
                            mine.write({"state": step})

    def test_no_step_is_left_out(self):
        review = self.make_review()
        for state in ("held", "closed"):
            with self.assertRaisesRegex(UserError, "can't become"):
                review.write({"state": state})
        with self.assertRaisesRegex(UserError, "starts as"):
            self.make_review(state="held")
        self.hold(review)
        for state in ("draft", "announced"):
            with self.assertRaisesRegex(UserError, "can't become"):
                review.write({"state": state})

    def test_the_notice_needs_date_chair_participants_and_agenda(self):
        review = self.make_review(date=False, chair_id=False, agenda=False)
        review.participant_ids = False
        with self.assertRaisesRegex(UserError, "Date.*End.*Chair.*Attendees.*Agenda"):
            review.action_announce()

    def test_a_notice_can_t_lose_what_it_says(self):
        review = self.make_review()
        review.action_announce()
        for name in ("date", "chair_id", "organiser_id", "participant_ids", "agenda"):
            with self.subTest(name=name), self.assertRaisesRegex(UserError, "was announced"):
                review.write({name: False})

    def test_a_review_is_not_held_before_its_date(self):
        review = self.make_review(date="2025-10-27 01:00:00")
        review.action_announce()
        with self.assertRaisesRegex(UserError, "can't have been held yet"):
            review.action_hold()

    def test_a_review_is_not_held_without_every_topic_report(self):
        review = self.make_review()
        review.action_announce()
        self.write_topics(review)
        for empty in (False, " \n"):
            review.input_ids[3].text = empty
            with self.assertRaisesRegex(UserError, "written: Process Performance\\."):
                review.action_hold()
        review.input_ids[3].text = "各过程按计划运行"
        review.action_hold()
        self.assertEqual(review.state, "held")

    def test_the_chair_was_there_and_the_period_ends_with_the_meeting(self):
        review = self.make_review(date="2025-10-17 01:00:00")
        review = self.hold(review)
        self.assertEqual(str(review.period_end), "2025-10-17")
        review.write(CONCLUSIONS)
        self.write_minutes(review)
        rows = review.meeting_ids.attendance_ids
        rows.filtered("is_present").is_present = False
        rows.filtered(lambda row: row.employee_id != review.chair_id)[0].is_present = True
        self.assertIn(f"{self.boss.name}, who chairs", review.missing)

    def test_it_warns_when_it_is_planned_after_the_external_audit(self):
        line = self.make_review_line()
        line.plan_id.sudo().external_audit_date = "2025-10-20"
        review = self.make_review(plan_line_id=line.id)
        self.assertNotIn("external audit", review.warning or "")
        review.write({"date": "2025-10-20 16:00:00", "stop": "2025-10-20 18:00:00"})  # next day
        self.company.resource_calendar_id.tz = "Asia/Shanghai"
        self.env.invalidate_all()
        self.assertIn("external audit", review.warning)

    def test_a_period_that_can_t_be_right_is_refused(self):
        for vals in (
            {"period_start": "1900-01-01"},
            {"period_end": "2999-12-31"},
        ):
            with self.subTest(vals=vals), self.assertRaisesRegex(ValidationError, "its years"):
                with self.env.cr.savepoint():
                    self.make_review(**vals)
        review = self.make_review(period_start="2026-01-01", period_end="2026-12-31")
        review.action_announce()
        self.write_topics(review)
        with self.assertRaisesRegex(UserError, "has not begun"):
            review.action_hold()

    def test_what_was_held_stays(self):
        review = self.hold(self.make_review())
        for vals in (
            {"date": "2025-10-21 01:00:00"},
            {"participant_ids": False},
            {"period_start": "2024-01-01"},
            {"agenda": "x"},
            {"previous_id": False},
        ):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "can't change"):
                review.write(vals)
        with self.assertRaisesRegex(UserError, "can't be deleted"):
            review.unlink()

    # -------------------------------------------------------------------------
    # Notice and meeting
    # -------------------------------------------------------------------------

    def test_the_notice_invites_everybody_and_asks_for_the_topic_reports(self):
        review = self.make_review(date="2025-10-27 01:00:00")
        self.assertFalse(review.meeting_ids)
        review.action_announce()
        meeting = review.meeting_ids
        people = self.boss | self.representative | self.gatherer
        people |= self.employee(self.ops_user) | self.employee(self.quality_user)
        self.assertEqual(meeting.attendance_ids.employee_id, people)
        self.assertEqual(meeting.attendance_ids[0].employee_id, self.boss)
        self.assertEqual((meeting.kind, meeting.start), ("review", review.date))
        event = meeting.sudo().event_id
        self.assertEqual(event.location, "三号会议室")
        self.assertLessEqual((self.manager_user | self.ops_user).partner_id, event.partner_ids)
        todo = self.input(review, "processes").activity_ids
        self.assertEqual(todo.user_id, self.ops_user)
        self.assertEqual(todo.date_deadline, fields.Date.to_date("2025-10-26"))

    def test_the_invitation_follows_the_notice(self):
        review = self.make_review(date="2025-10-27 01:00:00")
        review.action_announce()
        meeting, event = review.meeting_ids, review.meeting_ids.sudo().event_id
        staff = self.employee(self.staff_user)
        review.write(
            {
                "date": "2025-10-28 01:00:00",
                "participant_ids": [
                    Command.link(staff.id),
                    Command.unlink(self.employee(self.ops_user).id),
                ],
            }
        )
        self.assertEqual(review.meeting_ids, meeting)
        self.assertEqual(event.start, review.date)
        self.assertIn(self.staff_user.partner_id, event.partner_ids)
        self.assertNotIn(self.ops_user.partner_id, event.partner_ids)

    def test_a_withdrawn_notice_needs_a_reason_and_cancels_the_invitation(self):
        review = self.make_review(date="2025-10-27 01:00:00")
        review.action_announce()
        event = review.meeting_ids.sudo().event_id
        with self.assertRaisesRegex(UserError, "People are invited"):
            review.unlink()
        with self.assertRaisesRegex(UserError, "Withdraw Reason"):
            review.write({"state": "draft"})
        action = review.action_withdraw()
        wizard = Form(
            self.env["itss.step.reason"]
            .with_user(self.quality_user)
            .with_context(**action["context"])
        )
        wizard.reason = "外审改期"
        wizard.save().action_confirm()
        self.assertEqual((review.state, review.withdraw_reason), ("draft", "外审改期"))
        self.assertFalse(review.meeting_ids)
        self.assertFalse(event.exists())
        self.assertFalse(review.input_ids.activity_ids)
        review.action_announce()
        self.assertTrue(review.meeting_ids)

    # -------------------------------------------------------------------------
    # Closing
    # -------------------------------------------------------------------------

    def test_a_review_names_everything_that_is_missing(self):
        review = self.hold(self.make_review())
        self.decide(review, owner_id=False, date_deadline=False)
        for words in (
            "Suitability",
            "On Effectiveness",
            "增加夜班工程师”: no owner, no deadline, no improvement",
            "minutes",
            "approved report",
        ):
            self.assertIn(words, review.missing)
        with self.assertRaises(UserError) as caught:
            review.action_close()
        for line in review.missing.splitlines():
            self.assertIn(line, str(caught.exception))

    def test_each_gap_alone_keeps_a_review_open(self):
        for gap, words in (
            ({"suitability": False}, "Suitability"),
            ({"adequacy_text": " "}, "On Adequacy"),
            ({"no_decision_reason": " "}, "Why Nothing Was Decided"),
        ):
            review = self.hold(self.make_review(**YEAR))
            review.write({**CONCLUSIONS, **gap})
            self.write_minutes(review)
            with self.subTest(words=words):
                with self.assertRaisesRegex(UserError, words):
                    self.make_report(review).action_submit()
                with self.assertRaisesRegex(UserError, words):
                    review.action_close()

    def test_a_complete_review_closes(self):
        review = self.hold(self.make_review())
        decision = self.decide(review)
        self.finish_held(review)
        with self.assertRaisesRegex(UserError, "no improvement"):
            review.action_close()
        decision.action_raise_improvement()
        self.env.invalidate_all()
        self.assertFalse(review.missing)
        review.action_close()
        self.assertEqual((review.state, bool(review.closed_at)), ("closed", True))

    # -------------------------------------------------------------------------
    # Decisions
    # -------------------------------------------------------------------------

    def test_a_decision_becomes_an_improvement_that_is_planned(self):
        review = self.hold(self.make_review())
        for user in (self.quality_user, self.representative_user):
            decision = self.decide(review).with_user(user)
            action = decision.action_raise_improvement()
            improvement = self.env["itss.improvement"].browse(action["res_id"])
            self.assertEqual(
                (improvement.state, improvement.owner_id, improvement.source_id),
                ("planned", self.ops_user, decision.id),
            )
            self.assertEqual(improvement.activity_ids.user_id, self.ops_user)
            self.assertEqual(improvement.source_name, f"{review.number} 增加夜班工程师")
            self.assertEqual(decision.improvement_id, improvement)
            # once more opens it
            self.assertEqual(decision.action_raise_improvement()["res_id"], improvement.id)
            with self.assertRaisesRegex(UserError, "has become an improvement"):
                decision.owner_id = self.quality_user
            with self.assertRaisesRegex(UserError, "can't be deleted"):
                decision.unlink()

    def test_a_review_with_an_improvement_is_not_deleted(self):
        review = self.make_review()
        decision = self.decide(review)
        decision.action_raise_improvement()
        with self.assertRaisesRegex(UserError, "can't be deleted"):
            review.unlink()
        other = self.make_review()
        self.decide(other)
        other.unlink()

    def test_a_revision_of_the_report_opens_what_it_says(self):
        review = self.hold(self.make_review())
        report = self.finish_held(review)
        review.action_close()
        self.env.flush_all()  # a request of its own
        action = report.action_new_revision()
        revision = report.browse(action["res_id"])
        self.assertEqual(revision.recipient_ids, report.recipient_ids)
        revision.change_note = "补充决议"
        decision = self.decide(review)
        with self.assertRaisesRegex(UserError, "no improvement"):
            revision.action_submit()
        decision.action_raise_improvement()
        self.env.invalidate_all()
        self.approve_report(revision)
        self.assertEqual((report.state, review.state), ("superseded", "closed"))
        with self.assertRaisesRegex(UserError, "can't change any more"):
            review.suitability = "no"

    def test_a_decision_without_owner_or_date_becomes_none(self):
        review = self.hold(self.make_review())
        decision = self.decide(review, owner_id=False)
        with self.assertRaisesRegex(UserError, "no owner"):
            decision.action_raise_improvement()
        self.decide(review).unlink()
        decision.write({"owner_id": self.ops_user.id})
        review.action_raise_improvements()
        self.assertEqual(decision.improvement_state, "planned")
        with self.assertRaises(ValidationError):
            self.decide(review, owner_id=self.foreign_user.id)

    def test_the_next_review_follows_the_decisions_up(self):
        before = self.hold(self.make_review())
        done, under_way, forgotten = (self.decide(before, name=name) for name in ("甲", "乙", "丙"))
        for decision in (done, under_way):
            decision.action_raise_improvement()
        done.improvement_id.sudo().write({"state": "closed"})
        with freeze_time("2026-10-20 04:00:00"):
            review = self.make_review(date="2026-10-20 01:00:00")
        self.assertEqual(review.previous_id, before)
        self.assertEqual(review.period_start, before.period_end + timedelta(days=1))
        self.assertEqual(review.period_start, fields.Date.to_date("2025-10-21"))
        figures = self.figures(review, "previous_actions")
        self.assertEqual(figures["Carried out and verified"][:2], (1, 3))
        self.assertEqual(
            [figures[name][0] for name in ("甲", "乙", "丙")],
            ["Closed", "Planned", "no improvement"],
        )
        self.assertIn(done.improvement_id.number, figures["甲"][2])
        action = self.input(review, "previous_actions").action_open_records()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(found, done | under_way | forgotten)

    # -------------------------------------------------------------------------
    # Report
    # -------------------------------------------------------------------------

    def test_the_report_is_issued_to_those_who_took_part(self):
        review = self.hold(self.make_review())
        report = self.finish_held(review)
        self.assertRegex(report.number, r"^RR-2025-\d{4}$")
        recipients = report.recipient_ids
        self.assertLessEqual(self.gatherer_user | self.ops_user | self.manager_user, recipients)
        self.assertEqual(report.sudo().receipt_ids.user_id, recipients)
        self.assertTrue(report.signed_pdf)
        mine = report.with_user(self.gatherer_user)
        self.assertEqual(mine.read(["name"])[0]["id"], report.id)
        self.assertTrue(mine.can_confirm_read)
        mine.action_confirm_read()
        self.assertFalse(mine.can_confirm_read)
        with self.assertRaises(AccessError):
            report.with_user(self.desk_user).read(["name"])

    def test_what_the_report_says_is_frozen_while_it_is_signed(self):
        review = self.hold(self.make_review())
        decision = self.decide(review)
        review.write(CONCLUSIONS)
        self.write_minutes(review)
        report = self.make_report(review)
        report.action_submit()
        with self.assertRaisesRegex(UserError, "can't change any more"):
            review.suitability = "no"
        with self.assertRaisesRegex(UserError, "can't change any more"):
            report.adequacy_text = "x"
        with self.assertRaisesRegex(UserError, "can't change any more"):
            decision.name = "x"
        with self.assertRaisesRegex(UserError, "can't change any more"):
            self.decide(review)
        with self.assertRaisesRegex(UserError, "can't change any more"):
            decision.unlink()
        with self.assertRaisesRegex(UserError, "can't change any more"):
            self.input(review, "audits").suggestions = "x"
        with self.assertRaises(UserError):
            review.meeting_ids.minutes = "x"
        # it becomes an improvement all the same
        decision.action_raise_improvement()
        self.assertTrue(decision.improvement_id)
        report.with_user(self.manager_user).write({"state": "draft", "rejection_reason": "补充"})
        review.suitability = "no"

    def test_a_report_comes_after_the_review_and_only_once(self):
        review = self.make_review()
        with self.assertRaisesRegex(UserError, "after the review was held"):
            review.action_open_report()
        self.hold(review)
        report = self.make_report(review)
        self.assertEqual(self.make_report(review), report)
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            report.create({"review_id": review.id, "company_id": self.company.id})

    def test_a_decision_without_owner_is_not_reported(self):
        review = self.hold(self.make_review())
        self.decide(review, date_deadline=False)
        review.write(CONCLUSIONS)
        with self.assertRaisesRegex(UserError, "no deadline"):
            self.make_report(review).action_submit()

    def test_only_the_management_approves_the_report(self):
        review = self.hold(self.make_review())
        review.write(CONCLUSIONS)
        report = self.make_report(review)
        report.action_submit()
        with self.assertRaises(UserError):
            report.action_review()
        report.with_user(self.quality_user_2).action_review()
        for user in (self.quality_user, self.quality_user_2, self.ops_user, self.gatherer_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                report.with_user(user).action_approve()
        report.with_user(self.manager_user).action_approve()


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestReviewFigures(ReviewCommon):
    """Inputs fill themselves from the records of the period."""

    def test_there_is_one_input_per_heading(self):
        review = self.make_review()
        self.assertEqual(
            review.input_ids.mapped("kind"),
            [
                "previous_actions",
                "changes",
                "objectives",
                "processes",
                "nonconformities",
                "measurements",
                "audits",
                "feedback",
                "improvements",
            ],
        )
        self.assertEqual(self.input(review, "feedback").department_id, self.dep_operations)
        self.assertEqual(self.input(review, "audits").department_id, self.dep_quality)

    def test_without_records_it_says_no_data_and_never_zero_percent(self):
        review = self.make_review()
        for kind, label in (
            ("objectives", "Satisfaction survey (company level)"),
            ("objectives", "Satisfaction by callbacks (project level)"),
            ("processes", "Lines done"),
            ("processes", "Called back by the agreed deadline"),
            ("processes", "Solved at first"),
            ("measurements", "24-Hour Callback Rate (%)"),
            ("measurements", "Solved-at-First Rate (%)"),
            ("measurements", "Complaints Handled (%)"),
            ("measurements", "Complaint Response Time (hours)"),
            ("measurements", "Hours to answer a complaint"),
            ("nonconformities", "Nonconformities closed"),
            ("audits", "Nonconformities closed (%)"),
            ("feedback", "Complaints closed"),
            ("feedback", "Major complaints"),
            ("improvements", "Open improvements that are late"),
            ("improvements", "Improvements found effective"),
        ):
            with self.subTest(label=label):
                value, n, note = self.figures(review, kind)[label]
                self.assertEqual((value, n or 0, note.split(" · ")[0]), (None, 0, "no data"))
        self.assertEqual(self.figures(review, "feedback")["Complaints received"][0], 0)
        self.assertEqual(
            self.figures(review, "objectives")["Evaluation of objectives"],
            (None, None, "no approved evaluation in the period"),
        )
        self.assertEqual(
            self.figures(review, "previous_actions")["Decisions of the review before"][2],
            "there is no earlier review",
        )

    def test_callbacks_count(self):
        for score, is_solved in ((100, "yes"), (80, "yes"), (30, "no")):
            callback = self.make_callback()
            callback.with_user(self.agent).register_attempt(
                "reached", is_solved=is_solved, score=score, comment="可以"
            )
        late = self.make_callback()
        late.write({"deadline": "2025-10-19 00:00:00"})
        outside = self.make_callback()
        outside.write({"resolved_at": "2024-12-30 10:00:00", "deadline": "2024-12-31 10:00:00"})
        self.make_callback()  # not due yet
        review = self.make_review()
        figures = self.figures(review, "processes")
        self.assertEqual(figures["Callbacks due"][0], 4)
        self.assertEqual(figures["Called back"][0], 3)
        self.assertEqual(figures["Called back by the agreed deadline"][:2], (3, 4))
        self.assertEqual(figures["Solved at first"][:2], (2, 3))
        measures = self.figures(review, "measurements")
        self.assertEqual(measures["24-Hour Callback Rate (%)"][:2], (75.0, 4))
        self.assertEqual(
            self.figures(review, "feedback")["Satisfaction by callbacks (project level)"][:2],
            (70.0, 3),
        )

    def _make_complaint(self, **vals):
        return self.env["itss.complaint"].create(
            {
                "name": "工程师迟到",
                "description": "<p>约好九点</p>",
                "company_id": self.company.id,
                "partner_id": self.contact.id,
                "received_at": "2025-06-01 00:00:00",
                **vals,
            }
        )

    def test_complaints_count(self):
        closed = self._make_complaint()
        closed.write(
            {
                "acknowledged_at": "2025-06-01 02:00:00",
                "resolved_at": "2025-06-01 10:00:00",
                "state": "closed",
            }
        )
        major = self._make_complaint(severity="major", severity_reason="重大客户")
        major.acknowledged_at = "2025-06-01 01:00:00"
        self._make_complaint().state = "invalid"
        self._make_complaint(received_at="2024-06-01 00:00:00")
        review = self.make_review()
        feedback = self.figures(review, "feedback")
        self.assertEqual(feedback["Complaints received"][0], 2)
        self.assertEqual(feedback["Complaints closed"][:2], (1, 2))
        self.assertEqual(feedback["Major complaints"][:2], (1, 2))
        measures = self.figures(review, "measurements")
        self.assertEqual(measures["Complaints Handled (%)"][:2], (50.0, 2))
        self.assertEqual(measures["Complaint Response Time (hours)"][:2], (1.5, 2))
        self.assertEqual(measures["Hours to answer a complaint"][:2], (10.0, 1))

    def test_days_begin_in_the_company_whoever_asks(self):
        self.company.resource_calendar_id = self.env["resource.calendar"].create(
            {"name": "中国", "tz": "Asia/Shanghai", "company_id": self.company.id}
        )
        self._make_complaint(received_at="2024-12-31 15:59:59")
        self._make_complaint(received_at="2024-12-31 16:00:00")  # New Year's Day in China
        review = self.make_review()
        for zone in ("UTC", "America/New_York", "Asia/Tokyo"):
            self.quality_user.tz = zone
            review.action_update_figures()
            with self.subTest(zone=zone):
                self.assertEqual(self.figures(review, "feedback")["Complaints received"][0], 1)

    def _make_improvement(self, created="2025-08-01", **vals):
        improvement = self.env["itss.improvement"].create(
            {
                "name": "调整派工",
                "problem": "派工慢",
                "company_id": self.company.id,
                "owner_id": self.ops_user.id,
                **vals,
            }
        )
        self.env.flush_all()
        # the database's own clock is not frozen
        self.env.cr.execute(
            "UPDATE itss_improvement SET create_date = %s WHERE id = %s", (created, improvement.id)
        )
        improvement.invalidate_recordset()
        return improvement

    def test_improvements_count(self):
        closed = self._make_improvement(kind="corrective")
        closed.write({"state": "closed", "verified_date": "2025-09-01", "effectiveness": "pending"})
        closed.with_user(self.quality_user).check_effectiveness("effective", "投诉减少")
        again = self._make_improvement(kind="preventive")
        again.write({"state": "closed", "verified_date": "2025-09-01", "effectiveness": "pending"})
        again.date_deadline = "2025-10-01"
        again.with_user(self.quality_user).check_effectiveness("ineffective", "又发生了")
        # at last it works: one improvement that does, whatever was found before
        mended = self._make_improvement(kind="preventive", date_deadline="2026-03-01")
        for result in ("ineffective", "effective"):
            mended.write({"state": "closed", "effectiveness": "pending"})
            mended.with_user(self.quality_user).check_effectiveness(result, "看回访记录")
        mended.verified_date = "2025-09-02"
        self._make_improvement().state = "cancelled"
        self._make_improvement(created="2024-12-01")
        review = self.make_review()
        figures = self.figures(review, "improvements")
        self.assertEqual(figures["Improvements raised"][0], 3)
        self.assertEqual(figures["Improvements verified and closed"][0], 2)
        self.assertEqual(figures["Open improvements that are late"][:2], (1, 2))
        self.assertEqual(figures["Improvements found effective"][:2], (2, 3))
        corrective = self.figures(review, "nonconformities")
        self.assertEqual(corrective["Corrective actions raised"][0], 1)
        self.assertEqual(corrective["Corrective actions closed"][0], 1)

    def test_plan_lines_count(self):
        line = self.make_review_line()
        plan = line.plan_id
        audit = plan.line_ids.filtered(lambda one: one.kind == "audit")
        audit.sudo().write({"state": "done"})
        evaluation = plan.line_ids.filtered(lambda one: one.kind == "evaluation")
        evaluation.sudo().write({"date_start": "2025-10-01", "date_end": "2025-10-10"})
        for vals in ({"plan_line_id": line.id}, {}):
            figures = self.figures(self.make_review(**vals), "processes")
            self.assertEqual(figures["Lines of the plan"][0], 3)
            self.assertEqual(figures["Lines done"][:2], (1, 3))
            self.assertEqual(figures["Lines late"][:2], (1, 3))

    def test_surveys_of_the_period_count(self):
        round_ = self.make_round(2)
        round_.action_start()
        self.answer(round_.participant_ids[0], speed=5, skill=4)
        round_.action_end()
        review = self.make_review()
        value, n, note = self.figures(review, "feedback")[round_.name]
        self.assertEqual((value, n, note), (90.0, 1, "target: 95"))
        silent = self.make_round(1, name="无人答")
        silent.action_start()
        silent.action_end()
        review.action_update_figures()
        self.assertEqual(
            self.figures(review, "feedback")["无人答"], (None, 0, "no data · target: 95")
        )

    def test_figures_are_updated_until_the_review_is_held_and_then_stay(self):
        review = self.make_review()
        self._make_complaint()
        self.assertEqual(self.figures(review, "feedback")["Complaints received"][0], 0)
        review.action_update_figures()
        self.assertEqual(self.figures(review, "feedback")["Complaints received"][0], 1)
        second = self._make_complaint()
        self.hold(review)
        frozen = {one.kind: one.figures for one in review.input_ids}
        self.assertEqual(self.figures(review, "feedback")["Complaints received"][0], 2)
        self.assertEqual(review.period_end, fields.Date.to_date("2025-10-20"))
        self._make_complaint()
        second.state = "invalid"
        with self.assertRaisesRegex(UserError, "frozen"):
            review.action_update_figures()
        review.sudo()._update_figures()
        self.env.invalidate_all()
        self.assertEqual({one.kind: one.figures for one in review.input_ids}, frozen)
        with self.assertRaisesRegex(UserError, "can't be entered"):
            review.input_ids[0].figures = []
        with self.assertRaisesRegex(UserError, "can't be entered"):
            review.input_ids[0].is_frozen = False

    def test_other_companies_do_not_count(self):
        other = self.env["itss.complaint"].create(
            {
                "name": "x",
                "description": "x",
                "company_id": self.other_company.id,
                "received_at": "2025-06-01 00:00:00",
            }
        )
        self.assertTrue(other)
        self.assertEqual(self.figures(self.make_review(), "feedback")["Complaints received"][0], 0)

    def test_each_input_leads_to_its_records(self):
        complaint = self._make_complaint()
        self._make_complaint(received_at="2024-06-01 00:00:00")
        review = self.make_review()
        action = self.input(review, "feedback").action_open_records()
        self.assertEqual(action["res_model"], "itss.complaint")
        self.assertEqual(self.env["itss.complaint"].search(action["domain"]), complaint)
        action = (
            self.input(review, "feedback")
            .with_context(source="itss.survey.round")
            .action_open_records()
        )
        self.assertEqual(action["res_model"], "itss.survey.round")
        # what is no source of the topic is not opened
        action = (
            self.input(review, "changes")
            .with_context(source="itss.survey.round")
            .action_open_records()
        )
        self.assertEqual(action["res_model"], "itss.plan")
        form = html.fromstring(self.env["itss.review.input"].get_view()["arch"])
        for one in review.input_ids:
            sources = one._get_sources(one.kind)
            buttons = form.xpath(f"//button[@invisible=\"kind != '{one.kind}'\"]/@context")
            self.assertEqual(buttons, [str({"source": model}) for model in sources])
            for model in sources:
                with self.subTest(kind=one.kind, model=model):
                    action = one.with_context(source=model).action_open_records()
                    domain = self.env[model]._get_figure_domain(review._get_period())
                    self.assertEqual(action["res_model"], model)
                    self.assertEqual(action["domain"], list(domain))
                    self.env[model].search(domain)

    def test_each_kind_of_record_is_read_at_once_for_all_topics(self):
        review = self.make_review(plan_line_id=self.make_review_line().id).sudo()
        self.env.flush_all()
        self.env.invalidate_all()
        # each indicator is measured by a query of its own
        count = self.env["itss.indicator"].search_count([("company_id", "=", self.company.id)])
        with self.assertQueryCount(38 + count, flush=False):
            review._update_figures()
            self.env.flush_all()

    def test_figures_kept_by_an_earlier_version_are_printed(self):
        topic = self.input(self.make_review(), "feedback").sudo()
        topic.figures = [
            {"label": "投诉", "value": 2.5, "n": 4, "note": "目标"},
            {"label": "满意度", "value": None, "n": 0, "note": "无数据"},
        ]
        self.assertEqual(topic.figures_text, "投诉: 2.5 (n = 4) – 目标\n满意度: 无数据 (n = 0)")

    def test_figures_are_shown_escaped(self):
        before = self.hold(self.make_review())
        self.decide(before, name="<script>alert(1)</script>")
        with freeze_time("2026-10-20 04:00:00"):
            review = self.make_review(date="2026-10-20 01:00:00")
        shown = self.input(review, "previous_actions").figures_html
        self.assertNotIn("<script>", shown)
        self.assertIn("&lt;script&gt;", shown)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestReviewAudits(AuditCommon):
    """What a review takes from internal audits."""

    def _figures(self, review, kind):
        [topic] = review.input_ids.filtered(lambda one: one.kind == kind)
        return {figure["label"]: (figure["value"], figure["n"]) for figure in topic.figures}

    def test_audits_and_nonconformities_count(self):
        audit = self.start()
        major = self.raise_nonconformity(audit.line_ids[0], "major")
        self.raise_nonconformity(audit.line_ids[1], date_deadline="2025-10-01")
        self.correct(major)
        review = self.env["itss.review"].with_user(self.quality_user)
        review = review.create({"company_id": self.company.id})
        figures = self._figures(review, "nonconformities")
        self.assertEqual(figures["Nonconformities raised"], (2, None))
        self.assertEqual(figures["Major nonconformities"], (1, 2))
        self.assertEqual(figures["Nonconformities closed"], (1, 2))
        self.assertEqual(figures["Open nonconformities that are late"], (1, 1))
        figures = self._figures(review, "audits")
        self.assertEqual(figures["Internal audits planned"][0], 1)
        self.assertEqual(figures["Nonconformities closed (%)"], (50.0, 2))
        for kind, records in (
            ("audits", audit),
            ("nonconformities", audit.nonconformity_ids),
        ):
            topic = review.input_ids.filtered(lambda one, kind=kind: one.kind == kind)
            action = topic.action_open_records()
            self.assertEqual(self.env[action["res_model"]].search(action["domain"]), records)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestReviewAccess(ReviewCommon):
    """Who sees and writes what of a review."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time(NOW):
            cls.review = cls.make_review()
            cls.own = cls.review.input_ids.filtered(lambda one: one.kind == "changes")
            cls.own.department_id = cls.dep_staff
            cls.other = cls.review.input_ids.filtered(lambda one: one.kind == "audits")

    def test_a_department_sees_and_writes_its_own_topic_reports_only(self):
        inputs = self.env["itss.review.input"].with_user(self.staff_user)
        self.assertEqual(inputs.search([]), self.own)
        mine = self.own.with_user(self.staff_user)
        mine.text = "无重大变化"
        for vals in (
            {"suggestions": "x"},
            {"department_id": self.dep_quality.id},
            {"text": "x", "department_id": self.dep_quality.id},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                mine.write(vals)
        for vals in ({"figures": []}, {"is_frozen": True}, {"kind": "audits"}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                mine.write(vals)
        with self.assertRaises(AccessError):
            self.other.with_user(self.staff_user).read(["text"])
        with self.assertRaises(AccessError):
            self.other.with_user(self.staff_user).write({"text": "x"})
        with self.assertRaises(AccessError):
            inputs.create({"review_id": self.review.id, "kind": "changes"})
        with self.assertRaises(AccessError):
            mine.unlink()
        with self.assertRaises(AccessError):
            self.review.with_user(self.staff_user).read(["name"])
        self.assertEqual(self.own.text, "无重大变化")

    def test_topic_reports_are_frozen_for_everybody_once_the_review_was_held(self):
        self.hold(self.review)
        for user in (self.staff_user, self.quality_user, self.manager_user, self.admin_user):
            with self.subTest(user=user.login):
                mine = self.own.with_user(user)
                self.assertFalse(mine.can_write_text)
                with self.assertRaisesRegex(UserError, "can't change any more"):
                    mine.text = "x"
        self.own.with_user(self.manager_user).suggestions = "补充培训"

    def test_who_gathers_the_reports_sees_and_completes_them(self):
        inputs = self.env["itss.review.input"].with_user(self.gatherer_user)
        self.assertEqual(inputs.search([]), self.review.input_ids)
        self.other.with_user(self.gatherer_user).text = "内审已完成"
        with self.assertRaises(AccessError):
            self.other.with_user(self.gatherer_user).suggestions = "x"

    def test_participants_read_the_review_once_it_is_announced(self):
        reviews = self.env["itss.review"]
        for user in (self.ops_user, self.gatherer_user):
            self.assertFalse(reviews.with_user(user).search([]))
        self.review.action_announce()
        for user in (self.ops_user, self.gatherer_user):
            mine = reviews.with_user(user).search([])
            self.assertEqual(mine, self.review)
            with self.assertRaises(AccessError):
                mine.name = "x"
            Form(mine)
        for user in (self.desk_user, self.staff_user):
            self.assertFalse(reviews.with_user(user).search([]))

    def test_the_management_records_the_meeting_and_attendees_sign(self):
        self.review.action_announce()
        meeting = self.review.meeting_ids
        meeting.with_user(self.representative_user).minutes = "<p>会议记录</p>"
        meeting.attendance_ids[0].with_user(self.representative_user).is_present = True
        own = meeting.attendance_ids.filtered(
            lambda one: one.employee_id == self.employee(self.ops_user)
        )
        own.with_user(self.ops_user).is_present = True
        with self.assertRaises(AccessError):
            (meeting.attendance_ids - own)[0].with_user(self.ops_user).is_present = True
        with self.assertRaises(AccessError):
            meeting.with_user(self.ops_user).minutes = "x"
        with self.assertRaises(AccessError):
            meeting.with_user(self.staff_user).read(["minutes"])

    def test_owners_read_their_decisions(self):
        decision = self.decide(self.hold(self.review))
        decisions = self.env["itss.review.decision"]
        self.assertEqual(decisions.with_user(self.ops_user).search([]), decision)
        self.assertFalse(decisions.with_user(self.staff_user).search([]))
        for user in (self.ops_user, self.staff_user):
            with self.assertRaises(AccessError):
                decision.with_user(user).name = "x"
            with self.assertRaises(AccessError):
                decision.with_user(user).action_raise_improvement()

    def test_another_company_sees_none(self):
        self.hold(self.review)
        decision = self.decide(self.review)
        self.review.write(CONCLUSIONS)
        self.write_minutes(self.review)
        report = self.make_report(self.review)
        records = (self.review, self.review.input_ids, decision, report, self.review.meeting_ids)
        for one in records:
            with self.subTest(model=one._name):
                foreign = one.with_user(self.foreign_user)
                self.assertFalse(foreign.search([("id", "in", one.ids)]))
                with self.assertRaises(AccessError):
                    foreign.read(["display_name"])
                with self.assertRaises(AccessError):
                    foreign.write({"company_id": self.other_company.id})
        with self.assertRaises(AccessError):
            self.make_review(self.foreign_user)

    def test_people_of_another_company_can_t_be_chosen(self):
        stranger = self.env["hr.employee"].create(
            {"name": "外人", "company_id": self.other_company.id}
        )
        for name in ("chair_id", "organiser_id", "gatherer_id"):
            with self.subTest(name=name), self.assertRaises(UserError):
                self.review.write({name: stranger.id})


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestReviewPrint(ReviewCommon):
    """The prints as HTML, and the workbook."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time(NOW):
            review = cls.make_review()
            review.input_ids[1].text = "新增两个<b>客户</b>"
            cls.hold(review)
            review.input_ids[1].suggestions = "补充人员"
            cls.decision = cls.decide(review)
            cls.decision.action_raise_improvement()
            cls.review = cls.finish_review(review)

    @classmethod
    def finish_review(cls, review):
        review.write(CONCLUSIONS)
        cls.write_minutes(review)
        cls.report = cls.approve_report(cls.make_report(review))
        return review

    def test_the_notice(self):
        page = text(self.print("itss_review_notice_pdf", self.review, self.ops_user))
        for words in (
            self.review.number,
            "三号会议室",
            "Agenda",
            "Basis",
            "Audit Results",
            "质量部",
        ):
            self.assertIn(words, page)

    def test_the_inputs(self):
        page = self.print("itss_review_inputs_pdf", self.review)
        words = text(page)
        self.assertIn("frozen when the review was held", words)
        self.assertIn("新增两个<b>客户</b>", words)
        # one per topic, and the settings that the figures go by
        self.assertEqual(len(by_class(page, "itss_table")), 9 + 1)
        self.assertIn("Call Back Within (hours)", words)
        self.assertIn("no data", words)
        for user in (self.ops_user, self.gatherer_user):
            with self.assertRaises(AccessError):
                self.print("itss_review_inputs_pdf", self.review, user)

    def test_minutes_and_attendance(self):
        words = text(self.print("itss_review_minutes_pdf", self.review, self.ops_user))
        for part in ("会议记录", "Attendance Sheet", "总经理", "增加夜班工程师", "管理层"):
            self.assertIn(part, words)
        draft = self.make_review()
        self.assertIn("not been announced", text(self.print("itss_review_minutes_pdf", draft)))

    def test_the_report(self):
        page = self.print("itss_review_report_pdf", self.report, self.gatherer_user)
        words = text(page)
        for part in (
            self.report.number,
            "Controlled Document",
            "夜班人手不足",
            "Largely Adequate",
            "补充人员",
            "增加夜班工程师",
            self.decision.improvement_id.number,
            "三号会议室",
        ):
            self.assertIn(part, words)
        with self.assertRaises(AccessError):
            self.print("itss_review_report_pdf", self.report, self.desk_user)

    def test_the_settings_in_force_stand_on_inputs_and_report(self):
        day = fields.Date.to_string(self.review.period_start)
        for moment, hours in (("08:00:00", 240), ("09:00:00", 12)):
            with freeze_time(f"{day} {moment}"):
                self.company.with_user(self.env.ref("base.user_admin")).itss_callback_hours = hours
        for report, record in (
            ("itss_review_inputs_pdf", self.review),
            ("itss_review_report_pdf", self.report),
        ):
            with self.subTest(report):
                page = self.print(report, record, self.quality_user)
                [table] = [
                    table for table in page.xpath("//table") if "In Force Since" in text(table)
                ]
                rows = [[text(cell) for cell in row] for row in table.xpath(".//tr")]
                rows = [row for row in rows if row[0] == "Call Back Within (hours)"]
                self.assertEqual([row[1] for row in rows], ["24", "240", "12"])
                self.assertEqual(rows[0][2], "before the period")
                self.assertEqual(rows[1][3], self.env.ref("base.user_admin").name)

    def _open_workbook(self, user):
        reports = self.env["ir.actions.report"].with_user(user)
        content, kind = reports._render_xlsx("itss_quality.review_xlsx", self.review.ids, {})
        self.assertEqual(kind, "xlsx")
        return load_workbook(io.BytesIO(content))

    def local(self, moment):
        record = self.review.with_context(tz=self.company.resource_calendar_id.tz)
        return fields.Datetime.context_timestamp(record, moment).replace(tzinfo=None)

    def test_the_workbook(self):
        third = Figure("三分之一", 100 / 3, n=3).to_json(self.env)
        self.review.input_ids[0].sudo().figures = [third]
        book = self._open_workbook(self.quality_user)
        self.assertEqual(
            book.sheetnames,
            [
                "Reviews",
                "Inputs",
                "Figures",
                "Decisions",
                "Attendance",
                "Review Reports",
                "Issue and Reading",
                "Settings in Force",
            ],
        )
        self.assertEqual(book["Inputs"].max_row, 3 + 9)
        decision = [cell.value for cell in book["Decisions"][4]]
        self.assertEqual(decision[2], "增加夜班工程师")
        self.assertEqual(decision[5].date(), self.decision.date_deadline)
        self.assertEqual(decision[6], self.decision.improvement_id.number)
        self.assertEqual(book["Attendance"].max_row, 3 + 5)
        # a figure is kept as it is, and shown as it is printed
        figure = book["Figures"]["C4"]
        self.assertEqual((figure.value, figure.number_format), (33.33333333333334, "0.00"))
        # days and moments are none of text, and stand as the company's clock shows them
        facts = dict(book["Reviews"].iter_rows(min_row=4, max_col=2, values_only=True))
        self.assertEqual(facts["Period Start"].date(), self.review.period_start)
        self.assertEqual(facts["Date"], self.local(self.review.date))
        [(_number, _version, reader, issued, read), *_rest] = book["Issue and Reading"].iter_rows(
            min_row=4, values_only=True
        )
        receipt = self.report.receipt_ids[0]
        self.assertEqual((reader, read), (receipt.user_id.name, None))
        self.assertEqual(issued, self.local(receipt.issued_at).replace(microsecond=0))
        # whoever sees one topic report gets this one
        self.review.input_ids[0].sudo().department_id = self.dep_operations
        self.review.input_ids[1:].sudo().department_id = self.dep_quality
        self.assertEqual(self._open_workbook(self.ops_user)["Inputs"].max_row, 3 + 1)
        with self.assertRaises(AccessError):
            self._open_workbook(self.staff_user)


@tagged("post_install", "-at_install")
class TestReviewOverRpc(ReviewCommon, RpcCase):
    """The same over the web client's own route, where no button stands in the way."""

    logins = (*LOGINS, "t_outsider")

    def _make(self, state):
        """Return a review in a state, ready for every step but for the role."""
        past = fields.Datetime.now() - timedelta(hours=2)
        period = {"period_start": past - timedelta(days=90), "period_end": past}
        review = self.make_review(date=past, **period)
        if state != "draft":
            review.action_announce()
            self.write_topics(review)
        if state in ("held", "closed"):
            self.finish(review)
        if state == "closed":
            review.action_close()
        return review

    @mute_logger("odoo.http")
    def test_every_step_of_every_role(self):
        states = ("draft", "announced", "held", "closed")
        allowed = {
            ("draft", "announced"),
            ("announced", "draft"),
            ("announced", "held"),
            ("held", "closed"),
        }
        reviews = {state: self._make(state) for state in states}
        reasons = {("announced", "draft"): "withdraw_reason"}
        self.walk(reviews, dict.fromkeys(allowed, ORGANISERS), reasons)

    @mute_logger("odoo.http")
    def test_what_nobody_writes(self):
        review = self._make("held")
        topic = review.input_ids[0]
        for user in self.users:
            self.authenticate(user.login, user.login)
            for model, ids, vals in (
                ("itss.review", review.ids, {"figures_at": "2020-01-01 00:00:00"}),
                ("itss.review", review.ids, {"closed_at": "2020-01-01 00:00:00"}),
                ("itss.review", review.ids, {"period_end": "2030-01-01"}),
                ("itss.review.input", topic.ids, {"figures": []}),
                ("itss.review.input", topic.ids, {"text": "x"}),
                ("itss.review.report", review.report_ids.ids, {"signed_pdf": False}),
            ):
                with self.subTest(user=user.login, vals=vals):
                    with self.assertRaisesRegex(JsonRpcException, "AccessError|UserError"):
                        self.rpc(model, "write", ids, vals)
            for model, ids, method in (
                ("itss.review", review.ids, "_update_figures"),
                ("itss.review", review.ids, "_freeze_figures"),
                ("itss.review.input", topic.ids, "_update_figures"),
            ):
                with self.assertRaisesRegex(JsonRpcException, "AccessError|private"):
                    self.rpc(model, method, ids)

    def test_the_context_of_a_call_does_nothing(self):
        past = fields.Datetime.now() - timedelta(hours=2)
        period = {"period_start": past - timedelta(days=90), "period_end": past}
        review = self.make_review(date=past, **period)
        self.assert_context_does_nothing(self.quality_user, review, "action_update_figures")
        self.assert_context_does_nothing(self.quality_user, review, "action_announce")
        self.write_topics(review)
        self.assert_context_does_nothing(self.quality_user, review, "action_hold")
        decision = self.decide(review)
        self.assert_context_does_nothing(self.quality_user, decision, "action_raise_improvement")
        review.write({name: words for name, words in CONCLUSIONS.items() if "reason" not in name})
        self.write_minutes(review)
        report = self.make_report(review)
        self.assert_context_does_nothing(self.quality_user, report, "action_submit")
        self.assert_context_does_nothing(self.quality_user_2, report, "action_review")
        self.assert_context_does_nothing(self.manager_user, report, "action_approve")
        reader = report.receipt_ids.user_id[:1]
        self.assert_context_does_nothing(reader, report, "action_confirm_read")

    @mute_logger("odoo.http")
    def test_who_creates_and_reads(self):
        review = self._make("held")
        for user in self.users:
            self.authenticate(user.login, user.login)
            for model, ids, readers in (
                ("itss.review", review.ids, ORGANISERS | {"t_ops"}),
                ("itss.review.report", review.report_ids.ids, ORGANISERS | {"t_ops"}),
            ):
                with self.subTest(user=user.login, model=model):
                    self.assertEqual(
                        self.is_allowed(user, model, "read", ids, ["name"]), user.login in readers
                    )
            vals = {"company_id": self.company.id, "name": "x"}
            with self.subTest(user=user.login):
                self.assertEqual(
                    self.is_allowed(user, "itss.review", "create", [vals]), user.login in ORGANISERS
                )
                decision = {"review_id": self._draft_id, "name": "x"}
                self.assertEqual(
                    self.is_allowed(user, "itss.review.decision", "create", [decision]),
                    user.login in ORGANISERS,
                )

    @property
    def _draft_id(self):
        return self.make_review().id


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestReviewEvidence(ReviewCommon):
    """What the issued report of a review says stays as it is, and so does what it stands on."""

    def close(self, **vals):
        """Return a closed review with its issued report."""
        review = self.hold(self.make_review(**vals))
        self.finish_held(review)
        review.action_close()
        self.env.flush_all()  # a request of its own
        return review

    def test_a_revision_of_the_report_opens_no_minutes_and_is_not_deleted(self):
        review = self.close()
        action = review.report_ids.action_new_revision()
        revision = (
            self.env["itss.review.report"].with_user(self.quality_user).browse(action["res_id"])
        )
        review.effectiveness_text = "改写"
        meeting = review.meeting_ids.with_user(self.quality_user)
        with self.assertRaises(UserError):
            meeting.minutes = "<p>别的</p>"
        with self.assertRaises(UserError):
            meeting.attendance_ids[0].is_present = False
        with self.assertRaisesRegex(UserError, "approved"):
            revision.unlink()

    def test_there_is_no_second_report_beside_the_first(self):
        review = self.close()
        with self.assertRaisesRegex(UserError, "new revision"):
            self.env["itss.review.report"].with_user(self.quality_user).create(
                {"review_id": review.id, "company_id": self.company.id}
            )

    def test_the_organiser_corrects_the_attendance_sheet(self):
        review = self.hold(self.make_review())
        row = review.meeting_ids.attendance_ids[0].with_user(self.quality_user)
        row.job_title = "总经理（主持）"
        self.assertEqual(row.job_title, "总经理（主持）")

    def test_a_decision_whose_improvement_was_cancelled_keeps_the_review_open(self):
        review = self.hold(self.make_review())
        decision = self.decide(review)
        decision.action_raise_improvement()
        decision.improvement_ids.with_user(self.quality_user).write(
            {"state": "cancelled", "cancel_reason": "x"}
        )
        self.assertIn("no improvement", review.missing)

    def test_open_decisions_of_older_reviews_are_carried_on(self):
        first = self.hold(self.make_review(date="2025-10-20 01:00:00"))
        decision = self.decide(first, name="最早的决议")
        decision.action_raise_improvement()
        with freeze_time("2026-10-20 04:00:00"):
            second = self.hold(self.make_review(date="2026-10-20 01:00:00"))
            self.decide(second, name="第二次的决议")
        with freeze_time("2027-10-20 04:00:00"):
            third = self.make_review(date="2027-10-20 01:00:00")
            [first_input] = third.input_ids.filtered(lambda one: one.kind == "previous_actions")
            labels = [figure["label"] for figure in first_input.figures]
            self.assertIn("最早的决议", labels)
            self.assertIn("第二次的决议", labels)

    def test_the_review_before_is_looked_for_again_when_it_is_announced(self):
        second = self.make_review()
        self.hold(self.make_review())
        self.assertFalse(second.previous_id)
        second.action_announce()
        self.assertTrue(second.previous_id)

    def test_the_head_of_a_department_who_is_no_member_writes_its_topic_report(self):
        self.dep_operations.manager_id = self.employee(self.staff_user)
        review = self.make_review()
        review.action_announce()
        topic = review.input_ids.filtered(lambda one: one.department_id == self.dep_operations)[0]
        topic.with_user(self.staff_user).text = "运行正常"
        self.assertEqual(topic.text, "运行正常")
