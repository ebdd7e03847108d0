import email
import email.policy
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from odoo import fields
from odoo.tests import freeze_time, tagged

from odoo.addons.base.tests.common import MockSmtplibCase

from ...models.complaint.itss_complaint import MOST_PER_HOUR
from .common import ComplaintCommon

MAILS = Path(__file__).parent / "data"


@tagged("post_install", "-at_install")
class TestComplaintMail(ComplaintCommon, MockSmtplibCase):
    """Mails to the company's address become complaints; answers go to theirs; programs are ignored."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.alias_domain_id = cls.env["mail.alias.domain"].create(
            {"name": "itss.example.com", "bounce_alias": "bounce", "catchall_alias": "catchall"}
        )
        cls.company.itss_complaint_alias_name = "complaints"
        cls.address = "complaints@itss.example.com"

    def read_mail(self, name, message_id=""):
        """Return a mail as it came over the line.

        :param message_id: of the mail of ours it answers
        """
        raw = (MAILS / f"{name}.eml").read_bytes()
        return raw.replace(b"{{message_id}}", message_id.encode())

    def make_mail(self, text=None, number=1, **headers):
        """Return the plain mail with other headers, or another text."""
        message = email.message_from_bytes(self.read_mail("plain"), policy=email.policy.SMTP)
        if "To" in headers:
            del message["Delivered-To"]
        headers["Message-Id"] = f"<{self._testMethodName}-{number}@hospital.example.com>"
        for name, value in headers.items():
            del message[name.replace("_", "-")]
            message[name.replace("_", "-")] = value
        if text is not None:
            message.set_content(text)
        return message

    def process(self, message):
        """Let the mail gateway take a mail, and return the complaints it made."""
        complaints = self.env["itss.complaint"]
        known = complaints.search([])
        raw = message if isinstance(message, bytes) else message.as_bytes()
        self.env["mail.thread"].message_process(False, raw)
        return complaints.search([]) - known

    def get_acknowledgement(self, complaint):
        """Send the mail that tells the customer the number, and return its message."""
        mail = self.env["mail.mail"].search(
            [
                ("model", "=", complaint._name),
                ("res_id", "=", complaint.id),
                # whoever gets a to-do is told too, by the partner
                ("email_to", "!=", False),
            ]
        )
        message = mail.mail_message_id
        with self.mock_smtplib_connection():
            mail.send()
        self.assertFalse(mail.exists())
        return message

    def test_a_plain_mail_becomes_a_complaint(self):
        complaint = self.process(self.read_mail("plain"))
        self.assertEqual(
            (complaint.name, complaint.channel, complaint.state), ("工程师迟到", "email", "new")
        )
        self.assertEqual(complaint.company_id, self.company)
        self.assertEqual(complaint.partner_id, self.contact)
        self.assertEqual(complaint.email, "chen@hospital.example.com")
        self.assertIn("十一点才到", complaint.description)
        self.assertTrue(complaint.number)

    def test_a_stranger_s_mail_is_taken_as_well(self):
        complaint = self.process(self.make_mail(From='"李四" <li@unknown.example.com>'))
        self.assertFalse(complaint.partner_id)
        self.assertEqual(
            (complaint.contact_name, complaint.email), ("李四", "li@unknown.example.com")
        )

    def test_html_is_sanitised(self):
        complaint = self.process(self.read_mail("html"))
        self.assertIn("<b>十一点才到</b>", complaint.description)
        self.assertIn("请尽快处理", complaint.description)
        message = complaint.message_ids.filtered(lambda one: one.message_type == "email")
        for text in (complaint.description, message.body):
            self.assertNotRegex(
                text,
                r"(?i)<(script|style|iframe|object|embed|form|input|base|link|meta)\b",
            )
            self.assertNotRegex(text, r"(?i)\son\w+=|script:|data:|@import|formaction|position:")
            self.assertNotIn("evil.example.com", text)

    def test_a_mail_without_subject_or_text_is_not_lost(self):
        complaint = self.process(self.make_mail(Subject="", text=""))
        self.assertEqual(complaint.name, "Complaint without a subject")

    def test_a_reply_goes_to_its_complaint(self):
        complaint = self.process(self.read_mail("plain"))
        mail = complaint.message_ids.filtered(lambda one: one.message_type == "email")
        acknowledgement = self.get_acknowledgement(complaint)
        for number, message in enumerate((mail, acknowledgement)):
            with self.subTest(message.subject):
                reply = self.read_mail("reply", message.message_id)
                reply = reply.replace(b"1120410987651", b"112041098765%d" % number)
                count = len(complaint.message_ids)
                self.assertFalse(self.process(reply))
                self.assertEqual(len(complaint.message_ids), count + 1)
                self.assertIn("没有带备件", complaint.message_ids[0].body)

    def test_the_same_mail_twice_makes_one_complaint(self):
        self.assertEqual(len(self.process(self.make_mail())), 1)
        self.assertFalse(self.process(self.make_mail()))

    def test_programs_and_bounces_make_no_complaint_and_no_note(self):
        complaint = self.process(self.read_mail("plain"))
        acknowledgement = self.get_acknowledgement(complaint)
        count = len(complaint.message_ids)
        for name in ("bounce", "auto-reply", "out-of-office"):
            with self.subTest(name):
                self.assertFalse(self.process(self.read_mail(name, acknowledgement.message_id)))
                self.assertEqual(len(complaint.message_ids), count)

    def test_whatever_says_it_is_automatic_makes_no_complaint(self):
        for number, headers in enumerate(
            (
                {"Auto-Submitted": "auto-replied"},
                {"Auto-Submitted": "auto-generated"},
                {"X-Autoreply": "yes"},
                {"Precedence": "bulk"},
                {"From": "MAILER-DAEMON@hospital.example.com"},
                {"To": f"{self.address}, bounce@itss.example.com"},
            ),
            2,
        ):
            with self.subTest(headers=headers):
                self.assertFalse(self.process(self.make_mail(number=number, **headers)))
        human = self.make_mail(number=99, **{"Auto-Submitted": "no"})
        self.assertEqual(len(self.process(human)), 1)

    def count_work(self):
        """Return how many to-dos and outgoing mails there are."""
        todos = self.env["mail.activity"].search_count([("res_model", "=", "itss.complaint")])
        return todos, self.env["mail.mail"].search_count([])

    def test_of_a_loop_or_a_flood_everything_is_kept_and_nothing_made_of_it(self):
        # Odoo itself throws away what is more
        self.env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", 3)
        self.dep_operations.manager_id = self.employee(self.leader)
        complaints = self.env["itss.complaint"]
        for number in range(MOST_PER_HOUR):
            complaints |= self.process(self.make_mail(number=number))
        self.assertEqual(len(complaints), MOST_PER_HOUR)
        last = complaints.sorted("id")[-1]
        last.message_subscribe(self.agent.partner_id.ids)
        before = len(last.message_ids)
        # one to-do says that there are more, with the mail that tells of it
        self.assertFalse(self.process(self.make_mail(number=100, text="第一百封")))
        work = self.count_work()
        for number in range(101, 105):
            message = self.make_mail(number=number)
            message.add_attachment(b"x", maintype="image", subtype="jpeg", filename="现场.jpg")
            self.assertFalse(self.process(message))
        self.assertEqual(self.count_work(), work)
        kept = last.message_ids.filtered(lambda one: one.message_type == "email")
        self.assertEqual(len(kept), 6)
        self.assertIn("第一百封", "".join(kept.mapped("body")))
        self.assertEqual(len(kept.attachment_ids), 4)
        self.assertGreaterEqual(len(last.message_ids), before + 5)
        todo = last.activity_ids.filtered(lambda one: "Many mails" in one.summary)
        self.assertEqual(todo.user_id, self.leader)
        # somebody else's is taken as ever, and so is the address's own an hour later
        self.assertEqual(len(self.process(self.make_mail(number=200, From="li@example.com"))), 1)
        with freeze_time(fields.Datetime.now() + timedelta(minutes=61)):
            self.assertEqual(len(self.process(self.make_mail(number=201))), 1)

    def test_of_a_flood_of_answers_nobody_is_told_of_each(self):
        complaint = self.process(self.read_mail("plain"))
        complaint.message_subscribe(self.agent.partner_id.ids)
        first = complaint.message_ids.filtered(lambda one: one.message_type == "email")
        reply = {"In-Reply-To": first.message_id, "References": first.message_id}
        for number in range(MOST_PER_HOUR):
            self.process(self.make_mail(number=number, **reply))
        work = self.count_work()
        for number in range(100, 125):
            self.assertFalse(self.process(self.make_mail(number=number, **reply)))
        self.assertEqual(self.count_work(), work)
        kept = complaint.message_ids.filtered(lambda one: one.message_type == "email")
        self.assertEqual(len(kept), 1 + MOST_PER_HOUR + 25)

    def test_twenty_megabytes_are_kept_with_the_complaint(self):
        message = self.make_mail()
        content = b"x" * (20 * 1024 * 1024)
        message.add_attachment(content, maintype="image", subtype="jpeg", filename="现场.jpg")
        complaint = self.process(message)
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "itss.complaint"), ("res_id", "=", complaint.id)]
        )
        self.assertEqual((files.name, files.file_size), ("现场.jpg", len(content)))

    def test_gb18030_is_read(self):
        complaint = self.process(self.read_mail("gb18030"))
        self.assertEqual((complaint.name, complaint.contact_name), ("工程师迟到", "李镕"))
        self.assertIn("十一点才到", complaint.description)
        self.assertIn("李镕、𠮷田", complaint.description)

    def test_a_broken_encoding_is_no_reason_to_lose_it(self):
        complaint = self.process(self.read_mail("broken-encoding"))
        self.assertEqual(len(complaint), 1)
        self.assertEqual(complaint.email, "li@unknown.example.com")
        self.assertTrue(complaint.name)
        self.assertIn("Room 301", complaint.description)

    def test_an_encoding_that_is_unknown_or_missing_is_guessed(self):
        for name in ("unknown-charset", "no-charset"):
            raw = self.read_mail(name)
            for charset in ("gb18030", "utf-8"):
                with self.subTest(name, charset=charset):
                    head, body = raw.split(b"\r\n\r\n", 1)
                    head = head.replace(b"Message-ID: <", b"Message-ID: <" + charset.encode())
                    body = body.decode("gb18030").encode(charset)
                    complaint = self.process(head + b"\r\n\r\n" + body)
                    self.assertEqual(complaint.name, "工程师迟到")
                    self.assertIn("十一点才到", complaint.description)

    def test_a_character_set_that_makes_no_sense_is_guessed_too(self):
        raw = self.read_mail("unknown-charset")
        for number, charset in enumerate((b"", b"hex", b"\xd6\xd0", b"a\x00b", b"?="), 1):
            with self.subTest(charset=charset):
                mail = raw.replace(b"x-unknown-8bit", charset)
                mail = mail.replace(b"Message-ID: <", b"Message-ID: <%d." % number)
                self.assertIn("十一点才到", self.process(mail).description)

    def test_zero_bytes_are_no_reason_to_lose_it(self):
        mail = self.read_mail("plain").replace("门诊".encode(), b"\x00")
        self.assertIn("十一点才到", self.process(mail).description)

    def test_a_text_file_in_an_unknown_character_set_is_kept_as_it_is(self):
        message = self.make_mail()
        content = "十一点才到\r\n".encode("gb18030")
        message.add_attachment(content, maintype="text", subtype="plain", filename="记录.txt")
        raw = message.as_bytes().replace(
            b"Content-Type: text/plain\r\n", b'Content-Type: text/plain; charset="x-device"\r\n'
        )
        self.assertIn(b"x-device", raw)
        complaint = self.process(raw)
        file = self.env["ir.attachment"].search(
            [("res_model", "=", "itss.complaint"), ("res_id", "=", complaint.id)]
        )
        self.assertEqual((file.name, file.raw), ("记录.txt", content))

    def test_another_company_s_address_makes_its_complaint(self):
        self.other_company.alias_domain_id = self.company.alias_domain_id
        self.other_company.itss_complaint_alias_name = "other-complaints"
        complaint = self.process(self.make_mail(To="other-complaints@itss.example.com"))
        self.assertEqual(complaint.company_id, self.other_company)

    def test_the_address_can_be_changed_and_taken_away(self):
        alias = self.company.itss_complaint_alias_id
        self.company.itss_complaint_alias_name = "tousu"
        self.assertEqual(self.company.itss_complaint_alias_id, alias)
        self.assertEqual(len(self.process(self.make_mail(To="tousu@itss.example.com"))), 1)
        self.company.itss_complaint_alias_name = False
        self.assertFalse(alias.exists())

    def test_a_mail_that_can_t_be_acknowledged_is_kept_all_the_same(self):
        template = type(self.env["mail.template"])
        with patch.object(template, "send_mail", side_effect=Exception("no mail server")):
            with self.assertLogs(
                "odoo.addons.itss_quality.models.complaint.itss_complaint", "ERROR"
            ):
                complaint = self.process(self.make_mail())
        self.assertTrue(complaint.number)
