import base64
from datetime import timedelta

from odoo import Command, fields
from odoo.tests import JsonRpcException, freeze_time, tagged
from odoo.tools import mute_logger

from ..common import RpcCase
from .common import NOW, ComplaintCommon

WORDS = "<p>三天没人来</p>"


class EvidenceCommon(ComplaintCommon, RpcCase):
    """Complaints that came in by themselves, and everybody who might want to touch them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system_user = cls.make_user("t_system", "admin", name="系统管理员")
        cls.system_user.group_ids += cls.env.ref("base.group_system")
        cls.everybody = cls.agent | cls.ops_user | cls.quality_user | cls.system_user

    @classmethod
    def file_in_portal(cls):
        """Return a complaint as the portal page makes it, and the customer's file."""
        complaint = cls.env["itss.complaint"].create(
            {
                "name": "门禁故障",
                "description": WORDS,
                "channel": "portal",
                "company_id": cls.company.id,
                "partner_id": cls.contact.id,
            }
        )
        complaint.customer_file_ids = cls.make_file(complaint)
        return complaint, complaint.customer_file_ids

    @classmethod
    def send_mail(cls, **values):
        """Return a complaint as the mail gateway makes it, its message and the customer's file."""
        mail = (
            "From: 陈主任 <chen@hospital.example.com>\n"
            "To: complaints@itss.example.com\n"
            "Subject: 门禁故障\n"
            "Message-Id: <evidence@hospital.example.com>\n"
            "Content-Type: multipart/mixed; boundary=line\n\n"
            "--line\nContent-Type: text/html; charset=utf-8\n\n" + WORDS + "\n"
            "--line\nContent-Type: text/plain\n"
            "Content-Disposition: attachment; filename=photo.txt\n\nphoto\n"
            "--line--\n"
        )
        company = {"company_id": cls.company.id}
        threads = cls.env["mail.thread"]
        complaint = cls.env["itss.complaint"].browse(
            threads.message_process("itss.complaint", mail.encode(), custom_values=company)
        )
        message = complaint.message_ids.filtered(lambda one: one.message_type == "email")
        return complaint, message, message.attachment_ids

    @classmethod
    def make_file(cls, complaint, **vals):
        return cls.env["ir.attachment"].create(
            {
                "name": "照片.txt",
                "raw": b"photo",
                "res_model": complaint._name,
                "res_id": complaint.id,
                **vals,
            }
        )

    def read_file(self, file):
        """Return all that is stored of a file."""
        self.env.flush_all()
        self.env.invalidate_all()
        file = file.exists()
        return file and (file.read(load=None), file.raw)

    def call(self, route, **params):
        """Call a page of the web client as the user signed in."""
        return self.make_jsonrpc_request(route, params)


