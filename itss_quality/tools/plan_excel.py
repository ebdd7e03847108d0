"""Read the plan's table (plan chapter 7) from an Excel workbook.

Nothing here knows the database: bytes come in, texts with their cells go out, or a list of what is
wrong and where. Cells keep what the reader of the sheet sees, not what Excel makes of it.
"""

import re
import unicodedata
import warnings
import zipfile
from bisect import bisect_left, bisect_right
from datetime import date, datetime
from io import BytesIO
from typing import NamedTuple
from xml.etree.ElementTree import iterparse

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries
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
KNOWN_HEADINGS = 3  # fewer known headings in a row are a coincidence

HEADINGS = {
    "number": ("编号", "No.", "Number", "序号", "项次", "Item no."),
    "name": ("工作项目", "Work item", "工作内容", "项目", "项目名称", "Item", "Task", "Activity"),
    "measures": (
        "措施及要求",
        "Measures and requirements",
        "措施与要求",
        "措施和要求",
        "措施要求",
        "措施",
        "工作措施",
        "工作要求",
        "Measures",
        "Requirements",
    ),
    "responsible": (
        "责任部门",
        "Responsible department",
        "Responsible departments",
        "主责部门",
        "负责部门",
        "牵头部门",
    ),
    "supporting": (
        "配合部门",
        "Supporting department",
        "Supporting departments",
        "协助部门",
        "协办部门",
        "参与部门",
        "相关部门",
    ),
    "in_charge": ("负责人", "Person in charge", "责任人", "Owner", "In charge"),
    "date_text": (
        "计划实施日期",
        "Planned date",
        "计划日期",
        "实施日期",
        "计划实施时间",
        "计划时间",
        "实施时间",
        "计划完成日期",
        "计划完成时间",
        "完成时间",
        "Planned dates",
        "Date",
        "Due date",
    ),
}
# hidden columns of the export: what a user corrected and the printed table does not say
BOOLEAN_FIELDS = ("all_year", "before_external_audit", "supporting_all", "no_date_text")
EXTRA_FIELDS = (
    "kind",
    "date_start",
    "date_end",
    "responsible_id",
    "responsible_department_ids",
    "supporting_department_ids",
    *BOOLEAN_FIELDS,
)
NONE = "-"  # in such a column: the user emptied the field, where "" leaves it to the printed text


class Problem(NamedTuple):
    """What is wrong and where; ``row``, ``column`` and ``heading`` are None when it is the file.

    ``reason`` is a text, or one that its reader still has to translate.
    """

    reason: str | LazyGettext
    row: int | None = None
    column: str | None = None
    heading: str | None = None


class PlanExcelError(ValueError):
    """The workbook can't be read as a plan's table; ``problems`` lists every reason found."""

    def __init__(self, *problems):
        super().__init__(", ".join(repr(problem) for problem in problems))
        self.problems = problems


class Column(NamedTuple):
    """Place of a field in the sheet, and its heading as it stands there."""

    index: int
    letter: str
    heading: str


class PlanTable(NamedTuple):
    """What `read_plan_table` found."""

    sheet: str
    title: str
    columns: dict
    rows: list
    notes: list


class _Cell(NamedTuple):
    text: str
    refusal: LazyGettext | None = None
    is_number: bool = False


def read_plan_table(content, headings=None):
    """Read the plan's table from a workbook.

    :param bytes content: the uploaded .xlsx file
    :param dict headings: further headings per field, such as the ones of the reader's language
    :return: PlanTable(sheet, title, columns, rows, notes): ``title`` is the text above the table,
        a line per cell; ``columns`` gives the Column of each field found; a row is a dict of its
        ``row`` number and the text of each field ("" when the cell is empty); ``notes`` are
        Problems that don't prevent reading
    :raise PlanExcelError: with all problems found
    Plan chapter 7; the columns may come in any order, in any sheet, below any title.
    """
    check_file(content)
    try:
        with warnings.catch_warnings():
            # what openpyxl doesn't support (drawings, validations) is not part of the table
            warnings.simplefilter("ignore")
            book = load_workbook(BytesIO(content), read_only=True)
            return _read_book(book, _get_known_headings(headings))
    except (PlanExcelError, MemoryError):
        raise
    except Exception as error:  # damaged files make openpyxl and the XML parser raise anything
        raise PlanExcelError(Problem(UNREADABLE)) from error


