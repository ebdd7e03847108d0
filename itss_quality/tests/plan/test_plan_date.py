import time
from datetime import date

from odoo.tests import BaseCase, tagged

from ...tools.plan_date import PlanDate, parse_plan_date

YEAR = 2025
NOT_UNDERSTOOD = None

# rule: {text: (start, end) in the form MM-DD of 2025 or YYYY-MM-DD}
SPANS = {
    "a month runs from its first to its last day": {
        "2025年1月": ("01-01", "01-31"),
        "1月": ("01-01", "01-31"),
        "10月份": ("10-01", "10-31"),
        "2024年2月": ("2024-02-01", "2024-02-29"),
        "2025-10": ("10-01", "10-31"),
        "2025/10": ("10-01", "10-31"),
        "2025.1": ("01-01", "01-31"),
        "January 2025": ("01-01", "01-31"),
        "Jan 2025": ("01-01", "01-31"),
        "Sept. 2025": ("09-01", "09-30"),
        "Oct-2025": ("10-01", "10-31"),
        "in October": ("10-01", "10-31"),
        "元月": ("01-01", "01-31"),
    },
    "a day is its own start and end": {
        "2025/10/15": ("10-15", "10-15"),
        "2025.1.7": ("01-07", "01-07"),
        "2025年10月15日": ("10-15", "10-15"),
        "10月15号": ("10-15", "10-15"),
        "2025-10-15": ("10-15", "10-15"),
        "15 October 2025": ("10-15", "10-15"),
        "October 15, 2025": ("10-15", "10-15"),
        "3rd of March": ("03-03", "03-03"),
    },
    "the clock time of an Excel cell is no news": {
        "2025-10-15 00:00:00": ("10-15", "10-15"),
        "2025-10-15T08:30": ("10-15", "10-15"),
    },
    "the end of a period is a due day": {
        "2025年10月底": ("10-31", "10-31"),
        "2月底": ("02-28", "02-28"),
        "10月月底": ("10-31", "10-31"),
        "年底": ("12-31", "12-31"),
        "2025年底": ("12-31", "12-31"),
        "2025年年末": ("12-31", "12-31"),
        "第三季度末": ("09-30", "09-30"),
        "end of October 2025": ("10-31", "10-31"),
        "the end of the year": ("12-31", "12-31"),
        "end of the third quarter": ("09-30", "09-30"),
        "year-end": ("12-31", "12-31"),
    },
    "parts of a month are ten days": {
        "2025年10月初": ("10-01", "10-10"),
        "10月上旬": ("10-01", "10-10"),
        "10月中旬": ("10-11", "10-20"),
        "2月下旬": ("02-21", "02-28"),
        "early October 2025": ("10-01", "10-10"),
        "mid-October": ("10-11", "10-20"),
        "late October": ("10-21", "10-31"),
    },
    "quarters and halves": {
        "第三季度": ("07-01", "09-30"),
        "2025年第3季度": ("07-01", "09-30"),
        "三季度": ("07-01", "09-30"),
        "Q3": ("07-01", "09-30"),
        "2025Q3": ("07-01", "09-30"),
        "2025 Q3": ("07-01", "09-30"),
        "Q3 2025": ("07-01", "09-30"),
        "third quarter": ("07-01", "09-30"),
        "the 3rd quarter of 2025": ("07-01", "09-30"),
        "上半年": ("01-01", "06-30"),
        "下半年": ("07-01", "12-31"),
        "2025年上半年": ("01-01", "06-30"),
        "first half of the year": ("01-01", "06-30"),
        "H2 2025": ("07-01", "12-31"),
    },
    "by a day means due on it": {
        "12月31日前": ("12-31", "12-31"),
        "10月底前": ("10-31", "10-31"),
        "10月底之前完成": ("10-31", "10-31"),
        "2025年10月15日前": ("10-15", "10-15"),
        "截至10月底": ("10-31", "10-31"),
        "by the end of October": ("10-31", "10-31"),
        "by 15 October 2025": ("10-15", "10-15"),
    },
    "a range runs from the start of its first to the end of its last": {
        "2025年3月-5月": ("03-01", "05-31"),
        "2025年3月至2025年5月": ("03-01", "05-31"),
        "2025年3月到5月": ("03-01", "05-31"),
        "自2025年3月至5月": ("03-01", "05-31"),
        "3月~5月": ("03-01", "05-31"),
        "3月—5月": ("03-01", "05-31"),
        "3月——5月": ("03-01", "05-31"),
        "3-5月": ("03-01", "05-31"),
        "2025-03-01~2025-03-15": ("03-01", "03-15"),
        "2025-03-01 - 2025-03-15": ("03-01", "03-15"),
        "2025-03-01-2025-03-15": ("03-01", "03-15"),
        "2025.3.1-2025.3.15": ("03-01", "03-15"),
        "10月15日-20日": ("10-15", "10-20"),
        "10月15-20日": ("10-15", "10-20"),
        "10月下旬至11月上旬": ("10-21", "11-10"),
        "第一至第三季度": ("01-01", "09-30"),
        "March to May 2025": ("03-01", "05-31"),
        "from March 2025 through May 2025": ("03-01", "05-31"),
    },
    "a range may cross the year": {
        "2025年12月-2026年1月": ("12-01", "2026-01-31"),
        "12月-2026年1月": ("12-01", "2026-01-31"),
    },
    "a list runs from its first to its last": {
        "2025年3月、9月": ("03-01", "09-30"),
        "2025年3、6、9月": ("03-01", "09-30"),
        "三、四季度": ("07-01", "12-31"),
        "3月和9月": ("03-01", "09-30"),
        "Q1, Q3 2025": ("01-01", "09-30"),
        "3月、5-6月": ("03-01", "06-30"),
        "1月、12月": ("01-01", "12-31"),
    },
    "Chinese numerals and full-width signs are digits": {
        "十月": ("10-01", "10-31"),
        "十二月底": ("12-31", "12-31"),
        "二〇二五年十月十五日": ("10-15", "10-15"),
        "二零二五年一月": ("01-01", "01-31"),
        "２０２５年１０月": ("10-01", "10-31"),
        "２０２５－１０": ("10-01", "10-31"),
    },
    "blanks, line breaks and punctuation at the end do not matter": {
        " 2025 年 10 月 ": ("10-01", "10-31"),
        "2025年\n10月": ("10-01", "10-31"),
        "2025年10月。": ("10-01", "10-31"),
        "2025年10月；": ("10-01", "10-31"),
        "2025年10月、": ("10-01", "10-31"),
        "2025　年10月": ("10-01", "10-31"),
    },
    "the text's own year wins over the plan's": {
        "2024年10月": ("2024-10-01", "2024-10-31"),
        "2026 Q1": ("2026-01-01", "2026-03-31"),
    },
    "a remark in brackets is allowed": {
        "2025年10月(暂定)": ("10-01", "10-31"),
        "2025年10月（视情况调整）。": ("10-01", "10-31"),
        "2025年10月(不在外审前)": ("10-01", "10-31"),
        "2025年10月(外审后)": ("10-01", "10-31"),
    },
}

