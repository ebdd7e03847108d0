from odoo import fields, models
from odoo.exceptions import UserError

GROUP_OPERATIONS = "itss_quality.group_itss_operations"
GROUP_QUALITY = "itss_quality.group_itss_quality"
GROUP_MANAGEMENT = "itss_quality.group_itss_management"


class ItssSurveyReport(models.Model):
    """Summary report of a survey round (满意度调查汇总分析报告), a controlled document.

    Its figures and its analysis are the round's; approval closes the round and issues the report.
    """

    _name = "itss.survey.report"
    _description = "Survey Summary Report"
    _inherit = ["itss.report.mixin"]

    _number_prefix = "SA"
    _subject_field = "round_id"
    _freezes_subject = True
    _document_report = "itss_quality.itss_survey_report_pdf"
    _required_fields = {
        ("draft", "submitted"): (
            "version",
            "change_note",
            "conclusion",
            "measures",
            "recipient_ids",
        ),
    }
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
    previous_id = fields.Many2one("itss.survey.report")
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
    # Workflow
    # -------------------------------------------------------------------------

    def _get_default_name(self):
        return self.env._("%(round)s Summary Analysis Report", round=self.round_id.name)

    def _check_subject(self):
        if self.round_id.state not in ("analysing", "closed"):
            raise UserError(self.env._("The report is made after the survey has ended."))

    def _get_audience(self):
        """Return who held the survey, and the heads of the departments that serve customers.

        Who carries out the line of the annual plan has something to learn as well, and whoever
        speaks for management.
        """
        company = self.company_id
        line = self.round_id.plan_line_id
        departments = line.responsible_department_ids | line.supporting_department_ids
        departments |= company.itss_quality_department_id | company.itss_operations_department_id
        departments |= company.itss_service_desk_department_id
        people = departments.manager_id | company.itss_management_representative_id
        return self.round_id.user_id | people.user_id

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
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
