import random
from collections import defaultdict
from fractions import Fraction
from itertools import compress
from math import ceil, sqrt
from statistics import fmean, stdev

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import BaseCase, HttpCase, new_test_user, tagged

from ...models.survey.itss_survey_result import SMALLEST_GROUP
from ...tools.statistics import confidence_interval
from .common import DEADLINE, SurveyCommon

ROLES = (
    "staff_user",
    "desk_user",
    "ops_user",
    "quality_user",
    "manager_user",
    "admin_user",
    "outsider",
)


@tagged("post_install", "-at_install")
class TestConfidenceInterval(BaseCase):
    """95 % intervals against the tables of Student's t."""

    def _assert_interval(self, interval, low, high):
        self.assertAlmostEqual(interval[0], low, places=3)
        self.assertAlmostEqual(interval[1], high, places=3)

    def test_one_value_says_nothing_about_spread(self):
        self.assertIsNone(confidence_interval(80, 0, 1))
        self.assertIsNone(confidence_interval(80, 0, 0))

    def test_intervals_of_the_textbook(self):
        # mean 80; deviation s, n values: margin = t(n-1; 0.975) * s / sqrt(n)
        for n, deviation, quantile in (
            (2, 1.0, 12.7062),
            (3, 1.0, 4.3027),
            (10, 10.0, 2.2622),
            (31, 10.0, 2.0423),
            (32, 10.0, 2.0395),
            (41, 10.0, 2.0211),
            (61, 10.0, 2.0003),
            (100, 10.0, 1.9842),
            (1001, 10.0, 1.9623),
        ):
            with self.subTest(n=n):
                margin = quantile * deviation / sqrt(n)
                interval = confidence_interval(80.0, deviation, n)
                self._assert_interval(interval, 80 - margin, 80 + margin)

    def test_a_worked_example(self):
        # 72, 84, 96, 88, 80, 76, 92, 100, 68, 84: mean 84, deviation 10.3280, t(9) 2.2622
        values = (72, 84, 96, 88, 80, 76, 92, 100, 68, 84)
        interval = confidence_interval(fmean(values), stdev(values), len(values))
        self._assert_interval(interval, 76.612, 91.388)

    def test_intervals_stay_within_the_scale(self):
        self.assertEqual(confidence_interval(99.0, 20.0, 4)[1], 100.0)
        self.assertGreater(confidence_interval(99.0, 20.0, 4)[0], 0.0)
        self.assertEqual(confidence_interval(1.0, 20.0, 4)[0], 0.0)
        self.assertEqual(confidence_interval(50.0, 50.0, 2), (0.0, 100.0))

    def test_without_spread_the_interval_is_the_average(self):
        self.assertEqual(confidence_interval(100.0, 0.0, 12), (100.0, 100.0))


