from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ...tools.durations import get_today
from ...tools.figures import Figure
from ...tools.public import public
from ..core.itss_document_mixin import ItssDocumentMixin
from ..core.itss_report_mixin import ItssReportMixin
from .itss_objective import SIGNING_TRANSITIONS

RESULTS = ("met", "missed", "no_data")


class ItssEvaluation(models.Model):
    """Evaluation of quality objectives (目标实施效果分析评价报告, plan line 8): what was reached, why not,
    and what is improved. Each department evaluates its own; the company's collects them.

    The figures are measured for the last time, and frozen, when it is submitted.
    """

    _name = "itss.evaluation"
    _description = "Evaluation of Objectives"
    _inherit = ["itss.report.mixin", "itss.plan.work.mixin", "itss.figure.mixin"]
    _order = "year desc, level, department_id, id desc"
    _figure_topics = {"objectives": 5}
    _dated_fields = ("state",)
    _state_stamps = {"approved": "approved_date"}

    _number_prefix = "QE"
    _subject_field = "objective_id"
    _plan_kinds = ("evaluation",)
    _proves_alone = True
    _list_action = "itss_quality.itss_evaluation_action"
    _begun_states = ("submitted",)
    _finished_states = ("approved",)
    _dropped_states = ("superseded",)
    _document_report = "itss_quality.itss_evaluation_report_pdf"
    _transitions = SIGNING_TRANSITIONS
    _locked_fields = (
        *ItssReportMixin._locked_fields,
        "plan_line_id",
        "date_from",
        "date_to",
        "line_ids",
        "summary",
        "conclusion",
        "missing_reason",
    )
    _required_fields = {
        ("draft", "submitted"): (
            "version",
            "change_note",
            "summary",
            "conclusion",
            "recipient_ids",
        ),
    }
    _stamp_fields = (*ItssDocumentMixin._stamp_fields, "part_ids", "figures_at")

    objective_id = fields.Many2one(
        "itss.objective",
        string="Objectives",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    previous_id = fields.Many2one("itss.evaluation")
    plan_line_id = fields.Many2one(
        compute="_compute_plan_line_id", store=True, readonly=False, precompute=True
    )
    year = fields.Integer(related="objective_id.year", store=True, index=True, aggregator=None)
    level = fields.Selection(related="objective_id.level", store=True, index=True)
    department_id = fields.Many2one(related="objective_id.department_id", store=True, index=True)
    date_from = fields.Date(
        string="From",
        compute="_compute_days",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        copy=False,
    )
    date_to = fields.Date(
        string="To",
        compute="_compute_days",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        copy=False,
        help="The last day that counts; at the latest the day on which it is submitted.",
    )
    line_ids = fields.One2many("itss.evaluation.line", "evaluation_id", string="Results")
    part_ids = fields.Many2many(
        "itss.evaluation",
        "itss_evaluation_part_rel",
        "evaluation_id",
        "part_id",
        string="Evaluations of Departments",
        readonly=True,
        copy=False,
        help="The approved evaluations of the departments that the company's collects.",
    )
    figures_at = fields.Datetime(string="Figures as of", readonly=True, copy=False)
    summary = fields.Text(
        string="Analysis", help="How the countermeasures went, and what stood out."
    )
    conclusion = fields.Text(help="Whether the objectives were reached, and suit the company.")
    missing_reason = fields.Text(
        string="Why Departments Are Missing",
        copy=False,
        help="Needed where the company's evaluation is submitted without one of a department.",
    )
    missing = fields.Text(
        compute="_compute_missing", help="What is still missing before it can be submitted."
    )
    missing_departments = fields.Char(compute="_compute_missing")
    met_count = fields.Integer(string="Met", compute="_compute_counts")
    missed_count = fields.Integer(string="Not Met", compute="_compute_counts")
    no_data_count = fields.Integer(string="Without Data", compute="_compute_counts")
    met_text = fields.Char(
        string="Objectives Met", compute="_compute_counts", help="Met, out of those that have data."
    )

    _objective_unique = models.UniqueIndex(
        "(objective_id) WHERE state NOT IN ('approved', 'superseded')",
        "An evaluation of these objectives is being written already.",
    )
    _days_ordered = models.Constraint(
        "CHECK(date_from <= date_to)", "The period can't end before it starts."
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("objective_id")
    def _compute_plan_line_id(self):
        for evaluation in self:
            objective = evaluation.objective_id.sudo()
            if not evaluation.plan_line_id and objective:
                evaluation.plan_line_id = objective._find_plan_line("evaluation")

    @api.depends("objective_id")
    def _compute_days(self):
        for evaluation in self.filtered("objective_id"):
            first, last = evaluation.objective_id.sudo()._get_year_span()
            today = get_today(evaluation.company_id)
            evaluation.date_from = evaluation.date_from or first
            evaluation.date_to = evaluation.date_to or max(first, min(last, today))

    @api.depends(
        "line_ids.result",
        "line_ids.cause",
        "line_ids.improvement_id.state",
        "objective_id.child_ids.evaluation_ids.state",
        "missing_reason",
        "state",
    )
    @api.depends_context("lang")
    def _compute_missing(self):
        for evaluation in self:
            # whoever sees the evaluation is told, even of what they may not open
            record = evaluation.sudo()
            departments = record._get_missing_departments()
            evaluation.missing_departments = "、".join(departments.mapped("name"))
            draft = evaluation.state == "draft"
            evaluation.missing = "\n".join(record._get_gaps()) if draft else ""

    @api.depends("line_ids.result")
    def _compute_counts(self):
        counts = {}
        for evaluation, result, count in self.env["itss.evaluation.line"]._read_group(
            [("evaluation_id", "in", self.ids)], ["evaluation_id", "result"], ["__count"]
        ):
            counts[evaluation, result] = count
        for evaluation in self:
            met, missed, no_data = (
                counts.get((evaluation._origin, result), 0) for result in RESULTS
            )
            evaluation.met_count, evaluation.missed_count = met, missed
            evaluation.no_data_count = no_data
            evaluation.met_text = f"{met} / {met + missed}" if met + missed else ""

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("date_from", "date_to")
    def _check_days(self):
        for evaluation in self:
            year = evaluation.sudo().objective_id.year
            if {evaluation.date_from.year, evaluation.date_to.year} != {year}:
                raise UserError(self.env._("The evaluation is about days of %(year)s.", year=year))

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        evaluations = super().create(vals_list)
        evaluations.sudo()._create_lines()
        evaluations.sudo()._update_figures()
        return evaluations

    def write(self, vals):
        result = super().write(vals)
        if not {"date_from", "date_to"}.isdisjoint(vals):
            self.sudo().filtered(lambda one: one.state == "draft")._update_figures()
        return result

    def _create_lines(self):
        """Add a line of each objective (superuser mode)."""
        self.line_ids.create(
            [
                {
                    "evaluation_id": evaluation.id,
                    "objective_line_id": line.id,
                    "sequence": line.sequence,
                }
                for evaluation in self
                for line in evaluation.objective_id.line_ids - evaluation.line_ids.objective_line_id
            ]
        )

    # -------------------------------------------------------------------------
    # From the plan
    # -------------------------------------------------------------------------

    @api.model
    def _get_start_label(self):
        return self.env._("Evaluate Objectives")

    @api.model
    def _may_start(self):
        return super()._may_start() and self.env["itss.objective"]._may_start()

    @api.model
    def _action_start(self, line):
        """Open the evaluation of the company's objectives of the plan's year.

        :raise UserError: there are no approved objectives yet
        """
        objectives = self.env["itss.objective"]
        objectives._check_may_start()
        domain = objectives._get_company_domain(line.company_id, line.year)
        objective = objectives.search(domain & Domain("state", "=", "approved"), limit=1)
        if not objective:
            raise UserError(
                self.env._(
                    "There are no approved objectives of %(year)s to evaluate.", year=line.year
                )
            )
        return objective.action_open_evaluation()

    @api.model
    def _count_by_line(self, lines):
        """A line is done by the evaluation of the company alone."""
        current, finished = super()._count_by_line(lines)
        of_company = Domain("plan_line_id", "in", lines.ids) & Domain("level", "=", "company")
        done = self.search(of_company & Domain("state", "in", self._finished_states)).plan_line_id
        for line in lines:
            if line not in done:
                finished[line] = 0
        return current, finished

    def _ends_line(self):
        return self.level == "company"

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _check_subject(self):
        if self.objective_id.state not in ("approved", "superseded"):
            raise UserError(self.env._("Objectives are evaluated once they are approved."))

    def _get_subject_day(self, subject):
        return subject._get_year_span()[1]

    def _get_default_name(self):
        objective = self._get_subject()
        if objective.department_id:
            return self.env._(
                "%(year)s Evaluation of the Objectives of %(department)s",
                year=objective.year,
                department=objective.department_id.name,
            )
        return self.env._("%(year)s Evaluation of the Objectives", year=objective.year)

    def _get_audience(self):
        """Return the heads of the departments that are evaluated, and who stands above."""
        company, objective = self.company_id, self.objective_id
        people = (objective.department_id or objective._get_children().department_id).manager_id
        people |= company.itss_management_representative_id
        people |= company.itss_quality_department_id.manager_id
        return people.user_id

    def _get_step_refusal(self, new_state):
        refusal = super()._get_step_refusal(new_state)
        if refusal is None and self.id and not self.has_access("write"):
            return AccessError(
                self.env._("“%(record)s” is not yours to sign.", record=self.display_name)
            )
        return refusal

    def _can_revise(self):
        return super()._can_revise() and self.has_access("write")

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        if new_state != "submitted":
            return
        # what is signed was measured now
        evaluation = self.sudo()
        evaluation.date_to = min(
            evaluation.date_to, max(get_today(self.company_id), evaluation.date_from)
        )
        evaluation._update_figures()
        if gaps := evaluation._get_gaps(vals):
            raise UserError(
                self.env._(
                    "“%(record)s” can't be submitted yet:\n%(missing)s",
                    record=self.display_name,
                    missing="\n".join(gaps),
                )
            )

    def _get_gaps(self, vals=None):
        """Return what is missing before it can be submitted, a sentence each (superuser mode).

        :param vals: what is written together with the step
        """
        self.ensure_one()
        gaps = [
            self.env._("%(objective)s: %(gaps)s", objective=line.name, gaps=", ".join(missing))
            for line in self.line_ids
            if (missing := line._get_gaps())
        ]
        departments = self._get_missing_departments()
        reason = (vals or {}).get("missing_reason", self.missing_reason)
        if departments and not (reason or "").strip():
            gaps.append(
                self.env._(
                    "The approved evaluations of %(departments)s, or the reason why they are missing",
                    departments="、".join(departments.mapped("name")),
                )
            )
        return gaps

    def _get_missing_departments(self):
        """Return the departments without an approved evaluation of their objectives (superuser mode)."""
        if self.level != "company":
            return self.env["hr.department"]
        children = self.objective_id._get_children()
        done = self.part_ids if self.state != "draft" else self._find_parts()
        return children.department_id - done.department_id

    def _find_parts(self):
        """Return the approved evaluations of the departments (superuser mode)."""
        evaluations = self.objective_id.child_ids.evaluation_ids
        return evaluations.filtered(lambda one: one.state == "approved")

    def _make_revision(self):
        revision = super()._make_revision()
        before = {line.objective_line_id: line for line in self.line_ids}
        for line in revision.sudo().line_ids:
            old = before.get(line.objective_line_id)
            line.write({"cause": old.cause, "improvement_id": old.improvement_id.id} if old else {})
        return revision

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    def _update_figures(self):
        """Measure what was reached, and collect what the departments found (superuser mode)."""
        for evaluation in self:
            evaluation.line_ids._measure()
            evaluation.write(
                {
                    "part_ids": [Command.set(evaluation._find_parts().ids)]
                    if evaluation.level == "company"
                    else [Command.clear()],
                    "figures_at": fields.Datetime.now(),
                }
            )

    @api.model
    def _get_figure_label(self):
        return self.env._("Evaluations of Objectives")

    @api.model
    def _get_figure_domain(self, period):
        return (
            Domain("company_id", "=", period.company.id)
            & Domain("approved_date", ">=", period.date_from)
            & Domain("approved_date", "<=", period.date_to)
        )

    @api.model
    def _get_figures(self, period):
        """Tell how many objectives were met, and each one of the company with its result."""
        evaluations = self._search_past(
            self._get_figure_domain(period), period.end, ("approved",)
        ).sorted("id")
        label = self.env._("Evaluation of objectives")
        if not evaluations:
            note = self.env._("no approved evaluation in the period")
            return {"objectives": [Figure(label, note=note)]}
        figures = []
        for evaluation in evaluations.sorted(lambda one: one.level != "company"):
            measured = evaluation.met_count + evaluation.missed_count
            name = evaluation.department_id.name or evaluation.company_id.name
            figures.append(
                Figure.part(
                    self.env._("Objectives met, %(owner)s", owner=name),
                    evaluation.met_count,
                    measured,
                )
            )
        of_company = evaluations.filtered(lambda one: one.level == "company")
        figures += [line._get_figure() for line in of_company.line_ids]
        return {"objectives": figures}

    # -------------------------------------------------------------------------
    # What the print asks for
    # -------------------------------------------------------------------------

    def _get_parts(self):
        """Return the evaluations of departments that it collects, in their order."""
        self.ensure_one()
        return self.part_ids.sorted(lambda part: (part.department_id.complete_name, part.id))

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="records")
    def action_update_figures(self):
        """Measure anew what was reached, until it is submitted.

        :raise UserError: it is being signed, or was
        :raise AccessError: the user may not change it
        """
        self.check_access("write")
        for evaluation in self:
            if evaluation.state != "draft":
                raise UserError(
                    self.env._(
                        "“%(record)s” is %(state)s: its figures are frozen.",
                        record=evaluation.display_name,
                        state=evaluation._get_state_label(evaluation.state),
                    )
                )
        self.sudo()._update_figures()

    @public(on="record")
    def action_view_parts(self):
        """Open the evaluations of the departments.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "itss_quality.itss_evaluation_action"
        )
        domain = [("objective_id.parent_id", "=", self.objective_id.id)]
        return {**action, "domain": domain, "context": {}}
