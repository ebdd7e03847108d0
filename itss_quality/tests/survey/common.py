from contextlib import contextmanager

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user
from odoo.tools import SQL

from ..common import ItssCommon

DEADLINE = "2099-12-31"


class SurveyCommon(ItssCommon):
    """Questionnaires, rounds, participants, and answers given the way the public page saves them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.questionnaire = cls.make_questionnaire()

    # -------------------------------------------------------------------------
    # Questionnaires
    # -------------------------------------------------------------------------

    @classmethod
    def make_questionnaire(cls, **vals):
        """Create a questionnaire without questions as the quality department."""
        surveys = cls.env["survey.survey"].with_user(cls.quality_user)
        return surveys.create(
            {
                "title": "客户满意度",
                "survey_type": "itss",
                # needs no sections
                "questions_layout": "page_per_question",
                **vals,
            }
        )

    @classmethod
    def add_question(cls, question_type, survey=None, **vals):
        """Add a question behind the others."""
        survey = survey or cls.questionnaire
        return survey.question_and_page_ids.create(
            {
                "survey_id": survey.id,
                "title": f"{question_type} {len(survey.question_and_page_ids) + 1}",
                "question_type": question_type,
                "sequence": 10 * (len(survey.question_and_page_ids) + 1),
                **vals,
            }
        )

    @classmethod
    def add_page(cls, survey=None, **vals):
        return cls.add_question(False, survey, is_page=True, **{"title": "页", **vals})

    @classmethod
    def add_scale(cls, low=1, high=5, survey=None, **vals):
        return cls.add_question("scale", survey, scale_min=low, scale_max=high, **vals)

    @classmethod
    def add_choice(cls, scores, survey=None, question_type="simple_choice", **vals):
        """Add a question with one choice per score; ``None`` is "not applicable"."""
        choices = [
            Command.create(
                {
                    "value": "不适用" if score is None else f"选项 {score}",
                    "answer_score": score or 0,
                    "itss_not_applicable": score is None,
                    "sequence": sequence,
                }
            )
            for sequence, score in enumerate(scores)
        ]
        return cls.add_question(question_type, survey, suggested_answer_ids=choices, **vals)

    @classmethod
    def add_matrix(cls, rows, scores, survey=None, subtype="simple", **vals):
        rows = [
            Command.create({"value": row, "sequence": sequence})
            for sequence, row in enumerate(rows)
        ]
        vals = {"matrix_subtype": subtype, "matrix_row_ids": rows, **vals}
        return cls.add_choice(scores, survey, question_type="matrix", **vals)

    @classmethod
    def choice(cls, question, score):
        """Return the choice with a score; ``None`` is "not applicable"."""
        if score is None:
            return question.suggested_answer_ids.filtered("itss_not_applicable")[:1]
        return question.suggested_answer_ids.filtered(
            lambda choice: not choice.itss_not_applicable and choice.answer_score == score
        )[:1]

    # -------------------------------------------------------------------------
    # Rounds
    # -------------------------------------------------------------------------

    @classmethod
    def make_survey_round(cls, count=0, start=True, survey=None, **vals):
        """Create a round with ``count`` participants, and start it."""
        survey = survey or cls.questionnaire
        round_ = cls.make_round(count, survey_id=survey.id, **{"date_end": DEADLINE, **vals})
        if start and count:
            round_.action_start()
        return round_

    @classmethod
    def make_blacklisted_participant(cls, round_):
        """Add a contact whose address is on the blacklist of mailings."""
        cls.env["mail.blacklist"].create({"email": "no@customer.example.com"})
        partner = cls.env["res.partner"].create({"name": "否", "email": "No@Customer.example.com"})
        return round_.participant_ids.create({"round_id": round_.id, "partner_id": partner.id})

    # -------------------------------------------------------------------------
    # Answers
    # -------------------------------------------------------------------------

    @classmethod
    def fill_in(cls, participant, values, done=True):
        """Answer the questionnaire as its public page saves it.

        :param dict values: per question what was answered: a number of a scale, the score of a
            choice (``None``: not applicable), per row such a score, a text; ``...`` for skipped
        :return: ``survey.user_input``
        """
        participant = participant.sudo()
        participant._prepare_links()
        answer = participant.user_input_id
        answer._mark_in_progress()
        for question, value in values.items():
            answer._save_lines(question.sudo(), cls._get_form_value(question, value))
        if done:
            answer._clear_inactive_conditional_answers()
            answer._mark_done()
        return answer

    @classmethod
    def _get_form_value(cls, question, value):
        if value is ...:
            return {} if question.question_type == "matrix" else ""
        if question.question_type == "simple_choice":
            return str(cls.choice(question, value).id)
        if question.question_type == "multiple_choice":
            return [str(cls.choice(question, score).id) for score in value]
        if question.question_type == "matrix":
            return {
                str(row.id): [
                    str(cls.choice(question, score).id)
                    for score in (scores if isinstance(scores, tuple) else (scores,))
                ]
                for row, scores in zip(question.matrix_row_ids, value, strict=True)
                if scores is not ...
            }
        return str(value)

    def run_round(self, question, *values, **vals):
        """Hold a round in which one participant per value answers one question."""
        round_ = self.make_survey_round(len(values), **vals)
        for participant, value in zip(round_.participant_ids, values, strict=True):
            self.fill_in(participant, {question: value})
        self.update(round_)
        return round_

    def update(self, round_):
        round_.sudo()._update_results()
        return round_

    def result(self, round_, dimension, **keys):
        """Return the only result of a group, or none."""
        results = round_.result_ids.filtered(
            lambda result: (
                result.dimension == dimension
                and all(result[name] == key for name, key in keys.items())
            )
        )
        self.assertLessEqual(len(results), 1)
        return results

    def read_column(self, records, column):
        """Return what the database holds, in which nothing is not zero."""
        self.env.flush_all()
        query = SQL(
            "SELECT id, %s FROM %s WHERE id = ANY(%s)",
            SQL.identifier(column),
            SQL.identifier(records._table),
            list(records.ids),
        )
        values = dict(self.env.execute_query(query))
        return [values[record.id] for record in records]

    @contextmanager
    def assertRefused(self, words, exception=UserError):
        """Like ``assertRaisesRegex``, and undo what was done before the refusal."""
        with self.assertRaises(exception) as caught:
            yield
        self.assertRegex(str(caught.exception), words)

    def assertFigures(self, result, n, score, **figures):
        self.assertTrue(result)
        self.assertEqual((result.n, round(result.score, 2)), (n, score))
        for name, figure in figures.items():
            self.assertEqual(round(result[name], 2), figure, name)

    def assertBands(self, result, *counts):
        bands = (result.count_1, result.count_2, result.count_3, result.count_4, result.count_5)
        self.assertEqual(bands, counts)


FULL = {"speed": 5, "skill": 5, "attitude": 5, "result": 5, "overall": 5}


class SurveyRoundCommon(SurveyCommon):
    """A customer's contacts, questionnaires of one's own, and people of other departments."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.survey_manager = cls.make_survey_user("t_survey_manager", "group_survey_manager")

    @classmethod
    def make_survey_user(cls, login, *groups):
        """Create a user of the survey app."""
        groups = ",".join(group if "." in group else f"survey.{group}" for group in groups)
        return new_test_user(
            cls.env,
            login,
            groups,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def make_full_questionnaire(cls, **vals):
        """Create a questionnaire with a section, a scale, a choice and a matrix."""
        survey = cls.make_questionnaire(questions_layout="page_per_section", **vals)
        cls.add_page(survey, title="服务")
        cls.add_scale(survey=survey, title="总体")
        cls.add_choice([5, 0], survey, title="态度")
        cls.add_matrix(["响应", "通报"], [5, 0], survey, title="过程")
        return survey

    @classmethod
    def make_survey_line(cls, **vals):
        """Create the line of an approved plan that asks for a survey."""
        plan = cls.make_plan(lines=0)
        line = cls.make_line(plan, kind="survey", name="公司级满意度调查", **vals)
        cls.approve(plan)
        return line

    @classmethod
    def start(cls, round_):
        round_.with_user(cls.quality_user).action_start()
        return round_

    @classmethod
    def end(cls, round_):
        round_.with_user(cls.quality_user).action_end()
        return round_

    @classmethod
    def make_report(cls, round_, **texts):
        """Write the analysis of an ended round, and open its report."""
        texts = {"conclusion": "达到目标", "measures": "加强响应", **texts}
        round_.with_user(cls.quality_user).write(texts)
        action = round_.with_user(cls.quality_user).action_open_report()
        return cls.env["itss.survey.report"].with_user(cls.quality_user).browse(action["res_id"])

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("itss_quality.ir_cron_itss_survey_results").method_direct_trigger()

    @classmethod
    def improvements(cls, *sources):
        """Return the improvements that these records gave rise to."""
        return cls.env["itss.improvement"].search(
            [
                ("source_model", "=", sources[0]._name),
                ("source_id", "in", [source.id for source in sources]),
            ]
        )
