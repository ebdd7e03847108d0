from datetime import timedelta

from lxml import html

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools.safe_eval import safe_eval

from ..prints import by_class, text
from .common import FULL, SurveyRoundCommon

REPORT = "itss_quality.itss_survey_report_pdf"
SCHEME = "itss_quality.itss_survey_scheme_pdf"
POOR = dict.fromkeys(FULL, 2)


class SurveyPrintCommon(SurveyRoundCommon):
    """The prints as HTML; tests/test_survey_pdf.py looks at the PDF."""

    def print(self, report, records, user=None, **context):
        """Return the print of records as a tree."""
        reports = self.env["ir.actions.report"].with_user(user or self.quality_user)
        content, kind = reports.with_context(**context)._render_qweb_html(report, records.ids)
        self.assertEqual(kind, "html")
        return html.fromstring(content.decode())

    def print_report(self, report, user=None, **context):
        return self.print(REPORT, report, user, **context)

    def hold(self, *answers, asked=0, **vals):
        """Hold a round in which one participant per dict of scores answers; return its report.

        :param int asked: participants who do not answer
        """
        round_ = self.start(self.make_round(len(answers) + asked, **vals))
        for participant, scores in zip(round_.participant_ids, answers, strict=False):
            self.answer(participant, **scores)
        return self.make_report(self.end(round_))

    def rows(self, table):
        """Return the texts of the cells of a table's body."""
        return [
            [text(cell) for cell in row.iterchildren("td")] for row in table.xpath("./tbody/tr")
        ]

    def chart(self, page, heading):
        """Return the chart below a heading."""
        [title] = [title for title in page.iter("h3") if text(title).endswith(heading)]
        found = title.xpath("following-sibling::*[1]/descendant-or-self::table")
        [chart] = [table for table in found if "itss_chart" in table.get("class")]
        return chart

    def bars(self, chart):
        """Return verdict and width of each row's bar."""
        bars = [bar for bar in by_class(chart, "itss_bar") if bar.tag == "div"]
        return [
            (bar.get("class").removeprefix("itss_bar itss_bar_"), bar.get("style")) for bar in bars
        ]

    def chapter(self, page, heading):
        """Return the text from a heading to the next one of its level, or of a higher one."""
        [title] = [title for title in page.iter("h2", "h3") if text(title).endswith(heading)]
        parts = []
        for element in title.itersiblings():
            if element.tag in ("h2", title.tag):
                break
            parts += element.itertext()
        return " ".join(" ".join(parts).split())


