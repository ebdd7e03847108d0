from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged

from ..common import ItssCommon, RpcCase

NOW = "2026-03-03 02:00:00"


@tagged("post_install", "-at_install")
class TestCallbackVisibility(ItssCommon):
    """What people see of callbacks on tickets, customers and lists, and how it is reckoned."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        cls.colleague = cls.make_user("t_colleague", None)
        cls.team.user_ids |= cls.colleague

    def _reach(self, callback, **vals):
        vals = {"is_solved": "yes", "score": 100, **vals}
        callback.with_user(self.agent).register_attempt("reached", **vals)
        return callback

    # -------------------------------------------------------------------------
    # Tickets
    # -------------------------------------------------------------------------

    def test_an_engineer_reads_the_results_of_own_tickets_and_no_others(self):
        own = self._reach(self.make_callback(), score=80, comment="很快")
        other = self._reach(self.make_callback(user_id=self.colleague.id))
        callbacks = self.env["itss.callback"].with_user(self.engineer)
        self.assertEqual(callbacks.search([("id", "in", (own | other).ids)]), own)
        self.assertEqual((own.with_user(self.engineer).comment), "很快")
        self.assertEqual(own.with_user(self.engineer).attempt_ids.outcome, "reached")
        names = ["itss_callback_count", "itss_callback_state", "itss_callback_score"]
        tickets = (own | other).ticket_id.with_user(self.engineer)
        self.assertEqual(
            [{name: ticket[name] for name in names} for ticket in tickets],
            [
                {
                    "itss_callback_count": 1,
                    "itss_callback_state": "done",
                    "itss_callback_score": 80,
                },
                {
                    "itss_callback_count": 0,
                    "itss_callback_state": False,
                    "itss_callback_score": 0,
                },
            ],
        )
        for vals in ({"phone": "1"}, {"user_id": self.agent.id}):
            with self.assertRaises(AccessError):
                own.with_user(self.engineer).write(vals)

    def test_a_ticket_shows_its_last_callback(self):
        first = self.make_callback()
        ticket = first.ticket_id
        ticket.stage_id = self.stage_progress
        ticket.stage_id = self.stage_done
        second = ticket.itss_callback_ids - first
        ticket = ticket.with_user(self.agent)
        self.assertEqual((ticket.itss_callback_id, ticket.itss_callback_count), (second, 2))
        self.assertEqual(ticket.action_itss_view_callbacks()["domain"][0][2], ticket.id)
        self._reach(second)
        ticket.invalidate_recordset()
        self.assertEqual((ticket.itss_callback_state, ticket.itss_callback_solved), ("done", "yes"))

    def test_the_only_callback_of_a_ticket_opens_as_a_form(self):
        callback = self.make_callback()
        action = callback.ticket_id.with_user(self.agent).action_itss_view_callbacks()
        self.assertEqual((action["res_id"], action["views"]), (callback.id, [(False, "form")]))

    # -------------------------------------------------------------------------
    # Customers
    # -------------------------------------------------------------------------

    def test_a_customer_s_average_is_over_the_scores_there_are(self):
        contact_2 = self.contact.copy({"name": "李主任"})
        self._reach(self.make_callback(), score=90)
        self._reach(self.make_callback(), score=0)
        self._reach(self.make_callback(partner_id=contact_2.id), score=60)
        self.make_callback()
        cancelled = self.make_callback()
        cancelled.ticket_id.stage_id = self.stage_progress
        partners = (self.customer | self.contact | contact_2).with_user(self.agent)
        self.assertEqual(
            [
                (
                    partner.itss_callback_count,
                    partner.itss_callback_rated,
                    partner.itss_callback_score,
                )
                for partner in partners
            ],
            [(4, 3, 50), (3, 2, 45), (1, 1, 60)],
        )
        found = self.env["itss.callback"].search(
            self.contact.action_itss_view_callbacks()["domain"]
        )
        self.assertEqual(found.partner_id, self.contact)

    def test_a_customer_without_a_score_has_none_rated(self):
        self.make_callback()
        partner = self.customer.with_user(self.agent)
        self.assertEqual((partner.itss_callback_count, partner.itss_callback_rated), (1, 0))

    # -------------------------------------------------------------------------
    # Lists
    # -------------------------------------------------------------------------

    def test_due_soon_and_overdue_mean_the_same_in_the_list_and_in_its_filter(self):
        with freeze_time(NOW):
            open_one, ended = self.make_callback(), self._reach(self.make_callback())
        callbacks = self.env["itss.callback"].with_company(self.company)
        both = [("id", "in", (open_one | ended).ids)]
        deadline = open_one.deadline
        second = timedelta(seconds=1)
        hour = timedelta(hours=1)
        for moment, soon, overdue, words in (
            (deadline - 4 * hour - second, False, False, "4 h 0 min"),
            (deadline - 4 * hour, True, False, "4 h 0 min"),
            (deadline, True, False, "0 min"),
            (deadline + second, False, True, "0 min late"),
            (deadline + 52 * hour, False, True, "2 d 4 h late"),
        ):
            with self.subTest(moment=moment), freeze_time(moment):
                self.env.invalidate_all()
                for name, value in (("is_due_soon", soon), ("is_overdue", overdue)):
                    self.assertEqual(open_one[name], value)
                    self.assertFalse(ended[name])
                    found = callbacks.search([*both, (name, "=", True)])
                    self.assertEqual(found, open_one if value else callbacks.browse())
                    rest = callbacks.search([*both, (name, "=", False)])
                    self.assertEqual(rest, (open_one | ended) - found)
                self.assertEqual((open_one.time_left, ended.time_left), (words, ""))

    def test_callbacks_are_found_by_ticket_contact_and_customer(self):
        callback = self.make_callback()
        callbacks = self.env["itss.callback"].with_user(self.agent)
        for words in (callback.ticket_number, "陈主任", "昆明第一"):
            self.assertIn(callback.id, [found for found, _name in callbacks.name_search(words)])

    def test_the_history_in_the_dialog_is_the_customer_s(self):
        done = [self._reach(self.make_callback(), score=score) for score in (10, 20)]
        stranger = self.env["res.partner"].create({"name": "路人", "phone": "1"})
        self._reach(self.make_callback(partner_id=stranger.id))
        callback = self.make_callback()
        calls = self.env["itss.callback.call"].with_user(self.agent)
        call = calls.browse(callback.with_user(self.agent).action_call()["res_id"])
        self.assertEqual(call.history_ids, done[0] | done[1])

    def test_the_script_is_the_company_s_and_braces_in_names_are_no_code(self):
        self.contact.name = "{agent}{0.__class__}"
        self.company.itss_callback_script = "{contact}|{customer}|{ticket}|{engineer}|{other}"
        callback = self.make_callback()
        calls = self.env["itss.callback.call"].with_user(self.agent)
        call = calls.browse(callback.with_user(self.agent).action_call()["res_id"])
        self.assertIn("{0.__class__}|昆明第一医院|", call.script)
        self.assertIn(f"{callback.ticket_number} 打印机故障|钱工程|{{other}}", call.script)

    def test_one_agent_s_dialog_is_not_another_s(self):
        callback = self.make_callback()
        action = callback.with_user(self.agent).action_call()
        call = self.env["itss.callback.call"].with_user(self.agent_2).browse(action["res_id"])
        self.env.flush_all()
        self.env.invalidate_all()
        for step in (lambda: call.read(["script"]), call.action_save, call.action_release):
            with self.assertRaises(AccessError):
                step()
        self.assertEqual(callback.claimed_by_id, self.agent)


@tagged("post_install", "-at_install")
class TestCallbackOverRpc(ItssCommon, RpcCase):
    """Calls as other programs make them: what comes in is checked, what goes out is limited."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        cls.callback = cls.make_callback()
        portal_user = new_test_user(
            cls.env,
            "t_customer",
            groups="base.group_portal",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        portal_user.partner_id.parent_id = cls.customer

    def test_an_attempt_that_makes_no_sense_is_refused_in_words_and_leaves_nothing(self):
        model = "itss.callback"
        ids = self.callback.ids
        for args in (
            ["fine"],
            [None],
            [["reached"]],
            ["reached"],
            ["reached", "yes"],
            ["reached", ["yes"], 80],
            ["reached", "yes", "eighty"],
            ["reached", "yes", [80]],
            ["reached", "yes", 100.5],
            ["busy", "yes"],
            ["call_later"],
            ["call_later", None, None, None, "soon"],
            ["call_later", None, None, None, 5],
            ["call_later", None, None, None, "2020-01-01 00:00:00"],
            ["busy", None, None, None, "2099-01-01 00:00:00"],
        ):
            with self.subTest(args=args):
                self.assert_rpc_refused(
                    "t_agent", model, "register_attempt", ids, *args, error="UserError"
                )
        self.env.invalidate_all()
        self.assertFalse(self.callback.attempt_ids)
        self.assertEqual(self.callback.state, "pending")

    def test_an_attempt_by_name_of_its_values(self):
        later = fields.Datetime.to_string(fields.Datetime.now() + timedelta(hours=2))
        self.rpc_as(
            "t_agent",
            "itss.callback",
            "register_attempt",
            self.callback.ids,
            outcome="call_later",
            next_call=later,
            comment="下午再打",
        )
        self.rpc_as(
            "t_agent",
            "itss.callback",
            "register_attempt",
            self.callback.ids,
            outcome="reached",
            is_solved="yes",
            score=80,
        )
        self.env.invalidate_all()
        self.assertEqual(
            self.callback.attempt_ids.mapped("outcome"), ["reached", "call_later"], "newest first"
        )
        self.assertEqual((self.callback.state, self.callback.score), ("done", 80))

    def test_the_next_call_is_for_agents_and_tells_others_nothing(self):
        for login in ("t_staff", "t_outsider", "t_engineer", "t_foreign"):
            with self.subTest(login=login):
                action = self.rpc_as(login, "itss.callback", "action_next_call", [])
                self.assertEqual(action["tag"], "display_notification")
        self.assert_rpc_refused("t_boss", "itss.callback", "action_next_call", [])
        self.assert_rpc_refused("t_customer", "itss.callback", "action_next_call", [])
        self.env.invalidate_all()
        self.assertFalse(self.callback.claimed_by_id)
        action = self.rpc_as("t_agent", "itss.callback", "action_next_call", [])
        self.assertEqual(action["res_model"], "itss.callback.call")

    def test_corrections_are_opened_by_the_quality_department_only(self):
        self.callback.with_user(self.agent).register_attempt("reached", is_solved="yes", score=90)
        for login in ("t_staff", "t_agent", "t_ops", "t_boss", "t_engineer", "t_foreign"):
            with self.subTest(login=login):
                for method, args in (("action_correct", ()), ("correct", ("why",))):
                    self.assert_rpc_refused(
                        login, "itss.callback", method, self.callback.ids, *args
                    )
        action = self.rpc_as("t_quality", "itss.callback", "action_correct", self.callback.ids)
        self.rpc_as("t_quality", action["res_model"], "write", [action["res_id"]], {"score": "10"})
        self.assert_rpc_refused(
            "t_quality",
            action["res_model"],
            "action_correct",
            [action["res_id"]],
            error="UserError",
        )
        self.rpc_as("t_quality", action["res_model"], "write", [action["res_id"]], {"reason": "x"})
        self.rpc_as("t_quality", action["res_model"], "action_correct", [action["res_id"]])
        self.env.invalidate_all()
        self.assertEqual(self.callback.score, 10)

    def test_no_way_of_reading_leads_to_the_token(self):
        self.callback._send_links()
        token = self.callback.link_token
        self.env.flush_all()
        ids = self.callback.ids
        model = "itss.callback"
        for login in ("t_agent", "t_quality", "t_boss", "t_admin", "t_engineer"):
            for method, args in (
                ("read", (ids, ["link_token"])),
                ("search_read", ([("id", "in", ids)], ["link_url"])),
                ("web_read", (ids, {"link_token": {}})),
                ("search_count", ([("link_token", "=", token)],)),
                ("search", ([("id", "in", ids)], 0, 1, "link_token")),
                ("formatted_read_group", ([], ["link_token"], ["__count"])),
            ):
                with self.subTest(login=login, method=method):
                    self.assert_rpc_refused(login, model, method, *args)
            for fields_of in (model, "itss.callback.call", "itss.callback.report"):
                known = self.rpc_as("t_admin", fields_of, "fields_get")
                self.assertFalse({"link_token", "link_url", "link_mail_id"} & set(known))
        self.agent.group_ids += self.env.ref("base.group_allow_export")
        for path in ("link_token", "ticket_id/itss_callback_ids/link_token"):
            self.assert_rpc_refused("t_agent", model, "export_data", ids, [path])
        self.assert_rpc_refused(
            "t_agent",
            "helpdesk.ticket",
            "search_count",
            [("itss_callback_ids.link_token", "=", token)],
        )

    def test_customers_see_their_tickets_and_nothing_of_callbacks(self):
        ids = self.callback.ticket_id.ids
        [ticket] = self.rpc_as("t_customer", "helpdesk.ticket", "read", ids, ["name"])
        self.assertEqual(ticket["name"], "打印机故障")
        for name in (
            "itss_callback_ids",
            "itss_callback_id",
            "itss_callback_state",
            "itss_callback_score",
        ):
            with self.subTest(name=name):
                self.assert_rpc_refused("t_customer", "helpdesk.ticket", "read", ids, [name])
        for model in ("itss.callback", "itss.callback.attempt", "itss.callback.report"):
            self.assert_rpc_refused("t_customer", model, "search_read", [], ["id"])
        partner = self.customer.ids
        self.assert_rpc_refused(
            "t_customer", "res.partner", "read", partner, ["itss_callback_score"]
        )

    def test_what_was_noted_on_a_callback_is_for_those_who_see_the_callback(self):
        note = self.callback.with_user(self.agent).message_post(body="客户很生气")
        for login, reads in (("t_agent", True), ("t_boss", True), ("t_staff", False)):
            with self.subTest(login=login):
                found = self.rpc_as(
                    login, "mail.message", "search_read", [("id", "=", note.id)], ["body"]
                )
                self.assertEqual(bool(found), reads)
        self.assert_rpc_refused("t_staff", "mail.message", "read", note.ids, ["body"])

    def test_a_ledger_is_its_maker_s(self):
        [ledger] = self.rpc_as("t_agent", "itss.callback.ledger", "create", [{}])
        for login in ("t_boss", "t_admin"):
            with self.subTest(login=login):
                self.assert_rpc_refused(
                    login, "itss.callback.ledger", "read", [ledger], ["date_from"]
                )
        self.assertTrue(
            self.rpc_as("t_agent", "itss.callback.ledger", "read", [ledger], ["date_to"])
        )

    def test_a_dialog_shows_no_contact_to_agents_of_other_companies(self):
        self.make_user("t_foreign_desk", "service_desk", company=self.other_company)
        action = self.rpc_as("t_agent", "itss.callback", "action_call", self.callback.ids)
        model, ids = action["res_model"], [action["res_id"]]
        [shown] = self.rpc_as("t_agent", model, "read", ids, ["phone", "contact_name"])
        self.assertEqual((shown["phone"], shown["contact_name"]), ("13800000001", "陈主任"))
        for login in ("t_foreign_desk", "t_foreign", "t_agent_2"):
            with self.subTest(login=login):
                self.assert_rpc_refused(login, model, "read", ids, ["phone"])
                self.assertEqual(self.rpc_as(login, model, "search_count", [("id", "in", ids)]), 0)
