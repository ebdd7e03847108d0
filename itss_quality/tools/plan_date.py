"""Understand the planned dates (计划实施日期) of a plan's table.

People print "全年", "2025年10月底" or "2025年10月 (外审前进行一次)" and mean days. The text is
theirs and is kept; this module only says which days it stands for, and prefers saying nothing to
guessing.
"""

import calendar
import re
from datetime import date
from typing import NamedTuple

MAX_LENGTH = 200
MAX_DASHES = 5  # 2025-03-01-2025-03-15
MAX_ITEMS = 24
FIRST_YEAR, LAST_YEAR = 1900, 2100


class PlanDate(NamedTuple):
    date_start: date
    date_end: date
    all_year: bool = False
    before_external_audit: bool = False


# -- one spelling for each sign ----------------------------------------------------------------

_SIGNS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # full-width to half-width
_SIGNS |= dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_SIGNS |= dict.fromkeys(map(ord, "～〜∼至到"), "~")
_SIGNS |= dict.fromkeys(map(ord, "【〔["), "(") | dict.fromkeys(map(ord, "】〕]"), ")")
_STRAY = " 。;、,.!"

_REWRITES = [
    (re.compile(r"\s+"), " "),
    (re.compile(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])"), ""),
    (re.compile(r" - "), "~"),
    (re.compile(r"--+"), "-"),
    (re.compile(r" ?([~,;]) ?"), r"\1"),
    (re.compile(r"元月"), "1月"),
    (re.compile(r"^(?:in|on|during) "), ""),
]
_NUMERAL = re.compile(r"(?<![0-9])[〇零一二三四五六七八九十]+(?![0-9])")
_DIGITS = dict(zip("〇零一二三四五六七八九", "00123456789", strict=True))


def _to_digits(match):
    """Chinese numerals as digits: 十二 is 12, 二〇二五 is 2025; others stay and mean nothing later."""
    tens, ten, ones = match[0].partition("十")
    if ten and len(tens) < 2 and len(ones) < 2:
        return str(10 * int(_DIGITS.get(tens, 1)) + int(_DIGITS.get(ones, 0)))
    if not ten and len(tens) in (1, 4):
        return "".join(_DIGITS[sign] for sign in tens)
    return match[0]


def _normalize(text):
    text = text.translate(_SIGNS).casefold()
    for pattern, replacement in _REWRITES:
        text = pattern.sub(replacement, text)
    return text.strip(" ").rstrip(_STRAY)


# -- the remark in brackets --------------------------------------------------------------------

_REMARK = re.compile(r"([^()]*)\(([^()]*)\)")
_AUDIT = re.compile(
    r"(?:外审|外部审核|第三方审核|认证审核|监督审核)之?前"
    r"|\b(?:before|prior to|ahead of) (?:the |an )?external audit\b"
)
_NOT = re.compile(r"[不非无勿]|\bnot\b|\bnever\b")
_DATE_INSIDE = re.compile(  # "2025年 (10月)": the remark is the date
    r"[0-9] ?[年月日号季旬]|[0-9][-/.][0-9]|q[1-4]|[上下]半|[上中下]旬|[年月季度][初底末]|[明次下后]年"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|quarter|half|next)"
)


def _split_remark(text):
    """The text before the remark, and whether the remark says before the external audit.

    A remark that holds a date of its own leaves no text: it could be the one that counts.
    """
    match = _REMARK.fullmatch(text)
    if not match:
        return text, False
    body, remark = match[1].rstrip(_STRAY), match[2]
    if _DATE_INSIDE.search(_NUMERAL.sub(_to_digits, remark)):
        return "", False
    audit = _AUDIT.search(remark)
    return body, bool(audit and not _NOT.search(remark[: audit.start()]))


# -- one date, month, quarter, half or year ----------------------------------------------------

_MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}
_ORDINALS = {
    "first": 1,
    "1st": 1,
    "second": 2,
    "2nd": 2,
    "third": 3,
    "3rd": 3,
    "fourth": 4,
    "4th": 4,
    "上": 1,
    "下": 2,
}
_PARTS = {
    "初": (1, 10),
    "上旬": (1, 10),
    "中旬": (11, 20),
    "下旬": (21, 31),
    "early": (1, 10),
    "mid": (11, 20),
    "late": (21, 31),
}

