from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from ..common import ItssCommon


@tagged("post_install", "-at_install")
class TestCallback(ItssCommon):
    """The verdicts of a callback: who records them, how they end it, what follows from them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()

    def _reached(self, callback, user=None, **vals):
        vals = {"is_solved": "yes", "score": 100, **vals}
        return callback.with_user(user or self.agent).register_attempt("reached", **vals)

    # -------------------------------------------------------------------------
    # Attempts
    # -------------------------------------------------------------------------

    def test_a_customer_who_was_reached_gives_both_verdicts(self):
        callback = self.make_callback()
        for vals in (
            {"is_solved": None},
            {"is_solved": "maybe"},
            {"score": None},
            {"score": 101},
            {"score": -1},
            {"score": "good"},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self._reached(callback, **vals)
        self.assertFalse(callback.attempt_ids, "nothing half-written")
        attempt = self._reached(callback, is_solved="yes", score=80, comment="很快")
        self.assertRecordValues(
            callback,
            [
                {
                    "state": "done",
                    "is_solved": "yes",
                    "score": 80,
                    "comment": "很快",
                    "channel": "phone",
                    "is_on_time": True,
                    "user_id": self.agent.id,
                    "attempt_ids": attempt.ids,
                }
            ],
        )
        self.assertEqual((attempt.user_id, attempt.outcome), (self.agent, "reached"))
        self.assertFalse(attempt.env.su)

    def test_a_score_of_zero_is_a_score_and_no_score_is_none(self):
        callback = self.make_callback()
        self.env.flush_all()
        self.env.cr.execute("SELECT score FROM itss_callback WHERE id = %s", callback.ids)
        self.assertEqual(self.env.cr.fetchone(), (None,))
        self._reached(callback, score=0)
        self.assertEqual((callback.state, callback.score), ("done", 0))

    def test_verdicts_of_nobody_are_refused(self):
        callback = self.make_callback().with_user(self.agent)
        with self.assertRaisesRegex(UserError, "reached"):
            callback.register_attempt("no_answer", is_solved="yes")
        with self.assertRaisesRegex(UserError, "reached"):
            callback.register_attempt("busy", score=0)
        with self.assertRaisesRegex(UserError, "no outcome"):
            callback.register_attempt("fine")

    def test_call_later_takes_a_time_still_to_come(self):
        callback = self.make_callback().with_user(self.agent)
        with self.assertRaisesRegex(UserError, "when to call again"):
            callback.register_attempt("call_later")
        with self.assertRaisesRegex(UserError, "when to call again"):
            callback.register_attempt("call_later", next_call="2020-01-01 00:00:00")
        moment = fields.Datetime.now() + timedelta(hours=2)
        callback.register_attempt("call_later", next_call=fields.Datetime.to_string(moment))
        self.assertEqual((callback.state, callback.next_call), ("pending", moment))
        self.assertFalse(callback.failed_attempts)

    def test_the_engineer_never_records_the_callback_of_the_own_ticket(self):
        self.team.user_ids |= self.ops_user
        callback = self.make_callback(user_id=self.ops_user.id).with_user(self.ops_user)
        with self.assertRaisesRegex(UserError, "somebody else"):
            callback.register_attempt("no_answer")
        with self.assertRaisesRegex(UserError, "somebody else"):
            callback.action_call()
        with self.assertRaises(AccessError):
            callback.phone = "1"
        with self.assertRaisesRegex(UserError, "somebody else"):
            callback.with_user(self.leader).user_id = self.ops_user

    def test_a_finished_callback_takes_no_attempt(self):
        callback = self.make_callback()
        self._reached(callback)
        with self.assertRaisesRegex(UserError, "Done"):
            callback.with_user(self.agent).register_attempt("no_answer")
        with self.assertRaisesRegex(UserError, "can't change"):
            callback.with_user(self.agent).phone = "1"

    def test_nobody_writes_verdicts_or_attempts_past_the_methods(self):
        callback = self.make_callback()
        callback.with_user(self.agent).register_attempt("no_answer")
        attempt = callback.attempt_ids
        for user in (self.agent, self.quality_user, self.ops_user, self.admin_user):
            for vals in (
                {"state": "done"},
                {"is_solved": "yes"},
                {"score": 100},
                {"deadline": "2030-01-01"},
                {"is_on_time": True},
                {"resolved_at": "2030-01-01"},
                {"engineer_id": False},
            ):
                with self.subTest(user=user.login, vals=vals), self.assertRaises(UserError):
                    callback.with_user(user).write(vals)
            with self.assertRaises(AccessError):
                attempt.with_user(user).note = "x"
            with self.assertRaises(AccessError):
                attempt.with_user(user).unlink()
            with self.assertRaises(AccessError):
                attempt.with_user(user).create(
                    {"callback_id": callback.id, "outcome": "busy", "user_id": user.id}
                )
            with self.assertRaises(AccessError):
                callback.with_user(user).unlink()
            with self.assertRaises(AccessError):
                callback.with_user(user).copy()

    def test_the_database_takes_no_second_open_callback_and_no_verdict_in_part(self):
        callback = self.make_callback()
        values = callback.copy_data()[0]
        for vals in (
            {"cycle": 2, "ticket_id": callback.ticket_id.id},
            {"cycle": 1, "ticket_id": callback.ticket_id.id, "state": "cancelled"},
            {"ticket_id": False, "state": "done", "is_solved": "yes"},
        ):
            vals = {
                **values,
                "resolved_at": callback.resolved_at,
                "deadline": callback.deadline,
                "company_id": self.company.id,
                **vals,
            }
            with (
                self.subTest(vals=vals),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
                mute_logger("odoo.sql_db"),
            ):
                self.env["itss.callback"].create(vals)

    # -------------------------------------------------------------------------
    # What follows
    # -------------------------------------------------------------------------

    def test_not_solved_reopens_the_ticket_with_the_customer_s_words(self):
        callback = self.make_callback()
        ticket = callback.ticket_id
        self._reached(callback, is_solved="no", score=80, comment="<b>还是坏的</b>")
        self.assertEqual(ticket.stage_id, self.stage_progress)
        self.assertEqual(callback.state, "done", "its own verdict is not cancelled by it")
        self.assertIn("&lt;b&gt;还是坏的", ticket.message_ids[0].body)
        ticket.stage_id = self.stage_done
        self.assertEqual(ticket.itss_callback_ids.sorted("cycle").mapped("cycle"), [1, 2])

    def test_not_solved_goes_to_the_stage_of_the_team_s_choice(self):
        self.team.itss_reopen_stage_id = self.stage_new
        callback = self.make_callback()
        self._reached(callback, is_solved="no")
        self.assertEqual(callback.ticket_id.stage_id, self.stage_new)

    def test_a_score_under_the_threshold_becomes_a_complaint_once(self):
        complaints = self.env["itss.complaint"]
        content = self.make_callback()
        self._reached(content, score=60)
        self.assertFalse(complaints.search([("callback_id", "=", content.id)]))
        callback = self.make_callback()
        self._reached(callback, score=59, comment="太慢<script>")
        complaint = complaints.search([("callback_id", "=", callback.id)])
        self.assertEqual((complaint.state, complaint.channel), ("new", "callback"))
        self.assertEqual(complaint.ticket_id, callback.ticket_id)
        self.assertEqual(complaint.partner_id, self.contact)
        self.assertEqual(complaint.subject_user_ids, self.engineer)
        self.assertIn("太慢&lt;script&gt;", complaint.description)
        quality = callback.with_user(self.quality_user)
        quality.correct("听错了", score=90)
        quality.correct("没有听错", score=50)
        self.assertEqual(complaints.search([("callback_id", "=", callback.id)]), complaint)

    def test_a_correction_is_the_quality_department_s_and_keeps_the_old_values(self):
        callback = self.make_callback()
        self._reached(callback, score=40)
        for user in (self.agent, self.ops_user, self.staff_user):
            with self.assertRaises(AccessError):
                callback.with_user(user).correct("typo", score=80)
        quality = callback.with_user(self.quality_user)
        with self.assertRaisesRegex(UserError, "why"):
            quality.correct("  ", score=80)
        with self.assertRaises(UserError):
            quality.correct("typo", score=800)
        with self.assertRaisesRegex(UserError, "Nothing"):
            quality.correct("typo", score=40)
        done_at = callback.done_at
        quality.correct("typo", score=80, comment="其实很好")
        self.assertEqual((callback.score, callback.comment), (80, "其实很好"))
        self.assertEqual(callback.done_at, done_at)
        body = callback.message_ids[0].body
        for words in ("typo", "40.0 → 80.0", "其实很好"):
            self.assertIn(words, body)

    def test_a_score_of_zero_is_told_from_none_in_what_was_corrected(self):
        callback = self.make_callback()
        self._reached(callback, score=40)
        callback.with_user(self.quality_user).correct("typo", score=0, comment="<b>差</b>")
        body = callback.message_ids[0].body
        self.assertIn("40.0 → 0.0", body)
        self.assertIn("— → &lt;b&gt;差", body)
        with self.assertRaises(UserError):
            callback.with_user(self.quality_user).correct("typo", score=True)

    def test_a_correction_to_not_solved_reopens_the_ticket(self):
        callback = self.make_callback()
        self._reached(callback)
        callback.with_user(self.quality_user).correct("wrong click", is_solved="no")
        self.assertEqual(callback.ticket_id.stage_id, self.stage_progress)

    def test_a_team_leader_without_a_role_reads_what_the_team_is_told_of(self):
        self.team.user_id = self.outsider
        callback = self.make_callback()
        callback.with_user(self.agent).register_attempt("no_answer")
        self.assertEqual(callback.with_user(self.outsider).attempt_ids.outcome, "no_answer")
        self.team.user_id = self.leader
        with self.assertRaises(AccessError):
            callback.with_user(self.outsider).read(["state"])

    def test_the_dialog_opens_no_view_on_what_one_may_not_see(self):
        callback = self.make_callback()
        foreign = self.make_user("t_foreign_desk", "service_desk", company=self.other_company)
        with self.assertRaises(AccessError):
            self.env["itss.callback.call"].with_user(foreign).create({"callback_id": callback.id})

    # -------------------------------------------------------------------------
    # Console
    # -------------------------------------------------------------------------

    def test_two_agents_do_not_take_the_same_call(self):
        callback = self.make_callback()
        callback.with_user(self.agent).action_call()
        with self.assertRaisesRegex(UserError, "t_agent"):
            callback.with_user(self.agent_2).action_call()
        with self.assertRaisesRegex(UserError, "t_agent"):
            callback.with_user(self.agent_2).register_attempt("no_answer")
        with freeze_time(fields.Datetime.now() + timedelta(minutes=16)):
            callback.with_user(self.agent_2).action_call()
        self.assertEqual(callback.claimed_by_id, self.agent_2)

    def test_next_call_is_the_most_urgent_that_can_be_made(self):
        later = self.make_callback()
        urgent = self.make_callback(partner_id=False, partner_name="李", partner_email=False)
        urgent.write({"deadline": later.deadline - timedelta(hours=1), "phone": "1"})
        console = self.env["itss.callback"].with_user(self.agent)
        action = console.action_next_call()
        call = self.env["itss.callback.call"].browse(action["res_id"])
        self.assertEqual(call.callback_id, urgent)
        other = self.env["itss.callback"].with_user(self.agent_2).action_next_call()
        call_2 = self.env["itss.callback.call"].browse(other["res_id"])
        self.assertEqual(call_2.callback_id, later, "the urgent one is taken")
        self.assertEqual(
            self.env["itss.callback"].with_user(self.leader).action_next_call()["tag"],
            "display_notification",
        )

    def test_one_call_settles_several_callbacks_of_the_contact_each_with_its_own_result(self):
        first, second, third = (self.make_callback() for _number in range(3))
        action = first.with_user(self.agent).action_call()
        call = self.env["itss.callback.call"].with_user(self.agent).browse(action["res_id"])
        self.assertEqual(call.other_ids.callback_id, second | third)
        with Form(call, view="itss_quality.itss_callback_call_view_form") as form:
            form.is_solved = "yes"
            form.stars = "5"
            self.assertEqual(form.score, "100")
            with form.other_ids.edit(0) as line:
                line.is_solved = "no"
                line.score = "35"
        call.action_save()
        self.assertRecordValues(
            first | second | third,
            [
                {"state": "done", "is_solved": "yes", "score": 100},
                {"state": "done", "is_solved": "no", "score": 35},
                {"state": "pending", "is_solved": False, "score": 0},
            ],
        )
        self.assertFalse(third.claimed_by_id)

    def test_contacts_without_a_phone_are_not_taken_for_the_same(self):
        nobody = {"partner_id": False, "partner_email": False}
        first = self.make_callback(partner_name="甲", **nobody)
        second = self.make_callback(partner_name="乙", **nobody)
        self.assertFalse(first.phone or second.phone)
        self.assertFalse(first.with_user(self.agent)._get_same_contact())

    def test_the_next_dialog_stays_with_the_contact_while_they_talk(self):
        first, second = (self.make_callback() for _number in range(2))
        calls = self.env["itss.callback.call"].with_user(self.agent)
        call = calls.browse(first.with_user(self.agent).action_call()["res_id"])
        call.write({"is_solved": "yes", "score": "90"})
        following = calls.browse(call.action_save_next()["res_id"])
        self.assertEqual(following.callback_id, second)
        following.outcome = "no_answer"
        self.assertEqual(following.action_save_next()["tag"], "display_notification")
        self.assertEqual((first.state, second.failed_attempts), ("done", 1))
