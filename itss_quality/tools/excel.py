"""Read Excel workbooks that users upload.

Nothing here knows the database: bytes come in, texts with their cells go out, or a list of what is
wrong and where. Cells keep what the reader of the sheet sees, not what Excel makes of it.
"""

import re
import unicodedata
import warnings
import zipfile
from contextlib import contextmanager
from datetime import date, datetime
from io import BytesIO
from typing import NamedTuple

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import from_excel

from odoo.tools.translate import LazyGettext, LazyTranslate

_lt = LazyTranslate(__name__)

MAX_FILE_SIZE = 10 * 1024 * 1024
MAX_UNPACKED_SIZE = 30 * 1024 * 1024
MAX_ROWS = 5000
MAX_COLUMNS = 60
MAX_SHEETS = 50
HEADER_ROWS = 20
EXCEL_ROWS = 1_048_576
LAST_EXCEL_DAY = 2_958_465  # 31 December 9999


class Problem(NamedTuple):
    """What is wrong and where; ``row``, ``column`` and ``heading`` are None when it is the file.

    ``reason`` is a text, or one that its reader still has to translate.
    """

    reason: str | LazyGettext
    row: int | None = None
    column: str | None = None
    heading: str | None = None


class ExcelError(ValueError):
    """The workbook can't be read as what it should be; ``problems`` lists every reason found."""

    def __init__(self, *problems):
        super().__init__(", ".join(repr(problem) for problem in problems))
        self.problems = problems


class Column(NamedTuple):
    """Place of a field in the sheet, and its heading as it stands there."""

    index: int
    letter: str
    heading: str

    def refuse(self, row, reason):
        """Return the Problem of the column's cell in a row."""
        return Problem(reason, row, self.letter, self.heading)


class Cell(NamedTuple):
    """What a cell shows, or why it can't be read."""

    text: str
    refusal: LazyGettext | None = None
    is_number: bool = False


# -- the file ----------------------------------------------------------------------------------

UNREADABLE = _lt(
    "The file can't be read: it is damaged or not an Excel workbook. "
    "Open it in Excel, save it as “Excel Workbook (.xlsx)” and upload that file."
)


@contextmanager
def open_book(content, data_only=True):
    """Open a workbook for reading; what goes wrong while it is read becomes an ExcelError.

    :param bytes content: the uploaded .xlsx file
    :param bool data_only: read what formulas gave when the file was saved, not the formulas
    :return: context manager of the workbook
    :raise ExcelError: the file can't be read
    """
    _check_file(content)
    try:
        with warnings.catch_warnings():
            # what openpyxl doesn't support (drawings, validations) is not part of a table
            warnings.simplefilter("ignore")
            yield load_workbook(BytesIO(content), read_only=True, data_only=data_only)
    except (ExcelError, MemoryError):
        raise
    except Exception as error:  # damaged files make openpyxl and the XML parser raise anything
        raise ExcelError(Problem(UNREADABLE)) from error


def _check_file(content):
    """Refuse what must not reach the parser: files too big, of another type, or zip bombs."""
    if not content:
        raise ExcelError(Problem(_lt("The file is empty.")))
    if len(content) > MAX_FILE_SIZE:
        reason = _lt(
            "The file is too big: %(size)s MB, where %(limit)s MB are allowed. "
            "Remove pictures and other sheets.",
            size=-(-len(content) // 1024**2),
            limit=MAX_FILE_SIZE // 1024**2,
        )
        raise ExcelError(Problem(reason))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        reason = _lt(
            "The file has the old Excel format (.xls) or is protected by a password. "
            "Open it in Excel and save it as “Excel Workbook (.xlsx)” without a password."
        )
        raise ExcelError(Problem(reason))
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise ExcelError(Problem(UNREADABLE)) from error
    # zipfile never unpacks more of a member than the size it declares
    if sum(member.file_size for member in members) > MAX_UNPACKED_SIZE:
        reason = _lt(
            "The file unpacks to more than %(limit)s MB, far more than a table needs. "
            "Copy the table into a new workbook and upload that one.",
            limit=MAX_UNPACKED_SIZE // 1024**2,
        )
        raise ExcelError(Problem(reason))


# -- headings ----------------------------------------------------------------------------------


def fold_headings(headings):
    """Return the field of each heading, as it is compared, with its rank: earlier ones are preferred.

    :param dict headings: the headings by which a field is known, ``{field: (heading, …)}``
    """
    return {
        _fold_heading(name): (field, rank)
        for field, names in headings.items()
        for rank, name in reversed(list(enumerate(names)))
    }


def _fold_heading(text):
    text = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s.:*。]", "", text)


def find_header(cells, known):
    """Find the row that holds the most headings.

    :param dict cells: as `read_cells` returns them
    :param dict known: as `fold_headings` returns them
    :return: number of the row, and the columns of its fields, ``{field: [(rank, column), …]}``
    """
    best = (0, {})
    for row in (row for row in cells if row <= HEADER_ROWS):
        fields = {}
        for column, cell in cells[row].items():
            field, rank = known.get(_fold_heading(cell.text), (None, 0))
            if field:
                fields.setdefault(field, []).append((rank, column))
        if len(fields) > len(best[1]):
            best = (row, fields)
    return best


def get_column(header, index):
    """Return the Column of a cell in the row of the headings."""
    return Column(index, get_column_letter(index), " ".join(header[index].text.split()))


# -- tables ------------------------------------------------------------------------------------


