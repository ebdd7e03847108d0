from odoo import api, fields, models


class SurveyUserInputLine(models.Model):
    _inherit = "survey.user_input.line"

    itss_score = fields.Float(string="Satisfaction", readonly=True, copy=False, aggregator="avg")

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._itss_check_untouched()
        return lines

    def write(self, vals):
        self.check_access("write")
        self._itss_check_untouched()
        result = super().write(vals)
        # nothing comes in from another survey's answer
        self._itss_check_untouched()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_given(self):
        self._itss_check_untouched()

    def _itss_check_untouched(self):
        # whoever asks need not see the answers
        answers = self.sudo().user_input_id.with_env(self.env)
        answers._itss_check_untouched()
