"""Read the plan's table (plan chapter 7) from an Excel workbook.

Nothing here knows the database: bytes come in, texts with their cells go out, or a list of what is
wrong and where.
"""

import re
from bisect import bisect_left, bisect_right
from datetime import date
from typing import NamedTuple
from xml.etree.ElementTree import iterparse

from openpyxl.utils import range_boundaries

from odoo.tools.translate import LazyTranslate

from .excel import (
    EXCEL_ROWS,
    HEADER_ROWS,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_SHEETS,
    UNREADABLE,
    Cell,
    ExcelError,
    Problem,
    find_header,
    fold_headings,
    get_column,
    open_book,
    read_cells,
    too_long,
)

_lt = LazyTranslate(__name__)

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


class PlanTable(NamedTuple):
    """What `read_plan_table` found."""

    sheet: str
    title: str
    columns: dict
    rows: list
    notes: list


def read_plan_table(content, headings=None):
    """Read the plan's table from a workbook.

    :param bytes content: the uploaded .xlsx file
    :param dict headings: further headings per field, such as the ones of the reader's language
    :return: PlanTable(sheet, title, columns, rows, notes): ``title`` is the text above the table,
        a line per cell; ``columns`` gives the Column of each field found; a row is a dict of its
        ``row`` number and the text of each field ("" when the cell is empty); ``notes`` are
        Problems that don't prevent reading
    :raise ExcelError: with all problems found
    Plan chapter 7; the columns may come in any order, in any sheet, below any title.
    """
    with open_book(content, data_only=False) as book:
        return _read_book(book, _get_known_headings(headings))


# -- finding the table -------------------------------------------------------------------------


def _get_known_headings(headings):
    known = {field: [*names] for field, names in HEADINGS.items()}
    for field, name in (headings or {}).items():
        known[field].append(name)
    return fold_headings(known | {field: [field] for field in EXTRA_FIELDS})


def _read_book(book, known):
    sheets = book.worksheets[:MAX_SHEETS]
    tops = [(sheet, find_header(read_cells(sheet, HEADER_ROWS), known)) for sheet in sheets]
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
        raise ExcelError(Problem(reason))
    sheet = found[0][0]
    cells = read_cells(sheet, EXCEL_ROWS)
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


def _read_header(sheet, cells, known):
    """Row of the header, its columns by field, and notes on columns that are not read."""
    row, fields = find_header(cells, known)
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
        columns[field] = get_column(cells[row], places[0][1])
        if len(places) > 1 and places[0][0] == places[1][0]:
            second = get_column(cells[row], places[1][1])
            reason = _lt("This heading appears twice: first in column %s.", columns[field].letter)
            problems.append(second.refuse(row, reason))
    if problems:
        raise ExcelError(*problems)
    used = {column.index for column in columns.values()}
    notes = [
        get_column(cells[row], index).refuse(row, _lt("This column was not read."))
        for index in sorted(cells[row].keys() - used)
    ]
    return row, columns, notes


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
                    raise ExcelError(Problem(UNREADABLE))
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
        problems = [too_long(rows[MAX_ROWS]["row"])]
    elif not rows:
        problems.append(Problem(_lt("There are no lines below the headings."), header_row))
    if problems:
        raise ExcelError(*problems)
    return rows, notes


def _read_row(number, cells, columns, wide):
    """The dict of a row's texts, and the row's problems."""
    row, problems = {"row": number}, []

    if wide:
        reason = _lt("Cells of several columns are merged here. Unmerge them.")
        problems.append(columns[wide].refuse(number, reason))
    for field, column in columns.items():
        cell = cells.get(field, Cell(""))
        row[field] = cell.text
        if reason := cell.refusal or _refuse_text(field, cell):
            problems.append(column.refuse(number, reason))
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
