from odoo import api, fields, models

from ...tools.typed_text import clean_text


class SurveyQuestion(models.Model):
    _inherit = "survey.question"

    itss_weight = fields.Float(
        string="Weight",
        default=1.0,
        help="How much the question counts in the satisfaction score; 0: not at all.",
    )
    itss_origin_id = fields.Many2one(
        "survey.question",
        string="First Version of the Question",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The question of an earlier version that this one is compared with, year on year.",
    )
    itss_survey_type = fields.Selection(related="survey_id.survey_type", string="Survey Type")

    _itss_weight_positive = models.Constraint(
        "CHECK(itss_weight >= 0)", "The weight of a question can't be negative."
    )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        questions = super().create(vals_list)
        questions.survey_id._itss_check_editable()
        return questions

    def write(self, vals):
        self.survey_id._itss_check_editable()
        result = super().write(vals)
        if "survey_id" in vals:
            self.survey_id._itss_check_editable()
        return result

    def _update_field_translations(self, *args, **kwargs):
        self.survey_id._itss_check_editable()
        return super()._update_field_translations(*args, **kwargs)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        self.survey_id._itss_check_editable()

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for question, vals in zip(self, vals_list, strict=True):
            vals["itss_origin_id"] = question._itss_get_origin().id
        return vals_list

    # -------------------------------------------------------------------------
    # Scores
    # -------------------------------------------------------------------------

    def _itss_get_origin(self):
        """Return the question that all versions of this one are known by."""
        return self.itss_origin_id or self

    def _itss_is_scored(self):
        """Whether answers to the question count in the satisfaction score."""
        self.ensure_one()
        return bool(self.itss_weight) and self._itss_can_score()

    def _itss_can_score(self):
        """Whether answers to the question have a score, be its weight as it may."""
        self.ensure_one()
        if self.question_type == "scale":
            return True
        is_single = self.question_type == "simple_choice" or (
            self.question_type == "matrix" and self.matrix_subtype == "simple"
        )
        return is_single and self._itss_get_best_score() > 0

    def _itss_get_best_score(self):
        choices = self.suggested_answer_ids.filtered(lambda one: not one.itss_not_applicable)
        return max(choices.mapped("answer_score"), default=0)

    def _itss_get_standard(self):
        """Return the possible answers of the question, with what each counts of 100: lines."""
        self.ensure_one()
        if self.question_type == "scale":
            ends = (
                f"{self.scale_min} {self.scale_min_label or ''}".strip(),
                f"{self.scale_max} {self.scale_max_label or ''}".strip(),
            )
            return [" – ".join(ends)]
        can_score, best = self._itss_can_score(), self._itss_get_best_score()
        lines = []
        for choice in self.suggested_answer_ids:
            if choice.itss_not_applicable:
                lines.append(self.env._("%s: does not count", choice.value))
            elif can_score:
                lines.append(f"{choice.value}: {100 * max(choice.answer_score, 0) / best:.4g}")
            else:
                lines.append(choice.value or "")
        return lines

    def _itss_clean(self, value, length):
        """Return what a page sends as an answer to the question, in the shape that Odoo expects.

        What is none of the possible answers is left out: no page of ours sends it.

        :param value: anything that JSON can bring
        :param int length: most characters of a text
        """
        self.ensure_one()
        choices = {str(choice) for choice in self.suggested_answer_ids.ids}

        def choose(chosen):
            chosen = chosen if isinstance(chosen, list) else [chosen]
            return [str(choice) for choice in chosen if str(choice) in choices]

        parts = value if isinstance(value, list) else [value]
        comments = [part.get("comment") for part in parts if isinstance(part, dict)]
        comment = {"comment": clean_text(comments[0], length)} if comments else {}
        if self.question_type == "matrix":
            rows = {str(row) for row in self.matrix_row_ids.ids}
            chosen = value if isinstance(value, dict) else {}
            chosen = {row: choose(cells) for row, cells in chosen.items() if row in rows}
            return {**{row: cells for row, cells in chosen.items() if cells}, **comment}
        if self.question_type in ("simple_choice", "multiple_choice"):
            return [*choose(parts), *filter(None, [comment])]
        texts = [
            clean_text(str(part), length) for part in parts if isinstance(part, str | int | float)
        ]
        if self.question_type == "scale":
            scale = range(self.scale_min, self.scale_max + 1)
            texts = [text for text in texts if text in map(str, scale)]
        return texts[0] if texts else ""

    def _itss_validate(self, answer, comment):
        """Return what is wrong with an answer as ``validate_question`` does, and more strictly.

        Nobody is forced to answer: a customer on the phone may not want to.
        """
        self.ensure_one()
        if not answer and not comment:
            return {}
        choices = set(self.suggested_answer_ids.ids)
        rows = set(self.matrix_row_ids.ids)
        try:
            if self.question_type in ("simple_choice", "multiple_choice"):
                chosen = answer if isinstance(answer, list) else [answer] if answer else []
                fits = {int(choice) for choice in chosen} <= choices
            elif self.question_type == "matrix":
                is_single = self.matrix_subtype == "simple"
                fits = {int(row) for row in answer} <= rows and all(
                    {int(choice) for choice in chosen} <= choices
                    and not (is_single and len(chosen) > 1)
                    for chosen in answer.values()
                )
            elif self.question_type == "scale":
                fits = self.scale_min <= int(answer) <= self.scale_max
            else:
                fits = True
        except (TypeError, ValueError):
            fits = False
        if not fits:
            return {self.id: self.env._("this is none of the possible answers.")}
        if self.question_type == "matrix":
            # unlike a customer's own, an entry may leave out rows
            return {}
        return self.validate_question(answer, comment)
