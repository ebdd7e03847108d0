from datetime import timedelta

from psycopg2.errors import CheckViolation, UniqueViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, JsonRpcException, tagged
from odoo.tools import mute_logger

from ..common import RpcCase
from .common import FULL, SurveyRoundCommon

# who may take the steps of a round, by login
STARTERS = {"t_quality", "t_admin"}


@tagged("post_install", "-at_install")
class TestSurveyWorkflow(SurveyRoundCommon):
    """draft → running → analysing → closed."""

    # -------------------------------------------------------------------------
    # Who may do what
    # -------------------------------------------------------------------------

    def test_the_quality_department_starts_and_ends(self):
        for step, action in (("running", "action_start"), ("analysing", "action_end")):
            for user in self.users:
                for through_write in (False, True):
                    with self.subTest(user=user.login, step=step, through_write=through_write):
                        round_ = self.make_round(1)
                        if step == "analysing":
                            self.start(round_)
                        self._assert_step(round_.with_user(user), step, action, through_write)

    def _assert_step(self, round_, step, action, through_write):
        before = round_.sudo().state

        def take():
            if through_write:
                round_.write({"state": step})
            else:
                getattr(round_, action)()

        if round_.env.user.login in STARTERS:
            self.assertTrue(round_.can_start if step == "running" else round_.can_end)
            take()
            self.assertEqual(round_.state, step)
        else:
            with self.assertRaises(AccessError):
                take()
            self.assertEqual(round_.sudo().state, before)

    def test_buttons_are_shown_to_who_may_press_them(self):
        round_ = self.make_round(1)
        self.assertEqual(self._buttons(round_, self.quality_user), ["can_start", "can_write_texts"])
        self.start(round_)
        self.assertEqual(self._buttons(round_, self.quality_user), ["can_end", "can_write_texts"])
        for user in (self.desk_user, self.ops_user, self.manager_user):
            self.assertEqual(self._buttons(round_, user), [])
        self.end(round_)
        self.assertEqual(
            self._buttons(round_, self.quality_user), ["can_report", "can_write_texts"]
        )

    def _buttons(self, round_, user):
        names = ("can_start", "can_end", "can_report", "can_write_texts")
        return [name for name in names if round_.with_user(user)[name]]

    def test_steps_that_are_not_in_the_table_are_refused(self):
        states = ("draft", "running", "analysing", "closed")
        allowed = {("draft", "running"), ("running", "analysing")}
        for before in states:
            for after in states:
                if before == after or (before, after) in allowed:
                    continue
                for user in (self.quality_user, self.admin_user):
                    with self.subTest(before=before, after=after, user=user.login):
                        round_ = self.make_round(1)
                        round_.sudo().state = before
                        with self.assertRefused("can't become"):
                            round_.with_user(user).state = after

    def test_a_round_begins_as_a_draft_and_only_drafts_are_deleted(self):
        vals = {"state": "running"}
        with self.assertRefused("starts as Draft"):
            self.make_round(0, **vals)
        rounds = self.env["itss.survey.round"].with_user(self.quality_user)
        with self.assertRefused("starts as Draft"):
            rounds.with_context(default_state="closed").create({"company_id": self.company.id})
        draft = self.make_round(2)
        participants = draft.participant_ids
        draft.unlink()
        self.assertFalse(participants.exists())
        running = self.start(self.make_round(1))
        for user in (self.quality_user, self.admin_user):
            with self.assertRefused("can't be deleted"):
                running.with_user(user).unlink()

    def test_steps_leave_their_stamps(self):
        round_ = self.make_round(1)
        self.start(round_)
        self.assertEqual((round_.survey_version, bool(round_.started_at)), (1, True))
        self.end(round_)
        self.assertTrue(round_.ended_at)

    def test_rounds_are_numbered_by_the_year_of_their_start(self):
        first = self.make_round(0, date_start="2025-10-01", date_end="2025-10-31")
        second = self.make_round(0, date_start="2025-11-01", date_end="2025-11-30")
        other = self.make_round(0, date_start="2026-03-01", date_end="2026-03-31")
        self.assertEqual(
            (first | second | other).mapped("number"),
            ["SR-2025-0001", "SR-2025-0002", "SR-2026-0001"],
        )

    # -------------------------------------------------------------------------
    # What a start needs
    # -------------------------------------------------------------------------

    def _assert_no_start(self, round_, words):
        with self.assertRefused(words):
            round_.action_start()
        self.assertEqual(round_.state, "draft")

    def test_a_round_needs_participants(self):
        self._assert_no_start(self.make_round(0), "no participants")

    def test_the_deadline_has_to_lie_ahead(self):
        round_ = self.make_round(1, date_start="2025-01-01", date_end="2025-01-31")
        self._assert_no_start(round_, "deadline .*2025 has passed")
        round_.date_end = fields.Date.today() + timedelta(days=1)
        self.start(round_)

    @mute_logger("odoo.sql_db")
    def test_settings_that_make_no_sense_are_refused(self):
        round_ = self.make_round(0)
        for vals in (
            {"date_start": "2025-02-01", "date_end": "2025-01-31"},
            {"target": 101},
            {"target": -1},
            {"target_response_rate": 120},
            {"dissatisfied_below": -5},
            {"sample_share": 0},
            {"sample_share": 100.5},
            {"minimum_n": 0},
            {"reminder_max": -1},
            {"reminder_days": 0},
            {"final_notice_days": -1},
        ):
            with self.subTest(**vals), self.assertRaises(CheckViolation):
                round_.write(vals)
                round_.flush_recordset()

    def test_who_is_in_charge_works_for_the_company(self):
        with self.assertRefused("does not work for", ValidationError):
            self.make_round(0, user_id=self.foreign_user.id)

    def test_an_unusable_questionnaire_is_refused(self):
        for vals, words in (
            ({"survey_type": "custom"}, "of the type"),
            ({"access_mode": "public"}, "Access Mode"),
            ({"users_login_required": True}, "Require Login"),
            ({"is_time_limited": True, "time_limit": 10}, "limited in time"),
            ({"is_attempts_limited": True, "attempts_limit": 3}, "Limited number of attempts"),
            ({"questions_selection": "random"}, "Question Selection"),
            ({"active": False}, "closed surveys"),
        ):
            with self.subTest(**vals):
                round_ = self.make_round(1, survey_id=self.make_full_questionnaire().id)
                round_.sudo().survey_id.write(vals)
                self.assertEqual(
                    {name: round_.sudo().survey_id[name] for name in vals}, vals, "not set"
                )
                self._assert_no_start(round_, words)

    def test_a_questionnaire_with_odoo_s_own_scoring_is_refused(self):
        round_ = self.make_round(1, survey_id=self.make_full_questionnaire().id)
        survey = round_.sudo().survey_id
        choice = survey.question_ids.filtered(lambda one: one.question_type == "simple_choice")
        choice.suggested_answer_ids[0].is_correct = True
        survey.write({"scoring_type": "scoring_without_answers"})
        self._assert_no_start(round_, "Scoring")
        survey.write({"certification": True})
        self._assert_no_start(round_, "Is a Certification")

    def test_a_questionnaire_needs_questions_that_are_scored_and_seen(self):
        survey = self.make_full_questionnaire()
        round_ = self.make_round(1, survey_id=survey.id)
        scale, choice, matrix = survey.question_ids
        first = survey.question_and_page_ids[0]
        scale.sequence = -1
        survey.invalidate_recordset()
        self._assert_no_start(round_, "before the first section")
        scale.sequence = 15
        survey.invalidate_recordset()
        survey.question_ids.itss_weight = 0
        self._assert_no_start(round_, "no question that is scored")
        (choice | matrix).itss_weight = 1
        choice.suggested_answer_ids.answer_score = 0
        matrix.suggested_answer_ids.itss_not_applicable = True
        self._assert_no_start(round_, "no question that is scored")
        (choice | matrix | scale).unlink()
        self._assert_no_start(round_, "no questions")
        first.unlink()
        self._assert_no_start(round_, "no questions")

    def test_the_ready_made_questionnaire_and_every_copy_can_be_used(self):
        ready = self.env.ref("itss_quality.itss_survey_questionnaire")
        ready._itss_check_usable()
        ready.with_user(self.quality_user).copy()._itss_check_usable()
        self.make_full_questionnaire()._itss_check_usable()

    # -------------------------------------------------------------------------
    # Settings
    # -------------------------------------------------------------------------

    def test_settings_are_locked_once_the_round_has_started(self):
        round_ = self.start(self.make_round(1))
        line = self.make_survey_line()
        frozen = {
            "plan_line_id": line.id,
            "survey_id": self.make_full_questionnaire().id,
            "company_id": self.other_company.id,
            "number": "SR-1",
            "date_start": "2025-01-01",
            "target": 50,
            "target_response_rate": 5,
            "minimum_n": 1,
            "dissatisfied_below": 0,
            "sampling": "manual",
            "sample_share": 1,
            "is_anonymous": True,
            "participant_ids": [Command.clear()],
        }
        calendar = {
            "date_end": fields.Date.today() + timedelta(days=60),
            "accept_late": True,
            "reminder_max": 3,
            "reminder_days": 2,
            "final_notice_days": 1,
        }
        for state, locked, free in (
            ("running", frozen, calendar),
            ("analysing", {**frozen, **calendar}, {}),
            ("closed", {**frozen, **calendar}, {}),
        ):
            round_.sudo().state = state
            for user in (self.quality_user, self.admin_user):
                for name, value in locked.items():
                    with self.subTest(state=state, user=user.login, name=name):
                        with self.assertRefused("can't change any more"):
                            round_.with_user(user).write({name: value})
                round_.with_user(user).write(free)

    def test_texts_are_locked_once_they_stand_in_a_report_being_signed(self):
        round_ = self.end(self.start(self.make_round(1)))
        report = self.make_report(round_)
        round_.write({"conclusion": "改写", "causes": "原因", "measures": "措施"})
        report.action_submit()
        self._assert_texts_locked(round_, report)
        report.with_user(self.ops_user).write({"state": "draft", "rejection_reason": "补充原因"})
        self.assertTrue(round_.can_write_texts)
        round_.write({"causes": "响应慢"})
        self.approve(report)
        self._assert_texts_locked(round_, report)
        # a new revision of the report can be written, but not the old one
        revision = report.browse(report.action_new_revision()["res_id"])
        revision.change_note = "补充措施"
        round_.write({"measures": "新措施"})
        self.assertEqual(revision.measures, "新措施")
        self.approve(revision)
        self._assert_texts_locked(round_, revision)
        self.assertEqual((report.state, round_.state), ("superseded", "closed"))

    def _assert_texts_locked(self, round_, report):
        self.assertFalse(round_.can_write_texts)
        for user in (self.quality_user, self.admin_user):
            for name in ("conclusion", "causes", "measures"):
                with self.subTest(user=user.login, name=name):
                    with self.assertRefused("can't change any more"):
                        round_.with_user(user).write({name: "anders"})
                    with self.assertRaises(UserError):
                        report.with_user(user).write({name: "anders"})

    # -------------------------------------------------------------------------
    # Frozen recipients
    # -------------------------------------------------------------------------

    def test_the_recipients_are_frozen(self):
        round_, draft = self.start(self.make_round(2)), self.make_round(1)
        partner = self.env["res.partner"].create({"name": "后来者", "email": "late@example.com"})
        industry = self.env["res.partner.industry"].create({"name": "医疗"})
        for state in ("running", "analysing", "closed"):
            round_.sudo().state = state
            for user in (self.quality_user, self.admin_user):
                own = round_.participant_ids.with_user(user)[0]
                other = draft.participant_ids.with_user(user)
                vals = {"round_id": round_.id, "partner_id": partner.id}
                for change in (
                    lambda own=own, vals=vals: own.create(vals),
                    lambda own=own: own.write({"partner_id": partner.id}),
                    lambda own=own: own.write({"segment_id": industry.id}),
                    lambda own=own: own.write({"round_id": draft.id}),
                    lambda own=own: own.unlink(),
                    lambda other=other: other.write({"round_id": round_.id}),
                ):
                    with self.subTest(state=state, user=user.login):
                        with self.assertRefused("is frozen|can't change"):
                            change()
                        self.assertEqual(len(round_.participant_ids), 2)
        self.assertEqual(draft.participant_ids.round_id, draft)

    def test_the_desk_corrects_how_to_reach_a_participant_until_there_is_an_answer(self):
        round_ = self.start(self.make_round(2))
        participant = round_.participant_ids[0].with_user(self.desk_user)
        participant.write({"phone": "0871-2", "email": " New@Example.com", "channel": "phone"})
        self.assertEqual((participant.phone, participant.email), ("0871-2", "new@example.com"))
        with self.assertRefused("no e-mail address"):
            participant.email = "nobody"
        self.answer(participant, **FULL)
        for name, value in {"phone": "1", "email": "a@b.example.com", "channel": "paper"}.items():
            with self.assertRefused("can't change any more"):
                participant.write({name: value})
        for user in (self.staff_user, self.manager_user, self.outsider):
            with self.assertRaises(AccessError):
                round_.participant_ids[1].with_user(user).write({"phone": "1"})

    @mute_logger("odoo.sql_db")
    def test_nobody_is_on_the_list_twice(self):
        round_ = self.make_round(1)
        participant = round_.participant_ids
        other = self.env["res.partner"].create(
            {"name": "同一邮箱", "email": participant.email.upper()}
        )
        for partner in (participant.partner_id, other):
            with self.assertRaises(UniqueViolation):
                participant.create({"round_id": round_.id, "partner_id": partner.id})
        # another round may ask them again
        again = self.make_round(0)
        participant.create({"round_id": again.id, "partner_id": other.id})

    # -------------------------------------------------------------------------
    # Frozen questionnaire
    # -------------------------------------------------------------------------

    def test_the_questionnaire_is_frozen_for_everybody(self):
        survey = self.make_full_questionnaire()
        other = self.make_full_questionnaire()
        round_ = self.start(self.make_round(1, survey_id=survey.id))
        self.assertTrue(survey.itss_is_frozen)
        both = self.make_survey_user(
            "t_both", "group_survey_manager", "itss_quality.group_itss_admin", "base.group_system"
        )
        self.env["res.lang"]._activate_lang("zh_CN")
        for state in ("running", "analysing", "closed"):
            round_.sudo().state = state
            for user in (self.quality_user, self.admin_user, self.survey_manager, both):
                for name, change in self._get_changes(survey, other, user).items():
                    with self.subTest(state=state, user=user.login, change=name):
                        with self.assertRefused("can't change any more|counted by the system"):
                            change()
        self.env.invalidate_all()
        self.assertEqual(
            survey.question_and_page_ids.mapped("title"), ["服务", "总体", "态度", "过程"]
        )
        self.assertEqual(survey.survey_type, "itss")
        self.assertEqual(len(other.question_and_page_ids), 4)

    def _get_changes(self, survey, other, user):
        """Return every way to change a questionnaire, by name."""
        survey, other = survey.with_user(user), other.with_user(user)
        page, scale, choice, matrix = survey.question_and_page_ids
        answer, row = choice.suggested_answer_ids[0], matrix.matrix_row_ids[0]
        question_vals = {"title": "新", "question_type": "scale", "survey_id": survey.id}
        words = {"zh_CN": "译", "en_US": "x"}
        stranger = other.question_and_page_ids[-1]
        changes = {
            "title": lambda: survey.write({"title": "x"}),
            "type": lambda: survey.write({"survey_type": "custom"}),
            "archive": lambda: survey.action_archive(),
            "description": lambda: survey.write({"description": "<p>x</p>"}),
            "layout": lambda: survey.write({"questions_layout": "one_page"}),
            "access": lambda: survey.write({"access_mode": "public"}),
            "attempts": lambda: survey.write({"is_attempts_limited": True}),
            "unfreeze": lambda: survey.write({"itss_is_frozen": False}),
            "version": lambda: survey.write({"itss_version": 9}),
            "survey translation": lambda: survey.update_field_translations("title", words),
            "survey html translation": lambda: survey.update_field_translations(
                "description", {"zh_CN": {"x": "y"}}
            ),
            "delete survey": lambda: survey.unlink(),
            "question title": lambda: scale.write({"title": "x"}),
            "section title": lambda: page.write({"title": "x"}),
            "weight": lambda: scale.write({"itss_weight": 5}),
            "scale": lambda: scale.write({"scale_max": 7}),
            "type of question": lambda: scale.write({"question_type": "text_box"}),
            "subtype": lambda: matrix.write({"matrix_subtype": "multiple"}),
            "order": lambda: scale.write({"sequence": 99}),
            "condition": lambda: matrix.write({"triggering_answer_ids": [Command.set(answer.ids)]}),
            "question translation": lambda: scale.update_field_translations("title", words),
            "delete question": lambda: choice.unlink(),
            "delete section": lambda: page.unlink(),
            "add question": lambda: scale.create(question_vals),
            "add question through survey": lambda: survey.write(
                {"question_and_page_ids": [Command.create({"title": "新"})]}
            ),
            "move question out": lambda: scale.write({"survey_id": other.id}),
            "move question in": lambda: stranger.write({"survey_id": survey.id}),
            "copy question": lambda: scale.copy(),
            "choice": lambda: answer.write({"value": "x"}),
            "score": lambda: answer.write({"answer_score": 9}),
            "not applicable": lambda: answer.write({"itss_not_applicable": True}),
            "row": lambda: row.write({"value": "x"}),
            "choice translation": lambda: answer.update_field_translations("value", words),
            "row translation": lambda: row.update_field_translations("value", words),
            "delete choice": lambda: answer.unlink(),
            "delete row": lambda: row.unlink(),
            "add choice": lambda: answer.create({"question_id": choice.id, "value": "新"}),
            "add row": lambda: answer.create({"matrix_question_id": matrix.id, "value": "新"}),
            "add choice through question": lambda: choice.write(
                {"suggested_answer_ids": [Command.create({"value": "新"})]}
            ),
            "move choice": lambda: stranger.suggested_answer_ids[0].write(
                {"question_id": choice.id}
            ),
        }
        return changes

    def test_a_questionnaire_not_in_use_can_change(self):
        survey = self.make_full_questionnaire()
        self.make_round(1, survey_id=survey.id)
        _page, scale, choice, _matrix = survey.question_and_page_ids
        survey.write({"title": "新标题"})
        scale.write({"itss_weight": 5})
        choice.suggested_answer_ids[0].write({"answer_score": 9})
        choice.suggested_answer_ids[1].unlink()
        scale.update_field_translations("title", {"en_US": "Overall"})
        self.assertEqual(scale.with_context(lang="en_US").title, "Overall")

    def test_the_next_version_can_change_and_the_old_one_stays(self):
        survey = self.make_full_questionnaire()
        self.start(self.make_round(1, survey_id=survey.id))
        version = survey.browse(survey.action_itss_new_version()["res_id"])
        self.assertEqual(
            (version.itss_version, version.itss_previous_id, version.itss_is_frozen),
            (2, survey, False),
        )
        version.question_ids[0].write({"title": "整体"})
        self.assertEqual(survey.question_ids[0].title, "总体")
        self.assertEqual(version.question_and_page_ids.itss_origin_id, survey.question_and_page_ids)
        for user in (self.desk_user, self.ops_user, self.manager_user):
            with self.assertRaises(AccessError):
                survey.with_user(user).action_itss_new_version()

    def test_a_new_round_takes_the_newest_version_of_what_was_used_last(self):
        rounds = self.env["itss.survey.round"].with_user(self.quality_user)
        rounds = rounds.with_company(self.company)
        ready = self.env.ref("itss_quality.itss_survey_questionnaire")
        self.assertEqual(rounds.new({}).survey_id._origin, ready)
        survey = self.make_full_questionnaire()
        self.make_round(0, survey_id=survey.id)
        self.assertEqual(rounds.new({}).survey_id._origin, survey)
        version = survey.browse(survey.action_itss_new_version()["res_id"])
        self.assertEqual(rounds.new({}).survey_id._origin, version)


