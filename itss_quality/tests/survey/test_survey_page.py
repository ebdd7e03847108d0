from contextlib import contextmanager
from datetime import timedelta

from markupsafe import escape

from odoo import SUPERUSER_ID, fields
from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import ItssCommon

SCRIPT = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)"
ROUND = "客户满意度调查之一"


class SurveyPageCommon(ItssCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.survey = cls.env.ref("itss_quality.itss_survey_questionnaire")
        cls.comment = cls.env.ref("itss_quality.itss_survey_question_comment")
        cls.round = cls.make_round(name=ROUND)
        cls.participant, cls.other, cls.third = cls.round.participant_ids.sorted("id")

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)

    def start(self, *, sent=True):
        """Start the round, and have its links sent."""
        self.round.action_start()
        if sent:
            participants = self.round.participant_ids.sudo()
            participants._prepare_links()
            participants._note_mail("invitation")
        self.env.flush_all()

    def sign_in(self, user):
        self.authenticate(user.login, user.login)

    def post(self, url, allow_redirects=True, **data):
        data = {"csrf_token": Request.csrf_token(self), **data}
        response = self.url_open(url, data=data, allow_redirects=allow_redirects)
        self.env.invalidate_all()
        return response

    # -------------------------------------------------------------------------
    # The customer's pages
    # -------------------------------------------------------------------------

    def link(self, participant=None, token=None):
        participant = (participant or self.participant).sudo()
        return f"/itss/survey/{participant.id}/{token or participant.link_token}"

    def get_answer(self, participant=None):
        return (participant or self.participant).sudo().user_input_id

    def open_link(self, answer):
        """Open the link of an invitation, as a customer does before anything else."""
        participants = self.round.participant_ids.sudo()
        participant = participants.filtered(lambda one: one.user_input_id == answer)
        if participant:
            self.url_open(self.link(participant), allow_redirects=False)

    def call(self, step, answer, **params):
        """Call a step of Odoo's questionnaire as its page does; return what it answers."""
        path = f"/survey/{step}/{answer.survey_id.access_token}/{answer.access_token}"
        _correct, result = self.make_jsonrpc_request(path, params)
        self.env.invalidate_all()
        return result

    def get_marks(self, page, mark=5, comment=None):
        """Return what a customer fills in on a page, who gives every question the same mark."""
        params = {"page_id": page.id}
        for question in page.question_ids:
            choice = question.suggested_answer_ids.filtered(
                lambda choice: choice.answer_score == mark
            )
            if question.question_type == "matrix":
                rows = question.matrix_row_ids
                params[str(question.id)] = {str(row.id): [str(choice.id)] for row in rows}
            elif question == self.comment:
                params[str(question.id)] = comment or ""
            else:
                params[str(question.id)] = str(choice.id)
        return params

    def fill_in(self, answer, mark=5, comment=None):
        """Open the link, and go through all pages of the questionnaire."""
        self.open_link(answer)
        if answer.state == "new":
            self.call("begin", answer)
        for page in self.survey.page_ids:
            result = self.call("submit", answer, **self.get_marks(page, mark, comment))
            if "error" in result:
                return result["error"]
        return None

    # -------------------------------------------------------------------------
    # Checks
    # -------------------------------------------------------------------------

    def snapshot(self):
        """Return the rows of participants, answers, and of what they answered."""
        rows = []
        for table, column, ids in (
            ("itss_survey_participant", "round_id", self.round.ids),
            ("survey_user_input", "survey_id", self.survey.ids),
            ("itss_survey_round", "id", self.round.ids),
        ):
            self.env.cr.execute(
                f"SELECT * FROM {table} WHERE {column} = ANY(%s) ORDER BY id", [ids]
            )
            rows.append(self.env.cr.fetchall())
        lines = self.env["survey.user_input.line"].search_count(
            [("survey_id", "=", self.survey.id)]
        )
        messages = self.env["mail.message"].search_count([("model", "like", "itss.survey")])
        return rows, lines, messages

    @contextmanager
    def assert_unchanged(self):
        # what is noted at the end of a transaction belongs to what came before
        self.env.cr.flush()
        # a write in this same transaction would leave the time as it is
        for table in ("itss_survey_participant", "survey_user_input", "itss_survey_round"):
            self.env.cr.execute(f"UPDATE {table} SET write_date = '2020-01-01'")
        self.env.invalidate_all()
        before = self.snapshot()
        yield
        self.env.cr.flush()
        self.env.invalidate_all()
        self.assertEqual(self.snapshot(), before)

    def assert_tells_nothing(self, response):
        participant = self.participant
        for words in (
            ROUND,
            self.survey.title,
            self.survey.page_ids[0].title,
            self.company.name,
            participant.contact_name,
            participant.customer_id.name,
            participant.email,
        ):
            self.assertTrue(words)
            self.assertNotIn(escape(words), response.text)

    def get_doors(self, participant=None):
        """Return every address that a customer's link may lead to."""
        answer = self.get_answer(participant)
        token = self.survey.access_token
        return (
            self.link(participant),
            f"{self.link(participant)}/decline",
            answer.with_user(SUPERUSER_ID).get_start_url(),
            f"/survey/{token}/{answer.access_token}",
            f"/survey/print/{token}?answer_token={answer.access_token}",
            f"/survey/retry/{token}/{answer.access_token}",
        )

    def assert_closed(self, words):
        """Check that no door leads to the questionnaire any more, and none says anything."""
        answer = self.get_answer()
        with self.assert_unchanged():
            for url in self.get_doors():
                with self.subTest(url=url):
                    response = self.url_open(url)
                    self.assertEqual(response.status_code, 410)
                    self.assert_tells_nothing(response)
            self.assertIn(words, self.url_open(self.link()).text)
            response = self.post(f"{self.link()}/decline")
            self.assertEqual(response.status_code, 410)
            for step in ("begin", "submit", "next_question"):
                result = self.call(step, answer, **self.get_marks(self.survey.page_ids[0]))
                self.assertEqual(list(result), ["error"], step)


