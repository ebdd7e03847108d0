import io
from datetime import date, datetime

import xlsxwriter
from openpyxl import load_workbook

from odoo.tests import TransactionCase, tagged

from ...tools.workbook import Book, Column


@tagged("post_install", "-at_install")
class TestWorkbook(TransactionCase):
    """The writer of all workbooks: what a cell holds, by the kind of its column."""

    def make_sheet(self, columns, rows):
        """Return the sheet as it is read back."""
        content = io.BytesIO()
        workbook = xlsxwriter.Workbook(content, {"constant_memory": True})
        env = self.env(context={"lang": "en_US", "tz": "Asia/Shanghai"})
        Book(env, workbook).add_table("表", ("=1+1", "mailto:x@y.z"), columns, rows)
        workbook.close()
        return load_workbook(content)["表"]

    def read_cell(self, kind, value):
        [_head, _details, _headings, [cell]] = self.make_sheet(
            [Column("x", 9, kind=kind)], [[value]]
        )
        return cell

    def test_cells_hold_what_their_column_says(self):
        moment = datetime(2025, 12, 31, 16, 30)
        local = datetime(2026, 1, 1, 0, 30)
        for kind, value, expected, number_format in (
            ("text", "甲\r\n乙", "甲\n乙", "General"),
            ("mark", True, "Yes", "General"),
            ("mark", False, "No", "General"),
            ("mark", None, None, "General"),
            ("number", 0, 0, "General"),
            ("figure", 87.25, 87.25, "0.00"),
            ("rate", 0.5, 0.5, "0.00%"),
            ("rate", "no data", "no data", "0.00%"),
            ("figure", False, None, "0.00"),
            # moments as the clock of the environment shows them
            ("datetime", moment, local, "yyyy-mm-dd hh:mm"),
            ("date", moment, datetime(2026, 1, 1), "yyyy-mm-dd"),
            ("date", date(2025, 12, 31), datetime(2025, 12, 31), "yyyy-mm-dd"),
            ("date", False, None, "yyyy-mm-dd"),
            ("value", moment, local, "yyyy-mm-dd hh:mm"),
            ("value", date(2025, 12, 31), datetime(2025, 12, 31), "yyyy-mm-dd"),
            ("value", 3, 3, "General"),
            ("value", "", None, "General"),
        ):
            with self.subTest(kind=kind, value=value):
                cell = self.read_cell(kind, value)
                self.assertEqual((cell.value, cell.number_format), (expected, number_format))

    def test_texts_are_never_formulas_or_links(self):
        for kind in ("text", "wrapped", "label", "value", "number", "date"):
            for value in ("=1+1", "https://example.com", "{=1}"):
                with self.subTest(kind=kind, value=value):
                    cell = self.read_cell(kind, value)
                    self.assertEqual((cell.value, cell.data_type), (value, "s"))
                    self.assertFalse(cell.hyperlink)

    def test_head_and_headings_stay_in_sight(self):
        sheet = self.make_sheet([Column("甲", 9), Column("乙", 12, is_hidden=True)], [])
        self.assertEqual([cell.data_type for cell in (sheet["A1"], sheet["A2"])], ["s", "s"])
        self.assertEqual([cell.value for cell in sheet[3]], ["甲", "乙"])
        self.assertEqual((sheet.freeze_panes, sheet.print_title_rows), ("A4", "$3:$3"))
        self.assertEqual(sheet.page_setup.orientation, "landscape")
        self.assertTrue(sheet.column_dimensions["B"].hidden)

    def test_fields_are_told_in_words(self):
        partner = self.env["res.partner"].create(
            {"name": "客户", "type": "delivery", "comment": "<p>甲</p><p>乙</p>", "color": 3}
        )
        partner.parent_id = partner.create({"name": "公司", "is_company": True})
        names = ("name", "parent_id", "type", "comment", "color", "is_company", "create_date")
        *_above, row = self.make_sheet([Column(name, 9, name) for name in names], partner)
        values = [cell.value for cell in row]
        self.assertEqual(values[:3], ["客户", "公司", "Delivery"])
        self.assertEqual(values[3].split(), ["甲", "乙"])
        self.assertEqual(values[4:6], [3, "No"])
        self.assertEqual(row[6].number_format, "yyyy-mm-dd hh:mm")