@tagged("post_install", "-at_install")
class TestSurveyPlanAndReport(SurveyRoundCommon):
    """From the plan's line to the approved summary report."""

    def test_a_round_is_prepared_from_the_plan_s_line(self):
        line = self.make_survey_line(date_text="2099年10月")
        line.plan_id.sudo().satisfaction_target = 96.5
        action = line.with_user(self.quality_user).action_start_work()
        self.assertEqual((action["res_model"], action["view_mode"]), ("itss.survey.round", "form"))
        rounds = self.env[action["res_model"]].with_user(self.quality_user)
        with Form(rounds.with_context(**action["context"])) as form:
            round_ = form.save()
        self.assertRecordValues(
            round_,
            [
                {
                    "plan_line_id": line.id,
                    "company_id": self.company.id,
                    "target": 96.5,
                    "date_start": fields.Date.to_date("2099-10-01"),
                    "date_end": fields.Date.to_date("2099-10-31"),
                    "name": "2025 Customer Satisfaction Survey",
                    "user_id": self.quality_user.id,
                    "survey_id": self.env.ref("itss_quality.itss_survey_questionnaire").id,
                    "state": "draft",
                }
            ],
        )
        self.assertEqual(line.work_count, 1)
        opened = line.with_user(self.quality_user).action_view_work()
        self.assertEqual(opened["res_id"], round_.id)

    def test_a_line_whose_time_has_begun_starts_today(self):
        line = self.make_survey_line(date_text="2025年10月")
        context = line.with_user(self.quality_user).action_start_work()["context"]
        today = fields.Date.context_today(line)
        self.assertEqual(context["default_date_start"], today)
        self.assertEqual(context["default_date_end"], today + timedelta(days=21))

    def test_only_the_quality_department_prepares_rounds(self):
        line = self.make_survey_line()
        for user in self.users.filtered(lambda user: user.login not in STARTERS):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                line.with_user(user).action_start_work()

    def test_the_line_goes_on_with_the_start_and_is_done_with_the_approval(self):
        line = self.make_survey_line()
        round_ = self.make_round(2, plan_line_id=line.id)
        self.assertEqual(line.state, "planned")
        self.start(round_)
        self.assertEqual(line.state, "in_progress")
        for participant in round_.participant_ids:
            self.answer(participant, **FULL)
        self.end(round_)
        with self.assertRefused("closed improvement or survey"):
            line.with_user(self.ops_user).action_done()
        report = self.make_report(round_)
        report.action_submit()
        report.with_user(self.ops_user).action_review()
        self.assertEqual((round_.state, line.state), ("analysing", "in_progress"))
        report.with_user(self.manager_user).action_approve()
        self.assertEqual((round_.state, line.state), ("closed", "done"))
        self.assertEqual(line.date_done, fields.Date.context_today(line))
        self.assertIn(round_.display_name, line.message_ids[0].body)
        self.assertTrue(report.signed_pdf)
        self.assertEqual(round_.report_state, "approved")

    def test_a_revision_of_the_plan_takes_the_rounds_along(self):
        line = self.make_survey_line()
        running = self.start(self.make_round(1, plan_line_id=line.id))
        ended = self.end(self.start(self.make_round(1, plan_line_id=line.id)))
        self.approve(self.make_report(ended))
        self.assertEqual((ended.state, line.state), ("closed", "done"))
        plan = line.plan_id.with_user(self.quality_user)
        revision = plan.browse(plan.action_new_revision()["res_id"])
        revision.change_note = "调整"
        self.assertEqual((running | ended).plan_line_id, line)
        self.approve(revision)
        new_line = revision.line_ids
        self.assertEqual((running | ended).plan_line_id, new_line)
        self.assertFalse(line.work_count)
        self.assertEqual((new_line.state, new_line.work_count), ("done", 2))

    def test_a_report_is_made_after_the_end_only_and_once(self):
        round_ = self.make_round(1)
        for _state in ("draft", "running"):
            with self.assertRefused("after the survey has ended"):
                round_.action_open_report()
            with self.assertRefused("after the survey has ended"):
                round_.report_ids.create({"round_id": round_.id, "company_id": self.company.id})
            if round_.state == "draft":
                self.start(round_)
        self.end(round_)
        report = self.make_report(round_)
        self.assertEqual(round_.action_open_report()["res_id"], report.id)
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            report.create({"round_id": round_.id, "company_id": self.company.id})
        for user in (self.desk_user, self.ops_user, self.manager_user):
            other = self.end(self.start(self.make_round(1)))
            with self.assertRaises(AccessError):
                other.with_user(user).action_open_report()

    def test_a_report_needs_a_conclusion_and_measures(self):
        round_ = self.end(self.start(self.make_round(1)))
        report = self.make_report(round_, conclusion=False, measures=False)
        with self.assertRefused("Conclusion, Measures"):
            report.action_submit()
        report.conclusion = "达到目标"
        with self.assertRefused("fill in: Measures"):
            report.action_submit()
        report.measures = "加强响应"
        report.action_submit()
        self.assertEqual(round_.conclusion, "达到目标")

    def test_a_report_is_issued_to_whom_it_concerns(self):
        self.dep_operations.manager_id = self.employee(self.ops_user)
        report = self.make_report(self.end(self.start(self.make_round(1))))
        self.assertEqual(report.recipient_ids, self.quality_user | self.ops_user)
        report.recipient_ids = False
        with self.assertRefused("fill in: Issued to"):
            report.action_submit()
        report.recipient_ids = self.staff_user
        mine = report.with_user(self.staff_user)
        with self.assertRaises(AccessError):
            mine.read(["name"])
        self.approve(report)
        self.env.invalidate_all()
        self.assertEqual((mine.read_text, mine.can_confirm_read), ("0/1", True))
        mine.action_confirm_read()
        self.assertEqual(report.sudo().receipt_ids.mapped("user_id"), self.staff_user)
        self.assertEqual((mine.read_text, mine.can_confirm_read), ("1/1", False))

    def test_a_revision_that_opened_the_analysis_is_not_dropped(self):
        round_ = self.end(self.start(self.make_round(1)))
        report = self.approve(self.make_report(round_))
        revision = report.with_user(self.quality_user).browse(
            report.with_user(self.quality_user).action_new_revision()["res_id"]
        )
        self.assertEqual(revision.recipient_ids, report.recipient_ids)
        self.assertTrue(round_.can_write_texts)
        with self.assertRefused("have it approved"):
            revision.unlink()

    def test_a_report_is_signed_by_three_people(self):
        round_ = self.end(self.start(self.make_round(1)))
        report = self.make_report(round_)
        for user in (self.desk_user, self.ops_user, self.manager_user, self.staff_user):
            with self.assertRaises(AccessError):
                report.with_user(user).action_submit()
        report.with_user(self.admin_user).action_submit()
        with self.assertRefused("three different people"):
            report.with_user(self.admin_user).action_review()
        with self.assertRaises(AccessError):
            report.with_user(self.desk_user).action_review()
        report.with_user(self.quality_user).action_review()
        with self.assertRefused("three different people"):
            report.with_user(self.admin_user).action_approve()
        with self.assertRaises(AccessError):
            report.with_user(self.ops_user).action_approve()
        self.assertEqual(round_.state, "analysing")
        report.with_user(self.manager_user).action_approve()
        self.assertEqual(round_.state, "closed")
        self.assertEqual(
            (report.prepared_by_id, report.reviewed_by_id, report.approved_by_id),
            (self.admin_user, self.quality_user, self.manager_user),
        )
        with self.assertRefused("can't change any more"):
            report.with_user(self.quality_user).write({"name": "x"})

    def test_figures_do_not_change_under_a_report_being_signed(self):
        round_ = self.start(self.make_round(3))
        first, second, third = round_.participant_ids
        self.answer(first, **FULL)
        late, later = second.sudo(), third.sudo()
        (late | later)._prepare_links()
        self.end(round_)
        report = self.make_report(round_)
        # sent off in the moment of the end
        late.user_input_id._mark_done()
        with self.assertRefused("update the figures"):
            report.action_submit()
        round_.action_refresh()
        self.assertEqual(round_.answer_count, 2)
        report.action_submit()
        later.user_input_id._mark_done()
        round_.action_refresh()
        self.run_cron()
        self.assertEqual((round_.answer_count, round_.recipient_count), (2, 3))
        report.with_user(self.ops_user).action_review()

    def test_a_report_shows_the_results_it_is_asked_for(self):
        round_ = self.start(self.make_round(1))
        self.answer(round_.participant_ids, **FULL, reporting=4, progress=None)
        self.end(round_)
        report = self.make_report(round_)
        self.assertEqual(report._get_results("total").score, 97.5)
        self.assertEqual(
            report._get_results("question").mapped("question_id.sequence"),
            [20, 30, 40, 50, 70, 90],
        )
        self.assertEqual(report._get_results("row").row_id.value, "Reporting a problem is easy")
        self.assertEqual(report.action_open_subject()["res_id"], round_.id)


