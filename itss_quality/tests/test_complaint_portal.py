from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged

from .test_complaint import ComplaintCommon


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
        self.assertEqual(self.url_open("/my/complaints/999999999").status_code, 404)

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
        page = self.url_open(f"/my/complaints/{complaint.id}")
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
        self.assertEqual(self.post(path, {"reason": "还是迟到"}).status_code, 422)

    def test_a_form_without_its_token_changes_nothing(self):
        response = self.url_open("/my/complaints/new", data={"name": "x", "description": "y"})
        self.assertEqual(response.status_code, 400)
        self.assertFalse(self.env["itss.complaint"].search([("name", "=", "x")]))

    def test_visitors_have_to_sign_in(self):
        self.authenticate(None, None)
        response = self.url_open("/my/complaints", allow_redirects=False)
        self.assertIn("/web/login", response.headers["Location"])

    def test_the_api_gives_the_portal_nothing(self):
        for method, args in (("search_read", [[]]), ("read", [self.own.ids])):
            response = self.make_jsonrpc_request_raw("itss.complaint", method, args)
            self.assertIn("AccessError", response)

    def make_jsonrpc_request_raw(self, model, method, args):
        response = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            json={
                "jsonrpc": "2.0",
                "method": "call",
                "params": {"model": model, "method": method, "args": args, "kwargs": {}},
            },
        )
        return response.text
