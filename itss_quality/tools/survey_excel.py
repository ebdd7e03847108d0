"""A questionnaire's columns in Excel, and the sheet into which answers on paper were typed.

Nothing here reads the database: bytes come in, cells with their places go out.
"""

from datetime import date
from typing import Any, NamedTuple

from openpyxl.utils import get_column_letter

from odoo.tools.translate import LazyTranslate

from .excel import (
    MAX_SHEETS,
    Column,
    ExcelError,
    Problem,
    open_book,
    print_value,
    too_long,
)

_lt = LazyTranslate(__name__)

# two hidden rows say what the sheet is: the first the round, the second the columns' keys
MARK = "itss.survey.import"
KEYS_ROW = 2
HEADINGS_ROW = 5
FIXED_KEYS = ("participant", "customer", "contact", "channel", "day")
MAX_ROWS = 20_000
# as many columns as an Excel sheet can have
MAX_COLUMNS = 16_384


class QuestionColumn(NamedTuple):
    """What of a questionnaire has a column of its own: a question, a row of a matrix, a comment."""

    key: str
    question: Any
    row: Any
    is_comment: bool = False

    def get_name(self, env):
        """Return the heading of the column in the user's language."""
        title = self.question.title
        if self.is_comment:
            return env._("%(question)s: comment", question=title)
        return f"{title}: {self.row.value}" if self.row else title


class AnswerSheet(NamedTuple):
    """What `read_answer_sheet` found."""

    round_id: int
    number: str
    lang: str
    keys: list
    columns: dict
    rows: list


def get_columns(survey):
    """Return the columns of a questionnaire, in the order of its questions.

    :param survey: ``survey.survey``
    :return: list of QuestionColumn
    """
    columns = []
    for question in survey.question_ids:
        key = f"q{question.id}"
        if question.question_type == "matrix":
            columns += [
                QuestionColumn(f"{key}-{row.id}", question, row) for row in question.matrix_row_ids
            ]
        else:
            columns.append(QuestionColumn(key, question, question.matrix_row_ids.browse()))
        if question.comments_allowed and question.question_type in (
            "simple_choice",
            "multiple_choice",
            "matrix",
        ):
            none = question.matrix_row_ids.browse()
            columns.append(QuestionColumn(f"c{question.id}", question, none, True))
    return columns


def read_answer_sheet(content):
    """Read a filled template of answers.

    :param bytes content: the uploaded .xlsx file
    :return: AnswerSheet: the round's id and number, the language the template was made in, the keys
        of the columns, the Column of each, and of each row that holds something its number
        and what its cells hold, dates or texts, by key
    :raise ExcelError: the file can't be read, or is no such template
    """
    with open_book(content) as book:
        return _read_book(book)


def _read_book(book):
    for sheet in book.worksheets[:MAX_SHEETS]:
        top = list(
            sheet.iter_rows(max_row=HEADINGS_ROW, max_col=_get_width(sheet), values_only=True)
        )
        if len(top) == HEADINGS_ROW and top[0] and top[0][0] == MARK:
            return _read_sheet(sheet, top)
    raise ExcelError(
        Problem(
            _lt(
                "This is not the template of a survey round. Download the template, fill it in and "
                "upload that file."
            )
        )
    )


def _get_width(sheet):
    return min(sheet.max_column or MAX_COLUMNS, MAX_COLUMNS)


def _read_sheet(sheet, top):
    _mark, round_id, number, lang, *_rest = *top[0], None, None, None
    keys = [print_value(key) for key in top[KEYS_ROW - 1]]
    while keys and not keys[-1]:
        keys.pop()
    headings = [" ".join(print_value(heading).split()) for heading in top[HEADINGS_ROW - 1]]
    columns = {
        key: Column(index, get_column_letter(index), heading)
        for index, (key, heading) in enumerate(zip(keys, headings, strict=False), 1)
    }
    rows = []
    body = sheet.iter_rows(min_row=HEADINGS_ROW + 1, max_col=max(len(keys), 1), values_only=True)
    for row, values in enumerate(body, HEADINGS_ROW + 1):
        cells = {
            key: _clean(value)
            for key, value in zip(keys, values, strict=False)
            if value is not None and _clean(value) != ""
        }
        if not cells:
            continue
        if len(rows) == MAX_ROWS:
            raise ExcelError(too_long(row, MAX_ROWS))
        rows.append((row, cells))
    return AnswerSheet(round_id, print_value(number), print_value(lang), keys, columns, rows)


def _clean(value):
    """Return dates as they are, and everything else as the text that the sheet shows."""
    return value if isinstance(value, date) else print_value(value)
