from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..common import ItssCommon, RpcCase


@tagged("post_install", "-at_install")
class TestCallbackWorker(ItssCommon, RpcCase):
    """Nobody asks the customer about the own work: whoever had, or moved, the ticket is left out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        # an engineer of O&M, who may call customers back as well
        cls.worker = cls.make_user("t_worker", "operations", cls.dep_operations)
        cls.worker.group_ids += cls.env.ref("helpdesk_mgmt.group_helpdesk_user")
        cls.agent.group_ids += cls.env.ref("helpdesk_mgmt.group_helpdesk_user")
        cls.team.user_ids |= cls.worker

    def _write(self, user, ticket, context=None, **vals):
        context = {"context": context} if context else {}
        self.rpc_as(user, "helpdesk.ticket", "write", ticket.ids, vals, **context)
        self.env.invalidate_all()
        return ticket.itss_callback_ids.filtered(lambda callback: callback.state == "pending")

    def _reach(self, user, callback):
        self.rpc_as(user, "itss.callback", "register_attempt", callback.ids, "reached", "yes", 90)

    def _assert_partial(self, user, callback):
        """The user neither records, takes, is given, nor corrects the call."""
        model, ids = callback._name, callback.ids
        self.assert_rpc_refused(user, model, "register_attempt", ids, "busy", error="UserError")
        self.assert_rpc_refused(user, model, "action_call", ids, error="UserError")
        self.assert_rpc_refused(user, model, "write", ids, {"phone": "1"}, error="UserError")
        self.assert_rpc_refused(
            "t_leader", model, "write", ids, {"user_id": user.id}, error="UserError"
        )
        self.assertFalse(callback.with_user(user).can_call)
        action = self.rpc_as(user, model, "action_next_call", [])
        self.assertEqual(action["tag"], "display_notification")
        with self.enter_registry_test_mode():
            self.env.ref("itss_quality.ir_cron_itss_callback_assign").method_direct_trigger()
        self.assertNotEqual(callback.user_id, user)

    def test_who_hands_the_ticket_on_in_the_write_that_solves_it_does_not_call(self):
        ticket = self.make_ticket(user_id=self.worker.id)
        callback = self._write(
            self.worker, ticket, user_id=self.engineer.id, stage_id=self.stage_done.id
        )
        self.assertEqual(callback.engineer_id, self.engineer)
        self._assert_partial(self.worker, callback)
        self._reach(self.agent, callback)

    def test_who_had_the_ticket_once_does_not_call(self):
        ticket = self.make_ticket(user_id=self.engineer.id)
        self._write(self.engineer, ticket, user_id=self.worker.id)
        self._write(self.worker, ticket, user_id=self.engineer.id)
        callback = self._write(self.engineer, ticket, stage_id=self.stage_done.id)
        self._assert_partial(self.worker, callback)

    def test_who_moved_the_ticket_does_not_call_whatever_is_tracked(self):
        ticket = self.make_ticket(stage_id=self.stage_new.id)
        quiet = {"tracking_disable": True, "mail_notrack": True}
        self._write(self.worker, ticket, quiet, stage_id=self.stage_progress.id)
        callback = self._write(self.engineer, ticket, stage_id=self.stage_done.id)
        self._assert_partial(self.worker, callback)

    def test_who_makes_a_solved_ticket_of_a_colleague_s_does_not_call(self):
        vals = {
            "name": "x",
            "description": "x",
            "team_id": self.team.id,
            "user_id": self.engineer.id,
            "partner_id": self.contact.id,
            "stage_id": self.stage_done.id,
        }
        ids = self.rpc_as(self.worker, "helpdesk.ticket", "create", [vals])
        self._assert_partial(self.worker, self.env["helpdesk.ticket"].browse(ids).itss_callback_ids)

    def test_who_only_registers_a_ticket_and_gives_it_to_somebody_calls(self):
        vals = {
            "name": "x",
            "description": "x",
            "team_id": self.team.id,
            "user_id": False,
            "partner_id": self.contact.id,
        }
        ids = self.rpc_as(self.agent, "helpdesk.ticket", "create", [vals])
        ticket = self.env["helpdesk.ticket"].browse(ids)
        self._write(self.agent, ticket, user_id=self.engineer.id)
        callback = self._write(self.engineer, ticket, stage_id=self.stage_done.id)
        self.assertEqual(callback.worker_ids, self.engineer)
        self._reach(self.agent, callback)
        self.env.invalidate_all()
        self.assertEqual(callback.state, "done")

    def test_work_of_an_earlier_cycle_counts(self):
        ticket = self.make_ticket(user_id=self.worker.id)
        self._write(self.worker, ticket, stage_id=self.stage_done.id)
        self._write(self.worker, ticket, stage_id=self.stage_progress.id, user_id=self.engineer.id)
        callback = self._write(self.engineer, ticket, stage_id=self.stage_done.id)
        self.assertEqual(callback.cycle, 2)
        self._assert_partial(self.worker, callback)

    def test_who_moves_the_ticket_while_its_call_is_open_gives_the_call_back(self):
        archive = self.stage_done.copy({"name": "已归档"})
        moved, given = self.make_callback(), self.make_callback()
        (moved | given).user_id = self.worker
        self._write(self.worker, moved.ticket_id, stage_id=archive.id)
        self._write(self.engineer, given.ticket_id, user_id=self.worker.id)
        self.assertFalse((moved | given).user_id)
        for callback in moved | given:
            self._assert_partial(self.worker, callback)
            self.assertEqual(callback.engineer_id, self.engineer, "who solved it, then as now")

    def test_the_agent_who_hears_no_calls_again(self):
        callback = self.make_callback()
        self.rpc_as(
            "t_agent", "itss.callback", "register_attempt", callback.ids, "reached", "no", 10
        )
        self.env.invalidate_all()
        self.assertEqual(callback.ticket_id.stage_id, self.stage_progress)
        second = self._write(self.engineer, callback.ticket_id, stage_id=self.stage_done.id)
        self._reach(self.agent, second)

    def test_who_worked_on_it_corrects_nothing(self):
        self.quality_user.group_ids += self.env.ref("helpdesk_mgmt.group_helpdesk_user")
        self.team.user_ids |= self.quality_user
        ticket = self.make_ticket(user_id=self.quality_user.id)
        callback = self._write(
            self.quality_user, ticket, user_id=self.engineer.id, stage_id=self.stage_done.id
        )
        self._reach(self.agent, callback)
        self.assert_rpc_refused(
            self.quality_user,
            "itss.callback",
            "correct",
            callback.ids,
            "typo",
            "no",
            error="UserError",
        )

    def test_what_was_noted_before_this_was_counted_counts(self):
        ticket = self.make_ticket(user_id=self.engineer.id)
        self.env.cr.flush()
        ticket.with_user(self.engineer).user_id = self.worker
        self.env.cr.flush()
        ticket.with_user(self.worker).user_id = self.engineer
        self.env.cr.flush()
        ticket.sudo().itss_worker_ids = False
        later = ticket.create_date + timedelta(days=1)
        self.env["helpdesk.ticket"]._itss_start_noting_workers(later)
        callback = self._write(self.engineer, ticket, stage_id=self.stage_done.id)
        self.assertEqual(callback.worker_ids, self.engineer | self.worker)

    def test_the_list_of_who_worked_is_nobody_s_to_write(self):
        callback = self.make_callback()
        for login in ("t_engineer", "t_agent", "t_quality", "t_admin"):
            with self.subTest(login=login):
                self.assert_rpc_refused(
                    login,
                    "helpdesk.ticket",
                    "write",
                    callback.ticket_id.ids,
                    {"itss_worker_ids": [(5,)]},
                )
                self.assertFalse(
                    self.is_allowed(
                        login, "itss.callback", "write", callback.ids, {"worker_ids": [(5,)]}
                    )
                    and not callback.worker_ids
                )

    def test_an_unsaved_form_tells_nothing_of_a_ticket(self):
        ticket = self.make_callback().ticket_id
        unsaved = self.env["itss.callback"].new({"ticket_id": ticket.id})
        self.assertFalse(unsaved.worker_ids)
        self.assert_rpc_refused(
            "t_agent",
            "itss.callback",
            "onchange",
            [],
            {"ticket_id": ticket.id},
            ["ticket_id"],
            {"worker_ids": {}},
        )

    def test_the_next_call_is_found_behind_many_of_one_s_own_work(self):
        for _number in range(21):
            self.make_callback(user_id=self.worker.id)
        other = self.make_callback()
        action = self.rpc_as(self.worker, "itss.callback", "action_next_call", [])
        call = self.env["itss.callback.call"].browse(action["res_id"])
        self.assertEqual(call.callback_id, other)

    # -------------------------------------------------------------------------
    # One person, several users
    # -------------------------------------------------------------------------

    def _make_second_user(self, user):
        """Return a second user of the same contact, who calls."""
        return self.make_user(
            "t_second",
            "service_desk",
            partner_id=user.partner_id.id,
            name=user.name,
            email=user.email,
        )

    def test_a_second_user_of_the_same_contact_is_the_same_person(self):
        second = self._make_second_user(self.engineer)
        self.assertEqual(second.partner_id, self.engineer.partner_id)
        self._assert_partial(second, self.make_callback())

    def test_a_second_user_behind_the_employee_is_the_same_person(self):
        second = self.make_user("t_second", "service_desk")
        self.employee(self.engineer).work_contact_id = second.partner_id
        self._assert_partial(second, self.make_callback())

    def test_who_solves_it_by_a_login_to_the_portal_is_the_same_person(self):
        portal = new_test_user(
            self.env,
            "t_portal",
            groups="base.group_portal",
            partner_id=self.worker.partner_id.id,
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        ticket = self.make_ticket(partner_id=portal.partner_id.id)
        # as the portal's page does
        ticket.with_user(portal).sudo().stage_id = self.stage_done
        callback = ticket.itss_callback_ids
        self.assertEqual(callback.worker_ids, self.engineer | self.worker)
        self._assert_partial(self.worker, callback)

    def test_the_second_user_of_whom_a_complaint_is_about_is_the_same_person(self):
        second = self._make_second_user(self.engineer)
        complaint = self.env["itss.complaint"].create(
            {
                "name": "工程师迟到",
                "description": "<p>迟到</p>",
                "company_id": self.company.id,
                "partner_id": self.contact.id,
                "subject_user_ids": [(6, 0, self.engineer.ids)],
            }
        )
        callback = self.env["itss.callback"]._open(
            [
                {
                    "complaint_id": complaint.id,
                    "ticket_number": complaint.number,
                    "company_id": self.company.id,
                    "resolved_at": fields.Datetime.now(),
                }
            ]
        )
        self.assertTrue(callback._is_partial(second))
        self.assertFalse(callback._is_partial(self.agent))
        with self.assertRaisesRegex(UserError, "about you"):
            callback.with_user(second)._check_impartial()

    def test_people_are_told_apart_in_one_query(self):
        second = self._make_second_user(self.engineer)
        second.active = False
        users = self.engineer | self.agent | self.agent_2
        self.env.flush_all()
        with self.assertQueryCount(1):
            people = users._itss_get_people()
        self.assertEqual(people[self.engineer], self.engineer | second)
        self.assertEqual(people[self.agent], self.agent)
        self.assertTrue(second._itss_is_among(self.engineer))
        self.assertFalse(self.agent._itss_is_among(self.engineer | self.agent_2))
        self.assertFalse(self.agent._itss_is_among(self.agent.browse()))

    # -------------------------------------------------------------------------
    # Cost
    # -------------------------------------------------------------------------

    def test_many_calls_are_judged_by_one_reading(self):
        for _number in range(10):
            self.make_callback()
        callbacks = self.env["itss.callback"].search([("company_id", "=", self.company.id)])
        self.env.flush_all()
        self.env.invalidate_all()
        callbacks.with_user(self.agent).mapped("ticket_id")
        with self.assertQueryCount(3):
            callbacks.with_user(self.agent).mapped("worker_ids.id")
