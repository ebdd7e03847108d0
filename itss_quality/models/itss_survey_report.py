from odoo import api, fields, models
from odoo.exceptions import UserError

GROUP_OPERATIONS = "itss_quality.group_itss_operations"
GROUP_QUALITY = "itss_quality.group_itss_quality"
GROUP_MANAGEMENT = "itss_quality.group_itss_management"


class ItssSurveyReport(models.Model):
    """Summary report of a survey round (满意度调查汇总分析报告), a controlled document.

    Its figures and its analysis are the round's; approval closes the round.
    """

    _name = "itss.survey.report"
    _description = "Survey Summary Report"
    _inherit = ["itss.document.mixin"]
    _order = "id desc"
    _check_company_auto = True

    _number_prefix = "SA"
    _document_report = "itss_quality.itss_survey_report_pdf"
    _locked_fields = ("name", "number", "version", "change_note", "company_id", "round_id")
    _transitions = {
        ("draft", "submitted"): (GROUP_QUALITY,),
        ("submitted", "reviewed"): (GROUP_OPERATIONS, GROUP_QUALITY),
        ("reviewed", "approved"): (GROUP_MANAGEMENT,),
        ("submitted", "draft"): (GROUP_OPERATIONS, GROUP_QUALITY, GROUP_MANAGEMENT),
        ("reviewed", "draft"): (GROUP_QUALITY, GROUP_MANAGEMENT),
    }

    round_id = fields.Many2one(
        "itss.survey.round",
        string="Survey Round",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    name = fields.Char(
        compute="_compute_name", store=True, readonly=False, precompute=True, required=True
    )
    previous_id = fields.Many2one(
        "itss.survey.report", string="Replaces", readonly=True, copy=False, check_company=True
    )
    conclusion = fields.Text(related="round_id.conclusion", readonly=False)
    causes = fields.Text(related="round_id.causes", readonly=False)
    measures = fields.Text(related="round_id.measures", readonly=False)
    verdict = fields.Selection(related="round_id.verdict")
    score = fields.Float(related="round_id.score")
    score_count = fields.Integer(related="round_id.score_count")
    response_rate = fields.Float(related="round_id.response_rate")

    _round_unique = models.UniqueIndex(
        "(round_id) WHERE state NOT IN ('approved', 'superseded')",
        "A report of this round is being written already.",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("round_id")
    def _compute_name(self):
        for report in self:
            if report.round_id and not report.name:
                report.name = self.env._(
                    "%(round)s Summary Analysis Report", round=report.round_id.name
                )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        reports = super().create(vals_list)
        for report in reports:
            if report.round_id.state not in ("analysing", "closed"):
                raise UserError(self.env._("The report is made after the survey has ended."))
        return reports

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _get_number_year(self, vals):
        round_ = self.env["itss.survey.round"].browse(vals.get("round_id"))
        start = round_.exists().sudo().date_start
        return start.year if start else super()._get_number_year(vals)

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        missing = [name for name in ("conclusion", "measures") if not self[name]]
        if new_state == "submitted" and missing:
            raise UserError(
                self.env._(
                    "Before “%(record)s” is submitted, please fill in: %(fields)s.",
                    record=self.display_name,
                    fields=self._get_field_labels(missing),
                )
            )
        if new_state == "submitted" and self.round_id.sudo()._has_new_answers():
            raise UserError(
                self.env._(
                    "Answers have come in since the figures were computed: please update the figures "
                    "of the survey round first."
                )
            )

    def _apply_step(self, old_state, new_state):
        super()._apply_step(old_state, new_state)
        if new_state == "approved":
            self.round_id._close()

    # -------------------------------------------------------------------------
    # What the print asks for
    # -------------------------------------------------------------------------

    def _get_results(self, *dimensions):
        """Return the round's results of these dimensions, all without any, in their order."""
        self.ensure_one()
        return self.round_id.result_ids.filtered(
            lambda result: not dimensions or result.dimension in dimensions
        )

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_open_round(self):
        """Open the survey round the report is about.

        :return: window action
        """
        self.ensure_one()
        return self.round_id.get_formview_action()
