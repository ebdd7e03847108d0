from odoo import fields, models
from odoo.tools.misc import format_date, format_datetime

PAPER_A4 = 9


class ItssXlsxMixin(models.AbstractModel):
    """What the workbooks of records share: streamed rows, formats, heads, and text that stays text."""

    _name = "itss.xlsx.mixin"
    _description = "Workbook of Records"
    _inherit = "report.report_xlsx.abstract"

    def get_workbook_options(self):
        """Return the options of the workbook: rows are streamed, however many there are."""
        return {**super().get_workbook_options(), "constant_memory": True}

    def _add_formats(self, workbook):
        """Return the formats of the cells, by the names that the sheets know them by."""
        cell = {"border": 1, "valign": "vcenter"}
        return {
            "title": workbook.add_format({"bold": True, "font_size": 16}),
            "subtitle": workbook.add_format({"font_color": "#666666"}),
            "heading": workbook.add_format(
                {**cell, "bold": True, "bg_color": "#E7EEF7", "align": "center", "text_wrap": True}
            ),
            "text": workbook.add_format(cell),
            "wrapped": workbook.add_format({**cell, "text_wrap": True}),
            "moment": workbook.add_format({**cell, "num_format": "yyyy-mm-dd hh:mm"}),
            "score": workbook.add_format({**cell, "num_format": "0.0"}),
            "rate": workbook.add_format({**cell, "num_format": "0.0%"}),
        }

    def _write_head(self, sheet, title, details, headings, widths, formats):
        """Set the page up and write the first three rows: title, details and headings."""
        self._write_title(sheet, title, details, widths, formats)
        sheet.repeat_rows(2)
        sheet.freeze_panes(3, 0)
        for column, heading in enumerate(headings):
            sheet.write_string(2, column, heading, formats["heading"])

    def _write_title(self, sheet, title, details, widths, formats, landscape=True):
        """Set the page up and write title and details into the first two rows."""
        if landscape:
            sheet.set_landscape()
        sheet.set_paper(PAPER_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C&P / &N")
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.write_string(0, 0, title, formats["title"])
        sheet.write_string(1, 0, details, formats["subtitle"])

    def _list_signatures(self, document):
        """Return label and content of who signed a controlled document, and when."""
        rows = []
        for signature in document._signatures.values():
            name, day = document[f"{signature}_by_id"].name, document[f"{signature}_date"]
            label = document.fields_get([f"{signature}_by_id"], ["string"])
            when = format_date(self.env, day) if day else ""
            rows.append((label[f"{signature}_by_id"]["string"], f"{name or ''} {when}".strip()))
        return rows

    def _get_receipt_headings(self):
        return (
            self.env._("Document No."),
            self.env._("Version"),
            self.env._("Recipient"),
            self.env._("Issued on"),
            self.env._("Read on"),
        )

    def _list_receipts(self, documents):
        """Return to whom documents were issued, and when they read them: a row of values each."""
        return [
            (
                document.number,
                document.version,
                receipt.user_id.name,
                receipt.issued_at,
                receipt.read_at,
            )
            for document in documents.sorted("id")
            for receipt in document.receipt_ids
        ]

    def _get_export_moment(self):
        return format_datetime(self.env, fields.Datetime.now())

    def _write_text(self, sheet, row, column, value, cell_format):
        # a customer's text is never taken for a formula or a link
        if value:
            sheet.write_string(row, column, value, cell_format)
        else:
            sheet.write_blank(row, column, None, cell_format)