ALL_YEAR = [
    "全年",
    "2025年全年",
    "2025年",
    "2025年度",
    "每月",
    "每季度",
    "每年",
    "常年",
    "持续",
    "长期",
    "每月一次",
    "全年持续进行",
    "全年（每月一次）",
    "1-12月",
    "all year",
    "whole year",
    "the whole year",
    "throughout the year",
    "2025 all year",
    "monthly",
]

BEFORE_EXTERNAL_AUDIT = [
    "2025年10月 (外审前进行一次)",
    "2025年10月(外审前进行一次)",
    "2025年10月（外审前进行一次）",
    "2025年10月\n（在外部审核之前完成）",
    "October 2025 (before the external audit)",
    "2025-10 (once, prior to the external audit)",
]

MEANINGLESS = {
    "days that do not exist": [
        "2025年13月",
        "2025年0月",
        "2025-02-30",
        "2月30日",
        "第五季度",
        "0000年1月",
    ],
    "ends before it starts": ["2025年5月-3月", "2025-03-15~2025-03-01", "12月-1月", "9月、3月"],
    "unknown words": [
        "2025年10月左右",
        "2025年10月 暂定",
        "待定",
        "约10月",
        "10月 或 11月",
        "外审前",
        "October-ish",
        "soon",
        "<p>2025年10月</p>",
    ],
    "more than one meaning": [
        "10月前",
        "2025年前",
        "10月中",
        "3/5",
        "3-5",
        "10.5",
        "2025",
        "20251015",
        "10/11/2025",
        "Oct 25",
        "by October",
        "3-5月10日",
        "2025年1月7-9月",
    ],
    "another date in the brackets": [
        "2025年(10月)",
        "2025年10月（延至十二月）",
        "全年 (Q3)",
        "2025年10月(明年)",
    ],
    "broken brackets": ["2025年10月(外审前", "2025年10月)", "(2025年10月)", "2025年10月(a)(b)"],
    "nothing": ["", " ", "。", "-", "~", "、", "()"],
}


