"""What holds for every route of the addon: those that come later are tested without a line here."""

from odoo import fields
from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ...controllers.core.itss_link import LinkPages
from ...tools.records import concrete_models
from ..common import ItssCommon

ADDON = "odoo.addons.itss_quality."
# what a request may not change, beside the addon's own records
TABLES = (
    "helpdesk_ticket",
    "ir_attachment",
    "mail_mail",
    "mail_message",
    "survey_user_input",
    "survey_user_input_line",
)
METHODS = ("OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")


@tagged("post_install", "-at_install")
class TestEveryRoute(ItssCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        cls.portal_user = new_test_user(cls.env, login="t_portal", groups="base.group_portal")
        cls.callback = cls.make_callback(partner_id=cls.contact.id)
        cls.callback._send_links()
        cls.ticket = cls.make_ticket(partner_id=cls.portal_user.partner_id.id)
        round_ = cls.make_round(participants=1)
        round_.action_start()
        cls.participant = round_.participant_ids.sudo()
        cls.participant._prepare_links()
        cls.participant._note_mail("invitation")
        cls.complaint = cls.env["itss.complaint"].create(
            {
                "name": "门禁故障",
                "description": "<p>三天没人来</p>",
                "company_id": cls.company.id,
                "partner_id": cls.portal_user.partner_id.id,
                "channel": "portal",
            }
        )
        place = {"res_model": "itss.complaint", "res_id": cls.complaint.id}
        cls.file = cls.env["ir.attachment"].create({"name": "x.txt", "raw": b"x", **place})
        cls.complaint.customer_file_ids = cls.file
        answer = cls.participant.user_input_id
        # by the names of the arguments in the addresses; a new one needs a value here
        cls.arguments = {
            "answer_id": answer.id,
            "answer_token": answer.access_token,
            "attachment_id": cls.file.id,
            "callback_id": cls.callback.id,
            "complaint_id": cls.complaint.id,
            # of no record: what reports print is tested with them
            "converter": "html",
            "docids": "999999999",
            "page": 1,
            "participant_id": cls.participant.id,
            "reportname": cls.env.ref("itss_quality.itss_complaint_report_pdf").report_name,
            "survey_token": answer.survey_id.access_token,
        }
        # what any of the pages would take
        cls.form = {
            "is_solved": "yes",
            "stars": "5",
            "comment": "x",
            "name": "x",
            "description": "x",
            "reason": "x",
            "channel": "phone",
            "day": fields.Date.to_string(fields.Date.today()),
            "ticket_id": cls.ticket.id,
            "stage_id": cls.stage_done.id,
        }

    def get_rules(self):
        """Return the rules of the routing map whose code is the addon's."""
        rules = [
            rule
            for rule in self.env["ir.http"].routing_map().iter_rules()
            if rule.endpoint.func.__module__.startswith(ADDON)
        ]
        self.assertGreater(len(rules), 10)
        return rules

    def is_new(self, endpoint):
        """Whether the route is the addon's own, and not another one's that it extends."""
        name = endpoint.func.__name__
        classes = type(endpoint.func.__self__).__mro__
        return all(cls.__module__.startswith(ADDON) for cls in classes if name in vars(cls))

    def build(self, rule):
        linked = self.participant if "participant_id" in rule.arguments else self.callback
        values = {**self.arguments, "token": linked.link_token}
        _domain, path = rule.build({name: values[name] for name in rule.arguments})
        return path

    def send(self, path, method, **options):
        form = {**self.form, "csrf_token": Request.csrf_token(self)}
        response = self.url_open(
            path, params=form, data=form, method=method, allow_redirects=False, **options
        )
        self.env.invalidate_all()
        return response

    def snapshot(self):
        """Return where each row lies: any write moves it."""
        self.env.flush_all()
        own = [self.env[name] for name in concrete_models(self.env, "base")]
        tables = [model._table for model in own if model._name.startswith("itss.") and model._auto]
        return {
            table: self.env.execute_query(
                SQL(
                    "SELECT md5(string_agg(ctid::text, ',' ORDER BY ctid)) FROM %s",
                    SQL.identifier(table),
                )
            )
            for table in (*tables, *TABLES)
        }

    def get_visitors(self):
        return None, self.portal_user, self.desk_user

    def sign_in(self, user):
        self.authenticate(user and user.login, user and user.login)

    # -------------------------------------------------------------------------
    # As they are declared
    # -------------------------------------------------------------------------

    def test_each_says_by_which_methods_it_is_called(self):
        for rule in self.get_rules():
            with self.subTest(route=rule.rule):
                routing = rule.endpoint.routing
                if self.is_new(rule.endpoint):
                    self.assertTrue(routing["methods"])
                self.assertTrue(routing.get("csrf", True) or routing["type"] != "http")
                self.assertFalse(routing.get("cors"))

    def test_each_page_without_signing_in_is_behind_a_personal_link(self):
        for rule in self.get_rules():
            if rule.endpoint.routing["auth"] != "user" and self.is_new(rule.endpoint):
                with self.subTest(route=rule.rule):
                    self.assertIsInstance(rule.endpoint.func.__self__, LinkPages)

    # -------------------------------------------------------------------------
    # As they are called
    # -------------------------------------------------------------------------

    @mute_logger("odoo.http")
    def test_other_methods_change_nothing(self):
        for user in self.get_visitors():
            self.sign_in(user)
            for rule in self.get_rules():
                path = self.build(rule)
                before = self.snapshot()
                for method in METHODS:
                    with self.subTest(user=user and user.login, route=rule.rule, method=method):
                        status = self.send(path, method).status_code
                        self.assertLess(status, 500)
                        if rule.endpoint.routing["methods"] and user:
                            self.assertEqual(status, 405)
                        self.assertEqual(self.snapshot(), before)

    @mute_logger("odoo.http")
    def test_looking_changes_nothing(self):
        for user in self.get_visitors():
            self.sign_in(user)
            for rule in self.get_rules():
                path = self.build(rule)
                before = self.snapshot()
                for method in ("GET", "HEAD"):
                    with self.subTest(user=user and user.login, route=rule.rule, method=method):
                        self.assertLess(self.send(path, method).status_code, 500)
                        self.assertEqual(self.snapshot(), before)

    @mute_logger("odoo.http")
    def test_no_colleague_gets_to_a_customer_s_page(self):
        rules = [
            rule
            for rule in self.get_rules()
            if rule.endpoint.routing["auth"] != "user" and self.is_new(rule.endpoint)
        ]
        self.assertGreaterEqual(len(rules), 4)
        before = self.snapshot()
        for user in self.users | self.engineer | self.foreign_user:
            self.sign_in(user)
            for rule in rules:
                for method in rule.methods & {"GET", "POST"}:
                    with self.subTest(user=user.login, route=rule.rule, method=method):
                        response = self.send(self.build(rule), method)
                        self.assertEqual(response.status_code, 403)
                        self.assertIn("This link is the customer", response.text)
                        self.assertNotIn(self.contact.name, response.text)
                        self.assertNotIn(self.ticket.name, response.text)
        self.assertEqual(self.snapshot(), before)

    @mute_logger("odoo.http", "werkzeug")
    def test_what_the_database_can_t_store_is_no_error(self):
        odd = {name: f"\x00{value}\x00" for name, value in self.form.items()}
        for user in self.get_visitors():
            self.sign_in(user)
            for rule in self.get_rules():
                for method in ("GET", "POST"):
                    data = {**odd, "csrf_token": Request.csrf_token(self)}
                    with self.subTest(user=user and user.login, route=rule.rule, method=method):
                        response = self.url_open(
                            self.build(rule),
                            data=data if method == "POST" else None,
                            params=odd if method == "GET" else None,
                            method=method,
                            headers={"User-Agent": "x\x00y"},
                            files=method == "POST" and [("attachments", ("a\x00b.txt", b"x"))],
                            allow_redirects=False,
                        )
                        self.assertLess(response.status_code, 500)
        for token in ("%00", "%FF%FE", "a%0Ab", "%E2%80%A8"):
            survey = self.arguments["survey_token"]
            for path in (
                f"/survey/start/{token}",
                f"/survey/{survey}/{token}",
                f"/survey/print/{survey}?answer_token={token}",
                f"/survey/retry/{token}/{token}",
            ):
                with self.subTest(path=path):
                    self.assertLess(self.url_open(path).status_code, 500)
