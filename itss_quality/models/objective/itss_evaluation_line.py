from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.figures import Figure, no_data
from ...tools.public import public


class ItssEvaluationLine(models.Model):
    """What was reached of a quality objective, why not, and what is improved."""

    _name = "itss.evaluation.line"
    _description = "Result of an Objective"
    _inherit = ["itss.part.mixin", "itss.improvement.source.mixin"]
    _order = "evaluation_id, sequence, id"
    _check_company_auto = True

    _whole_field = "evaluation_id"
    _stamp_fields = (
        "objective_line_id",
        "sequence",
        "target",
        "actual",
        "actual_n",
        "numerator",
        "denominator",
        "result",
    )

    evaluation_id = fields.Many2one(
        "itss.evaluation", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="evaluation_id.company_id", store=True, index=True)
    department_id = fields.Many2one(related="evaluation_id.department_id", store=True, index=True)
    evaluation_state = fields.Selection(
        related="evaluation_id.state", string="Status of the Evaluation"
    )
    sequence = fields.Integer(default=10, readonly=True)
    objective_line_id = fields.Many2one(
        "itss.objective.line",
        string="Objective and Countermeasure",
        required=True,
        index=True,
        ondelete="restrict",
        readonly=True,
    )
    name = fields.Char(related="objective_line_id.name", string="Objective")
    countermeasure = fields.Text(related="objective_line_id.countermeasure")
    check_result = fields.Text(related="objective_line_id.check_result")
    target = fields.Float(readonly=True, aggregator=None)
    actual = fields.Float(string="Actual Value", readonly=True, aggregator=None)
    actual_n = fields.Integer(string="n", readonly=True, aggregator=None)
    numerator = fields.Float(readonly=True, aggregator=None)
    denominator = fields.Float(readonly=True, aggregator=None)
    result = fields.Selection(
        [("met", "Met"), ("missed", "Not Met"), ("no_data", "No Data")],
        default="no_data",
        required=True,
        readonly=True,
        help="What is near the target has not met it. Without data it is neither.",
    )
    cause = fields.Text(help="Why it was not met.")
    improvement_id = fields.Many2one(
        "itss.improvement",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="What is done about it.",
    )
    improvement_state = fields.Selection(
        related="improvement_id.state", string="Status of the Improvement", related_sudo=True
    )
    target_text = fields.Char(string="Target Value", compute="_compute_texts")
    actual_text = fields.Char(string="Actual", compute="_compute_texts")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("objective_line_id.name", "evaluation_id.number")
    def _compute_display_name(self):
        for line in self:
            # it is named as the source of its improvement
            parts = (line.evaluation_id.sudo().number, line.sudo().name)
            line.display_name = " ".join(filter(None, parts))

    @api.depends("target", "actual", "result", "numerator", "denominator")
    @api.depends_context("lang")
    def _compute_texts(self):
        for line in self:
            objective = line.objective_line_id.sudo()
            line.target_text = objective._say_target(line.target)
            line.actual_text = objective._say_value(line.actual, line.result != "no_data")

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.ondelete(at_uninstall=False)
    def _unlink_except_objective(self):
        if not self.env.su:
            raise UserError(self.env._("An evaluation tells of each objective: none is left out."))

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    def _measure(self):
        """Measure what was reached between the days of the evaluation (superuser mode)."""
        for evaluation, lines in self.grouped("evaluation_id").items():
            counts = lines.objective_line_id._measure(evaluation.date_from, evaluation.date_to)
            for line in lines:
                objective = line.objective_line_id
                count = counts[objective]
                value = objective._get_value(count)
                line.write(
                    {
                        "target": objective.target,
                        "actual": value or 0,
                        "actual_n": count.n,
                        "numerator": count.numerator,
                        "denominator": count.denominator,
                        "result": {"near": "missed"}.get(
                            status := objective._get_status(value), status
                        ),
                    }
                )

    def _get_gaps(self):
        """Return what it lacks before the evaluation is submitted, in words (superuser mode)."""
        self.ensure_one()
        gaps = []
        if self.result == "missed":
            if not (self.cause or "").strip():
                gaps.append(self.env._("no cause"))
            if self.improvement_id.state in (False, "cancelled"):
                gaps.append(self.env._("no improvement"))
        return gaps

    def _prepare_improvement_vals(self):
        objective = self.objective_line_id.sudo()
        return {
            **super()._prepare_improvement_vals(),
            "name": self.env._("Reach the objective: %(objective)s", objective=objective.name),
            "problem": self.env._(
                "%(objective)s: target %(target)s, reached %(actual)s.",
                objective=objective.name,
                target=self.target_text,
                actual=self.actual_text,
            ),
            "root_cause": self.cause,
            "owner_id": objective.owner_id.id,
            "department_id": (objective.department_id or objective.department_ids[:1]).id,
        }

    def _get_figure(self):
        """Return the result as a figure of the management review (superuser mode)."""
        has_data = self.result != "no_data"
        result = self.env._("Met") if self.result == "met" else self.env._("Not Met")
        note = " · ".join((self.target_text, result)) if has_data else ""
        return Figure(
            self.name,
            self.actual if has_data else None,
            n=self.actual_n,
            note=note or no_data(self.env),
            numerator=self.numerator,
            denominator=self.denominator,
        )

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_raise_improvement(self):
        """Make the improvement of an objective that was not met, or open it.

        :return: window action on the improvement's form
        :raise UserError: the evaluation is being signed, or was
        :raise AccessError: the user may not change the evaluation
        """
        if not self.improvement_id:
            self.check_access("write")
            self._check_whole_open()
            self.improvement_id = self.improvement_id.create(self._prepare_improvement_vals())
        return self.improvement_id.get_formview_action()