# -- the file ----------------------------------------------------------------------------------

UNREADABLE = _lt(
    "The file can't be read: it is damaged or not an Excel workbook. "
    "Open it in Excel, save it as “Excel Workbook (.xlsx)” and upload that file."
)


def check_file(content):
    """Refuse what must not reach the parser: files too big, of another type, or zip bombs.

    :param bytes content: the uploaded file
    :raise PlanExcelError: with the reason
    """
    if not content:
        raise PlanExcelError(Problem(_lt("The file is empty.")))
    if len(content) > MAX_FILE_SIZE:
        reason = _lt(
            "The file is too big: %(size)s MB, where %(limit)s MB are allowed. "
            "Remove pictures and other sheets.",
            size=-(-len(content) // 1024**2),
            limit=MAX_FILE_SIZE // 1024**2,
        )
        raise PlanExcelError(Problem(reason))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        reason = _lt(
            "The file has the old Excel format (.xls) or is protected by a password. "
            "Open it in Excel and save it as “Excel Workbook (.xlsx)” without a password."
        )
        raise PlanExcelError(Problem(reason))
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise PlanExcelError(Problem(UNREADABLE)) from error
    # zipfile never unpacks more of a member than the size it declares
    if sum(member.file_size for member in members) > MAX_UNPACKED_SIZE:
        reason = _lt(
            "The file unpacks to more than %(limit)s MB, far more than a table needs. "
            "Copy the table into a new workbook and upload that one.",
            limit=MAX_UNPACKED_SIZE // 1024**2,
        )
        raise PlanExcelError(Problem(reason))


# -- finding the table -------------------------------------------------------------------------


def _get_known_headings(headings):
    """Map each heading, as `_fold_heading` leaves it, to its field; earlier ones are preferred."""
    known = {field: list(names) for field, names in HEADINGS.items()}
    for field, name in (headings or {}).items():
        known[field].append(name)
    folded = {
        _fold_heading(name): (field, rank)
        for field, names in known.items()
        for rank, name in reversed(list(enumerate(names)))
    }
    return folded | {_fold_heading(field): (field, 0) for field in EXTRA_FIELDS}


def _fold_heading(text):
    text = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s.:*。]", "", text)


def _read_book(book, known):
    sheets = book.worksheets[:MAX_SHEETS]
    tops = [(sheet, _find_header(_read_cells(sheet, HEADER_ROWS), known)) for sheet in sheets]
    found = [(sheet, header) for sheet, header in tops if len(header[1]) >= KNOWN_HEADINGS]
    # the fullest table wins, then the visible one, then the first
    found.sort(key=lambda item: (-len(item[1][1]), item[0].sheet_state != "visible"))
    if not found:
        names = " ".join(names[0] for names in HEADINGS.values())
        reason = _lt(
            "No plan table was found: the first %(count)s rows of no sheet hold its headings "
            "(%(names)s).",
            count=HEADER_ROWS,
            names=names,
        )
        raise PlanExcelError(Problem(reason))
    sheet = found[0][0]
    cells = _read_cells(sheet, EXCEL_ROWS)
    covered = _expand_merges(cells, _read_merges(sheet))
    _carry_merges(cells, covered)
    header_row, columns, notes = _read_header(sheet.title, cells, known)
    rows, skipped = _read_rows(cells, covered, header_row, columns)
    others = [
        Problem(_lt("There is a plan table in sheet “%s” too, which was not read.", other.title))
        for other, (_row, fields) in found[1:]
        if len(fields) >= len(HEADINGS)
    ]
    title = "\n".join(
        cell.text for row in cells if row < header_row for cell in cells[row].values()
    )
    return PlanTable(sheet.title, title, columns, rows, others + notes + skipped)


def _find_header(cells, known):
    """Row number and {field: [(rank, column), …]} of the row that holds the most headings."""
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


