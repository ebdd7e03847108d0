from odoo import fields
from odoo.exceptions import UserError
from odoo.http import Request
from odoo.tests import Form, HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import ItssCommon

NOW = "2026-03-03 02:00:00"
REDIRECTS = (302, 303)
MAIL = """From: 陈主任 <chen@hospital.example.com>
To: {alias}
Subject: =?utf-8?b?5omT5Y2w5py65L+u5aW95LqG?=
Message-ID: <{number}@hospital.example.com>
Date: Tue, 03 Mar 2026 02:00:00 +0000
Content-Type: text/plain; charset=utf-8

谢谢
"""


@tagged("post_install", "-at_install")
class TestHelpdeskTicket(ItssCommon):
    """What helpdesk_mgmt's own people and ways of working do to callbacks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        # they have nothing to do with us: no role, no team, not the engineer
        cls.helpdesk_manager = cls.make_user("t_helpdesk_manager", None)
        cls.helpdesk_manager.group_ids += cls.env.ref("helpdesk_mgmt.group_helpdesk_manager")

    def _get_states(self, ticket):
        return ticket.sudo().itss_callback_ids.sorted("cycle").mapped("state")

    # -------------------------------------------------------------------------
    # Ways to solve a ticket
    # -------------------------------------------------------------------------

    def test_the_form_works_for_helpdesk_users_without_a_role_of_ours(self):
        ticket = self.make_ticket()
        with Form(ticket.with_user(self.helpdesk_manager)) as form:
            form.stage_id = self.stage_done
        self.assertEqual(self._get_states(ticket), ["pending"])
        with Form(ticket.with_user(self.helpdesk_manager)) as form:
            form.stage_id = self.stage_progress
        self.assertEqual(self._get_states(ticket), ["cancelled"])

    def test_the_mail_gateway(self):
        self.stage_done.copy({"team_ids": [(6, 0, self.team.ids)], "sequence": 0})
        domain = self.env["mail.alias.domain"].create({"name": "desk.example.com"})
        self.team.alias_id.write({"alias_name": "network", "alias_domain_id": domain.id})
        mail = MAIL.format(alias=self.team.alias_id.alias_full_name, number=1)
        ticket_id = self.env["mail.thread"].message_process(None, mail)
        ticket = self.env["helpdesk.ticket"].browse(ticket_id)
        self.assertEqual((ticket.name, ticket.team_id), ("打印机修好了", self.team))
        self.assertEqual(self._get_states(ticket), ["pending"])
        callback = ticket.itss_callback_ids
        self.assertEqual(callback.email, "chen@hospital.example.com", "the bare address")
        self.assertFalse(callback.engineer_id, "nobody of ours solved it")

    def test_odoobot_who_gets_what_comes_in_by_mail_solves_nothing(self):
        ticket = self.make_ticket(team_id=False, user_id=self.env.ref("base.user_root").id)
        self.agent.group_ids += self.env.ref("helpdesk_mgmt.group_helpdesk_user")
        ticket.with_user(self.agent).stage_id = self.stage_done
        self.assertEqual(ticket.itss_callback_ids.engineer_id, self.agent)
        with self.assertRaisesRegex(UserError, "somebody else"):
            ticket.itss_callback_ids.with_user(self.agent).register_attempt("no_answer")

    def test_the_column_in_which_a_ticket_is_added(self):
        tickets = self.env["helpdesk.ticket"].with_context(default_stage_id=self.stage_done.id)
        ticket = tickets.create({"name": "x", "description": "x", "company_id": self.company.id})
        self.assertEqual(self._get_states(ticket), ["pending"])

    def test_an_import(self):
        result = self.env["helpdesk.ticket"].load(
            ["name", "description", "company_id/.id", "stage_id/.id", "closed_date"],
            [
                ["甲", "x", str(self.company.id), str(self.stage_done.id), "2026-03-01 08:00:00"],
                ["乙", "x", str(self.company.id), str(self.stage_progress.id), ""],
            ],
        )
        first, second = self.env["helpdesk.ticket"].browse(result["ids"])
        self.assertEqual(str(first.itss_callback_ids.resolved_at), "2026-03-01 08:00:00")
        self.assertFalse(second.itss_callback_ids)

    @freeze_time(NOW)
    def test_nothing_is_solved_in_the_future(self):
        ticket = self.make_ticket(stage_id=self.stage_done.id, closed_date="2030-01-01 00:00:00")
        self.assertEqual(str(ticket.itss_callback_ids.resolved_at), NOW)

    def test_a_copy_of_a_solved_ticket_is_a_new_one(self):
        ticket = self.make_callback().ticket_id.copy()
        self.assertFalse(ticket.itss_callback_ids)

    def test_what_was_taken_for_a_duplicate_by_mistake_is_called_back_after_all(self):
        ticket = self.make_callback().ticket_id
        ticket.duplicate_id = self.make_ticket()
        self.assertEqual(self._get_states(ticket), ["cancelled"])
        ticket.duplicate_id = False
        self.assertEqual(self._get_states(ticket), ["cancelled", "pending"])

    def test_a_write_that_leaves_the_stage_as_it_is_changes_nothing(self):
        callback = self.make_callback()
        callback.ticket_id.write({"stage_id": self.stage_done.id, "name": "x"})
        callback.ticket_id.with_user(self.helpdesk_manager).user_id = False
        self.assertEqual(callback.ticket_id.itss_callback_ids, callback)
        self.assertEqual((callback.state, callback.ticket_name), ("pending", "打印机故障"))

    def test_one_write_of_tickets_in_many_stages_opens_those_that_lack_one(self):
        solved, other = self.make_callback().ticket_id, self.make_ticket()
        original = self.make_ticket()
        duplicate = self.make_ticket(duplicate_id=original.id)
        (solved | other | duplicate).write({"stage_id": self.stage_done.id})
        self.assertEqual(
            [self._get_states(ticket) for ticket in (solved, other, duplicate)],
            [["pending"], ["pending"], []],
        )

    # -------------------------------------------------------------------------
    # Deleted
    # -------------------------------------------------------------------------

    def test_who_deletes_a_ticket_cancels_its_callback_though_they_may_not_see_it(self):
        callback = self.make_callback()
        self.assertFalse(callback.with_user(self.helpdesk_manager).has_access("read"))
        # what was read as superuser would be known
        self.env.flush_all()
        self.env.invalidate_all()
        callback.ticket_id.with_user(self.helpdesk_manager).unlink()
        self.assertEqual(callback.state, "cancelled")
        self.assertIn("deleted", callback.cancel_reason)
        self.assertEqual(callback.ticket_name, "打印机故障")

    def test_the_verdict_of_a_deleted_ticket_stays(self):
        callback = self.make_callback()
        callback.with_user(self.agent).register_attempt("reached", is_solved="yes", score=90)
        callback.ticket_id.unlink()
        self.assertEqual((callback.state, callback.score), ("done", 90))
        callback.with_user(self.quality_user).correct("typo", is_solved="no")
        self.assertEqual(callback.is_solved, "no", "there is no ticket left to reopen")

    # -------------------------------------------------------------------------
    # Reopening for the customer
    # -------------------------------------------------------------------------

    def _set_stages(self, *stages):
        """Let the team have just these stages."""
        other = self.team.copy({"name": "另一组"})
        self.env["helpdesk.ticket.stage"].search([]).team_ids = other
        for stage in stages:
            stage.team_ids = self.team

    def _say_no(self):
        ticket = self.make_ticket()
        ticket.stage_id = self.stage_done
        callback = ticket.itss_callback_ids
        callback.with_user(self.agent).register_attempt(
            "reached", is_solved="no", score=0, comment="还是坏的"
        )
        self.assertEqual(callback.state, "done")
        self.assertIn("还是坏的", ticket.message_ids[0].body)
        return ticket

    def test_without_a_stage_of_work_an_unsolved_ticket_goes_to_the_first_open_one(self):
        self._set_stages(self.stage_new, self.stage_done, self.stage_cancelled)
        self.assertEqual(self._say_no().stage_id, self.stage_new)

    def test_without_an_open_stage_an_unsolved_ticket_stays_and_the_verdict_counts(self):
        self._set_stages(self.stage_done, self.stage_cancelled)
        ticket = self._say_no()
        self.assertEqual(ticket.stage_id, self.stage_done)
        self.assertEqual(self._get_states(ticket), ["done"])

    def test_a_stage_that_does_not_fit_any_more_is_not_gone_to(self):
        awaiting = self.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_awaiting")
        self.team.itss_reopen_stage_id = awaiting
        self.assertEqual(self._say_no().stage_id, awaiting)
        for vals in ({"closed": True}, {"active": False}, {"itss_callback_required": True}):
            with self.subTest(vals=vals):
                before = awaiting.read(list(vals))[0]
                awaiting.write(vals)
                self.assertEqual(self._say_no().stage_id, self.stage_progress)
                awaiting.write({name: before[name] for name in vals})
        self._set_stages(self.stage_progress, self.stage_done)
        self.assertEqual(self._say_no().stage_id, self.stage_progress, "another team's stage")

    def test_a_ticket_reopened_meanwhile_stays_where_it_is(self):
        callback = self.make_callback()
        callback.with_user(self.agent).register_attempt("reached", is_solved="yes", score=90)
        awaiting = self.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_awaiting")
        callback.ticket_id.stage_id = awaiting
        callback.with_user(self.quality_user).correct("typo", is_solved="no")
        self.assertEqual(callback.ticket_id.stage_id, awaiting)

    # -------------------------------------------------------------------------
    # Reconciling
    # -------------------------------------------------------------------------

    def _reconcile(self, moment):
        with freeze_time(moment), self.enter_registry_test_mode():
            self.env.ref("itss_quality.ir_cron_itss_callback_reconcile").method_direct_trigger()

    def test_a_stage_the_company_does_not_call_back_after_any_more_leaves_what_is_open(self):
        callback = self.make_callback()
        self.stage_done.itss_callback_required = False
        self._reconcile(fields.Datetime.now())
        self.assertEqual(callback.state, "pending", "it was solved when that was promised")

    def test_a_stage_newly_called_back_after_brings_up_no_old_tickets(self):
        with freeze_time("2026-01-05 02:00:00"):
            old = self.make_ticket()
            old.stage_id = self.stage_cancelled
        self._reconcile(NOW)
        with freeze_time(NOW):
            self.stage_cancelled.itss_callback_required = True
            old.name = "edited"
            new = self.make_ticket()
            new.stage_id = self.stage_cancelled
        self.env.flush_all()
        self._reconcile("2026-03-03 02:15:00")
        self.assertFalse(old.itss_callback_ids)
        self.assertEqual(self._get_states(new), ["pending"])

    def test_what_is_found_late_has_the_deadline_of_its_solution(self):
        with freeze_time(NOW):
            ticket = self.make_ticket()
            self._reconcile(NOW)
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE helpdesk_ticket SET stage_id = %s, closed_date = %s, write_date = %s"
                " WHERE id = %s",
                (self.stage_done.id, "2026-03-03 05:00:00", "2026-03-03 05:00:00", ticket.id),
            )
            self.env.invalidate_all()
        self._reconcile("2026-03-03 09:00:00")
        callback = ticket.itss_callback_ids
        self.assertEqual(str(callback.resolved_at), "2026-03-03 05:00:00")
        self.assertEqual(str(callback.deadline), "2026-03-04 05:00:00")
        self.assertEqual(callback.engineer_id, self.engineer)

    def test_one_company_s_reconciling_is_every_company_s(self):
        self.other_company.itss_callback_since = False
        ticket = self.make_ticket(
            company_id=self.other_company.id, team_id=False, user_id=False, partner_id=False
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpdesk_ticket SET stage_id = %s WHERE id = %s",
            (self.stage_done.id, ticket.id),
        )
        self.env.invalidate_all()
        self._reconcile(fields.Datetime.now())
        self.assertEqual(ticket.itss_callback_ids.company_id, self.other_company)

    # -------------------------------------------------------------------------
    # Cost
    # -------------------------------------------------------------------------

    def _count_queries(self, tickets, stage):
        self.env.cr.flush()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        tickets.with_user(self.engineer).write({"stage_id": stage.id})
        self.env.cr.flush()  # what is noted and mailed at the end of the transaction counts, too
        return self.env.cr.sql_log_count - before

    def test_one_ticket_or_twenty_at_once_cost_at_most_four_more_queries(self):
        plain = self.stage_done.copy({"itss_callback_required": False})

        def count_extra(number):
            counts = []
            for stage in (plain, self.stage_done):
                tickets = self.env["helpdesk.ticket"].union(
                    *(self.make_ticket() for _number in range(number))
                )
                counts.append(self._count_queries(tickets, stage))
            return counts[1] - counts[0]

        count_extra(1)  # warms up what is cached
        for number in (1, 20):
            with self.subTest(number=number):
                self.assertLessEqual(count_extra(number), 4)


@tagged("post_install", "-at_install")
class TestTicketCloseRoute(ItssCommon, HttpCase):
    """helpdesk_mgmt's route that closes a ticket: nonsense and numbers too large are not found."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        new_test_user(
            cls.env,
            "t_portal",
            groups="base.group_portal",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        ).partner_id.parent_id = cls.customer
        cls.ticket = cls.make_ticket()

    def _close(self, login, **values):
        self.authenticate(login, login)
        values["csrf_token"] = Request.csrf_token(self)
        return self.url_open("/ticket/close", data=values, allow_redirects=False).status_code

    def test_numbers_too_large_and_stages_that_are_not_there_are_not_found(self):
        done = self.stage_done.id
        for values in (
            {},
            {"ticket_id": self.ticket.id},
            {"stage_id": done},
            {"ticket_id": 10**10, "stage_id": done},
            {"ticket_id": 10**30, "stage_id": done},
            {"ticket_id": -1, "stage_id": done},
            {"ticket_id": 0, "stage_id": done},
            {"ticket_id": self.ticket.id, "stage_id": 10**8},
            {"ticket_id": self.ticket.id, "stage_id": 10**30},
        ):
            with self.subTest(values=values):
                self.assertEqual(self._close("t_portal", **values), 404)
        self.assertEqual(self.ticket.stage_id, self.stage_progress)

    def test_what_else_stands_in_the_address_does_no_harm(self):
        values = {"ticket_id": self.ticket.id, "stage_id": self.stage_done.id, "x_id": "y"}
        self.assertIn(self._close("t_portal", **values), REDIRECTS)
        self.assertEqual(self.ticket.itss_callback_ids.state, "pending")

    def test_who_may_write_the_ticket_closes_it_by_the_route_too(self):
        values = {"ticket_id": self.ticket.id, "stage_id": self.stage_done.id}
        self.assertIn(self._close("t_engineer", **values), REDIRECTS)
        self.assertEqual(self.ticket.stage_id, self.stage_done)
        self.assertEqual(self.ticket.itss_callback_ids.engineer_id, self.engineer)

    def test_no_link_closes_a_ticket(self):
        values = {"ticket_id": self.ticket.id, "stage_id": self.stage_done.id}
        self.authenticate("t_portal", "t_portal")
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
            with self.subTest(method=method):
                response = self.url_open(
                    "/ticket/close", params=values, method=method, allow_redirects=False
                )
                self.assertEqual(response.status_code, 405)
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open("/ticket/close", data=values).status_code, 400)
        self.assertEqual(self.ticket.stage_id, self.stage_progress)

    def test_no_link_registers_a_ticket(self):
        self.authenticate("t_portal", "t_portal")
        values = {"subject": "From a link", "description": "…"}
        for method in ("GET", "HEAD", "OPTIONS"):
            with self.subTest(method=method):
                response = self.url_open("/submitted/ticket", params=values, method=method)
                self.assertEqual(response.status_code, 405)
        tickets = self.env["helpdesk.ticket"].search_count([("name", "=", "From a link")])
        self.assertFalse(tickets)
        values["csrf_token"] = Request.csrf_token(self)
        for nonsense in ({"subject": " "}, {"category": "x"}, {"team": 10**30}):
            with self.subTest(nonsense=nonsense):
                response = self.url_open("/submitted/ticket", data={**values, **nonsense})
                self.assertIn(response.status_code, (400, 404))
        response = self.url_open("/submitted/ticket", data=values, allow_redirects=False)
        self.assertIn(response.status_code, REDIRECTS)
        self.assertTrue(self.env["helpdesk.ticket"].search([("name", "=", "From a link")]))

    def test_the_ticket_s_page_asks_by_a_form_of_its_own(self):
        page = self.env.ref("helpdesk_mgmt.portal_helpdesk_ticket_page")
        [form] = page._get_combined_arch().xpath("//form[@t-attf-action='/ticket/close']")
        self.assertEqual(form.get("method"), "post")
        self.assertTrue(form.xpath("input[@name='csrf_token']"))

    def test_visitors_who_are_not_signed_in_are_sent_to_sign_in(self):
        self.authenticate(None, None)
        values = {"ticket_id": self.ticket.id, "stage_id": self.stage_done.id}
        response = self.url_open("/ticket/close", data=values, allow_redirects=False)
        self.assertIn("/web/login", response.headers["Location"])
        self.assertEqual(self.ticket.stage_id, self.stage_progress)
