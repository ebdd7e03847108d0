"""One number everywhere: whoever tells a figure of a period tells the same."""

from datetime import datetime
from io import BytesIO

from openpyxl import load_workbook

from odoo.tests import freeze_time, tagged

from ...tools.figures import Period
from ..objective.common import IndicatorCommon
from .common import ReviewCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-11-20 02:00:00")
class TestOneNumberEverywhere(ReviewCommon, IndicatorCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.indicators = cls.get_indicator("callback_on_time") | cls.get_indicator(
            "satisfaction_project"
        )
        # solved when, called when, score; October lies between 30 September and 31 October, 16:00
        for solved, called, score in (
            ("2025-09-29 15:00:00", None, None),
            ("2025-09-29 16:00:00", "2025-09-30 12:00:00", 70),
            ("2025-10-10 02:00:00", "2025-10-10 05:00:00", 90),
            ("2025-10-10 02:00:00", "2025-10-12 05:00:00", 85),
            ("2025-10-30 15:59:59", None, None),
            ("2025-10-30 16:00:00", "2025-10-30 17:00:00", 100),
        ):
            with freeze_time(solved):
                callback = cls.make_callback()
            if called:
                with freeze_time(called):
                    callback.with_user(cls.agent).register_attempt(
                        "reached", is_solved="yes", score=score, comment="可以"
                    )
        for indicator in cls.indicators:
            indicator._compute_values([cls.get_span(10)])

    def count_by_hand(self):
        """Recompute October's figures from the rows themselves, in plain Python."""
        start, end = datetime(2025, 9, 30, 16), datetime(2025, 10, 31, 16)
        rows = self.env["itss.callback"].search_read([("company_id", "=", self.company.id)])
        due = [row for row in rows if start <= row["deadline"] < end]
        in_time = [row for row in due if row["done_at"] and row["done_at"] <= row["deadline"]]
        scores = [row["score"] for row in rows if row["done_at"] and start <= row["done_at"] < end]
        return [100 * len(in_time) / len(due), sum(scores) / len(scores)]

    def test_review_board_workbook_values_and_rows_tell_the_same(self):
        by_hand = self.count_by_hand()
        self.assertEqual(by_hand, [50, 275 / 3])
        span = self.get_span(10)
        for indicator, expected in zip(self.indicators, by_hand, strict=True):
            with self.subTest(indicator.code):
                value = self.env["itss.indicator.value"].search(
                    [("indicator_id", "=", indicator.id), ("scope", "=", "company")]
                )
                self.assertTrue(value.is_frozen)
                self.assertEqual(value.value, expected)
                self.assertEqual(indicator.measure(*span)["value"], expected)
                self.assertEqual(self.tell_in_review()[indicator.name], expected)
                self.assertEqual(self.read_workbook(indicator), expected)
                self.assertTrue(indicator.board_value.startswith(f"{expected:.2f}".rstrip("0.")))
                rows = self.list_records(value)
                self.assertEqual(len(rows.filtered(lambda row: row.list != "left_out")), value.n)

    def tell_in_review(self):
        period = Period(self.company, *self.get_span(10))
        figures = self.env["itss.indicator"].sudo()._get_figures(period)["measurements"]
        return {figure.label.rpartition(" (")[0]: figure.value for figure in figures}

    def read_workbook(self, indicator):
        content, _type = self.env["ir.actions.report"]._render_xlsx(
            "itss_quality.indicator_xlsx", indicator.ids, {}
        )
        [row] = [
            row
            for row in load_workbook(BytesIO(content)).worksheets[-1].iter_rows(values_only=True)
            if row[0] == indicator.name
        ]
        return row[5]

    def list_records(self, value):
        action = value.action_open_records()
        return self.env[action["res_model"]].search(action["domain"])