@tagged("post_install", "-at_install")
class TestCustomersOwnFiles(EvidenceCommon):
    """What the customer sent along stays as it came, whoever asks, whatever way."""

    def each_file(self):
        yield self.file_in_portal()
        complaint, _message, file = self.send_mail()
        yield complaint, file

    @mute_logger("odoo.http")
    def test_nobody_changes_deletes_or_publishes_one(self):
        for complaint, file in self.each_file():
            other = self.make_complaint()
            before = self.read_file(file)
            for user in self.everybody:
                self.sign_in(user)
                for vals in (
                    {"name": "别的.txt"},
                    {"raw": "forged"},
                    {"datas": base64.b64encode(b"forged").decode()},
                    {"db_datas": "Zm9yZ2Vk"},
                    {"mimetype": "text/html"},
                    {"type": "url", "url": "https://evil.example.com"},
                    {"description": "x"},
                    {"public": True},
                    {"access_token": "open"},
                    {"res_id": other.id},
                    {"res_id": 0},
                    {"res_model": "res.partner", "res_id": self.contact.id},
                    {"res_field": "description"},
                    {"company_id": self.other_company.id},
                ):
                    with self.subTest(user=user.login, channel=complaint.channel, vals=vals):
                        self.assert_refused(file, "write", file.ids, vals)
                for method in ("unlink", "generate_access_token"):
                    with self.subTest(user=user.login, channel=complaint.channel, method=method):
                        self.assert_refused(file, method, file.ids)
            self.assertEqual(self.read_file(file), before)

    @mute_logger("odoo.http")
    def test_the_web_client_s_own_pages_don_t_delete_one(self):
        for complaint, file in self.each_file():
            before = self.read_file(file)
            # who posts a file of the record holds a token for it
            token = file._get_ownership_token()
            for user in self.everybody:
                comment = complaint.with_user(user).message_post(
                    body="请看附件", message_type="comment", attachment_ids=file.ids
                )
                self.sign_in(user)
                for route, params in (
                    ("/mail/attachment/delete", {"attachment_id": file.id}),
                    ("/mail/attachment/delete", {"attachment_id": file.id, "access_token": token}),
                    (
                        "/mail/message/update_content",
                        {
                            "message_id": comment.id,
                            "update_data": {"body": "", "attachment_ids": []},
                        },
                    ),
                ):
                    with self.subTest(user=user.login, route=route, params=params):
                        with self.assertRaises(JsonRpcException):
                            self.call(route, **params)
                        self.assertEqual(self.read_file(file), before)

    @mute_logger("odoo.http")
    def test_no_command_of_the_complaint_takes_one_away(self):
        complaint, file = self.file_in_portal()
        before = self.read_file(file)
        for user in self.everybody:
            self.sign_in(user)
            for command in (
                Command.delete(file.id),
                Command.unlink(file.id),
                Command.clear(),
                Command.set([]),
                Command.update(file.id, {"name": "别的.txt"}),
                Command.link(self.make_file(complaint).id),
                Command.create({"name": "添加.txt", "raw": "x"}),
            ):
                with self.subTest(user=user.login, command=command):
                    vals = {"customer_file_ids": [command]}
                    self.assert_refused(complaint, "write", complaint.ids, vals)
        self.assertEqual(self.read_file(file), before)
        self.assertEqual(complaint.customer_file_ids, file)

    def test_what_an_agent_attached_the_agent_removes(self):
        complaint, _file = self.file_in_portal()
        own = self.make_file(complaint)
        self.rpc_as(self.agent, own._name, "write", own.ids, {"name": "别的.txt"})
        self.rpc_as(self.agent, own._name, "unlink", own.ids)
        self.assertFalse(own.exists())


