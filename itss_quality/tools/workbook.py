"""The writer of all workbooks: sheets of tables whose columns say what kind their cells are of.

Rows are streamed: a sheet is written from top to bottom. A text is always written as a string: what
a customer types is never taken for a formula or a link. Moments come as Odoo keeps them and stand
in the sheet as the clock of the environment shows them: the company's.

Not OCA's report_xlsx_helper: its formats stand in one dict of the process, where two exports at
once mix them up, every cell of every row is looked up in nested dicts, and it knows no time zones.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple

from odoo.tools import html2plaintext

PAPER_A4 = 9
# characters; what is longer is cut
CELL_LIMIT = 32_767
SHADE = "#E7EEF7"
CELL = {"border": 1, "valign": "vcenter"}
WRAPPED = {**CELL, "text_wrap": True}
# how xlsxwriter shows cells: the kinds a column can be of, and what stands above the tables
LOOKS = {
    "title": {"bold": True, "font_size": 16},
    "details": {"font_color": "#666666"},
    "heading": {**WRAPPED, "bold": True, "bg_color": SHADE, "align": "center"},
    "text": CELL,
    "wrapped": WRAPPED,
    "centered": {**WRAPPED, "align": "center"},
    "label": {**WRAPPED, "valign": "top", "bold": True, "bg_color": SHADE},
    # nothing to be typed over
    "given": {**WRAPPED, "bg_color": "#F2F2F2"},
    # yes or no
    "mark": CELL,
    "number": WRAPPED,
    # rounded as prints and forms show it: it is one number, wherever it stands
    "figure": {**WRAPPED, "num_format": "0.00"},
    # a share of 1
    "rate": {**WRAPPED, "num_format": "0.00%"},
    "date": {**WRAPPED, "num_format": "yyyy-mm-dd"},
    "datetime": {**WRAPPED, "num_format": "yyyy-mm-dd hh:mm"},
}
# the kind of a cell in a column of kind "value", by the type of what it holds; texts are wrapped
TYPES = {int: "number", float: "figure", date: "date", datetime: "datetime"}
FIELD_TYPES = {
    "boolean": "mark",
    "date": "date",
    "datetime": "datetime",
    "float": "figure",
    "integer": "number",
}


class Column(NamedTuple):
    """Column of a table.

    ``value`` is the name of a field, or a function of the row; without it rows are sequences that
    hold a value per column.
    """

    label: str
    width: float
    value: str | Callable | None = None
    # one of LOOKS, or "value"; that of the field, else a wrapped text
    kind: str = ""
    is_hidden: bool = False


class Book:
    """Workbook in the language and the time zone of an environment."""

    def __init__(self, env, workbook):
        self.env = env
        self.workbook = workbook
        self._looks = {}

    def get_look(self, name):
        """Return one of LOOKS as this workbook knows it."""
        if name not in self._looks:
            self._looks[name] = self.workbook.add_format(LOOKS[name])
        return self._looks[name]

    def add_sheet(self, name, landscape=True):
        """Add an empty sheet that prints on A4, as many pages long as it takes.

        :return: Sheet
        """
        return Sheet(self, name, landscape)

    def add_table(self, name, head, columns, rows):
        """Add a sheet with one table, its headings in sight and on every page.

        :param str name: the sheet's
        :param head: title and details that stand above the table
        :param list columns: of Column
        :param rows: as the columns take them
        :return: Sheet
        """
        sheet = self.add_sheet(name)
        sheet.write_head(*head)
        sheet.write_headings(columns)
        sheet.freeze()
        sheet.write_rows(columns, rows)
        return sheet


class Sheet:
    """Sheet that is written from top to bottom; ``row`` is the next one, counted from 0."""

    def __init__(self, book, name, landscape):
        self.book = book
        self.env = book.env
        self.row = 0
        self.worksheet = sheet = book.workbook.add_worksheet(
            re.sub(r"[\[\]:*?/\\']", "-", name)[:31]
        )
        if landscape:
            sheet.set_landscape()
        sheet.set_paper(PAPER_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C&P / &N")
        # numbers of documents and telephones are texts on purpose
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})

    def write_head(self, title, details):
        """Write two rows that say what the sheet is."""
        for text, look in ((title, "title"), (details, "details")):
            self.worksheet.write_string(self.row, 0, text, self.book.get_look(look))
            self.row += 1

    def write_headings(self, columns):
        """Write the row of the columns' headings, and make the columns as wide as they say."""
        self.set_widths(columns)
        look = self.book.get_look("heading")
        for index, column in enumerate(columns):
            self.worksheet.write_string(self.row, index, column.label, look)
        self.row += 1

    def set_widths(self, columns):
        """Make the columns as wide as they say."""
        for index, column in enumerate(columns):
            options = {"hidden": True} if column.is_hidden else {}
            self.worksheet.set_column(index, index, column.width, None, options)

    def freeze(self, columns=0):
        """Keep the row above in sight, and so many columns, and print it on every page."""
        self.worksheet.freeze_panes(self.row, columns)
        self.worksheet.repeat_rows(self.row - 1)

    def write_rows(self, columns, rows):
        """Write the rows of a table.

        :param list columns: of Column
        :param rows: records, or whatever the columns take; only walked through once
        """
        writers = [self._get_writer(column.kind or guess_kind(column, rows)) for column in columns]
        readers = [self._get_reader(column, rows) for column in columns if column.value]
        if readers:
            rows = ([read(row) for read in readers] for row in rows)
        for values in rows:
            for index, (write, value) in enumerate(zip(writers, values, strict=True)):
                write(self.row, index, value)
            self.row += 1

    def _get_reader(self, column, rows):
        """Return the function that takes the value of a column from a row."""
        if callable(column.value):
            return column.value
        return get_field_reader(self.env, rows._fields[column.value])

    def _get_writer(self, kind):
        """Return the function that writes a cell of a kind: it takes row, column and value."""
        if kind == "value":
            return self._get_typed_writer()
        if kind == "mark":
            return self._get_mark_writer()
        sheet, look = self.worksheet, self.book.get_look(kind)
        adapt = {"date": self._get_day, "datetime": self._get_local}.get(kind)
        put = sheet.write_datetime if adapt else sheet.write_number

        def write(row, column, value):
            if isinstance(value, str) and value:
                # also a word in the place of a figure, or several days
                sheet.write_string(row, column, value.replace("\r\n", "\n"), look)
            elif value is None or value is False or value == "":
                sheet.write_blank(row, column, None, look)
            else:
                put(row, column, adapt(value) if adapt else value, look)

        return write

    def _get_mark_writer(self):
        write = self._get_writer("text")
        words = {True: self.env._("Yes"), False: self.env._("No")}
        return lambda row, column, value: write(row, column, words.get(value))

    def _get_typed_writer(self):
        writers = {type_: self._get_writer(kind) for type_, kind in TYPES.items()}
        other = self._get_writer("wrapped")
        return lambda row, column, value: writers.get(type(value), other)(row, column, value)

    def _get_day(self, value):
        return self._get_local(value).date() if isinstance(value, datetime) else value

    def _get_local(self, value):
        return self.env.tz.fromutc(value).replace(tzinfo=None)


def guess_kind(column, rows):
    """Return the kind of a column that says none: that of its field, else a wrapped text."""
    if not isinstance(column.value, str):
        return "wrapped"
    return FIELD_TYPES.get(rows._fields[column.value].type, "wrapped")


def get_field_reader(env, field):
    """Return the function that takes a field of a record as a cell says it: labels, names, text."""
    name = field.name
    if field.type == "selection":
        labels = dict(field._description_selection(env))
        return lambda record: labels.get(record[name])
    if field.relational:
        # the names alone, which every reader of the record may see
        return lambda record: ", ".join(record[name].sudo().mapped("name"))
    if field.type == "html":
        return lambda record: html2plaintext(record[name] or "").strip()
    return lambda record: record[name]