def read_table(content, headings, key, no_headings):
    """Read the table of the first sheet of a workbook: headings in the first rows, then the rows.

    :param bytes content: the uploaded .xlsx file
    :param dict headings: the headings by which a field is known, ``{field: (heading, …)}``
    :param str key: the field without which it is another table
    :param no_headings: why a table without it is refused
    :return: ``(columns, rows)``: ``{field: Column}`` of those found, and of each row that holds
        something its number and what its cells hold, ``{field: text}``
    :raise ExcelError: the file can't be read, or has no such headings
    """
    with open_book(content) as book:
        cells = read_cells(book.worksheets[0], EXCEL_ROWS)
    header_row, fields = find_header(cells, fold_headings(headings))
    if key not in fields:
        raise ExcelError(Problem(no_headings))
    columns = {
        field: get_column(cells[header_row], min(places)[1]) for field, places in fields.items()
    }
    rows, problems = [], []
    for number in (row for row in cells if row > header_row):
        found = {
            field: cells[number].get(column.index, Cell("")) for field, column in columns.items()
        }
        problems += [
            columns[field].refuse(number, cell.refusal)
            for field, cell in found.items()
            if cell.refusal
        ]
        row = {field: cell.text for field, cell in found.items()}
        if any(row.values()):
            rows.append((number, row))
    if len(rows) > MAX_ROWS:
        problems = [too_long(rows[MAX_ROWS][0])]
    if problems:
        raise ExcelError(*problems)
    return columns, rows


# -- cells -------------------------------------------------------------------------------------

# Excel's own writing of carriage return and of Word's soft line break is among them
_LINE_BREAK = re.compile(r"(?:_x000D_|\r)(?:_x000A_|\n)?|_x000[AB]_")
_PARAGRAPH = re.compile(r"<\s*/?\s*(?:p|br)(?:\s[^<>]*)?/?\s*>", re.IGNORECASE)
_FORMAT_LITERAL = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
# Chinese Excel writes these formats as bare numbers (ECMA-376 part 1, 18.8.30); a typed 2025年10月
# becomes one of them
_CHINESE_DATE_FORMATS = dict.fromkeys((27, 36, 50, 52, 57), "yyyy年m月")
_CHINESE_DATE_FORMATS |= dict.fromkeys((28, 29, 51, 53, 54, 58), "m月d日")
_CHINESE_DATE_FORMATS |= {30: "m-d-yy", 31: "yyyy年m月d日"}


def too_long(row, limit=MAX_ROWS):
    """Return the Problem of a table that goes on in this row, where it may not."""
    reason = _lt("The table has more than %(limit)s rows. Import it in parts.", limit=limit)
    return Problem(reason, row)


def read_cells(sheet, last_row):
    """Read the cells that hold something.

    :param sheet: worksheet of openpyxl
    :param int last_row: of those to read
    :return: ``{row: {column: Cell}}``
    :raise ExcelError: there are more rows than any table may have
    """
    cells = {}
    for number, values in enumerate(sheet.iter_rows(max_row=last_row, max_col=MAX_COLUMNS), 1):
        row = {cell.column: _read_cell(cell) for cell in values if cell.value is not None}
        row = {column: cell for column, cell in row.items() if cell.text or cell.refusal}
        if not row:
            continue
        if len(cells) >= MAX_ROWS + HEADER_ROWS:
            raise ExcelError(too_long(number))
        cells[number] = row
    return cells


def _read_cell(cell):
    value = cell.value
    if cell.data_type == "f":
        reason = _lt(
            "The cell holds a formula. Copy the cell and paste it back as values "
            "(Paste Special → Values)."
        )
        return Cell("", reason)
    if cell.data_type == "e":
        return Cell("", _lt("The cell holds the Excel error %s. Enter its text.", str(value)))
    if isinstance(value, str):
        return Cell(clean_text(value))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    chinese_format = is_number and _CHINESE_DATE_FORMATS.get(cell.style_array.numFmtId)
    if chinese_format and 1 <= value <= LAST_EXCEL_DAY:
        value = from_excel(value, cell.parent.parent.epoch)
        return Cell(_print_date(value, chinese_format))
    return Cell(print_value(value, cell.number_format), is_number=is_number)


def print_value(value, number_format=""):
    """Return the text that a cell shows.

    :param value: what openpyxl makes of the cell
    :param str number_format: its Excel format
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _print_number(value, number_format)
    return _print_date(value, number_format) if isinstance(value, date) else str(value)


def clean_text(text):
    """Return a cell's text with one sign for line breaks and a line for each HTML paragraph.

    :param str text: what the cell holds; nothing but markup and outer blanks gets lost
    :return: plain text
    """
    text = _LINE_BREAK.sub("\n", text)
    if _PARAGRAPH.search(text):
        lines = (line.strip() for line in _PARAGRAPH.sub("\n", text).split("\n"))
        text = "\n".join(filter(None, lines))
    return text.strip()


def _print_number(value, number_format):
    if number_format.endswith("%"):
        return f"{value * 100:.15g}%"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _print_date(value, number_format):
    """Print a date no more exactly than its format does: Excel turns 2025年10月 into 1 October."""
    printed = _FORMAT_LITERAL.sub("", number_format).lower()
    chinese = "月" in number_format
    if "y" in printed and "d" not in printed:
        if "m" not in printed:
            return f"{value.year}年"
        return f"{value.year}年{value.month}月" if chinese else f"{value:%Y-%m}"
    if chinese and "y" not in printed and "d" in printed:
        return f"{value.month}月{value.day}日"
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        value = value.date()
    return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()


def parse_day(value):
    """Return the day a cell names, or None.

    :param value: a date, or a text such as 2025-10-31, 2025/10/31 or 2025年10月31日
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    parts = value.translate(_DATE_SIGNS).strip(" -").split("-")
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day) if year > 999 else None
    except ValueError:
        return None


_DATE_SIGNS = str.maketrans({sign: "-" for sign in "/.年月"} | {"日": " "})