@tagged("post_install", "-at_install")
class TestCustomersOwnWords(EvidenceCommon):
    """What the customer wrote is read as it was written."""

    @mute_logger("odoo.http")
    def test_nobody_changes_or_deletes_the_mail_that_came_in(self):
        complaint, message, file = self.send_mail()
        other = self.make_complaint()
        note = self.env.ref("mail.mt_note")
        for user in self.everybody:
            self.sign_in(user)
            for vals in (
                {"body": "别的话"},
                {"subject": "别的事"},
                {"author_id": user.partner_id.id},
                {"email_from": "other@example.com"},
                {"date": NOW},
                {"message_type": "comment"},
                {"subtype_id": note.id},
                {"is_internal": True},
                {"res_id": other.id},
                {"model": "res.partner", "res_id": self.contact.id},
                {"attachment_ids": [Command.unlink(file.id)]},
                {"attachment_ids": [Command.clear()]},
                {"attachment_ids": [Command.delete(file.id)]},
                {"attachment_ids": [Command.create({"name": "x", "raw": "x"})]},
            ):
                with self.subTest(user=user.login, vals=vals):
                    self.assert_refused(message, "write", message.ids, vals)
            with self.subTest(user=user.login, method="unlink"):
                self.assert_refused(message, "unlink", message.ids)
            for command in (
                Command.delete(message.id),
                Command.unlink(message.id),
                Command.clear(),
                Command.update(message.id, {"body": "别的话"}),
            ):
                before = self.read_rows(message)
                with self.subTest(user=user.login, command=command):
                    with self.assertRaises(JsonRpcException):
                        vals = {"message_ids": [command]}
                        self.rpc(complaint._name, "write", complaint.ids, vals)
                    self.assertEqual(self.read_rows(message), before)
        self.assertEqual(message.exists().attachment_ids, file)

    @mute_logger("odoo.http")
    def test_nobody_makes_up_a_mail_that_came_in(self):
        complaint, message, _file = self.send_mail()
        for user in self.everybody:
            self.sign_in(user)
            vals = {
                "model": complaint._name,
                "res_id": complaint.id,
                "body": "已经没事了",
                "message_type": "email",
                "email_from": message.email_from,
            }
            with self.subTest(user=user.login):
                self.assert_refused(message.browse(), "create", [vals])

    @mute_logger("odoo.http")
    def test_nobody_rewrites_what_the_customer_sent(self):
        portal, _file = self.file_in_portal()
        mailed, _message, _file = self.send_mail()
        told = self.make_complaint(channel="callback")
        answered = self.make_complaint(channel="survey")
        for complaint in (portal, mailed, told, answered):
            for user in self.everybody:
                self.sign_in(user)
                for vals in (
                    {"description": "<p>一切都好</p>"},
                    {"name": "表扬"},
                    {"channel": "phone"},
                    {"channel": "phone", "description": "<p>一切都好</p>"},
                    {"state": "acknowledged", "description": "<p>一切都好</p>"},
                ):
                    with self.subTest(user=user.login, channel=complaint.channel, vals=vals):
                        self.assert_refused(complaint, "write", complaint.ids, vals)
                        self.assert_refused(complaint, "web_save", complaint.ids, vals, {})
                with self.subTest(user=user.login, channel=complaint.channel, method="load"):
                    rows = [[str(complaint.id), "<p>一切都好</p>"]]
                    before = self.read_rows(complaint)
                    result = self.rpc(complaint._name, "load", [".id", "description"], rows)
                    self.assertFalse(result["ids"])
                    self.assertEqual(self.read_rows(complaint), before)
            words = {"addition": "客户在三楼，设备编号 M-12"}
            self.rpc_as(self.agent, complaint._name, "write", complaint.ids, words)
            self.assertEqual(complaint.addition, words["addition"])

    @mute_logger("odoo.http")
    def test_what_an_agent_wrote_down_is_put_right_until_it_is_acknowledged(self):
        complaint = self.make_complaint()
        right = {"description": "<p>约好九点，十二点才到</p>", "channel": "visit"}
        self.rpc_as(self.agent, complaint._name, "write", complaint.ids, right)
        self.env.invalidate_all()
        self.assertIn("十二点", complaint.description)
        note = complaint.message_ids.filtered(lambda one: "十一点" in (one.body or ""))
        self.assertEqual(note.author_id, self.agent.partner_id)
        complaint.action_acknowledge()
        for user in self.everybody:
            self.sign_in(user)
            for vals in ({"description": "<p>一点</p>"}, {"channel": "phone"}):
                with self.subTest(user=user.login, vals=vals):
                    self.assert_refused(complaint, "write", complaint.ids, vals)
        self.rpc(complaint._name, "write", complaint.ids, {"name": "工程师迟到三小时"})

    @mute_logger("odoo.http")
    def test_nobody_files_in_the_portal_for_the_customer(self):
        complaints = self.env["itss.complaint"]
        vals = {"name": "x", "description": WORDS, "company_id": self.company.id}
        for user in self.everybody:
            self.sign_in(user)
            with self.subTest(user=user.login):
                self.assert_refused(complaints, "create", [{**vals, "channel": "portal"}])
                context = {"default_channel": "portal"}
                self.assert_refused(complaints, "create", [vals], context=context)

    def test_a_copy_is_the_agent_s_own(self):
        complaint, _file = self.file_in_portal()
        [copy] = complaint.browse(self.rpc_as(self.agent, complaint._name, "copy", complaint.ids))
        self.assertEqual((copy.channel, copy.customer_file_ids.ids), ("phone", []))