@tagged("post_install", "-at_install")
class TestSurveyLink(SurveyPageCommon):
    """The customer's link leads to the questionnaire, once, and tells strangers nothing."""

    # -------------------------------------------------------------------------
    # Looking
    # -------------------------------------------------------------------------

    def test_the_link_leads_to_the_questionnaire(self):
        self.start()
        response = self.url_open(self.link())
        self.assertEqual(response.status_code, 200)
        self.assertIn(escape(self.survey.title), response.text)
        self.assertIn(self.get_answer().access_token, response.url)

    def test_whoever_opens_the_pages_changes_nothing(self):
        self.start()
        answer = self.get_answer()
        urls = (
            self.link(),
            f"{self.link()}/decline",
            answer.with_user(SUPERUSER_ID).get_start_url(),
            f"/survey/{self.survey.access_token}/{answer.access_token}",
        )
        with self.assert_unchanged():
            for url in urls:
                for method in ("GET", "HEAD", "GET"):
                    with self.subTest(url=url, method=method):
                        response = self.url_open(url, method=method)
                        self.assertEqual(response.status_code, 200)
        self.assertEqual((self.participant.state, answer.state), ("sent", "new"))

    def test_what_is_sent_in_the_address_changes_nothing(self):
        self.start()
        with self.assert_unchanged():
            self.url_open(f"{self.link()}?state=declined&lang_code=zh_CN")
            self.url_open(f"{self.link()}/decline?csrf_token=x&confirm=1")

    def test_our_pages_are_not_kept_by_caches_or_told_to_other_sites(self):
        self.start()
        for status, url in (
            (200, f"{self.link()}/decline"),
            (404, self.link(token="A" * 22)),
            (404, f"/survey/start/{self.survey.access_token}"),
        ):
            response = self.url_open(url)
            with self.subTest(url=url):
                self.assertEqual(response.status_code, status)
                self.assertIn("no-store", response.headers["Cache-Control"])
                self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
                self.assertEqual(response.headers["X-Robots-Tag"], "noindex")

    # -------------------------------------------------------------------------
    # Links that open nothing
    # -------------------------------------------------------------------------

    def test_a_link_that_never_was_is_not_found_and_tells_nothing(self):
        self.third.sudo().state = "declined"
        self.start()
        token = self.participant.sudo().link_token
        unsent = self.make_round(1)
        unsent.action_start()
        unsent = unsent.participant_ids
        self.assertFalse(unsent.sudo().link_token)
        for key, secret in (
            (self.participant.id, "A" * 22),
            (self.participant.id, token[:-1]),
            (self.participant.id, f"{token}A"),
            (self.participant.id, token.swapcase()),
            (self.participant.id, "a" * 5000),
            (self.participant.id, "%C3%A4" * 22),
            (self.participant.id, "%FF%FE"),
            (self.participant.id, "%00"),
            (self.other.id, token),
            (unsent.id, "False"),
            (unsent.id, token),
            ("abc", token),
            ("-1", token),
            ("0", token),
            (f"{self.participant.id}.0", token),
            ("²", token),
            ("9" * 9, token),
            ("9" * 30, token),
        ):
            url = f"/itss/survey/{key}/{secret}"
            with self.subTest(url=url[:80]), self.assert_unchanged():
                for response in (
                    self.url_open(url),
                    self.url_open(f"{url}/decline"),
                    self.post(f"{url}/decline"),
                ):
                    self.assertEqual(response.status_code, 404)
                    self.assert_tells_nothing(response)

    def test_the_questionnaire_opens_with_an_invitation_s_secret_alone(self):
        self.start()
        token, answer = self.survey.access_token, self.get_answer()
        with self.assert_unchanged():
            for url in (
                f"/survey/start/{token}",
                f"/survey/start/{token}?email=x@y.example.com",
                f"/survey/start/{token}?answer_token=x",
                f"/survey/{token}/x",
                f"/survey/print/{token}",
                f"/survey/print/{token}?answer_token=x",
                f"/survey/retry/{token}/x",
                f"/survey/start/x?answer_token={answer.access_token}",
            ):
                with self.subTest(url=url):
                    response = self.url_open(url)
                    if "/x?" not in url:
                        self.assertEqual(response.status_code, 404)
                    self.assert_tells_nothing(response)

    def test_a_cookie_of_another_answer_opens_nothing(self):
        self.start()
        token = self.survey.access_token
        with self.assert_unchanged():
            response = self.url_open(
                f"/survey/start/{token}", cookies={f"survey_{token}": "nonsense"}
            )
            self.assertEqual(response.status_code, 404)

    def test_a_used_link_opens_nothing(self):
        self.start()
        self.assertIsNone(self.fill_in(self.get_answer()))
        self.assertEqual(self.participant.state, "answered")
        self.assert_closed("your answers are here already")

    def test_a_link_ends_with_the_deadline(self):
        self.start()
        today = fields.Date.today()
        self.round.sudo().write(
            {"date_start": today - timedelta(days=9), "date_end": today - timedelta(days=2)}
        )
        self.assert_closed("The survey has ended")

    def test_late_answers_are_taken_when_the_round_says_so(self):
        self.start()
        today = fields.Date.today()
        self.round.sudo().write(
            {
                "date_start": today - timedelta(days=9),
                "date_end": today - timedelta(days=2),
                "accept_late": True,
            }
        )
        self.assertEqual(self.url_open(self.link()).status_code, 200)
        self.assertIsNone(self.fill_in(self.get_answer()))
        self.assertEqual(self.participant.state, "answered")
        self.participant = self.other
        self.round.action_end()
        self.assert_closed("The survey has ended")

    def test_links_end_with_the_round(self):
        self.start()
        self.round.action_end()
        self.assert_closed("The survey has ended")

    def test_who_begins_before_the_end_can_t_finish_after_it(self):
        self.start()
        answer = self.get_answer()
        self.open_link(answer)
        self.call("begin", answer)
        first, second, last = self.survey.page_ids
        for page in (first, second):
            self.assertNotIn("error", self.call("submit", answer, **self.get_marks(page)))
        self.round.action_end()
        result = self.call("submit", answer, **self.get_marks(last))
        self.assertEqual(list(result), ["error"])
        self.assertEqual((answer.state, self.participant.state), ("in_progress", "sent"))

    def test_who_has_declined_can_t_answer_any_more(self):
        self.start()
        self.participant.with_user(self.desk_user).write(
            {"state": "declined", "decline_reason": "keine Zeit"}
        )
        self.assert_closed("does not open a survey")

    def test_who_is_to_be_asked_again_uses_the_new_mail(self):
        self.start()
        self.participant.sudo().state = "to_send"
        self.assert_closed("does not open a survey")

    # -------------------------------------------------------------------------
    # Declining
    # -------------------------------------------------------------------------

    def test_declining_asks_first_and_is_noted_once(self):
        self.start()
        response = self.url_open(f"{self.link()}/decline")
        self.assertEqual(self.participant.state, "sent")
        self.assertIn("Don't want to take part?", response.text.replace("&#39;", "'"))
        response = self.post(f"{self.link()}/decline")
        self.assertEqual(response.status_code, 200)
        self.assertIn("Thank you for telling us", response.text)
        self.assertEqual(self.participant.state, "declined")
        self.assertTrue(self.participant.decline_reason)
        self.assertEqual(self.post(f"{self.link()}/decline").status_code, 410)
        self.assertEqual(self.round.declined_count, 1)

    def test_declining_from_elsewhere_is_refused(self):
        self.start()
        with self.assert_unchanged(), mute_logger("odoo.http"):
            for data in ({"x": 1}, {"csrf_token": "x"}):
                response = self.url_open(f"{self.link()}/decline", data=data)
                self.assertEqual(response.status_code, 400)

    # -------------------------------------------------------------------------
    # One answer, and no more
    # -------------------------------------------------------------------------

    def test_the_answer_is_scored_and_counted(self):
        self.start()
        self.assertIsNone(self.fill_in(self.get_answer(), mark=4, comment="很好"))
        self.assertRecordValues(
            self.participant,
            [{"state": "answered", "score": 80, "is_scored": True, "channel": "email"}],
        )
        self.round.sudo()._update_results()
        self.assertEqual((self.round.score, self.round.score_count), (80, 1))

    def test_a_second_browser_goes_on_with_the_same_answer(self):
        self.start()
        answer = self.get_answer()
        self.open_link(answer)
        self.call("begin", answer)
        first, second, last = self.survey.page_ids
        self.call("submit", answer, **self.get_marks(first, mark=3))
        self.authenticate(None, None)
        response = self.url_open(self.link())
        self.assertIn(answer.access_token, response.url)
        self.assertIn(second.question_ids.title, response.text, "where the first one stopped")
        self.assertIn("error", self.call("begin", answer), "it has begun already")
        for page in (second, last):
            self.assertNotIn("error", self.call("submit", answer, **self.get_marks(page)))
        self.assertEqual(self.participant.state, "answered")
        self.assertEqual(
            self.call("submit", answer, **self.get_marks(last)), {"error": "itss_used"}
        )
        answers = self.env["survey.user_input"].search([("survey_id", "=", self.survey.id)])
        self.assertEqual(answers.filtered(lambda one: one.state == "done"), answer)
        self.assertEqual(len(answers), len(self.round.participant_ids))

    def test_a_page_sent_twice_is_saved_once(self):
        self.start()
        answer = self.get_answer()
        self.open_link(answer)
        self.call("begin", answer)
        first, *_others = self.survey.page_ids
        for mark in (5, 2, 2):
            self.call("submit", answer, **self.get_marks(first, mark))
        lines = answer.user_input_line_ids
        self.assertEqual(len(lines), len(first.question_ids))
        self.assertEqual(set(lines.mapped("suggested_answer_id.answer_score")), {2})

    def test_no_retry_makes_a_second_answer(self):
        self.start()
        token, answer = self.survey.access_token, self.get_answer()
        for _run in range(2):
            with self.assert_unchanged():
                response = self.url_open(f"/survey/retry/{token}/{answer.access_token}")
                self.assertEqual(response.status_code, 410)
                self.assert_tells_nothing(response)
            if answer.state != "done":
                self.assertIsNone(self.fill_in(answer))

    def test_test_entries_never_count(self):
        self.start()
        self.sign_in(self.quality_user)
        response = self.url_open(f"/survey/test/{self.survey.access_token}")
        self.assertEqual(response.status_code, 200)
        test = self.env["survey.user_input"].search(
            [("survey_id", "=", self.survey.id), ("test_entry", "=", True)]
        )
        self.assertEqual(len(test), 1)
        self.assertIsNone(self.fill_in(test, mark=1))
        self.assertEqual(test.state, "done")
        again = self.url_open(f"/survey/retry/{self.survey.access_token}/{test.access_token}")
        self.assertEqual(again.status_code, 200)
        self.authenticate(None, None)
        self.assertIsNone(self.fill_in(self.get_answer(), mark=5))
        self.round.action_end()
        self.assertRecordValues(
            self.round,
            [{"score": 100, "score_count": 1, "answer_count": 1, "response_rate": 100 / 3}],
        )
        self.assertFalse(self.participant.improvement_ids or self.round.improvement_ids)

    def test_strangers_make_no_test_entry(self):
        self.start()
        for user in (None, self.outsider, self.make_portal_user()):
            with self.subTest(user=user and user.login), self.assert_unchanged():
                self.authenticate(user and user.login, user and user.login)
                response = self.url_open(f"/survey/test/{self.survey.access_token}")
                self.assertNotIn(escape(self.survey.title), response.text)

    # -------------------------------------------------------------------------
    # Who is signed in
    # -------------------------------------------------------------------------

    def make_portal_user(self):
        return new_test_user(self.env, login="t_portal", groups="base.group_portal")

    def test_a_colleague_does_not_answer_in_the_customer_s_place(self):
        self.start()
        answer = self.get_answer()
        for user in (self.desk_user, self.quality_user, self.outsider, self.admin_user):
            self.sign_in(user)
            with self.subTest(user=user.login), self.assert_unchanged():
                response = self.url_open(self.link())
                self.assertEqual(response.status_code, 403)
                self.assert_tells_nothing(response)
                self.assertIn("This link is the customer", response.text)
                for step in ("begin", "submit"):
                    result = self.call(step, answer, **self.get_marks(self.survey.page_ids[0]))
                    self.assertEqual(result, {"error": "itss_internal"})

    def test_whoever_holds_the_link_answers_though_signed_in_as_another_contact(self):
        self.start()
        portal = self.make_portal_user()
        self.assertNotEqual(portal.partner_id, self.participant.partner_id)
        self.sign_in(portal)
        self.assertEqual(self.url_open(self.link()).status_code, 200)
        self.assertIsNone(self.fill_in(self.get_answer()))
        self.assertEqual(self.participant.state, "answered")
        self.assertEqual(self.get_answer().partner_id, self.participant.partner_id)

    def test_answers_are_shown_to_those_who_may_read_them(self):
        self.start()
        self.fill_in(self.get_answer(), comment="仅供内部")
        answer = self.get_answer()
        url = f"/survey/print/{self.survey.access_token}?answer_token={answer.access_token}"
        for user, status in (
            (self.quality_user, 200),
            (self.desk_user, 200),
            (self.manager_user, 200),
            (self.staff_user, 410),
            (self.outsider, 410),
            (self.foreign_user, 410),
            (self.make_portal_user(), 410),
        ):
            self.sign_in(user)
            response = self.url_open(url)
            with self.subTest(user=user.login):
                self.assertEqual(response.status_code, status)
                self.assertEqual("仅供内部" in response.text, status == 200)

    def test_marketing_sees_the_questionnaire_s_results_page_without_answers(self):
        self.start()
        self.fill_in(self.get_answer(), mark=2, comment="仅供内部")
        for role in ("user", "manager"):
            user = new_test_user(
                self.env, login=f"t_survey_{role}", groups=f"survey.group_survey_{role}"
            )
            answers = self.env["survey.user_input"].with_user(user)
            domain = [("survey_id", "=", self.survey.id)]
            self.assertFalse(answers.search(domain))
            self.assertFalse(answers.env["survey.user_input.line"].search(domain))
            self.sign_in(user)
            with self.subTest(role=role), mute_logger("odoo.http"):
                response = self.url_open(f"/survey/results/{self.survey.id}")
                for words in ("仅供内部", self.participant.contact_name, ROUND):
                    self.assertNotIn(words, response.text)
                answer = self.get_answer()
                response = self.url_open(
                    f"/survey/print/{self.survey.access_token}?answer_token={answer.access_token}"
                )
                self.assertEqual(response.status_code, 410)

    # -------------------------------------------------------------------------
    # Words
    # -------------------------------------------------------------------------

    def test_markup_in_an_answer_stays_text(self):
        self.start()
        self.fill_in(self.get_answer(), mark=1, comment=f"<b>太慢</b>{SCRIPT}")
        lines = self.get_answer().user_input_line_ids
        words = lines.filtered(lambda line: line.question_id == self.comment).value_text_box
        self.assertEqual(words, f"<b>太慢</b>{SCRIPT}")
        self.sign_in(self.quality_user)
        token = self.get_answer().access_token
        for url, words in (
            (f"/survey/print/{self.survey.access_token}?answer_token={token}", "太慢"),
            # as JSON in an attribute
            (f"/survey/results/{self.survey.id}", r"\u592a\u6162"),
        ):
            page = self.url_open(url).text
            with self.subTest(url=url):
                self.assertIn(words, page)
                self.assertIn(ESCAPED, page)
                self.assertNotIn(SCRIPT, page)
        self.round.action_end()
        self.participant.sudo()._propose()
        improvement = self.participant.improvement_ids
        self.assertIn(SCRIPT, improvement.problem, "a text field, shown as text")
        self.assertEqual(improvement._fields["problem"].type, "text")
        for record in (self.participant, self.round, improvement):
            for body in record.message_ids.mapped("body"):
                self.assertNotIn(SCRIPT, body)

    def test_the_pages_speak_the_contact_s_language_whatever_the_browser_says(self):
        self.load_chinese()
        self.participant.lang = "zh_CN"
        self.other.lang = "en_US"
        self.start()
        english = {"Accept-Language": "en-US"}
        for path, words in (
            ("", "运维服务客户满意度调查问卷"),
            ("/decline", "不想参加"),
        ):
            self.authenticate(None, None)
            page = self.url_open(f"{self.link()}{path}", headers=english).text
            with self.subTest(path=path):
                self.assertIn(words, page)
                self.assertIn('lang="zh-CN"', page)
        self.authenticate(None, None)
        answer = self.get_answer()
        self.open_link(answer)
        content = self.call("begin", answer)["survey_content"]
        for words in ("非常满意", "您对我们的响应速度是否满意"):
            self.assertIn(words, content)
        self.assertNotIn("Very satisfied", content)
        self.assertIsNone(self.fill_in(answer))
        page = self.url_open(self.link(), headers=english).text
        self.assertIn("感谢您", page)
        self.assertNotIn("Thank you", page)
        self.authenticate(None, None)
        page = self.url_open(self.link(self.other), headers={"Accept-Language": "zh-CN"}).text
        self.assertIn("Customer Satisfaction with O&amp;M Services", page)
        self.assertIn('lang="en-US"', page)


