from odoo import fields, models


class SurveyUserInputLine(models.Model):
    _inherit = "survey.user_input.line"

    itss_score = fields.Float(string="Satisfaction", readonly=True, copy=False, aggregator="avg")