@tagged("post_install", "-at_install")
class TestSurveyReportPrint(SurveyPrintCommon):
    """The summary report (满意度调查汇总分析报告) and its figures."""

    # -------------------------------------------------------------------------
    # Chapters
    # -------------------------------------------------------------------------

    def test_chapters_come_in_the_company_s_order(self):
        page = self.print_report(self.hold(FULL))
        self.assertEqual(
            [text(heading) for heading in page.iter("h2")],
            [
                "Revision History",
                "1. Purpose",
                "2. Time",
                "3. Subjects",
                "4. Method",
                "5. Sample and Response Rate",
                "6. Indicators and Calculation",
                "7. Statistics",
                "8. Analysis",
                "9. Measures and Suggestions",
                "10. Issued to",
                "Appendix A. What Customers Wrote",
                "Appendix B. Questionnaire",
            ],
        )
        self.assertEqual(
            [text(title) for title in page.iter("h3") if text(title).startswith("7.")],
            [
                "7.1 Result",
                "7.2 Distribution of Satisfaction",
                "7.3 By Section",
                "7.4 By Question",
                "7.5 By Channel",
                "7.6 By Customer Segment",
                "7.7 Year on Year",
            ],
        )

    @freeze_time("2025-10-20 02:00:00")
    def test_the_report_says_how_the_survey_was_held(self):
        line = self.make_survey_line(number="4")
        report = self.hold(
            FULL,
            asked=1,
            plan_line_id=line.id,
            date_start="2025-10-08",
            date_end="2025-10-31",
            reminder_max=3,
        )
        page = self.print_report(report)
        self.assertIn(
            f"line 4 公司级满意度调查 of “{line.plan_id.name}”", self.chapter(page, "Purpose")
        )
        time = self.chapter(page, "2. Time")
        for words in ("10/08/2025 to 10/31/2025", "Ended on 10/20/2025", "at most 3"):
            self.assertIn(words, time)
        self.assertIn("All customers Participants: 2", self.chapter(page, "Subjects"))
        method = self.chapter(page, "Method")
        for words in ("Phone: 1", "E-Mail: 1", "Answers are given by name."):
            self.assertIn(words, method)

    def test_a_target_that_was_changed_stands_beside_the_figures(self):
        round_ = self.make_round(2)
        round_.write({"target": 80, "minimum_n": 1, "target_response_rate": 50})
        rows = self.env["itss.journal"].search(
            [("res_model", "=", round_._name), ("res_id", "=", round_.id)]
        )
        self.assertEqual(
            {row.values["name"]: (row.values["old"], row.values["new"]) for row in rows},
            {"target": (95, 80), "minimum_n": (10, 1), "target_response_rate": (60, 50)},
        )
        self.assertEqual(rows.user_id, self.quality_user)
        settings = self.chapter(self.print_report(self.hold(FULL)), "Settings in Force")
        self.assertIn("Target", settings)
        self.assertIn("Minimum Answers", settings)
        in_force = [row for row in round_._get_settings_in_force().rows if "Target –" in row.label]
        self.assertEqual([row.value for row in in_force], ["95", "80"])
        self.assertEqual(in_force[1].user, self.quality_user.name)

    def test_the_settings_of_a_round_entered_late_are_told_from_its_beginning(self):
        round_ = self.make_round(date_start=fields.Date.today() - timedelta(days=30))
        period = round_._get_settings_in_force().period
        self.assertEqual(period.date_from, round_.date_start)
        self.assertGreater(round_.create_date.date(), period.date_from)

    def test_without_a_plan_the_purpose_stands_alone(self):
        page = self.print_report(self.hold(FULL))
        self.assertEqual(
            self.chapter(page, "Purpose"),
            "To learn how satisfied the customers of the O&M service are, whether the target is met, "
            "and what to improve.",
        )

    def test_the_calculation_is_explained_with_what_each_answer_counts(self):
        page = self.print_report(self.hold(FULL, minimum_n=12))
        words = self.chapter(page, "Indicators and Calculation")
        for part in (
            "a scale's value as a share of its maximum",
            "a choice's score as a share of the best choice's",
            "A matrix counts as the average of its rows",
            "“Not applicable”, skipped and unscored questions do not count",
            "average of the questions, weighted",
            "Student's t",
            "With fewer than 12 scored answers nothing is said",
        ):
            self.assertIn(part, words)
        [table] = by_class(page, "itss_standards")
        rows = self.rows(table)
        self.assertEqual([row[0] for row in rows], ["1", "2", "3", "4", "5", "6"])
        self.assertEqual([row[3] for row in rows], ["1", "1", "1", "2", "1", "2"])
        self.assertEqual(
            rows[0][2],
            "Very satisfied: 100; Satisfied: 80; Fair: 60; Dissatisfied: 40; "
            "Very dissatisfied: 20; Not applicable: does not count",
        )

    # -------------------------------------------------------------------------
    # Sample
    # -------------------------------------------------------------------------

    def make_sample(self, **vals):
        """Return the report of a round with every possible outcome."""
        round_ = self.make_round(6, **vals)
        self.env["mail.blacklist"].create({"email": "no@example.com"})
        self.make_participant(round_).email = "yes@example.com"
        round_.participant_ids[-1].sudo()._respect_blacklist()
        self.make_participant(round_, email="no@example.com")
        self.start(round_)
        one, two, three, four, *_rest = round_.participant_ids
        self.answer(one, channel="phone", **FULL)
        self.answer(two, channel="interview", **FULL)
        three.with_user(self.quality_user).write({"state": "declined", "decline_reason": "忙"})
        four.sudo().state = "failed"
        return self.make_report(self.end(round_))

    def test_the_sample_is_counted_by_channel(self):
        report = self.make_sample()
        page = self.print_report(report)
        [table] = by_class(page, "itss_sample")
        self.assertEqual(
            self.rows(table),
            [
                ["E-Mail", "6", "1", "5", "0", "1", "1", "3", "0.00 %"],
                ["Phone", "1", "0", "1", "1", "0", "0", "0", "100.00 %"],
                ["Interview", "1", "0", "1", "1", "0", "0", "0", "100.00 %"],
                ["Total", "8", "1", "7", "2", "1", "1", "3", "28.57 %"],
            ],
        )
        self.assertEqual((report.round_id.recipient_count, report.round_id.answer_count), (7, 2))
        self.assertIn(
            "The response rate of 28.57 % (2 answers of 7 recipients) misses the target of 60 %.",
            text(page),
        )

    def test_the_response_rate_can_reach_its_target(self):
        report = self.hold(FULL, asked=1, target_response_rate=50)
        self.assertIn("reaches the target of 50 %", text(self.print_report(report)))

    def test_where_all_had_opted_out_there_is_no_rate(self):
        round_ = self.make_round(0)
        self.env["mail.blacklist"].create({"email": "no@example.com"})
        self.make_participant(round_, email="no@example.com")
        report = self.make_report(self.end(self.start(round_)))
        page = self.print_report(report)
        [table] = by_class(page, "itss_sample")
        self.assertEqual(self.rows(table)[-1][-1], "no data")
        self.assertIn("no data, as nobody was asked", text(page))

    def test_answers_after_the_figures_are_told_apart(self):
        round_ = self.start(self.make_round(2))
        first, second = round_.participant_ids
        self.answer(first, **FULL)
        second.sudo()._prepare_links()
        report = self.make_report(self.end(round_))
        self.assertNotIn("after the figures were computed", text(self.print_report(report)))
        report.action_submit()
        # sent off in the moment of the end
        second.sudo().user_input_id._mark_done()
        words = self.chapter(self.print_report(report), "Sample and Response Rate")
        self.assertRegex(words, r"after the figures were computed, and are not counted in them: 1$")

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    def test_figures_against_a_hand_computed_table(self):
        # 100, 100, 80 and, with weights 1 1 1 2 2: (20 + 40 + 100 + 2*80 + 2*80) / 7 = 68.57
        report = self.hold(
            FULL,
            FULL,
            dict.fromkeys(FULL, 4),
            {"speed": 1, "skill": 2, "attitude": 5, "result": 4, "overall": 4},
            minimum_n=2,
            target=85,
        )
        page = self.print_report(report)
        [table] = by_class(page, "itss_key_figures")
        cells = [text(cell) for cell in table.iter("th", "td")]
        figures = dict(zip(cells[::2], cells[1::2], strict=True))
        # mean 87.14, deviation 15.56, t(3) = 3.1824: 87.14 ± 24.76
        self.assertEqual(
            figures,
            {
                "Average Satisfaction": "87.14",
                "Scores (n)": "4",
                "Target": "≥ 85",
                "Minimum Answers": "2",
                "95 % Confidence Interval": "62.38 – 100.00",
                "Standard Deviation": "15.56",
            },
        )
        self.assertIn(
            "Target met: the average satisfaction of 87.14 (n = 4) reaches the target of 85.",
            text(page),
        )
        bands = self.rows(self.chart(page, "Distribution of Satisfaction"))
        self.assertEqual([row[2:] for row in bands[:3]], [["0.00 %", "0"]] * 3)
        self.assertEqual([row[2:] for row in bands[3:]], [["50.00 %", "2"], ["50.00 %", "2"]])
        questions = self.chart(page, "By Question")
        rows = self.rows(questions)
        self.assertEqual(
            [row[2:] for row in rows if len(row) == 4],
            [["75.00", "4"], ["80.00", "4"], ["95.00", "4"], ["90.00", "4"], ["90.00", "4"]],
        )
        # nobody answered the matrix: neither it nor its four rows have a figure
        self.assertEqual([row[1:] for row in rows if len(row) == 3], [["no data", "0"]] * 5)
        self.assertEqual(
            self.bars(questions),
            [
                ("missed", "width: 75.00%"),
                ("missed", "width: 80.00%"),
                ("met", "width: 95.00%"),
                ("met", "width: 90.00%"),
                ("met", "width: 90.00%"),
            ],
        )
        marks = by_class(questions, "itss_target_mark")
        self.assertEqual({mark.get("style") for mark in marks}, {"left: 85.00%"})
        self.assertEqual(len(marks), 5)

    def test_every_average_stands_beside_its_n(self):
        page = self.print_report(self.hold(FULL, {**FULL, "reporting": 4}, minimum_n=1))
        charts = [self.chart(page, heading) for heading in ("By Section", "By Question")]
        charts += [self.chart(page, heading) for heading in ("By Channel", "By Customer Segment")]
        for chart in charts:
            self.assertEqual(
                [text(cell) for cell in chart.xpath("./thead//th")][2:], ["Score", "n"]
            )
            for row in self.rows(chart):
                self.assertRegex(" ".join(row[1:]), r"^( \d+\.\d\d [12]|no data 0)$")

    def test_a_missed_target_is_said(self):
        words = text(self.print_report(self.hold(POOR, FULL, minimum_n=2)))
        self.assertIn(
            "Target missed: the average satisfaction of 70.00 (n = 2) is below the", words
        )

    def test_below_the_minimum_nothing_is_said_about_the_target(self):
        for scores, others in ((FULL, "100.00"), (POOR, "40.00")):
            page = self.print_report(self.hold(*[scores] * 9))
            words = self.chapter(page, "Result")
            self.assertIn("Too few answers: with n = 9, fewer than 10, nothing is said", words)
            self.assertIn(others, words)
            self.assertNotRegex(text(page), r"Target (met|missed)")
            verdicts = {
                verdict for chart in by_class(page, "itss_chart") for verdict, _ in self.bars(chart)
            }
            self.assertEqual(verdicts, {"too_few", "count"})
        page = self.print_report(self.hold(*[FULL] * 10))
        self.assertIn("Target met", text(page))

    def test_without_answers_there_are_no_data(self):
        page = self.print_report(self.hold(asked=2))
        self.assertIn("Average satisfaction: no data", self.chapter(page, "Result"))
        self.assertEqual(self.chapter(page, "Distribution of Satisfaction"), "no data")
        self.assertFalse(by_class(page, "itss_bar"))
        for heading in ("By Section", "By Question", "By Channel", "By Customer Segment"):
            rows = self.rows(self.chart(page, heading))
            self.assertTrue(rows)
            for row in rows:
                self.assertEqual(row[1:], ["no data", "0"], heading)
        [table] = by_class(page, "itss_key_figures")
        self.assertNotRegex(text(table), r"\b(0|100)\.00")

    def test_a_single_answer_has_no_interval(self):
        page = self.print_report(self.hold(FULL, minimum_n=1))
        [table] = by_class(page, "itss_key_figures")
        self.assertIn("95 % Confidence Interval no data Standard Deviation no data", text(table))
        self.assertFalse(by_class(self.chart(page, "By Question"), "itss_range"))

    def test_groups_asked_in_vain_are_shown_too(self):
        health = self.env["res.partner.industry"].create({"name": "医疗"})
        round_ = self.make_round(1)
        self.make_participant(round_, health, channel="paper")
        self.start(round_)
        self.answer(round_.participant_ids[0], channel="interview", **FULL)
        page = self.print_report(self.make_report(self.end(round_)))
        self.assertEqual(
            self.rows(self.chart(page, "By Channel")),
            [["Interview", "", "100.00", "1"], ["Paper", "no data", "0"]],
        )
        self.assertCountEqual(
            self.rows(self.chart(page, "By Customer Segment")),
            [["No segment", "", "100.00", "1"], ["医疗", "no data", "0"]],
        )

    def test_an_unweighted_question_is_shown_and_unscored_ones_are_not(self):
        self.add_scale(title="有权重")
        self.add_scale(title="无权重", itss_weight=0)
        self.add_question("text_box", title="意见")
        scale, unweighted, _comment = self.questionnaire.question_ids
        round_ = self.make_survey_round(1)
        self.fill_in(round_.participant_ids, {scale: 5, unweighted: 1})
        page = self.print_report(self.make_report(self.end(round_)))
        self.assertEqual(
            self.rows(self.chart(page, "By Question")),
            [["1 有权重", "", "100.00", "1"], ["2 无权重", "", "20.00", "1"]],
        )
        self.assertFalse([title for title in page.iter("h3") if "By Section" in text(title)])

    # -------------------------------------------------------------------------
    # Year on year
    # -------------------------------------------------------------------------

    def test_the_report_compares_with_the_round_before(self):
        before = self.hold(
            {**FULL, "speed": 3},
            date_start="2024-10-01",
            date_end=fields.Date.to_string(fields.Date.today()),
            name="去年的调查",
        )
        self.approve(before)
        report = self.hold(FULL, {**FULL, "speed": 4}, {**FULL, "overall": 4, "reporting": 5})
        page = self.print_report(report)
        self.assertIn("Compared with: 去年的调查", self.chapter(page, "Year on Year"))
        [table] = by_class(page, "itss_comparison")
        rows = {row[0]: row[1:] for row in self.rows(table)}
        # (100*6 + 60) / 7 = 94.29; now 100, 97.14, and (100*6 + 2*80) / 8 = 95
        self.assertEqual(rows["All answers"], ["94.29", "1", "97.38", "3", "+3.10"])
        self.assertEqual(
            rows["1 How satisfied are you with the speed of our response?"],
            ["60.00", "1", "93.33", "3", "+33.33"],
        )
        self.assertEqual(
            rows["6 How satisfied are you with our service overall?"],
            ["100.00", "1", "93.33", "3", "-6.67"],
        )
        self.assertEqual(
            rows["2 How satisfied are you with the technical skill of our engineers?"],
            ["100.00", "1", "100.00", "3", "0.00"],
        )
        # last year nobody answered the matrix
        self.assertEqual(
            rows["5 How satisfied are you with the process of our service?"],
            ["no data", "100.00", "1", "–"],
        )

    def test_the_first_survey_has_nothing_to_compare_with(self):
        page = self.print_report(self.hold(FULL))
        self.assertIn("no earlier survey", self.chapter(page, "Year on Year"))
        self.assertFalse(by_class(page, "itss_comparison"))

    # -------------------------------------------------------------------------
    # Analysis and improvements
    # -------------------------------------------------------------------------

    def test_the_analysis_is_printed_line_by_line(self):
        report = self.hold(FULL)
        report.write({"conclusion": "甲\n乙", "causes": False, "measures": "丙"})
        page = self.print_report(report)
        [conclusion] = [title for title in page.iter("h3") if text(title).endswith("Conclusion")]
        self.assertEqual([text(line) for line in conclusion.getnext()], ["甲", "乙"])
        self.assertEqual(self.chapter(page, "Causes"), "None")
        self.assertTrue(self.chapter(page, "Measures and Suggestions").startswith("丙"))

    def propose(self, **vals):
        """Return the report of a round with an improvement of its own and one of a participant."""
        report = self.hold(POOR, *[FULL] * 5, target=0, **vals)
        for source in (report.round_id, report.round_id.participant_ids[0]):
            self.env["itss.improvement"].create(
                {
                    **source._prepare_improvement_vals(),
                    "name": f"改进 {source.display_name}",
                    "problem": "不满意",
                }
            )
        return report

    def test_improvements_are_listed_with_owner_deadline_and_state(self):
        report = self.propose()
        first = report.round_id.improvement_ids
        first.write({"action": "加人", "owner_id": self.ops_user.id, "date_deadline": "2026-01-31"})
        first.with_user(self.quality_user).action_plan()
        second = report.round_id.participant_ids.improvement_ids
        [table] = by_class(self.print_report(report), "itss_improvements")
        self.assertEqual(
            self.rows(table),
            [
                [first.number, first.name, self.ops_user.name, "01/31/2026", "Planned"],
                [second.number, second.name, "", "", "Draft"],
            ],
        )

    def test_without_improvements_the_report_says_so(self):
        page = self.print_report(self.hold(FULL))
        self.assertRegex(self.chapter(page, "Measures and Suggestions"), "None$")

    # -------------------------------------------------------------------------
    # What customers wrote, and anonymity
    # -------------------------------------------------------------------------

    def test_comments_stand_beside_the_customer(self):
        report = self.hold({**FULL, "comment": "乙\n丙"}, FULL, {**FULL, "comment": "甲"})
        [table] = by_class(self.print_report(report), "itss_comments")
        self.assertEqual(self.rows(table), [["客户1", "乙 丙"], ["客户3", "甲"]])

    def test_what_came_through_a_changed_address_says_so(self):
        round_ = self.start(self.make_round(2))
        given, changed = round_.participant_ids
        changed.with_user(self.desk_user).email = "other@customer.example.com"
        question = self.env.ref("itss_quality.itss_survey_question_comment")
        for participant, words in ((given, "甲"), (changed, "乙")):
            participant.sudo()._note_mail("invitation")
            self.fill_in(participant, {question: words})
        [table] = by_class(self.print_report(self.make_report(self.end(round_))), "itss_comments")
        name = changed.customer_id.name
        rows = [[given.customer_id.name, "甲"], [f"{name} (address changed)", "乙"]]
        self.assertEqual(self.rows(table), rows)

    def test_comments_on_choices_are_comments(self):
        choice = self.add_choice([5, 1], title="态度", comments_allowed=True)
        text_box = self.add_question("text_box", title="意见")
        number = self.add_question("numerical_box", title="年数")
        round_ = self.make_survey_round(1)
        answer = self.fill_in(round_.participant_ids, {text_box: "很好", number: 7}, done=False)
        answer._save_lines(choice.sudo(), str(self.choice(choice, 5).id), "热情")
        answer._mark_done()
        page = self.print_report(self.make_report(self.end(round_)))
        words = self.chapter(page, "What Customers Wrote")
        self.assertRegex(words, r"^态度: comment .*客户1 热情 意见 .*客户1 很好$")

    def test_without_comments_the_report_says_so(self):
        page = self.print_report(self.hold(FULL))
        self.assertEqual(self.chapter(page, "What Customers Wrote"), "None")

    def test_an_anonymous_report_names_nobody(self):
        round_ = self.start(self.make_round(7, is_anonymous=True))
        words = ["丙", "甲", "乙", "丁", "戊"]
        for participant, comment in zip(round_.participant_ids, [*words, None], strict=False):
            self.answer(participant, comment=comment, **FULL)
        report = self.make_report(self.end(round_))
        page = self.print_report(report)
        [table] = by_class(page, "itss_comments")
        self.assertEqual(self.rows(table), [[word] for word in sorted(words)])
        for participant in round_.participant_ids:
            for name in (participant.contact_name, participant.customer_id.name, participant.email):
                self.assertNotIn(name, text(page))
        self.assertIn("Anonymous: nobody can see", self.chapter(page, "Method"))

    def test_an_anonymous_report_lists_no_improvement_with_a_customer_s_name(self):
        named = self.propose()
        [table] = by_class(self.print_report(named), "itss_improvements")
        self.assertIn("客户1", text(table))
        report = self.propose(is_anonymous=True)
        self.assertTrue(report.round_id.participant_ids.improvement_ids)
        page = self.print_report(report)
        [table] = by_class(page, "itss_improvements")
        self.assertEqual(len(self.rows(table)), 1)
        self.assertNotIn("客户1", text(page))

    def test_few_anonymous_answers_are_not_shown(self):
        scores = [{**FULL, "comment": f"意见{number}"} for number in range(4)]
        report = self.hold(*scores, is_anonymous=True, minimum_n=1)
        page = self.print_report(report)
        self.assertNotRegex(text(page), "意见[0-3]|100\\.00(?! %)|Target (met|missed)")
        self.assertIn("fewer than 5 answers are not shown", self.chapter(page, "Customers Wrote"))
        self.assertIn("not shown (fewer than 5 answers)", self.chapter(page, "Result"))
        self.assertEqual(
            self.chapter(page, "Distribution of Satisfaction"), "not shown (fewer than 5 answers)"
        )
        self.assertFalse(by_class(page, "itss_bar"))
        rows = self.rows(self.chart(page, "By Question"))
        self.assertEqual(
            [row[1:] for row in rows if row[0].startswith("1")],
            [["not shown (fewer than 5 answers)", "–"]],
        )

    def test_small_groups_of_an_anonymous_round_are_not_shown(self):
        round_ = self.start(self.make_round(17, is_anonymous=True, minimum_n=1))
        channels = ["phone"] * 9 + ["interview"] * 6 + ["paper"] * 2
        for participant, channel in zip(round_.participant_ids, channels, strict=True):
            self.answer(participant, channel=channel, **FULL)
        page = self.print_report(self.make_report(self.end(round_)))
        hidden = ["not shown (protects groups of fewer than 5 answers)", "–"]
        self.assertEqual(
            self.rows(self.chart(page, "By Channel")),
            [
                ["Phone", "", "100.00", "9"],
                # else the two on paper would be what it and the total leave
                ["Interview", *hidden],
                ["Paper", *hidden],
            ],
        )

    # -------------------------------------------------------------------------
    # Bad input
    # -------------------------------------------------------------------------

    def test_text_of_users_is_printed_and_not_run(self):
        attack = "<script>alert(1)</script><b>粗体</b>"
        industry = self.env["res.partner.industry"].create({"name": attack})
        survey = self.make_questionnaire(title=attack, questions_layout="page_per_section")
        self.add_page(survey, title=attack)
        self.add_choice([5], survey, title=attack).suggested_answer_ids.value = attack
        self.add_matrix([attack], [5], survey, title=attack)
        box = self.add_question("text_box", survey, title=attack)
        round_ = self.make_round(0, survey_id=survey.id, name=attack)
        self.make_participant(round_, industry)
        round_.sudo().participant_ids.customer_id.name = attack
        self.start(round_)
        self.fill_in(round_.participant_ids, {survey.question_ids[0]: 5, box: attack})
        texts = dict.fromkeys(("conclusion", "causes", "measures"), attack)
        report = self.make_report(self.end(round_), **texts)
        report.round_id.improvement_ids.create(
            {**round_._prepare_improvement_vals(), "name": attack, "problem": attack}
        )
        for page in (self.print_report(report), self.print(SCHEME, round_)):
            [document] = by_class(page, "itss_document")
            self.assertFalse(document.xpath(".//script | .//*[text() = '粗体']"))
            self.assertIn(attack, text(document))

    # -------------------------------------------------------------------------
    # Who prints, and in which language
    # -------------------------------------------------------------------------

    def test_whoever_may_read_the_report_prints_it_whole(self):
        line = self.make_survey_line(responsible_department_ids=[Command.set(self.dep_staff.ids)])
        report = self.hold({**FULL, "comment": "很好"}, plan_line_id=line.id)
        with self.assertRaises(AccessError):
            self.print_report(report, self.staff_user)  # a draft
        self.approve(report)
        whole = text(self.print_report(report))
        participants = self.env["itss.survey.participant"].with_user(self.staff_user)
        with self.assertRaises(AccessError):
            participants.search([])
        self.env.invalidate_all()
        self.assertEqual(text(self.print_report(report, self.staff_user)), whole)
        self.assertIn("很好", whole)

    def test_others_do_not_print(self):
        report = self.approve(self.hold(FULL))
        for user in (self.staff_user, self.outsider, self.foreign_user):
            with self.assertRaises(AccessError):
                self.print_report(report, user)

    def test_the_print_speaks_the_reader_s_language(self):
        self.env["res.lang"]._activate_lang("zh_CN").date_format = "%Y年%m月%d日"
        survey = self.env.ref("itss_quality.itss_survey_questionnaire")
        survey.with_context(lang="zh_CN").title = "满意度问卷"
        question = survey.question_ids[0]
        question.with_context(lang="zh_CN").title = "响应速度"
        report = self.hold(FULL, date_start="2025-10-08")
        page = self.print_report(report, lang="zh_CN")
        [article] = by_class(page, "itss_article")
        self.assertEqual(article.get("lang"), "zh-CN")
        self.assertIn("2025年10月08日", text(article))
        self.assertIn("1 响应速度", text(article))

    def test_several_reports_make_one_file(self):
        reports = self.hold(FULL) | self.hold(POOR)
        page = self.print_report(reports)
        covers = [text(cover) for cover in by_class(page, "itss_cover")]
        self.assertEqual(
            [report.number in cover for report, cover in zip(reports, covers, strict=True)],
            [True, True],
        )
        shown = [text(table) for table in by_class(page, "itss_key_figures")]
        self.assertIn("100.00", shown[0])
        self.assertIn("40.00", shown[1])

    def test_the_file_is_named_after_the_document(self):
        report = self.hold(FULL)
        name = safe_eval(self.env.ref(REPORT).print_report_name, {"object": report})
        self.assertTrue(name.startswith(report.number) and name.endswith("_V1.0"), name)

    def test_both_are_in_the_print_menu(self):
        for name, model in (
            ("itss_survey_report_pdf", "itss.survey.report"),
            ("itss_survey_scheme_pdf", "itss.survey.round"),
        ):
            action = self.env.ref(f"itss_quality.{name}")
            self.assertEqual((action.model, action.binding_model_id.model), (model, model))
            self.assertEqual(
                action.paperformat_id, self.env.ref("itss_quality.itss_document_paperformat")
            )