@tagged("post_install", "-at_install")
class TestReceipt(EvidenceCommon):
    """The time of receipt is the server's; a correction says why, and keeps the first one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = fields.Datetime.to_datetime(NOW)
        cls.complaint = cls.make_complaint(received_at=NOW)

    def correct(self, user, hours, reason="电话先记在纸上", complaint=None):
        """Correct the receipt over RPC, through the dialog, to hours from NOW."""
        complaint = complaint or self.complaint
        vals = {
            "complaint_id": complaint.id,
            "received_at": str(self.now + timedelta(hours=hours)),
            "reason": reason,
        }
        dialogs = "itss.complaint.receipt"
        dialog = self.rpc_as(user, dialogs, "create", [vals])
        self.rpc(dialogs, "action_confirm", dialog)
        self.env.invalidate_all()

    @mute_logger("odoo.http")
    def test_nobody_enters_or_writes_it(self):
        vals = {"name": "x", "description": WORDS, "company_id": self.company.id}
        old = "2025-09-01 00:00:00"
        for user in self.everybody:
            self.sign_in(user)
            for name in (
                "received_at",
                "first_received_at",
                "receipt_reason",
                "receipt_corrected_by_id",
                "receipt_corrected_at",
            ):
                value = {"receipt_reason": "x", "receipt_corrected_by_id": user.id}.get(name, old)
                with self.subTest(user=user.login, name=name):
                    self.assert_refused(self.complaint, "write", self.complaint.ids, {name: value})
                    self.assert_refused(self.complaint.browse(), "create", [{**vals, name: value}])
            [new_id] = self.rpc(
                self.complaint._name, "create", [vals], context={"default_received_at": old}
            )
            complaint = self.complaint.browse(new_id)
            self.assertGreater(complaint.received_at, self.now)
            self.assertEqual(complaint.first_received_at, complaint.received_at)

    def test_a_correction_keeps_the_first_one_who_and_why(self):
        with freeze_time(self.now + timedelta(hours=1)):
            self.complaint.action_acknowledge()
        with freeze_time(self.now + timedelta(hours=2)):
            self.correct(self.desk_user, -1)
            self.correct(self.desk_user, -0.5, reason="看了通话记录")
        complaint = self.complaint
        self.assertEqual(complaint.first_received_at, self.now)
        self.assertEqual(complaint.received_at, self.now - timedelta(minutes=30))
        self.assertEqual(complaint.receipt_corrected_by_id, self.desk_user)
        self.assertEqual(complaint.receipt_corrected_at, self.now + timedelta(hours=2))
        self.assertEqual(complaint.receipt_reason, "看了通话记录")
        notes = "".join(complaint.message_ids.mapped("body"))
        self.assertIn("电话先记在纸上", notes)
        self.assertIn("看了通话记录", notes)
        self.assertEqual(complaint.acknowledge_hours, 1.5)
        # four hours to acknowledge and three days to answer
        self.assertEqual(str(complaint.acknowledge_deadline), "2025-09-15 05:30:00")
        self.assertEqual(str(complaint.answer_deadline), "2025-09-18 01:30:00")

    def test_the_time_to_answer_again_runs_from_the_reopening(self):
        with freeze_time(NOW):
            complaint = self.resolve(self.complaint)
            complaint.write({"state": "reopened", "reopen_reason": "仍不满意"})
        due = complaint.answer_deadline
        self.correct(self.agent, -2)
        self.assertEqual(complaint.answer_deadline, due)

    @mute_logger("odoo.http")
    def test_it_is_refused_without_a_reason_and_later_than_it_was_entered(self):
        for hours, reason in ((-1, " "), (0, "原因"), (1, "原因"), (0.01, "原因")):
            with self.subTest(hours=hours, reason=reason):
                with self.assertRaises(JsonRpcException):
                    self.correct(self.agent, hours, reason)
        self.assertEqual(self.complaint.received_at, self.now)
        self.sign_in(self.agent)
        for value in ("x", "2025-13-01", False, "", 5, [], {}, [1]):
            with self.subTest(value=value):
                self.assert_refused(
                    self.complaint, "correct_receipt", self.complaint.ids, value, "原因"
                )
        self.assert_refused(self.complaint, "correct_receipt", self.complaint.ids, NOW, ["x"])

    @mute_logger("odoo.http")
    def test_it_is_refused_once_it_is_answered_and_to_who_only_reads(self):
        for user in (self.staff_user, self.manager_user, self.outsider, self.foreign_user):
            with self.subTest(user=user.login), self.assertRaises(JsonRpcException):
                self.correct(user, -1)
        self.resolve(self.complaint)
        for user in self.everybody:
            with self.subTest(user=user.login), self.assertRaises(JsonRpcException):
                self.correct(user, -1)
        self.assertEqual(self.complaint.received_at, self.now)

    def test_record_and_workbook_tell_of_it(self):
        self.correct(self.agent, -1)
        complaint = self.complaint.with_user(self.quality_user)
        text, _kind = complaint.env["ir.actions.report"]._render_qweb_html(
            "itss_quality.itss_complaint_report_pdf", complaint.ids
        )
        self.assertIn("First Noted on", text.decode())
        self.assertIn("电话先记在纸上", text.decode())
        report = complaint.env["report.itss_quality.complaint_xlsx"]
        columns = {column.label: column.value for column in report._get_record_columns({}, NOW)}
        for label, field in (
            ("First Noted on", "first_received_at"),
            ("Receipt Corrected by", "receipt_corrected_by_id"),
            ("Receipt Corrected on", "receipt_corrected_at"),
            ("Why the Receipt Was Corrected", "receipt_reason"),
        ):
            self.assertEqual(columns[label], field)

    def test_hours_are_kept_as_they_were(self):
        with freeze_time(self.now + timedelta(minutes=1)):
            self.complaint.action_acknowledge()
        second = self.make_complaint(received_at=NOW)
        with freeze_time(self.now + timedelta(minutes=2)):
            second.action_acknowledge()
        self.env.flush_all()
        [[hours]] = self.complaint._read_group(
            [("id", "in", (self.complaint | second).ids)], [], ["acknowledge_hours:avg"]
        )
        self.assertAlmostEqual(hours, 0.025, 9)


@tagged("post_install", "-at_install")
class TestAboutWhom(EvidenceCommon):
    """Whoever is complained about, or ever was, changes nothing of the complaint."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = cls.ops_user | cls.quality_user | cls.system_user
        cls.complaint = cls.make_complaint(subject_user_ids=[Command.set(cls.people.ids)])

    def assert_nothing_works(self, complaint, user):
        """Try everything that changes the complaint as a user."""
        self.sign_in(user)
        for vals in (
            {"name": "误会"},
            {"description": "<p>一切都好</p>"},
            {"addition": "客户态度恶劣"},
            {"severity_reason": "x"},
            {"impact": "low"},
            {"user_id": user.id},
            {"category_id": self.other_category.id},
            {"investigation": "没有问题"},
            {"resolution": "没有问题"},
            {"root_cause": "客户"},
            {"partner_id": False},
            {"phone": "1"},
            {"subject_user_ids": [Command.unlink(user.id)]},
            {"subject_user_ids": [Command.clear()]},
            {"subject_user_ids": [Command.link(self.agent.id)]},
            {"state": "acknowledged"},
            {"state": "investigating"},
        ):
            with self.subTest(user=user.login, vals=vals):
                self.assert_refused(complaint, "write", complaint.ids, vals)
                self.assert_refused(complaint, "web_save", complaint.ids, vals, {})
        for method, args in (
            ("action_acknowledge", ()),
            ("action_investigate", ()),
            ("hold_invalid", ("误会",)),
            ("action_confirm_invalid", ()),
            ("correct_receipt", ("2025-01-01 00:00:00", "误会")),
        ):
            with self.subTest(user=user.login, method=method):
                self.assert_refused(complaint, method, complaint.ids, *args)
        for dialog, vals in (
            ("itss.complaint.receipt", {"received_at": "2025-01-01", "reason": "误会"}),
            ("itss.complaint.invalid", {"reason": "误会"}),
            (
                "itss.step.reason",
                {
                    "res_model": complaint._name,
                    "res_id": complaint.id,
                    "new_state": "invalid",
                    "reason": "误会",
                },
            ),
        ):
            before = self.read_rows(complaint)
            with self.subTest(user=user.login, dialog=dialog):
                with self.assertRaises(JsonRpcException):
                    if "complaint" in dialog:
                        vals = {**vals, "complaint_id": complaint.id}
                    self.rpc(dialog, "action_confirm", self.rpc(dialog, "create", [vals]))
                self.assertEqual(self.read_rows(complaint), before)
        [shown] = self.rpc(complaint._name, "read", complaint.ids, ["is_about_me", "can_resolve"])
        self.assertEqual((shown["is_about_me"], shown["can_resolve"]), (True, False))

    @mute_logger("odoo.http")
    def test_they_write_nothing_and_take_no_step(self):
        for user in self.people:
            self.assert_nothing_works(self.complaint, user)
        self.assertEqual(self.complaint.subject_user_ids, self.people)

    @mute_logger("odoo.http")
    def test_taken_off_by_a_colleague_they_still_don_t(self):
        clear = {"subject_user_ids": [Command.clear()]}
        self.rpc_as(self.agent, self.complaint._name, "write", self.complaint.ids, clear)
        self.env.invalidate_all()
        self.assertFalse(self.complaint.subject_user_ids)
        for user in self.people:
            self.assert_nothing_works(self.complaint, user)

    @mute_logger("odoo.http")
    def test_another_user_of_theirs_is_no_other_person(self):
        partner = self.ops_user.partner_id
        second = self.make_user("t_ops_second", "quality", partner_id=partner.id)
        self.assert_nothing_works(self.complaint, second)
        self.ops_user.active = False
        self.assert_nothing_works(self.complaint, second)

    @mute_logger("odoo.http")
    def test_they_don_t_confirm_that_it_is_invalid(self):
        self.complaint.with_user(self.quality_user_2).hold_invalid("重复")
        for user in self.quality_user | self.system_user:
            self.sign_in(user)
            with self.subTest(user=user.login):
                self.assert_refused(self.complaint, "action_confirm_invalid", self.complaint.ids)

    @mute_logger("odoo.http")
    def test_they_add_and_remove_no_files(self):
        file = self.make_file(self.complaint)
        for user in self.people:
            self.sign_in(user)
            with self.subTest(user=user.login):
                self.assert_refused(file, "unlink", file.ids)
                self.assert_refused(file, "write", file.ids, {"name": "x"})

    def test_they_read_it_and_say_what_they_have_to(self):
        self.rpc_as(
            self.ops_user, self.complaint._name, "message_post", self.complaint.ids, body="我的说明"
        )
        self.assertIn("我的说明", self.complaint.message_ids[0].body)

    def test_their_improvement_gives_it_no_root_cause(self):
        improvement = self.add_improvement(self.complaint).with_user(self.ops_user)
        improvement.write(
            {
                "root_cause": "客户自己的原因",
                "action": "x",
                "owner_id": self.leader.id,
                "date_deadline": "2099-12-31",
            }
        )
        improvement.action_plan()
        self.assertFalse(self.complaint.root_cause)

    def test_a_major_one_goes_to_a_colleague_of_theirs(self):
        complaint = self.make_major(subject_user_ids=[Command.set(self.quality_user.ids)])
        self.assertEqual(complaint.user_id, self.quality_user_2)
        self.assertEqual(complaint.activity_ids.user_id, self.quality_user_2)