@tagged("post_install", "-at_install")
class TestSurveyPropose(SurveyRoundCommon):
    """The customers with tickets of a period become participants."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        cls.company.resource_calendar_id.tz = "Asia/Shanghai"
        cls.round = cls.make_round(0)

    def _make_customer(self, name, *contacts, **vals):
        """Create a customer, its contacts (name, e-mail, tickets) and their tickets.

        :return: the contacts
        """
        customer = self.env["res.partner"].create({"name": name, "is_company": True, **vals})
        people = self.env["res.partner"]
        for person, email, tickets in contacts:
            contact = people.create({"name": person, "parent_id": customer.id, "email": email})
            people += contact
            for _number in range(tickets):
                self.make_ticket(partner_id=contact.id)
        return people

    def _wizard(self, user=None, **vals):
        today = fields.Date.today()
        vals = {
            "round_id": self.round.id,
            "date_from": today - timedelta(days=2),
            "date_to": today + timedelta(days=2),
            **vals,
        }
        return self.env["itss.survey.propose"].with_user(user or self.quality_user).create(vals)

    def _propose(self, **vals):
        action = self._wizard(**vals).action_propose()
        return action["params"]["message"]

    def _place(self, ticket, moment):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpdesk_ticket SET create_date = %s WHERE id = %s", (moment, ticket.id)
        )
        ticket.invalidate_recordset()

    # -------------------------------------------------------------------------
    # Who is proposed
    # -------------------------------------------------------------------------

    def test_one_contact_per_customer(self):
        most, _few = self._make_customer(
            "A", ("a1", "a1@x.example.com", 3), ("a2", "a2@x.example.com", 1)
        )
        # an address goes before many tickets
        _phone, mail = self._make_customer("B", ("b1", False, 5), ("b2", "b2@x.example.com", 1))
        # the same number of tickets: the older contact
        older, _younger = self._make_customer(
            "C", ("c1", "c1@x.example.com", 2), ("c2", "c2@x.example.com", 2)
        )
        # an address that is none counts as none
        _wrong, right = self._make_customer("D", ("d1", "nobody", 3), ("d2", "d2@x.example.com", 1))
        message = self._propose()
        self.assertEqual(self.round.participant_ids.partner_id, most | mail | older | right)
        self.assertIn("4 customers had tickets", message)
        self.assertIn("added: 4", message)
        self.assertEqual(
            self.round.participant_ids.customer_id, (most | mail | older | right).parent_id
        )

    def test_every_contact_when_asked_for(self):
        contacts = self._make_customer(
            "A", ("a1", "a1@x.example.com", 3), ("a2", "a2@x.example.com", 1)
        )
        contacts |= self._make_customer("B", ("b1", "b1@x.example.com", 1))
        self._make_customer("C", ("c1", "c1@x.example.com", 0))
        message = self._propose(one_per_customer=False)
        self.assertEqual(self.round.participant_ids.partner_id, contacts)
        self.assertIn("2 customers had tickets", message)

    def test_the_period_is_counted_in_the_user_s_days(self):
        inside_1, inside_2, before, after = (
            self._make_customer(name, (name, f"{name}@x.example.com", 1)) for name in "abcd"
        )
        tickets = self.env["helpdesk.ticket"].search([("team_id", "=", self.team.id)])
        moments = {
            # April 1, 00:00 in Shanghai
            inside_1: "2025-03-31 16:00:00",
            inside_2: "2025-04-30 15:59:59",
            before: "2025-03-31 15:59:59",
            after: "2025-04-30 16:00:00",
        }
        for contact, moment in moments.items():
            self._place(tickets.filtered(lambda one, of=contact: one.partner_id == of), moment)
        self._propose(date_from="2025-04-01", date_to="2025-04-30")
        self.assertEqual(self.round.participant_ids.partner_id, inside_1 | inside_2)

    def test_whose_tickets_count(self):
        archived = self._make_customer("A", ("a", "a@x.example.com", 1))
        self.env["helpdesk.ticket"].search([("partner_id", "=", archived.id)]).active = False
        foreign = self._make_customer("B", ("b", "b@x.example.com", 0))
        self.make_ticket(
            partner_id=foreign.id,
            company_id=self.other_company.id,
            team_id=False,
            user_id=False,
        )
        self.make_ticket(partner_id=False, partner_name="Ohne", partner_email="o@x.example.com")
        self._propose()
        self.assertEqual(self.round.participant_ids.partner_id, archived)

    def test_a_period_without_tickets_and_one_that_ends_before_it_begins(self):
        with self.assertRefused("No customer had a ticket"):
            self._propose(date_from="2001-01-01", date_to="2001-12-31")
        with self.assertRefused("ends before it begins", ValidationError):
            self._propose(date_from="2025-02-01", date_to="2025-01-01")

    def test_how_many_customers_there_are_is_shown_at_once(self):
        self._make_customer("A", ("a1", "a1@x.example.com", 3), ("a2", "a2@x.example.com", 1))
        self._make_customer("B", ("b1", False, 1))
        form = Form(
            self.env["itss.survey.propose"]
            .with_user(self.quality_user)
            .with_context(default_round_id=self.round.id)
        )
        form.date_from = fields.Date.today() - timedelta(days=2)
        form.date_to = fields.Date.today() + timedelta(days=2)
        self.assertEqual(form.customer_count, 2)
        form.date_from, form.date_to = "2001-01-01", "2001-12-31"
        self.assertEqual(form.customer_count, 0)

    # -------------------------------------------------------------------------
    # Addresses
    # -------------------------------------------------------------------------

    def test_each_address_is_asked_once(self):
        first = self._make_customer("A", ("a", "Shared@X.example.com", 1))
        self._make_customer("B", ("b", " shared@x.EXAMPLE.com", 1))
        third = self._make_customer("C", ("c", "c@x.example.com", 1))
        present = self.env["res.partner"].create({"name": "p", "email": "c@X.example.com"})
        self.round.participant_ids.create({"round_id": self.round.id, "partner_id": present.id})
        message = self._propose()
        self.assertEqual(self.round.participant_ids.partner_id, present | first)
        self.assertNotIn(third, self.round.participant_ids.partner_id)
        self.assertIn("added: 1", message)
        self.assertIn("already: 2", message)
        self.assertEqual(
            set(self.round.participant_ids.mapped("email")),
            {"shared@x.example.com", "c@x.example.com"},
        )

    def test_a_customer_on_the_list_is_not_asked_through_a_second_contact(self):
        first, second = self._make_customer(
            "A", ("a1", "a1@x.example.com", 3), ("a2", "a2@x.example.com", 1)
        )
        self.round.participant_ids.create({"round_id": self.round.id, "partner_id": second.id})
        message = self._propose()
        self.assertEqual(self.round.participant_ids.partner_id, second)
        self.assertIn("added: 0", message)
        self._propose(one_per_customer=False)
        self.assertEqual(self.round.participant_ids.partner_id, first | second)

    def test_proposing_twice_adds_nobody_twice(self):
        self._make_customer("A", ("a", "a@x.example.com", 1))
        self._make_customer("B", ("b", False, 1))
        self._propose()
        before = self.round.participant_ids
        self.assertIn("added: 0", self._propose())
        self.assertEqual(self.round.participant_ids, before)

    def test_opted_out_and_missing_addresses_stay_in_sight(self):
        self.env["mail.blacklist"].create({"email": "no@x.example.com"})
        out = self._make_customer("A", ("a", "No@x.example.com", 1))
        called = self._make_customer("B", ("b", False, 1), phone="0871-2")
        missing = self._make_customer("C", ("c", False, 1))
        message = self._propose()
        people = {one.partner_id: one for one in self.round.participant_ids}
        self.assertEqual(set(people), set(out | called | missing))
        self.assertEqual((people[out].state, people[out].is_opted_out), ("declined", True))
        self.assertTrue(people[out].decline_reason)
        self.assertEqual(
            (people[called].channel, people[called].phone, people[called].is_address_missing),
            ("phone", "0871-2", False),
        )
        self.assertEqual(
            (people[missing].channel, people[missing].is_address_missing), ("email", True)
        )
        self.assertIn("without an address: 1; opted out: 1", message)
        for value, found in ((True, missing), (False, out | called)):
            domain = [("round_id", "=", self.round.id), ("is_address_missing", "=", value)]
            self.assertEqual(self.round.participant_ids.search(domain).partner_id, found)

    def test_the_channel_chosen_is_everybody_s(self):
        self._make_customer("A", ("a", "a@x.example.com", 1))
        self._make_customer("B", ("b", False, 1))
        self._propose(channel="interview")
        self.assertEqual(set(self.round.participant_ids.mapped("channel")), {"interview"})

    def test_the_participant_takes_over_who_the_contact_is(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        industry = self.env["res.partner.industry"].create({"name": "医疗"})
        contact = self._make_customer(
            "A", ("a", "A@x.example.com", 1), industry_id=industry.id, phone="0871-3"
        )
        contact.lang = "zh_CN"
        self._propose()
        self.assertRecordValues(
            self.round.participant_ids,
            [
                {
                    "customer_id": contact.parent_id.id,
                    "contact_name": "a",
                    "email": "a@x.example.com",
                    "phone": "0871-3",
                    "lang": "zh_CN",
                    "segment_id": industry.id,
                    "state": "to_send",
                }
            ],
        )
        # the list is as it was then, whatever becomes of the contact
        contact.write({"name": "z", "email": "z@x.example.com"})
        self.assertEqual(self.round.participant_ids.email, "a@x.example.com")

    # -------------------------------------------------------------------------
    # Sample
    # -------------------------------------------------------------------------

    def test_a_random_share_of_the_customers(self):
        contacts = self.env["res.partner"]
        for number in range(10):
            contacts |= self._make_customer(
                f"k{number}", (f"k{number}", f"k{number}@x.example.com", 1)
            )
        for share, size in ((30, 3), (34, 3), (36, 4), (1, 1), (100, 10)):
            with self.subTest(share=share):
                self.round.participant_ids.unlink()
                message = self._propose(sampling="random", sample_share=share)
                chosen = self.round.participant_ids.partner_id
                self.assertEqual(len(chosen), size)
                self.assertLessEqual(chosen, contacts)
                self.assertIn(f"Chosen: {size};", message)
        self.assertEqual((self.round.sampling, self.round.sample_share), ("random", 100))

    def test_a_sample_is_drawn_by_chance(self):
        for number in range(10):
            self._make_customer(f"k{number}", (f"k{number}", f"k{number}@x.example.com", 1))
        drawn = set()
        # that six draws of 5 of 10 are all the same happens once in 10¹² times
        for _number in range(6):
            self.round.participant_ids.unlink()
            self._propose(sampling="random", sample_share=50)
            drawn.add(tuple(sorted(self.round.participant_ids.partner_id.ids)))
        self.assertGreater(len(drawn), 1)

    def test_the_note_says_how_the_list_came_about(self):
        self.env["mail.blacklist"].create({"email": "no@x.example.com"})
        self._make_customer("A", ("a", "no@x.example.com", 1))
        self._make_customer("B", ("b", "b@x.example.com", 1))
        self._make_customer("C", ("c", "B@x.example.com", 1))
        self._make_customer("D", ("d", False, 1))
        message = self._propose(date_from="2026-01-02", date_to="2099-12-30")
        note = self.round.message_ids[0]
        self.assertEqual(note.body.striptags(), message)
        self.assertEqual(note.author_id, self.quality_user.partner_id)
        for words in (
            "4 customers had tickets from 01/02/2026 to 12/30/2099",
            "Chosen: 4; participants added: 3; ",
            "already: 1; without an address: 1; opted out: 1.",
        ):
            self.assertIn(words, message)

    # -------------------------------------------------------------------------
    # Who proposes, and how fast
    # -------------------------------------------------------------------------

    def test_nobody_is_proposed_for_a_round_that_has_started(self):
        self._make_customer("A", ("a", "a@x.example.com", 1))
        self._propose()
        self._make_customer("B", ("b", "b@x.example.com", 1))
        self.start(self.round)
        with self.assertRefused("is frozen"):
            self._propose()
        self.assertEqual(len(self.round.participant_ids), 1)

    def test_only_the_quality_department_proposes(self):
        self._make_customer("A", ("a", "a@x.example.com", 1))
        for user in self.users.filtered(lambda user: user.login not in STARTERS):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._wizard(user)
        wizard = self._wizard()
        with self.assertRaises(AccessError):
            wizard.with_user(self.quality_user_2).action_propose()
        self.assertFalse(self.round.participant_ids)

    def test_customers_are_found_by_one_grouped_query(self):
        tickets = self.env["helpdesk.ticket"].with_user(self.quality_user)
        today = fields.Date.today()
        period = (today - timedelta(days=2), today + timedelta(days=2))
        for size in (2, 8):
            for number in range(size):
                self._make_customer(
                    f"s{size} {number}", (f"{size}-{number}", f"{size}-{number}@x.example.com", 2)
                )
            self.env.flush_all()
            # read before the queries are counted
            self.company.resource_calendar_id.tz  # noqa: B018
            with self.assertQueryCount(1):
                counts = tickets._itss_count_by_contact(self.company, *period)
            self.assertTrue(all(count == 2 for _contact, count in counts))
            wizard = self._wizard()
            wizard.company_id  # noqa: B018
            self.env["res.partner"].invalidate_model()
            with self.assertQueryCount(3):
                customers = wizard._get_customers()
        self.assertEqual(len(customers), 10)


@tagged("post_install", "-at_install")
class TestSurveyParticipants(SurveyRoundCommon):
    """Declining, sending again, the blacklist, and what a dissatisfied customer gives rise to."""

    # -------------------------------------------------------------------------
    # Steps
    # -------------------------------------------------------------------------

    def _decline(self, participant, user, reason="没有时间"):
        participant.with_user(user).write({"state": "declined", "decline_reason": reason})

    def test_who_declines_gives_a_reason(self):
        round_ = self.start(self.make_round(3))
        first, second, third = round_.participant_ids
        for reason in ("", "  ", False):
            with self.assertRefused("Decline Reason"):
                self._decline(first, self.desk_user, reason)
        with self.assertRefused("Decline Reason"):
            first.with_user(self.desk_user).state = "declined"
        self._decline(first, self.desk_user)
        self.assertEqual((first.state, first.decline_reason), ("declined", "没有时间"))
        self.assertIn("没有时间", first.message_ids[0].body)
        action = second.with_user(self.desk_user).action_decline()
        dialog = (
            self.env[action["res_model"]]
            .with_user(self.desk_user)
            .with_context(**action["context"])
            .create({"reason": "换了供应商"})
        )
        dialog.action_confirm()
        self.assertEqual((second.state, second.decline_reason), ("declined", "换了供应商"))
        for user in (self.staff_user, self.manager_user, self.outsider):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._decline(third, user)
        self.assertEqual(third.state, "to_send")

    def test_who_has_answered_does_not_decline(self):
        round_ = self.start(self.make_round(1))
        participant = round_.participant_ids
        self.answer(participant, **FULL)
        for step in ("declined", "to_send", "sent", "failed"):
            with self.subTest(step=step), self.assertRefused("can't become"):
                participant.with_user(self.admin_user).write({"state": step})
        with self.assertRefused("can't become"):
            participant.with_user(self.desk_user).action_decline()

    def test_nobody_says_by_hand_that_a_mail_was_sent_or_an_answer_given(self):
        round_ = self.start(self.make_round(1))
        participant = round_.participant_ids
        for user in (self.desk_user, self.quality_user, self.admin_user):
            for step in ("sent", "answered", "failed"):
                with self.subTest(user=user.login, step=step), self.assertRaises(UserError):
                    participant.with_user(user).write({"state": step})

    def test_after_the_end_nobody_declines_or_is_asked_again(self):
        round_ = self.start(self.make_round(2))
        first, second = round_.participant_ids
        second.sudo().state = "failed"
        self.end(round_)
        with self.assertRefused("has ended"):
            self._decline(first, self.desk_user)
        with self.assertRefused("has ended"):
            second.with_user(self.quality_user).action_resend()
        self.assertFalse(first.can_decline or second.can_resend)

    def test_only_what_failed_or_may_have_got_lost_is_sent_again(self):
        round_ = self.start(self.make_round(5))
        failed, unconfirmed, taken, waiting, declined = round_.participant_ids.sudo()
        now = fields.Datetime.now()
        failed.write({"state": "failed", "failure_reason": "550 no such user", "last_mail_at": now})
        unconfirmed.write({"state": "sent", "sent_at": now, "last_mail_at": now})
        taken.write({"state": "sent", "sent_at": now, "last_mail_at": now, "delivered_at": now})
        self._decline(declined, self.desk_user)
        self.assertEqual(
            round_.participant_ids.mapped("is_unconfirmed"), [False, True, False, False, False]
        )
        domain = [("round_id", "=", round_.id), ("is_unconfirmed", "=", True)]
        self.assertEqual(round_.participant_ids.search(domain), unconfirmed)
        domain = [("round_id", "=", round_.id), ("is_unconfirmed", "=", False)]
        self.assertEqual(
            round_.participant_ids.search(domain), round_.participant_ids - unconfirmed
        )
        people = round_.participant_ids.with_user(self.quality_user)
        self.assertEqual(people.mapped("can_resend"), [True, True, False, False, True])
        with self.assertRefused("has got the mail already"):
            taken.with_user(self.quality_user).action_resend()
        # all or none
        with self.assertRefused("has got the mail already"):
            people[:3].action_resend()
        self.assertEqual(failed.state, "failed")
        for user in (self.desk_user, self.ops_user, self.manager_user):
            with self.assertRaises(AccessError):
                failed.with_user(user).action_resend()
        people[:2].action_resend()
        people[4].action_resend()
        names = ("sent_at", "last_mail_at", "delivered_at", "failure_reason", "decline_reason")
        for participant in failed | unconfirmed | declined:
            self.assertEqual(participant.state, "to_send")
            self.assertFalse(any(participant[name] for name in names))

    # -------------------------------------------------------------------------
    # Blacklist
    # -------------------------------------------------------------------------

    def test_who_wants_no_mailings_is_left_out_and_stays_so(self):
        self.env["mail.blacklist"].create({"email": "no@example.com"})
        round_ = self.make_round(1)
        partner = self.env["res.partner"].create({"name": "否", "email": "NO@example.com"})
        out = round_.participant_ids.create({"round_id": round_.id, "partner_id": partner.id})
        self.assertEqual((out.state, out.is_opted_out), ("declined", True))
        self.start(round_)
        self.assertFalse(out.can_resend)
        for user in (self.quality_user, self.admin_user):
            with self.assertRefused("wants no mailings"):
                out.with_user(user).action_resend()
        self.assertEqual(round_.recipient_count, 1)

    def test_an_entry_taken_from_the_blacklist_counts_no_more(self):
        entry = self.env["mail.blacklist"].create({"email": "no@example.com"})
        entry.active = False
        round_ = self.make_round(0)
        partner = self.env["res.partner"].create({"name": "是", "email": "no@example.com"})
        participant = round_.participant_ids.create(
            {"round_id": round_.id, "partner_id": partner.id}
        )
        self.assertEqual((participant.state, participant.is_opted_out), ("to_send", False))

    # -------------------------------------------------------------------------
    # Proposals for improvements
    # -------------------------------------------------------------------------

    def test_the_lowest_questions_below_the_target_are_proposed(self):
        round_ = self.start(self.make_round(2, target=95))
        for participant in round_.participant_ids:
            # 60, 100, 20, 80, 40; the matrix 75 (60 and 90 on average)
            self.answer(participant, speed=3, skill=5, attitude=1, result=4, overall=2, reporting=3)
        self.end(round_)
        found = self.improvements(round_).sorted("id")
        questions = [
            self.env.ref(f"itss_quality.itss_survey_question_{key}")
            for key in ("attitude", "overall", "speed")
        ]
        self.assertEqual(
            [improvement.name for improvement in found],
            [f"Low satisfaction: {question.title}" for question in questions],
        )
        for improvement, score in zip(found, ("20.00", "40.00", "60.00"), strict=True):
            self.assertEqual(improvement.state, "draft")
            self.assertEqual(improvement.company_id, self.company)
            self.assertIn(f"rated {score} of 100 on average (n = 2)", improvement.problem)
            self.assertIn("the target is 95", improvement.problem)
            self.assertIn(round_.display_name, improvement.source_name)
        self.assertEqual(round_.with_user(self.quality_user).improvement_count, 3)
        action = round_.with_user(self.quality_user).action_view_improvements()
        self.assertEqual(self.env["itss.improvement"].search(action["domain"]), found)
        back = found[0].with_user(self.quality_user).action_open_source()
        self.assertEqual((back["res_model"], back["res_id"]), (round_._name, round_.id))

    def test_questions_that_reach_the_target_are_not_proposed(self):
        round_ = self.start(self.make_round(1, target=80))
        self.answer(round_.participant_ids, speed=4, skill=5, attitude="na", result=3)
        self.end(round_)
        result = self.env.ref("itss_quality.itss_survey_question_result")
        self.assertEqual(
            self.improvements(round_).mapped("name"), [f"Low satisfaction: {result.title}"]
        )

    def test_an_improvement_raised_by_hand_before_the_end_replaces_no_proposal(self):
        round_ = self.start(self.make_round(1))
        self.answer(round_.participant_ids, speed=1)
        context = round_.with_user(self.quality_user).action_raise_improvement()["context"]
        by_hand = (
            self.env["itss.improvement"]
            .with_user(self.quality_user)
            .with_context(**context)
            .create({"name": "手工", "problem": "x"})
        )
        self.end(round_)
        self.assertEqual(len(self.improvements(round_) - by_hand), 1)

    def test_each_dissatisfied_customer_is_proposed_once(self):
        round_ = self.start(self.make_round(4, dissatisfied_below=60))
        low, edge, high, missing = round_.participant_ids
        self.answer(low, speed=1, overall=2, comment="等了三天")
        self.answer(edge, speed=3)
        self.answer(high, **FULL)
        self.run_cron()
        self.assertFalse(self.improvements(*round_.participant_ids), "not before the end")
        self.end(round_)
        for _run in range(3):
            self.run_cron()
        found = self.improvements(*round_.participant_ids)
        self.assertEqual((found.source_model, found.source_id), (low._name, low.id))
        self.assertEqual(found.state, "draft")
        self.assertEqual(found.name, f"Dissatisfied customer: {low.display_name}")
        # (20 + 2 * 40) / 3
        self.assertIn(f"rated us 33.33 of 100 in “{round_.name}”", found.problem)
        self.assertIn("等了三天", found.problem)
        back = found.with_user(self.quality_user).action_open_source()
        self.assertEqual((back["res_model"], back["res_id"]), (low._name, low.id))
        self.assertIn(low.display_name, found.source_name)
        self.assertEqual(low.with_user(self.quality_user).improvement_count, 1)
        self.assertTrue(low.is_proposed)
        self.assertFalse((edge | high | missing).filtered("is_proposed"))

    def test_the_complaint_of_each_dissatisfied_customer_is_registered_once(self):
        round_ = self.start(self.make_round(3, dissatisfied_below=60))
        low, by_hand, high = round_.participant_ids
        for participant in (low, by_hand):
            self.answer(participant, speed=1, comment="等了三天")
        self.answer(high, **FULL)
        context = by_hand.with_user(self.quality_user).action_register_complaint()["context"]
        registered = (
            self.env["itss.complaint"]
            .with_user(self.quality_user)
            .with_context(**context)
            .create({"name": "手工登记"})
        )
        self.assertFalse(low.registered_complaint_ids, "not before the end")
        self.end(round_)
        for _run in range(3):
            self.run_cron()
        complaint = low.registered_complaint_ids
        self.assertEqual(
            (complaint.channel, complaint.partner_id, complaint.state),
            ("survey", low.partner_id, "new"),
        )
        self.assertIn("等了三天", complaint.description)
        self.assertEqual(by_hand.registered_complaint_ids, registered)
        self.assertFalse(high.registered_complaint_ids)
        action = low.with_user(self.quality_user).action_view_complaints()
        self.assertEqual(action["res_id"], complaint.id)

    def test_a_customer_for_whom_an_improvement_was_raised_by_hand_gets_no_second(self):
        round_ = self.start(self.make_round(1))
        participant = round_.participant_ids
        self.answer(participant, speed=1)
        context = participant.with_user(self.quality_user).action_raise_improvement()["context"]
        self.env["itss.improvement"].with_user(self.quality_user).with_context(**context).create({})
        self.end(round_)
        self.run_cron()
        self.assertEqual(len(self.improvements(participant)), 1)

    def test_of_an_anonymous_round_questions_only_are_proposed(self):
        round_ = self.start(self.make_round(6, is_anonymous=True))
        for participant in round_.participant_ids:
            self.answer(participant, speed=1, comment="我是王主任")
        self.end(round_)
        self.run_cron()
        self.assertFalse(self.improvements(*round_.participant_ids))
        found = self.improvements(round_)
        self.assertEqual(len(found), 1)
        self.assertNotIn("王主任", found.problem)

    def test_figures_of_running_rounds_are_kept_up_to_date(self):
        round_ = self.start(self.make_round(2))
        first, second = round_.participant_ids
        self.answer(first, speed=5)
        self.assertEqual(round_.score_count, 0)
        self.run_cron()
        self.assertEqual((round_.score_count, round_.answer_count, round_.score), (1, 1, 100))
        stamp = round_.results_at
        round_.sudo().results_at = "2025-01-01 00:00:00"
        self.run_cron()
        self.assertEqual(str(round_.results_at), "2025-01-01 00:00:00", "nothing new")
        self.assertTrue(stamp)
        self.answer(second, speed=1)
        round_.action_refresh()
        self.assertEqual((round_.score_count, round_.score), (2, 60))
        for user in (self.desk_user, self.ops_user, self.manager_user):
            with self.assertRaises(AccessError):
                round_.with_user(user).action_refresh()


@tagged("post_install", "-at_install")
class TestSurveyAccess(SurveyRoundCommon):
    """Who sees rounds, participants and answers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.open_round = cls.start(cls.make_round(2))
        cls.hidden_round = cls.start(cls.make_round(6, is_anonymous=True))
        for participant in (cls.open_round | cls.hidden_round).participant_ids:
            cls.answer(participant, **FULL)
        cls.end(cls.open_round)
        cls.end(cls.hidden_round)
        cls.rounds = cls.open_round | cls.hidden_round
        cls.answers = cls.env["survey.user_input"].search([("itss_round_id", "in", cls.rounds.ids)])
        cls.open_answers = cls.open_round.participant_ids.sudo().user_input_id

    def _seen(self, records, user):
        """Return which of the records a user finds; and check that reading agrees with it."""
        model = records.browse().with_user(user)
        try:
            found = model.search([("id", "in", records.ids)])
        except AccessError:
            found = model
        for record in records.with_user(user):
            self.env.invalidate_all()
            if record in found:
                record.read(["display_name"])
            else:
                with self.assertRaises(AccessError):
                    record.read(["display_name"])
        return found

    def test_who_sees_what(self):
        nothing = frozenset()
        everything = {"rounds", "open people", "answers", "results"}
        for user, expected in (
            (self.outsider, nothing),
            (self.staff_user, nothing),
            (self.desk_user, everything),
            (self.ops_user, everything),
            (self.manager_user, everything),
            (self.quality_user, everything | {"hidden people"}),
            (self.admin_user, everything | {"hidden people"}),
            (self.foreign_user, nothing),
            (self.survey_manager, nothing),
        ):
            with self.subTest(user=user.login):
                self._assert_sees(user, expected)

    def _assert_sees(self, user, expected):
        people = self.rounds.participant_ids
        visible = {
            "rounds": self.rounds,
            "open people": self.open_round.participant_ids,
            "hidden people": self.hidden_round.participant_ids,
            "answers": self.open_answers,
            "lines": self.open_answers.user_input_line_ids,
            "results": self.rounds.result_ids,
        }
        all_records = {
            "rounds": self.rounds,
            "open people": people,
            "answers": self.answers,
            "results": self.rounds.result_ids,
        }
        for name, records in all_records.items():
            names = {name} | ({"hidden people"} if name == "open people" else set())
            allowed = [record for one in names & expected for record in visible[one]]
            self.assertEqual(set(self._seen(records, user).ids), {one.id for one in allowed}, name)
        lines = self._seen(self.answers.user_input_line_ids, user)
        shown = visible["lines"] if "answers" in expected else visible["lines"].browse()
        self.assertEqual(set(lines.ids), set(shown.ids), "lines")

    def test_departments_see_what_comes_of_their_plan_lines(self):
        line = self.make_survey_line(responsible_department_ids=[Command.set(self.dep_staff.ids)])
        round_ = self.make_round(1, plan_line_id=line.id)
        self.assertFalse(self._seen(round_, self.staff_user), "a draft")
        self.start(round_)
        self.answer(round_.participant_ids, **FULL)
        self.end(round_)
        self.assertTrue(self._seen(round_, self.staff_user))
        self.assertFalse(self._seen(round_.result_ids, self.staff_user), "not closed")
        self.assertFalse(self._seen(round_.participant_ids, self.staff_user))
        self.assertFalse(self._seen(round_.participant_ids.sudo().user_input_id, self.staff_user))
        report = self.make_report(round_)
        self.assertFalse(self._seen(report, self.staff_user))
        self.approve(report)
        self.assertTrue(self._seen(round_.result_ids, self.staff_user))
        self.assertTrue(self._seen(report, self.staff_user))

    def test_another_company_sees_none(self):
        both = self.make_user("t_two_companies", "admin")
        both.company_ids += self.other_company
        for records in (
            self.rounds,
            self.rounds.participant_ids,
            self.rounds.result_ids,
            self.open_answers,
            self.open_answers.user_input_line_ids,
        ):
            self.assertFalse(self._seen(records, self.foreign_user))
            with self.subTest(model=records._name):
                there = records.with_user(both).with_context(
                    allowed_company_ids=self.other_company.ids
                )
                self.assertFalse(there.search([("id", "in", records.ids)]))
                here = there.with_context(allowed_company_ids=self.company.ids)
                self.assertEqual(here.search([("id", "in", records.ids)]), records)
        foreign = self.env["itss.survey.round"].with_user(self.foreign_user)
        with self.assertRaises(AccessError):
            foreign.create({"company_id": self.company.id})
        mine = foreign.create({"company_id": self.other_company.id})
        self.assertFalse(self._seen(mine, self.admin_user))
        with self.assertRaises(AccessError):
            foreign.browse(self.rounds.ids).action_refresh()

    def test_survey_users_see_no_answers_of_ours_and_we_none_of_theirs(self):
        survey = self.env["survey.survey"].create({"title": "other", "survey_type": "survey"})
        question = survey.question_ids.create(
            {"survey_id": survey.id, "title": "x", "question_type": "char_box"}
        )
        theirs = survey._create_answer(email="a@example.com")
        theirs._save_lines(question, "word")
        officer = self.make_survey_user("t_survey_officer", "group_survey_user")
        for user in (officer, self.survey_manager):
            self.assertEqual(self._seen(theirs, user), theirs)
            self.assertFalse(self._seen(self.answers, user))
            self.assertFalse(self._seen(self.answers.user_input_line_ids, user))
            self.assertFalse(self._seen(self.rounds.participant_ids, user))
        for user in self.users:
            for records in (theirs, theirs.user_input_line_ids, survey, question):
                with self.subTest(user=user.login, model=records._name):
                    self.assertFalse(self._seen(records, user))
        ready = self.env.ref("itss_quality.itss_survey_questionnaire")
        self.assertEqual(self._seen(ready, self.desk_user), ready)
        for user in (self.quality_user, self.admin_user):
            with self.assertRaises(AccessError):
                survey.with_user(user).write({"title": "x"})
            with self.assertRaises(UserError):
                survey.with_user(user).create({"title": "x", "survey_type": "custom"})

    def test_only_the_quality_department_writes_questionnaires(self):
        survey = self.make_full_questionnaire()
        for user in self.users.filtered(lambda user: user.login not in STARTERS):
            with self.subTest(user=user.login):
                for records in (
                    survey,
                    survey.question_ids,
                    survey.question_ids.suggested_answer_ids,
                ):
                    with self.assertRaises(AccessError):
                        records.with_user(user).write({"sequence": 1})
                    with self.assertRaises(AccessError):
                        records.with_user(user).unlink()
        survey.with_user(self.admin_user).write({"title": "新"})

    def test_nobody_changes_answers(self):
        answer = self.open_answers[0]
        for user in self.users:
            for records in (answer, answer.user_input_line_ids):
                with self.subTest(user=user.login, model=records._name):
                    with self.assertRaises(AccessError):
                        records.with_user(user).write({"create_date": "2025-01-01"})
                    with self.assertRaises(AccessError):
                        records.with_user(user).unlink()

    def test_the_desk_does_not_see_whom_an_anonymous_round_asks(self):
        round_ = self.start(self.make_round(3, is_anonymous=True))
        for user in (self.desk_user, self.ops_user, self.manager_user):
            with self.subTest(user=user.login):
                mine = round_.with_user(user)
                self.env.invalidate_all()
                self.assertFalse(mine.participant_ids)
                # how many is no secret
                self.assertEqual((mine.participant_count, mine.to_send_count), (3, 3))
                with self.assertRaises(AccessError):
                    round_.participant_ids[0].with_user(user).action_decline()
        with self.assertRaises(AccessError):
            round_.participant_ids[0].with_user(self.desk_user)._register_answers(
                {}, "phone", round_._get_today()
            )

    # -------------------------------------------------------------------------
    # The customer's form
    # -------------------------------------------------------------------------

    def test_a_customer_shows_the_scores_of_the_years(self):
        partner = self.env["res.partner"].create({"name": "昆明第一医院", "is_company": True})
        contacts = self.env["res.partner"].create(
            [{"name": name, "parent_id": partner.id} for name in ("甲", "乙", "丙")]
        )
        self._survey(contacts, "2024-10-01", 5, 1, None)
        self._survey(contacts[:2], "2025-10-01", 2, 4)
        self._survey(contacts[:1], "2023-10-01", 1)
        self._survey(contacts, "2026-01-01", 3, 3, 3, 3, 3, is_anonymous=True)
        figures = [(5, 80.0), (3, 40.0), (2, 80.0), (0, 0.0)]
        for user in (self.desk_user, self.ops_user, self.quality_user, self.manager_user):
            self.assertEqual(self._figures(partner | contacts, user), figures)
        with self.assertRaises(AccessError):
            self._figures(partner, self.staff_user)
        self.assertEqual(self._figures(partner, self.foreign_user), [(0, 0.0)])
        action = partner.with_user(self.desk_user).action_itss_view_surveys()
        people = self.env["itss.survey.participant"].with_user(self.desk_user)
        found = people.search(action["domain"])
        # with the one who was asked and has not rated
        self.assertEqual(len(found), 6)
        self.assertEqual(found.partner_id, contacts)

    def _survey(self, contacts, day, *values, **vals):
        """Hold a round; values beyond the contacts come from strangers."""
        round_ = self.make_round(
            max(len(values) - len(contacts), 0), date_start=day, date_end="2099-12-31", **vals
        )
        for contact in contacts:
            round_.participant_ids.create({"round_id": round_.id, "partner_id": contact.id})
        self.start(round_)
        people = round_.participant_ids.sorted(lambda one: (one.partner_id not in contacts, one.id))
        for participant, value in zip(people, values, strict=True):
            self.answer(participant, **{"speed": value, "skill": "na"})
        return round_

    def _figures(self, partners, user):
        self.env.invalidate_all()
        partners = partners.with_user(user)
        return [(one.itss_survey_count, one.itss_survey_score) for one in partners]


