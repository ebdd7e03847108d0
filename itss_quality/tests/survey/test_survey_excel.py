import base64
import io
import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from unittest.mock import patch

import openpyxl
from openpyxl.utils.datetime import to_excel

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from ...tools.excel import MAX_FILE_SIZE, parse_day
from ...tools.survey_excel import HEADINGS_ROW, read_answer_sheet
from ..common import ItssCommon

KEYS = ("speed", "skill", "attitude", "result", "overall")
ROWS = ("reporting", "progress", "prevention", "documents")
SHEETS = [
    "Survey Scheme",
    "Questionnaire",
    "Statistics",
    "Analysis",
    "Issue and Reading",
    "Answers",
]
# after those of all rounds
SETTINGS = "Settings in Force"


class SurveyExcelCommon(ItssCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.questionnaire = cls.env.ref("itss_quality.itss_survey_questionnaire")
        cls.health = cls.env["res.partner.industry"].create({"name": "Health"})
        cls.school = cls.env["res.partner.industry"].create({"name": "School"})

    def _make_running(self, participants=3, **vals):
        round_ = self.make_round(participants, **vals)
        round_.action_start()
        return round_

    def _load(self, report, records, user, lang="en_US"):
        content, kind = (
            records.with_user(user)
            .with_context(lang=lang)
            .env["ir.actions.report"]
            ._render(f"itss_quality.{report}", records.ids)
        )
        self.assertEqual(kind, "xlsx")
        return openpyxl.load_workbook(io.BytesIO(content))

    def _export(self, round_, user=None):
        """Return the rows of each sheet of a round's workbook, by the sheet's name."""
        book = self._load("itss_survey_xlsx_action", round_, user or self.quality_user)
        return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}

    def _get_answers(self, sheets):
        """Return the rows of the answers as lists of (heading, value)."""
        headings, *rows = sheets["Answers"][2:]
        return [list(zip(headings, row, strict=True)) for row in rows]

    def _get_fact(self, row, heading):
        return dict(reversed(row))[heading]

    def _make_survey(self):
        """Create a questionnaire with one question of each kind."""
        survey = self.env["survey.survey"].create({"title": "Kinds", "survey_type": "itss"})

        def add(title, kind, choices=(), **vals):
            answers = [(0, 0, {"value": value, "answer_score": score}) for value, score in choices]
            return self.env["survey.question"].create(
                {
                    "survey_id": survey.id,
                    "title": title,
                    "question_type": kind,
                    "suggested_answer_ids": answers,
                    **vals,
                }
            )

        add("Section", False, is_page=True, sequence=0)
        choices = (("A, B", 2), ("C", 1))
        add("Scale", "scale", scale_min=0, scale_max=10, sequence=1)
        add("Several", "multiple_choice", choices, sequence=2)
        add("Number", "numerical_box", sequence=3)
        add("Day", "date", sequence=4)
        rows = [(0, 0, {"value": "Row 1"})]
        table = {"matrix_subtype": "multiple", "matrix_row_ids": rows, "sequence": 5}
        add("Table", "matrix", (("X", 1), ("Y", 2)), **table)
        add("One", "simple_choice", choices, comments_allowed=True, sequence=6)
        return survey


