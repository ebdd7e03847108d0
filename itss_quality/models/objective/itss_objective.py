from datetime import date

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ...tools.durations import get_today
from ...tools.public import public

GROUP_USER = "itss_quality.group_itss_user"
GROUP_OPERATIONS = "itss_quality.group_itss_operations"
GROUP_QUALITY = "itss_quality.group_itss_quality"
GROUP_MANAGEMENT = "itss_quality.group_itss_management"
# a department's own people prepare its documents, others sign
SIGNING_TRANSITIONS = {
    ("draft", "submitted"): (GROUP_USER,),
    ("submitted", "reviewed"): (GROUP_OPERATIONS, GROUP_QUALITY, GROUP_MANAGEMENT),
    ("reviewed", "approved"): (GROUP_MANAGEMENT,),
    ("submitted", "draft"): (GROUP_OPERATIONS, GROUP_QUALITY, GROUP_MANAGEMENT),
    ("reviewed", "draft"): (GROUP_QUALITY, GROUP_MANAGEMENT),
}
LEVELS = [("company", "Company"), ("department", "Department")]


class ItssObjective(models.Model):
    """Quality objectives of a year (质量目标, plan line 1): the company's, broken down into those of
    the departments (目标分解), each a controlled document (目标展开对策表).
    """

    _name = "itss.objective"
    _description = "Quality Objectives"
    _inherit = ["itss.document.mixin", "itss.plan.work.mixin"]
    _order = "year desc, level, department_id, id desc"
    _check_company_auto = True
    _parent_name = "parent_id"

    _number_prefix = "QO"
    _mail_post_access = "read"
    _plan_kinds = ("objectives",)
    _proves_alone = True
    _list_action = "itss_quality.itss_objective_action"
    _begun_states = ("submitted",)
    _finished_states = ("approved",)
    _dropped_states = ("superseded",)
    _document_report = "itss_quality.itss_objective_report_pdf"
    _transitions = SIGNING_TRANSITIONS
    _locked_fields = (
        "name",
        "number",
        "version",
        "change_note",
        "company_id",
        "year",
        "plan_line_id",
        "level",
        "department_id",
        "parent_id",
        "line_ids",
    )

    name = fields.Char(
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        tracking=True,
    )
    year = fields.Integer(
        required=True,
        tracking=True,
        index=True,
        aggregator=None,
        default=lambda self: get_today(self.env.company).year,
    )
    plan_line_id = fields.Many2one(
        compute="_compute_plan_line_id", store=True, readonly=False, precompute=True, tracking=True
    )
    level = fields.Selection(LEVELS, default="company", required=True, index=True)
    department_id = fields.Many2one(
        "hr.department", check_company=True, ondelete="restrict", index=True
    )
    parent_id = fields.Many2one(
        "itss.objective",
        string="Objectives of the Company",
        domain="[('level', '=', 'company'), ('year', '=', year), ('company_id', '=', company_id)]",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        help="What a department's objectives break down.",
    )
    child_ids = fields.One2many("itss.objective", "parent_id", string="Objectives of Departments")
    previous_id = fields.Many2one("itss.objective")
    line_ids = fields.One2many(
        "itss.objective.line", "objective_id", string="Objectives", copy=True
    )
    evaluation_ids = fields.One2many("itss.evaluation", "objective_id", string="Evaluations")
    evaluation_state = fields.Selection(
        lambda self: self.env["itss.evaluation"]._fields["state"]._description_selection(self.env),
        string="Status of the Evaluation",
        compute="_compute_evaluation_state",
        compute_sudo=True,
    )
    line_count = fields.Integer(string="Number of Objectives", compute="_compute_line_counts")
    met_count = fields.Integer(string="Objectives Met", compute="_compute_line_counts")
    child_count = fields.Integer(string="Departments", compute="_compute_child_count")
    met_text = fields.Char(
        string="Met", compute="_compute_line_counts", help="Met, out of those that have data."
    )
    status = fields.Selection(
        [("no_data", "No Data"), ("met", "Met"), ("missed", "Not Met")],
        string="Result",
        compute="_compute_line_counts",
        help="Met when every objective that has data is.",
    )
    can_break_down = fields.Boolean(compute="_compute_can_steps")
    can_evaluate = fields.Boolean(compute="_compute_can_steps")
    can_write_lines = fields.Boolean(compute="_compute_can_steps")

    _year_range = models.Constraint(
        "CHECK(year BETWEEN 2000 AND 2100)", "Please enter a year between 2000 and 2100."
    )
    _department_given = models.Constraint(
        "CHECK((level = 'department') = (department_id IS NOT NULL))",
        "Objectives of a department name it, those of the company name none.",
    )
    _parent_given = models.Constraint(
        "CHECK((level = 'department') = (parent_id IS NOT NULL))",
        "Objectives of a department break down those of the company.",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("year", "department_id")
    def _compute_name(self):
        for objective in self:
            if objective.name:
                continue
            if objective.department_id:
                objective.name = self.env._(
                    "%(year)s Quality Objectives of %(department)s",
                    year=objective.year,
                    department=objective.department_id.name,
                )
            else:
                objective.name = self.env._("%(year)s Quality Objectives", year=objective.year)

    @api.depends("year", "parent_id", "company_id")
    def _compute_plan_line_id(self):
        for objective in self:
            line = objective.plan_line_id
            if objective.parent_id:
                objective.plan_line_id = objective.parent_id.sudo().plan_line_id
            elif not line or (line.sudo().year, line.sudo().company_id) != (
                objective.year,
                objective.company_id,
            ):
                objective.plan_line_id = objective._find_plan_line("objectives")

    @api.depends("evaluation_ids.state")
    def _compute_evaluation_state(self):
        for objective in self:
            objective.evaluation_state = objective._get_evaluation().state

    @api.depends("line_ids.status")
    @api.depends_context("lang")
    def _compute_line_counts(self):
        counts = {}
        for objective, status, count in self.env["itss.objective.line"]._read_group(
            [("objective_id", "in", self.ids)], ["objective_id", "status"], ["__count"]
        ):
            counts.setdefault(objective, {})[status] = count
        for objective in self:
            by_status = counts.get(objective._origin, {})
            met = by_status.get("met", 0)
            measured = met + by_status.get("near", 0) + by_status.get("missed", 0)
            objective.line_count = sum(by_status.values())
            objective.met_count = met
            objective.met_text = f"{met} / {measured}" if measured else ""
            if not measured:
                objective.status = "no_data"
            else:
                objective.status = "met" if met == measured else "missed"

    @api.depends("child_ids.state")
    def _compute_child_count(self):
        for objective in self:
            objective.child_count = len(objective._get_children())

    @api.depends("line_ids.warning", "line_ids.name")
    def _compute_warning(self):
        return super()._compute_warning()

    def _get_warnings(self):
        return [
            *super()._get_warnings(),
            *(f"{line.name}: {line.warning}" for line in self.line_ids if line.warning),
        ]

    @api.depends("state", "level", "evaluation_ids.state")
    @api.depends_context("uid")
    def _compute_can_steps(self):
        super()._compute_can_steps()
        for objective in self:
            writable = bool(objective.id) and objective.has_access("write")
            objective.can_break_down = (
                objective.level == "company"
                and objective.state == "approved"
                and objective.has_access("create")
            )
            objective.can_evaluate = objective.state == "approved" and writable
            objective.can_write_lines = not objective.id or (
                writable and objective.state == "draft"
            )

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("parent_id", "year", "level")
    def _check_parent(self):
        for objective in self.sudo():
            parent = objective.parent_id
            if parent and (parent.level != "company" or parent.year != objective.year):
                raise UserError(
                    self.env._(
                        "“%(record)s” breaks down the company's objectives of the same year.",
                        record=objective.display_name,
                    )
                )

    @api.constrains("company_id", "year", "level", "parent_id", "department_id", "number")
    def _check_single(self):
        """The company, and each department, has one set of objectives a year and revisions of it."""
        for objective in self.sudo():
            same = (
                Domain("company_id", "=", objective.company_id.id)
                & Domain("year", "=", objective.year)
                & Domain("level", "=", objective.level)
                & Domain("department_id", "=", objective.department_id.id)
                & Domain("number", "!=", objective.number)
                & Domain("state", "!=", "superseded")
            )
            if self.sudo().search_count(same, limit=1):
                raise UserError(
                    self.env._(
                        "There are objectives of %(owner)s for %(year)s already: please make a new "
                        "revision of them.",
                        owner=objective.department_id.name or objective.company_id.name,
                        year=objective.year,
                    )
                )

    # -------------------------------------------------------------------------
    # From the plan
    # -------------------------------------------------------------------------

    @api.model
    def _get_start_label(self):
        return self.env._("Set Objectives")

    @api.model
    def _may_start(self):
        # a line starts the company's, which is not everybody's who writes those of a department
        return super()._may_start() and self.env.user.has_group(GROUP_QUALITY)

    @api.model
    def _check_may_start(self):
        """Raise unless the user may prepare the company's objectives.

        :raise AccessError: missing role (quality department only)
        """
        if not self._may_start():
            raise AccessError(self.env._("The quality department prepares this for the company."))

    @api.model
    def _prepare_work_vals(self, line):
        return {**super()._prepare_work_vals(line), "year": line.year, "level": "company"}

    @api.model
    def _action_start(self, line):
        """Open the draft of the year's objectives: from last year's, else from the plan's own target."""
        self._check_may_start()
        current = Domain("state", "!=", "superseded")
        domain = self._get_company_domain(line.company_id, line.year)
        objective = self.search(domain & current, limit=1)
        if objective:
            # made before there was a plan
            objective.sudo().plan_line_id = objective.plan_line_id or line
            return objective.get_formview_action()
        domain = self._get_company_domain(line.company_id, line.year - 1)
        previous = self.search(domain & Domain("state", "=", "approved"), limit=1)
        if previous:
            return previous.action_new_next_year()
        objective = self.create(self._prepare_work_vals(line))
        objective._add_lines(objective.line_ids._find_plan_indicator(line.company_id))
        return objective.get_formview_action()

    @api.model
    def _count_by_line(self, lines):
        """A line is done when the company's objectives and those of all its departments are approved."""
        current, finished = super()._count_by_line(lines)
        of_company = Domain("plan_line_id", "in", lines.ids) & Domain("level", "=", "company")
        approved = self.search(of_company & Domain("state", "=", "approved"))
        unbroken = approved.filtered(lambda one: one._get_unbroken()).plan_line_id
        for line in lines:
            if finished[line] < current[line] or line in unbroken:
                finished[line] = 0
        return current, finished

    def _ends_line(self):
        unfinished = [
            ("plan_line_id", "=", self.plan_line_id.id),
            ("state", "not in", (*self._finished_states, *self._dropped_states)),
        ]
        company = self.parent_id or self
        return not company._get_unbroken() and not self.search_count(unfinished, limit=1)

    def _find_plan_line(self, kind):
        """Return the line of a kind in the year's plan: the one that runs, else one being agreed."""
        lines = self.env["itss.plan.line"].sudo()
        domain = [
            ("company_id", "=", self.company_id.id),
            ("year", "=", self.year),
            ("kind", "=", kind),
            ("plan_state", "not in", ("superseded", "closed")),
        ]
        found = lines.search(domain)
        return found.filtered(lambda line: line.plan_state == "approved")[:1] or found[:1]

    @api.model
    def _get_company_domain(self, company, year):
        return (
            Domain("company_id", "=", company.id)
            & Domain("level", "=", "company")
            & Domain("year", "=", year)
        )

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _get_number_year(self, vals):
        # an impossible year is refused by the constraint, not by the sequence
        return min(max(int(vals.get("year") or super()._get_number_year(vals)), 2000), 2100)

    def _get_step_refusal(self, new_state):
        refusal = super()._get_step_refusal(new_state)
        if refusal is None and self.id and not self.has_access("write"):
            return AccessError(
                self.env._(
                    "“%(record)s” is not yours to sign.",
                    record=self.display_name,
                )
            )
        return refusal

    def _can_revise(self):
        return super()._can_revise() and self.has_access("write")

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        if new_state == "submitted" and (gaps := self._get_gaps()):
            raise UserError(
                self.env._(
                    "“%(record)s” can't be submitted yet:\n%(missing)s",
                    record=self.display_name,
                    missing="\n".join(gaps),
                )
            )

    def _get_gaps(self):
        """Return what the objectives lack before they can be signed, a sentence each."""
        self.ensure_one()
        if not self.line_ids:
            return [self.env._("There are no objectives yet.")]
        return [
            self.env._("%(objective)s: %(gaps)s", objective=line.name, gaps=", ".join(gaps))
            for line in self.line_ids
            if (gaps := line._get_gaps())
        ]

    def _get_missing(self):
        if self.parent_id.state in ("approved", "superseded", False):
            return []
        return [self.env._("The company's objectives are not approved yet.")]

    def _get_missing_refusal(self, missing):
        return UserError(
            self.env._(
                "“%(record)s” can't be approved yet:\n%(missing)s",
                record=self.display_name,
                missing="\n".join(missing),
            )
        )

    def _apply_step(self, old_state, new_state):
        super()._apply_step(old_state, new_state)
        if new_state == "approved":
            self.line_ids._update_actuals()

    def _supersede_previous(self):
        super()._supersede_previous()
        # the departments' objectives go on under the revision
        for child in self.previous_id.child_ids:
            child.parent_id = self
            for line in child.line_ids:
                line.parent_line_id = self.line_ids.filtered(
                    lambda own, line=line: own.indicator_id == line.indicator_id
                )[:1]

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    def _get_evaluation(self):
        """Return the newest evaluation."""
        return self.evaluation_ids.sorted("id")[-1:]

    def _get_children(self):
        """Return the departments' objectives that count: not replaced by a revision (superuser mode)."""
        return self.sudo().child_ids.filtered(lambda child: child.state != "superseded")

    def _get_unbroken(self):
        """Return the departments that the objectives are not broken down to yet (superuser mode)."""
        return self.sudo().line_ids.department_ids - self._get_children().department_id

    def _get_year_span(self, years_before=0):
        """Return first and last day of the year, or of one before it."""
        # an impossible year is refused by the constraint
        year = min(max(self.year, 2000), 2100) - years_before
        return date(year, 1, 1), date(year, 12, 31)

    def _get_met_text(self):
        """Return how many are met, by the approved evaluation, else by what was measured last."""
        approved = self.sudo().evaluation_ids.filtered(lambda one: one.state == "approved")
        return approved.sorted("id")[-1:].met_text or self.met_text

    def _add_lines(self, indicators):
        """Add a line of each indicator, the plan's own target first (superuser mode is not needed)."""
        self.ensure_one()
        indicators -= self.line_ids.indicator_id
        plan_indicator = self.line_ids._find_plan_indicator(self.company_id)
        self.line_ids.create(
            [
                {
                    "objective_id": self.id,
                    "indicator_id": indicator.id,
                    "from_plan": indicator == plan_indicator and bool(self.plan_line_id),
                    "sequence": 10 * (len(self.line_ids) + number),
                    "date_deadline": self._get_year_span()[1],
                }
                for number, indicator in enumerate(
                    indicators.sorted(lambda one: one != plan_indicator), 1
                )
            ]
        )

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_propose_lines(self):
        """Add an objective for each indicator of the company that has a target.

        :raise UserError: the objectives are being signed, or were
        :raise AccessError: the user may not change them
        """
        self.check_access("write")
        indicators = self.env["itss.indicator"].search(
            [("company_id", "=", self.company_id.id), ("target", "!=", 0)]
        )
        self._add_lines(indicators)

    @public(on="record")
    def action_break_down(self):
        """Make the drafts of the departments named in the objectives (目标分解).

        Departments that have theirs keep them.

        :return: window action on the objectives of the departments
        :raise UserError: not the company's, not approved, or no department is named
        :raise AccessError: the user may not make objectives of other departments
        """
        self.check_access("create")
        if self.level != "company" or self.state != "approved":
            raise UserError(self.env._("Approved objectives of the company are broken down."))
        if not self.line_ids.department_ids:
            raise UserError(
                self.env._("Please name the responsible departments of each objective first.")
            )
        for department in self._get_unbroken():
            draft = self.create(self._prepare_department_vals(department))
            head = department.sudo().manager_id.user_id.filtered("active")
            draft.sudo()._ask(
                head,
                lambda env: env._("Complete and submit the objectives of your department"),
            )
        return self.action_view_children()

    def _prepare_department_vals(self, department):
        """Return the values of the draft of a department."""
        lines = self.line_ids.filtered(lambda line: department in line.department_ids)
        head = department.sudo().manager_id.user_id.filtered("active")
        return {
            "level": "department",
            "parent_id": self.id,
            "department_id": department.id,
            "year": self.year,
            "plan_line_id": self.plan_line_id.id,
            "company_id": self.company_id.id,
            "reviewer_id": self.reviewer_id.id,
            "approver_id": self.approver_id.id,
            "line_ids": [
                Command.create(
                    {
                        "sequence": line.sequence,
                        "parent_line_id": line.id,
                        "indicator_id": line.indicator_id.id,
                        "name": line.name,
                        "target": line.target,
                        "countermeasure": line.countermeasure,
                        "owner_id": head.id,
                        "date_deadline": line.date_deadline,
                    }
                )
                for line in lines
            ],
        }

    @public(on="record")
    def action_new_next_year(self):
        """Make next year's objectives from these, or open them: new targets are proposed by what was
        reached.

        :return: window action on their form
        :raise UserError: they are a department's, whose new ones come from the company's
        :raise AccessError: the user may not prepare the company's objectives
        """
        self._check_may_start()
        if self.level != "company":
            raise UserError(
                self.env._("The departments' new objectives are broken down from the company's.")
            )
        domain = self._get_company_domain(self.company_id, self.year + 1)
        following = self.search(domain & Domain("state", "!=", "superseded"), limit=1)
        if not following:
            following = self.create(
                {
                    "year": self.year + 1,
                    "company_id": self.company_id.id,
                    "reviewer_id": self.reviewer_id.id,
                    "approver_id": self.approver_id.id,
                    "line_ids": [
                        Command.create(vals) for vals in self.line_ids._prepare_next_year_vals()
                    ],
                }
            )
        return following.get_formview_action()

    @public(on="record")
    def action_import(self):
        """Open the dialog that reads the countermeasure table from Excel (目标展开对策表).

        :return: window action
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import the Countermeasure Table"),
            "res_model": "itss.objective.import",
            "view_mode": "form",
            "target": "new",
            "context": {"default_objective_id": self.id},
        }

    @public(on="record")
    def action_view_children(self):
        """Open the objectives of the departments.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("itss_quality.itss_objective_action")
        return {**action, "domain": [("parent_id", "=", self.id)], "context": {}}

    @public(on="record")
    def action_view_lines(self):
        """Open the objectives with their results, the departments' below the company's.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "itss_quality.itss_objective_line_action"
        )
        domain = ["|", ("objective_id", "=", self.id), ("objective_id.parent_id", "=", self.id)]
        return {**action, "domain": domain, "context": {"search_default_objective": 1}}

    @public(on="records")
    def action_update_actuals(self):
        """Measure what was reached in the year so far.

        :raise AccessError: the user may not read the objectives
        """
        self.check_access("read")
        self.sudo().line_ids._update_actuals()

    @public(on="record")
    def action_open_evaluation(self):
        """Open the evaluation of the objectives, made when there is none yet.

        :return: window action on its form
        :raise UserError: the objectives are not approved
        :raise AccessError: the user may not evaluate them
        """
        evaluation = self._get_evaluation()
        if not evaluation:
            evaluation = evaluation.create(
                {"objective_id": self.id, "company_id": self.company_id.id}
            )
        return evaluation.get_formview_action()