@tagged("post_install", "-at_install")
class TestSurveyScore(SurveyCommon):
    """What an answer counts, against tables computed by hand."""

    # -------------------------------------------------------------------------
    # One question
    # -------------------------------------------------------------------------

    def test_a_scale_counts_as_a_share_of_its_highest_value(self):
        for low, high, values, scores in (
            (1, 5, (5, 4, 3, 2, 1), [100, 80, 60, 40, 20]),
            (0, 10, (10, 7, 5, 1, 0), [100, 70, 50, 10, 0]),
            (2, 8, (8, 6, 4, 2, 2), [100, 75, 50, 25, 25]),
        ):
            with self.subTest(low=low, high=high):
                question = self.add_scale(low, high, self.make_questionnaire())
                round_ = self.run_round(question, *values, survey=question.survey_id)
                participants = round_.participant_ids
                self.assertEqual(self.read_column(participants, "score"), scores)
                self.assertEqual(participants.mapped("is_scored"), [True] * 5)
                lines = participants.sudo().user_input_id.user_input_line_ids
                self.assertEqual(sorted(lines.mapped("itss_score")), sorted(scores))

    def test_the_figures_of_a_scale_by_hand(self):
        # 100, 80, 60, 20: mean 65; squares 35² + 15² + 5² + 45² = 3500, / 3 = 1166.67, root 34.16;
        # t(3) 3.1824 * 34.1565 / 2 = 54.35
        round_ = self.run_round(self.add_scale(), 5, 4, 3, 1, ...)
        figures = {"deviation": 34.16, "ci_low": 10.65, "ci_high": 100.0}
        self.assertFigures(self.result(round_, "total"), 4, 65.0, **figures)
        self.assertFigures(self.result(round_, "question"), 4, 65.0, **figures)
        self.assertBands(self.result(round_, "total"), 1, 0, 1, 1, 1)
        self.assertEqual((round_.score, round_.score_count, round_.answer_count), (65.0, 4, 5))
        for value, expected in (
            (round_.deviation, 34.1565),
            (round_.ci_low, 10.6502),
            (round_.ci_high, 100.0),
        ):
            self.assertAlmostEqual(value, expected, 3)

    def test_a_single_value_has_no_interval(self):
        round_ = self.run_round(self.add_scale(), 4)
        total = self.result(round_, "total")
        self.assertFigures(total, 1, 80.0)
        columns = ("deviation", "ci_low", "ci_high")
        self.assertEqual([self.read_column(total, name) for name in columns], [[None]] * 3)

    def test_a_choice_counts_as_its_share_of_the_best_one(self):
        # the best score is 4, whatever "not applicable" was given
        question = self.add_choice([4, 3, 1, 0, None])
        self.choice(question, None).answer_score = 10
        round_ = self.run_round(question, 4, 3, 1, 0, None, ...)
        participants = round_.participant_ids
        self.assertEqual(self.read_column(participants, "score"), [100, 75, 25, 0, None, None])
        self.assertFigures(self.result(round_, "question"), 4, 50.0)
        self.assertEqual((round_.answer_count, round_.score_count), (6, 4))

    def test_a_negative_choice_counts_zero(self):
        round_ = self.run_round(self.add_choice([2, 1, -1]), 2, 1, -1)
        self.assertEqual(self.read_column(round_.participant_ids, "score"), [100, 50, 0])
        self.assertFigures(self.result(round_, "total"), 3, 50.0)

    def test_choices_without_a_positive_score_do_not_count(self):
        scale, choice = self.add_scale(), self.add_choice([0, -1])
        round_ = self.make_survey_round(1)
        self.fill_in(round_.participant_ids, {scale: 3, choice: 0})
        self.update(round_)
        self.assertEqual(round_.score, 60)
        self.assertFalse(self.result(round_, "question", question_id=choice))

    def test_a_matrix_counts_as_the_mean_of_its_rows(self):
        question = self.add_matrix(["a", "b", "c"], [4, 2, 1, 0, None])
        round_ = self.run_round(
            question, (4, 2, None), (4, ..., ...), (1, 0, 2), (None, None, None)
        )
        self.assertEqual(self.read_column(round_.participant_ids, "score"), [75, 100, 25, None])
        self.assertFigures(self.result(round_, "question"), 3, 66.67)
        rows = dict(zip("abc", question.matrix_row_ids, strict=True))
        # a: 100, 100, 25 · b: 50, 0 · c: 50
        self.assertFigures(self.result(round_, "row", row_id=rows["a"]), 3, 75.0)
        self.assertFigures(self.result(round_, "row", row_id=rows["b"]), 2, 25.0)
        self.assertFigures(self.result(round_, "row", row_id=rows["c"]), 1, 50.0)

    def test_questions_that_are_not_scored_do_not_count(self):
        scale = self.add_scale()
        multiple = self.add_choice([5, 1], question_type="multiple_choice")
        matrix = self.add_matrix(["a", "b"], [5, 1], subtype="multiple")
        text, number = self.add_question("text_box"), self.add_question("numerical_box")
        round_ = self.make_survey_round(2)
        values = {multiple: (5, 1), matrix: ((5, 1), 1), text: "很好", number: 5}
        self.fill_in(round_.participant_ids[0], {scale: 4, **values})
        self.fill_in(round_.participant_ids[1], values)
        self.update(round_)
        self.assertEqual(self.read_column(round_.participant_ids, "score"), [80, None])
        self.assertEqual(self.result(round_, "question").question_id, scale)
        self.assertFalse(self.result(round_, "row"))
        self.assertEqual((round_.answer_count, round_.score_count), (2, 1))

    def test_the_bands_at_their_edges(self):
        question = self.add_choice(
            [1000000, 0, 200000, 200001, 400000, 400001, 600000, 600001, 800000, 800001]
        )
        # 20.0001 is not 20 any more
        scores = question.suggested_answer_ids.mapped("answer_score")
        round_ = self.run_round(question, *scores)
        self.assertBands(self.result(round_, "total"), 2, 2, 2, 2, 2)
        for score, band in (
            (0, 1),
            (200000, 1),
            (200001, 2),
            (400000, 2),
            (600000, 3),
            (800000, 4),
        ):
            with self.subTest(score=score / 10000):
                total = self.result(self.run_round(question, score), "total")
                self.assertBands(total, *(int(number == band) for number in range(1, 6)))
        self.assertBands(self.result(self.run_round(question, 1000000), "total"), 0, 0, 0, 0, 1)

    # -------------------------------------------------------------------------
    # Several questions
    # -------------------------------------------------------------------------

    def test_weights(self):
        one, three, none = self.add_scale(), self.add_scale(itss_weight=3), self.add_scale()
        none.itss_weight = 0
        matrix = self.add_matrix(["a", "b"], [2, 1, None], itss_weight=2)
        round_ = self.make_survey_round(4)
        first, second, third, fourth = round_.participant_ids
        # (100 + 3 * 60 + 2 * 75) / 6
        self.fill_in(first, {one: 5, three: 3, none: 1, matrix: (2, 1)})
        # (20 + 3 * 100) / 4: what was skipped has no weight
        self.fill_in(second, {one: 1, three: 5, none: 5, matrix: ...})
        # only the question without weight was answered
        self.fill_in(third, {one: ..., none: 5})
        # (40 + 2 * 50) / 3
        self.fill_in(fourth, {one: 2, matrix: (1, None)})
        self.update(round_)
        scores = self.read_column(round_.participant_ids, "score")
        self.assertEqual(scores[2], None)
        for score, expected in zip(scores, (430 / 6, 80, None, 140 / 3), strict=True):
            if expected is not None:
                self.assertAlmostEqual(float(score), expected, places=6)
        # (71.67 + 80 + 46.67) / 3
        self.assertFigures(self.result(round_, "total"), 3, 66.11)
        self.assertFigures(self.result(round_, "question", question_id=one), 3, 53.33)
        self.assertFigures(self.result(round_, "question", question_id=three), 2, 80.0)
        # 20, 100, 100: it is shown, though it does not count
        self.assertFigures(self.result(round_, "question", question_id=none), 3, 73.33)
        self.assertFigures(self.result(round_, "question", question_id=matrix), 2, 62.5)

    def test_sections(self):
        outside = self.add_scale()
        page_1 = self.add_page()
        speed, skill = self.add_scale(), self.add_scale(itss_weight=3)
        page_2 = self.add_page()
        attitude, unweighted = self.add_scale(), self.add_scale(itss_weight=0)
        page_3 = self.add_page()
        ignored = self.add_scale(itss_weight=0)
        round_ = self.make_survey_round(2)
        first, second = round_.participant_ids
        values = {unweighted: 1, ignored: 1}
        self.fill_in(first, {outside: 1, speed: 5, skill: 3, attitude: 4, **values})
        self.fill_in(second, {outside: 1, speed: 1, skill: ..., attitude: ..., **values})
        self.update(round_)
        # (100 + 3 * 60) / 4 = 70, and 20
        self.assertFigures(self.result(round_, "section", question_id=page_1), 2, 45.0)
        self.assertFigures(self.result(round_, "section", question_id=page_2), 1, 80.0)
        self.assertFalse(self.result(round_, "section", question_id=page_3))
        sections = round_.result_ids.filtered(lambda result: result.dimension == "section")
        self.assertEqual(sections.question_id, page_1 | page_2)
        # (20 + 100 + 180 + 80) / 6 and (20 + 20) / 2
        scores = [float(score) for score in self.read_column(round_.participant_ids, "score")]
        self.assertAlmostEqual(scores[0], 380 / 6, places=6)
        self.assertAlmostEqual(scores[1], 20, places=6)

    def test_channels_and_segments(self):
        question = self.add_scale()
        industries = self.env["res.partner.industry"].create([{"name": "医疗"}, {"name": "教育"}])
        round_ = self.make_survey_round(start=False)
        rows = (
            ("email", industries[0], 5),
            ("email", industries[1], 3),
            ("phone", industries[0], 4),
            ("paper", industries[0].browse(), 1),
            ("paper", industries[0].browse(), 2),
            ("interview", industries[1], ...),
        )
        for channel, industry, _value in rows:
            self.make_participant(round_, channel=channel, segment_id=industry.id)
        round_.action_start()
        for participant, row in zip(round_.participant_ids.sorted("id"), rows, strict=True):
            self.fill_in(participant, {question: row[-1]})
        self.update(round_)
        self.assertFigures(self.result(round_, "channel", channel="email"), 2, 80.0)
        self.assertFigures(self.result(round_, "channel", channel="phone"), 1, 80.0)
        self.assertFigures(self.result(round_, "channel", channel="paper"), 2, 30.0)
        self.assertFalse(self.result(round_, "channel", channel="interview"))
        self.assertFigures(self.result(round_, "segment", segment_id=industries[0]), 2, 90.0)
        self.assertFigures(self.result(round_, "segment", segment_id=industries[1]), 1, 60.0)
        none = self.result(round_, "segment", segment_id=industries.browse())
        self.assertFigures(none, 2, 30.0)
        self.assertEqual(none.name, "No segment")
        # (100 + 60 + 80 + 20 + 40) / 5
        self.assertFigures(self.result(round_, "total"), 5, 60.0)

    def test_results_stand_in_the_order_of_the_questionnaire(self):
        page = self.add_page()
        first, second = self.add_scale(sequence=500), self.add_scale(sequence=400)
        round_ = self.make_survey_round(1)
        self.fill_in(round_.participant_ids, {first: 5, second: 5})
        self.update(round_)
        results = round_.result_ids.sorted()
        self.assertEqual(
            results.mapped("dimension"),
            ["total", "section", "question", "question", "channel", "segment"],
        )
        self.assertEqual(results.question_id, page | second | first)

    # -------------------------------------------------------------------------
    # Conditional questions
    # -------------------------------------------------------------------------

    def _make_conditional(self):
        first = self.add_choice([2, 1, 0])
        why = self.add_scale(triggering_answer_ids=self.choice(first, 0).ids)
        return first, why

    def test_a_triggered_question_counts(self):
        first, why = self._make_conditional()
        round_ = self.make_survey_round(2)
        self.fill_in(round_.participant_ids[0], {first: 0, why: 4})
        self.fill_in(round_.participant_ids[1], {first: 2})
        self.update(round_)
        # (0 + 80) / 2 and 100: the question not asked has no weight
        self.assertEqual(self.read_column(round_.participant_ids, "score"), [40, 100])
        self.assertFigures(self.result(round_, "question", question_id=why), 1, 80.0)

    def test_the_answer_to_a_question_not_asked_after_all_does_not_count(self):
        first, why = self._make_conditional()
        round_ = self.make_survey_round(2)
        # the customer went back and changed the first answer
        back, direct = round_.participant_ids
        self.fill_in(back, {first: 0, why: 1}, done=False)
        self.fill_in(back, {first: 2})
        # the page is left without the clean-up of its last step
        answer = self.fill_in(direct, {first: 2, why: 1}, done=False)
        answer._mark_done()
        self.update(round_)
        self.assertEqual(self.read_column(round_.participant_ids, "score"), [100, 100])
        self.assertFalse(self.result(round_, "question", question_id=why))

    # -------------------------------------------------------------------------
    # Forged answers
    # -------------------------------------------------------------------------

    def test_forged_answers_count_nothing(self):
        scale, choice = self.add_scale(), self.add_choice([2, 1])
        matrix, other = self.add_matrix(["a", "b"], [4, 1]), self.add_choice([9, 8])
        stranger = self.add_choice([7, 6], self.make_questionnaire())
        forged = [
            {"question_id": scale.id, "answer_type": "scale", "value_scale": 99},
            {"question_id": scale.id, "answer_type": "scale", "value_scale": -3},
            {"question_id": scale.id, "answer_type": "scale", "value_scale": 0},
            self._choose(scale, choice, 2),
            self._choose(choice, other, 9),
            self._choose(choice, stranger, 7),
            self._choose(choice, choice, 2, matrix_row_id=matrix.matrix_row_ids[0].id),
            {"question_id": choice.id, "answer_type": "scale", "value_scale": 5},
            self._choose(matrix, choice, 2, matrix_row_id=matrix.matrix_row_ids[0].id),
            self._choose(matrix, matrix, 4),
            self._choose(matrix, matrix, 4, matrix_row_id=self.choice(other, 9).id),
            self._choose(stranger, stranger, 7),
        ]
        round_ = self.make_survey_round(len(forged))
        for participant, vals in zip(round_.participant_ids, forged, strict=True):
            answer = self.fill_in(participant, {}, done=False)
            answer.user_input_line_ids.create({"user_input_id": answer.id, **vals})
            answer._mark_done()
        self.update(round_)
        self.assertEqual(self.read_column(round_.participant_ids, "score"), [None] * len(forged))
        self.assertFalse(round_.result_ids)

    def test_two_choices_where_one_is_asked_for_count_nothing(self):
        scale, choice = self.add_scale(), self.add_choice([2, 1])
        matrix = self.add_matrix(["a", "b"], [4, 1])
        round_ = self.make_survey_round(2)
        first, second = round_.participant_ids
        answer = self.fill_in(first, {scale: 3}, done=False)
        answer._save_lines(choice, self.choice(choice, 2).ids + self.choice(choice, 1).ids)
        answer._mark_done()
        self.fill_in(second, {scale: 3, matrix: ((4, 1), 1)})
        self.update(round_)
        # 60, and (60 + 25) / 2
        self.assertEqual(self.read_column(round_.participant_ids, "score"), [60, 42.5])
        row_1, row_2 = matrix.matrix_row_ids
        self.assertFalse(self.result(round_, "row", row_id=row_1))
        self.assertFigures(self.result(round_, "row", row_id=row_2), 1, 25.0)

    def _choose(self, question, of_question, score, **vals):
        return {
            "question_id": question.id,
            "answer_type": "suggestion",
            "suggested_answer_id": self.choice(of_question, score).id,
            **vals,
        }

    # -------------------------------------------------------------------------
    # No data
    # -------------------------------------------------------------------------

    def test_without_answers_there_is_no_data(self):
        self.add_scale()
        round_ = self.update(self.make_survey_round(2))
        self._assert_no_data(round_)
        self.assertEqual((round_.answer_count, round_.recipient_count), (0, 2))
        self.assertEqual(round_.response_rate, 0)

    def test_an_answer_of_not_applicable_is_an_answer_without_a_score(self):
        question = self.add_choice([2, 1, None])
        round_ = self.run_round(question, None, None)
        self._assert_no_data(round_)
        self.assertEqual((round_.answer_count, round_.response_rate), (2, 100))
        participants = round_.participant_ids
        self.assertEqual(participants.mapped("state"), ["answered"] * 2)
        self.assertEqual(self.read_column(participants, "score"), [None] * 2)
        self.assertEqual(self.read_column(participants, "is_dissatisfied"), [False] * 2)
        self.assertFalse(any(participants.mapped("is_scored")))
        self.assertEqual(
            self.read_column(participants.sudo().user_input_id, "itss_score"), [None] * 2
        )

    def _assert_no_data(self, round_):
        self.assertFalse(round_.result_ids)
        self.assertEqual((round_.verdict, round_.score_count), ("no_data", 0))
        # a zero would pull averages over the years down
        for column in ("score", "deviation", "ci_low", "ci_high"):
            self.assertEqual(self.read_column(round_, column), [None], column)

    def test_rounds_without_data_do_not_pull_an_average_down(self):
        question = self.add_scale()
        rounds = self.run_round(question, 4) | self.run_round(question, ...)
        [(average,)] = rounds._read_group([("id", "in", rounds.ids)], [], ["score:avg"])
        self.assertEqual(average, 80)

    def test_zero_is_a_score(self):
        round_ = self.run_round(self.add_scale(0, 10), 0)
        self.assertFigures(self.result(round_, "total"), 1, 0.0)
        self.assertBands(self.result(round_, "total"), 1, 0, 0, 0, 0)
        self.assertTrue(round_.participant_ids.is_scored)
        self.assertTrue(round_.participant_ids.is_dissatisfied)

    def test_dissatisfied_is_below_the_threshold_and_not_at_it(self):
        question = self.add_choice([1000, 799, 800, 801])
        round_ = self.run_round(question, 799, 800, 801, ..., dissatisfied_below=80)
        self.assertEqual(
            round_.participant_ids.mapped("is_dissatisfied"), [True, False, False, False]
        )

    # -------------------------------------------------------------------------
    # What never counts
    # -------------------------------------------------------------------------

    def test_test_entries_never_count(self):
        question = self.add_scale()
        round_ = self.run_round(question, 5)
        test = self.questionnaire.sudo()._create_answer(user=self.quality_user, test_entry=True)
        test.sudo()._save_lines(question, "1")
        test.sudo()._mark_done()
        self.assertFalse(test.sudo().itss_round_id)
        # not even one that somehow got a round
        test.sudo().itss_round_id = round_
        test.sudo()._itss_compute_scores()
        self.update(round_)
        self.assertFigures(self.result(round_, "total"), 1, 100.0)
        self.assertEqual((round_.answer_count, round_.score_count), (1, 1))

    def test_an_answer_under_way_does_not_count(self):
        question = self.add_scale()
        round_ = self.make_survey_round(2)
        self.fill_in(round_.participant_ids[0], {question: 1}, done=False)._itss_compute_scores()
        self.fill_in(round_.participant_ids[1], {question: 5})
        self.update(round_)
        self.assertFigures(self.result(round_, "total"), 1, 100.0)
        self.assertEqual(round_.answer_count, 1)

    def test_no_second_answer_can_be_made_or_counted(self):
        question = self.add_scale()
        round_ = self.run_round(question, 5)
        answer = round_.participant_ids.sudo().user_input_id
        with self.assertRefused("by invitation"):
            self.questionnaire.sudo()._create_answer(partner=answer.partner_id)
        copy = answer.copy({"state": "done"})
        self.assertFalse(copy.itss_round_id)
        self.update(round_)
        self.assertFigures(self.result(round_, "total"), 1, 100.0)

    def test_nobody_writes_an_answer_into_a_round(self):
        self.add_scale()
        round_ = self.make_survey_round(1)
        manager = new_test_user(
            self.env,
            "t_survey_manager",
            "survey.group_survey_manager,itss_quality.group_itss_admin",
        )
        answers = self.env["survey.user_input"].with_user(manager)
        survey = self.env["survey.survey"].create({"title": "other", "survey_type": "custom"})
        vals = {"survey_id": survey.id, "itss_round_id": round_.id}
        with self.assertRefused("by invitation"):
            answers.create(vals)
        with self.assertRefused("by invitation"):
            answers.with_context(default_itss_round_id=round_.id).create({"survey_id": survey.id})
        own = answers.create({"survey_id": survey.id})
        for vals in ({"itss_round_id": round_.id}, {"itss_score": 100}, {"itss_channel": "phone"}):
            with self.assertRefused("by invitation"):
                own.write(vals)

    def test_a_zero_given_as_a_number_is_an_answer(self):
        scale, other = self.add_scale(0, 10), self.add_scale()
        round_ = self.make_survey_round(1, date_start="2025-01-01")
        participant = round_.participant_ids.with_user(self.desk_user)
        participant._register_answers(
            {scale.id: (0, False), other.id: (5, False)}, "phone", round_._get_today()
        )
        self.assertEqual(participant.score, 50)

    # -------------------------------------------------------------------------
    # Counts, verdict
    # -------------------------------------------------------------------------

    def test_the_response_rate(self):
        question = self.add_scale()
        round_ = self.make_survey_round(7, start=False)
        people = round_.participant_ids.sorted("id")
        opted_out = self.make_blacklisted_participant(round_)
        self.assertTrue(opted_out.is_opted_out)
        round_.action_start()
        self.assertEqual((round_.recipient_count, round_.answer_count), (7, 0))
        participants = round_.participant_ids.sudo()
        (participants - opted_out.sudo()).write({"state": "sent"})
        self.fill_in(people[0], {question: 5})
        self.fill_in(people[1], {question: ...})
        people[2].sudo().write({"state": "failed", "failure_reason": "550 no such user"})
        people[3].sudo()._decline_by_link()
        people[4].with_user(self.desk_user).write(
            {"state": "declined", "decline_reason": "没有时间"}
        )
        # who was asked and then refused further mails was asked
        self.env["mail.blacklist"].create({"email": people[5].email})
        people[5].sudo()._respect_blacklist()
        self.update(round_)
        # 2 of 7, the one who had opted out before was not asked
        self.assertEqual((round_.recipient_count, round_.answer_count), (7, 2))
        self.assertAlmostEqual(round_.response_rate, 100 * 2 / 7, 9)
        round_.invalidate_recordset()
        self.assertEqual(
            [
                round_[f"{name}_count"]
                for name in ("participant", "to_send", "sent", "failed", "answered", "declined")
            ],
            [8, 0, 1, 1, 2, 4],
        )
        self.assertEqual((round_.waiting_count, round_.progress), (2, 25))

    def test_a_round_in_which_everybody_had_opted_out_has_no_rate(self):
        self.add_scale()
        round_ = self.make_survey_round(start=False)
        self.make_blacklisted_participant(round_)
        round_.action_start()
        self.assertEqual(round_.recipient_count, 0)
        self.assertEqual(self.read_column(round_, "response_rate"), [None])

    def test_below_the_minimum_nothing_is_said_about_the_target(self):
        question = self.add_scale()
        for values, minimum, target, verdict in (
            ((), 1, 95, "no_data"),
            ((...,), 1, 95, "no_data"),
            ((5, 5), 3, 95, "too_few"),
            ((1, 1), 3, 95, "too_few"),
            # the answer without a score is none of the three
            ((5, 5, ...), 3, 95, "too_few"),
            ((5, 5, 5), 3, 95, "met"),
            ((5, 4, 4), 3, 95, "missed"),
            # 80.00 is the target itself
            ((4, 4, 4), 3, 80, "met"),
            ((4, 4, 4), 3, 80.01, "missed"),
        ):
            with self.subTest(values=values, minimum=minimum, target=target):
                vals = {"minimum_n": minimum, "target": target}
                if values:
                    round_ = self.run_round(question, *values, **vals)
                else:
                    round_ = self.update(self.make_survey_round(1, **vals))
                self.assertEqual(round_.verdict, verdict)

    # -------------------------------------------------------------------------
    # Year on year
    # -------------------------------------------------------------------------

    def _close(self, round_):
        round_.action_end()
        round_.sudo()._close()
        return round_

    def test_year_on_year_with_the_next_version_of_the_questionnaire(self):
        industry = self.env["res.partner.industry"].create({"name": "医疗"})
        page = self.add_page()
        scale, matrix = self.add_scale(), self.add_matrix(["响应", "通报"], [4, 3, 1])
        dropped = self.add_scale()
        last_year = self._hold(
            {scale: 4, matrix: (3, 1), dropped: 1}, industry, date_start="2024-10-01"
        )
        self._close(last_year)
        action = self.questionnaire.action_itss_new_version()
        version = self.questionnaire.browse(action["res_id"])
        self.assertEqual((version.itss_version, version.title), (2, self.questionnaire.title))
        self.assertEqual(version._itss_get_newest(), version)
        self.assertEqual(self.questionnaire._itss_get_newest(), version)
        new_page, new_scale, new_matrix, _new_dropped = version.question_and_page_ids
        _new_dropped.unlink()
        # the words may change, the question stays the same
        new_scale.title = "您对响应速度是否满意?"
        added = self.add_scale(survey=version)
        this_year = self._hold(
            {new_scale: 5, new_matrix: (4, 1), added: 5},
            industry,
            survey=version,
            date_start="2025-10-01",
        )
        self.assertEqual(this_year.previous_round_id, last_year)
        # last year: scale 80, matrix (75 + 25) / 2 = 50, dropped 20: 50
        # this year: scale 100, matrix (100 + 25) / 2 = 62.5, added 100: 87.5
        row_1, row_2 = new_matrix.matrix_row_ids
        for dimension, keys, before, change in (
            ("total", {}, 50.0, 37.5),
            ("section", {"question_id": new_page}, 50.0, 37.5),
            ("question", {"question_id": new_scale}, 80.0, 20.0),
            ("question", {"question_id": new_matrix}, 50.0, 12.5),
            ("row", {"row_id": row_1}, 75.0, 25.0),
            ("row", {"row_id": row_2}, 25.0, 0.0),
            ("channel", {"channel": "email"}, 50.0, 37.5),
            ("segment", {"segment_id": industry}, 50.0, 37.5),
        ):
            with self.subTest(dimension=dimension, **keys):
                result = self.result(this_year, dimension, **keys)
                self.assertEqual((result.previous_score, result.previous_n), (before, 1))
                self.assertAlmostEqual(result.change, change)
        new = self.result(this_year, "question", question_id=added)
        self.assertEqual((new.previous_n, new.change), (0, 0))
        self.assertEqual(self.read_column(new, "previous_score"), [None])
        self.assertEqual(page, new_page._itss_get_origin())

    def _hold(self, values, industry, **vals):
        round_ = self.make_survey_round(start=False, **vals)
        self.make_participant(round_, segment_id=industry.id)
        round_.action_start()
        self.fill_in(round_.participant_ids, values)
        return self.update(round_)

    def test_a_third_version_is_compared_with_the_first(self):
        question = self.add_scale()
        first = self._close(self.run_round(question, 2, date_start="2023-10-01"))
        version = self.questionnaire
        for _number in range(2):
            version = version.browse(version.action_itss_new_version()["res_id"])
        self.assertEqual(version.itss_version, 3)
        third = self.run_round(version.question_ids, 5, survey=version, date_start="2025-10-01")
        self.assertEqual(third.previous_round_id, first)
        self.assertEqual(self.result(third, "question").previous_score, 40)

    def test_rounds_are_compared_with_the_last_closed_one_before(self):
        question = self.add_scale()
        older = self._close(self.run_round(question, 1, date_start="2022-10-01"))
        last = self._close(self.run_round(question, 2, date_start="2023-10-01"))
        self.run_round(question, 3, date_start="2024-10-01").action_end()
        this = self.run_round(question, 4, date_start="2025-10-01")
        self._close(self.run_round(question, 5, date_start="2026-01-01"))
        foreign = self.env["itss.survey.round"].create(
            {
                "name": "foreign",
                "company_id": self.other_company.id,
                "survey_id": self.questionnaire.id,
                "user_id": self.foreign_user.id,
                "date_start": "2025-01-01",
                "date_end": DEADLINE,
            }
        )
        foreign.state = "closed"
        self.update(this)
        self.assertEqual(this.previous_round_id, last)
        self.assertEqual(this.previous_score, 40)
        self.update(last)
        self.assertEqual(last.previous_round_id, older)

    # -------------------------------------------------------------------------
    # Computed again
    # -------------------------------------------------------------------------

    def test_figures_are_the_same_however_often_they_are_computed(self):
        question = self.add_scale()
        round_ = self.run_round(question, 5, 4, 3, ...)
        names = ["dimension", "n", "score", "deviation", "ci_low", "ci_high", "count_4"]
        before = [tuple(row.values())[1:] for row in round_.result_ids.sorted().read(names)]
        for _number in range(2):
            self.update(round_)
        after = [tuple(row.values())[1:] for row in round_.result_ids.sorted().read(names)]
        self.assertEqual(before, after)

    def test_scores_do_not_change_once_given(self):
        question = self.add_scale()
        round_ = self.run_round(question, 5)
        answer = round_.participant_ids.sudo().user_input_id
        answer.user_input_line_ids.value_scale = 1
        answer._mark_done()
        self.assertEqual(self.read_column(answer, "itss_score"), [100])
        self.assertEqual(self.read_column(round_.participant_ids, "score"), [100])
        self.assertEqual(round_.participant_ids.answered_on, round_._get_today())

    def test_figures_are_nobody_s_to_write(self):
        round_ = self.run_round(self.add_scale(), 5)
        for user in (self.quality_user, self.admin_user, self.manager_user):
            for name in ("score", "score_count", "answer_count", "response_rate", "result_ids"):
                value = [Command.clear()] if name == "result_ids" else 100
                with self.subTest(user=user.login, name=name):
                    with self.assertRaises(UserError):
                        round_.with_user(user).write({name: value})
            with self.assertRaises(AccessError):
                self.result(round_, "total").with_user(user).write({"score": 100})
            with self.assertRaises(AccessError):
                self.result(round_, "total").with_user(user).unlink()
            for name in ("score", "is_scored", "user_input_id", "is_dissatisfied"):
                with self.subTest(user=user.login, name=name):
                    with self.assertRaises(UserError):
                        round_.participant_ids.with_user(user).write({name: False})

    # -------------------------------------------------------------------------
    # Load
    # -------------------------------------------------------------------------

    def test_a_round_is_computed_in_as_many_queries_however_many_answered(self):
        page = self.add_page()
        questions = [self.add_scale() for _number in range(3)]
        rounds = {size: self.make_survey_round(size) for size in (2, 12)}
        for round_ in rounds.values():
            for participant in round_.participant_ids:
                self.fill_in(participant, dict.fromkeys(questions, 4))
        counts = []
        for size, round_ in rounds.items():
            self.update(round_)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            with self.assertQueryCount(20):
                self.update(round_)
                self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertFigures(self.result(round_, "section", question_id=page), size, 80.0)
        self.assertLessEqual(counts[1], counts[0])


