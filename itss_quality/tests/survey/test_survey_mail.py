import email
import email.policy
import re
import smtplib
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools.misc import format_date

from odoo.addons.base.models.ir_mail_server import IrMail_Server, MailDeliveryException

from ..common import ItssCommon

# 10:00 in China
START = fields.Datetime.to_datetime("2026-03-02 02:00:00")
INVITATION = "Your answers take about two minutes"
REMINDER = "we have not heard from you yet"
FINAL = "This is the last time that we ask you"


class MailServer(smtplib.SMTP):
    """A mail server without a network, on which everything can be refused.

    :ivar recipients: ``{address: (code, words)}`` of those it refuses
    :ivar texts: the same, for those whose mails it refuses when it has seen them
    """

    from_filter = False
    smtp_from = False

    def __init__(self):
        super().__init__()
        self.recipients, self.texts = {}, {}
        self.messages = []
        self.tried = []
        self.is_open = False
        self.at_text = lambda address: None

    def ehlo_or_helo_if_needed(self):
        pass

    def mail(self, sender, options=()):
        return 250, b"OK"

    def rcpt(self, recip, options=()):
        self.tried.append(recip)
        return self.recipients.get(recip, (250, b"OK"))

    def data(self, msg):
        address = self.tried[-1]
        self.at_text(address)
        refusal = self.texts.get(address)
        if not refusal:
            self.messages.append(email.message_from_bytes(msg, policy=email.policy.default))
        elif refusal[0] >= 0:
            raise smtplib.SMTPDataError(*refusal)
        else:
            raise smtplib.SMTPServerDisconnected(refusal[1])
        return 250, b"OK"

    def rset(self):
        return 250, b"OK"

    def quit(self):
        self.is_open = False


class SurveyMailCommon(ItssCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(START))
        cls.load_chinese()
        cls.company.email = "service@cloud.example.com"
        cls.today = START.date()
        # three weeks; reminders after 5 days each, the final notice 2 days before the end
        cls.round = cls.make_round(
            name="2026 年度调查",
            date_start=cls.today,
            date_end=cls.today + timedelta(days=21),
            reminder_max=2,
            reminder_days=5,
            final_notice_days=2,
        )
        cls.round = cls.round.sudo()  # also for the links, which nobody sees
        cls.one, cls.two, cls.three = cls.round.participant_ids.sorted("id")
        cls.everybody = cls.one | cls.two | cls.three
        cls.cron = cls.env.ref("itss_quality.ir_cron_itss_survey_send")

    def setUp(self):
        super().setUp()
        self.server = MailServer()
        self.startPatcher(patch.object(IrMail_Server, "_disable_send", lambda _self: False))
        self.startPatcher(patch.object(IrMail_Server, "_connect__", self._connect))

    def _connect(self, **_kwargs):
        self.server.is_open = True
        return self.server

    def run_cron(self, **delay):
        """Run the scheduled action so much after the start; return whom it wrote to."""
        self.env.flush_all()
        self.server.messages.clear()
        self.server.tried.clear()
        with freeze_time(START + timedelta(**delay)), self.enter_registry_test_mode():
            self.assertIs(self.cron.method_direct_trigger(), True)
        self.env.invalidate_all()
        self.assertFalse(self.server.is_open, "connections are closed")
        return sorted(message["To"] for message in self.server.messages)

    def texts(self):
        return [message.get_body(["html"]).get_content() for message in self.server.messages]

    def addresses(self, participants):
        return sorted(participants.mapped("email"))

    def start(self, **vals):
        self.round.write(vals)
        self.round.with_user(self.quality_user).action_start()