@tagged("post_install", "-at_install")
class TestSurveyOverRpc(SurveyRoundCommon, RpcCase):
    """The same over the web client's own route, where no button stands in the way."""

    @mute_logger("odoo.http")
    def test_steps_and_settings(self):
        for user in self.users:
            round_ = self.make_round(1)
            step = (user, round_._name, "write", [round_.id], {"state": "running"})
            if user.login in STARTERS:
                self.rpc_as(*step)
            else:
                self.assert_rpc_refused(*step)
            round_.invalidate_recordset()
            state = "running" if user.login in STARTERS else "draft"
            self.assertEqual(round_.state, state, user.login)
        round_ = self.start(self.make_round(1))
        for vals in ({"target": 1}, {"is_anonymous": True}, {"score": 100}, {"state": "closed"}):
            step = (self.admin_user, round_._name, "write", [round_.id], vals)
            self.assert_rpc_refused(*step, error="UserError")

    def test_the_context_of_a_call_does_nothing(self):
        round_ = self.make_round(2)
        self.assert_context_does_nothing(self.quality_user, round_, "action_start")
        dialog = self.env["itss.step.reason"].with_user(self.quality_user)
        decline = dialog.create(
            {
                "res_model": "itss.survey.participant",
                "res_id": round_.participant_ids[0].id,
                "new_state": "declined",
                "reason": "客户不愿意",
            }
        )
        self.assert_context_does_nothing(self.quality_user, decline, "action_confirm")
        self.assert_context_does_nothing(self.quality_user, round_, "action_end")

    @mute_logger("odoo.http")
    def test_one_report_of_a_round_and_none_moves(self):
        round_, other = (self.end(self.start(self.make_round(1))) for _number in range(2))
        report = self.approve(self.make_report(round_))
        draft = self.make_report(other)
        vals = {"round_id": round_.id, "company_id": self.company.id}
        for user in (self.quality_user, self.admin_user):
            for step in (("create", [vals]), ("write", [draft.id], {"round_id": round_.id})):
                self.assert_rpc_refused(user, report._name, *step, error="UserError")
        self.env.invalidate_all()
        self.assertEqual((round_.report_ids, other.report_ids), (report, draft))
        # one with the number of the first is neither signed nor does it open the analysis
        vals |= {"number": report.number, "version": "V9"}
        sibling = self.rpc_as(self.quality_user, report._name, "create", [vals])
        for step in (
            (report._name, "action_submit", sibling),
            (round_._name, "write", [round_.id], {"conclusion": "x"}),
        ):
            self.assert_rpc_refused(self.quality_user, *step, error="UserError")

    @mute_logger("odoo.http")
    def test_answers_of_an_anonymous_round(self):
        round_ = self.start(self.make_round(5, is_anonymous=True))
        for participant in round_.participant_ids:
            self.answer(participant, **FULL, comment="我是王主任")
        self.end(round_)
        answers = self.env["survey.user_input"].search([("itss_round_id", "=", round_.id)])
        self.assertEqual(len(answers), 5)
        for user in (*self.users, self.survey_manager, self.env.ref("base.user_admin")):
            user.group_ids += self.env.ref("base.group_allow_export")
            for records in (answers, answers.user_input_line_ids):
                with self.subTest(user=user.login, model=records._name):
                    self._assert_nothing_read(user, records._name, records.ids)
        [asked] = self.rpc_as(
            self.quality_user,
            "itss.survey.participant",
            "search_read",
            [("round_id", "=", round_.id)],
            limit=1,
        )
        self.assertEqual(asked["state"], "answered")
        self.assertFalse(asked["user_input_id"] or asked["is_scored"] or asked["score"])
        self.assertNotIn("link_token", asked)

    def _assert_nothing_read(self, user, model, ids):
        domain = [("id", "in", ids)]
        for method, args in (
            ("search_read", (domain, ["display_name"])),
            ("web_search_read", (domain, {"display_name": {}})),
            ("formatted_read_group", (domain, ["itss_score"], ["__count"])),
            ("read", (ids, ["itss_score"])),
            ("export_data", (ids, ["itss_score"])),
        ):
            try:
                found = self.rpc_as(user, model, method, *args)
            except JsonRpcException as error:
                self.assertIn("AccessError", str(error))
                continue
            self.assertIn(method, ("search_read", "web_search_read", "formatted_read_group"))
            self.assertFalse(found["records"] if method == "web_search_read" else found)
