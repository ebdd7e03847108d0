import secrets
from contextlib import suppress

from odoo.exceptions import AccessError, UserError
from odoo.http import Request
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from ...tools.records import concrete_models
from ..common import ItssCommon


@tagged("post_install", "-at_install")
class TestLink(ItssCommon, HttpCase):
    """What holds for every personal link."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        contact = cls.env["res.partner"].create({"name": "陈主任", "email": "chen@example.com"})
        callback = cls.make_callback(partner_id=contact.id)
        callback._send_links()
        round_ = cls.make_round(participants=2)
        round_.action_start()
        participant, cls.unsent = round_.participant_ids.sudo()
        participant._prepare_links()
        participant._note_mail("invitation")
        cls.linked = [callback.sudo(), participant]

    def test_each_kind_is_tried_here(self):
        tried = [record._name for record in self.linked]
        self.assertCountEqual(tried, concrete_models(self.env, "itss.link.mixin"))

    def test_id_and_secret_belong_together(self):
        for record in self.linked:
            anybody = record.with_user(self.env.ref("base.public_user"))
            own, token = str(record.id), record.link_token
            found = anybody._find_by_link(own, token)
            self.assertEqual(found, record)
            self.assertTrue(found.env.su)
            for wrong_id, wrong in (
                (own, secrets.token_urlsafe(16)),
                (own, ""),
                (own, "False"),
                (own, "口令"),
                (own, "\ud800"),
                (own, token.upper() + token.lower()),
                ("0", token),
                ("-1", token),
                ("", token),
                ("x", token),
                ("9" * 10, token),
                (str(self.unsent.id), ""),
                (str(self.unsent.id), "False"),
            ):
                with self.subTest(record=record, id=wrong_id, token=wrong):
                    self.assertFalse(anybody._find_by_link(wrong_id, wrong))

    def test_a_guess_takes_as_long_whether_there_is_such_a_record(self):
        for record in self.linked:
            last = record.search([], order="id desc", limit=1).id
            for record_id in (record.id, last + 1):
                self.env.invalidate_all()
                with self.subTest(record=record, id=record_id), self.assertQueryCount(1):
                    record._find_by_link(str(record_id), "guessed")

    def test_nobody_reads_or_chooses_the_secret(self):
        admin = self.env.ref("base.user_admin")
        admin.group_ids += self.env.ref("itss_quality.group_itss_quality")
        self.assertTrue(admin.has_group("base.group_system"))
        for record in self.linked:
            record = record.with_user(admin).with_company(record.company_id)
            self.assertTrue({"link_token", "link_url"}.isdisjoint(record.fields_get()))
            for method, *arguments in (
                ("read", ["link_token"]),
                ("read", ["link_url"]),
                ("export_data", ["link_token"]),
                ("export_data", ["link_url"]),
                ("search", [("link_token", "=like", "a%")]),
                ("search", [], 0, 1, "link_token"),
                ("formatted_read_group", [], ["link_token"]),
                ("write", {"link_token": "mine"}),
                ("create", {"link_token": "mine"}),
            ):
                with (
                    self.subTest(record=record, method=method, arguments=arguments),
                    self.assertRaises(AccessError),
                ):
                    getattr(record, method)(*arguments)

    def read_messages(self, user):
        """Return all that a user reads of messages and mails."""
        return [
            message.body
            for name in ("mail.message", "mail.mail")
            if self.env[name].with_user(user).has_access("read")
            for message in self.env[name].with_user(user).search([])
        ]

    @mute_logger("odoo.addons.mail.models.mail_render_mixin", "odoo.addons.mail.models.mail_mail")
    def test_nobody_has_the_secret_mailed_or_reads_what_was(self):
        """Odoo renders templates in superuser mode, and who sends a mail reads it."""
        admin = self.env.ref("base.user_admin")
        answer = self.linked[1].user_input_id
        secrets_ = [*(record.link_token for record in self.linked), answer.access_token]
        templates = self.env["mail.template"].search([])
        for user in (self.engineer, self.desk_user, self.quality_user, self.admin_user, admin):
            user.company_ids |= self.company
            for record in (*self.linked, answer):
                own = record.with_user(user).with_context(allowed_company_ids=self.company.ids)
                for template in templates.filtered(lambda one: one.model == record._name):  # noqa: B023
                    [source] = template.get_external_id().values()
                    for method in ("message_mail_with_source", "message_post_with_source"):
                        with suppress(UserError), self.env.cr.savepoint():
                            getattr(own, method)(source)
            texts = "".join(filter(None, self.read_messages(user)))
            for secret in secrets_:
                with self.subTest(user=user.login):
                    self.assertNotIn(secret, texts)

    def test_the_customer_s_mail_goes_to_the_customer_alone(self):
        template = self.env.ref("itss_quality.itss_callback_link_template")
        elsewhere = "elsewhere@example.com"
        template.write(
            {
                "email_to": elsewhere,
                "email_cc": elsewhere,
                "partner_to": str(self.engineer.partner_id.id),
            }
        )
        callback = self.linked[0]
        callback._mail_link()
        mail = callback.link_mail_id
        self.assertEqual((mail.email_to, mail.email_cc), (callback.email, False))
        self.assertFalse(mail.recipient_ids)
        self.assertIn(callback.link_token, mail.body_html)

    def get_secrets(self):
        """Yield records with a conversation, and each secret that leads to a page about them."""
        for record in self.linked:
            yield record, record.link_token
        answer = self.linked[1].user_input_id
        yield answer, answer.access_token
        yield answer, answer.invite_token or "False"
        yield answer.survey_id, answer.survey_id.access_token
        yield answer.survey_id, answer.survey_id.session_code

    @mute_logger("odoo.http")
    def test_no_secret_opens_a_chatter(self):
        self.authenticate(None, None)
        for record, secret in self.get_secrets():
            message = record.message_post(body="SECRET", subtype_xmlid="mail.mt_comment")
            count, files = len(record.message_ids), self.env["ir.attachment"].search_count([])
            thread = {"thread_model": record._name, "thread_id": record.id}
            pid = self.contact.id
            for access in (
                {"token": secret},
                {"access_token": secret},
                {"hash": secret, "pid": pid},
                {"_hash": secret, "pid": pid},
            ):
                for route, params in (
                    ("/mail/chatter_fetch", {}),
                    ("/mail/thread/messages", {}),
                    ("/portal/chatter_init", {}),
                    ("/mail/message/post", {"post_data": {"body": "x"}}),
                    ("/mail/message/reaction", {"message_id": message.id, "content": "x"}),
                ):
                    with self.subTest(record=record, route=route, access=[*access]):
                        try:
                            answer = self.make_jsonrpc_request(
                                route, {**thread, **params, **access}
                            )
                        except JsonRpcException as error:
                            answer = error
                        self.assertNotIn("SECRET", str(answer))
                        self.assertNotIn("'hasReadAccess': True", str(answer))
                avatar = f"/mail/avatar/mail.message/{message.id}/author_avatar/50x50"
                self.assertLess(self.url_open(avatar, params=access).status_code, 500)
                form = {**thread, **access, "is_pending": "1"}
                form["csrf_token"] = Request.csrf_token(self)
                response = self.url_open(
                    "/mail/attachment/upload", data=form, files={"ufile": ("x.txt", b"x")}
                )
                self.assertGreaterEqual(response.status_code, 400)
            self.env.invalidate_all()
            self.assertEqual(len(record.message_ids), count)
            self.assertEqual(self.env["ir.attachment"].search_count([]), files)