@tagged("post_install", "-at_install")
class TestSurveyEntry(SurveyPageCommon):
    """Agents enter what customers say by phone, in an interview, or on paper."""

    def setUp(self):
        super().setUp()
        self.start()
        self.today = fields.Date.to_string(self.round._get_today())

    def entry(self, participant=None):
        return f"/itss/survey/entry/{(participant or self.participant).id}"

    def get_form(self, mark=5, comment=None, **changes):
        """Return what an agent sends who gives every question the same mark."""
        form = {"channel": "phone", "day": self.today, "then": "close"}
        for page in self.survey.page_ids:
            for name, value in self.get_marks(page, mark, comment).items():
                if isinstance(value, dict):
                    form |= {f"q{name}-{row}": chosen[0] for row, chosen in value.items()}
                elif name != "page_id":
                    form[f"q{name}"] = value
        return {**form, **changes}

    def enter(self, participant=None, allow_redirects=False, **form):
        return self.post(self.entry(participant), allow_redirects, **form)

    # -------------------------------------------------------------------------
    # Who
    # -------------------------------------------------------------------------

    def test_the_service_desk_enters_what_the_customer_said(self):
        self.sign_in(self.desk_user)
        page = self.url_open(self.entry())
        self.assertEqual(page.status_code, 200)
        for words in (ROUND, self.participant.contact_name, self.participant.phone):
            self.assertIn(words, page.text)
        self.assertIn("no-store", page.headers["Cache-Control"])
        response = self.enter(**self.get_form(mark=4, comment="很快", channel="interview"))
        self.assertEqual(response.status_code, 303)
        self.assertIn(
            f"itss_survey_participant_action/{self.participant.id}", response.headers["Location"]
        )
        self.assertRecordValues(
            self.participant,
            [
                {
                    "state": "answered",
                    "channel": "interview",
                    "interviewer_id": self.desk_user.id,
                    "interview_date": self.round._get_today(),
                    "score": 80,
                }
            ],
        )
        answer = self.get_answer()
        self.assertEqual((answer.state, answer.itss_channel), ("done", "interview"))
        self.assertIn("很快", answer.user_input_line_ids.mapped("value_text_box"))
        self.authenticate(None, None)
        self.assert_closed("your answers are here already")

    def test_nobody_else_enters_anything(self):
        portal = new_test_user(self.env, login="t_portal", groups="base.group_portal")
        for user in (
            self.staff_user,
            self.manager_user,
            self.outsider,
            self.foreign_user,
            portal,
        ):
            self.sign_in(user)
            with self.subTest(user=user.login), self.assert_unchanged():
                for response in (self.url_open(self.entry()), self.enter(**self.get_form())):
                    self.assertEqual(response.status_code, 404)
                    self.assert_tells_nothing(response)
        self.authenticate(None, None)
        with self.assert_unchanged():
            for response in (
                self.url_open(self.entry(), allow_redirects=False),
                self.enter(**self.get_form()),
            ):
                self.assertEqual(response.status_code, 303)
                self.assertIn("/web/login", response.headers["Location"])

    def test_of_an_anonymous_round_the_quality_department_alone_enters_answers(self):
        round_ = self.make_round(2, is_anonymous=True)
        round_.action_start()
        participant, other = round_.participant_ids.sorted("id")
        for user in (self.desk_user, self.ops_user):
            self.sign_in(user)
            with self.subTest(user=user.login):
                self.assertEqual(self.url_open(self.entry(participant)).status_code, 404)
                response = self.enter(participant, **self.get_form())
                self.assertEqual((response.status_code, participant.state), (404, "to_send"))
        self.sign_in(self.quality_user)
        response = self.enter(participant, **self.get_form(then="next"))
        self.assertEqual(participant.state, "answered")
        self.assertFalse(participant.user_input_id)
        self.assertIn(self.entry(other), response.headers["Location"])

    def test_a_form_from_elsewhere_is_refused(self):
        self.sign_in(self.desk_user)
        with self.assert_unchanged(), mute_logger("odoo.http"):
            response = self.url_open(self.entry(), data=self.get_form(csrf_token="x"))
            self.assertEqual(response.status_code, 400)

    def test_a_participant_that_never_was_is_not_found(self):
        self.sign_in(self.desk_user)
        for key in (0, 999999999, 99999999999, "9" * 30, "abc", "-1"):
            with self.subTest(key=key):
                response = self.url_open(f"/itss/survey/entry/{key}")
                # what is no number might be a customer's link
                self.assertEqual(response.status_code, 403 if key == "abc" else 404)

    def test_opening_the_page_changes_nothing(self):
        self.sign_in(self.desk_user)
        with self.assert_unchanged():
            for url in (self.entry(), f"{self.entry()}?channel=paper&day={self.today}&then=next"):
                self.assertEqual(self.url_open(url).status_code, 200)

    # -------------------------------------------------------------------------
    # When there is nothing left to enter
    # -------------------------------------------------------------------------

    def test_two_agents_enter_one_answer(self):
        self.sign_in(self.desk_user)
        self.enter(**self.get_form(mark=5))
        self.sign_in(self.ops_user)
        with self.assert_unchanged():
            for response in (self.url_open(self.entry()), self.enter(**self.get_form(mark=1))):
                self.assertEqual(response.status_code, 410)
                self.assertIn("answers are here already", response.text)
        self.assertEqual(self.participant.interviewer_id, self.desk_user)

    def test_after_the_end_nothing_is_entered(self):
        self.participant.with_user(self.desk_user).write(
            {"state": "declined", "decline_reason": "出差"}
        )
        self.sign_in(self.desk_user)
        with self.assert_unchanged():
            for response in (self.url_open(self.entry()), self.enter(**self.get_form())):
                self.assertEqual(response.status_code, 410, "who has declined")
        self.round.action_end()
        with self.assert_unchanged():
            response = self.enter(self.other, **self.get_form())
            self.assertEqual(response.status_code, 410)

    # -------------------------------------------------------------------------
    # What does not fit
    # -------------------------------------------------------------------------

    def test_what_does_not_fit_is_asked_for_again_with_what_was_entered(self):
        self.sign_in(self.desk_user)
        speed = self.env.ref("itss_quality.itss_survey_question_speed")
        overall = self.env.ref("itss_quality.itss_survey_question_overall")
        process = self.env.ref("itss_quality.itss_survey_question_process")
        row = process.matrix_row_ids[0]
        foreign = overall.suggested_answer_ids[0].id
        for changes in (
            {f"q{speed.id}": foreign},
            {f"q{speed.id}": "abc"},
            {f"q{speed.id}": "-1"},
            {f"q{process.id}-{row.id}": foreign},
            {"channel": "email"},
            {"channel": "fax"},
            {"channel": ""},
            {"day": ""},
            {"day": "gestern"},
            {"day": "2026-02-31"},
        ):
            comment = f"太慢 {SCRIPT}"
            with self.subTest(changes=changes), self.assert_unchanged():
                response = self.enter(**self.get_form(mark=4, comment=comment, **changes))
                self.assertEqual(response.status_code, 422)
                page = response.text
                self.assertIn('role="alert"', page)
                self.assertIn(f"太慢 {ESCAPED}", page)
                self.assertNotIn(SCRIPT, page)
                self.assertGreaterEqual(page.count("checked"), 7, "the valid answers are kept")
        self.assertEqual(self.enter(**self.get_form()).status_code, 303)

    def test_an_empty_sheet_is_no_answer(self):
        self.sign_in(self.desk_user)
        with self.assert_unchanged():
            response = self.enter(channel="paper", day=self.today)
            self.assertEqual(response.status_code, 422)
            self.assertIn("at least one answer", response.text)
            self.assertRegex(response.text, r'value="paper" selected')

    def test_what_the_customer_did_not_say_is_left_out(self):
        self.sign_in(self.desk_user)
        speed = self.env.ref("itss_quality.itss_survey_question_speed")
        choice = self.env.ref("itss_quality.itss_survey_speed_fair")
        form = {"channel": "phone", "day": self.today, f"q{speed.id}": choice.id}
        self.assertEqual(self.enter(**form).status_code, 303)
        self.assertEqual((self.participant.state, self.participant.score), ("answered", 60))

    def test_the_day_lies_in_the_survey_and_not_in_the_future(self):
        self.sign_in(self.desk_user)
        today = self.round._get_today()
        start, end = today - timedelta(days=5), today - timedelta(days=1)
        self.round.sudo().write({"date_start": start, "date_end": end})
        for day in (start - timedelta(days=1), end + timedelta(days=1), today + timedelta(days=1)):
            with self.subTest(day=day), self.assert_unchanged():
                response = self.enter(**self.get_form(day=fields.Date.to_string(day)))
                self.assertEqual(response.status_code, 422)
                self.assertIn("on which the customer answered", response.text)
        for participant, day in ((self.participant, start), (self.other, end)):
            response = self.enter(participant, **self.get_form(day=fields.Date.to_string(day)))
            self.assertEqual(response.status_code, 303)
            self.assertEqual(participant.interview_date, day)
        self.round.sudo().accept_late = True
        response = self.enter(self.third, **self.get_form(day=fields.Date.to_string(today)))
        self.assertEqual(response.status_code, 303, "late, as the round allows it")

    def test_odd_forms_are_answered_not_crashed_on(self):
        self.sign_in(self.desk_user)
        url, token = self.entry(), {"csrf_token": Request.csrf_token(self)}
        response = self.url_open(url, data=token, files={"day": ("x.txt", b"x")})
        self.assertEqual(response.status_code, 422)
        long = "a\x00b" + "很" * 6000
        response = self.enter(**self.get_form(comment=long))
        self.assertEqual(response.status_code, 303)
        [text] = filter(None, self.get_answer().user_input_line_ids.mapped("value_text_box"))
        self.assertEqual((text[:2], len(text)), ("ab", 5000))

    # -------------------------------------------------------------------------
    # Many sheets in a row
    # -------------------------------------------------------------------------

    def test_the_next_sheet_follows_until_none_is_left(self):
        self.other.with_user(self.desk_user).write({"state": "declined", "decline_reason": "出差"})
        self.sign_in(self.desk_user)
        response = self.enter(**self.get_form(channel="paper", then="next"))
        self.assertEqual(response.status_code, 303)
        following = response.headers["Location"]
        self.assertIn(self.entry(self.third), following, "whoever declined is left out")
        page = self.url_open(following).text
        self.assertIn(f'value="{self.today}"', page, "the day is kept")
        self.assertRegex(page, r'value="paper" selected', "the channel is kept")
        response = self.enter(self.third, **self.get_form(channel="paper", then="next"))
        self.assertIn(
            f"itss_survey_participant_action/{self.third.id}", response.headers["Location"]
        )
        self.assertEqual(self.round.answered_count, 2)

    def test_the_page_speaks_the_agent_s_language(self):
        self.load_chinese()
        self.desk_user.lang = "zh_CN"
        self.participant.lang = "en_US"
        self.sign_in(self.desk_user)
        page = self.url_open(self.entry()).text
        for words in ("非常满意", "您对我们的响应速度是否满意", "保存并录入下一份"):
            self.assertIn(words, page)
        self.assertNotIn("Very satisfied", page)