def _read_header(sheet, cells, known):
    """Row of the header, its columns by field, and notes on columns that are not read."""
    row, fields = _find_header(cells, known)
    missing = [field for field in HEADINGS if field not in fields]
    problems = [
        Problem(
            _lt(
                "The column “%(name)s” (%(english)s) is missing in sheet “%(sheet)s”, "
                "whose headings are in this row.",
                name=HEADINGS[field][0],
                english=HEADINGS[field][1],
                sheet=sheet,
            ),
            row,
        )
        for field in missing
    ]
    columns = {}
    for field, places in fields.items():
        places.sort()
        columns[field] = _get_column(cells[row], places[0][1])
        if len(places) > 1 and places[0][0] == places[1][0]:
            second = _get_column(cells[row], places[1][1])
            reason = _lt("This heading appears twice: first in column %s.", columns[field].letter)
            problems.append(Problem(reason, row, second.letter, second.heading))
    if problems:
        raise PlanExcelError(*problems)
    used = {column.index for column in columns.values()}
    notes = [
        Problem(_lt("This column was not read."), row, *_get_column(cells[row], index)[1:])
        for index in sorted(cells[row].keys() - used)
    ]
    return row, columns, notes


def _get_column(header, index):
    return Column(index, get_column_letter(index), " ".join(header[index].text.split()))


# -- cells -------------------------------------------------------------------------------------

_TOO_LONG = _lt("The table has more than %(limit)s rows. Import it in parts.", limit=MAX_ROWS)
# Excel's own writing of carriage return and of Word's soft line break is among them
_LINE_BREAK = re.compile(r"(?:_x000D_|\r)(?:_x000A_|\n)?|_x000[AB]_")
_PARAGRAPH = re.compile(r"<\s*/?\s*(?:p|br)(?:\s[^<>]*)?/?\s*>", re.IGNORECASE)
_FORMAT_LITERAL = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
# Chinese Excel writes these formats as bare numbers (ECMA-376 part 1, 18.8.30); a typed 2025年10月
# becomes one of them
_CHINESE_DATE_FORMATS = dict.fromkeys((27, 36, 50, 52, 57), "yyyy年m月")
_CHINESE_DATE_FORMATS |= dict.fromkeys((28, 29, 51, 53, 54, 58), "m月d日")
_CHINESE_DATE_FORMATS |= {30: "m-d-yy", 31: "yyyy年m月d日"}


def _read_cells(sheet, last_row):
    """{row: {column: _Cell}} of the cells that hold something, up to ``last_row``."""
    cells = {}
    for number, values in enumerate(sheet.iter_rows(max_row=last_row, max_col=MAX_COLUMNS), 1):
        row = {cell.column: _read_cell(cell) for cell in values if cell.value is not None}
        row = {column: cell for column, cell in row.items() if cell.text or cell.refusal}
        if not row:
            continue
        if len(cells) >= MAX_ROWS + HEADER_ROWS:
            raise PlanExcelError(Problem(_TOO_LONG, number))
        cells[number] = row
    return cells


def _read_cell(cell):
    value = cell.value
    if cell.data_type == "f":
        reason = _lt(
            "The cell holds a formula. Copy the cell and paste it back as values "
            "(Paste Special → Values)."
        )
        return _Cell("", reason)
    if cell.data_type == "e":
        return _Cell("", _lt("The cell holds the Excel error %s. Enter its text.", str(value)))
    if isinstance(value, str):
        return _Cell(clean_text(value))
    if isinstance(value, bool):
        return _Cell(str(value).upper())
    if isinstance(value, int | float):
        chinese_format = _CHINESE_DATE_FORMATS.get(cell.style_array.numFmtId)
        if chinese_format and 1 <= value <= LAST_EXCEL_DAY:
            value = from_excel(value, cell.parent.parent.epoch)
            return _Cell(_print_date(value, chinese_format))
        return _Cell(_print_number(value, cell.number_format), is_number=True)
    if isinstance(value, date):
        return _Cell(_print_date(value, cell.number_format))
    return _Cell(str(value))


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


# -- merged cells ------------------------------------------------------------------------------


def _read_merges(sheet):
    """Boundaries (first column, first row, last column, last row) of the sheet's merged cells."""
    # sheets opened for reading only don't tell them
    with sheet.parent._archive.open(sheet._worksheet_path) as source:
        merges = []
        for _event, element in iterparse(source):
            if element.tag.endswith("}mergeCell"):
                merges.append(range_boundaries(element.get("ref")))
            element.clear()
    return merges


