from odoo import api, fields, models


class SurveyQuestionAnswer(models.Model):
    _inherit = "survey.question.answer"

    itss_not_applicable = fields.Boolean(
        string="Not Applicable", help="Whoever chooses this does not count in the score."
    )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        answers = super().create(vals_list)
        answers._itss_check_editable()
        return answers

    def write(self, vals):
        self._itss_check_editable()
        result = super().write(vals)
        if not {"question_id", "matrix_question_id"}.isdisjoint(vals):
            self._itss_check_editable()
        return result

    def _update_field_translations(self, *args, **kwargs):
        self._itss_check_editable()
        return super()._update_field_translations(*args, **kwargs)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        self._itss_check_editable()

    def _itss_check_editable(self):
        (self.question_id | self.matrix_question_id).survey_id._itss_check_editable()
