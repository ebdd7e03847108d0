from datetime import date, timedelta

from odoo import fields
from odoo.tests import freeze_time, tagged

from ...tools.indicators import Ask
from ..objective.common import IndicatorCommon
from .common import TicketFactsCommon

CODES = ("response_on_time", "resolution_on_time", "resolved_rate", "sla_rate")


@tagged("post_install", "-at_install")
@freeze_time("2025-12-20 02:00:00")
class TestTicketIndicators(TicketFactsCommon, IndicatorCommon):
    """Tickets, counted by hand. Days begin at 16:00 UTC of the day before; a ticket of the usual
    priority is due to be responded to after 4 hours, and to be solved after 24."""

    def respond(self, ticket, moment, **kwargs):
        self.move(ticket, 0, moment=moment, stage_id=self.stage_progress.id, **kwargs)

    def solve(self, ticket, moment, **kwargs):
        self.move(ticket, 0, moment=moment, **{"stage_id": self.stage_done.id, **kwargs})

    def check_all(self, month, response, resolution, resolved, sla, **kwargs):
        for code, expected in zip(CODES, (response, resolution, resolved, sla), strict=True):
            with self.subTest(code=code, month=month):
                self.check(code, month, expected, **kwargs)

    def list_left_out(self, code, month):
        indicator = self.get_indicator(code)
        ask = Ask(
            self.company,
            [(date(2025, month, 1), date(2025, month, 28))],
            wants_records=True,
        )
        rows = self.env.execute_query(indicator._measure(ask))
        return sorted(row[5] for row in rows if row[5])

    # -------------------------------------------------------------------------
    # Counted by hand
    # -------------------------------------------------------------------------

    def test_what_is_kept_and_what_is_late(self):
        kept, late, never = (self.open("2025-10-13 01:00:00") for _number in range(3))
        self.respond(kept, "2025-10-13 05:00:00")
        self.solve(kept, "2025-10-14 01:00:00")
        self.respond(late, "2025-10-13 05:00:01")
        self.solve(late, "2025-10-14 01:00:01")
        self.assertTrue(never)
        self.check_all(10, (1, 3), (1, 3), (2, 2), (1, 3))

    def test_late_response_and_a_solution_in_time_are_not_within_the_agreement(self):
        ticket = self.open("2025-10-13 01:00:00")
        self.respond(ticket, "2025-10-13 06:00:00")
        self.solve(ticket, "2025-10-13 07:00:00")
        self.check_all(10, (0, 1), (1, 1), (1, 1), (0, 1))

    def test_nothing_is_no_data(self):
        for code in CODES:
            self.assertEqual(self.measure(code, "2025-10-01", "2025-10-31"), (0, 0, None))

    def test_months_end_where_the_company_is(self):
        # due on 31 October at 23:59:59, and a second later on 1 November
        for moment in ("2025-10-31 11:59:59", "2025-10-31 12:00:00"):
            self.respond(self.open(moment), "2025-10-31 12:30:00")
        self.check("response_on_time", 10, (1, 1))
        self.check("response_on_time", 11, (1, 1))
        self.solve(self.open("2025-10-30 15:59:59"), "2025-10-31 15:59:59")
        self.solve(self.open("2025-10-30 16:00:00"), "2025-10-31 16:00:00")
        self.check("resolved_rate", 10, (1, 1))
        self.check("resolved_rate", 11, (1, 1))
        self.check("resolution_on_time", 10, (1, 1))

    def test_the_29th_of_february_belongs_to_its_month(self):
        self.solve(self.open("2024-02-28 10:00:00"), "2024-02-29 09:00:00")
        for code in ("resolution_on_time", "resolved_rate"):
            self.assertEqual(self.measure(code, "2024-02-01", "2024-02-29"), (1, 1, 100))
            self.assertEqual(self.measure(code, "2024-03-01", "2024-03-31"), (0, 0, None))

    def test_reopened_twice_it_counts_three_times_each_in_its_month(self):
        ticket = self.open("2025-09-30 01:00:00")
        self.solve(ticket, "2025-09-30 04:00:00")
        self.move(ticket, 0, moment="2025-10-10 01:00:00", stage_id=self.stage_new.id)
        self.solve(ticket, "2025-10-15 01:00:00")
        self.move(ticket, 0, moment="2025-11-10 01:00:00", stage_id=self.stage_new.id)
        # 30 September 9:00 in Shanghai; due on 1 October
        self.check_all(9, (1, 1), (0, 0), (1, 1), (0, 0))
        self.check_all(10, (0, 1), (1, 2), (1, 1), (1, 2))
        self.check_all(11, (0, 1), (0, 1), (0, 0), (0, 1))

    def test_what_ends_otherwise_before_it_is_due_is_left_out(self):
        cancelled, rejected, late = (self.open("2025-10-13 01:00:00") for _number in range(3))
        with self.at("2025-10-13 02:00:00"):
            # by the system: nobody has responded
            cancelled.stage_id = self.stage_cancelled
        self.solve(rejected, "2025-10-13 03:00:00", stage_id=self.stage_rejected.id)
        self.solve(late, "2025-10-15 03:00:00", stage_id=self.stage_cancelled.id)
        self.check_all(10, (1, 2), (0, 1), (0, 3), (0, 1))
        self.assertEqual(self.list_left_out("response_on_time", 10), ["cancelled"])
        self.assertEqual(self.list_left_out("resolution_on_time", 10), ["cancelled"] * 2)

    def test_an_end_that_is_corrected_counts_as_what_it_was_when_it_was_due(self):
        early, late = (self.open("2025-10-13 01:00:00") for _number in range(2))
        for ticket in (early, late):
            self.solve(ticket, "2025-10-13 02:00:00", stage_id=self.stage_cancelled.id)
        self.solve(early, "2025-10-13 03:00:00")
        self.solve(late, "2025-11-05 03:00:00")
        self.check_all(10, (2, 2), (1, 1), (1, 3), (1, 1))
        self.check_all(11, (0, 0), (0, 0), (1, 1), (0, 0))

    def test_a_priority_changed_too_late_helps_nobody(self):
        ticket = self.open("2025-10-13 01:00:00")
        self.move(ticket, 0, moment="2025-10-14 02:00:00", priority="0")
        self.solve(ticket, "2025-10-14 03:00:00")
        self.check_all(10, (0, 1), (0, 1), (1, 1), (0, 1))

    def test_duplicates_are_left_out_but_not_to_hide_what_was_late(self):
        original = self.open("2025-09-01 01:00:00")
        early, late = (self.open("2025-10-13 01:00:00") for _number in range(2))
        self.move(early, 0, moment="2025-10-13 02:00:00", duplicate_id=original.id)
        self.solve(early, "2025-10-13 02:00:00", stage_id=self.stage_cancelled.id)
        self.solve(late, "2025-10-15 02:00:00", stage_id=self.stage_cancelled.id)
        self.move(late, 0, moment="2025-10-15 02:00:01", duplicate_id=original.id)
        self.check_all(10, (0, 1), (0, 1), (0, 0), (0, 1))
        self.assertEqual(self.list_left_out("resolved_rate", 10), ["duplicate"] * 2)

    def test_a_duplicate_found_in_november_stays_in_october(self):
        ticket = self.open("2025-10-13 01:00:00")
        self.solve(ticket, "2025-10-13 02:00:00")
        self.move(ticket, 0, moment="2025-11-13 02:00:00", duplicate_id=self.open().id)
        self.check_all(10, (1, 1), (1, 1), (1, 1), (1, 1))

    def test_what_is_not_due_yet_counts_once_it_is_kept(self):
        waiting, solved = (self.open("2025-12-20 01:00:00") for _number in range(2))
        self.solve(solved, "2025-12-20 01:30:00")
        self.assertTrue(waiting)
        self.check_all(12, (1, 1), (1, 1), (1, 1), (1, 1))
        self.assertEqual(self.list_left_out("response_on_time", 12), ["not_due"])

    def test_each_company_counts_its_own(self):
        self.solve(self.open("2025-10-13 01:00:00"), "2025-10-13 02:00:00")
        self.check_all(10, (1, 1), (1, 1), (1, 1), (1, 1))
        self.check_all(10, (0, 0), (0, 0), (0, 0), (0, 0), company=self.other_company)

    def test_what_was_before_the_start_is_left_out(self):
        self.solve(self.open("2025-10-13 01:00:00"), "2025-10-13 02:00:00")
        self.company.itss_callback_since = "2025-10-14"
        self.check_all(10, (0, 0), (0, 0), (0, 0), (0, 0))
        self.assertEqual(self.list_left_out("sla_rate", 10), ["before_start"])

    def test_what_was_imported_is_no_data(self):
        self.open(stage_id=self.stage_done.id, closed_date="2025-10-13 02:00:00")
        self.check_all(10, (0, 0), (0, 0), (0, 0), (0, 0))
        self.assertEqual(self.list_left_out("resolved_rate", 10), ["no_data"])

    # -------------------------------------------------------------------------
    # Whose they are
    # -------------------------------------------------------------------------

    def test_what_was_due_belongs_to_the_team_that_had_it(self):
        ticket = self.open("2025-10-13 01:00:00")
        other = self.team.copy({"name": "桌面组"})
        self.move(ticket, 0, moment="2025-11-13 01:00:00", team_id=other.id)
        self.solve(ticket, "2025-11-14 01:00:00")
        self.check_all(10, (0, 1), (0, 1), (0, 0), (0, 1), scope=self.team)
        self.check_all(11, (0, 0), (0, 0), (1, 1), (0, 0), scope=other)
        self.check_all(10, (0, 0), (0, 0), (0, 0), (0, 0), scope=other)

    def test_engineer_department_and_customer_are_those_of_the_time(self):
        ticket = self.open("2025-10-13 01:00:00", user_id=self.agent.id)
        self.respond(ticket, "2025-10-13 02:00:00", user=self.agent)
        self.employee(self.agent).department_id = self.dep_staff
        self.move(ticket, 0, moment="2025-10-13 03:00:00", user_id=self.engineer.id)
        self.solve(ticket, "2025-10-13 04:00:00")
        pupil = self.env["res.partner"].create({"name": "学校"})
        self.move(ticket, 0, moment="2025-11-13 03:00:00", partner_id=pupil.id)
        for scope in (self.agent, self.dep_desk):
            self.check_all(10, (1, 1), (0, 0), (0, 0), (0, 0), scope=scope)
        for scope in (self.engineer, self.dep_operations):
            self.check_all(10, (0, 0), (1, 1), (1, 1), (1, 1), scope=scope)
        self.check_all(10, (1, 1), (1, 1), (1, 1), (1, 1), scope=self.customer)
        for scope in (self.dep_staff, pupil):
            self.check_all(10, (0, 0), (0, 0), (0, 0), (0, 0), scope=scope)

    # -------------------------------------------------------------------------
    # Received
    # -------------------------------------------------------------------------

    def _count_received(self, month, days):
        ask = Ask(self.company, [(date(2025, month, 1), date(2025, month, days))])
        indicator = self.get_indicator("resolved_rate")
        counts = indicator._count(ask, indicator._get_received_tickets(ask))
        return counts[0, "company", 0].n if counts else 0

    def test_tickets_are_received_once_and_duplicates_not(self):
        first, second = (self.open("2025-10-13 01:00:00") for _number in range(2))
        self.solve(first, "2025-10-14 01:00:00")
        self.move(first, 0, moment="2025-11-03 01:00:00", stage_id=self.stage_progress.id)
        self.move(first, 0, moment="2025-11-04 01:00:00", team_id=self.team.copy().id)
        self.assertEqual(self._count_received(10, 31), 2)
        self.assertEqual(self._count_received(11, 30), 0)
        self.move(second, 0, moment="2025-10-15 01:00:00", duplicate_id=first.id)
        self.assertEqual(self._count_received(10, 31), 1)

    # -------------------------------------------------------------------------
    # The lists
    # -------------------------------------------------------------------------

    def test_the_records_behind_a_figure_are_as_many_as_it_counts(self):
        ticket = self.open("2025-10-13 01:00:00")
        self.solve(ticket, "2025-10-13 02:00:00")
        self.move(ticket, 0, moment="2025-10-13 03:00:00", stage_id=self.stage_progress.id)
        self.solve(ticket, "2025-10-13 04:00:00", stage_id=self.stage_cancelled.id)
        self.check("resolved_rate", 10, (1, 2))
        indicator = self.get_indicator("resolved_rate")
        ask = Ask(self.company, [(date(2025, 10, 1), date(2025, 10, 31))], wants_records=True)
        rows = self.env.execute_query(indicator._measure(ask))
        cycles = self.env["itss.ticket.cycle"].browse(row[2] for row in rows)
        self.assertEqual(
            cycles.mapped("ending"), ["solved", "cancelled"][:: 1 if rows[0][3] else -1]
        )
        self.assertEqual(cycles.ticket_id, ticket)
        found = cycles.with_user(self.engineer).search([("id", "in", cycles.ids)])
        self.assertEqual(found, cycles)
        self.assertFalse(cycles.with_user(self.staff_user).search([]))

    # -------------------------------------------------------------------------
    # helpdesk_mgmt_sla
    # -------------------------------------------------------------------------

    def test_where_oca_s_addon_watches_deadlines_it_has_the_last_word(self):
        self.env.cr.execute(
            "CREATE TEMPORARY TABLE helpdesk_ticket_sla"
            " (ticket_id int, deadline timestamp, state varchar)"
        )
        states = ("accomplished", "expired", "in_progress", "accomplished")
        for state in states:
            ticket = self.open("2025-10-13 01:00:00")
            if state == "accomplished":
                self.env.cr.execute(
                    "INSERT INTO helpdesk_ticket_sla VALUES (%s, '2025-10-13', 'accomplished')",
                    [ticket.id],
                )
            self.env.cr.execute(
                "INSERT INTO helpdesk_ticket_sla VALUES (%s, %s, %s)",
                [ticket.id, fields.Datetime.to_datetime("2025-10-14") + timedelta(hours=1), state],
            )
        indicator = self.get_indicator("sla_rate")
        self.patch(type(indicator), "_has_verdicts", lambda self: True)
        self.check("sla_rate", 10, (2, 4))
