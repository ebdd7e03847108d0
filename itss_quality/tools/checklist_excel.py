"""A checklist's questions in Excel: headings in the first rows, one question per row.

Nothing here reads the database: bytes come in, texts with their places go out.
"""

import warnings
from io import BytesIO

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from odoo.tools.translate import LazyTranslate

from .plan_excel import UNREADABLE, PlanExcelError, Problem, check_file, clean_text

_lt = LazyTranslate(__name__)

HEADER_ROWS = 20
MAX_COLUMNS = 60
MAX_ROWS = 5_000
_NO_HEADINGS = _lt(
    "No row of the first %(rows)s has the headings of a checklist. Export a checklist to see them.",
    rows=HEADER_ROWS,
)
_TOO_LONG = _lt("The checklist has more than %(limit)s rows.", limit=MAX_ROWS)


def read_checklist(content, headings):
    """Read the questions of a checklist from the first sheet of a workbook.

    :param bytes content: the uploaded .xlsx file
    :param dict headings: the headings by which a field is known, ``{field: (heading, …)}``
    :return: ``(places, rows)``: ``{field: (letter, heading)}`` of the columns found, and of each row
        that holds something its number and what its cells hold, ``{field: text}``
    :raise PlanExcelError: the file can't be read, or has no such headings
    """
    check_file(content)
    try:
        with warnings.catch_warnings():
            # what openpyxl doesn't support (validations) is not part of the questions
            warnings.simplefilter("ignore")
            book = load_workbook(BytesIO(content), read_only=True, data_only=True)
            sheet = book.worksheets[0]
            cells = sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True)
            return _read_rows(cells, headings)
    except (PlanExcelError, MemoryError):
        raise
    except Exception as error:  # damaged files make openpyxl and the XML parser raise anything
        raise PlanExcelError(Problem(UNREADABLE)) from error


def _read_rows(cells, headings):
    known = {
        _fold(heading): field for field, names in headings.items() for heading in names if heading
    }
    columns, places, rows = {}, {}, []
    for number, values in enumerate(cells, 1):
        texts = [clean_text(_print(value)) for value in values]
        if not columns:
            if number > HEADER_ROWS:
                break
            found = {}
            for index, text in enumerate(texts):
                found.setdefault(known.get(_fold(text)), index)
            if "question" in found:
                found.pop(None, None)
                columns = found
                places = {
                    field: (get_column_letter(index + 1), texts[index])
                    for field, index in columns.items()
                }
            continue
        row = {field: texts[index] for field, index in columns.items() if index < len(texts)}
        if not any(row.values()):
            continue
        if len(rows) == MAX_ROWS:
            raise PlanExcelError(Problem(_TOO_LONG, number))
        rows.append((number, row))
    if not columns:
        raise PlanExcelError(Problem(_NO_HEADINGS))
    return places, rows


def _print(value):
    if value is None:
        return ""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _fold(text):
    return "".join(text.casefold().split())