@tagged("post_install", "-at_install")
class TestSurveyRetry(SurveyCommon, HttpCase):
    """Odoo's "retry" gives a second answer: not to an invitation, and none that counts."""

    def _retry(self, answer):
        tokens = f"{answer.survey_id.access_token}/{answer.access_token}"
        return self.url_open(f"/survey/retry/{tokens}", allow_redirects=False)

    def _find_answers(self):
        return self.env["survey.user_input"].search([("survey_id", "=", self.questionnaire.id)])

    def test_an_invitation_gives_no_second_answer(self):
        question = self.add_scale()
        # Odoo itself opens the door for surveys with conditional questions
        first = self.add_choice([1, 0])
        self.add_scale(triggering_answer_ids=self.choice(first, 0).ids)
        round_ = self.make_survey_round(2)
        answered, waiting = round_.participant_ids
        answer = self.fill_in(answered, {question: 5})
        waiting.sudo()._prepare_links()
        before = self._find_answers()
        self.assertEqual(len(before), 2)
        self.assertEqual(self._retry(answer).status_code, 410)
        self.assertEqual(self._retry(waiting.sudo().user_input_id).status_code, 410)
        self.assertEqual(self._find_answers(), before)

    def test_a_retried_test_entry_does_not_count(self):
        question = self.add_scale()
        round_ = self.make_survey_round(1)
        self.fill_in(round_.participant_ids, {question: 5})
        test = self.questionnaire.sudo()._create_answer(user=self.quality_user, test_entry=True)
        before = self._find_answers()
        self.authenticate(self.quality_user.login, self.quality_user.login)
        self._retry(test)
        again = self._find_answers() - before
        self.assertTrue(again.test_entry)
        again._save_lines(question, "1")
        again._mark_done()
        self.update(round_)
        self.assertFigures(self.result(round_, "total"), 1, 100.0)


