"""A checklist's questions in Excel: headings in the first rows, one question per row.

Nothing here reads the database: bytes come in, texts with their places go out.
"""

from odoo.tools.translate import LazyTranslate

from .excel import HEADER_ROWS, read_table

_lt = LazyTranslate(__name__)

_NO_HEADINGS = _lt(
    "No row of the first %(rows)s has the headings of a checklist. Export a checklist to see them.",
    rows=HEADER_ROWS,
)


def read_checklist(content, headings):
    """Read the questions of a checklist, as ``read_table`` returns them.

    :param bytes content: the uploaded .xlsx file
    :param dict headings: the headings by which a field is known, ``{field: (heading, …)}``
    :raise ExcelError: the file can't be read, or has no such headings
    """
    return read_table(content, headings, "question", _NO_HEADINGS)
