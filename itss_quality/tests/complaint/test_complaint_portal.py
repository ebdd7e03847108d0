import re
from datetime import timedelta

from lxml import html

from odoo import fields
from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ...models.complaint.itss_complaint import MOST_PER_HOUR
from .common import ComplaintCommon

PAYLOADS = (
    "<script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    '<svg onload="alert(1)"><script>alert(1)</script></svg>',
    '<style>@import url("https://evil.example.com/a.css");</style>',
    '<div style="position:fixed;background:url(javascript:alert(1))">x</div>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
    '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
    "<iframe src=https://evil.example.com></iframe>",
    "<t t-out='request.env'/>",
)
# a tag or an attribute of one of them that a browser would take for one
ALIVE = re.compile(
    r"<script>alert|<img src=.?x|<svg onload|<style>@|<div style=.position|<a href=.(java|data:)"
    r"|<img src=.data:image/svg|<iframe src=.?https://evil|<t t-out"
)


@tagged("post_install", "-at_install")
class TestComplaintPortal(ComplaintCommon, HttpCase):
    """/my/complaints: the customer's own ones, what is meant for the customer, and nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.portal_user = cls.make_portal_user("t_portal_1", "钱主任")
        cls.portal_user_2 = cls.make_portal_user("t_portal_2", "孙主任")
        cls.own = cls.make_complaint(partner_id=cls.portal_user.partner_id.id, name="我的投诉")
        cls.foreign = cls.make_complaint(
            partner_id=cls.portal_user_2.partner_id.id, name="别人的投诉"
        )

    @classmethod
    def make_portal_user(cls, login, name):
        user = new_test_user(
            cls.env,
            login=login,
            groups="base.group_portal",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
            name=name,
            email=f"{login}@hospital.example.com",
        )
        user.partner_id.write({"parent_id": cls.customer.id, "company_id": cls.company.id})
        return user

    def setUp(self):
        super().setUp()
        self.authenticate("t_portal_1", "t_portal_1")

    def post(self, path, data=None, files=None):
        data = {"csrf_token": Request.csrf_token(self), **(data or {})}
        return self.url_open(path, data=data, files=files, allow_redirects=False)

    def test_the_list_shows_one_s_own_alone(self):
        text = self.url_open("/my/complaints").text
        self.assertIn("我的投诉", text)
        self.assertNotIn("别人的投诉", text)
        self.assertIn("/my/complaints", self.url_open("/my").text)

    def test_guessed_numbers_lead_nowhere(self):
        internal = self.make_complaint(name="内部")
        for complaint in (self.foreign, internal):
            for path in ("", "/files/1"):
                response = self.url_open(f"/my/complaints/{complaint.id}{path}")
                self.assertEqual(response.status_code, 404)
            response = self.post(f"/my/complaints/{complaint.id}/dissatisfied", {"reason": "x"})
            self.assertEqual(response.status_code, 404)
        for number in (0, 999999999, 99999999999999999999):
            self.assertEqual(self.url_open(f"/my/complaints/{number}").status_code, 404)

    def test_filing_a_complaint_with_a_file(self):
        response = self.post(
            "/my/complaints/new",
            {
                "name": "门禁故障",
                "description": "三天没人来\n<script>alert(1)</script>",
                "category_id": str(self.category.id),
            },
            {"attachments": ("照片.jpg", b"jpeg", "image/jpeg")},
        )
        self.assertEqual(response.status_code, 303)
        complaint = self.env["itss.complaint"].search([("name", "=", "门禁故障")])
        self.assertEqual(complaint.partner_id, self.portal_user.partner_id)
        self.assertEqual((complaint.channel, complaint.state), ("portal", "new"))
        self.assertEqual(complaint.category_id, self.category)
        self.assertNotIn("<script", complaint.description)
        page = self.url_open(response.headers["Location"])
        self.assertIn("has been received", page.text)
        self.assertIn("Submitted", page.text)
        page = self.url_open(f"/my/complaints/{complaint.id}")
        self.assertNotIn("has been received", page.text)
        self.assertIn(complaint.number, page.text)
        self.assertIn("照片.jpg", page.text)
        file = complaint.customer_file_ids
        download = self.url_open(f"/my/complaints/{complaint.id}/files/{file.id}")
        self.assertEqual(download.content, b"jpeg")
        self.assertIn("attachment", download.headers["Content-Disposition"])

    def test_what_is_missing_or_too_much_is_said_and_nothing_lost(self):
        files = [("attachments", (f"{n}.txt", b"x", "text/plain")) for n in range(6)]
        for data, attached, words in (
            ({"name": "", "description": "三天没人来"}, None, "三天没人来"),
            ({"name": "门禁", "description": " "}, None, "门禁"),
            ({"name": "门禁", "description": "很多文件"}, files, "很多文件"),
        ):
            with self.subTest(data=data):
                response = self.post("/my/complaints/new", data, attached)
                self.assertEqual(response.status_code, 422)
                self.assertIn(words, response.text)
        self.assertFalse(self.env["itss.complaint"].search([("name", "=", "门禁")]))

    def test_a_customer_files_so_many_an_hour_and_loses_nothing(self):
        complaints = self.env["itss.complaint"]
        data = {"name": "门禁", "description": "三天没人来", "category_id": str(self.category.id)}
        for _number in range(MOST_PER_HOUR):
            self.assertEqual(self.post("/my/complaints/new", data).status_code, 303)
        work = [self.env[name].search_count([]) for name in ("mail.activity", "mail.mail")]
        # a colleague of the same customer does not get round it
        for login in ("t_portal_1", "t_portal_2"):
            self.authenticate(login, login)
            response = self.post("/my/complaints/new", {**data, "name": "又是门禁"})
            self.assertEqual(response.status_code, 429)
            page = html.fromstring(response.text)
            self.assertIn("within the last hour", page.xpath("//div[@role='alert']")[0].text)
            self.assertEqual(page.xpath("//input[@name='name']/@value"), ["又是门禁"])
            self.assertEqual(page.xpath("//textarea[@name='description']")[0].text, "三天没人来")
            self.assertEqual(page.xpath("//option[@selected]/@value"), [str(self.category.id)])
        self.assertFalse(complaints.search([("name", "=", "又是门禁")]))
        self.assertEqual(
            [self.env[name].search_count([]) for name in ("mail.activity", "mail.mail")], work
        )
        # others are not held up by it, and an hour later it is over
        self.portal_user_2.partner_id.parent_id = self.customer.copy()
        self.authenticate("t_portal_2", "t_portal_2")
        self.assertEqual(self.post("/my/complaints/new", data).status_code, 303)
        filed = complaints.search([("name", "=", "门禁")])
        filed.received_at = fields.Datetime.now() - timedelta(minutes=61)
        self.authenticate("t_portal_1", "t_portal_1")
        self.assertEqual(self.post("/my/complaints/new", data).status_code, 303)

    def test_what_no_form_sends_is_answered_in_words(self):
        file = ("x.txt", b"x", "text/plain")
        for fields_, files in (
            ({"name": ["a", "b"], "description": ["c", "d"]}, None),
            ({"name": "\x00", "description": "\x00"}, None),
            ({"description": "x"}, {"name": file}),
            ({"name": "x"}, {"description": file}),
            ({"name": "x", "description": "x"}, {"category_id": file}),
            ({"name": "x", "description": "x", "attachments": "x"}, None),
            (
                {"name": "x", "description": "x", "received_at": "2020-01-01", "state": "closed"},
                None,
            ),
        ):
            with self.subTest(fields=fields_):
                response = self.post("/my/complaints/new", fields_, files)
                self.assertIn(response.status_code, (303, 422))
        path = f"/my/complaints/{self.own.id}"
        for query in ("?received[]=1", "?received=" + "1" * 5000, "?x=%00"):
            self.assertEqual(self.url_open(path + query).status_code, 200)
        for page in (0, 10**6, 10**18, 10**30):
            self.assertIn(self.url_open(f"/my/complaints/page/{page}").status_code, (200, 404))
        response = self.post(f"{path}/dissatisfied", None, {"reason": file})
        self.assertEqual(response.status_code, 422)
        for number in (10**18, 10**30):
            self.assertEqual(self.url_open(f"{path}/files/{number}").status_code, 404)

    def test_internal_words_and_files_stay_inside(self):
        self.own.message_post(body="内部备注", subtype_xmlid="mail.mt_note")
        self.own.with_user(self.ops_user).action_investigate()
        self.own.with_user(self.ops_user).write(
            {"investigation": "内部调查", "root_cause": "内部原因", "resolution": "未发布的答复"}
        )
        secret = self.env["ir.attachment"].create(
            {
                "name": "内部.txt",
                "raw": b"secret",
                "res_model": "itss.complaint",
                "res_id": self.own.id,
                "access_token": "guessed",
            }
        )
        text = self.url_open(f"/my/complaints/{self.own.id}").text
        for words in ("内部备注", "内部调查", "内部原因", "未发布的答复", "内部.txt"):
            self.assertNotIn(words, text)
        response = self.url_open(f"/my/complaints/{self.own.id}/files/{secret.id}")
        self.assertEqual(response.status_code, 404)
        response = self.url_open(f"/web/content/{secret.id}")
        self.assertNotIn(b"secret", response.content)

    def make_file(self, complaint, **vals):
        return self.env["ir.attachment"].create(
            {
                "name": "内部.txt",
                "raw": b"secret",
                "res_model": complaint._name,
                "res_id": complaint.id,
                **vals,
            }
        )

    @mute_logger("odoo.http")
    def test_guessed_files_of_others_stay_theirs(self):
        theirs = self.make_file(self.foreign)
        self.foreign.sudo().customer_file_ids = theirs
        mine = self.make_file(self.own, raw=b"mine")
        self.own.sudo().customer_file_ids = mine
        inside = self.make_file(self.own)
        paths = [f"/my/complaints/{self.foreign.id}/files/{theirs.id}"]
        for file in (theirs, inside):
            paths += [
                f"/my/complaints/{self.own.id}/files/{file.id}",
                f"/web/content/{file.id}",
                f"/web/content/{file.id}?download=1",
                f"/web/content/ir.attachment/{file.id}/raw",
                f"/web/image/{file.id}",
                f"/web/image/ir.attachment/{file.id}/raw",
            ]
        for path in paths:
            with self.subTest(path):
                self.assertNotIn(b"secret", self.url_open(path).content)
        response = self.url_open(f"/my/complaints/{self.own.id}/files/{mine.id}")
        self.assertEqual(response.content, b"mine")

    @mute_logger("odoo.http")
    def test_the_tokens_of_other_records_open_nothing(self):
        ticket = self.make_ticket(partner_id=self.portal_user.partner_id.id)
        self.resolve(self.foreign)
        callback = self.foreign.sudo().callback_ids
        callback._send_links()
        loose = self.make_file(ticket, raw=b"loose", access_token="the-token-of-a-file")
        theirs = self.make_file(self.foreign, access_token="another-token")
        self.foreign.sudo().customer_file_ids = theirs
        for token in (ticket._portal_ensure_token(), callback.link_token, loose.access_token):
            self.assertTrue(token)
            for path in (
                f"/my/complaints/{self.foreign.id}?access_token={token}",
                f"/my/complaints/{self.foreign.id}?token={token}",
                f"/my/complaints/{self.foreign.id}/files/{theirs.id}?access_token={token}",
            ):
                with self.subTest(path):
                    self.assertEqual(self.url_open(path).status_code, 404)
            for path in (
                f"/web/content/{theirs.id}?access_token={token}",
                f"/web/image/{theirs.id}?access_token={token}",
            ):
                with self.subTest(path):
                    self.assertNotIn(b"secret", self.url_open(path).content)

    @mute_logger("odoo.http")
    def test_odoo_s_own_ways_to_talk_about_a_record_lead_nowhere(self):
        for complaint in (self.own, self.foreign):
            complaint.message_post(body="内部备注", subtype_xmlid="mail.mt_note")
            complaint.message_post(body="内部评论", subtype_xmlid="mail.mt_comment")
            count = len(complaint.message_ids)
            thread = {"thread_model": complaint._name, "thread_id": complaint.id}
            token = self.make_ticket()._portal_ensure_token()
            for route, params in (
                ("/mail/chatter_fetch", {**thread, "token": token}),
                ("/mail/chatter_fetch", thread),
                ("/portal/chatter_init", {**thread, "token": token}),
                ("/mail/thread/messages", thread),
                ("/mail/message/post", {**thread, "post_data": {"body": "我来了"}}),
                ("/mail/message/post", {**thread, "post_data": {"body": "x"}, "token": token}),
            ):
                with self.subTest(route, complaint=complaint.name):
                    text = self.post_json(route, params)
                    self.assertNotIn("\\u5185\\u90e8", text)  # 内部
                    self.assertNotIn("内部", text)
            complaint.invalidate_recordset()
            self.assertEqual(len(complaint.message_ids), count)

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_actions_report")
    def test_the_record_s_print_is_not_for_the_portal(self):
        for complaint in (self.own, self.foreign):
            report = f"itss_quality.itss_complaint_report_pdf/{complaint.id}"
            for kind in ("html", "text"):
                with self.subTest(kind, complaint=complaint.name):
                    response = self.url_open(f"/report/{kind}/{report}")
                    self.assertNotIn(complaint.number, response.text)

    def test_what_a_customer_writes_is_shown_as_it_was_written(self):
        for payload in PAYLOADS:
            with self.subTest(payload):
                response = self.post(
                    "/my/complaints/new",
                    {
                        "name": payload,
                        "description": f"迟到\n{payload}",
                        "category_id": str(self.category.id),
                    },
                    {
                        "attachments": (
                            f"{payload}.svg",
                            b"<svg onload='alert(1)'/>",
                            "image/svg+xml",
                        )
                    },
                )
                self.assertEqual(response.status_code, 303)
                complaint = self.env["itss.complaint"].search([("name", "=", payload)])
                # so many are taken within an hour
                complaint.received_at -= timedelta(hours=2)
                self.assertIn("迟到", complaint.description)
                self.assertNotRegex(complaint.description, ALIVE)
                self.investigate(complaint).resolution = payload
                complaint.with_user(self.ops_user).action_resolve()
                for path in ("/my/complaints", f"/my/complaints/{complaint.id}"):
                    page = self.url_open(path).text
                    self.assertNotRegex(page, ALIVE)
                download = self.url_open(
                    f"/my/complaints/{complaint.id}/files/{complaint.customer_file_ids.id}"
                )
                self.assertEqual(download.headers["Content-Type"], "application/octet-stream")
                self.assertEqual(download.headers["X-Content-Type-Options"], "nosniff")
                self.assertTrue(download.headers["Content-Disposition"].startswith("attachment"))
                path = f"/my/complaints/{complaint.id}/dissatisfied"
                self.assertEqual(self.post(path, {"reason": payload}).status_code, 303)
                self.env.invalidate_all()
                self.assertEqual(complaint.reopen_reason, payload)
                page = self.url_open(f"/my/complaints/{complaint.id}").text
                self.assertNotRegex(page, ALIVE)
                for message in complaint.message_ids:
                    self.assertNotRegex(message.body, ALIVE)

    def test_what_is_entered_again_is_shown_as_it_was_written(self):
        for payload in PAYLOADS:
            for data in (
                {"name": payload, "description": ""},
                {"name": "", "description": payload},
                {"name": "", "description": "x", "category_id": payload},
            ):
                with self.subTest(data=data):
                    response = self.post("/my/complaints/new", data)
                    self.assertEqual(response.status_code, 422)
                    self.assertNotRegex(response.text, ALIVE)

    def test_html_of_an_agent_is_clean_when_the_customer_reads_it(self):
        complaint = self.make_complaint(
            partner_id=self.portal_user.partner_id.id, description=f"<p>迟到</p>{''.join(PAYLOADS)}"
        )
        page = self.url_open(f"/my/complaints/{complaint.id}").text
        self.assertIn("迟到", page)
        for words in (
            "alert(1)",
            "evil.example.com",
            "data:image/svg",
            "data:text",
            "position:fixed",
        ):
            self.assertNotIn(words, page)

    def test_only_a_category_one_can_choose_is_taken(self):
        other = self.category.copy({"name": "别家的", "company_id": self.other_company.id})
        for number, text in enumerate(
            (str(other.id), "0", "-1", "999999999", "9" * 30, "1 or 1=1", "x", "²")
        ):
            with self.subTest(text):
                name = f"类别{number}"
                data = {"name": name, "description": "迟到", "category_id": text}
                self.assertEqual(self.post("/my/complaints/new", data).status_code, 303)
                complaint = self.env["itss.complaint"].search([("name", "=", name)])
                self.assertEqual(len(complaint), 1)
                self.assertFalse(complaint.category_id)

    def test_the_customer_reads_the_answer_and_says_not_satisfied(self):
        self.resolve(self.own)
        page = self.url_open(f"/my/complaints/{self.own.id}")
        self.assertIn("已道歉并调整派工", page.text)
        path = f"/my/complaints/{self.own.id}/dissatisfied"
        self.assertEqual(self.post(path, {"reason": " "}).status_code, 422)
        self.assertEqual(self.own.state, "resolved")
        self.assertEqual(self.post(path, {"reason": "还是迟到"}).status_code, 303)
        self.env.invalidate_all()
        self.assertEqual((self.own.state, self.own.reopen_reason), ("reopened", "还是迟到"))
        self.assertEqual(self.own.callback_ids.state, "cancelled")
        self.investigate(self.own).resolution = "未发布的新答复"
        page = self.url_open(f"/my/complaints/{self.own.id}").text
        for words in ("还是迟到", "已道歉并调整派工", "In progress again"):
            self.assertIn(words, page)
        self.assertNotIn("未发布的新答复", page)
        self.assertEqual(self.post(path, {"reason": "还是迟到"}).status_code, 422)

    def test_a_form_without_its_token_changes_nothing(self):
        response = self.url_open("/my/complaints/new", data={"name": "x", "description": "y"})
        self.assertEqual(response.status_code, 400)
        self.assertFalse(self.env["itss.complaint"].search([("name", "=", "x")]))

    def test_visitors_have_to_sign_in(self):
        self.authenticate(None, None)
        response = self.url_open("/my/complaints", allow_redirects=False)
        self.assertIn("/web/login", response.headers["Location"])

    @mute_logger("odoo.http")
    def test_the_api_gives_the_portal_nothing(self):
        file = self.make_file(self.own)
        improvement = self.add_improvement(self.own)
        for model, ids in (
            ("itss.complaint", self.own.ids),
            ("itss.improvement", improvement.ids),
            ("itss.complaint.category", self.category.ids),
            ("ir.attachment", file.ids),
        ):
            for method, args in (
                ("read", [ids]),
                ("write", [ids, {"name": "x"}]),
                ("unlink", [ids]),
            ):
                with self.subTest(model=model, method=method):
                    self.assertIn("AccessError", self.call(model, method, args))
        for model in ("itss.complaint", "itss.improvement", "itss.callback"):
            for method, args in (
                ("search_read", [[]]),
                ("web_search_read", [[], {"id": {}}]),
                ("formatted_read_group", [[], ["state"], ["__count"]]),
                ("create", [[{"name": "x", "description": "x"}]]),
            ):
                with self.subTest(model=model, method=method):
                    self.assertIn("AccessError", self.call(model, method, args))
        self.assertIn("AccessError", self.call("itss.complaint", "action_close", [self.own.ids]))

    def call(self, model, method, args):
        return self.post_json(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": args, "kwargs": {}},
        )

    def post_json(self, path, params):
        data = {"jsonrpc": "2.0", "method": "call", "params": params}
        return self.url_open(path, json=data).text