@tagged("post_install", "-at_install")
class TestSurveySchemePrint(SurveyPrintCommon):
    """The scheme (满意度调查方案) and the questionnaire to hand out (问卷)."""

    def print_scheme(self, round_, user=None, **context):
        return self.print(SCHEME, round_, user, **context)

    def test_the_scheme_tells_how_the_survey_is_held(self):
        line = self.make_survey_line(number="4", date_text="2025年10月")
        round_ = self.make_round(
            3, plan_line_id=line.id, target=96.5, minimum_n=12, sampling="manual"
        )
        round_.participant_ids[0].channel = "phone"
        [table] = by_class(self.print_scheme(round_), "itss_scheme")
        rows = {
            text(row[0]): " ".join(" ".join(row[1].itertext()).split()) for row in table.iter("tr")
        }
        self.assertEqual(
            list(rows),
            [
                "Subjects",
                "Ways of Asking",
                "Frequency",
                "Period",
                "Content",
                "Scoring",
                "Weights",
                "Targets",
                "Anonymity",
                "Person in Charge",
            ],
        )
        for label, words in (
            ("Subjects", "List made by hand Participants: 3"),
            ("Ways of Asking", "E-Mail: 2 Phone: 1"),
            ("Frequency", "2025年10月"),
            ("Targets", "at least 96.5 of 100"),
            ("Targets", "fewer than 12"),
            ("Person in Charge", self.quality_user.name),
        ):
            self.assertIn(words, rows[label])

    def test_the_sheet_has_a_box_for_every_choice_and_lines_for_text(self):
        round_ = self.make_round(1)
        survey = round_.survey_id
        [sheet] = by_class(self.print_scheme(round_), "itss_questionnaire")
        self.assertIn(survey.title, text(sheet))
        questions = by_class(sheet, "itss_question")
        self.assertEqual([text(question).split(". ")[0] for question in questions], list("1234567"))
        for question, title in zip(survey.question_ids, questions, strict=True):
            self.assertIn(question.title, text(title))
            [cell] = title.iterancestors("td")
            boxes = len(by_class(cell, "itss_box"))
            lines = len(by_class(cell, "itss_line"))
            choices = len(question.suggested_answer_ids)
            if question.question_type == "matrix":
                self.assertEqual((boxes, lines), (choices * len(question.matrix_row_ids), 0))
                [matrix] = by_class(cell, "itss_matrix")
                self.assertEqual(
                    [row[0] for row in self.rows(matrix)], question.matrix_row_ids.mapped("value")
                )
                self.assertIn("one in each row", text(title))
            elif question.question_type == "text_box":
                self.assertEqual((boxes, lines), (0, 3))
            else:
                self.assertEqual((boxes, lines), (choices, 0))
                self.assertIn("tick one", text(title))
                for choice in question.suggested_answer_ids:
                    self.assertIn(choice.value, text(cell))
        self.assertEqual(
            [text(title) for title in sheet.iter("h3")], survey.page_ids.mapped("title")
        )

    def test_questions_of_every_kind_can_be_answered_on_paper(self):
        self.add_page(title="第一部分", description="<p>请如实填写</p>")
        scale = self.add_scale(
            0, 10, scale_min_label="很差", scale_mid_label="中", scale_max_label="很好"
        )
        several = self.add_choice(
            [1, 2, 3],
            question_type="multiple_choice",
            comments_allowed=True,
            comments_message="其他：",
            description="<p>可补充说明</p>",
        )
        matrix = self.add_matrix(["甲", "乙"], [1, 2], subtype="multiple")
        for kind in ("char_box", "numerical_box", "date", "datetime"):
            self.add_question(kind)
        several.triggering_answer_ids = self.add_choice([5, 0]).suggested_answer_ids[0]
        round_ = self.make_survey_round(1)
        page = self.print_scheme(round_)
        cells = {
            text(title).split(". ")[1].split(" Please")[0]: title.getparent()
            for title in by_class(page, "itss_question")
        }
        questions = self.questionnaire.question_ids
        self.assertEqual(len(cells), len(questions))
        found = []
        for cell in cells.values():
            found.append((len(by_class(cell, "itss_box")), len(by_class(cell, "itss_line"))))
        self.assertEqual(
            found,
            [(11, 0), (3, 1), (4, 0), (0, 1), (0, 1), (0, 1), (0, 1), (2, 0)],
        )
        words = text(page)
        for part in (
            "请如实填写",
            "很差 0 1 2 3 4 5 6 7 8 9 10 很好 5 = 中",
            "Only if: 选项 5. Please tick all that apply.",
            "可补充说明",
            "其他：",
            "Please tick all that apply in each row.",
        ):
            self.assertIn(part, words)
        self.assertTrue(scale and matrix)

    def test_an_anonymous_sheet_asks_for_no_name(self):
        for is_anonymous in (False, True):
            page = self.print_scheme(self.make_round(1, is_anonymous=is_anonymous))
            [table] = by_class(page, "itss_respondent")
            labels = [text(label) for label in table.iter("th")]
            self.assertEqual("Customer" in labels, not is_anonymous)
            self.assertEqual("Contact" in labels, not is_anonymous)
            self.assertEqual("do not write your name" in text(page), is_anonymous)

    def test_the_scheme_names_no_participant_and_no_figure(self):
        round_ = self.start(self.make_round(1))
        self.answer(round_.participant_ids, **FULL)
        words = text(self.print_scheme(self.end(round_)))
        self.assertNotIn(round_.participant_ids.customer_id.name, words)
        self.assertNotIn("100.00", words)

    def test_descriptions_are_sanitised(self):
        attack = '<p onclick="alert(1)">说明</p><script>alert(1)</script>'
        survey = self.make_full_questionnaire(description=attack)
        survey.question_ids[0].description = attack
        page = self.print_scheme(self.make_round(1, survey_id=survey.id))
        [document] = by_class(page, "itss_document")
        self.assertEqual(text(document).count("说明"), 2)
        self.assertFalse(document.xpath(".//script | .//@onclick"))

    def test_who_may_read_the_round_prints_its_scheme(self):
        round_ = self.make_round(1)
        for user in (self.desk_user, self.ops_user, self.manager_user):
            self.assertIn(round_.name, text(self.print_scheme(round_, user)))
        for user in (self.staff_user, self.outsider, self.foreign_user):
            with self.assertRaises(AccessError):
                self.print_scheme(round_, user)

    def test_several_rounds_make_one_file(self):
        rounds = self.make_round(1, name="甲轮") | self.make_round(1, name="乙轮")
        documents = by_class(self.print_scheme(rounds), "itss_document")
        self.assertEqual(["甲轮" in text(document) for document in documents], [True, False])
        self.assertEqual(len(documents), 2)