@tagged("post_install", "-at_install")
class TestSurveyExport(SurveyExcelCommon):
    """The workbook of a round: scheme, questionnaire, statistics, analysis and answers (plan 6.3)."""

    def _answer_all(self, round_, scores=None, **vals):
        for participant in round_.participant_ids:
            self.answer(participant, **(scores or {"overall": 4}), **vals)

    def _get_texts(self, rows):
        return {row[0]: row[1] for row in rows[3:] if row[0]}

    def _get_table(self, sheets):
        """Return the table of figures: by dimension and name a dict of its columns."""
        rows = sheets["Statistics"]
        start = next(index for index, row in enumerate(rows) if row[0] == "By")
        headings = rows[start]
        return {
            row[:2]: dict(zip(headings[2:], row[2:], strict=True))
            for row in rows[start + 1 :]
            if row[0]
        }

    # -------------------------------------------------------------------------
    # Sheets
    # -------------------------------------------------------------------------

    def test_what_stands_in_the_scheme(self):
        round_ = self._make_running(
            3, sampling="random", sample_share=25, target=92.5, minimum_n=7, accept_late=True
        )
        self.answer(round_.participant_ids[0], channel="interview", overall=4)
        sheets = self._export(round_)
        self.assertEqual(list(sheets), [*SHEETS, SETTINGS])
        self.assertIn(round_.company_id.name, sheets["Survey Scheme"][0][0])
        self.assertIn(round_.number, sheets["Survey Scheme"][1][0])
        texts = self._get_texts(sheets["Survey Scheme"])
        self.assertIn("25 %", texts["Subjects"])
        self.assertIn("Participants: 3", texts["Subjects"])
        self.assertIn("E-Mail: 2", texts["Ways of Asking"])
        self.assertIn("Interview: 1", texts["Ways of Asking"])
        self.assertIn("once a year", texts["Frequency"])
        self.assertIn("Late answers", texts["Period"])
        self.assertIn("at most 2, at least 5 days apart", texts["Period"])
        self.assertIn(
            "All in all: How satisfied are you with our service overall?", texts["Content"]
        )
        self.assertIn("Not applicable", texts["Scoring"])
        self.assertIn("2 · How satisfied are you with our service overall?", texts["Weights"])
        self.assertNotIn("What should we do better?", texts["Weights"])
        self.assertIn("at least 92.5 of 100", texts["Targets"])
        self.assertIn("fewer than 7 scored answers", texts["Targets"])
        self.assertEqual(texts["Anonymity"], "Answers are given by name.")
        self.assertEqual(texts["Person in Charge"], self.quality_user.name)

    def test_what_stands_in_the_questionnaire(self):
        round_ = self._make_running(2)
        first, second = round_.participant_ids
        self.answer(first, speed=5, reporting=5, progress=4, overall=3)
        self.answer(second, speed="na", reporting=3, overall=4)
        round_.action_end()
        headings, *rows = self._export(round_)["Questionnaire"][2:]
        self.assertEqual(
            headings,
            ("Row No.", "Item", "What Is Rated", "Standard", "Weight", "Score", "Answers (n)"),
        )
        rows = {row[0]: row for row in rows}
        self.assertEqual(len(rows), 7 + 4)
        speed = rows["1"]
        self.assertEqual(speed[1:3], ("Our service", self._get_title("speed")))
        self.assertEqual(
            speed[3].splitlines(),
            [
                "Very satisfied: 100",
                "Satisfied: 80",
                "Fair: 60",
                "Dissatisfied: 40",
                "Very dissatisfied: 20",
                "Not applicable: does not count",
            ],
        )
        self.assertEqual(speed[4:], (1, 100, 1))
        self.assertEqual(rows["2"][4:], (1, "no data", 0), "nobody was asked")
        self.assertEqual(rows["5"][4:], (1, 75, 2), "a matrix is the mean of its rows")
        self.assertEqual(rows["5.1"][2:], ("Reporting a problem is easy", None, None, 80, 2))
        self.assertEqual(rows["5.2"][5:], (80, 1))
        self.assertEqual(rows["6"][4:], (2, 70, 2))
        self.assertEqual(rows["7"][4:], (None, None, None), "a text has no score")

    def _get_title(self, key):
        return self.env.ref(f"itss_quality.itss_survey_question_{key}").title

    def test_what_stands_in_the_statistics(self):
        last_year = date.today() - timedelta(days=400)
        old = self._make_running(1, date_start=last_year)
        self.answer(old.participant_ids, day=date.today(), overall=3, speed=3)
        old.action_end()
        old.sudo().write({"state": "closed"})
        round_ = self.make_round(0, minimum_n=2, target=85)
        for industry in (self.health, self.health, None, None):
            self.make_participant(round_, industry=industry)
        round_.action_start()
        first, second, third, _silent = round_.participant_ids
        self.answer(first, channel="phone", overall=5)
        self.answer(second, channel="paper", overall=4)
        self.answer(third, channel="phone", overall=4)
        round_.action_end()
        book = self._load("itss_survey_xlsx_action", round_, self.quality_user)
        self.assertEqual(len(book["Statistics"]._charts), 2)
        sheets = self._export(round_)
        keys = self._get_texts(sheets["Statistics"][:18])
        self.assertEqual(keys["Recipients"], 4)
        self.assertEqual(keys["Answers"], 3)
        self.assertEqual(keys["Response Rate (%)"], 75)
        self.assertEqual(keys["Target Response Rate (%)"], 60)
        self.assertEqual(keys["Scores (n)"], 3)
        self.assertAlmostEqual(keys["Satisfaction"], 260 / 3, places=2)
        self.assertEqual(keys["Target"], 85)
        self.assertEqual(keys["Verdict"], "Target met")
        self.assertAlmostEqual(keys["Standard Deviation"], 11.55, places=2)
        # 86.667 ± 4.3027 · 11.547 / √3
        self.assertAlmostEqual(keys["Confidence from"], 57.98, places=2)
        self.assertEqual(keys["Confidence to"], 100)
        self.assertEqual(keys["Previous Survey"], old.display_name)
        self.assertEqual(keys["Previous Answers (n)"], 1)
        self.assertEqual(keys["Previous Satisfaction"], 60)
        self.assertAlmostEqual(keys["Change"], 26.67, places=2)
        table = self._get_table(sheets)
        overall = table["Question", self._get_title("overall")]
        self.assertEqual(overall["Answers (n)"], 3)
        self.assertEqual((overall["60–80"], overall["80–100"]), (2, 1))
        self.assertEqual((overall["Previous Satisfaction"], overall["Target"]), (60, 85))
        self.assertEqual(table["Section", "All in all"]["Answers (n)"], 3)
        self.assertEqual(table["Channel", "Phone"]["Satisfaction"], 90)
        self.assertEqual(table["Channel", "Paper"]["Satisfaction"], 80)
        self.assertEqual(table["Channel", "Paper"]["Confidence from"], "no data")
        self.assertEqual(table["Customer Segment", "Health"]["Satisfaction"], 90)
        self.assertEqual(table["Customer Segment", "No segment"]["Answers (n)"], 1)
        speed = table["Question", self._get_title("speed")]
        self.assertEqual((speed["Answers (n)"], speed["Satisfaction"]), (0, "no data"))
        self.assertIn(("Row of a matrix", self._get_row_title("documents")), table)
        names = [name for dimension, name in table if dimension == "Question"]
        self.assertEqual(names[0], self._get_title("overall"), "what a chart can show comes first")

    def _get_row_title(self, key):
        row = self.env.ref(f"itss_quality.itss_survey_process_{key}")
        return f"{self._get_title('process')}: {row.value}"

    def test_where_there_is_nothing_to_average_it_says_so(self):
        draft, running = self.make_round(1), self._make_running(1)
        for round_ in (draft, running):
            book = self._load("itss_survey_xlsx_action", round_, self.quality_user)
            self.assertFalse(book["Statistics"]._charts)
            sheets = self._export(round_)
            keys = self._get_texts(sheets["Statistics"][:18])
            for name in ("Satisfaction", "Standard Deviation", "Confidence from", "Change"):
                self.assertEqual(keys[name], "no data")
            self.assertEqual(keys["Verdict"], "No data")
            for figures in self._get_table(sheets).values():
                self.assertEqual(figures["Answers (n)"], 0)
                self.assertEqual(figures["Satisfaction"], "no data")
            self.assertEqual(self._get_answers(sheets), [])
        keys = self._get_texts(self._export(draft)["Statistics"][:18])
        self.assertEqual(keys["Response Rate (%)"], "no data")

    def test_what_stands_in_the_analysis(self):
        round_ = self._make_running(2)
        self.answer(round_.participant_ids[0], overall=4)
        round_.action_end()
        round_.write({"conclusion": "=1+1", "causes": "人手不足", "measures": "培训"})
        texts = self._get_texts(self._export(round_)["Analysis"])
        self.assertEqual(
            list(texts),
            [
                "Purpose",
                "Time",
                "Subjects",
                "Method",
                "Sample and Response Rate",
                "Indicators and Calculation",
                "Statistics",
                "Conclusion",
                "Causes",
                "Measures and Suggestions",
            ],
        )
        self.assertIn("Recipients: 2\nAnswers: 1", texts["Sample and Response Rate"])
        self.assertIn("Response rate (%): 50.00 (target: 60)", texts["Sample and Response Rate"])
        self.assertIn("80.00 (n = 1); target: 95", texts["Statistics"])
        self.assertIn("95 % confidence interval: no data to no data", texts["Statistics"])
        self.assertIn("Too few answers", texts["Statistics"])
        self.assertEqual(texts["Conclusion"], "=1+1")
        self.assertEqual(texts["Measures and Suggestions"], "培训")

    def test_several_rounds_in_one_workbook(self):
        rounds = self._make_running(1) | self._make_running(2)
        book = self._load("itss_survey_xlsx_action", rounds, self.quality_user)
        self.assertEqual(len(book.sheetnames), 2 * len(SHEETS) + 1)
        self.assertIn(rounds[0].number, book.worksheets[0]["A2"].value)
        self.assertIn(rounds[1].number, book.worksheets[len(SHEETS)]["A2"].value)

    # -------------------------------------------------------------------------
    # Answers
    # -------------------------------------------------------------------------

    def test_the_columns_of_the_answers(self):
        round_ = self.make_round(0)
        participant = self.make_participant(round_, industry=self.health)
        participant.sudo().customer_id.name = "=cmd|' /C calc'!A0"
        round_.action_start()
        day = date.today()
        self.answer(participant, "paper", day, "=1+1", speed="na", reporting=2, overall=5)
        book = self._load("itss_survey_xlsx_action", round_, self.quality_user)
        sheet = book["Answers"]
        headings = [cell.value for cell in sheet[3]]
        self.assertEqual(
            headings[:8],
            [
                "Row No.",
                "Customer",
                "Contact",
                "Channel",
                "Customer Segment",
                "Answered on",
                "Satisfaction",
                "Address Changed",
            ],
        )
        self.assertEqual(headings[8:10], [self._get_title("speed"), "Score"])
        self.assertEqual(headings[16:18], [self._get_row_title("reporting"), "Score"])
        self.assertEqual(headings[-1], self._get_title("comment"))
        self.assertEqual(len(headings), 8 + 2 * 9 + 1)
        [row] = sheet.iter_rows(min_row=4)
        values = [cell.value for cell in row]
        self.assertEqual(values[:5], [1, "=cmd|' /C calc'!A0", "联系人1", "Paper", "Health"])
        self.assertEqual(values[5].date(), day)
        self.assertAlmostEqual(values[6], (40 + 2 * 100) / 3)
        self.assertEqual(values[8:10], ["Not applicable", None], "it does not count")
        self.assertEqual(values[10:12], [None, None], "it was skipped")
        self.assertEqual(values[16:18], ["Dissatisfied", 40])
        self.assertEqual(values[-1], "=1+1")
        for cell in (row[1], row[-1]):
            self.assertEqual(cell.data_type, "s", "text is never taken for a formula")
            self.assertFalse(cell.hyperlink)

    def test_the_figures_follow_from_the_answers(self):
        """The round's mean, each question's and each group's, from the exported cells alone."""
        generator = random.Random(4)
        round_ = self.make_round(0)
        for _number in range(12):
            industry = generator.choice((self.health, self.school, None))
            self.make_participant(round_, industry=industry)
        round_.action_start()
        for participant in round_.participant_ids:
            scores = {
                key: generator.choice((1, 2, 3, 4, 5, "na", None)) for key in (*KEYS[:-1], *ROWS)
            }
            scores["overall"] = generator.randint(1, 5)
            self.answer(participant, generator.choice(("phone", "paper")), **scores)
        round_.action_end()
        sheets = self._export(round_)
        weights = {row[2]: row[4] for row in sheets["Questionnaire"][3:] if row[4] is not None}
        questions, groups, means = defaultdict(list), defaultdict(list), []
        for row in self._get_answers(sheets):
            scores = self._recompute(row)
            for title, score in scores.items():
                questions[title].append(score)
            total = sum(weights[title] for title in scores)
            mean = sum(weights[title] * score for title, score in scores.items()) / total
            self.assertAlmostEqual(self._get_fact(row, "Satisfaction"), mean, places=9)
            means.append(mean)
            groups["Channel", self._get_fact(row, "Channel")].append(mean)
            groups["Customer Segment", self._get_fact(row, "Customer Segment")].append(mean)
        self.assertEqual(len(means), 12)
        self.assertEqual(round_.score_count, 12)
        self.assertAlmostEqual(round_.score, sum(means) / 12, places=2)
        table = self._get_table(sheets)
        self.assertAlmostEqual(table["Total", "All answers"]["Satisfaction"], round_.score)
        groups.update({("Question", title): scores for title, scores in questions.items()})
        self.assertGreaterEqual(len(groups), 6 + 2 + 2)
        for key, scores in groups.items():
            self.assertEqual(table[key]["Answers (n)"], len(scores), key)
            self.assertAlmostEqual(table[key]["Satisfaction"], sum(scores) / len(scores), places=2)

    def _recompute(self, row):
        """Return the score of each question of an exported answer; of a matrix the rows' mean."""
        cells = defaultdict(list)
        for (title, _words), (heading, score) in zip(row[7:], row[8:], strict=False):
            if heading == "Score" and score is not None:
                cells[title.split(": ")[0]].append(score)
        return {title: sum(scores) / len(scores) for title, scores in cells.items()}

    def test_only_answers_that_count_are_there(self):
        round_ = self._make_running(2)
        first, second = round_.participant_ids
        self.answer(first, overall=4)
        second.sudo()._create_answers()
        test = self.questionnaire._create_answer(user=self.quality_user, test_entry=True)
        test._mark_done()
        rows = self._get_answers(self._export(round_))
        self.assertEqual([self._get_fact(row, "Contact") for row in rows], [first.contact_name])

    def test_answers_of_every_kind(self):
        survey = self._make_survey()
        round_ = self._make_running(1, survey_id=survey.id)
        text = self._get_kinds_answers(survey)
        round_.participant_ids.with_user(self.quality_user)._register_answers(
            text, "phone", date.today()
        )
        [row] = self._get_answers(self._export(round_))
        cells = dict(row[7:])
        self.assertEqual(cells["Scale"], 0)
        self.assertEqual(cells["Several"], "A, B; C")
        self.assertEqual(cells["Number"], 2.5)
        self.assertEqual(cells["Day"], datetime(2025, 10, 31), "a day, no text")
        self.assertEqual(cells["Table: Row 1"], "X; Y")
        self.assertEqual(cells["One"], "A, B")
        self.assertEqual(cells["One: comment"], "because")
        scores = [value for heading, value in row[7:] if heading == "Score"]
        self.assertEqual(scores, [0, 100], "the scale and the one choice")

    def _get_kinds_answers(self, survey):
        scale, several, number, day, table, one = survey.question_ids
        row = table.matrix_row_ids
        return {
            scale.id: ("0", None),
            several.id: ([str(id_) for id_ in several.suggested_answer_ids.ids], None),
            number.id: ("2.5", None),
            day.id: ("2025-10-31", None),
            table.id: ({str(row.id): [str(i) for i in table.suggested_answer_ids.ids]}, None),
            one.id: (str(one.suggested_answer_ids[0].id), "because"),
        }

    def test_ten_thousand_answers_take_few_statements(self):
        round_ = self._make_running(2)
        for participant in round_.participant_ids:
            self.answer(participant, overall=4)

        def count():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._export(round_)
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        self._copy_answer(round_, 200)
        self.assertEqual(len(self._get_answers(self._export(round_))), 202)
        self.assertLessEqual(count(), few + 1)

    def _copy_answer(self, round_, number):
        answer = round_.participant_ids[0].sudo().user_input_id
        for _number in range(number):
            answer.copy({"state": "done"}).write({"itss_round_id": round_.id, "state": "done"})
        self.env.flush_all()

    # -------------------------------------------------------------------------
    # Who may
    # -------------------------------------------------------------------------

    def test_who_may_see_answers_gets_them(self):
        round_ = self._make_running(1)
        self.answer(round_.participant_ids, overall=4)
        for user in (self.desk_user, self.ops_user, self.quality_user, self.manager_user):
            sheets = self._export(round_, user)
            self.assertEqual(len(self._get_answers(sheets)), 1, user.login)

    def test_the_workbook_says_who_has_read_the_report(self):
        round_ = self._make_running(1)
        self.answer(round_.participant_ids, overall=4)
        round_.action_end()
        round_.write({"conclusion": "达到目标", "measures": "加强响应"})
        report = self.env["itss.survey.report"].browse(round_.action_open_report()["res_id"])
        report.recipient_ids = self.staff_user
        self.assertEqual(len(self._export(round_)["Issue and Reading"]), 3)
        self.approve(report)
        [row] = self._export(round_)["Issue and Reading"][3:]
        self.assertEqual(row[:3], (report.number, report.version, self.staff_user.name))
        self.assertTrue(row[3])
        self.assertFalse(row[4])
        report.with_user(self.staff_user).action_confirm_read()
        [row] = self._export(round_)["Issue and Reading"][3:]
        self.assertTrue(row[4])

    def test_a_department_concerned_gets_figures_but_no_answers(self):
        plan = self.make_plan(0)
        line = self.make_line(
            plan, kind="survey", responsible_department_ids=[(6, 0, self.dep_staff.ids)]
        )
        self.approve(plan)
        round_ = self._make_running(1, plan_line_id=line.id)
        self.answer(round_.participant_ids, overall=4)
        round_.action_end()
        # figures are theirs when the round is closed, and until then they say so
        sheets = self._export(round_, self.staff_user)
        self.assertEqual(list(sheets), [*SHEETS[:-1], SETTINGS])
        keys = self._get_texts(sheets["Statistics"][:18])
        self.assertEqual(keys["Satisfaction"], "not shown")
        round_.sudo().write({"state": "closed"})
        sheets = self._export(round_, self.staff_user)
        self.assertEqual(list(sheets), [*SHEETS[:-1], SETTINGS])
        self.assertEqual(self._get_texts(sheets["Statistics"][:18])["Satisfaction"], 80)

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_who_may_not_read_the_round_gets_nothing(self):
        round_ = self._make_running(1)
        for user in (self.outsider, self.staff_user, self.foreign_user):
            with self.assertRaises(AccessError):
                self._export(round_, user)

    # -------------------------------------------------------------------------
    # Anonymous rounds
    # -------------------------------------------------------------------------

    def test_an_anonymous_round_shows_nothing_while_it_runs(self):
        round_ = self._make_running(6, is_anonymous=True)
        self._answer_all(round_)
        round_.action_refresh()
        for user in (self.quality_user, self.manager_user):
            sheets = self._export(round_, user)
            [note] = [row[0] for row in sheets["Answers"][2:]]
            self.assertIn("after its end", note)
            keys = self._get_texts(sheets["Statistics"][:18])
            for name in ("Scores (n)", "Satisfaction", "Verdict", "Confidence from"):
                self.assertEqual(keys[name], "not shown")
            for figures in self._get_table(sheets).values():
                self.assertEqual(figures.pop("Target"), 95)
                self.assertEqual(set(figures.values()), {"not shown"})
            self.assertEqual(sheets["Questionnaire"][3][5:], ("not shown", "not shown"))
            self.assertIn("not shown", self._get_texts(sheets["Analysis"])["Statistics"])

    def test_an_anonymous_round_with_few_answers_shows_none(self):
        round_ = self._make_running(4, is_anonymous=True)
        self._answer_all(round_)
        round_.action_end()
        sheets = self._export(round_)
        self.assertIn("fewer than 5", sheets["Answers"][2][0])
        self.assertEqual(len(sheets["Answers"]), 3)
        keys = self._get_texts(sheets["Statistics"][:18])
        self.assertEqual(keys["Satisfaction"], "not shown")
        self.assertEqual(keys["Verdict"], "not shown")

    def test_anonymous_answers_tell_nobody_and_no_order(self):
        round_ = self._make_running(8, is_anonymous=True)
        for participant, score in zip(
            round_.participant_ids, (5, 1, 4, 2, 5, 3, 1, 2), strict=True
        ):
            self.answer(participant, comment=f"C{score}", overall=score)
        round_.action_end()
        sheets = self._export(round_)
        rows = self._get_answers(sheets)
        for heading in ("Customer", "Contact", "Answered on"):
            self.assertEqual({self._get_fact(row, heading) for row in rows}, {None})
        for name in round_.participant_ids.mapped("contact_name"):
            self.assertNotIn(name, str(sheets))
        scores = [self._get_fact(row, "Satisfaction") for row in rows]
        self.assertEqual(scores, sorted(scores))
        self.assertEqual(len(scores), 8)
        self.assertEqual(
            [self._get_fact(row, self._get_title("comment")) for row in rows],
            ["C1", "C1", "C2", "C2", "C3", "C4", "C5", "C5"],
        )
        self.assertEqual({self._get_fact(row, "Channel") for row in rows}, {"Phone"})
        self.assertEqual({self._get_fact(row, "Customer Segment") for row in rows}, {"No segment"})

    def _make_anonymous(self, groups):
        """Create an ended anonymous round; ``groups``: how many answers by channel and segment."""
        round_ = self.make_round(0, is_anonymous=True)
        entries = []
        for (channel, industry), count in groups.items():
            for _number in range(count):
                entries.append((self.make_participant(round_, industry=industry), channel))
        round_.action_start()
        for index, (participant, channel) in enumerate(entries):
            self.answer(participant, channel, overall=1 + index % 5)
        round_.action_end()
        return round_

    def _count_groups(self, round_):
        counts = defaultdict(int)
        for row in self._get_answers(self._export(round_)):
            group = self._get_fact(row, "Channel"), self._get_fact(row, "Customer Segment")
            counts[group] += 1
        return dict(counts)

    def test_groups_of_five_and_more_are_told(self):
        round_ = self._make_anonymous(
            {("phone", self.health): 5, ("paper", self.health): 6, ("paper", self.school): 5}
        )
        self.assertEqual(
            self._count_groups(round_),
            {("Phone", "Health"): 5, ("Paper", "Health"): 6, ("Paper", "School"): 5},
        )

    def test_a_small_group_is_not_told_nor_what_would_tell_it(self):
        # 2 by interview; left out alone they could be told from the others
        round_ = self._make_anonymous(
            {
                ("phone", self.health): 5,
                ("paper", self.health): 6,
                ("interview", self.health): 2,
            }
        )
        self.assertEqual(self._count_groups(round_), {("Paper", "Health"): 6, (None, "Health"): 7})

    def test_a_small_combination_of_large_groups_is_not_told(self):
        round_ = self._make_anonymous(
            {
                ("phone", self.health): 5,
                ("phone", self.school): 2,
                ("paper", self.health): 5,
                ("paper", self.school): 6,
            }
        )
        results = round_.result_ids.filtered(lambda one: one.dimension in ("channel", "segment"))
        self.assertFalse(any(results.mapped("is_suppressed")), "each alone is large enough")
        self.assertEqual(self._count_groups(round_), {(None, "Health"): 10, (None, "School"): 8})

    def test_few_answers_without_a_score_do_not_stand_out_by_their_group(self):
        # they are in no figure, and so in no group that is told
        round_ = self.make_round(0, is_anonymous=True)
        for index in range(7):
            self.make_participant(round_, industry=self.school if index < 2 else self.health)
        round_.action_start()
        for participant in round_.participant_ids[:2]:
            self.answer(participant, comment="?")
        for participant in round_.participant_ids[2:]:
            self.answer(participant, overall=4)
        round_.action_end()
        self.assertEqual(self._count_groups(round_), {("Phone", None): 7})

    def test_a_question_few_have_answered_is_not_told(self):
        round_ = self._make_running(6, is_anonymous=True)
        for index, participant in enumerate(round_.participant_ids):
            scores = {"overall": 4, "reporting": 3}
            scores |= {"speed": 2} if index < 3 else {}
            scores |= {"progress": 1} if index < 4 else {}
            self.answer(participant, comment="?", **scores)
        round_.action_end()
        sheets = self._export(round_)
        headings = sheets["Answers"][2]
        self.assertNotIn(self._get_title("speed"), headings)
        self.assertNotIn(self._get_row_title("progress"), headings)
        self.assertIn(self._get_row_title("reporting"), headings)
        self.assertIn(self._get_title("comment"), headings)
        rows = self._get_answers(sheets)
        self.assertEqual(len(rows), 6)
        # it would follow from the answer's score and the other questions
        self.assertEqual({self._get_fact(row, "Satisfaction") for row in rows}, {None})
        table = self._get_table(sheets)
        speed = table["Question", self._get_title("speed")]
        self.assertEqual((speed["Answers (n)"], speed["Satisfaction"]), ("not shown", "not shown"))
        self.assertEqual(table["Question", self._get_title("skill")]["Satisfaction"], "no data")
        self.assertEqual(table["Question", self._get_title("overall")]["Satisfaction"], 80)

    def test_an_answer_that_the_figures_lack_is_not_told_by_the_difference(self):
        round_ = self._make_running(6, is_anonymous=True)
        self._answer_all(round_)
        round_.action_end()
        self.assertEqual(len(self._get_answers(self._export(round_))), 6)
        # one that was under way at the end
        answers = self.env["survey.user_input"].search([("itss_round_id", "=", round_.id)])
        answers[0].copy().write({"itss_round_id": round_.id, "itss_score": 20, "state": "done"})
        self.assertIn("update the figures", self._export(round_)["Answers"][2][0])


