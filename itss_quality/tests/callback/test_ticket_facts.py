from unittest.mock import patch

from odoo import fields
from odoo.sql_db import Cursor
from odoo.tests import new_test_user, tagged

from ..common import FORGED, RpcCase
from .common import OPENED, TicketFactsCommon

STAMPS = ("itss_responded_at", "itss_ended_at", "itss_ending")


@tagged("post_install", "-at_install")
class TestTicketFacts(TicketFactsCommon, RpcCase):
    """What happens to a ticket is stamped when it happens, by whoever does it, and by nothing else."""

    # -------------------------------------------------------------------------
    # The first response
    # -------------------------------------------------------------------------

    def test_opening_is_no_response(self):
        ticket = self.open(user_id=self.engineer.id)
        self.assertEqual(ticket.itss_opened_at, self.hour(0))
        self.assertEqual(ticket.itss_cycle, 1)
        self.assertFalse(ticket.itss_responded_at)
        self.assertEqual(ticket.itss_engineer_id, self.engineer)
        self.assertEqual(ticket.itss_department_id, self.dep_operations)

    def test_moving_on_assigning_and_closing_respond_first_of_all(self):
        moved, assigned, closed = (self.open() for _number in range(3))
        self.move(moved, 1, stage_id=self.stage_progress.id)
        self.move(moved, 2, stage_id=self.stage_done.id)
        self.move(assigned, 1, user=self.agent, user_id=self.engineer.id)
        self.move(assigned, 2, user_id=self.agent.id)
        self.move(closed, 1, stage_id=self.stage_done.id)
        for ticket in (moved, assigned, closed):
            self.assertEqual(ticket.itss_responded_at, self.hour(1))
        self.assertEqual(moved.itss_engineer_id, self.engineer, "who took it up")

    def test_what_nobody_of_ours_does_is_no_response(self):
        ticket = self.open()
        other = self.stage_new.copy({"name": "待分派"})
        portal = new_test_user(self.env, "t_portal", groups="base.group_portal")
        self.move(ticket, 1, stage_id=other.id)
        self.move(ticket, 2, user_id=self.env.ref("base.user_root").id)
        with self.at(OPENED, 3):
            ticket.stage_id = self.stage_progress
            ticket.with_user(portal).sudo().stage_id = self.stage_done
        self.assertFalse(ticket.itss_responded_at)
        self.assertEqual(ticket.itss_ended_at, self.hour(3))
        self.assertFalse(ticket.itss_engineer_id)

    def _post(self, ticket, hours, user=None, **kwargs):
        with self.at(OPENED, hours):
            ticket.with_user(user or self.engineer).message_post(
                **{
                    "body": "已派人上门",
                    "message_type": "comment",
                    "subtype_xmlid": "mail.mt_comment",
                    **kwargs,
                }
            )

    def test_a_reply_that_the_customer_gets_responds(self):
        ticket = self.open()
        self._post(ticket, 1, partner_ids=self.leader.partner_id.ids)
        self._post(ticket, 2, subtype_xmlid="mail.mt_note")
        self._post(ticket, 3, message_type="notification", partner_ids=self.contact.ids)
        self._post(ticket, 4, user=self.env.ref("base.user_root"), partner_ids=self.contact.ids)
        self.assertFalse(ticket.itss_responded_at)
        self._post(ticket, 5, partner_ids=self.contact.ids)
        self._post(ticket, 6, partner_ids=self.contact.ids)
        self.assertEqual(ticket.itss_responded_at, self.hour(5))

    def test_a_reply_by_mail_to_a_follower_responds(self):
        ticket = self.open()
        ticket.message_subscribe(self.contact.ids)
        with self.at(OPENED, 1):
            # as the mail gateway does
            ticket.message_post(
                body="已处理",
                message_type="email",
                subtype_xmlid="mail.mt_comment",
                author_id=self.engineer.partner_id.id,
            )
        self.assertEqual(ticket.itss_responded_at, self.hour(1))

    # -------------------------------------------------------------------------
    # The end
    # -------------------------------------------------------------------------

    def test_stages_say_how_it_ends(self):
        unsaid = self.stage_cancelled.copy({"name": "归档", "itss_ending": False})
        for stage, ending in (
            (self.stage_done, "solved"),
            (self.stage_cancelled, "cancelled"),
            (self.stage_rejected, "rejected"),
            (unsaid, False),
        ):
            ticket = self.open()
            self.move(ticket, 1, stage_id=stage.id)
            self.assertEqual((ticket.itss_ended_at, ticket.itss_ending), (self.hour(1), ending))
            self.move(ticket, 2, stage_id=unsaid.id)
            self.assertEqual((ticket.itss_ended_at, ticket.itss_ending), (self.hour(1), ending))

    def test_an_end_that_is_corrected_stays_known(self):
        ticket = self.open()
        self.end(ticket, 1, stage_id=self.stage_cancelled.id)
        self.end(ticket, 3)
        self.assertEqual((ticket.itss_ended_at, ticket.itss_ending), (self.hour(3), "solved"))
        past = self.past(ticket)
        self.assertEqual((past.ended_at, past.ending), (self.hour(1), "cancelled"))
        self.assertEqual((past.until, ticket.itss_since), (self.hour(3), self.hour(3)))
        self.assertEqual(past.cycle, ticket.itss_cycle)

    def test_each_time_it_is_reopened_the_cycle_before_stays_known(self):
        ticket = self.open()
        for day in range(3):
            self.end(ticket, 24 * day + 2)
            if day < 2:
                self.move(ticket, 24 * day + 10, stage_id=self.stage_new.id)
        past = self.past(ticket).sorted("cycle")
        self.assertEqual(past.mapped("cycle"), [1, 2])
        self.assertEqual(past.mapped("opened_at"), [self.hour(0), self.hour(10)])
        self.assertEqual(past.mapped("ended_at"), [self.hour(2), self.hour(26)])
        self.assertEqual(past.mapped("responded_at"), [self.hour(2), self.hour(26)])
        self.assertEqual(past.mapped("solution_due"), [self.hour(24), self.hour(34)])
        self.assertFalse(any(past.mapped("until")))
        self.assertEqual((ticket.itss_cycle, ticket.itss_opened_at), (3, self.hour(34)))
        self.assertEqual(ticket.itss_ended_at, self.hour(50))

    def test_whoever_reopens_has_not_responded(self):
        ticket = self.open()
        self.end(ticket, 2)
        self.move(ticket, 5, stage_id=self.stage_progress.id, user_id=self.agent.id)
        self.assertFalse(ticket.itss_responded_at or ticket.itss_ended_at or ticket.itss_ending)
        self.move(
            ticket, 6, stage_id=self.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_awaiting").id
        )
        self.assertEqual(ticket.itss_responded_at, self.hour(6))

    def test_duplicates_are_dated(self):
        original, ticket = self.open(), self.open()
        self.move(ticket, 1, duplicate_id=original.id)
        self.assertEqual(ticket.itss_duplicate_at, self.hour(1))
        self.move(ticket, 2, duplicate_id=False)
        self.assertEqual(ticket.itss_duplicate_at, self.hour(1))
        self.assertEqual(ticket.itss_duplicate_until, self.hour(2))

    # -------------------------------------------------------------------------
    # The deadlines
    # -------------------------------------------------------------------------

    def _get_due_hours(self, ticket):
        return [
            due and (due - self.hour(0)).total_seconds() / 3600
            for due in (ticket.itss_response_due, ticket.itss_solution_due)
        ]

    def test_deadlines_go_by_the_priority(self):
        hours = {"0": [8, 72], "1": [4, 24], "2": [2, 8], "3": [0.5, 4]}
        for priority, due in hours.items():
            self.assertEqual(self._get_due_hours(self.open(priority=priority)), due)
        self.company.itss_response_hours_1 = 0
        self.assertEqual(self._get_due_hours(self.open()), [False, 24])

    def test_deadlines_follow_the_priority_until_they_have_passed(self):
        ticket = self.open()
        self.move(ticket, 1, priority="2")
        self.assertEqual(self._get_due_hours(ticket), [2, 8])
        self.move(ticket, 3, priority="0")
        self.assertEqual(self._get_due_hours(ticket), [2, 72], "the first one has passed")
        self.move(ticket, 71, priority="3")
        self.assertEqual(self._get_due_hours(ticket), [2, 72], "later than it was is none")
        self.move(ticket, 73, priority="0")
        self.assertEqual(self._get_due_hours(ticket), [2, 72])

    def test_a_deadline_is_not_set_to_the_past(self):
        ticket = self.open()
        self.move(ticket, 10, priority="3")
        self.assertEqual(self._get_due_hours(ticket), [4, 14])

    def test_a_deadline_that_was_kept_stays(self):
        ticket = self.open()
        self.move(ticket, 1, stage_id=self.stage_progress.id)
        self.move(ticket, 2, priority="0")
        self.assertEqual(self._get_due_hours(ticket), [4, 72])
        self.end(ticket, 3)
        self.move(ticket, 4, priority="2")
        self.assertEqual(self._get_due_hours(ticket), [4, 72])

    def test_only_working_hours_count_where_the_company_says_so(self):
        self.company.itss_callback_calendar_id = self.company.resource_calendar_id
        self.company.resource_calendar_id.tz = "Asia/Shanghai"
        ticket = self.open(moment="2026-03-06 08:30:00", priority="2")
        self.assertGreater(ticket.itss_solution_due, fields.Datetime.to_datetime("2026-03-09"))

    # -------------------------------------------------------------------------
    # Other hands
    # -------------------------------------------------------------------------

    def test_who_had_it_when_something_happened_stays_known(self):
        ticket = self.open(user_id=self.engineer.id)
        self.move(ticket, 1, user=self.agent, user_id=self.agent.id)
        self.assertFalse(self.past(ticket), "nothing had happened yet")
        self.assertEqual(ticket.itss_department_id, self.dep_desk)
        self.move(ticket, 2, user_id=self.engineer.id)
        past = self.past(ticket)
        self.assertEqual((past.engineer_id, past.department_id), (self.agent, self.dep_desk))
        self.assertEqual((past.responded_at, past.until), (self.hour(1), self.hour(2)))

    def test_a_moved_team_and_another_customer_are_known_always(self):
        ticket = self.open()
        team = self.team.copy({"name": "桌面组"})
        self.move(ticket, 1, team_id=team.id)
        self.move(ticket, 2, partner_id=self.env["res.partner"].create({"name": "学校"}).id)
        past = self.past(ticket).sorted("until")
        self.assertEqual(past.mapped("until"), [self.hour(1), self.hour(2)])
        self.assertEqual(past.team_id, self.team | team)
        self.assertEqual(past.customer_id, self.customer)

    # -------------------------------------------------------------------------
    # What is not known
    # -------------------------------------------------------------------------

    def test_of_what_was_imported_only_the_end_is_known(self):
        ticket = self.open(stage_id=self.stage_done.id, closed_date="2026-01-01 08:00:00")
        self.assertEqual(str(ticket.itss_ended_at), "2026-01-01 08:00:00")
        self.assertFalse(ticket.itss_ending or ticket.itss_opened_at or ticket.itss_solution_due)

    def _forget(self, ticket):
        """Let a ticket be as it is when the addon comes."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpdesk_ticket SET itss_cycle = NULL, itss_since = NULL, itss_opened_at = NULL,"
            " itss_response_due = NULL, itss_responded_at = NULL, itss_solution_due = NULL,"
            " itss_ended_at = NULL, itss_ending = NULL WHERE id = %s",
            [ticket.id],
        )
        self.env.invalidate_all()

    def test_of_a_ticket_from_before_the_installation_what_happens_since_is_known(self):
        ticket = self.open()
        self._forget(ticket)
        self.move(ticket, 1, stage_id=self.stage_progress.id, priority="3")
        self.assertFalse(ticket.itss_responded_at or ticket.itss_response_due)
        self.end(ticket, 2)
        self.assertEqual((ticket.itss_ended_at, ticket.itss_ending), (self.hour(2), "solved"))
        self.move(ticket, 3, stage_id=self.stage_progress.id)
        self.assertEqual((ticket.itss_cycle, ticket.itss_opened_at), (2, self.hour(3)))
        self.assertEqual(self.past(ticket).ended_at, self.hour(2))

    def test_a_ticket_that_had_ended_before_the_installation_is_opened_anew(self):
        ticket = self.open(stage_id=self.stage_done.id)
        self._forget(ticket)
        self.move(ticket, 1, stage_id=self.stage_progress.id)
        self.assertEqual((ticket.itss_cycle, ticket.itss_opened_at), (2, self.hour(1)))
        self.assertFalse(self.past(ticket))

    # -------------------------------------------------------------------------
    # Nobody writes them
    # -------------------------------------------------------------------------

    def test_stamps_are_nobody_s_to_write(self):
        ticket = self.open()
        self.end(ticket, 2)
        for login in ("t_engineer", "t_agent", "t_quality", "t_admin"):
            for name in STAMPS:
                with self.subTest(login=login, field=name):
                    self.assert_rpc_refused(
                        login, "helpdesk.ticket", "write", ticket.ids, {name: False}
                    )
                    self.assert_rpc_refused(login, "helpdesk.ticket", "read", ticket.ids, [name])
            self.assert_rpc_refused(login, "itss.ticket.past", "create", {"ticket_id": ticket.id})
            self.assert_rpc_refused(login, "itss.ticket.cycle", "write", ticket.ids, {"cycle": 2})
        self.assertEqual(ticket.itss_ended_at, self.hour(2))

    def test_a_caller_s_context_neither_skips_nor_sets_them(self):
        vals = {
            "name": "x",
            "description": "x",
            "team_id": self.team.id,
            "user_id": False,
            "stage_id": self.stage_new.id,
            "number": "X-1",
        }
        create = (self.engineer, "helpdesk.ticket", "create", [vals])
        for name in STAMPS[:2]:
            default = {f"default_{name}": "2020-01-01"}
            self.assert_rpc_refused(*create, context=default)
        forged = {name: value for name, value in FORGED.items() if name != "default_state"}
        ids = self.rpc_as(*create, context=forged)
        ticket = self.env["helpdesk.ticket"].sudo().browse(ids)
        self.assertTrue(ticket.itss_opened_at)
        self.assertFalse(ticket.itss_responded_at or ticket.itss_ended_at)
        stage = {"stage_id": self.stage_done.id}
        self.rpc_as(self.engineer, "helpdesk.ticket", "write", ids, stage, context=forged)
        self.env.invalidate_all()
        self.assertTrue(ticket.itss_responded_at and ticket.itss_ended_at)

    def test_a_copy_starts_anew(self):
        ticket = self.open()
        self.end(ticket, 2)
        with self.at(OPENED, 5):
            copy = ticket.copy()
        self.assertEqual(copy.itss_opened_at, self.hour(5))
        self.assertFalse(copy.itss_responded_at or copy.itss_ended_at)

    # -------------------------------------------------------------------------
    # Cost
    # -------------------------------------------------------------------------

    def _count_queries(self, ticket, **vals):
        self.env.cr.flush()
        self.env.invalidate_all()
        statements = []
        execute = Cursor.execute

        def spy(cursor, query, *args, **kwargs):
            statements.append(query)
            return execute(cursor, query, *args, **kwargs)

        with patch.object(Cursor, "execute", spy):
            ticket.with_user(self.engineer).write(vals)
            self.env.cr.flush()
        return len(statements)

    def test_closing_asks_nothing_more_for_them(self):
        plain = self.stage_done.copy({"itss_callback_required": False, "itss_ending": False})
        ticket_class = self.env.registry["helpdesk.ticket"]
        counts = {}
        for is_stamped in (True, False) * 2:
            ticket = self.make_ticket()
            with patch.object(
                ticket_class,
                "_itss_follow_facts",
                ticket_class._itss_follow_facts if is_stamped else lambda self, before: None,
            ):
                counts[is_stamped] = self._count_queries(ticket, stage_id=plain.id)
        self.assertEqual(counts[True], counts[False])