@tagged("post_install", "-at_install")
class TestPlanDate(BaseCase):
    """What the printed planned dates of plan chapter 7 mean."""

    def assertMeans(self, text, expected, year=YEAR):
        self.assertEqual(parse_plan_date(text, year), expected, f"{text!r}")

    def test_spans(self):
        for rule, texts in SPANS.items():
            for text, days in texts.items():
                with self.subTest(rule=rule, text=text):
                    start, end = (
                        date.fromisoformat(day if len(day) > 5 else f"{YEAR}-{day}") for day in days
                    )
                    self.assertMeans(text, PlanDate(start, end, False, False))

    def test_all_year(self):
        for text in ALL_YEAR:
            with self.subTest(text=text):
                self.assertMeans(text, PlanDate(date(YEAR, 1, 1), date(YEAR, 12, 31), True, False))

    def test_before_external_audit(self):
        for text in BEFORE_EXTERNAL_AUDIT:
            with self.subTest(text=text):
                days = date(YEAR, 10, 1), date(YEAR, 10, 31)
                self.assertMeans(text, PlanDate(*days, False, True))

    def test_never_guesses(self):
        for reason, texts in MEANINGLESS.items():
            for text in texts:
                with self.subTest(reason=reason, text=text):
                    self.assertMeans(text, NOT_UNDERSTOOD)

    def test_a_text_without_year_needs_one(self):
        for text in (
            "1月",
            "全年",
            "第三季度",
            "3月-5月",
            "3月、9月",
            "10月底前",
            "January",
            "all year",
        ):
            for year in (None, 0, False, 10000):
                with self.subTest(text=text, year=year):
                    self.assertMeans(text, NOT_UNDERSTOOD, year)

    def test_a_year_in_the_text_is_enough(self):
        for text in ("2025年3月-5月", "2025年3月、5月", "March to May 2025"):
            with self.subTest(text=text):
                self.assertMeans(text, PlanDate(date(2025, 3, 1), date(2025, 5, 31)), None)

    def test_takes_anything_for_text(self):
        for text in (None, False, 2025, date(2025, 1, 1), "\0", "\ud800", "年" * 200):
            with self.subTest(text=text):
                self.assertMeans(text, NOT_UNDERSTOOD)

    def test_long_texts_are_refused_and_hostile_ones_are_quick(self):
        self.assertMeans("2025年10月" + " " * 200, NOT_UNDERSTOOD)
        units = (
            "1",
            "1-",
            "-",
            "~",
            "、",
            "2025年",
            "1月、",
            "每月",
            "一",
            " ",
            "(",
            ")",
            "年底前",
            "a",
            "2025-1",
        )
        start = time.process_time()
        for unit in units:
            for tail in ("", "x", "月", ")"):
                parse_plan_date((unit * 200)[: 200 - len(tail)] + tail, YEAR)
        self.assertLess(time.process_time() - start, 1, "60 texts of 200 characters")