def _expand_merges(cells, merges):
    """{(row, column): (first row, first column)} of all merged cells in rows that hold something."""
    covered = {}
    rows = list(cells)
    for first_column, first_row, last_column, last_row in merges:
        for row in rows[bisect_left(rows, first_row) : bisect_right(rows, last_row)]:
            for column in range(first_column, min(last_column, MAX_COLUMNS) + 1):
                if (row, column) in covered:
                    # Excel never writes that; it would take forever
                    raise PlanExcelError(Problem(UNREADABLE))
                covered[row, column] = (first_row, first_column)
    return covered


def _carry_merges(cells, covered):
    """Give each row of a vertical merge the text of its first."""
    for (row, column), (first_row, first_column) in covered.items():
        if row > first_row and column == first_column and column in cells.get(first_row, ()):
            cells[row][column] = cells[first_row][column]


def _find_wide(number, cells, covered, columns):
    """Return the field whose text fills several columns of the table in this row, if any."""
    seen = {}
    for field, column in sorted(columns.items(), key=lambda item: item[1].index):
        origin = covered.get((number, column.index))
        if origin in seen:
            return seen[origin]
        if origin and column.index in cells[number]:
            seen[origin] = field
    return None


# -- rows --------------------------------------------------------------------------------------


def _read_rows(cells, covered, header_row, columns):
    """Rows of the table and notes on rows that are none; raises all problems of all rows."""
    rows, notes, problems = [], [], []
    for number in (row for row in cells if row > header_row):
        origins = {
            field: covered.get((number, column.index), (number, 0))[0]
            for field, column in columns.items()
            if column.index in cells[number]
        }
        if number not in origins.values():
            continue
        wide = _find_wide(number, cells, covered, columns)
        if wide and list(origins) == [wide]:
            # a heading or remark across the table
            text = cells[number][columns[wide].index].text
            notes.append(Problem(_lt("This row was not read: “%s”.", text[:80]), number))
            continue
        inside = {
            field: cells[number][columns[field].index]
            for field, row in origins.items()
            if row > header_row
        }
        row, found = _read_row(number, inside, columns, wide)
        rows.append(row)
        problems += found
    if len(rows) > MAX_ROWS:
        problems = [Problem(_TOO_LONG, rows[MAX_ROWS]["row"])]
    elif not rows:
        problems.append(Problem(_lt("There are no lines below the headings."), header_row))
    if problems:
        raise PlanExcelError(*problems)
    return rows, notes


def _read_row(number, cells, columns, wide):
    """The dict of a row's texts, and the row's problems."""
    row, problems = {"row": number}, []

    def refuse(reason, column):
        problems.append(Problem(reason, number, column.letter, column.heading))

    if wide:
        refuse(_lt("Cells of several columns are merged here. Unmerge them."), columns[wide])
    for field, column in columns.items():
        cell = cells.get(field, _Cell(""))
        row[field] = cell.text
        if reason := cell.refusal or _refuse_text(field, cell):
            refuse(reason, column)
    return row, problems


def _refuse_text(field, cell):
    """Why the text can't stand in the column, if so."""
    if field == "name" and not cell.text:
        return _lt(
            "The work item is missing. Enter it, or clear the row if it is not part of the table."
        )
    if field == "date_text" and cell.is_number and re.fullmatch(r"\d{4}\.1", cell.text):
        return _lt(
            "The number %(number)s can mean January as well as October (%(number)s0). "
            "Enter the month as text, such as %(example)s.",
            number=cell.text,
            example=cell.text.replace(".", "-0"),
        )
    if field in ("date_start", "date_end") and cell.text not in ("", NONE):
        try:
            date.fromisoformat(cell.text)
        except ValueError:
            return _lt("“%s” is not a date such as 2025-10-31.", cell.text)
    if field in BOOLEAN_FIELDS and cell.text not in ("", "TRUE", "FALSE"):
        return _lt("“%s” is neither TRUE nor FALSE.", cell.text)
    return None
