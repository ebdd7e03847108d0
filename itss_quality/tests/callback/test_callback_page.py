import base64
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.http import Request
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import consteq, mute_logger

from ..common import ItssCommon

NOW = "2026-03-03 02:00:00"
ADDRESS = "chen@hospital.example.com"
SCRIPT = "<script>alert(1)</script>"


class CallbackLinkCommon(ItssCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        cls.contact.lang = "en_US"

    def load_chinese(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        module = self.env["ir.module.module"].search([("name", "=", "itss_quality")])
        module._update_translations(["zh_CN"])

    def set_stage_by_sql(self, ticket, stage):
        """Change the stage behind the ORM, as an import would."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpdesk_ticket SET stage_id = %s WHERE id = %s", (stage.id, ticket.id)
        )
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestCallbackLink(CallbackLinkCommon):
    """The link is the second way to the customer: to whom it goes, when, how often."""

    def run_cron(self, days=0):
        moment = fields.Datetime.to_datetime(NOW) + timedelta(days=days)
        with freeze_time(moment), self.enter_registry_test_mode():
            self.env.ref("itss_quality.ir_cron_itss_callback_link").method_direct_trigger()

    def call_in_vain(self, callback, *outcomes):
        for outcome in outcomes:
            callback.with_user(self.agent).register_attempt(outcome)

    def find_mails(self, address=ADDRESS):
        return self.env["mail.mail"].search([("email_to", "ilike", address)])

    def make_callback_without_phone(self, **vals):
        (self.contact | self.customer).phone = False
        callback = self.make_callback(**vals)
        self.assertFalse(callback.phone)
        return callback

    def make_callback_without_email(self):
        (self.contact | self.customer).email = False
        callback = self.make_callback()
        self.assertFalse(callback.email)
        return callback

    def search_missing(self, value=True):
        return self.env["itss.callback"].search(
            [("is_contact_missing", "=", value), ("company_id", "=", self.company.id)]
        )

    # -------------------------------------------------------------------------
    # When
    # -------------------------------------------------------------------------

    def test_the_link_follows_as_many_failed_attempts_as_the_company_has_set(self):
        self.company.itss_callback_attempts = 2
        callback = self.make_callback()
        self.run_cron()
        later = fields.Datetime.now() + timedelta(hours=1)
        callback.with_user(self.agent).register_attempt("call_later", next_call=later)
        self.call_in_vain(callback, "no_answer")
        self.run_cron()
        self.assertEqual((callback.state, len(self.find_mails())), ("pending", 0))
        self.call_in_vain(callback, "busy")
        self.run_cron()
        mail = self.find_mails()
        self.assertEqual((callback.state, len(mail)), ("link_sent", 1))
        self.assertIn(callback.link_url, mail.body_html)
        self.assertEqual(callback.link_sent_at, fields.Datetime.now())

    def test_a_contact_without_a_phone_gets_the_link_at_once(self):
        callback = self.make_callback_without_phone()
        self.run_cron()
        self.assertEqual((callback.state, len(self.find_mails())), ("link_sent", 1))

    def test_a_wrong_number_leads_to_the_link_at_once(self):
        callback = self.make_callback()
        self.call_in_vain(callback, "wrong_number")
        self.assertTrue(callback.phone_wrong)
        self.run_cron()
        self.assertEqual((callback.state, len(self.find_mails())), ("link_sent", 1))

    def test_without_an_address_the_last_failed_attempt_ends_it(self):
        self.company.itss_callback_attempts = 2
        callback = self.make_callback_without_email()
        self.call_in_vain(callback, "no_answer")
        self.run_cron()
        self.assertEqual(callback.state, "pending")
        self.call_in_vain(callback, "no_answer")
        self.assertEqual((callback.state, callback.is_on_time), ("unreachable", False))

    def test_a_customer_who_refuses_gets_no_mail(self):
        callback = self.make_callback()
        self.call_in_vain(callback, "refused")
        self.assertEqual(callback.state, "unreachable")
        self.run_cron()
        self.assertFalse(self.find_mails())

    def test_a_ticket_reopened_meanwhile_cancels_instead_of_mailing(self):
        new, sent = (self.make_callback_without_phone(), self.make_callback())
        sent.email = "other@hospital.example.com"
        sent.phone_wrong = True
        self.set_stage_by_sql(new.ticket_id, self.stage_progress)
        self.run_cron()
        self.assertEqual((new.state, sent.state), ("cancelled", "link_sent"))
        self.assertIn(self.stage_progress.name, new.cancel_reason)
        self.set_stage_by_sql(sent.ticket_id, self.stage_progress)
        self.run_cron(days=2)
        self.assertEqual(sent.state, "cancelled")
        self.assertFalse(new.link_token or self.find_mails())
        self.assertEqual(len(self.find_mails("other@")), 1, "no reminder")

    def test_one_reminder_then_unreachable_however_often_the_action_runs(self):
        self.company.itss_callback_reminder_days = 3
        callback = self.make_callback_without_phone()
        for days, state, mails in (
            (0, "link_sent", 1),
            (2.9, "link_sent", 1),
            (3, "link_sent", 2),
            (5.9, "link_sent", 2),
            (6, "unreachable", 2),
            (30, "unreachable", 2),
        ):
            for _run in range(2):
                self.run_cron(days)
                with self.subTest(days=days):
                    self.assertEqual((callback.state, len(self.find_mails())), (state, mails))
        first, reminder = self.find_mails().sorted("id")
        self.assertIn("once more", reminder.body_html)
        self.assertNotIn("once more", first.body_html)
        self.assertIn(callback.link_url, reminder.body_html, "both lead to the same page")
        self.assertFalse(callback.is_on_time)

    def test_a_contact_gets_one_link_within_the_time_set(self):
        first, second = (self.make_callback_without_phone() for _number in range(2))
        self.run_cron()
        self.assertEqual((first.state, second.state), ("link_sent", "pending"), "in one run")
        third = self.make_callback()
        third.phone_wrong = True
        self.run_cron(days=6.9)
        self.assertEqual((second + third).mapped("state"), ["pending", "pending"])
        self.run_cron(days=7)
        self.assertEqual((second + third).mapped("state"), ["link_sent", "pending"])
        self.run_cron(days=14)
        self.assertEqual(third.state, "link_sent")

    def test_the_phone_call_is_exempt_from_the_time_between_links(self):
        first, second = self.make_callback_without_phone(), self.make_callback()
        self.run_cron()
        self.assertEqual((first.state, second.state), ("link_sent", "pending"))
        second.with_user(self.agent).phone = "13800000009"
        action = self.env["itss.callback"].with_user(self.agent).action_next_call()
        call = self.env["itss.callback.call"].browse(action["res_id"])
        self.assertEqual(call.callback_id, second)
        for callback in (second, first):
            callback.with_user(self.agent).register_attempt("reached", "yes", 100)
        self.assertEqual((first.state, second.state), ("done", "done"))

    def test_links_of_another_company_do_not_count(self):
        team = self.team.create({"name": "别家", "company_id": self.other_company.id})
        foreign = self.make_callback_without_phone(
            company_id=self.other_company.id, team_id=team.id, user_id=False
        )
        foreign._send_links()
        self.assertEqual((foreign.email, foreign.state), (ADDRESS, "link_sent"))
        callback = self.make_callback()
        self.run_cron()
        self.assertEqual(callback.state, "link_sent")

    # -------------------------------------------------------------------------
    # Contact data
    # -------------------------------------------------------------------------

    def test_a_contact_with_neither_phone_nor_address_is_listed_and_never_dropped(self):
        reachable = self.make_callback()
        (self.contact | self.customer).phone = False
        callback = self.make_callback_without_email()
        self.assertEqual((callback.is_contact_missing, self.search_missing()), (True, callback))
        self.assertEqual(self.search_missing(False), reachable)
        self.call_in_vain(callback, *["no_answer"] * 5)
        self.run_cron(days=30)
        self.assertEqual(callback.state, "pending")
        self.assertEqual(self.search_missing(), callback)

    def test_a_new_number_takes_the_contact_off_the_list(self):
        callback = self.make_callback_without_email()
        self.assertFalse(callback.is_contact_missing)
        self.call_in_vain(callback, "wrong_number")
        self.assertEqual((callback.is_contact_missing, self.search_missing()), (True, callback))
        callback.with_user(self.agent).phone = "13800000002"
        self.assertFalse(callback.phone_wrong or callback.is_contact_missing)
        self.assertFalse(self.search_missing())

    def test_what_is_no_address_is_refused(self):
        callback = self.make_callback().with_user(self.agent)
        for text in ("chen", "chen@", "a@b.example.com, c@d.example.com"):
            with self.subTest(text=text), self.assertRaisesRegex(UserError, "no e-mail address"):
                callback.email = text
        callback.email = "Chen <CHEN2@Hospital.example.com>"
        self.assertEqual(callback.email, "chen2@hospital.example.com", "fatigue goes by it")

    # -------------------------------------------------------------------------
    # Whose address it is
    # -------------------------------------------------------------------------

    def make_own_addresses(self):
        """Return addresses that lead to somebody who works here."""
        self.engineer.email = "Qian <qian@cloud.example.com>"
        self.agent.login = "desk1@cloud.example.com"
        employee = self.employee(self.leader)
        employee = employee.create({"name": "赵", "company_id": self.company.id})
        employee.write(
            {"work_email": "zhao@cloud.example.com", "private_email": "Zhao.Home@mail.example.com"}
        )
        self.company.email = "service@cloud.example.com"
        domains = self.env["mail.alias.domain"]
        domain = domains.search([("name", "=", "alias.example.com")])
        domain = domain or domains.create({"name": "alias.example.com"})
        self.env["mail.alias"].create(
            {
                "alias_name": "tickets",
                "alias_domain_id": domain.id,
                "alias_model_id": self.env["ir.model"]._get_id("helpdesk.ticket"),
            }
        )
        return (
            "qian@cloud.example.com",
            "qian+private@cloud.example.com",
            "desk1@cloud.example.com",
            "zhao@cloud.example.com",
            "zhao.home@mail.example.com",
            "service@cloud.example.com",
            "tickets@alias.example.com",
        )

    def test_no_link_goes_to_who_works_here(self):
        (self.contact | self.customer).phone = False
        addresses = self.make_own_addresses()
        callbacks = self.env["itss.callback"].union(
            *(self.make_callback(partner_id=False, partner_email=email) for email in addresses)
        )
        theirs = self.make_callback()
        self.run_cron()
        self.assertEqual(theirs.state, "link_sent")
        for callback, address in zip(callbacks, addresses, strict=True):
            with self.subTest(address=address):
                self.assertEqual(callback.state, "pending", "to be asked in another way")
                self.assertTrue(callback.is_contact_missing)
                self.assertFalse(callback.email or self.find_mails(address))
                self.assertEqual(callback.email_before, address)
                self.assertIn("works here", " ".join(callback.message_ids.mapped("body")))
        before = len(callbacks.message_ids)
        self.run_cron()
        self.assertEqual(len(callbacks.message_ids), before)

    def test_no_reminder_goes_to_who_works_here_by_now(self):
        callback = self.make_callback_without_phone()
        self.run_cron()
        self.engineer.email = ADDRESS
        self.run_cron(days=2)
        self.assertEqual(len(self.find_mails()), 1)
        self.assertFalse(callback.email)

    def test_who_works_elsewhere_is_a_customer(self):
        self.foreign_user.email = ADDRESS
        callback = self.make_callback_without_phone()
        self.run_cron()
        self.assertEqual(callback.state, "link_sent")

    def test_nobody_sends_a_link_to_who_works_here(self):
        callback = self.make_callback()
        addresses = self.make_own_addresses()
        for user in (self.agent, self.quality_user, self.admin_user):
            for address in addresses:
                with (
                    self.subTest(user=user.login, address=address),
                    self.assertRaisesRegex(UserError, "works here"),
                ):
                    callback.with_user(user).email = address
        self.assertEqual(callback.email, ADDRESS)
        self.assertFalse(callback.email_changed_at)

    def test_a_changed_address_is_marked_for_good(self):
        callback = self.make_callback_without_phone()
        self.env.cr.flush()
        with freeze_time("2026-03-03 03:00:00"):
            callback.with_user(self.agent).email = ADDRESS
        self.assertFalse(callback.email_changed_at, "it is the same")
        with freeze_time("2026-03-03 04:00:00"):
            callback.with_user(self.agent).email = "li@hospital.example.com"
        self.env.cr.flush()
        with freeze_time("2026-03-03 05:00:00"):
            callback.with_user(self.agent_2).email = ADDRESS
        self.assertRecordValues(
            callback,
            [
                {
                    "email_before": ADDRESS,
                    "email_changed_at": fields.Datetime.to_datetime("2026-03-03 05:00:00"),
                    "email_changed_by_id": self.agent_2.id,
                }
            ],
        )
        self.env.cr.flush()
        tracked = callback.message_ids.tracking_value_ids.filtered(
            lambda value: value.field_id.name == "email"
        )
        self.assertEqual(
            {ADDRESS, "li@hospital.example.com"}, set(tracked.mapped("new_value_char"))
        )
        self.assertIn(ADDRESS, callback.with_user(self.desk_user).address_note)
        for user in (self.agent, self.quality_user, self.admin_user):
            for name in ("email_before", "email_changed_at", "email_changed_by_id"):
                with self.assertRaisesRegex(UserError, "can't be entered"):
                    callback.with_user(user).write({name: False})

    # -------------------------------------------------------------------------
    # Mail and token
    # -------------------------------------------------------------------------

    def test_the_token_has_128_bits_and_is_another_for_each(self):
        self.company.itss_callback_fatigue_days = 0
        callbacks = self.make_callback() | self.make_callback() | self.make_callback()
        callbacks.phone_wrong = True
        self.run_cron()
        self.run_cron()
        self.run_cron()
        tokens = callbacks.mapped("link_token")
        self.assertEqual(len(set(tokens)), 3)
        for token in tokens:
            self.assertRegex(token, r"\A[A-Za-z0-9_-]{22}\Z")
            self.assertEqual(len(base64.urlsafe_b64decode(f"{token}==")), 16)

    def test_no_role_reads_the_link_neither_on_the_record_nor_in_the_chatter(self):
        callback = self.make_callback_without_phone()
        self.run_cron()
        self.run_cron(days=2)
        token = callback.link_token
        self.assertEqual(len(self.find_mails()), 2)
        messages = self.env["mail.message"].search(
            [("model", "=", "itss.callback"), ("res_id", "=", callback.id)]
        )
        noted = " ".join(messages.mapped("body"))
        self.assertEqual(noted.count(ADDRESS), 2, "that it was sent is noted")
        self.assertFalse(token in noted or "/itss/callback/" in noted)
        for user in (self.agent, self.quality_user, self.manager_user, self.admin_user):
            with self.subTest(user=user.login):
                own = callback.with_user(user)
                for name in ("link_token", "link_url", "link_mail_id"):
                    self.assertNotIn(name, own.read()[0])
                    with self.assertRaises(AccessError):
                        own.read([name])
                with self.assertRaises(AccessError):
                    own.search([("link_token", "=like", f"{token[0]}%")])
                with self.assertRaises(AccessError):
                    own.formatted_read_group([], ["link_token"])
                seen = own.env["mail.message"].search([("body", "ilike", token)])
                self.assertFalse(seen, "nor the message of the mail itself")

    def test_the_mail_speaks_the_contact_s_language(self):
        self.load_chinese()
        english = self.make_callback_without_phone()
        self.contact.lang = "zh_CN"
        chinese = self.make_callback(partner_email="li@hospital.example.com")
        self.run_cron()
        self.assertEqual((english + chinese).mapped("state"), ["link_sent", "link_sent"])
        mail = self.find_mails("li@")
        self.assertIn("解决", mail.subject)
        self.assertIn("解决", mail.body_html)
        self.assertNotIn("Answer two questions", mail.body_html)

    def test_why_a_mail_failed_is_seen_on_the_callback(self):
        callback = self.make_callback_without_phone()
        self.run_cron()
        self.assertFalse(callback.with_user(self.agent).link_error)
        self.find_mails().write({"state": "exception", "failure_reason": "550 no such user"})
        self.env.invalidate_all()
        self.assertEqual(callback.with_user(self.agent).link_error, "550 no such user")


@tagged("post_install", "-at_install")
class TestCallbackPage(CallbackLinkCommon, HttpCase):
    """The customer's page: it answers once, and tells strangers nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.itss_callback_fatigue_days = 0

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)

    def make_linked(self, **vals):
        callback = self.make_callback(**vals)
        callback._send_links()
        self.assertEqual(callback.state, "link_sent")
        return callback

    def url(self, callback, token=None):
        return f"/itss/callback/{callback.id}/{token or callback.link_token}"

    def post(self, url, **data):
        data = {"csrf_token": Request.csrf_token(self), **data}
        return self.url_open(url, data=data, headers={"User-Agent": "Phone/1.0"})

    def answer(self, callback, is_solved="yes", stars="5", **data):
        return self.post(self.url(callback), is_solved=is_solved, stars=stars, **data)

    def snapshot(self, callback):
        """Return all that an answer could change, and the row as the database has it."""
        self.env.cr.flush()
        self.env.cr.execute("SELECT * FROM itss_callback WHERE id = %s", callback.ids)
        row = self.env.cr.fetchone()
        records = callback, callback.ticket_id
        counts = [(len(record.message_ids), len(record.activity_ids)) for record in records]
        mails = self.env["mail.mail"].search_count([])
        return row, counts, mails, callback.ticket_id.stage_id.id

    @contextmanager
    def assert_unchanged(self, callback):
        # what is noted at the end of a transaction belongs to what came before
        self.env.cr.flush()
        # a write in this same transaction would leave the time as it is
        self.env.cr.execute(
            "UPDATE itss_callback SET write_date = '2020-01-01' WHERE id = %s", callback.ids
        )
        self.env.invalidate_all()
        before = self.snapshot(callback)
        yield
        self.env.invalidate_all()
        self.assertEqual(self.snapshot(callback), before)

    def assert_tells_nothing(self, response, callback):
        for words in (callback.ticket_number, callback.ticket_name, callback.contact_name):
            self.assertTrue(words)
            self.assertNotIn(words, response.text)

    def assert_gone(self, callback):
        """Check that the link neither shows nor takes anything any more."""
        with self.assert_unchanged(callback):
            for response in (
                self.url_open(self.url(callback)),
                self.answer(callback, is_solved="no", stars="1"),
                self.post(self.url(callback), comment="?"),
            ):
                self.assertEqual(response.status_code, 410)
                self.assert_tells_nothing(response, callback)
        return response

    # -------------------------------------------------------------------------
    # Looking
    # -------------------------------------------------------------------------

    def test_whoever_opens_the_link_changes_nothing(self):
        callback = self.make_linked()
        with self.assert_unchanged(callback):
            for method in ("GET", "HEAD", "GET"):
                response = self.url_open(self.url(callback), method=method)
                self.assertEqual(response.status_code, 200)
            url = f"{self.url(callback)}?is_solved=no&stars=1"
            self.assertEqual(self.url_open(url).status_code, 200)
        self.assertEqual(callback.state, "link_sent")

    def test_the_page_asks_both_questions_about_the_ticket(self):
        callback = self.make_linked()
        page = self.url_open(self.url(callback)).text
        for words in ('name="is_solved"', 'name="stars"', callback.ticket_number, "打印机故障"):
            self.assertIn(words, page)
        self.assertNotIn("checked", page, "no answer is suggested")

    def test_no_answer_of_the_page_is_kept_by_caches_or_told_to_other_sites(self):
        callback = self.make_linked()
        url = self.url(callback)
        for status, response in (
            (200, self.url_open(url)),
            (404, self.url_open(f"{url}x")),
            (422, self.post(url)),
            (200, self.answer(callback)),
            (410, self.url_open(url)),
        ):
            with self.subTest(status=status):
                self.assertEqual(response.status_code, status)
                self.assertIn("no-store", response.headers["Cache-Control"])
                self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")

    def test_the_page_speaks_the_contact_s_language_whatever_the_browser_says(self):
        self.load_chinese()
        english = self.make_linked()
        response = self.url_open(self.url(english), headers={"Accept-Language": "zh-CN"})
        self.assertIn("Is your problem solved?", response.text)
        self.contact.lang = "zh_CN"
        callback = self.make_linked()
        headers = {"Accept-Language": "en-US"}
        page = self.url_open(self.url(callback), headers=headers).text
        self.assertIn("您的问题解决了吗", page)
        self.assertIn('lang="zh-CN"', page)
        self.assertNotIn("Is your problem solved?", page)
        self.assertIn("谢谢", self.answer(callback).text)
        self.assertIn("谢谢", self.url_open(self.url(callback), headers=headers).text)

    # -------------------------------------------------------------------------
    # Answering
    # -------------------------------------------------------------------------

    def test_an_answer_from_elsewhere_is_refused(self):
        callback = self.make_linked()
        data = {"is_solved": "yes", "stars": "5"}
        with self.assert_unchanged(callback), mute_logger("odoo.http"):
            for token in ({}, {"csrf_token": "x"}):
                response = self.url_open(self.url(callback), data={**data, **token})
                self.assertEqual(response.status_code, 400)

    def test_the_customer_answers_once(self):
        callback = self.make_linked()
        response = self.answer(callback, stars="4", comment=" 很快 ")
        self.assertEqual(response.status_code, 200)
        self.assertIn("Thank you", response.text)
        self.assertRecordValues(
            callback,
            [
                {
                    "state": "done",
                    "is_solved": "yes",
                    "score": 80,
                    "comment": "很快",
                    "channel": "link",
                    "is_on_time": True,
                    "answer_ip": "127.0.0.1",
                    "answer_user_agent": "Phone/1.0",
                }
            ],
        )
        self.assertTrue(callback.done_at)
        self.assertEqual(callback.ticket_id.stage_id, self.stage_done)
        self.assertIn("already have your answer", self.assert_gone(callback).text)

    def test_an_answer_lacking_a_verdict_is_asked_for_again_with_what_was_written(self):
        callback = self.make_linked()
        for answer in (
            {"is_solved": "yes"},
            {"stars": "4"},
            {"is_solved": "maybe", "stars": "4"},
            {"is_solved": "yes", "stars": "6"},
            {"is_solved": "yes", "stars": "0"},
            {"is_solved": "yes", "stars": "４"},
        ):
            with self.subTest(answer=answer), self.assert_unchanged(callback):
                response = self.post(self.url(callback), comment=f"太慢 {SCRIPT}", **answer)
                self.assertEqual(response.status_code, 422)
                self.assertIn("太慢 &lt;script&gt;alert(1)", response.text)
                self.assertNotIn(SCRIPT, response.text)
                self.assertIn("answer both questions", response.text)
        self.assertEqual(response.text.count("checked"), 1, "the valid answer is kept")
        self.assertEqual(self.answer(callback).status_code, 200)

    def test_markup_in_the_comment_stays_text(self):
        callback = self.make_linked()
        self.answer(callback, is_solved="no", stars="1", comment=f"<b>还是坏的</b>{SCRIPT}")
        self.assertEqual(callback.comment, f"<b>还是坏的</b>{SCRIPT}")
        shown = callback.ticket_id.message_ids.mapped("body")
        complaint = self.env["itss.complaint"].search([("callback_id", "=", callback.id)])
        shown += callback.message_ids.mapped("body") + [complaint.description]
        words = [text for text in shown if "还是坏的" in text]
        self.assertEqual(len(words), 2, "on the ticket and in the complaint")
        for text in words:
            self.assertIn("&lt;b&gt;还是坏的&lt;/b&gt;&lt;script&gt;", text)

    def test_who_works_here_gives_no_answer(self):
        callback = self.make_linked()
        for user in (self.engineer, self.agent, self.quality_user, self.admin_user, self.outsider):
            self.authenticate(user.login, user.login)
            with self.subTest(user=user.login), self.assert_unchanged(callback):
                for response in (
                    self.url_open(self.url(callback)),
                    self.answer(callback),
                    self.url_open(self.url(callback, token="x")),
                ):
                    self.assertEqual(response.status_code, 403)
                    self.assert_tells_nothing(response, callback)

    def test_a_browser_with_a_strange_name_is_noted_as_far_as_it_can_be(self):
        callback = self.make_linked()
        data = {"csrf_token": Request.csrf_token(self), "is_solved": "yes", "stars": "5"}
        response = self.url_open(
            self.url(callback), data=data, headers={"User-Agent": "Phone\x00 1\x01.0"}
        )
        self.assertEqual(response.status_code, 200)
        self.env.invalidate_all()
        self.assertEqual(callback.answer_user_agent, "Phone 1 .0")

    def test_odd_forms_are_answered_not_crashed_on(self):
        callback = self.make_linked()
        token = {"csrf_token": Request.csrf_token(self)}
        response = self.url_open(
            self.url(callback), data=token, files={"comment": ("x.txt", b"x"), "stars": b"5"}
        )
        self.assertEqual(response.status_code, 422)
        self.answer(callback, comment="a\x00b" + "很" * 6000)
        self.assertEqual(callback.state, "done")
        self.assertEqual(len(callback.comment), 5000)

    def test_not_solved_reopens_the_ticket_in_the_customer_s_name(self):
        callback = self.make_linked()
        response = self.answer(callback, is_solved="no", stars="5", comment="还是坏的")
        self.assertIn("open again", response.text)
        self.assertEqual(callback.state, "done")
        self.assertEqual(callback.ticket_id.stage_id, self.stage_progress)
        message = callback.ticket_id.message_ids.filtered(lambda one: "还是坏的" in one.body)
        self.assertEqual(message.author_id, self.contact)

    def test_a_low_score_becomes_a_complaint(self):
        content, dissatisfied = self.make_linked(), self.make_linked()
        self.answer(content, stars="3")
        self.answer(dissatisfied, stars="2")
        complaint = self.env["itss.complaint"].search(
            [("callback_id", "in", (content | dissatisfied).ids)]
        )
        self.assertEqual(complaint.callback_id, dissatisfied)
        self.assertEqual(complaint.partner_id, self.contact)

    # -------------------------------------------------------------------------
    # Links that open nothing
    # -------------------------------------------------------------------------

    def test_a_link_that_never_was_is_not_found_and_tells_nothing(self):
        callback, other = self.make_linked(), self.make_linked()
        pending = self.make_callback()
        token = callback.link_token
        for key, secret in (
            (callback.id, "A" * 22),
            (callback.id, token[:-1]),
            (callback.id, f"{token}A"),
            (callback.id, token.swapcase()),
            (callback.id, "a" * 5000),
            (callback.id, "%C3%A4" * 22),
            (callback.id, "%FF%FE"),
            (callback.id, "%00"),
            (other.id, token),
            (pending.id, "False"),
            (pending.id, token),
            ("abc", token),
            ("-1", token),
            ("0", token),
            (f"{callback.id}.0", token),
            ("²", token),
            ("9" * 9, token),
            ("9" * 30, token),
            ("9" * 3000, token),
        ):
            url = f"/itss/callback/{key}/{secret}"
            with self.subTest(url=url[:80]), self.assert_unchanged(callback):
                for response in (
                    self.url_open(url),
                    self.post(url, is_solved="yes", stars="5"),
                ):
                    self.assertEqual(response.status_code, 404)
                    self.assert_tells_nothing(response, callback)
                    self.assertNotIn(self.company.name, response.text)
        self.assertEqual((other.state, pending.state), ("link_sent", "pending"))

    def test_the_token_is_compared_in_constant_time(self):
        callback = self.make_linked()
        place = "odoo.addons.itss_quality.models.core.itss_link_mixin.consteq"
        with patch(place, side_effect=consteq) as compare:
            self.assertEqual(self.url_open(self.url(callback)).status_code, 200)
            self.assertEqual(self.url_open(self.url(callback, "A" * 22)).status_code, 404)
            self.assertEqual(self.answer(callback).status_code, 200)
        self.assertEqual(compare.call_count, 3)
        # were it what decides, a comparison that says no would close the page
        with patch(place, return_value=False):
            self.assertEqual(self.url_open(self.url(callback)).status_code, 404)

    def test_a_cancelled_callback_takes_no_answer(self):
        callback = self.make_linked()
        callback.ticket_id.stage_id = self.stage_progress
        self.assertEqual(callback.state, "cancelled")
        self.assertIn("no longer valid", self.assert_gone(callback).text)

    def test_a_ticket_reopened_behind_the_orm_takes_no_answer(self):
        callback = self.make_linked()
        self.set_stage_by_sql(callback.ticket_id, self.stage_progress)
        self.assertEqual(callback.state, "link_sent")
        self.assert_gone(callback)

    def test_an_unreachable_customer_s_link_takes_no_answer(self):
        callback = self.make_linked()
        callback._give_up()
        self.assert_gone(callback)

    def test_a_link_ends_with_its_time_though_no_action_has_run(self):
        self.company.itss_callback_reminder_days = 3
        callback = self.make_linked()
        end = callback.link_sent_at + timedelta(days=6)
        with freeze_time(end - timedelta(seconds=1)):
            self.authenticate(None, None)
            self.assertEqual(self.url_open(self.url(callback)).status_code, 200)
        with freeze_time(end):
            self.authenticate(None, None)
            self.assert_gone(callback)
            self.assertEqual(callback.state, "link_sent")
