"""The countermeasure table (目标展开对策表) in Excel: an objective per row.

Nothing here reads the database: bytes and texts come in, texts with their places go out.
"""

import re
import unicodedata

from odoo.tools.translate import LazyTranslate

from .excel import HEADER_ROWS, parse_day, read_table
from .plan_date import parse_plan_date

_lt = LazyTranslate(__name__)

# headings by which a column is known in a file of any language
HEADINGS = {
    "objective": ("Objective", "目标", "质量目标", "目标名称"),
    "target": ("Target Value", "Target", "目标值"),
    "baseline": ("Present State", "Last Year", "现状"),
    "countermeasure": ("Countermeasure", "对策", "措施"),
    "responsible": (
        "Responsible Department / Person",
        "责任部门/人",
        "责任部门/责任人",
        "责任部门",
    ),
    "deadline": ("Completion Date", "完成时间", "完成日期"),
    "check_result": ("Check Result", "检查结果"),
    "code": ("Indicator Code", "指标代码"),
}
_NO_HEADINGS = _lt(
    "No row of the first %(rows)s has the headings of a countermeasure table. Export one to see them.",
    rows=HEADER_ROWS,
)
_HIGHER = ("≥", ">=", "≧", "不低于", "不少于", "大于等于")
_LOWER = ("≤", "<=", "≦", "不高于", "不超过", "小于等于")
_VALUE = re.compile(
    rf"({'|'.join((*_HIGHER, *_LOWER))})?\s*(-?\d+(?:\.\d+)?)\s*(?:%|分|小时|h|hours?)?",
    re.IGNORECASE,
)
_NOTHING = {"", "-", "—", "–", "/", "无", "无数据", "no data", "n/a"}


def read_objectives(content):
    """Read the rows of a countermeasure table, as ``read_table`` returns them.

    :param bytes content: the uploaded .xlsx file
    :raise ExcelError: the file can't be read, or has no such headings
    """
    return read_table(content, HEADINGS, "objective", _NO_HEADINGS)


def parse_value(text):
    """Return direction (None where no sign says it) and number of a value such as ≥ 95 %, or None.

    :param str text: what the cell says
    """
    match = _VALUE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if not match:
        return None
    direction = "higher" if match[1] in _HIGHER else "lower" if match[1] in _LOWER else None
    return direction, float(match[2])


def is_nothing(text):
    """Whether a cell says that there is no value."""
    return text.strip().casefold() in _NOTHING


def parse_completion(text, year):
    """Return the last day that a cell names: a day, or a month of the year; None if it names none."""
    if day := parse_day(text):
        return day
    parsed = parse_plan_date(text, year)
    return parsed.date_end if parsed else None