_FRAGMENTS = {
    "Y": r"(?P<y>[0-9]{4})",
    "M": r"(?P<m>[0-9]{1,2})",
    "D": r"(?P<d>[0-9]{1,2})",
    "N": rf"(?P<m>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?",
    "TIME": r"(?:[ t][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?",
    "OF": r"(?:[, -](?:of )?(?P<y>[0-9]{4}))?",
    "ALWAYS": r"(?:全年度?|年度|每[日天周月季年]|每季度|常年|长期|持续)(?:持续)?(?:进行|开展|实施|执行)?"
    r"(?:[0-9]{1,2}次)?",
    "ALWAYS_EN": r"(?:all year(?: round)?|year[- ]round|(?:the )?(?:whole|entire|full) year|throughout(?: the year)?"
    r"|every (?:week|month|quarter|year)|weekly|monthly|quarterly|annually|yearly|ongoing|continuous(?:ly)?)",
}
_FORMS = [
    re.compile(re.sub(r"<([A-Z_]+)>", lambda match: _FRAGMENTS[match[1]], form))
    for form in (
        r"(?:<Y>年)?<M>月<D>[日号]?",
        r"<Y>(?P<sign>[-/.])<M>(?P=sign)<D><TIME>",
        r"(?:<Y>年)?<M>月份?(?:月?(?P<part>初|[上中下]旬)|月?(?P<due>[底末]))?",
        r"<Y>[-/.]<M>",
        r"(?:<Y>(?:年第?|第)|第)?(?P<q>[1-4])季度(?P<due>[底末])?",
        r"(?:<Y>[-年 ]?)?q(?P<q>[1-4])",
        r"(?:<Y>年?)?(?P<h>[上下])半年",
        r"(?:<Y>年?)?(?P<due>年[底末])",
        r"<Y>年度?",
        r"(?:<Y>年?)?<ALWAYS>",
        r"(?:(?P<part>early|mid|late)[- ]|(?P<due>(?:the )?end of ))?<N><OF>",
        r"<D>(?:st|nd|rd|th)? (?:of )?<N><OF>",
        r"<N> <D>(?:st|nd|rd|th)?,? ?<Y>",
        r"q(?P<q>[1-4])<OF>",
        r"(?:<Y> )?(?:the )?(?P<q>first|second|third|fourth|1st|2nd|3rd|4th) quarter",
        r"(?:the )?(?P<due>end of )?(?:the )?(?P<q>first|second|third|fourth|1st|2nd|3rd|4th) quarter<OF>",
        r"(?:<Y>[- ]?)?h(?P<h>[12])",
        r"h(?P<h>[12])<OF>",
        r"(?:the )?(?P<h>first|second|1st|2nd) half(?: of the year)?<OF>",
        r"(?P<due>(?:the )?end of) (?:the year|<Y>)",
        r"(?P<due>year[- ]end)<OF>",
        r"<ALWAYS_EN><OF>",
        r"<Y> <ALWAYS_EN>",
    )
]


def _parse_one(text, year):
    """PlanDate of one day, month, quarter, half or year; None if it is none, or does not exist."""
    for form in _FORMS:
        if match := form.fullmatch(text):
            found = match.groupdict()
            year = int(found.get("y") or year or 0)
            if not FIRST_YEAR <= year <= LAST_YEAR:
                return None
            try:
                return _build(found, year)
            except ValueError:
                return None
    return None


def _build(found, year):
    """PlanDate of a form's named groups; ValueError for a day or month that does not exist."""
    if month := found.get("m"):
        month = _MONTHS.get(month) or int(month)
        first = date(year, month, int(found.get("d") or 1))
        last = first if found.get("d") else _month_end(year, month)
        if part := found.get("part"):
            first_day, last_day = _PARTS[part]
            first, last = first.replace(day=first_day), last.replace(day=min(last_day, last.day))
    elif quarter := found.get("q"):
        quarter = _ORDINALS.get(quarter) or int(quarter)
        first, last = date(year, 3 * quarter - 2, 1), _month_end(year, 3 * quarter)
    elif half := found.get("h"):
        half = _ORDINALS.get(half) or int(half)
        first, last = date(year, 6 * half - 5, 1), _month_end(year, 6 * half)
    else:
        first, last = date(year, 1, 1), date(year, 12, 31)
    return PlanDate(last, last) if found.get("due") else _between(first, last)


def _between(first, last):
    whole_year = date(first.year, 1, 1), date(first.year, 12, 31)
    return PlanDate(first, last, all_year=(first, last) == whole_year)


def _month_end(year, month):
    return date(year, month, calendar.monthrange(year, month)[1])


# -- by a day, from one to another, several ----------------------------------------------------

