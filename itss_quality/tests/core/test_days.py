"""Days, months and years are those of the company, whoever does something, and from wherever."""

import ast
import io
from datetime import date
from pathlib import Path

import openpyxl

from odoo import fields
from odoo.tests import BaseCase, freeze_time, tagged
from odoo.tools import file_path

from ...tools.durations import get_today
from ..complaint.common import ComplaintCommon

LAYERS = ("controllers", "models", "report", "tools", "wizard")
# what counts days by the clock of whoever asks
FOREIGN = {"context_today", "today"}
ZONES = ("Asia/Shanghai", "UTC", "America/New_York", "Asia/Tokyo")
# half an hour before, and after, the last day of October and of the year have passed in China
OCTOBER, NOVEMBER = "2025-10-31 15:30:00", "2025-10-31 16:30:00"
OLD_YEAR, NEW_YEAR = "2025-12-31 15:30:00", "2025-12-31 16:30:00"


@tagged("post_install", "-at_install")
class TestDaysOfTheHouse(BaseCase):
    def test_no_code_counts_days_by_another_clock_than_the_company_s(self):
        root = Path(file_path("itss_quality/__manifest__.py")).parent
        for path in (path for layer in LAYERS for path in root.glob(f"{layer}/**/*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            with self.subTest(path.relative_to(root)):
                self.assertFalse(names & FOREIGN, "tools/durations.py knows the company's days")


@tagged("post_install", "-at_install")
class TestDays(ComplaintCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.resource_calendar_id.tz = "Asia/Shanghai"
        cls.env["res.company"].create(
            {"name": "Far Co"}
        ).resource_calendar_id.tz = "America/New_York"

    def each_zone(self):
        """Yield time zones, after moving all users there."""
        for zone in ZONES:
            self.users.tz = zone
            yield zone

    def export(self, action, records, zone):
        """Return the rows of the sheets of a workbook as a user in some place gets it."""
        reports = records.env["ir.actions.report"].with_context(lang="en_US", tz=zone)
        content, _kind = reports._render(f"itss_quality.{action}", records.ids)
        return [
            [row for row in sheet.iter_rows(min_row=3, values_only=True)]
            for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets
        ]

    def test_today_is_the_company_s(self):
        for zone in self.each_zone():
            company = self.company.with_user(self.quality_user).with_context(tz=zone)
            for moment, day in ((OCTOBER, date(2025, 10, 31)), (NOVEMBER, date(2025, 11, 1))):
                with freeze_time(moment):
                    self.assertEqual(get_today(company), day)

    def test_a_line_is_late_and_done_on_the_company_s_day(self):
        plan = self.approve(self.make_plan(lines=1))
        line = plan.line_ids.with_user(self.quality_user)
        self.report(line, self.ops_user)
        late = [("id", "=", line.id), ("is_late", "=", True)]
        for zone in self.each_zone():
            line = line.with_context(tz=zone)
            for moment, expected in ((OCTOBER, False), (NOVEMBER, True)):
                with freeze_time(moment):
                    line.invalidate_recordset(["is_late"])
                    self.assertEqual(line.is_late, expected)
                    self.assertEqual(line.search_count(late), int(expected))
            with freeze_time(NOVEMBER):
                line.action_done()
                self.assertEqual(line.date_done, date(2025, 11, 1))
                line.action_reopen()

    def test_documents_are_signed_and_numbered_on_the_company_s_day(self):
        for zone in self.each_zone():
            with freeze_time(NEW_YEAR):
                plan = self.make_plan(year=2031 + ZONES.index(zone)).with_context(tz=zone)
                self.approve(plan)
                self.assertEqual(plan.approved_date, date(2026, 1, 1))
                complaint = self.make_complaint(user=self.agent).with_context(tz=zone)
                self.assertIn("2026", complaint.number)

    def test_a_period_is_the_company_s_month(self):
        for zone in self.each_zone():
            ledgers = self.env["itss.callback.ledger"].with_user(self.manager_user)
            for moment, day in ((OCTOBER, date(2025, 10, 1)), (NOVEMBER, date(2025, 11, 1))):
                with freeze_time(moment):
                    ledger = ledgers.with_context(tz=zone).create({"company_id": self.company.id})
                    self.assertEqual(ledger.date_from, day)

    def test_the_ledger_is_the_same_for_readers_everywhere(self):
        for moment in (OCTOBER, NOVEMBER):
            with freeze_time(moment):
                self.make_callback()
        months = {}
        for zone in self.each_zone():
            ledger = self.env["itss.callback.ledger"].with_user(self.manager_user)
            ledger = ledger.with_context(tz=zone).create(
                {"company_id": self.company.id, "date_from": "2025-10-01", "date_to": "2025-10-31"}
            )
            (_headings, *rows), (_names, *months[zone]), *_others = self.export(
                "itss_callback_xlsx_action", ledger, zone
            )
            self.assertEqual(
                [row[4] for row in rows], [fields.Datetime.to_datetime("2025-10-31 23:30:00")]
            )
        self.assertEqual([row[:2] for row in months["UTC"]], [("Oct 2025", 1), ("Total", 1)])
        self.assertEqual(len({str(rows) for rows in months.values()}), 1)

    def test_complaints_count_in_the_company_s_month_and_year(self):
        plan = self.make_plan(lines=0)
        line = self.make_line(plan, kind="feedback", name="投诉处理")
        self.approve(plan)
        complaints = self.env["itss.complaint"]
        for moment in (OCTOBER, NOVEMBER, OLD_YEAR, NEW_YEAR):
            complaints |= self.make_complaint(received_at=moment)
        with freeze_time("2026-01-03 02:00:00"):
            invalid = self.make_complaint(received_at="2025-10-05 02:00:00")
            invalid.with_user(self.quality_user).hold_invalid("不是我们的客户")
            invalid.with_user(self.quality_user_2).action_confirm_invalid()
        for zone in self.each_zone():
            own = complaints.with_user(self.quality_user).with_context(tz=zone)
            _records, (_names, *rows), settings = self.export(
                "itss_complaint_xlsx_action", own, zone
            )
            counts = {(row[0], row[4]) for row in rows}
            self.assertEqual(
                counts,
                {("Oct 2025", 1), ("Nov 2025", 1), ("Dec 2025", 1), ("Jan 2026", 1), ("Total", 4)},
            )
            self.assertTrue(settings)
            own_line = line.with_user(self.quality_user).with_context(tz=zone)
            own_line.invalidate_recordset()
            self.assertEqual(own_line.complaint_count, 3)
            domain = own_line.action_view_complaints()["domain"]
            self.assertEqual(complaints.search_count(domain), own_line.complaint_count)

    def test_a_print_says_when_by_the_company_s_clock(self):
        with freeze_time(OCTOBER):
            complaint = self.make_complaint()
        for zone in self.each_zone():
            reports = self.env["ir.actions.report"].with_user(self.quality_user)
            content, _kind = reports.with_context(lang="en_US", tz=zone)._render_qweb_html(
                "itss_quality.itss_complaint_document", complaint.ids
            )
            self.assertIn("10/31/2025 11:30:00 PM", content.decode(), "when it was received")
