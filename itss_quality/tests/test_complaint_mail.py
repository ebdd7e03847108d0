import base64
from email.message import EmailMessage
from unittest.mock import patch

from odoo.tests import tagged

from .test_complaint import ComplaintCommon

FROM = '"陈主任" <chen@hospital.example.com>'


@tagged("post_install", "-at_install")
class TestComplaintMail(ComplaintCommon):
    """Mails to the company's address become complaints; answers go to theirs; programs are ignored."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.alias_domain_id = cls.env["mail.alias.domain"].create(
            {"name": "itss.example.com", "bounce_alias": "bounce", "catchall_alias": "catchall"}
        )
        cls.company.itss_complaint_alias_name = "complaints"
        cls.address = "complaints@itss.example.com"

    def make_mail(self, subject="工程师迟到", text="约好九点，十一点才到", **headers):
        message = EmailMessage()
        headers = {
            "From": FROM,
            "To": self.address,
            "Subject": subject,
            "Message-Id": f"<{self._testMethodName}-{headers.pop('number', 1)}@hospital.example.com>",
            "Date": "Mon, 15 Sep 2025 10:00:00 +0800",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        for name, value in headers.items():
            message[name] = value
        message.set_content(text)
        return message

    def process(self, message):
        """Let the mail gateway take a mail, and return the complaints it made."""
        complaints = self.env["itss.complaint"]
        known = complaints.search([])
        raw = message if isinstance(message, bytes) else message.as_bytes()
        self.env["mail.thread"].message_process(False, raw)
        return complaints.search([]) - known

    def test_a_plain_mail_becomes_a_complaint(self):
        complaint = self.process(self.make_mail())
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
        message = self.make_mail()
        message.add_alternative(
            "<p>迟到<script>alert(1)</script></p><img src=x onerror=alert(1)>"
            '<svg onload="alert(1)"></svg><a href="data:text/html,x">y</a>',
            subtype="html",
        )
        complaint = self.process(message)
        self.assertIn("迟到", complaint.description)
        self.assertNotRegex(complaint.description, r"(?i)<script|onerror|onload|data:text")

    def test_a_mail_without_subject_or_text_is_not_lost(self):
        complaint = self.process(self.make_mail(subject="", text=""))
        self.assertEqual(complaint.name, "Complaint without a subject")

    def test_a_reply_goes_to_its_complaint(self):
        complaint = self.process(self.make_mail())
        first = complaint.message_ids.filtered(lambda message: message.message_type == "email")
        reply = self.make_mail(
            subject="Re: 工程师迟到", text="还有一点", number=2, In_Reply_To=first.message_id
        )
        self.assertFalse(self.process(reply))
        self.assertIn("还有一点", complaint.message_ids[0].body)

    def test_the_same_mail_twice_makes_one_complaint(self):
        self.assertEqual(len(self.process(self.make_mail())), 1)
        self.assertFalse(self.process(self.make_mail()))

    def test_programs_and_bounces_make_no_complaint(self):
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

    def test_a_loop_is_stopped(self):
        self.env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", 3)
        made = [len(self.process(self.make_mail(number=number))) for number in range(10, 16)]
        self.assertEqual(sum(made), 3)

    def test_twenty_megabytes_are_kept_with_the_complaint(self):
        message = self.make_mail()
        content = b"x" * (20 * 1024 * 1024)
        message.add_attachment(content, maintype="image", subtype="jpeg", filename="现场.jpg")
        complaint = self.process(message)
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "itss.complaint"), ("res_id", "=", complaint.id)]
        )
        self.assertEqual((files.name, files.file_size), ("现场.jpg", len(content)))

    def test_gb18030_and_broken_encodings_are_read(self):
        head = (
            f"From: li@unknown.example.com\r\nTo: {self.address}\r\nMIME-Version: 1.0\r\n"
            "Date: Mon, 15 Sep 2025 10:00:00 +0800\r\n"
        ).encode()
        subject = base64.b64encode("工程师迟到".encode("gb18030")).decode()
        for number, (charset, body, expected) in enumerate(
            (
                ("gb18030", "十一点才到".encode("gb18030"), "十一点才到"),
                ("utf-8", "十一点".encode("gb18030") + b"\xff\xfe", None),
            )
        ):
            with self.subTest(charset=charset):
                raw = (
                    head
                    + f"Message-Id: <enc-{number}@unknown.example.com>\r\n".encode()
                    + f"Subject: =?gb18030?B?{subject}?=\r\n".encode()
                    + f"Content-Type: text/plain; charset={charset}\r\n".encode()
                    + b"Content-Transfer-Encoding: 8bit\r\n\r\n"
                    + body
                )
                complaint = self.process(raw)
                self.assertEqual(complaint.name, "工程师迟到")
                if expected:
                    self.assertIn(expected, complaint.description)

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
            with self.assertLogs("odoo.addons.itss_quality.models.itss_complaint", "ERROR"):
                complaint = self.process(self.make_mail())
        self.assertTrue(complaint.number)
