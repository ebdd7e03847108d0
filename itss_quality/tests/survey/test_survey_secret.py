from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, UserError
from odoo.tests import JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import RpcCase
from .test_survey_page import SurveyPageCommon

SURVEY_GROUPS = "base.group_user,survey.group_survey_user,base.group_allow_export"


@tagged("post_install", "-at_install")
class TestSurveySecret(SurveyPageCommon, RpcCase):
    """The secret of a customer's answer is told to nobody, and opens nothing by itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.round.action_start()
        cls.round.participant_ids.sudo()._prepare_links()
        cls.round.participant_ids.sudo()._note_mail("invitation")
        cls.secret = cls.participant.with_user(SUPERUSER_ID).user_input_id
        cls.token = cls.secret.access_token
        # whoever has every right there is
        cls.almighty = cls.admin_user
        cls.almighty.group_ids += cls.env.ref("base.group_system")
        cls.almighty.group_ids += cls.env.ref("survey.group_survey_manager")
        for user in cls.desk_user | cls.ops_user | cls.quality_user | cls.manager_user:
            user.group_ids += cls.env.ref("base.group_allow_export")
        cls.readers = (
            cls.desk_user | cls.ops_user | cls.quality_user | cls.manager_user | cls.almighty
        )

    def make_custom_answer(self, user):
        survey = self.env["survey.survey"].with_user(user).create({"title": "Other"})
        question = {"survey_id": survey.id, "title": "Q", "question_type": "text_box"}
        self.env["survey.question"].create(question)
        return survey.sudo()._create_answer(partner=self.participant.partner_id).with_user(user)

    # -------------------------------------------------------------------------
    # Nobody reads it
    # -------------------------------------------------------------------------

    def test_nobody_reads_searches_groups_or_exports_the_secret(self):
        ids, own = self.secret.ids, [["id", "=", self.secret.id]]
        guess = [["access_token", "=like", f"{self.token[:4]}%"]]
        bar = {"field": "access_token", "colors": {}}
        for user in self.readers:
            self.sign_in(user)
            self.assertEqual(self.rpc("survey.user_input", "search", own), ids)
            for method, *arguments in (
                ("read", ids, ["access_token"]),
                ("web_read", ids, {"access_token": {}}),
                ("search_read", own, ["access_token"]),
                ("web_search_read", own, {"access_token": {}}),
                ("export_data", ids, ["access_token"]),
                ("export_data", ids, ["itss_round_id/participant_ids/user_input_id/access_token"]),
                ("search", guess),
                ("search_count", guess),
                ("search", [], 0, None, "access_token desc"),
                ("formatted_read_group", own, ["access_token"], ["__count"]),
                ("formatted_read_group", own, [], ["access_token:array_agg"]),
                ("web_read_group", own, ["access_token"]),
                ("read_progress_bar", own, "access_token", bar),
                ("get_start_url", ids),
                ("write", ids, {"access_token": "mine"}),
            ):
                with (
                    self.subTest(user=user.login, method=method, arguments=arguments),
                    self.assertRaises(JsonRpcException),
                ):
                    self.rpc("survey.user_input", method, *arguments)
            for model, method, *arguments in (
                ("survey.user_input", "read", ids),
                ("survey.user_input", "fields_get"),
                ("survey.user_input", "onchange", ids, {}, [], {"access_token": {}}),
                ("survey.user_input", "action_print_answers", ids),
                ("survey.user_input", "get_print_url", ids),
                ("itss.survey.participant", "action_view_answer", self.participant.ids),
                (
                    "itss.survey.participant",
                    "web_read",
                    self.participant.ids,
                    {"user_input_id": {"fields": {"access_token": {}}}},
                ),
            ):
                with self.subTest(user=user.login, model=model, method=method):
                    try:
                        told = self.rpc(model, method, *arguments)
                    except JsonRpcException as error:
                        told = error
                    self.assertNotIn(self.token, str(told))

    def test_no_way_over_other_records_leads_to_the_secret(self):
        """Also not by one that a later model brings along."""
        guess = f"{self.token[:4]}%"
        ways = [
            (model, name)
            for model, fields in self._get_relations("survey.user_input")
            for name in fields
        ]
        longer = [
            (other, f"{step}.{name}")
            for model, name in ways
            for other, fields in self._get_relations(model)
            for step in fields
        ]
        self.assertIn(("itss.survey.participant", "user_input_id"), ways)
        for model, way in [*ways, *longer]:
            records = self.env[model].with_user(self.almighty)
            with (
                self.subTest(model=model, way=way),
                self.assertRaises(AccessError),
                mute_logger("odoo.models", "odoo.domains"),
            ):
                records.search([(f"{way}.access_token", "=like", guess)], limit=1)

    def _get_relations(self, comodel):
        """Yield each model with its fields that lead to another one."""
        for model in self.env.registry.values():
            names = [
                name
                for name, field in model._fields.items()
                if field.comodel_name == comodel and field._description_searchable
            ]
            if names and not model._abstract:
                yield model._name, names

    def test_no_text_that_a_user_makes_up_tells_the_secret(self):
        inline = "{{ object.access_token }}{{ object.get_start_url() }}"
        for user in self.readers:
            renderer = self.env["mail.composer.mixin"].with_user(user)
            for words in inline.replace("}}{{", "}}|{{").split("|"):
                with self.subTest(user=user.login, words=words), self.assertRaises(UserError):
                    renderer._render_template(words, "survey.user_input", self.secret.ids)

    def test_nothing_is_moved_into_a_customer_s_answer(self):
        user = new_test_user(
            self.env, login="t_manager", groups="base.group_user,survey.group_survey_manager"
        )
        answer = self.make_custom_answer(user)
        question = answer.survey_id.question_ids
        line = answer.user_input_line_ids.create(
            {
                "user_input_id": answer.id,
                "question_id": question.id,
                "answer_type": "text_box",
                "value_text_box": "x",
            }
        )
        self.sign_in(user)
        count = len(self.secret.user_input_line_ids)
        for model, method, *arguments in (
            ("survey.user_input", "write", answer.ids, {"survey_id": self.secret.survey_id.id}),
            ("survey.user_input.line", "write", line.ids, {"user_input_id": self.secret.id}),
            (
                "survey.user_input.line",
                "write",
                line.ids,
                {"user_input_id": self.secret.id, "itss_score": 100},
            ),
        ):
            with (
                self.subTest(model=model, arguments=arguments),
                self.assertRaises(JsonRpcException),
            ):
                self.rpc(model, method, *arguments)
        self.env.invalidate_all()
        self.assertEqual(len(self.secret.user_input_line_ids), count)
        self.rpc("survey.user_input.line", "write", line.ids, {"value_text_box": "y"})

    def test_other_surveys_work_as_ever(self):
        user = new_test_user(self.env, login="t_survey", groups=SURVEY_GROUPS)
        answer = self.make_custom_answer(user)
        token = answer.sudo().access_token
        for told in (
            answer.get_start_url(),
            answer.get_print_url(),
            self.rpc_as(user, "survey.user_input", "action_print_answers", answer.ids)["url"],
            answer.survey_id.action_print_survey(answer=answer)["url"],
            answer.survey_id.action_start_survey(answer=answer)["url"],
        ):
            self.assertIn(token, told)
        self.assertIn("/survey/start/", answer.survey_id.action_start_survey()["url"])
        user.group_ids += self.env.ref("base.group_no_one")
        view = self.env.ref("survey.survey_user_input_view_form")
        self.assertIn("survey_id", answer.get_view(view.id, "form")["arch"])
        stranger = new_test_user(self.env, login="t_stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            answer.with_user(stranger).get_start_url()
        self.sign_in(user)
        page = self.url_open(f"/survey/results/{answer.survey_id.id}")
        self.assertEqual(page.status_code, 200)

    def test_no_live_session_completes_customers_answers(self):
        for method in ("action_start_session", "action_end_session"):
            self.assert_rpc_refused(
                self.almighty, "survey.survey", method, self.survey.ids, error="UserError"
            )
        self.assertEqual(self.secret.state, "new")

    # -------------------------------------------------------------------------
    # It opens nothing by itself
    # -------------------------------------------------------------------------

    def assert_stale(self):
        """Check that no address with the secret opens the questionnaire in this browser."""
        token = self.survey.access_token
        with self.assert_unchanged():
            for url in (
                self.secret.get_start_url(),
                f"/survey/{token}/{self.token}",
                f"/en/survey/{token}/{self.token}",
            ):
                response = self.url_open(url)
                with self.subTest(url=url):
                    self.assertIn(response.status_code, (403, 404))
                    self.assert_tells_nothing(response)
            response = self.url_open(
                f"/survey/start/{token}", cookies={f"survey_{token}": self.token}
            )
            self.assertEqual(response.status_code, 403)
            for step in ("begin", "submit"):
                result = self.call(step, self.secret, **self.get_marks(self.survey.page_ids[0]))
                self.assertEqual(result, {"error": "itss_stale"}, step)
            self.assertEqual([*self.call("next_question", self.secret)], ["error"])
            for url in (
                f"/survey/print/{token}?answer_token={self.token}",
                f"/survey/retry/{token}/{self.token}",
            ):
                self.assertEqual(self.url_open(url).status_code, 410, url)

    def test_the_secret_alone_opens_nothing(self):
        self.assert_stale()
        portal = new_test_user(self.env, login="t_portal", groups="base.group_portal")
        self.sign_in(portal)
        self.assert_stale()

    def test_another_customer_s_link_does_not_open_it(self):
        self.open_link(self.get_answer(self.other))
        self.assert_stale()

    def test_two_links_are_answered_in_one_browser(self):
        answers = [self.secret, self.get_answer(self.other)]
        for answer in answers:
            self.open_link(answer)
        first, *others = self.survey.page_ids
        for answer in answers:
            self.assertNotIn("error", self.call("begin", answer))
            self.assertNotIn("error", self.call("submit", answer, **self.get_marks(first)))
        for answer in reversed(answers):
            for page in others:
                self.assertNotIn("error", self.call("submit", answer, **self.get_marks(page)))
        self.assertEqual([answer.state for answer in answers], ["done", "done"])

    def test_who_signs_in_as_a_colleague_halfway_does_not_go_on(self):
        self.open_link(self.secret)
        self.assertNotIn("error", self.call("begin", self.secret))
        self.sign_in(self.desk_user)
        with self.assert_unchanged():
            self.assertEqual(self.url_open(self.secret.get_start_url()).status_code, 403)
            result = self.call("submit", self.secret, **self.get_marks(self.survey.page_ids[0]))
            self.assertEqual(result, {"error": "itss_internal"})

    # -------------------------------------------------------------------------
    # Reading an answer
    # -------------------------------------------------------------------------

    def test_an_answer_is_read_without_its_secret(self):
        choice = self.survey.question_ids.suggested_answer_ids[0]
        choice.value_image = (
            b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
            b"rkJggg=="
        )
        self.fill_in(self.secret, comment="仅供内部")
        url = f"/itss/survey/answer/{self.secret.id}"
        for user, status in (
            (self.quality_user, 200),
            (self.desk_user, 200),
            (self.manager_user, 200),
            (self.almighty, 200),
            (self.staff_user, 404),
            (self.outsider, 404),
            (self.foreign_user, 404),
            (new_test_user(self.env, login="t_portal", groups="base.group_portal"), 404),
        ):
            self.sign_in(user)
            response = self.url_open(url)
            with self.subTest(user=user.login):
                self.assertEqual(response.status_code, status)
                self.assertEqual("仅供内部" in response.text, status == 200)
                self.assertNotIn(self.token, response.text)
                self.assertEqual(self.url_open("/itss/survey/answer/999999999").status_code, 404)
        self.sign_in(self.quality_user)
        page = self.url_open(f"/survey/results/{self.survey.id}").text
        self.assertIn(url, page)
        self.assertNotIn(self.token, page)
        other = self.make_custom_answer(self.almighty)
        self.sign_in(self.almighty)
        self.assertEqual(self.url_open(f"/itss/survey/answer/{other.id}").status_code, 404)