@tagged("post_install", "-at_install")
class TestSurveyAnonymous(SurveyCommon):
    """Nobody can tell who gave which answer of an anonymous round."""

    def _hold(self, *groups, end=True, **vals):
        """Hold a round with groups of participants, each a segment that answers with one value."""
        question = self.questionnaire.question_ids or self.add_scale()
        round_ = self.make_survey_round(start=False, is_anonymous=True, **vals)
        values = []
        for number, (size, value) in enumerate(groups):
            industry = self.env["res.partner.industry"].create({"name": f"行业 {number}"})
            values += [value] * size
            for _number in range(size):
                self.make_participant(round_, segment_id=industry.id)
        round_.action_start()
        for participant, value in zip(round_.participant_ids.sorted("id"), values, strict=True):
            self.fill_in(participant, {question: value})
        if end:
            round_.action_end()
        return round_

    def _segments(self, round_):
        """Return ``(n, score, is_suppressed)`` per segment, in the order of the groups."""
        results = round_.result_ids.filtered(lambda result: result.dimension == "segment")
        return [
            (result.n, result.score, result.is_suppressed)
            for result in results.sorted(lambda result: result.segment_id.id)
        ]

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    def test_no_figures_while_the_round_runs(self):
        round_ = self._hold((6, 4), end=False)
        self.update(round_)
        self.assertFalse(round_.result_ids)
        self.assertEqual((round_.score_count, round_.verdict), (0, "no_data"))
        self.assertEqual(self.read_column(round_, "score"), [None])
        # how many have answered is no secret
        self.assertEqual((round_.answer_count, round_.response_rate), (6, 100))
        round_.action_refresh()
        self.assertFalse(round_.result_ids)
        round_.action_end()
        self.assertFigures(self.result(round_, "total"), 6, 80.0)
        self.assertEqual((round_.score, round_.score_count), (80, 6))

    def test_groups_of_five_are_shown(self):
        round_ = self._hold((5, 4), (6, 2))
        self.assertEqual(self._segments(round_), [(5, 80, False), (6, 40, False)])

    def test_smaller_groups_are_not_and_neither_is_what_would_give_them_away(self):
        hidden = (0, 0, True)
        for groups, shown in (
            # total and the other two would leave the 3
            (((3, 1), (8, 4), (20, 5)), [hidden, hidden, (20, 100, False)]),
            # what the total leaves are 7
            (((3, 1), (4, 1), (9, 5)), [hidden, hidden, (9, 100, False)]),
            (((1, 1), (4, 5), (9, 5)), [hidden, hidden, (9, 100, False)]),
            (((2, 1), (2, 1), (6, 5), (9, 5)), [hidden, hidden, hidden, (9, 100, False)]),
            (((4, 1), (12, 5)), [hidden, hidden]),
        ):
            with self.subTest(groups=groups):
                round_ = self._hold(*groups)
                self.assertEqual(self._segments(round_), shown)
                hidden_results = round_.result_ids.filtered("is_suppressed")
                for column in ("score", "deviation", "ci_low", "ci_high"):
                    self.assertEqual(set(self.read_column(hidden_results, column)), {None})
                for result in hidden_results:
                    self.assertBands(result, 0, 0, 0, 0, 0)
                self.assertEqual(
                    self.result(round_, "total").n, sum(size for size, _value in groups)
                )

    def test_what_is_left_out_of_a_partition_holds_at_least_five_answers(self):
        dice = random.Random(20250417)
        results = self.env["itss.survey.result"]
        for _number in range(300):
            sizes = [dice.choice((1, 2, 3, 4, 5, 6, 9, 20)) for _group in range(dice.randint(1, 6))]
            rows = [
                {"dimension": "segment", "segment_id": number, "n": size, "score": 50.0}
                for number, size in enumerate(sizes)
            ]
            results._suppress(rows)
            left_out = [
                size for size, row in zip(sizes, rows, strict=True) if row.get("is_suppressed")
            ]
            shown = [row["n"] for row in rows if not row.get("is_suppressed")]
            self.assertTrue(all(size >= SMALLEST_GROUP for size in shown), sizes)
            self.assertEqual(sum(shown) + sum(left_out), sum(sizes))
            if left_out and shown:
                self.assertGreaterEqual(sum(left_out), SMALLEST_GROUP, sizes)
                self.assertGreaterEqual(len(left_out), 2 if max(left_out) >= SMALLEST_GROUP else 1)
            # no more is left out than has to be
            if all(size >= SMALLEST_GROUP for size in sizes):
                self.assertFalse(left_out)

    def test_fewer_than_five_answers_make_no_figure_at_all(self):
        round_ = self._hold((4, 1))
        self.assertTrue(all(round_.result_ids.mapped("is_suppressed")))
        self.assertFalse(any(round_.result_ids.mapped("n")))
        self.assertEqual((round_.score_count, round_.verdict), (0, "no_data"))
        for column in ("score", "deviation", "ci_low", "ci_high"):
            self.assertEqual(self.read_column(round_, column), [None], column)
        self.assertEqual(round_.answer_count, 4)
        self.assertFalse(round_.improvement_ids)

    def test_a_question_that_few_answered_is_left_out(self):
        often, seldom = self.add_scale(), self.add_choice([2, 1, None])
        round_ = self.make_survey_round(6, is_anonymous=True)
        for number, participant in enumerate(round_.participant_ids):
            self.fill_in(participant, {often: 5, seldom: 1 if number < 4 else None})
        round_.action_end()
        self.assertFigures(self.result(round_, "question", question_id=often), 6, 100.0)
        self.assertTrue(self.result(round_, "question", question_id=seldom).is_suppressed)
        # and so it is no proposal for an improvement either
        self.assertNotIn(seldom.title, "".join(round_.improvement_ids.mapped("name")))

    def test_a_suppressed_figure_is_not_next_year_s_comparison(self):
        first = self._hold((3, 1), (8, 4), (20, 5), date_start="2024-10-01")
        first.sudo()._close()
        industry = first.participant_ids.sorted("id")[0].segment_id
        second = self.make_survey_round(start=False, date_start="2025-10-01")
        self.make_participant(second, segment_id=industry.id)
        second.action_start()
        self.fill_in(second.participant_ids, {self.questionnaire.question_ids: 5})
        self.update(second)
        self.assertEqual(second.previous_round_id, first)
        segment = self.result(second, "segment")
        self.assertEqual(segment.previous_n, 0)
        self.assertEqual(self.read_column(segment, "previous_score"), [None])
        self.assertEqual(self.result(second, "total").previous_n, 31)

    # -------------------------------------------------------------------------
    # Who gave which answer
    # -------------------------------------------------------------------------

    def test_the_answer_forgets_whose_it_is(self):
        question = self.add_scale()
        round_ = self.make_survey_round(5, is_anonymous=True)
        first = round_.participant_ids[0].sudo()
        first._prepare_links()
        open_answer = first.user_input_id
        self.assertFalse(open_answer.partner_id or open_answer.email)
        answers = [self.fill_in(one, {question: 1}) for one in round_.participant_ids]
        self.assertEqual(answers[0], open_answer)
        round_.action_end()
        participants = round_.participant_ids
        self.assertEqual(participants.mapped("state"), ["answered"] * 5)
        self.assertFalse(participants.sudo().user_input_id)
        self.assertEqual(self.read_column(participants, "score"), [None] * 5)
        self.assertFalse(any(participants.mapped("is_scored")))
        self.assertFalse(any(participants.mapped("is_dissatisfied")))
        for answer in answers:
            self.assertFalse(answer.partner_id or answer.email or answer.nickname)
            self.assertEqual(answer.itss_score, 20)
            self.assertFalse(answer.message_ids)
            self.assertFalse(answer.message_partner_ids & participants.partner_id)
        domain = participants._get_to_propose_domain() & Domain("round_id", "=", round_.id)
        self.assertFalse(participants.sudo().search(domain))

    def test_nobody_reads_the_answers(self):
        round_ = self._hold((6, 1))
        answers = self.env["survey.user_input"].search([("itss_round_id", "=", round_.id)])
        self.assertEqual(len(answers), 6)
        users = {name: getattr(self, name) for name in ROLES}
        users["administrator"] = self.env.ref("base.user_admin")
        users["everything"] = self._make_superpower()
        for user in users.values():
            user.group_ids += self.env.ref("base.group_allow_export")
        self.env.flush_all()
        self.env.invalidate_all()
        for records in (answers, answers.user_input_line_ids):
            for name, user in users.items():
                with self.subTest(model=records._name, user=name):
                    self._assert_out_of_reach(records.with_user(user))

    def _make_superpower(self):
        """Return a user with every role there is."""
        return new_test_user(
            self.env,
            "t_everything",
            "base.group_system,survey.group_survey_manager,itss_quality.group_itss_admin",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def _assert_out_of_reach(self, records):
        model, ids = records.browse(), records.ids
        for read in (
            lambda: records.read(["itss_score"]),
            lambda: records.export_data(["itss_score"]),
            lambda: records.mapped("itss_score"),
            lambda: records[0].copy(),
            lambda: records.write({"skipped": True}),
            lambda: records.unlink(),
        ):
            with self.assertRaises(AccessError):
                records.env.invalidate_all()
                read()
        for find in (
            lambda: model.search([("id", "in", ids)]),
            lambda: model.search_read([("id", "in", ids)], ["itss_score"]),
            lambda: model._read_group([("id", "in", ids)], ["itss_score"], ["__count"]),
            lambda: model.formatted_read_group([("id", "in", ids)], ["id"], ["itss_score:sum"]),
            lambda: model.name_search("", [("id", "in", ids)]),
        ):
            try:
                self.assertFalse(find())
            except AccessError:
                continue

    def test_no_way_leads_from_participants_to_answers(self):
        round_ = self._hold((5, 1), end=False)
        self.add_scale(survey=self.make_questionnaire())
        waiting = self.make_survey_round(1, is_anonymous=True)
        # filled in, but not sent off
        self.fill_in(
            waiting.participant_ids, {self.questionnaire.question_ids: 1}, done=False
        )._itss_compute_scores()
        participants = self.env["itss.survey.participant"].with_user(self.admin_user)
        domain = [("round_id", "in", (round_ | waiting).ids)]
        self.assertEqual(participants.search_count(domain), 6)
        for path in (
            ("user_input_id.itss_score", ">=", 0),
            ("user_input_id.user_input_line_ids.value_scale", "=", 1),
            ("user_input_id.user_input_line_ids.itss_score", ">", 0),
            ("user_input_id.state", "=", "done"),
        ):
            with self.subTest(path=path):
                self.assertFalse(participants.search([*domain, path]))
        rounds = (round_ | waiting).with_user(self.admin_user)
        self.assertFalse(rounds.survey_id.user_input_ids)
        survey = self.questionnaire.with_user(self._make_superpower())
        self.assertFalse(survey.user_input_ids)
        self.assertFalse(survey.question_ids.user_input_line_ids)

    def test_no_improvement_names_a_dissatisfied_customer(self):
        round_ = self._hold((6, 1))
        participants = self.env["itss.survey.participant"].sudo()
        due = participants.search(participants._get_to_propose_domain())
        self.assertFalse(due & round_.participant_ids.sudo())
        # nor one who answered before the round was anonymous: that can't change any more
        with self.assertRefused("can't change"):
            round_.is_anonymous = False


# kinds of questions of a random questionnaire, and how often each comes
KINDS = ("scale", "scale", "choice", "choice", "matrix", "matrix", "multiple", "text", "wide")


@tagged("post_install", "-at_install")
class TestSurveyScoreAtRandom(SurveyCommon):
    """Stored figures of random answers against a plain recomputation in exact fractions.

    What was answered is kept in Python lists beside the database; the recomputation reads no
    score, and none of the statements that computed them.
    """

    def test_random_answers(self):
        for seed in (1, 7, 29, 417, 1299, 2025):
            with self.subTest(seed=seed):
                self._check(random.Random(seed))

    def _check(self, dice):
        survey = self.make_questionnaire()
        specs = self._make_questions(dice, survey)
        industries = self.env["res.partner.industry"].create([{"name": "a"}, {"name": "b"}])
        segments = [*industries.ids, False]
        channels = ("email", "phone", "interview", "paper")
        threshold = dice.choice((40, 60, 80))
        round_ = self.make_survey_round(start=False, survey=survey, dissatisfied_below=threshold)
        partners = self.env["res.partner"].create([{"name": f"客户 {n}"} for n in range(30)])
        people = self.env["itss.survey.participant"].create(
            [
                {
                    "round_id": round_.id,
                    "partner_id": partner.id,
                    "channel": dice.choice(channels),
                    "segment_id": dice.choice(segments),
                }
                for partner in partners
            ]
        )
        round_.action_start()
        people._prepare_links()
        answers, lines = [], []
        for person in people:
            is_done = dice.random() < 0.85
            given = [self._answer(dice, spec) for spec in specs]
            for values, _score, _rows in given:
                lines += [{"user_input_id": person.user_input_id.id, **vals} for vals in values]
            if is_done:
                answers.append((person, [item[1:] for item in given]))
        self.env["survey.user_input.line"].create(lines)
        for person, _given in answers:
            person.user_input_id._mark_done()
        self.update(round_)
        self._compare_people(people, answers, specs, threshold)
        self._compare_groups(round_, people, answers, specs)

    # -------------------------------------------------------------------------
    # Random questions and answers
    # -------------------------------------------------------------------------

    def _make_questions(self, dice, survey):
        """Add random questions; return what a score needs to know of each."""
        specs, page = [], None
        for _number in range(dice.randint(5, 9)):
            if dice.random() < 0.4:
                page = self.add_page(survey)
            weight = dice.choice(("0", "0.5", "1", "1", "2", "3.25"))
            kind = dice.choice(KINDS)
            spec = {"kind": kind, "weight": Fraction(weight), "page": page}
            vals = {"survey": survey, "itss_weight": float(weight)}
            scores = [dice.randint(-2, 9) for _score in range(dice.randint(2, 5))] + [None]
            rows = [f"row {number}" for number in range(dice.randint(1, 4))]
            if kind == "scale":
                low = dice.randint(0, 2)
                spec.update(low=low, high=dice.randint(low + 1, 10))
                question = self.add_scale(spec["low"], spec["high"], **vals)
            elif kind == "text":
                question = self.add_question("text_box", **vals)
            elif kind in ("matrix", "wide"):
                subtype = "simple" if kind == "matrix" else "multiple"
                question = self.add_matrix(rows, scores, subtype=subtype, **vals)
            else:
                question_type = "simple_choice" if kind == "choice" else "multiple_choice"
                question = self.add_choice(scores, question_type=question_type, **vals)
            choices = question.suggested_answer_ids.sorted("sequence").ids
            spec.update(question=question, choices=list(zip(choices, scores, strict=False)))
            specs.append(spec)
        return specs

    def _answer(self, dice, spec):
        """Answer a question at random.

        :return: values of the lines; the score or ``None``; the scores of a matrix' rows
        """
        question_id, kind = spec["question"].id, spec["kind"]
        if dice.random() < 0.15:
            return [{"question_id": question_id, "skipped": True}], None, {}
        if kind == "scale":
            value = dice.randint(spec["low"], spec["high"])
            score = Fraction(100 * value, spec["high"])
            if dice.random() < 0.1:
                value, score = spec["high"] + dice.randint(1, 50), None
            vals = {"question_id": question_id, "answer_type": "scale", "value_scale": value}
            return [vals], score, {}
        if kind == "text":
            vals = {"question_id": question_id, "answer_type": "text_box", "value_text_box": "好"}
            return [vals], None, {}
        if kind in ("choice", "multiple"):
            choice_id, points = dice.choice(spec["choices"])
            score = self._share(spec, points) if kind == "choice" else None
            return [self._line(question_id, choice_id)], score, {}
        lines, scores = [], {}
        for row in spec["question"].matrix_row_ids:
            if dice.random() < 0.2:
                continue
            choice_id, points = dice.choice(spec["choices"])
            lines.append(self._line(question_id, choice_id, matrix_row_id=row.id))
            score = self._share(spec, points)
            if score is not None and kind == "matrix":
                scores[row.id] = score
        score = sum(scores.values()) / len(scores) if scores else None
        return lines, score, scores

    def _line(self, question_id, choice_id, **vals):
        return {
            "question_id": question_id,
            "answer_type": "suggestion",
            "suggested_answer_id": choice_id,
            **vals,
        }

    def _share(self, spec, points):
        best = max((score for _choice, score in spec["choices"] if score is not None), default=0)
        if points is None or best <= 0:
            return None
        return Fraction(100 * max(points, 0), best)

    # -------------------------------------------------------------------------
    # Comparison
    # -------------------------------------------------------------------------

    def _mean(self, scores, specs):
        """Return the weighted mean of the questions' scores, or ``None``."""
        pairs = [
            (score, spec["weight"])
            for (score, _rows), spec in zip(scores, specs, strict=True)
            if score is not None and spec["weight"]
        ]
        weights = sum(weight for _score, weight in pairs)
        return sum(score * weight for score, weight in pairs) / weights if pairs else None

    def _compare_people(self, people, answers, specs, threshold):
        means = {person.id: self._mean(scores, specs) for person, scores in answers}
        stored = zip(
            people,
            self.read_column(people, "score"),
            self.read_column(people.user_input_id, "itss_score"),
            strict=True,
        )
        for person, score, answer_score in stored:
            expected = means.get(person.id)
            self.assertEqual(person.state == "answered", person.id in means)
            self.assertEqual(person.is_scored, expected is not None)
            self.assertEqual(person.is_dissatisfied, expected is not None and expected < threshold)
            if expected is None:
                self.assertIsNone(score)
                self.assertIsNone(answer_score)
            else:
                self.assertAlmostEqual(float(score), float(expected), places=9)
                self.assertAlmostEqual(answer_score, float(expected), places=9)

    def _compare_groups(self, round_, people, answers, specs):
        expected = defaultdict(list)
        for person, scores in answers:
            mean = self._mean(scores, specs)
            keys = ["total", f"channel {person.channel}", f"segment {person.segment_id.id}"]
            for key in keys:
                expected[key].append(mean)
            pages = {spec["page"] for spec in specs if spec["page"]}
            for page in pages:
                inside = [spec["page"] == page for spec in specs]
                section = self._mean(list(compress(scores, inside)), list(compress(specs, inside)))
                expected[f"section {page.id}"].append(section)
            for (score, rows), spec in zip(scores, specs, strict=True):
                expected[f"question {spec['question'].id}"].append(score)
                for row_id, row_score in rows.items():
                    expected[f"row {row_id}"].append(row_score)
        expected = {
            key: kept
            for key, scores in expected.items()
            if (kept := [score for score in scores if score is not None])
        }
        stored = {self._get_key(result): result for result in round_.result_ids}
        self.assertEqual(len(stored), len(round_.result_ids))
        self.assertEqual(set(stored), set(expected))
        for key, scores in expected.items():
            self._compare_figures(stored[key], scores)
        self.assertEqual(round_.answer_count, len(answers))
        self.assertEqual(round_.recipient_count, len(people))
        self.assertAlmostEqual(round_.response_rate, 100 * len(answers) / len(people), delta=1e-6)
        self.assertEqual(round_.score_count, len(expected.get("total", ())))
        self._compare_figures(stored["total"], expected["total"])
        for name in ("score", "deviation", "ci_low", "ci_high"):
            self.assertEqual(round_[name], stored["total"][name])

    def _get_key(self, result):
        value = {
            "section": result.question_id.id,
            "question": result.question_id.id,
            "row": result.row_id.id,
            "channel": result.channel,
            "segment": result.segment_id.id,
        }.get(result.dimension)
        return "total" if result.dimension == "total" else f"{result.dimension} {value}"

    def _compare_figures(self, result, scores):
        """Compare what is stored with figures from exact scores."""
        n = len(scores)
        mean = sum(scores) / n
        self.assertEqual(result.n, n)
        self.assertAlmostEqual(result.score, float(mean), delta=1e-6)
        deviation = stdev([float(score) for score in scores]) if n > 1 else 0
        self.assertAlmostEqual(result.deviation, deviation, delta=1e-6)
        bands = [0] * 5
        for score in scores:
            bands[max(ceil(score / 20), 1) - 1] += 1
        self.assertBands(result, *bands)
        if n > 1:
            low, high = confidence_interval(float(mean), deviation, n)
            self.assertAlmostEqual(result.ci_low, low, delta=1e-6)
            self.assertAlmostEqual(result.ci_high, high, delta=1e-6)