_BY = [
    re.compile(r"(?:截[止~]|最迟)?(.+?)(?:之前|以前|前)(?:完成)?"),
    re.compile(r"(?:截[止~]|最迟|不晚于|by |before |no later than )(.+)"),
]
_FROM = re.compile(r"^(?:自|从|from )")
_TO = re.compile(r" (?:to|until|through) ")
_LIST = re.compile(r"[、,;和及与&]| and ")
_YEAR = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")
_LACKS_UNIT = re.compile(r"(?:[0-9]{4}年)?(?:[0-9]{1,2}月|第)?[0-9]{1,2}")
_UNIT = re.compile(r"(?:[0-9]{4}年)?(?:[0-9]{1,2}月|第)?[0-9]{1,2}(月|[日号]|季度)")
_LACKS_MONTH = re.compile(r"[0-9]{1,2}[日号]")
_MONTH = re.compile(r"(?:[0-9]{4}年)?([0-9]{1,2}月)")


def _parse_by(text, year):
    """A due day ("10月底前"); before a whole month could mean its first or its last day."""
    for form in _BY:
        match = form.fullmatch(text)
        found = match and _parse_one(match[1], year)
        if found and found.date_start == found.date_end:
            return found
    return None


def _parse_range(text, year):
    text = _TO.sub("~", _FROM.sub("", text))
    if "~" in text:
        pairs = [text.split("~")]
    elif text.count("-") <= MAX_DASHES:
        pairs = [(text[: dash.start()], text[dash.end() :]) for dash in re.finditer("-", text)]
    else:
        pairs = []
    found = {span for pair in pairs if len(pair) == 2 and (span := _parse_pair(pair, year))}
    return found.pop() if len(found) == 1 else None


def _parse_pair(pair, year):
    first, last = _parse_each(pair, year, _parse_one)
    if not first or not last or not _is_ordered(first, last):
        return None
    return _between(first.date_start, last.date_end)


def _parse_list(text, year):
    items = _LIST.split(text)
    if not 1 < len(items) <= MAX_ITEMS:
        return None
    found = _parse_each(items, year, _parse_one_or_range)
    if not all(found) or any(span.all_year for span in found):
        return None
    if not all(map(_is_ordered, found, found[1:])):
        return None
    return PlanDate(found[0].date_start, found[-1].date_end)


def _parse_one_or_range(text, year):
    return _parse_one(text, year) or _parse_range(text, year)


def _is_ordered(before, after):
    return before.date_start <= after.date_start and before.date_end <= after.date_end


def _parse_each(items, year, parse):
    """Parse items that share what they don't repeat: unit (3-5月), month (10月15日-20日), year."""
    items = list(items)
    for index in range(len(items) - 2, -1, -1):
        unit = _UNIT.match(items[index + 1])
        if unit and _LACKS_UNIT.fullmatch(items[index]):
            items[index] += unit[1]
    for index in range(1, len(items)):
        month = _MONTH.match(items[index - 1])
        if month and _LACKS_MONTH.fullmatch(items[index]):
            items[index] = month[1] + items[index]
    stated = [_YEAR.findall(item) for item in items]
    return [parse(item, _year_of(index, items, stated, year)) for index, item in enumerate(items)]


def _year_of(index, items, stated, year):
    """Year for an item without one: of those before; in English (March to May 2025) of those after."""
    before = next((years[-1] for years in reversed(stated[:index]) if years), None)
    after = next((years[0] for years in stated[index + 1 :] if years), None)
    return before or (after if re.search("[a-z]", items[index]) else None) or year


def parse_plan_date(text, year=None):
    """Say which days a printed planned date stands for.

    Rules a reader may not expect: 月底 and 年底 are due days, so both ends are the last day; a list
    ("3月、9月") runs from the start of its first to the end of its last item; 每月, 常年 and 持续
    count as the whole year; a remark in brackets at the end is allowed and says whether the work
    comes before the external audit. Words that are not known are never skipped.

    :param str text: the cell, such as "2025年10月 (外审前进行一次)", "2025-10", "third quarter"
    :param int year: the plan's year, for texts that name none
    :return: PlanDate(date_start, date_end, all_year, before_external_audit); None when the text is
        not understood, lacks a year, names a day that does not exist or ends before it starts
    :raises: nothing, whatever the text
    Asked for by the column 计划实施日期 of the plan's chapter 7.
    """
    if not isinstance(text, str) or len(text) > MAX_LENGTH:
        return None
    body, before_external_audit = _split_remark(_normalize(text))
    body = _NUMERAL.sub(_to_digits, body)
    found = (
        _parse_one(body, year)
        or _parse_by(body, year)
        or _parse_range(body, year)
        or _parse_list(body, year)
    )
    return found and found._replace(before_external_audit=before_external_audit)
