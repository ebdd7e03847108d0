import re

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools.durations import get_today
from ...tools.figures import Figure, print_number
from ...tools.plan_template import prepare_template_lines, prepare_template_texts, shift_year
from ...tools.public import public
from ..core.itss_document_mixin import ItssDocumentMixin

GROUP_OPERATIONS = "itss_quality.group_itss_operations"
GROUP_QUALITY = "itss_quality.group_itss_quality"
GROUP_MANAGEMENT = "itss_quality.group_itss_management"
OPEN_LINE_STATES = ("planned", "in_progress")
TEXT_FIELDS = ("purpose", "scope", "reference_documents", "terms", "roles", "activities")


class ItssPlan(models.Model):
    """Annual service quality management plan (服务质量管理计划), a controlled document."""

    _name = "itss.plan"
    _description = "Quality Management Plan"
    _inherit = ["itss.document.mixin", "itss.figure.mixin", "itss.setting.mixin"]
    _order = "year desc, number desc, id desc"
    _check_company_auto = True
    _figure_topics = {"changes": 10}
    _dated_fields = ("state",)
    _state_stamps = {"approved": "approved_date"}

    _number_prefix = "QP"
    _document_report = "itss_quality.itss_plan_report_pdf"
    _locked_states = ("submitted", "reviewed", "approved", "superseded", "closed")
    _stamp_fields = ("closing_note", *ItssDocumentMixin._stamp_fields)
    _locked_fields = (
        "name",
        "number",
        "version",
        "change_note",
        "year",
        "company_id",
        "satisfaction_target",
        "external_audit_date",
        *TEXT_FIELDS,
        "line_ids",
    )
    _transitions = {
        ("draft", "submitted"): (GROUP_QUALITY,),
        ("submitted", "reviewed"): (GROUP_OPERATIONS, GROUP_QUALITY),
        ("reviewed", "approved"): (GROUP_MANAGEMENT,),
        ("submitted", "draft"): (GROUP_OPERATIONS, GROUP_QUALITY, GROUP_MANAGEMENT),
        ("reviewed", "draft"): (GROUP_QUALITY, GROUP_MANAGEMENT),
        ("approved", "closed"): (GROUP_QUALITY, GROUP_MANAGEMENT),
    }

    name = fields.Char(
        required=True,
        tracking=True,
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
    )
    year = fields.Integer(
        required=True,
        tracking=True,
        index=True,
        aggregator=None,
        default=lambda self: get_today(self.env.company).year,
    )
    state = fields.Selection(
        selection_add=[("closed", "Closed")], ondelete={"closed": "set default"}
    )
    satisfaction_target = fields.Float(
        default=95.0,
        digits=(5, 2),
        help="Average customer satisfaction to reach, of 100.",
        setting=("survey",),
    )
    external_audit_date = fields.Date(
        tracking=True,
        help="Lines that have to be done before the external audit are checked against this date.",
    )
    purpose = fields.Html(help="Chapter 1 of the plan.")
    scope = fields.Html(help="Chapter 2 of the plan.")
    reference_documents = fields.Html(
        string="References", help="Chapter 3: the standards and laws the plan follows."
    )
    terms = fields.Html(string="Terms and Definitions", help="Chapter 4 of the plan.")
    roles = fields.Html(string="Roles and Responsibilities", help="Chapter 5 of the plan.")
    activities = fields.Html(string="Quality Management Activities", help="Chapter 6 of the plan.")
    line_ids = fields.One2many("itss.plan.line", "plan_id", string="Plan Lines")
    previous_id = fields.Many2one("itss.plan")
    closing_note = fields.Text(readonly=True, copy=False)
    line_count = fields.Integer(compute="_compute_line_figures")
    late_count = fields.Integer(compute="_compute_line_figures", string="Late Lines")
    progress = fields.Float(
        string="Progress (%)",
        compute="_compute_line_figures",
        help="Average over the lines that are not cancelled.",
    )
    warning_count = fields.Integer(compute="_compute_warning_count")
    audit_date_missing = fields.Boolean(compute="_compute_audit_date_missing")
    can_close = fields.Boolean(compute="_compute_can_steps")
    concerns_me = fields.Boolean(
        compute="_compute_concerns_me", search="_search_concerns_me", compute_sudo=True
    )

    _year_range = models.Constraint(
        "CHECK(year BETWEEN 2000 AND 2100)", "Please enter a year between 2000 and 2100."
    )
    _satisfaction_target_range = models.Constraint(
        "CHECK(satisfaction_target BETWEEN 0 AND 100)",
        "The satisfaction target is between 0 and 100.",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("year")
    def _compute_name(self):
        for plan in self:
            # words of one's own stay when the year changes
            years = re.findall(r"\d{4}", plan.name or "")
            if plan.year and (
                not plan.name or plan.name in map(self._get_default_name, map(int, years))
            ):
                plan.name = self._get_default_name(plan.year)

    @api.depends("line_ids.state", "line_ids.progress", "line_ids.date_end", "state")
    def _compute_line_figures(self):
        lines = self.env["itss.plan.line"]
        counted = {
            plan: (count, progress)
            for plan, count, progress in lines._read_group(
                [("plan_id", "in", self.ids), ("state", "!=", "cancelled")],
                ["plan_id"],
                ["__count", "progress:avg"],
            )
        }
        late = dict(
            lines._read_group(
                [("plan_id", "in", self.ids), ("is_late", "=", True)], ["plan_id"], ["__count"]
            )
        )
        for plan in self:
            plan.line_count, plan.progress = counted.get(plan._origin, (0, 0.0))
            plan.late_count = late.get(plan._origin, 0)

    @api.depends("line_ids.warning")
    def _compute_warning_count(self):
        for plan in self:
            plan.warning_count = len(plan.line_ids.filtered("warning"))

    @api.depends("warning_count")
    def _compute_warning(self):
        return super()._compute_warning()

    @api.depends("external_audit_date", "line_ids.before_external_audit")
    def _compute_audit_date_missing(self):
        for plan in self:
            plan.audit_date_missing = not plan.external_audit_date and any(
                plan.line_ids.mapped("before_external_audit")
            )

    @api.depends("line_ids")
    @api.depends_context("uid")
    def _compute_concerns_me(self):
        # not over line_ids: a record rule that reads them leaves the lines of others in the cache
        concerning = self.search([("id", "in", self.ids), ("concerns_me", "=", True)])
        for plan in self:
            plan.concerns_me = plan in concerning

    def _search_concerns_me(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = Domain("line_ids", "any!", self.env["itss.plan.line"]._get_concerns_me_domain())
        return domain if True in value else ~domain

    def _compute_can_steps(self):
        super()._compute_can_steps()
        for plan in self:
            plan.can_close = plan._can_step("closed")

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        # a plan imported or made by hand has chapters to start from, too
        defaults = super().default_get(fields)
        wanted = [name for name in TEXT_FIELDS if name in fields and name not in defaults]
        if wanted:
            texts = prepare_template_texts(self.env)
            defaults.update((name, texts[name]) for name in wanted)
        return defaults

    def write(self, vals):
        years = {plan: plan.year for plan in self} if "year" in vals else {}
        result = super().write(vals)
        for plan, year in years.items():
            if plan.year != year:
                plan.line_ids._read_dates_again(year)
        return result

    def unlink(self):
        # not by the database: what a line gave rise to forbids its deletion
        self.line_ids.unlink()
        return super().unlink()

    def copy(self, default=None):
        """Copy plans with their lines, which start anew, dates moved to the copy's year.

        :return: the copies
        """
        plans = super().copy(default)
        for old, new in zip(self, plans, strict=True):
            for line in old.line_ids:
                delta = new.year - old.year
                moved = line._prepare_next_year_vals(delta) if delta else {}
                line.copy({**moved, "plan_id": new.id})
        plans.invalidate_recordset(["line_ids"])
        return plans

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _get_number_year(self, vals):
        # an impossible year is refused by the constraint, not by the sequence
        return min(max(int(vals.get("year") or super()._get_number_year(vals)), 2000), 2100)

    def _get_reason_field(self, old_state, new_state):
        if new_state == "closed" and self._get_open_lines():
            return "closing_note"
        return super()._get_reason_field(old_state, new_state)

    def _get_step_info(self, new_state):
        open_lines = self._get_open_lines()
        if new_state != "closed" or not open_lines:
            return super()._get_step_info(new_state)
        lines = [f"{line.display_name} ({print_number(line.progress)} %)" for line in open_lines]
        return "\n".join([self.env._("These lines are still open:"), *lines])

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        if new_state == "closed" and self.search_count([("previous_id", "=", self.id)], limit=1):
            raise UserError(
                self.env._(
                    "“%(plan)s” has a revision under way: approve or delete it first.",
                    plan=self.display_name,
                )
            )
        if new_state == "submitted" and not self.line_ids:
            raise UserError(
                self.env._(
                    "“%(plan)s” has no lines yet: add them, import them from Excel "
                    "or start from the template.",
                    plan=self.display_name,
                )
            )

    def _apply_step(self, old_state, new_state):
        if new_state == "closed":
            if info := self._get_step_info(new_state):
                self.message_post(body=info)
            self.line_ids._stop_asking()
        super()._apply_step(old_state, new_state)

    def _link_revision(self, revision):
        super()._link_revision(revision)
        self._link_lines(revision)

    def _supersede_previous(self):
        super()._supersede_previous()
        if self.previous_id:
            self.line_ids.filtered(
                lambda line: line.previous_id.plan_id == self.previous_id
            )._hand_over()

    def _get_warnings(self):
        warnings = super()._get_warnings()
        if self.warning_count:
            warnings.append(
                self.env._(
                    "%(count)s of the lines need a look: open those marked with a warning sign.",
                    count=self.warning_count,
                )
            )
        return warnings

    def _get_open_lines(self):
        return self.line_ids.filtered(lambda line: line.state in OPEN_LINE_STATES)

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        """Let the departments comment on the plan while it is being agreed (plan 5)."""
        operations = super()._mail_get_operation_for_mail_message_operation(message_operation)
        if message_operation == "create":
            for plan in self.sudo().filtered(lambda plan: plan.state in ("submitted", "reviewed")):
                operations[self.browse(plan.id)] = "read"
        return operations

    # -------------------------------------------------------------------------
    # New plans
    # -------------------------------------------------------------------------

    @api.model
    def _get_default_name(self, year):
        return self.env._("%(year)s O&M Service Quality Management Plan", year=year)

    def _link_lines(self, new):
        """Note which line of this plan each line of its copy ``new`` continues."""
        for old_line, line in zip(self.line_ids, new.line_ids, strict=True):
            line.sudo().write(
                {
                    "previous_id": old_line.id,
                    "carried_over": new.year > self.year and old_line.state in OPEN_LINE_STATES,
                }
            )

    @public(on="model")
    def action_new_from_template(self, year: int | None = None):
        """Create a draft plan with the eight lines of the built-in ITSS template.

        :param int year: the plan's year; by default the first without a plan,
            from this year on
        :return: window action on the new plan's form
        :raise AccessError: the user may not prepare plans
        """
        year = year or self._get_free_year()
        plan = self.create(
            {
                "year": year,
                "line_ids": [(0, 0, vals) for vals in prepare_template_lines(self.env, year)],
            }
        )
        return plan.get_formview_action()

    @public(on="record")
    def action_new_next_year(self):
        """Create next year's plan from this one: dates moved on, open lines carried over.

        :return: window action on the new plan's form
        :raise AccessError: the user may not prepare plans
        """
        self.check_access("create")
        vals = {field: shift_year(self[field], self.year, 1) for field in TEXT_FIELDS}
        audit_date = self.external_audit_date
        plan = self.copy(
            {
                **vals,
                "year": self.year + 1,
                "name": shift_year(self.name, self.year, 1),
                "company_id": self.company_id.id,
                "external_audit_date": audit_date and audit_date + relativedelta(years=1),
            }
        )
        self._link_lines(plan)
        return plan.get_formview_action()

    @api.model
    def _get_free_year(self):
        taken = set(self.sudo().search([("company_id", "=", self.env.company.id)]).mapped("year"))
        year = get_today(self.env.company).year
        while year in taken:
            year += 1
        return year

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    @api.model
    def _get_figure_label(self):
        return self.env._("Plans")

    @api.model
    def _get_figure_domain(self, period):
        return (
            Domain("company_id", "=", period.company.id)
            & Domain("year", ">=", period.date_from.year)
            & Domain("year", "<=", period.date_to.year)
        )

    @api.model
    def _get_figures(self, period):
        revisions = (
            self._get_figure_domain(period)
            & Domain("previous_id", "!=", False)
            & Domain("approved_date", ">=", period.date_from)
            & Domain("approved_date", "<=", period.date_to)
        )
        label = self.env._("Revisions of the quality plan")
        return {"changes": [Figure(label, self.search_count(revisions))]}

    @api.model
    def _itss_get_settings_domain(self, period):
        return self._get_figure_domain(period) & Domain(
            "state", "in", ("approved", "superseded", "closed")
        )

    @api.model
    def _get_in_force(self, period):
        """Return the plans that were in force when a period ended.

        Of the plan that is carried out it is the revision of that time, or itself where none was.
        """
        plan = period.plan
        domain = plan._get_revision_domain() if plan else self._get_figure_domain(period)
        return self._search_past(domain, period.end, ("approved", "closed")) or plan

    def _get_revision_domain(self):
        """Return the domain of all revisions of the plan: they share its number."""
        return Domain("company_id", "=", self.company_id.id) & Domain("number", "=", self.number)

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_close(self):
        """Close the plan at the year's end; lines still open are listed and explained.

        :return: window action of the dialog when there are open lines
        :raise UserError: the plan is not approved
        :raise AccessError: missing role
        """
        if self._get_open_lines():
            return self._action_ask_reason("closed", self.env._("Close the Plan"))
        return self.write({"state": "closed"})

    @public(on="record")
    def action_view_lines(self):
        """Open the lines of this plan with all their views.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("itss_quality.itss_plan_line_action")
        return {
            **action,
            "domain": [("plan_id", "=", self.id)],
            "context": {"default_plan_id": self.id},
        }

    @public(on="record")
    def action_import_lines(self):
        """Open the wizard that reads the plan's table from Excel.

        :return: window action
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import the Plan's Table"),
            "res_model": "itss.plan.import",
            "view_mode": "form",
            "target": "new",
            "context": {"default_plan_id": self.id},
        }
