import io
from datetime import date, timedelta

import openpyxl

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import freeze_time, tagged

from ...tools.figures import Period
from ..common import ItssCommon


@tagged("post_install", "-at_install")
class TestCallbackLedger(ItssCommon):
    """The ledger 回访记录/汇总表 as Excel, and the figures it shares with reviews."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        cls.company.resource_calendar_id.tz = "Asia/Shanghai"
        cls.reader = cls.make_user("t_reader", "management")
        # 1 March, 00:30 in Shanghai; called back after 23 hours
        cls.first = cls._solve("2026-02-28 16:30:00")
        cls._call_back(cls.first, "2026-03-01 15:30:00", score=100, comment="=1+1")
        # called back a day late, not solved
        cls.late = cls._solve("2026-03-10 02:00:00")
        cls._call_back(cls.late, "2026-03-12 02:00:00", is_solved="no", score=20, comment="慢")
        # refused
        cls.refused = cls._solve("2026-03-15 02:00:00")
        with freeze_time("2026-03-15 03:00:00"):
            cls.refused.with_user(cls.agent).register_attempt("refused")
        # nobody called
        cls.forgotten = cls._solve("2026-03-31 15:59:59")
        # in Shanghai it was February, and due in March; April, and in no ledger of March
        cls.before = cls._solve("2026-02-28 15:59:59")
        cls.outside = cls._solve("2026-03-31 16:00:00")
        # set back in time, and too late
        cls.early = cls._solve("2026-03-20 02:00:00")
        cls._set_back(cls.early, "2026-03-21 02:00:00")
        cls.overdue = cls._solve("2026-03-22 02:00:00")
        cls._set_back(cls.overdue, "2026-03-24 02:00:00")

    @classmethod
    def _solve(cls, moment):
        with freeze_time(moment):
            return cls.make_callback()

    @classmethod
    def _call_back(cls, callback, moment, **vals):
        with freeze_time(moment):
            vals = {"is_solved": "yes", **vals}
            callback.with_user(cls.agent).register_attempt("reached", **vals)

    @classmethod
    def _set_back(cls, callback, moment):
        with freeze_time(moment):
            callback.ticket_id.with_user(cls.engineer).stage_id = cls.stage_progress

    def _make_ledger(self, user=None, **vals):
        return (
            self.env["itss.callback.ledger"]
            .with_user(user or self.reader)
            .create({"date_from": "2026-03-01", "date_to": "2026-03-31", **vals})
        )

    def _export(self, ledger):
        """Return the rows of both sheets of callbacks below their headings, and the headings."""
        content, kind = (
            ledger.env["ir.actions.report"]
            .with_context(lang="en_US")
            ._render("itss_quality.itss_callback_xlsx_action", ledger.ids)
        )
        self.assertEqual(kind, "xlsx")
        sheets = openpyxl.load_workbook(io.BytesIO(content)).worksheets[:2]
        tables = [list(sheet.iter_rows(min_row=3, values_only=True)) for sheet in sheets]
        return tables

    @freeze_time("2026-05-01 00:00:00")
    def test_the_columns_and_what_stands_in_them(self):
        (headings, *rows), _summary = self._export(self._make_ledger())
        self.assertEqual(
            headings,
            (
                "Ticket No.",
                "Customer",
                "Contact",
                "Engineer",
                "Solved on",
                "Called Back on",
                "Within 24 h",
                "Solved?",
                "Score",
                "Comment",
                "Called by",
                "Status",
                "Way",
                "Attempts",
                "Corrected",
                "Agreed Deadline",
                "Agreed Deadline Met",
                "Time Imported",
                "Reset on",
                "Reset by",
                "Reason of the Reset",
                "Address Changed",
            ),
        )
        same = ("昆明第一医院", "陈主任", "钱工程")
        moment = fields.Datetime.to_datetime
        no_reset = (None, None, None)
        reason = "The ticket went back to “In Progress”."
        nothing_said = (None, None, None, None)
        self.assertEqual({row[-1] for row in rows}, {None}, "no answer came through a link")
        solved = moment("2026-02-28 23:59:59")
        self.assertEqual(rows[0][:7], (self.before.ticket_number, *same, solved, None, "No"))
        self.assertEqual(
            [row[:-1] for row in rows[1:]],
            [
                # times are those of Shanghai, and what looks like a formula is text
                (
                    self.first.ticket_number,
                    *same,
                    moment("2026-03-01 00:30:00"),
                    moment("2026-03-01 23:30:00"),
                    *("Yes", "Yes", 100, "=1+1", self.agent.name),
                    *("Done", "Phone", 1, None, moment("2026-03-02 00:30:00"), "Yes", None),
                    *no_reset,
                ),
                (
                    self.late.ticket_number,
                    *same,
                    moment("2026-03-10 10:00:00"),
                    moment("2026-03-12 10:00:00"),
                    *("No", "No", 20, "慢", self.agent.name),
                    *("Done", "Phone", 1, None, moment("2026-03-11 10:00:00"), "No", None),
                    *no_reset,
                ),
                (
                    self.refused.ticket_number,
                    *same,
                    moment("2026-03-15 10:00:00"),
                    *(None, "No", *nothing_said),
                    *("Unreachable", None, 1, None, moment("2026-03-16 10:00:00"), "No", None),
                    *no_reset,
                ),
                (
                    self.early.ticket_number,
                    *same,
                    moment("2026-03-20 10:00:00"),
                    *(None, None, *nothing_said),
                    *("Cancelled", None, 0, None, moment("2026-03-21 10:00:00"), None, None),
                    *(moment("2026-03-21 10:00:00"), "钱工程", reason),
                ),
                (
                    self.overdue.ticket_number,
                    *same,
                    moment("2026-03-22 10:00:00"),
                    *(None, "No", *nothing_said),
                    *("Cancelled", None, 0, None, moment("2026-03-23 10:00:00"), "No", None),
                    *(moment("2026-03-24 10:00:00"), "钱工程", reason),
                ),
                (
                    self.forgotten.ticket_number,
                    *same,
                    moment("2026-03-31 23:59:59"),
                    *(None, "No", *nothing_said),
                    *("To Call", None, 0, None, moment("2026-04-01 23:59:59"), "No", None),
                    *no_reset,
                ),
            ],
        )

    @freeze_time("2026-03-01 02:00:00")
    def test_an_answer_through_a_link_whose_address_was_changed_is_marked(self):
        given, changed = self._solve("2026-03-01 01:00:00"), self._solve("2026-03-01 01:10:00")
        changed.with_user(self.agent).email = "other@hospital.example.com"
        for callback in given | changed:
            callback.state = "link_sent"
            callback.link_sent_at = fields.Datetime.now()
            self.assertIsNone(callback._answer_by_link("yes", 100, "", "127.0.0.1", "Phone"))
        (headings, *rows), _summary = self._export(self._make_ledger())
        column = headings.index("Address Changed")
        marks = {row[0]: row[column] for row in rows}
        self.assertEqual(marks[given.ticket_number], "No")
        self.assertEqual(marks[changed.ticket_number], "Yes")

    @freeze_time("2026-05-01 00:00:00")
    def test_within_24_hours_is_by_the_clock_whatever_deadline_was_agreed(self):
        self.company.itss_callback_hours = 240
        callbacks = {hours: self._solve("2026-04-10 02:00:00") for hours in (24, 30, 241)}
        for hours, callback in callbacks.items():
            moment = callback.resolved_at + timedelta(hours=hours)
            self._call_back(callback, moment, score=80)
        ledger = self._make_ledger(date_from="2026-04-10", date_to="2026-04-10")
        (_headings, *rows), _summary = self._export(ledger)
        met = {row[0]: (row[6], row[16]) for row in rows}
        self.assertEqual(
            [met[callback.ticket_number] for callback in callbacks.values()],
            [("Yes", "Yes"), ("No", "Yes"), ("No", "No")],
        )

    @freeze_time("2026-05-01 00:00:00")
    def test_corrections_and_imported_times_are_marked_and_attempts_counted(self):
        with freeze_time("2026-04-10 02:00:00"):
            ticket = self.make_ticket(
                stage_id=self.stage_done.id, closed_date="2026-04-09 16:00:00"
            )
        callback = ticket.itss_callback_ids
        with freeze_time("2026-04-10 03:00:00"):
            callback.with_user(self.agent).register_attempt("busy")
            callback._send_links()
            callback._answer_by_link("yes", 80, "好", "192.0.2.1", "x")
        callback.with_user(self.quality_user).correct("typo", score=83.333)
        self.assertEqual(callback.score, 83.333, "what is shown is rounded, not what is kept")
        ledger = self._make_ledger(date_from="2026-04-10", date_to="2026-04-10")
        (_headings, row), _summary = self._export(ledger)
        self.assertEqual(row[8], 83.333)
        self.assertEqual(row[10:15], (None, "Done", "Link", 1, "Yes"))
        self.assertEqual(row[17], "Yes")

    @freeze_time("2026-05-01 00:00:00")
    def test_the_monthly_figures(self):
        _records, (headings, *rows) = self._export(self._make_ledger())
        self.assertEqual(
            headings[1:],
            (
                "Solved",
                "Due",
                "Called Back",
                "Called Back by the Agreed Deadline",
                "Callback Rate",
                "On-Time Rate by the Agreed Deadline",
                "Solved at First",
                "Solved-at-First Rate",
                "Average Satisfaction",
                "Scores (n)",
                "Reset",
                "Reset Late",
            ),
        )
        # what was reset too late is due, and late
        figures = (6, 5, 2, 1, 0.4, 0.2, 1, 0.5, 60, 2, 2, 1)
        self.assertEqual(rows, [("Mar 2026", *figures), ("Total", *figures)])

    def _solve_late(self):
        """Callbacks of March whose stories go on after it."""
        late, moved, corrected = (self._solve("2026-03-28 02:00:00") for _number in range(3))
        self._call_back(corrected, "2026-03-28 04:00:00", score=100)
        self._call_back(late, "2026-04-10 02:00:00", score=0, is_solved="no")
        self._set_back(moved, "2026-04-10 02:00:00")
        with freeze_time("2026-04-10 02:00:00"):
            corrected.with_user(self.quality_user).correct("typo", score=40, is_solved="no")

    def test_the_figures_are_those_of_the_end_of_the_period(self):
        self._solve_late()
        books = []
        for moment in ("2026-04-02 02:00:00", "2026-05-01 00:00:00"):
            with freeze_time(moment):
                _records, (_headings, *rows) = self._export(self._make_ledger())
                books.append(rows[-1])
        early, late = books
        # called back: the three of March; what was set back in April is late, and not called back
        self.assertEqual(late[1:5], (9, 8, 3, 2))
        self.assertEqual(early[3:5], late[3:5])
        # (100 + 20 + 100) / 3, as it was before the correction
        self.assertEqual([round(row[9], 2) for row in books], [73.33, 73.33])
        self.assertEqual([row[7] for row in books], [2, 2])

    @freeze_time("2026-05-01 00:00:00")
    def test_the_figures_are_those_of_a_review_of_the_period(self):
        self._solve_late()
        self.company.resource_calendar_id.tz = "Asia/Shanghai"
        period = Period(self.company, date(2026, 3, 1), date(2026, 3, 31))
        figures = self.env["itss.callback"].sudo()._get_figures(period)
        told = {figure.label: figure.value for topic in figures.values() for figure in topic}
        _records, (_headings, *rows) = self._export(self._make_ledger())
        self.assertEqual(rows[-1][2], told["Callbacks due"])
        self.assertEqual(rows[-1][3], told["Called back"])
        self.assertEqual(rows[-1][4], told["Called back by the agreed deadline"])
        indicators = self.env["itss.indicator"].search([("company_id", "=", self.company.id)])
        [indicator] = indicators.filtered(lambda one: one.code == "callback_on_time")
        measured = indicator.measure(period.date_from, period.date_to)
        self.assertEqual(rows[-1][6] * 100, measured["value"])
        self.assertEqual(rows[-1][9], told["Satisfaction by callbacks (project level)"])

    def test_the_head_says_as_of_when(self):
        for moment, words in (
            ("2026-03-20 04:00:00", "Figures as of 03/20/2026"),
            ("2026-05-01 00:00:00", "Figures as of 03/31/2026"),
        ):
            with freeze_time(moment):
                ledger = self._make_ledger()
                content, _kind = (
                    ledger.env["ir.actions.report"]
                    .with_context(lang="en_US")
                    ._render("itss_quality.itss_callback_xlsx_action", ledger.ids)
                )
            sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[1]
            self.assertIn(words, sheet["A2"].value)

    def test_where_there_is_nothing_to_divide_by_it_says_so(self):
        ledger = self._make_ledger(date_from="2019-01-01", date_to="2019-12-31")
        records, (_headings, *rows) = self._export(ledger)
        self.assertEqual(len(records), 1)
        none = "no data"
        self.assertEqual(rows, [("Total", 0, 0, 0, 0, none, none, 0, none, none, 0, 0, 0)])
        [(rate, score)] = self.env["itss.callback.report"]._read_group(
            [("id", "=", 0)], [], ["on_time_rate:avg", "score:avg"]
        )
        self.assertFalse(rate or score)

    @freeze_time("2026-03-31 17:00:00")
    def test_what_is_not_due_yet_is_not_late(self):
        records, (_headings, *rows) = self._export(self._make_ledger())
        self.assertEqual(records[-1][6], None, "neither yes nor no")
        self.assertEqual(rows[-1][1:5], (6, 5, 2, 1))

    @freeze_time("2026-05-01 00:00:00")
    def test_other_companies_and_teams_stay_out(self):
        foreign = self._make_ledger(self.foreign_user)
        records, _summary = self._export(foreign)
        self.assertEqual(len(records), 1)
        with self.assertRaises(AccessError):
            self._make_ledger(self.foreign_user, company_id=self.company.id)
        other_team = self.team.copy({"name": "另一组"})
        records, _summary = self._export(self._make_ledger(team_ids=[(6, 0, other_team.ids)]))
        self.assertEqual(len(records), 1)
        records, _summary = self._export(self._make_ledger(team_ids=[(6, 0, self.team.ids)]))
        self.assertEqual(len(records), 8)

    @freeze_time("2026-05-01 00:00:00")
    def test_a_cell_that_can_not_hold_all_of_it_holds_as_much_as_it_can(self):
        self.late.comment = "很慢" * 20_000
        self.first.comment = "\x0b=1+1\n下一行"
        records, _summary = self._export(self._make_ledger())
        comments = [record[9] for record in records[2:]]
        self.assertEqual(len(comments[1]), 32_767, "of Excel's cells")
        self.assertIn("=1+1\n下一行", comments[0])

    @freeze_time("2026-05-01 00:00:00")
    def test_months_stand_one_below_the_other_and_add_up(self):
        ledger = self._make_ledger(date_from="2026-02-01", date_to="2026-04-30")
        _records, (_headings, *rows) = self._export(ledger)
        rounded = [
            tuple(round(value, 4) if isinstance(value, float) else value for value in row)
            for row in rows
        ]
        self.assertEqual(
            rounded,
            [
                ("Feb 2026", 1, 0, 0, 0, *["no data"] * 2, 0, *["no data"] * 2, 0, 0, 0),
                ("Mar 2026", 6, 5, 2, 1, 0.4, 0.2, 1, 0.5, 60, 2, 2, 1),
                ("Apr 2026", 1, 2, 0, 0, 0, 0, 0, "no data", "no data", 0, 0, 0),
                ("Total", 8, 7, 2, 1, 0.2857, 0.1429, 1, 0.5, 60, 2, 2, 1),
            ],
        )

    def test_a_period_that_ends_before_it_begins_is_refused(self):
        with self.assertRaises(ValidationError):
            self._make_ledger(date_from="2026-04-01")

    @freeze_time("2026-05-01 00:00:00")
    def test_the_analysis_by_engineer(self):
        report = self.env["itss.callback.report"].with_user(self.reader)
        callbacks = self.first | self.late | self.refused | self.forgotten
        [(engineer, due, done, first_solved, score, number)] = report._read_group(
            [("callback_id", "in", callbacks.ids)],
            ["engineer_id"],
            ["due_count:sum", "done_count:sum", "first_solved_count:sum", "score:avg"]
            + ["score_count:sum"],
        )
        self.assertEqual(engineer, self.engineer)
        self.assertEqual((due, done, first_solved, score, number), (4, 2, 1, 60, 2))
