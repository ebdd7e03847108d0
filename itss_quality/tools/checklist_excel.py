"""A checklist's questions in Excel: headings in the first rows, one question per row.

Nothing here reads the database: bytes come in, texts with their places go out.
"""

from odoo.tools.translate import LazyTranslate

from .excel import (
    EXCEL_ROWS,
    HEADER_ROWS,
    MAX_ROWS,
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

_NO_HEADINGS = _lt(
    "No row of the first %(rows)s has the headings of a checklist. Export a checklist to see them.",
    rows=HEADER_ROWS,
)


def read_checklist(content, headings):
    """Read the questions of a checklist from the first sheet of a workbook.

    :param bytes content: the uploaded .xlsx file
    :param dict headings: the headings by which a field is known, ``{field: (heading, …)}``
    :return: ``(columns, rows)``: ``{field: Column}`` of those found, and of each row that holds
        something its number and what its cells hold, ``{field: text}``
    :raise ExcelError: the file can't be read, or has no such headings
    """
    with open_book(content) as book:
        cells = read_cells(book.worksheets[0], EXCEL_ROWS)
    header_row, fields = find_header(cells, fold_headings(headings))
    if "question" not in fields:
        raise ExcelError(Problem(_NO_HEADINGS))
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