@tagged("post_install", "-at_install")
class TestSurveyImport(SurveyExcelCommon):
    """Answers on paper: template, filled in, imported, all or none (plan 6.3: 问卷)."""

    FIXED = ("No.", "Customer", "Contact", "Channel", "Answered on")

    def _make_wizard(self, round_, user=None):
        return (
            self.env["itss.survey.import"]
            .with_user(user or self.desk_user)
            .with_context(lang="en_US")
            .create({"round_id": round_.id})
        )

    def _download(self, round_, user=None, lang="en_US"):
        wizard = self._make_wizard(round_, user)
        action = wizard.action_download_template()
        self.assertEqual(action["report_name"], "itss_quality.survey_template_xlsx")
        return self._load("itss_survey_template_xlsx_action", wizard, user or self.desk_user, lang)

    def _fill(self, book, rows, day=None):
        """Type answers into the sheet: a dict of words by heading for each of the first rows."""
        sheet = book.worksheets[0]
        headings = {
            cell.value: cell.column for cell in sheet[HEADINGS_ROW] if cell.value is not None
        }
        columns = list(headings.values())
        for number, words in enumerate(rows, HEADINGS_ROW + 1):
            if words:
                sheet.cell(number, columns[4], day or date.today())
            for heading, word in words.items():
                cell = sheet.cell(number, headings[heading], word)
                if isinstance(word, str):
                    # as Excel keeps a text that begins with =
                    cell.data_type = "s"
        return book

    def _upload(self, book, round_, user=None):
        content = book
        if not isinstance(book, bytes):
            stream = io.BytesIO()
            book.save(stream)
            content = stream.getvalue()
        wizard = self._make_wizard(round_, user)
        wizard.write({"file": base64.b64encode(content), "filename": "answers.xlsx"})
        return wizard.action_import()

    def _refuse(self, book, round_, user=None):
        """Return the lines of the refusal, and make sure that nothing was written."""
        # not by assertRaises, which undoes what was written
        try:
            self._upload(book, round_, user)
        except UserError as error:
            lines = str(error).splitlines()
        else:
            self.fail("not refused")
        self.assertFalse(round_.participant_ids.filtered("interviewer_id"))
        done = [("itss_round_id", "=", round_.id), ("state", "!=", "new")]
        self.assertFalse(self.env["survey.user_input"].search_count(done))
        return lines

    def _title(self, key):
        return self.env.ref(f"itss_quality.itss_survey_question_{key}").title

    # -------------------------------------------------------------------------
    # Template
    # -------------------------------------------------------------------------

    def test_the_template(self):
        round_ = self._make_running(3)
        first, second, third = round_.participant_ids
        self.answer(first, overall=4)
        sheet, lists = self._download(round_).worksheets
        self.assertEqual(lists.sheet_state, "hidden")
        self.assertTrue(sheet.row_dimensions[1].hidden and sheet.row_dimensions[2].hidden)
        headings = [cell.value for cell in sheet[HEADINGS_ROW]]
        self.assertEqual(tuple(headings[:5]), self.FIXED)
        self.assertEqual(headings[5], self._title("speed"))
        self.assertEqual(len(headings), 5 + 5 + 4 + 1)
        rows = list(sheet.iter_rows(min_row=HEADINGS_ROW + 1, values_only=True))
        self.assertEqual(
            [row[:4] for row in rows],
            [
                (second.id, second.customer_id.name, second.contact_name, "Paper"),
                (third.id, third.customer_id.name, third.contact_name, "Paper"),
            ],
            "who has answered is not asked again",
        )
        self.assertFalse(any(value for row in rows for value in row[4:]))
        validations = {
            str(validation.sqref): validation
            for validation in sheet.data_validations.dataValidation
        }
        channel, day, speed = (validations[f"{letter}6:{letter}7"] for letter in "DEF")
        self.assertEqual(self._get_list(lists, channel), ["Paper", "Phone", "Interview"])
        days = [int(to_excel(moment)) for moment in (round_.date_start, round_.date_end)]
        self.assertEqual((day.type, day.operator or "between"), ("date", "between"))
        self.assertEqual([int(day.formula1), int(day.formula2)], days)
        self.assertEqual(
            self._get_list(lists, speed),
            [
                "Very satisfied",
                "Satisfied",
                "Fair",
                "Dissatisfied",
                "Very dissatisfied",
                "Not applicable",
            ],
        )
        self.assertNotIn("O6:O7", validations, "a text is free")

    def _get_list(self, lists, validation):
        self.assertEqual(validation.type, "list")
        area = validation.formula1.removeprefix("lists!").replace("$", "")
        return [cell.value for cell in lists[area][0]]

    # -------------------------------------------------------------------------
    # Import
    # -------------------------------------------------------------------------

    def test_filled_in_rows_are_entered(self):
        round_ = self._make_running(3)
        first, second, third = round_.participant_ids
        row_title = f"{self._title('process')}: Reporting a problem is easy"
        book = self._fill(
            self._download(round_),
            [
                {
                    self._title("speed"): "Fair",
                    row_title: " very  SATISFIED ",
                    self._title("overall"): "Satisfied",
                    self._title("comment"): "=1+1",
                    "Channel": "Interview",
                },
                {},
                {self._title("speed"): "Not applicable", self._title("comment"): "好"},
            ],
        )
        action = self._upload(book, round_)
        self.assertIn("2 answers", action["params"]["message"])
        self.assertEqual(
            round_.participant_ids.mapped("state"), ["answered", "to_send", "answered"]
        )
        self.assertEqual((first.channel, third.channel), ("interview", "paper"))
        self.assertEqual(first.interviewer_id, self.desk_user)
        self.assertEqual(first.interview_date, date.today())
        self.assertAlmostEqual(first.score, (60 + 100 + 2 * 80) / 4)
        self.assertFalse(third.is_scored, "what is not applicable is no zero")
        texts = first.sudo().user_input_id.user_input_line_ids.mapped("value_text_box")
        self.assertIn("=1+1", texts)
        self.assertEqual(first.user_input_id.itss_channel, "interview")
        self.assertIn("answers.xlsx", round_.message_ids[0].body)
        # the same file again
        lines = self._refuse_again(book, round_)
        self.assertIn("Row 6, column A (No.)", lines[1])
        self.assertIn("nothing left to enter", lines[1])
        self.assertEqual(len(lines), 3)

    def _refuse_again(self, book, round_):
        with self.assertRaises(UserError) as caught:
            self._upload(book, round_)
        return str(caught.exception).splitlines()

    def test_the_dialog(self):
        round_ = self._make_running(1).with_user(self.desk_user)
        stream = io.BytesIO()
        self._fill(self._download(round_), [{self._title("overall"): "Fair"}]).save(stream)
        action = round_.action_import_answers()
        form = Form(
            self.env[action["res_model"]]
            .with_context(action["context"], lang="en_US")
            .with_user(self.desk_user)
        )
        self.assertEqual((form.round_id, form.waiting_count), (round_, 1))
        form.file = base64.b64encode(stream.getvalue())
        form.save().action_import()
        self.assertEqual(round_.participant_ids.state, "answered")

    def test_what_was_exported_is_what_was_imported(self):
        round_ = self._make_running(1)
        words = {self._title(key): "Dissatisfied" for key in KEYS}
        self._upload(self._fill(self._download(round_), [words]), round_)
        [row] = self._get_answers(self._export(round_))
        cells = dict(row[7:])
        self.assertEqual({title: cells[title] for title in words}, words)
        self.assertEqual(self._get_fact(row, "Channel"), "Paper")
        self.assertEqual(self._get_fact(row, "Satisfaction"), 40)

    def test_questions_of_every_kind(self):
        survey = self._make_survey()
        round_ = self._make_running(2, survey_id=survey.id)
        words = {
            "Scale": 0,
            "Several": "C；A, B",
            "Number": 2.5,
            "Day": date(2025, 10, 31),
            "Table: Row 1": "x;Y",
            "One": "a, b",
            "One: comment": "because",
        }
        self._upload(self._fill(self._download(round_), [words, {**words, "Scale": "10"}]), round_)
        [row, _other] = self._get_answers(self._export(round_))
        cells = dict(row[7:])
        self.assertEqual(cells["Several"], "A, B; C")
        self.assertEqual((cells["Scale"], cells["Number"]), (0, 2.5))
        self.assertEqual(cells["Day"], datetime(2025, 10, 31), "a day, no text")
        self.assertEqual(cells["Table: Row 1"], "X; Y")
        self.assertEqual((cells["One"], cells["One: comment"]), ("A, B", "because"))

    def test_what_does_not_fit_a_question_of_any_kind(self):
        survey = self._make_survey()
        round_ = self._make_running(1, survey_id=survey.id)
        words = {
            "Scale": 11,
            "Several": "C;D",
            "Number": "many",
            "Day": "2025-02-30",
            "Table: Row 1": "Z",
            "One": "A",
        }
        lines = self._refuse(self._fill(self._download(round_), [words]), round_)
        self.assertEqual(len(lines), 7)
        for line, (heading, reason) in zip(
            lines[1:],
            {
                "Scale": "none of the possible answers",
                "Several": "“D” is none of the possible answers",
                "Number": "not a number",
                "Day": "not a date",
                "Table: Row 1": "“Z” is none of the possible answers",
                "One": "“A” is none of the possible answers",
            }.items(),
            strict=True,
        ):
            self.assertIn(f"({heading})", line)
            self.assertIn(reason, line)

    def test_a_chinese_template_is_taken_from_an_english_user(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        very, fair = (
            self.env.ref(f"itss_quality.itss_survey_speed_{word}")
            for word in ("very_satisfied", "fair")
        )
        # in English the other one's word: the template's language says which is meant
        very.sudo().with_context(lang="zh_CN").value = "Fair"
        fair.sudo().with_context(lang="zh_CN").value = "一般"
        round_ = self._make_running(2)
        book = self._download(round_, lang="zh_CN")
        sheet = book.worksheets[0]
        self.assertEqual(sheet["D1"].value, "zh_CN")
        sheet["E6"] = sheet["E7"] = date.today()
        sheet["F6"], sheet["F7"] = "Fair", "一般"
        sheet["D7"] = "Phone"
        self._upload(book, round_)
        first, second = round_.participant_ids
        self.assertEqual((first.score, second.score), (100, 60))
        self.assertEqual((first.channel, second.channel), ("paper", "phone"))

    # -------------------------------------------------------------------------
    # Bad input
    # -------------------------------------------------------------------------

    def test_files_that_are_no_template(self):
        round_ = self._make_running(1)
        other = openpyxl.Workbook()
        other.active["A1"] = "x"
        for content, words in (
            (b"no Excel", "damaged or not an Excel workbook"),
            (b"\xd0\xcf\x11\xe0old", "old Excel format"),
            (b"PK" + b"0" * MAX_FILE_SIZE, "too big: 11 MB, where 10 MB are allowed"),
            (other, "not the template of a survey round"),
        ):
            lines = self._refuse(content, round_)
            self.assertIn(words, lines[-1])
        wizard = self._make_wizard(round_)
        with self.assertRaisesRegex(UserError, "choose the Excel file"):
            wizard.action_import()

    def test_the_template_of_another_round(self):
        round_, other = self._make_running(1), self._make_running(1)
        book = self._fill(self._download(other), [{self._title("overall"): "Fair"}])
        [line] = self._refuse(book, round_)
        self.assertIn(f"template of another survey round ({other.number})", line)

    def test_columns_that_miss_or_moved(self):
        round_ = self._make_running(1)
        filled = {self._title("overall"): "Fair"}
        book = self._fill(self._download(round_), [filled])
        book.worksheets[0].delete_cols(6)
        lines = self._refuse(book, round_)
        self.assertEqual(lines[1:], [f"• Row 5: The column “{self._title('speed')}” is missing."])
        book = self._fill(self._download(round_), [filled])
        book.worksheets[0].insert_cols(6)
        self.assertIn("added, moved or doubled", self._refuse(book, round_)[1])
        book = self._fill(self._download(round_), [filled])
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(min_row=1, min_col=6, max_col=7):
            row[0].value, row[1].value = row[1].value, row[0].value
        self.assertIn("added, moved or doubled", self._refuse(book, round_)[1])

    def test_rows_that_can_not_be_entered(self):
        yesterday, tomorrow = date.today() - timedelta(days=1), date.today() + timedelta(days=1)
        round_ = self._make_running(8)
        stranger = self._make_running(1).participant_ids
        *_others, answered = round_.participant_ids
        overall = {self._title("overall"): "Fair"}
        book = self._fill(self._download(round_), [overall] * 8)
        # somebody else is faster
        self.answer(answered, overall=4)
        sheet = book.worksheets[0]
        sheet["A6"], sheet["A7"] = stranger.id, None
        sheet["A9"] = sheet["A8"].value
        sheet["D10"], sheet["E10"] = "Pigeon", None
        sheet["E11"], sheet["E12"] = yesterday, tomorrow
        sheet["E12"], sheet["E11"] = "2025年13月1日", tomorrow
        sheet["N12"] = "Superb"
        with self.assertRaises(UserError) as caught:
            self._upload(book, round_)
        title = self._title("overall")
        expected = [
            f"Row 6, column A (No.): “{stranger.id}” is no participant of this survey.",
            "Row 7, column A (No.): “” is no participant of this survey.",
            "Row 9, column A (No.): This participant stands in row 8 already.",
            "Row 10, column D (Channel): Please say how the customer answered: "
            "Paper, Phone, Interview.",
            "Row 10, column E (Answered on): Please enter the day",
            "Row 11, column E (Answered on): Please enter the day",
            "Row 12, column E (Answered on): “2025年13月1日” is not a date",
            f"Row 12, column N ({title}): “Superb” is none of the possible answers.",
            f"Row 13, column A (No.): “{answered.display_name}” is Answered",
        ]
        _head, *lines = str(caught.exception).splitlines()
        for line, words in zip(lines, expected, strict=True):
            self.assertTrue(line.startswith(f"• {words}"), line)
        self.assertEqual(round_.participant_ids.filtered("interviewer_id"), answered)

    def test_a_day_before_the_start(self):
        round_ = self._make_running(1)
        book = self._fill(
            self._download(round_),
            [{self._title("overall"): "Fair"}],
            day=date.today() - timedelta(days=1),
        )
        self.assertIn("Please enter the day", self._refuse(book, round_)[1])

    def test_days_as_they_are_written(self):
        for text in ("2025-10-31", "2025/10/31", "2025.10.31", "2025年10月31日", " 2025-10-31 "):
            self.assertEqual(parse_day(text), date(2025, 10, 31), text)
        for text in ("", "31.10.25", "2025-02-30", "2025年10月", "soon", "45961", "²⁰²⁵-1-1"):
            self.assertIsNone(parse_day(text), text)

    def test_fifty_problems_are_listed_and_the_others_counted(self):
        round_ = self._make_running(3)
        words = {self._title(key): "?" for key in KEYS}
        words |= {
            f"{self._title('process')}: {self.env.ref(f'itss_quality.itss_survey_process_{key}').value}": "?"
            for key in ROWS
        }
        lines = self._refuse(self._fill(self._download(round_), [words] * 3), round_)
        self.assertEqual(len(lines), 1 + 27)
        many = self._make_running(7)
        lines = self._refuse(self._fill(self._download(many), [words] * 7), many)
        self.assertEqual(len(lines), 1 + 50 + 1)
        self.assertEqual(lines[-1], "… and 13 more.")

    def test_nothing_to_import(self):
        round_ = self._make_running(2)
        book = self._download(round_)
        self.assertIn("No row has an answer", self._refuse(book, round_)[0])
        # a day and a channel alone are no answer
        book.worksheets[0]["E6"] = date.today()
        self.assertIn("No row has an answer", self._refuse(book, round_)[0])
        book.worksheets[0].delete_rows(HEADINGS_ROW + 1, 2)
        self.assertIn("no rows below the headings", self._refuse(book, round_)[0])

    def test_all_or_nothing(self):
        round_ = self._make_running(3)
        book = self._fill(self._download(round_), [{self._title("overall"): "Fair"}] * 3)
        participants = self.env.registry["itss.survey.participant"]
        check = participants._check_entry
        second = round_.participant_ids[1]

        def fail(participant, channel, day):
            if participant.id == second.id:
                # pylint: disable-next=translation-required
                raise UserError("somebody was faster")
            return check(participant, channel, day)

        with patch.object(participants, "_check_entry", fail):
            lines = self._refuse(book, round_)
        self.assertEqual(lines[1:], ["• Row 7: somebody was faster"])
        self.assertEqual(set(round_.participant_ids.mapped("state")), {"to_send"})
        self._upload(book, round_)
        done = [("itss_round_id", "=", round_.id), ("state", "=", "done")]
        self.assertEqual(self.env["survey.user_input"].search_count(done), 3)

    def test_a_round_that_does_not_run(self):
        running = self._make_running(1)
        book = self._fill(self._download(running), [{self._title("overall"): "Fair"}])
        running.action_end()
        for round_ in (self.make_round(1), running):
            with self.assertRaisesRegex(UserError, "while a survey is running"):
                self._make_wizard(round_, self.quality_user).action_download_template()
        self.assertIn("is Analysing", self._refuse(book, running)[0])

    # -------------------------------------------------------------------------
    # Who may
    # -------------------------------------------------------------------------

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_lower_roles_may_not_import(self):
        round_ = self._make_running(1)
        wizard = self._make_wizard(round_)
        for user in (self.staff_user, self.manager_user, self.outsider):
            with self.assertRaises(AccessError):
                self._make_wizard(round_, user)
            with self.assertRaises(AccessError):
                wizard.with_user(user).action_import()
            with self.assertRaises(AccessError):
                self._load("itss_survey_template_xlsx_action", wizard, user)
        with self.assertRaises(AccessError):
            self._make_wizard(round_, self.foreign_user).action_download_template()

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_an_anonymous_round_is_entered_by_the_quality_department_alone(self):
        round_ = self._make_running(2, is_anonymous=True)
        desk = self._make_wizard(round_)
        for call in (
            desk.action_download_template,
            desk.action_import,
            lambda: self._load("itss_survey_template_xlsx_action", desk, self.desk_user),
        ):
            with self.assertRaisesRegex(AccessError, "only the quality department"):
                call()
        book = self._download(round_, self.quality_user)
        self._fill(book, [{self._title("overall"): "Fair"}, {self._title("overall"): "Satisfied"}])
        self._upload(book, round_, self.quality_user)
        self.assertEqual(set(round_.participant_ids.mapped("state")), {"answered"})
        self.assertFalse(round_.participant_ids.user_input_id, "nobody's answer can be told")


@tagged("post_install", "-at_install")
class TestSurveySheet(SurveyExcelCommon):
    """What the reader of a filled template makes of a sheet."""

    @freeze_time("2025-10-31 02:00:00")
    def test_cells_are_what_the_sheet_shows(self):
        round_ = self._make_running(1, date_start="2025-10-01")
        book = self._load(
            "itss_survey_template_xlsx_action",
            self.env["itss.survey.import"]
            .with_user(self.desk_user)
            .create({"round_id": round_.id}),
            self.desk_user,
        )
        sheet = book.worksheets[0]
        sheet["E6"], sheet["F6"], sheet["G6"], sheet["H6"] = (
            date(2025, 10, 30),
            4.0,
            True,
            " a\r\nb ",
        )
        sheet["I6"], sheet["J6"] = 0.5, "  "
        # notes beside the table, and far below it
        sheet["ZZ6"], sheet["A400"] = "note", None
        stream = io.BytesIO()
        book.save(stream)
        read = read_answer_sheet(stream.getvalue())
        self.assertEqual(
            (read.round_id, read.number, read.lang), (round_.id, round_.number, "en_US")
        )
        [(row, cells)] = read.rows
        self.assertEqual(row, 6)
        keys = read.keys
        self.assertEqual(cells["day"].date(), date(2025, 10, 30))
        self.assertEqual([cells.get(key) for key in keys[5:10]], ["4", "TRUE", "a\nb", "0.5", None])
        self.assertEqual(read.columns["day"], (5, "E", "Answered on"))