@tagged("post_install", "-at_install")
class TestSurveyMail(SurveyMailCommon):
    """Who gets which mail, and when (plan 6.3: 邮件)."""

    # -------------------------------------------------------------------------
    # The mail
    # -------------------------------------------------------------------------

    def test_the_mail_carries_the_participant_s_own_link_in_both_parts(self):
        self.start()
        self.assertEqual(self.run_cron(), self.addresses(self.everybody))
        links = set()
        for message in self.server.messages:
            participant = self.everybody.filtered(lambda one, to=message["To"]: one.email == to)
            link = participant.with_user(SUPERUSER_ID).link_url
            links.add(link)
            self.assertEqual(message.get_content_type(), "multipart/alternative")
            html = message.get_body(["html"]).get_content()
            text = message.get_body(["plain"]).get_content()
            self.assertIn(f'href="{link}"', html)
            self.assertIn(f'href="{link}/decline"', html)
            self.assertIn(link, text)
            found = set(re.findall(r"/itss/survey/[\w-]+/[\w-]+", html + text))
            self.assertEqual(found, {link.removeprefix(participant.get_base_url())})
            self.assertIn(participant.contact_name, html)
            self.assertEqual(message["Subject"], "Cloud Service Co: 2026 年度调查")
            self.assertIn("service@cloud.example.com", message["From"])
            self.assertEqual(message["Auto-Submitted"], "auto-generated")
        self.assertEqual(len(links), 3)
        self.assertRecordValues(
            self.everybody,
            3 * [{"state": "sent", "sent_at": START, "last_mail_at": START, "delivered_at": START}],
        )
        self.assertFalse(any(self.everybody.mapped("is_unconfirmed")))
        self.assertEqual(self.everybody.user_input_id.itss_round_id, self.round)
        self.assertEqual(len(self.everybody.user_input_id), 3)

    def test_everybody_is_written_to_in_the_own_language(self):
        self.company.partner_id.lang = "en_US"
        self.one.lang, self.two.lang, self.three.lang = "zh_CN", "en_US", False
        self.start()
        self.run_cron()
        readers = [message["To"] for message in self.server.messages]
        texts = dict(zip(readers, self.texts(), strict=True))
        self.assertIn("您好", texts[self.one.email])
        deadline = format_date(self.env, self.round.date_end, lang_code="zh_CN")
        self.assertNotEqual(deadline, "03/23/2026")
        self.assertIn(f"答复截止日期：{deadline}", texts[self.one.email])
        self.assertIn(f"尊敬的{self.one.contact_name}", texts[self.one.email])
        for participant in (self.two, self.three):
            self.assertIn(INVITATION, texts[participant.email])
            self.assertIn("03/23/2026", texts[participant.email])
            self.assertIn(participant.with_user(SUPERUSER_ID).link_url, texts[participant.email])
        langs = self.everybody.mapped("user_input_id.lang_id.code")
        self.assertEqual(langs, ["zh_CN", "en_US"])

    def test_a_company_is_told_in_its_language_when_nobody_has_one(self):
        self.company.partner_id.lang = "zh_CN"
        self.everybody.lang = False
        self.start()
        self.run_cron()
        self.assertTrue(all("您好" in text for text in self.texts()))

    def test_names_are_escaped(self):
        self.one.contact_name = "<b>Bobby</b> & Co"
        self.start()
        self.run_cron()
        self.assertIn("&lt;b&gt;Bobby&lt;/b&gt; &amp; Co", self.texts()[0])

    def test_an_edited_template_with_tags_left_open_still_makes_one_mail_each(self):
        template = self.env.ref("itss_quality.itss_survey_mail_template")
        template.body_html = (
            '<p>Dear <t t-out="object.contact_name"/><br><div><a t-att-href="object.link_url">x</a>'
            '</t><img src="/web/image/1">'
        )
        self.start()
        self.run_cron()
        for message, text in zip(self.server.messages, self.texts(), strict=True):
            participant = self.everybody.filtered(lambda one, to=message["To"]: one.email == to)
            self.assertEqual(text.count("联系人"), 1)
            self.assertIn(participant.contact_name, text)
            self.assertIn(participant.with_user(SUPERUSER_ID).link_url, text)
            self.assertIn(f'src="{participant.get_base_url()}/web/image/1"', text)

    def test_the_sender_is_the_company_of_the_round(self):
        self.env.company.email = "other@example.com"
        self.assertNotEqual(self.env.company, self.company)
        self.start()
        self.run_cron()
        self.assertEqual(
            {message["From"] for message in self.server.messages},
            {"Cloud Service Co <service@cloud.example.com>"},
        )

    # -------------------------------------------------------------------------
    # Nothing to send
    # -------------------------------------------------------------------------

    def test_a_run_with_nothing_to_do_connects_to_nobody(self):
        self.assertEqual(self.run_cron(), [], "the round is a draft")
        self.start()
        self.run_cron()
        with patch.object(IrMail_Server, "_connect__", side_effect=AssertionError("not needed")):
            self.assertEqual(self.run_cron(hours=1), [])
            self.assertFalse(self.round.sending_error)

    def test_a_round_that_starts_later_sends_nothing_before(self):
        self.start(date_start=self.today + timedelta(days=3))
        self.assertEqual(self.run_cron(), [])
        self.assertEqual(self.run_cron(days=2), [])
        self.assertFalse(self.one.link_token)
        # in China it is the third day already
        self.assertEqual(self.run_cron(days=2, hours=13), [])
        self.company.resource_calendar_id.tz = "Asia/Shanghai"
        self.assertEqual(self.run_cron(days=2, hours=13), [], "not yet midnight")
        self.assertEqual(self.run_cron(days=2, hours=14, minutes=1), self.addresses(self.everybody))

    def test_nothing_is_sent_after_the_deadline(self):
        self.start()
        self.assertEqual(self.run_cron(days=22), [])
        self.assertEqual(set(self.everybody.mapped("state")), {"to_send"})
        self.round.accept_late = True
        self.assertEqual(self.run_cron(days=22), self.addresses(self.everybody))

    def test_nothing_is_sent_after_the_end(self):
        self.start()
        self.run_cron()
        self.one.sudo().state = "to_send"
        self.round.with_user(self.quality_user).action_end()
        for days in (0, 6, 20):
            self.assertEqual(self.run_cron(days=days), [])

    def test_who_is_asked_otherwise_gets_no_mail(self):
        self.one.channel = "phone"
        self.two.channel = "paper"
        self.three.email = False
        self.start()
        self.assertEqual(self.run_cron(), [])
        self.assertEqual(set(self.everybody.mapped("state")), {"to_send"})
        self.assertEqual(self.everybody.filtered("is_address_missing"), self.three)

    def test_who_is_on_the_blacklist_at_that_moment_gets_none(self):
        self.start()
        self.env["mail.blacklist"]._add(self.one.email)
        self.assertEqual(self.run_cron(), self.addresses(self.two | self.three))
        self.assertEqual(self.one.state, "declined")
        self.assertTrue(self.one.is_opted_out)
        self.env["mail.blacklist"]._add(self.two.email)
        self.assertEqual(self.run_cron(days=6), self.addresses(self.three))
        self.assertEqual(self.two.state, "declined")
        self.assertFalse(self.two.is_opted_out, "was asked, so counts as a recipient")

    def test_who_works_here_gets_none(self):
        self.start()
        self.ops_user.email = self.one.email
        self.assertEqual(self.run_cron(), self.addresses(self.two | self.three))
        self.assertTrue(self.one.is_address_missing)
        self.assertIn("works here", self.one.message_ids[0].body)
        for user in (self.desk_user, self.quality_user, self.admin_user):
            with self.subTest(user=user.login), self.assertRaisesRegex(UserError, "works here"):
                self.two.with_user(user).email = self.ops_user.email
        self.assertFalse(self.two.email_changed_at)

    def test_a_changed_address_is_marked_on_the_answer(self):
        self.start()
        self.run_cron()
        before = self.one.email
        self.one.with_user(self.desk_user).email = "other@customer.example.com"
        self.assertEqual(self.one.email_before, before)
        self.assertEqual(self.one.email_changed_by_id, self.desk_user)
        for participant in (self.one, self.two):
            participant.user_input_id._mark_done()
        answers = (self.one | self.two).user_input_id.with_user(self.quality_user)
        self.assertIn(before, answers[0].itss_address_note)
        self.assertFalse(answers[1].itss_address_note)
        with self.assertRaisesRegex(UserError, "can't change"):
            self.one.with_user(self.desk_user).email = before

    # -------------------------------------------------------------------------
    # Reminders
    # -------------------------------------------------------------------------

    def test_reminders_are_few_and_far_between(self):
        self.start()
        self.run_cron()
        self.assertEqual(self.run_cron(days=4, hours=23), [])
        self.assertEqual(self.run_cron(days=5), self.addresses(self.everybody))
        self.assertTrue(all(REMINDER in text and FINAL not in text for text in self.texts()))
        self.assertEqual(self.run_cron(days=5), [])
        self.assertEqual(self.run_cron(days=9, hours=23), [])
        # the server was down for two days: the next one counts from the last mail
        self.assertEqual(self.run_cron(days=12), self.addresses(self.everybody))
        self.assertEqual(self.everybody.mapped("reminder_count"), [2, 2, 2])
        self.assertEqual(self.run_cron(days=18), [], "two reminders at most")
        self.assertRecordValues(
            self.one,
            [
                {
                    "sent_at": START,
                    "last_mail_at": START + timedelta(days=12),
                    "delivered_at": START + timedelta(days=12),
                    "final_notice_at": False,
                }
            ],
        )

    def test_no_reminders(self):
        self.start(reminder_max=0, final_notice_days=0)
        self.run_cron()
        for days in range(1, 25):
            self.assertEqual(self.run_cron(days=days), [])

    def test_the_final_notice_is_sent_once_before_the_deadline(self):
        self.start()
        self.run_cron()
        self.run_cron(days=5)
        self.run_cron(days=10)
        self.assertEqual(self.run_cron(days=18, hours=21), [])
        self.assertEqual(self.run_cron(days=19), self.addresses(self.everybody))
        self.assertTrue(all(FINAL in text and REMINDER not in text for text in self.texts()))
        self.assertEqual(
            set(self.everybody.mapped("final_notice_at")), {START + timedelta(days=19)}
        )
        self.assertEqual(self.everybody.mapped("reminder_count"), [2, 2, 2])
        for days in (19, 20, 21, 22):
            self.assertEqual(self.run_cron(days=days), [])

    def test_the_final_notice_takes_the_place_of_reminders(self):
        self.start(reminder_max=5)
        self.run_cron()
        for days in (5, 10, 15):
            self.assertEqual(self.run_cron(days=days), self.addresses(self.everybody))
        self.assertEqual(self.run_cron(days=20), self.addresses(self.everybody))
        self.assertTrue(all(FINAL in text for text in self.texts()))
        self.assertEqual(self.run_cron(days=21), [])

    def test_no_final_notice_on_the_heels_of_another_mail(self):
        self.start(date_end=self.today + timedelta(days=2))
        self.assertEqual(self.run_cron(), self.addresses(self.everybody))
        self.assertTrue(all(FINAL not in text for text in self.texts()), "an invitation")
        self.assertEqual(self.run_cron(hours=23), [])
        self.assertEqual(self.run_cron(days=1), self.addresses(self.everybody))
        self.assertTrue(all(FINAL in text for text in self.texts()))

    def test_no_final_notice_wanted(self):
        self.start(final_notice_days=0, reminder_max=1)
        self.run_cron()
        self.run_cron(days=5)
        for days in (19, 20, 21):
            self.assertEqual(self.run_cron(days=days), [])

    def test_no_final_notice_after_the_deadline(self):
        self.start(accept_late=True, reminder_max=0)
        self.run_cron()
        self.assertEqual(self.run_cron(days=22), [], "the server was down in those days")

    def test_who_is_done_is_left_alone(self):
        self.start()
        self.run_cron()
        self.answer(self.one, speed=5)
        self.two.with_user(self.quality_user).write(
            {"state": "declined", "decline_reason": "没有时间"}
        )
        self.three.channel = "phone"
        self.assertEqual(self.run_cron(days=5), [])
        self.assertEqual(self.run_cron(days=20), [])

    def test_a_reminder_leads_to_the_same_answer(self):
        self.start()
        self.run_cron()
        links, answers = (
            self.everybody.with_user(SUPERUSER_ID).mapped("link_url"),
            self.everybody.user_input_id,
        )
        self.run_cron(days=5)
        self.assertEqual(self.everybody.with_user(SUPERUSER_ID).mapped("link_url"), links)
        self.assertEqual(self.everybody.user_input_id, answers)
        self.assertTrue(all(link in "".join(self.texts()) for link in links))

    # -------------------------------------------------------------------------
    # Refusals
    # -------------------------------------------------------------------------

    def test_a_refused_address_is_marked_with_the_server_s_words(self):
        self.start()
        self.server.recipients[self.two.email] = (550, b"5.1.1 No such user")
        self.assertEqual(self.run_cron(), self.addresses(self.one | self.three))
        self.assertRecordValues(
            self.two,
            [
                {
                    "state": "failed",
                    "failure_reason": "550 5.1.1 No such user",
                    "sent_at": False,
                    "last_mail_at": False,
                    "delivered_at": False,
                    "is_unconfirmed": False,
                }
            ],
        )
        self.assertEqual(self.run_cron(hours=1), [])
        self.assertEqual(self.server.tried, [], "the address is not tried again by itself")
        self.assertFalse(self.round.sending_error)

    def test_a_refused_text_was_not_sent(self):
        self.start()
        self.server.texts[self.two.email] = (554, b"5.7.1 Spam")
        self.assertEqual(self.run_cron(), self.addresses(self.one | self.three))
        self.assertRecordValues(
            self.two,
            [
                {
                    "state": "failed",
                    "failure_reason": "554 5.7.1 Spam",
                    "sent_at": False,
                    "last_mail_at": False,
                    "is_unconfirmed": False,
                }
            ],
        )

    def test_who_is_told_to_come_again_does(self):
        self.start()
        for refusals in (self.server.recipients, self.server.texts):
            refusals[self.two.email] = (451, b"4.7.1 Greylisted")
            self.run_cron()
            self.assertEqual(self.two.state, "to_send")
            self.assertEqual(self.two.failure_reason, "451 4.7.1 Greylisted")
            self.assertFalse(self.two.last_mail_at)
            refusals.clear()
        self.assertEqual(self.run_cron(minutes=10), self.addresses(self.two))
        self.assertEqual(self.two.state, "sent")
        self.assertFalse(self.two.failure_reason)

    def test_only_the_failed_one_is_sent_again(self):
        self.start()
        self.server.recipients[self.two.email] = (550, b"No such user")
        self.run_cron()
        with self.assertRaises(AccessError):
            self.two.with_user(self.desk_user).action_resend()
        with self.assertRaises(UserError):
            self.one.with_user(self.quality_user).action_resend()
        self.two.with_user(self.quality_user).email = "right@round.example.com"
        self.two.with_user(self.quality_user).action_resend()
        self.assertEqual(self.run_cron(hours=1), ["right@round.example.com"])
        self.assertEqual(self.two.state, "sent")
        self.assertEqual(self.two.sent_at, START + timedelta(hours=1))

    def test_a_reminder_told_to_come_again_does_not_count(self):
        self.start()
        self.run_cron()
        for refusals in (self.server.recipients, self.server.texts):
            refusals[self.two.email] = (452, b"Mailbox full")
            self.run_cron(days=5)
            self.assertRecordValues(
                self.two,
                [
                    {
                        "state": "sent",
                        "reminder_count": 0,
                        "last_mail_at": START,
                        "is_unconfirmed": False,
                        "failure_reason": "452 Mailbox full",
                    }
                ],
            )
            refusals.clear()
        self.assertEqual(self.run_cron(days=5, minutes=10), self.addresses(self.two))
        self.assertEqual(self.two.reminder_count, 1)

    def test_an_address_that_has_died_gets_no_more_reminders(self):
        self.start()
        self.run_cron()
        self.server.recipients[self.two.email] = (550, b"No such user")
        self.run_cron(days=5)
        self.assertEqual(self.two.state, "failed")
        self.assertEqual(self.two.sent_at, START, "it got the invitation")
        self.run_cron(days=5, minutes=10)
        self.assertEqual(self.server.tried, [])

    # -------------------------------------------------------------------------
    # The mail server
    # -------------------------------------------------------------------------

    def test_a_mail_server_that_is_away_loses_nothing(self):
        self.start()
        refusal = ConnectionRefusedError(111, "Connection refused")
        with patch.object(IrMail_Server, "_connect__", side_effect=refusal):
            self.run_cron()
        self.assertEqual(set(self.everybody.mapped("state")), {"to_send"})
        self.assertIn("Connection refused", self.round.sending_error)
        self.assertEqual(self.run_cron(minutes=10), self.addresses(self.everybody))
        self.assertFalse(self.round.sending_error)

    def test_a_connection_that_breaks_leaves_one_mail_unconfirmed(self):
        self.start()
        self.server.texts[self.two.email] = (-1, "Connection unexpectedly closed")
        self.assertEqual(self.run_cron(), self.addresses(self.one))
        self.assertRecordValues(
            self.everybody,
            [
                {"state": "sent", "is_unconfirmed": False},
                {"state": "sent", "is_unconfirmed": True},
                {"state": "to_send", "is_unconfirmed": False},
            ],
        )
        self.assertIn("unexpectedly closed", self.round.sending_error)
        self.server.texts.clear()
        self.assertEqual(self.run_cron(minutes=10), self.addresses(self.three))
        self.assertTrue(self.two.is_unconfirmed, "it is not sent twice by itself")
        self.two.with_user(self.quality_user).action_resend()
        self.assertEqual(self.run_cron(minutes=20), self.addresses(self.two))
        self.assertFalse(self.two.is_unconfirmed)

    def test_a_mail_server_that_hangs_up_is_named(self):
        self.start()
        self.server.recipients[self.two.email] = (421, b"4.3.2 Shutting down")
        self.assertEqual(self.run_cron(), self.addresses(self.one))
        self.assertEqual(self.round.sending_error, "421 4.3.2 Shutting down")
        self.assertEqual((self.two | self.three).mapped("state"), ["to_send", "to_send"])
        self.server.recipients.clear()
        self.assertEqual(self.run_cron(minutes=10), self.addresses(self.two | self.three))

    def test_a_template_that_can_t_be_rendered_is_told(self):
        template = self.env.ref("itss_quality.itss_survey_mail_template")
        body = template.body_html
        template.body_html = '<p t-if="ctx.get(\'itss_kind\')" t-out="1 // 0"/>'
        self.start()
        self.run_cron()
        self.assertEqual(set(self.everybody.mapped("state")), {"to_send"})
        self.assertIn("Failed to render", self.round.sending_error)
        template.body_html = body
        self.assertEqual(self.run_cron(minutes=10), self.addresses(self.everybody))

    def test_a_name_of_two_lines_does_not_hold_up_the_mails(self):
        self.round.with_user(self.quality_user).name = "2026\r\n年度调查\u2028"
        self.assertEqual(self.round.name, "2026 年度调查")
        self.company.name = "Cloud\nBcc: x@y.example.com"
        self.start()
        self.assertEqual(self.run_cron(), self.addresses(self.everybody))
        [subject] = {message["Subject"] for message in self.server.messages}
        self.assertEqual(subject, "Cloud Bcc: x@y.example.com: 2026 年度调查")

    def test_one_mail_that_can_t_be_written_does_not_hold_up_the_others(self):
        build = type(self.env["ir.mail_server"])._build_email__

        def build_others(servers, email_from, email_to, *args, **kwargs):
            if email_to == [self.one.email]:
                raise ValueError("broken")
            return build(servers, email_from, email_to, *args, **kwargs)

        self.start()
        with patch.object(type(self.env["ir.mail_server"]), "_build_email__", build_others):
            self.assertEqual(self.run_cron(), self.addresses(self.two | self.three))
        self.assertRecordValues(self.one, [{"state": "failed", "failure_reason": "broken"}])
        self.assertFalse(self.round.sending_error)

    def test_one_round_s_trouble_is_not_another_s(self):
        self.start()
        other = self.make_round(
            participants=1, name="另一个", date_start=self.today, date_end=self.round.date_end
        )
        other.with_user(self.quality_user).action_start()
        build = type(self.one)._build_mails

        def build_one(participants, round_, kind):
            if round_.id == self.round.id:
                # pylint: disable-next=translation-required
                raise UserError("broken")
            return build(participants, round_, kind)

        with patch.object(type(self.one), "_build_mails", build_one):
            self.assertEqual(self.run_cron(), self.addresses(other.participant_ids))
        self.assertEqual(self.round.sending_error, "broken")
        self.assertFalse(other.sending_error)

    # -------------------------------------------------------------------------
    # Once
    # -------------------------------------------------------------------------

    def test_the_mail_is_noted_before_its_text_goes_out(self):
        self.start()
        seen = []

        def look(address):
            participant = self.everybody.filtered(lambda one: one.email == address)
            self.env.invalidate_all()
            seen.append((participant.state, participant.is_unconfirmed))

        self.server.at_text = look
        self.run_cron()
        self.assertEqual(seen, 3 * [("sent", True)])
        self.assertFalse(any(self.everybody.mapped("is_unconfirmed")))

    def test_what_has_changed_in_the_meantime_is_respected(self):
        self.start()

        def decline_the_others(address):
            others = self.everybody.filtered(lambda one: one.email != address)
            if self.server.messages:
                return
            others.sudo().write({"state": "declined", "decline_reason": "x"})
            self.env.flush_all()

        self.server.at_text = decline_the_others
        self.assertEqual(len(self.run_cron()), 1)
        self.assertEqual(sorted(self.everybody.mapped("state")), ["declined", "declined", "sent"])
        self.assertFalse(self.round.sending_error)

    def test_a_broken_connection_to_the_database_is_no_refusal(self):
        self.start()

        def break_down(*_args):
            raise OperationalError("server closed the connection unexpectedly")

        with (
            patch.object(type(self.one), "_note_mail", break_down),
            self.assertRaises(MailDeliveryException),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            self.env(cr=cr)["itss.survey.participant"]._cron_send()
        self.assertEqual(self.server.messages, [])
        self.assertEqual(set(self.everybody.mapped("state")), {"to_send"})
