from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.http import Request
from odoo.sql_db import Cursor
from odoo.tests import Form, freeze_time, new_test_user, tagged

from ..common import ItssCommon, RpcCase

NOW = "2026-03-03 02:00:00"


@tagged("post_install", "-at_install")
class TestCallbackTrigger(ItssCommon):
    """A solved ticket opens one callback, whatever solved it; a reopened one cancels it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()

    def _sql(self, statement, *parameters):
        """Change tickets behind the ORM, as an import would."""
        self.env.flush_all()
        self.env.cr.execute(statement, parameters)
        self.env.invalidate_all()

    def _set_stage_by_sql(self, ticket, stage):
        self._sql("UPDATE helpdesk_ticket SET stage_id = %s WHERE id = %s", stage.id, ticket.id)

    def _reconcile(self):
        with self.enter_registry_test_mode():
            self.env.ref("itss_quality.ir_cron_itss_callback_reconcile").method_direct_trigger()

    # -------------------------------------------------------------------------
    # Opened
    # -------------------------------------------------------------------------

    @freeze_time(NOW)
    def test_the_callback_keeps_who_is_to_be_called_about_what(self):
        callback = self.make_callback()
        ticket = callback.ticket_id
        self.assertRecordValues(
            callback,
            [
                {
                    "ticket_number": ticket.number,
                    "ticket_name": "打印机故障",
                    "ticket_summary": "三楼打印机不工作",
                    "cycle": 1,
                    "company_id": self.company.id,
                    "partner_id": self.contact.id,
                    "customer_id": self.customer.id,
                    "contact_name": "陈主任",
                    "phone": "13800000001",
                    "email": "chen@hospital.example.com",
                    "engineer_id": self.engineer.id,
                    "team_id": self.team.id,
                    "resolved_at": fields.Datetime.to_datetime(NOW),
                    "deadline": fields.Datetime.to_datetime("2026-03-04 02:00:00"),
                    "state": "pending",
                    "user_id": False,
                }
            ],
        )
        ticket.write({"user_id": self.agent.id, "partner_name": "别人"})
        self.contact.phone = "1"
        self.assertEqual(callback.engineer_id, self.engineer, "as it was then")
        self.assertEqual((callback.contact_name, callback.phone), ("陈主任", "13800000001"))

    def test_a_contact_without_a_phone_is_called_at_the_company_s(self):
        self.contact.phone = False
        self.assertEqual(self.make_callback().phone, "0871-1000")

    def test_form(self):
        ticket = self.make_ticket()
        with Form(ticket) as form:
            form.stage_id = self.stage_done
        self.assertEqual(len(ticket.itss_callback_ids), 1)

    def test_several_tickets_in_one_write(self):
        tickets = self.make_ticket() | self.make_ticket() | self.make_ticket()
        tickets.stage_id = self.stage_done
        self.assertEqual(tickets.itss_callback_ids.ticket_id, tickets)
        self.assertEqual(len(tickets.itss_callback_ids), 3)

    def test_the_helpdesk_s_own_users_need_no_role_of_ours(self):
        ticket = self.make_ticket().with_user(self.engineer)
        ticket.stage_id = self.stage_done
        self.assertEqual(len(ticket.sudo().itss_callback_ids), 1)

    def test_mail_that_makes_a_solved_ticket(self):
        stage = self.stage_done.copy({"team_ids": [(6, 0, self.team.ids)], "sequence": 0})
        ticket = self.env["helpdesk.ticket"].message_new(
            {"subject": "已修好", "body": "谢谢", "from": "chen@hospital.example.com", "to": "x"},
            {"team_id": self.team.id},
        )
        self.assertEqual(ticket.stage_id, stage)
        self.assertEqual(len(ticket.itss_callback_ids), 1)

    @freeze_time(NOW)
    def test_a_ticket_born_closed(self):
        ticket = self.make_ticket(stage_id=self.stage_done.id)
        self.assertEqual(str(ticket.itss_callback_ids.resolved_at), NOW)
        imported = self.make_ticket(stage_id=self.stage_done.id, closed_date="2026-03-01 08:00:00")
        self.assertEqual(str(imported.itss_callback_ids.resolved_at), "2026-03-01 08:00:00")

    def test_a_stage_that_follows_the_team(self):
        only = self.env["helpdesk.ticket.team"].create(
            {"name": "夜班", "company_id": self.company.id}
        )
        stages = self.env["helpdesk.ticket.stage"].search([])
        stages.team_ids = self.team
        solved = self.stage_done.copy({"team_ids": [(6, 0, only.ids)]})
        ticket = self.make_ticket(user_id=False)
        ticket.team_id = only
        self.assertEqual(ticket.stage_id, solved)
        self.assertEqual(len(ticket.itss_callback_ids), 1)

    def test_whoever_closes_an_unassigned_ticket_solved_it(self):
        ticket = self.make_ticket(user_id=False)
        self.agent.group_ids += self.env.ref("helpdesk_mgmt.group_helpdesk_user")
        ticket.with_user(self.agent).stage_id = self.stage_done
        self.assertEqual(ticket.itss_callback_ids.engineer_id, self.agent)

    # -------------------------------------------------------------------------
    # Not opened
    # -------------------------------------------------------------------------

    def test_other_stages_and_exempt_teams_open_none(self):
        self.assertFalse(self.make_ticket(stage_id=self.stage_cancelled.id).itss_callback_ids)
        rejected = self.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_rejected")
        ticket = self.make_ticket()
        ticket.stage_id = rejected
        self.assertFalse(ticket.itss_callback_ids)
        self.team.itss_callback_exempt = True
        self.assertFalse(self.make_callback())

    def test_duplicates_open_none(self):
        original = self.make_ticket()
        self.assertFalse(self.make_callback(duplicate_id=original.id))

    def test_what_was_solved_before_callbacks_began_opens_none(self):
        self.company.itss_callback_since = "2026-03-01"
        old = {"stage_id": self.stage_done.id, "closed_date": "2026-02-28 23:59:59"}
        self.assertFalse(self.make_ticket(**old).itss_callback_ids)
        self.assertTrue(self.make_callback())

    def test_one_solution_is_called_back_once(self):
        archive = self.stage_done.copy({"name": "已归档"})
        callback = self.make_callback()
        callback.ticket_id.stage_id = archive
        callback.ticket_id.stage_id = self.stage_done
        self.assertEqual(callback.ticket_id.itss_callback_ids, callback)
        self.assertEqual(callback.state, "pending")

    # -------------------------------------------------------------------------
    # Cancelled, and opened again
    # -------------------------------------------------------------------------

    def test_reopening_cancels_with_a_reason_and_the_next_solution_is_the_next_cycle(self):
        callback = self.make_callback()
        ticket = callback.ticket_id
        ticket.stage_id = self.stage_progress
        self.assertEqual(callback.state, "cancelled")
        self.assertIn("In Progress", callback.cancel_reason)
        ticket.stage_id = self.stage_done
        second = ticket.itss_callback_ids - callback
        self.assertEqual((second.cycle, second.state), (2, "pending"))

    def test_a_duplicate_found_later_is_not_called_back(self):
        callback = self.make_callback()
        original = self.make_ticket()
        callback.ticket_id.duplicate_id = original
        self.assertEqual(callback.state, "cancelled")
        self.assertIn(original.number, callback.cancel_reason)

    def test_the_record_outlives_its_ticket(self):
        callback = self.make_callback()
        number = callback.ticket_number
        callback.ticket_id.unlink()
        self.assertEqual((callback.state, callback.ticket_number), ("cancelled", number))
        self.assertTrue(callback.cancel_reason)

    # -------------------------------------------------------------------------
    # Reconciling
    # -------------------------------------------------------------------------

    def test_a_stage_changed_behind_the_orm_is_found_once(self):
        ticket = self.make_ticket()
        self._set_stage_by_sql(ticket, self.stage_done)
        for _run in range(2):
            self._reconcile()
            self.assertEqual(ticket.itss_callback_ids.mapped("state"), ["pending"])

    def test_who_does_not_manage_the_helpdesk_solves_nothing_before_callbacks_were_made(self):
        self.company.itss_callback_since = "2026-03-01"
        manager = self.make_user("t_manager", None)
        manager.group_ids += self.env.ref("helpdesk_mgmt.group_helpdesk_manager")
        vals = {
            "name": "x",
            "description": "x",
            "company_id": self.company.id,
            "team_id": self.team.id,
            "stage_id": self.stage_done.id,
            "closed_date": "2019-01-01 00:00:00",
        }
        for user, callbacks in ((self.engineer, 1), (manager, 0)):
            ticket = self.env["helpdesk.ticket"].with_user(user).create(vals)
            with self.subTest(user=user.login):
                self.assertEqual(len(ticket.sudo().itss_callback_ids), callbacks)

    def test_tickets_imported_by_sql_are_found(self):
        self._reconcile()
        self._sql(
            """INSERT INTO helpdesk_ticket (number, name, description, company_id, stage_id, active)
               VALUES ('SQL1', '导入', '', %s, %s, TRUE)""",
            self.company.id,
            self.stage_done.id,
        )
        self._reconcile()
        ticket = self.env["helpdesk.ticket"].search([("number", "=", "SQL1")])
        self.assertEqual(len(ticket.itss_callback_ids), 1)

    def test_callbacks_of_tickets_reopened_or_deleted_behind_the_orm_are_cancelled(self):
        reopened, deleted, archived, kept = (self.make_callback() for _number in range(4))
        self._set_stage_by_sql(reopened.ticket_id, self.stage_progress)
        archived.ticket_id.active = False
        self._set_stage_by_sql(archived.ticket_id, self.stage_progress)
        self._sql("DELETE FROM helpdesk_ticket WHERE id = %s", deleted.ticket_id.id)
        self._reconcile()
        self.assertEqual(
            (reopened | deleted | archived | kept).mapped("state"),
            ["cancelled", "cancelled", "cancelled", "pending"],
        )

    def test_a_ticket_without_a_stage_is_not_solved(self):
        callback = self.make_callback()
        ticket = callback.ticket_id
        self._sql("UPDATE helpdesk_ticket SET stage_id = NULL WHERE id = %s", ticket.id)
        for _run in range(2):
            self._reconcile()
            self.assertEqual(ticket.itss_callback_ids.mapped("state"), ["cancelled"])

    def test_a_reopening_and_a_solution_behind_the_orm_open_the_next_cycle(self):
        callback = self.make_callback()
        ticket = callback.ticket_id
        self._set_stage_by_sql(ticket, self.stage_progress)
        self._reconcile()
        self._set_stage_by_sql(ticket, self.stage_done)
        self._reconcile()
        self.assertEqual(
            ticket.itss_callback_ids.sorted("cycle").mapped("state"), ["cancelled", "pending"]
        )

    def test_reconciling_leaves_alone_what_is_not_to_be_called_back(self):
        with freeze_time(fields.Datetime.now() - timedelta(days=30)):
            old = self.make_ticket(stage_id=self.stage_done.id)
        exempt, duplicate, early = (self.make_ticket() for _number in range(3))
        exempt.team_id = self.team.copy({"itss_callback_exempt": True})
        duplicate.duplicate_id = old
        early.closed_date = "2019-12-31"
        self._reconcile()
        old.itss_callback_ids.unlink()
        for ticket in (exempt, duplicate, early):
            self._set_stage_by_sql(ticket, self.stage_done)
        old.name = "edited"
        self._reconcile()
        self.assertFalse((old | exempt | duplicate | early).itss_callback_ids)

    def _make_old_ticket(self, days=30, **vals):
        """Create a ticket that no run since then has had a reason to look at."""
        with freeze_time(fields.Datetime.now() - timedelta(days=days)):
            ticket = self.make_ticket(**vals)
            self.env.cr.flush()
        return ticket

    def _touch_by_sql(self, ticket, stage):
        self._sql(
            "UPDATE helpdesk_ticket SET stage_id = %s, write_date = now() WHERE id = %s",
            stage.id,
            ticket.id,
        )

    def _move(self, ticket, stage):
        ticket.stage_id = stage
        self.env.cr.flush()

    def test_an_old_ticket_solved_behind_the_orm_is_found(self):
        ticket = self._make_old_ticket(stage_id=self.stage_new.id)
        self._move(ticket, self.stage_progress)
        self._reconcile()
        self._touch_by_sql(ticket, self.stage_done)
        self._reconcile()
        callback = ticket.itss_callback_ids
        self.assertEqual(len(callback), 1)
        self.assertFalse(callback.is_overdue, "its time begins when it was solved")

    def test_a_reopened_ticket_solved_behind_the_orm_opens_the_next_cycle_once(self):
        callback = self.make_callback()
        self.env.cr.flush()
        callback.with_user(self.agent).register_attempt("reached", is_solved="no", score=80)
        self.env.cr.flush()
        self.assertEqual(callback.ticket_id.stage_id, self.stage_progress)
        self._reconcile()
        self._touch_by_sql(callback.ticket_id, self.stage_done)
        for _run in range(2):
            self._reconcile()
            self.assertEqual(
                callback.ticket_id.itss_callback_ids.sorted("cycle").mapped("state"),
                ["done", "pending"],
            )

    def test_what_was_solved_before_callbacks_began_is_called_back_when_solved_again(self):
        ticket = self._make_old_ticket(stage_id=self.stage_done.id, closed_date="2019-01-01")
        self.assertFalse(ticket.itss_callback_ids)
        self._move(ticket, self.stage_progress)
        self._reconcile()
        self._touch_by_sql(ticket, self.stage_done)
        self._reconcile()
        self.assertEqual(len(ticket.itss_callback_ids), 1)

    def test_a_solution_behind_an_open_callback_takes_its_place(self):
        callback = self.make_callback()
        self._set_stage_by_sql(callback.ticket_id, self.stage_progress)
        callback.ticket_id.stage_id = self.stage_done
        self.env.flush_all()
        self.assertEqual(
            callback.ticket_id.itss_callback_ids.sorted("cycle").mapped("state"),
            ["cancelled", "pending"],
        )

    def test_moving_an_old_solution_on_is_no_new_one(self):
        archive = self.stage_done.copy({"name": "已归档"})
        ticket = self._make_old_ticket(stage_id=self.stage_done.id, closed_date="2019-01-01")
        self._reconcile()
        self._move(ticket, archive)
        self._reconcile()
        self.assertFalse(ticket.itss_callback_ids)

    # -------------------------------------------------------------------------
    # Cost
    # -------------------------------------------------------------------------

    def test_a_solved_ticket_costs_at_most_four_more_queries(self):
        def count(stage):
            ticket = self.make_ticket()
            self.env.cr.flush()
            self.env.invalidate_all()
            statements = []
            execute = Cursor.execute

            def spy(cursor, query, *args, **kwargs):
                statements.append(query)
                return execute(cursor, query, *args, **kwargs)

            with patch.object(Cursor, "execute", spy):
                ticket.with_user(self.engineer).stage_id = stage
                # what a commit brings along: the note of the change
                self.env.cr.flush()
            return len(statements)

        plain = self.stage_done.copy({"itss_callback_required": False})
        for _warm_up in range(2):
            without, with_callback = count(plain), count(self.stage_done)
        self.assertLessEqual(with_callback - without, 4)

    def test_the_list_of_tickets_asks_once_for_all_their_callbacks(self):
        tickets = self.env["helpdesk.ticket"]
        for _number in range(5):
            tickets |= self.make_callback().ticket_id
        self.env.flush_all()
        self.env.invalidate_all()
        tickets.mapped("stage_id")
        with self.assertQueryCount(2):
            tickets.mapped("itss_callback_state")


@tagged("post_install", "-at_install")
class TestPortalClose(ItssCommon, RpcCase):
    """helpdesk_mgmt's portal closes tickets by a form: only one's own, since that opens callbacks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        cls.portal_user = new_test_user(
            cls.env,
            "t_portal",
            groups="base.group_portal",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.portal_user.partner_id.parent_id = cls.customer
        cls.own = cls.make_ticket()
        stranger = cls.env["res.partner"].create({"name": "路人"})
        cls.strange = cls.make_ticket(partner_id=stranger.id)

    def _close(self, login, ticket_id, stage_id):
        self.authenticate(login, login)
        values = {"ticket_id": ticket_id, "stage_id": stage_id}
        values["csrf_token"] = Request.csrf_token(self)
        return self.url_open("/ticket/close", data=values, allow_redirects=False)

    def test_customers_close_their_own(self):
        reply = self._close("t_portal", self.own.id, self.stage_done.id)
        self.assertTrue(reply.is_redirect)
        self.assertEqual(self.own.stage_id, self.stage_done)
        self.assertEqual(len(self.own.itss_callback_ids), 1)
        self.assertEqual(self.own.itss_callback_ids.engineer_id, self.engineer)

    def test_nobody_closes_another_s(self):
        self.outsider.group_ids += self.env.ref("helpdesk_mgmt.group_helpdesk_user_own")
        for login in ("t_portal", "t_outsider", "t_desk", "t_foreign"):
            with self.subTest(login=login):
                reply = self._close(login, self.strange.id, self.stage_done.id)
                self.assertEqual(reply.status_code, 404)
        self.assertEqual(self.strange.stage_id, self.stage_progress)
        self.assertFalse(self.strange.itss_callback_ids)

    def test_nonsense_is_refused(self):
        for ticket_id, stage_id in (("x", 1), ("", ""), (10**8, self.stage_done.id), (1, "x")):
            with self.subTest(ticket=ticket_id):
                self.assertEqual(self._close("t_portal", ticket_id, stage_id).status_code, 404)
        self._close("t_portal", self.own.id, self.stage_progress.id)
        rejected = self.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_rejected")
        self._close("t_portal", self.own.id, rejected.id)
        self.assertEqual(self.own.stage_id, self.stage_progress, "not a stage to close from there")

    def test_rpc_opens_the_callback_too(self):
        done = {"stage_id": self.stage_done.id}
        self.rpc_as("t_engineer", "helpdesk.ticket", "write", self.own.ids, done)
        self.assertEqual(len(self.own.itss_callback_ids), 1)