@tagged("post_install", "-at_install")
class TestOwnersPast(EvidenceCommon):
    """Whoever owned an improvement, or worked on it, doesn't verify it, nor check its effect."""

    def finish(self, improvement, user):
        for state in ("in_progress", "to_verify"):
            self.rpc_as(user, improvement._name, "write", improvement.ids, {"state": state})

    def assert_not_theirs_to_verify(self, improvement, user):
        self.sign_in(user)
        for vals in (
            {"state": "closed", "verification": "抽查"},
            {"state": "in_progress", "return_reason": "原因"},
            {"past_owner_ids": [Command.clear()]},
        ):
            with self.subTest(vals=vals):
                self.assert_refused(improvement, "write", improvement.ids, vals)
        [shown] = self.rpc(improvement._name, "read", improvement.ids, ["can_verify", "can_check"])
        self.assertFalse(shown["can_verify"] or shown["can_check"])

    @mute_logger("odoo.http")
    def test_handing_it_over_makes_no_stranger_of_the_owner(self):
        for when in ("draft", "planned", "in_progress"):
            improvement = self.prepare_improvement(self.quality_user)
            for state in ("planned", "in_progress"):
                if improvement.state == when:
                    break
                improvement.write({"state": state})
            self.sign_in(self.quality_user)
            vals = {"owner_id": self.leader.id}
            self.rpc(improvement._name, "write", improvement.ids, vals)
            self.env.invalidate_all()
            if improvement.state == "draft":
                improvement.action_plan()
            if improvement.state == "planned":
                improvement.with_user(self.leader).action_start()
            improvement.with_user(self.leader).action_finish()
            with self.subTest(when=when):
                self.assert_not_theirs_to_verify(improvement, self.quality_user)
                self.verify(improvement, self.admin_user)
                self.assert_refused(
                    improvement, "check_effectiveness", improvement.ids, "effective", "好"
                )

    @mute_logger("odoo.http")
    def test_who_reported_it_as_done_does_not_either(self):
        improvement = self.prepare_improvement(self.leader)
        improvement.action_plan()
        self.finish(improvement, self.quality_user)
        self.env.invalidate_all()
        self.assert_not_theirs_to_verify(improvement, self.quality_user)
        # taken up again since it has not worked, by somebody else
        self.verify(improvement, self.admin_user)
        improvement.with_user(self.quality_user_2).check_effectiveness("ineffective", "仍然慢")
        improvement.with_user(self.leader).action_finish()
        self.assert_not_theirs_to_verify(improvement, self.quality_user)

    @mute_logger("odoo.http")
    def test_another_user_of_the_owner_s_does_not_either(self):
        improvement = self.prepare_improvement(self.leader)
        improvement.action_plan()
        self.finish(improvement, self.leader)
        partner = self.leader.partner_id
        second = self.make_user("t_leader_second", "quality", partner_id=partner.id)
        self.leader.active = False
        self.env.invalidate_all()
        self.assert_not_theirs_to_verify(improvement, second)

    @mute_logger("odoo.http")
    def test_nobody_says_who_owned_it(self):
        vals = {"name": "x", "problem": "x", "company_id": self.company.id}
        for user in self.everybody:
            self.sign_in(user)
            with self.subTest(user=user.login):
                past = {"past_owner_ids": [Command.set([])]}
                self.assert_refused(self.env["itss.improvement"], "create", [{**vals, **past}])

    def test_others_verify_it(self):
        improvement = self.prepare_improvement(self.leader)
        improvement.action_plan()
        self.finish(improvement, self.leader)
        self.env.invalidate_all()
        self.verify(improvement)
        self.assertEqual(improvement.state, "closed")
        self.assertEqual(improvement.past_owner_ids, self.leader)
