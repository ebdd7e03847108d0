"""What Odoo does in superuser mode for whoever calls it."""

import json
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from ...tools.records import concrete_models
from ..common import REFUSALS, RpcCase
from ..samples import SampleCommon

MAIL = """From: {sender}
To: nobody@elsewhere.example.com
Subject: FORGED
Message-Id: <{number}@evil.example.com>
Content-Type: text/plain; charset=utf-8

FORGED
"""


@tagged("post_install", "-at_install")
class TestSideDoors(SampleCommon, RpcCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # of Odoo, without a role of ours
        cls.system_user = cls.make_user("t_system", None)
        cls.system_user.group_ids += cls.env.ref("base.group_system")
        cls.threads = [
            name for name in concrete_models(cls.env, "mail.thread") if name.startswith("itss.")
        ]
        cls.number = 0

    def process(self, user, model, *args, sender="陈主任 <chen@hospital.example.com>", **kwargs):
        """Hand a mail over to Odoo's gateway as a user, and return what it answers."""
        type(self).number += 1
        mail = MAIL.format(sender=sender, number=self.number)
        return self.rpc_as(user, "mail.thread", "message_process", model, mail, *args, **kwargs)

    def count(self, model):
        self.env.invalidate_all()
        return self.env[model].with_context(active_test=False).search_count([])

    # -------------------------------------------------------------------------
    # The mail gateway
    # -------------------------------------------------------------------------

    @mute_logger("odoo.http")
    def test_no_user_makes_or_answers_a_record_of_ours_by_a_mail_made_up(self):
        self.assertIn("itss.improvement", self.threads)
        for model in self.threads:
            record = self.make_sample(model)
            values = {"company_id": self.company.id, "state": "closed"}
            before = self.count(model), self.count("mail.message")
            for user in (self.outsider, self.desk_user, self.quality_user, self.engineer):
                for more in ({"custom_values": values}, {"thread_id": record.id}):
                    with (
                        self.subTest(model=model, user=user.login, more=more),
                        self.assertRaises(JsonRpcException) as caught,
                    ):
                        self.process(user, model, **more)
                    self.assertIn(str(caught.exception), REFUSALS)
            self.assertEqual((self.count(model), self.count("mail.message")), before)

    @mute_logger("odoo.http")
    def test_the_administrator_hands_over_complaints_and_says_nothing_of_them(self):
        self.system_user.email = "system@itss.example.com"
        values = {
            "state": "closed",
            "channel": "phone",
            "received_at": "2020-01-01 00:00:00",
            "company_id": self.other_company.id,
        }
        context = {f"default_{name}": value for name, value in values.items()}
        ids = [
            self.process(self.system_user, "itss.complaint", values),
            self.process(self.system_user, "itss.complaint", context=context),
        ]
        for complaint in self.env["itss.complaint"].browse(ids):
            self.assertEqual((complaint.state, complaint.channel), ("new", "email"))
            self.assertEqual(complaint.company_id, self.company)
            self.assertGreater(str(complaint.received_at), "2020-02")
        for model in self.threads:
            if model != "itss.complaint":
                with self.subTest(model=model), self.assertRaises(JsonRpcException):
                    self.process(self.system_user, model, values)

    def test_an_alias_makes_no_record_of_ours_but_complaints_and_sets_no_state(self):
        domain = self.env["mail.alias.domain"].create({"name": "alias.example.com"})
        alias = self.env["mail.alias"].create(
            {
                "alias_name": "forge",
                "alias_domain_id": domain.id,
                "alias_model_id": self.env["ir.model"]._get_id("itss.improvement"),
                "alias_defaults": {"state": "closed", "company_id": self.company.id},
                "alias_contact": "everyone",
            }
        )
        mail = MAIL.format(sender="x@hospital.example.com", number="alias")
        mail = mail.replace("nobody@elsewhere.example.com", "forge@alias.example.com")
        threads = self.env["mail.thread"]
        with self.assertRaisesRegex(UserError, "not made by mail"), self.env.cr.savepoint():
            threads.message_process(None, mail)
        alias.alias_model_id = self.env["ir.model"]._get_id("itss.complaint")
        complaint = self.env["itss.complaint"].browse(threads.message_process(None, mail))
        self.assertEqual((complaint.state, complaint.company_id), ("new", self.company))

    def test_a_ticket_that_comes_by_mail_brings_no_callbacks_along(self):
        forged = {
            "state": "done",
            "is_solved": "yes",
            "score": 100,
            "done_at": "2026-01-01 00:00:00",
            "resolved_at": "2026-01-01 00:00:00",
            "deadline": "2026-01-02 00:00:00",
            "company_id": self.company.id,
        }
        values = {"company_id": self.company.id, "itss_callback_ids": [[0, 0, forged]]}
        ticket_id = self.process(self.engineer, "helpdesk.ticket", {**values, "description": "x"})
        self.env.invalidate_all()
        ticket = self.env["helpdesk.ticket"].browse(ticket_id)
        self.assertEqual(ticket.company_id, self.company)
        self.assertFalse(ticket.itss_callback_ids)

    # -------------------------------------------------------------------------
    # Messages
    # -------------------------------------------------------------------------

    @mute_logger("odoo.http")
    def test_a_comment_does_not_become_what_the_system_noted(self):
        record = self.make_sample("itss.improvement")
        self.sign_in(self.quality_user)
        place = {"model": record._name, "res_id": record.id, "body": "FORGED"}
        [comment] = self.rpc(
            record._name, "message_post", record.id, body="x", message_type="comment"
        )
        for kind in ("notification", "email", "auto_comment"):
            values = {"message_type": kind, "date": "2020-01-01 00:00:00", "body": "FORGED"}
            self.assert_refused(
                self.env["mail.message"].browse(comment), "write", [comment], values
            )
        self.sign_in(self.system_user)
        elsewhere = self.rpc(
            "mail.message",
            "create",
            {
                **place,
                "model": "res.partner",
                "res_id": self.system_user.partner_id.id,
                "message_type": "notification",
            },
        )
        self.assert_refused(self.env["mail.message"].browse(elsewhere), "write", [elsewhere], place)

    @mute_logger("odoo.http")
    def test_nobody_notes_something_for_the_past_or_a_change_that_was_none(self):
        record = self.make_sample("itss.improvement")
        field = self.env["ir.model.fields"]._get(record._name, "state")
        change = {"field_id": field.id, "old_value_char": "Draft", "new_value_char": "Closed"}
        note = {
            "model": record._name,
            "res_id": record.id,
            "body": "x",
            "message_type": "notification",
        }
        for user in (self.desk_user, self.quality_user, self.admin_user):
            self.sign_in(user)
            for values, context in (
                ({**note, "date": "2020-01-01 00:00:00"}, {}),
                (note, {"default_date": "2020-01-01 00:00:00"}),
                ({**note, "tracking_value_ids": [[0, 0, change]]}, {}),
                (note, {"default_tracking_value_ids": [[0, 0, change]]}),
            ):
                with self.subTest(user=user.login, values=values, context=context):
                    self.assert_refused(self.env["mail.message"], "create", values, context=context)

    @mute_logger("odoo.http")
    def test_the_administrator_of_odoo_changes_no_noted_change(self):
        record = self.make_sample("itss.improvement")
        record.with_user(self.quality_user).date_deadline = "2031-01-01"
        self.env.flush_all()
        # noted when the transaction ends
        self.cr.precommit.run()
        change = record.message_ids.sudo().tracking_value_ids[:1]
        self.assertTrue(change)
        self.system_user.group_ids += self.env.ref("itss_quality.group_itss_admin")
        self.sign_in(self.system_user)
        self.assert_refused(change, "write", change.ids, {"new_value_char": "FORGED"})
        self.assert_refused(change, "unlink", change.ids)
        forged = {"field_id": change.field_id.id, "mail_message_id": change.mail_message_id.id}
        self.assert_refused(change.browse(), "create", forged)

    @mute_logger("odoo.http")
    def test_nobody_mails_about_a_record_of_ours_in_another_s_name(self):
        record = self.make_sample("itss.improvement")
        for mode in ("comment", "mass_mail"):
            for author, is_allowed in (
                (self.manager_user.partner_id, False),
                (self.quality_user.partner_id, True),
            ):
                self.sign_in(self.quality_user)
                values = {
                    "model": record._name,
                    "res_ids": str(record.ids),
                    "composition_mode": mode,
                    "subject": "x",
                    "body": "x",
                    "author_id": author.id,
                    "message_type": "comment",
                }
                composer = self.rpc("mail.compose.message", "create", values)
                with self.subTest(mode=mode, author=author.name):
                    if is_allowed:
                        self.rpc("mail.compose.message", "action_send_mail", [composer])
                    else:
                        with self.assertRaises(JsonRpcException):
                            self.rpc("mail.compose.message", "action_send_mail", [composer])

    @mute_logger("odoo.http")
    def test_no_form_of_odoo_tells_what_a_record_of_ours_is_called(self):
        customer = new_test_user(
            self.env, login="t_customer", groups="base.group_portal", company_id=self.company.id
        )
        fields = [
            field
            for model in self.env.values()
            if not model._abstract and not model._name.startswith("itss.")
            for field in model._fields.values()
            if field.type == "many2one_reference" and not field.related
        ]
        self.assertIn("mail.activity", {field.model_name for field in fields})
        records = [self.make_sample(model) for model in self.threads]
        for user in (self.outsider, self.foreign_user, customer):
            self.sign_in(user)
            for field in fields:
                spec = self.get_spec(field.model_name)
                for record in records:
                    if record.with_user(user).has_access("read"):
                        continue
                    values = {field.model_field: record._name, field.name: record.id}
                    with self.subTest(record=record, user=user.login, field=field):
                        told = self.look_at_form(field.model_name, values, spec)
                        self.assertNotIn(record.sudo().display_name, told)

    def get_spec(self, model):
        """Return what a form asks for that shows all that the user signed in may see, or ``None``."""
        try:
            names = self.rpc(model, "fields_get", [], ["type"])
        except JsonRpcException:
            return None
        return {
            name: {"fields": {"display_name": {}}} if "2" in field["type"] else {}
            for name, field in names.items()
            if field["type"] != "many2one_reference"
        }

    def look_at_form(self, model, values, spec):
        """Return all that a new record with values, or with such defaults, tells, as text."""
        told = []
        defaults = {f"default_{name}": value for name, value in values.items()}
        for given, context in ((values, {}), ({}, defaults)):
            if spec is not None:
                try:
                    told.append(
                        self.rpc(model, "onchange", [], given, [*given], spec, context=context)
                    )
                except JsonRpcException as error:
                    told.append(error)
        return json.dumps(told, default=str, ensure_ascii=False)

    @mute_logger("odoo.http")
    def test_events_of_our_records_are_for_their_guests_and_company(self):
        guest = self.make_user("t_guest", None, company=self.other_company)
        rights = ((self.outsider, True), (guest, True), (self.foreign_user, False))
        for model in concrete_models(self.env, "itss.event.mixin"):
            event = self.make_sample(model).event_id or self.make_event(model)
            event.partner_ids |= guest.partner_id
            for user, is_allowed in rights:
                for method, *arguments in (
                    ("read", ["name"]),
                    ("write", {"name": "FORGED"}),
                    ("unlink",),
                ):
                    with self.subTest(model=model, user=user.login, method=method):
                        self.assertEqual(
                            self.is_allowed(user, "calendar.event", method, event.ids, *arguments),
                            is_allowed,
                        )

    def make_event(self, model):
        """Return the event of a record whose guests are not invited by now."""
        record = self.make_sample(model)
        with patch.object(self.env.registry[model], "_is_invited", lambda self: True):
            record._invite()
        return record.event_id

    # -------------------------------------------------------------------------
    # What is sent to customers
    # -------------------------------------------------------------------------

    def test_templates_of_ours_are_kept_by_administrators(self):
        editor = self.make_user("t_editor", "quality", self.dep_quality)
        # every user, unless Odoo's setting says otherwise
        editors = self.env.ref("mail.group_mail_template_editor")
        (editor | self.admin_user).write({"group_ids": [Command.link(editors.id)]})
        templates = self.env["mail.template"].search([("model", "=like", "itss.%")])
        self.assertTrue(templates)
        for template in templates:
            for user, is_allowed in ((editor, False), (self.admin_user, True)):
                with self.subTest(template=template.name, user=user.login):
                    self.assertEqual(template.with_user(user).has_access("write"), is_allowed)
                    self.assertEqual(template.with_user(user).has_access("unlink"), is_allowed)
        own = self.env["mail.template"].with_user(editor)
        own = own.create({"name": "x", "model_id": templates[0].model_id.id})
        own.name = "y"

    # -------------------------------------------------------------------------
    # Scheduled actions
    # -------------------------------------------------------------------------

    @mute_logger("odoo.http")
    def test_scheduled_actions_are_run_by_the_clock_and_administrators_alone(self):
        names = self.env["ir.model.data"].search(
            [("module", "=", "itss_quality"), ("model", "=", "ir.cron")]
        )
        actions = self.env["ir.cron"].browse(names.mapped("res_id")).ir_actions_server_id
        self.assertTrue(actions)
        for user in (self.desk_user, self.quality_user, self.admin_user):
            self.sign_in(user)
            for action in actions:
                with self.subTest(user=user.login, action=action.name):
                    with self.assertRaises(JsonRpcException) as caught:
                        self.make_jsonrpc_request("/web/action/run", {"action_id": action.id})
                    self.assertIn(str(caught.exception), REFUSALS)
        cron = self.env.ref("itss_quality.ir_cron_itss_callback_assign")
        with patch.object(self.registry["itss.callback"], "_cron_assign", autospec=True) as run:
            cron.with_user(self.system_user).method_direct_trigger()
        run.assert_called_once()
