from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

GROUP_USER = "itss_quality.group_itss_user"
GROUP_OPERATIONS = "itss_quality.group_itss_operations"
GROUP_QUALITY = "itss_quality.group_itss_quality"


class ItssImprovement(models.Model):
    """Improvement (服务改进, plan 6.4): a problem, its cause, what is done, and the proof."""

    _name = "itss.improvement"
    _description = "Improvement"
    _inherit = [
        "itss.workflow.mixin",
        "itss.numbered.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date_deadline, id desc"
    _check_company_auto = True

    _number_prefix = "IM"
    _mail_post_access = "read"
    _transitions = {
        ("draft", "planned"): (GROUP_OPERATIONS, GROUP_QUALITY),
        ("planned", "in_progress"): (GROUP_USER,),
        ("in_progress", "to_verify"): (GROUP_USER,),
        ("to_verify", "closed"): (GROUP_QUALITY,),
        ("to_verify", "in_progress"): (GROUP_QUALITY,),
        ("draft", "cancelled"): (GROUP_QUALITY,),
        ("planned", "cancelled"): (GROUP_QUALITY,),
        ("in_progress", "cancelled"): (GROUP_QUALITY,),
    }
    _required_fields = {
        ("draft", "planned"): ("action", "owner_id", "date_deadline"),
        ("in_progress", "to_verify"): ("completion", "owner_id"),
    }
    _reason_fields = {
        ("to_verify", "in_progress"): "return_reason",
        ("draft", "cancelled"): "cancel_reason",
        ("planned", "cancelled"): "cancel_reason",
        ("in_progress", "cancelled"): "cancel_reason",
    }
    _locked_states = ("to_verify", "closed", "cancelled")
    _locked_fields = (
        "name",
        "number",
        "company_id",
        "problem",
        "root_cause",
        "action",
        "completion",
        "department_id",
        "owner_id",
        "date_deadline",
    )
    # fixed when the measure is planned: the owner carries it out
    _planned_fields = ("action", "owner_id", "date_deadline", "department_id")
    _stamp_fields = ("source_name", "completed_by_id", "verified_by_id", "verified_date")

    name = fields.Char(required=True, tracking=True)
    source_model = fields.Char(index=True, readonly=True)
    source_id = fields.Many2oneReference(
        string="Source Record", model_field="source_model", index=True, readonly=True
    )
    source_name = fields.Char(string="Source", readonly=True, copy=False)
    problem = fields.Text(required=True)
    root_cause = fields.Text()
    action = fields.Text(string="Improvement Measure")
    completion = fields.Text(help="What was done, and what it brought about.")
    department_id = fields.Many2one(
        "hr.department", string="Responsible Department", check_company=True, index=True
    )
    owner_id = fields.Many2one(
        "res.users",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        index=True,
        tracking=True,
    )
    date_deadline = fields.Date(string="Deadline", index=True, tracking=True)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("planned", "Planned"),
            ("in_progress", "In Progress"),
            ("to_verify", "To Verify"),
            ("closed", "Closed"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        index=True,
        tracking=True,
    )
    return_reason = fields.Text(readonly=True, copy=False)
    cancel_reason = fields.Text(readonly=True, copy=False)
    completed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    verified_by_id = fields.Many2one("res.users", string="Verified by", readonly=True, copy=False)
    verified_date = fields.Date(readonly=True, copy=False)
    is_late = fields.Boolean(compute="_compute_is_late", search="_search_is_late")
    can_plan = fields.Boolean(compute="_compute_can_steps")
    can_start = fields.Boolean(compute="_compute_can_steps")
    can_finish = fields.Boolean(compute="_compute_can_steps")
    can_verify = fields.Boolean(compute="_compute_can_steps")
    can_cancel = fields.Boolean(compute="_compute_can_steps")

    _source_index = models.Index("(source_model, source_id) WHERE source_id IS NOT NULL")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    def _compute_display_name(self):
        for improvement in self:
            improvement.display_name = (
                f"{improvement.number or ''} {improvement.name or ''}".strip()
            )

    @api.depends("state", "date_deadline")
    def _compute_is_late(self):
        today = fields.Date.context_today(self)
        for improvement in self:
            improvement.is_late = bool(
                improvement.date_deadline
                and improvement.date_deadline < today
                and improvement.state not in ("closed", "cancelled")
            )

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = Domain("date_deadline", "<", fields.Date.context_today(self)) & Domain(
            "state", "not in", ("closed", "cancelled")
        )
        return late if True in value else ~late

    @api.depends("state", "owner_id")
    @api.depends_context("uid")
    def _compute_can_steps(self):
        for improvement in self:
            improvement.can_plan = improvement._can_step("planned")
            improvement.can_start = improvement.state == "planned" and improvement._can_step(
                "in_progress"
            )
            improvement.can_finish = improvement._can_step("to_verify")
            improvement.can_verify = improvement._can_step("closed")
            improvement.can_cancel = improvement._can_step("cancelled")

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("owner_id", "company_id")
    def _check_owner(self):
        self._check_colleagues("owner_id")

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        improvements = super().create(vals_list)
        source_class = self.env.registry["itss.improvement.source.mixin"]
        for improvement in improvements.filtered("source_id"):
            if not isinstance(self.env.get(improvement.source_model), source_class):
                raise UserError(self.env._("Nothing of this kind gives rise to improvements."))
            # fails here when the user may not even read the source
            source = self.env[improvement.source_model].browse(improvement.source_id)
            source.check_access("read")
            improvement.sudo().source_name = source.display_name
        return improvements

    def write(self, vals):
        if not self.env.su:
            self._check_planned(vals)
        return super().write(vals)

    def _check_planned(self, vals):
        """Refuse another source in any state, and a plan changed by who has to carry it out."""
        sources = [name for name in ("source_model", "source_id") if name in vals]
        planned = [name for name in self._planned_fields if name in vals]
        if any(map(self.env.user.has_group, (GROUP_OPERATIONS, GROUP_QUALITY))):
            planned = []
        for improvement in self:
            names = sources + (planned if improvement.state != "draft" else [])
            if names:
                raise improvement._get_locked_refusal(names)

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _get_step_refusal(self, new_state):
        refusal = super()._get_step_refusal(new_state)
        if (
            refusal is None
            and self.state == "to_verify"
            and self.env.user in (self.owner_id | self.completed_by_id)
        ):
            return UserError(
                self.env._(
                    "“%(record)s” has to be verified by somebody else than its owner.",
                    record=self.display_name,
                )
            )
        return refusal

    def _apply_step(self, old_state, new_state):
        super()._apply_step(old_state, new_state)
        if new_state == "closed":
            self.write(
                {
                    "verified_by_id": self.env.uid,
                    "verified_date": fields.Date.context_today(self),
                }
            )
        elif new_state == "to_verify":
            self.completed_by_id = self.env.uid
        elif new_state == "planned":
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=self.date_deadline,
                summary=self.env._("Carry out the improvement"),
                user_id=self.owner_id.id,
            )

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_plan(self):
        """Fix measure, owner and deadline.

        :raise UserError: wrong state, or one of the three is missing
        """
        return self.write({"state": "planned"})

    def action_start(self):
        """Start the work.

        :raise UserError: wrong state
        """
        return self.write({"state": "in_progress"})

    def action_finish(self):
        """Report the measure as carried out and ask for verification.

        :raise UserError: wrong state, or the completion text is missing
        """
        return self.write({"state": "to_verify"})

    def action_verify(self):
        """Confirm as quality department that the measure was carried out.

        :raise UserError: wrong state, or the user owns the improvement
        :raise AccessError: missing role
        """
        return self.write({"state": "closed"})

    def action_return(self):
        """Ask why the measure is not enough and send it back to its owner.

        :return: window action of the dialog
        """
        return self._action_ask_reason("in_progress", self.env._("Send Back"))

    def action_cancel(self):
        """Ask for the reason and cancel the improvement.

        :return: window action of the dialog
        """
        return self._action_ask_reason("cancelled", self.env._("Cancel Improvement"))

    def action_open_source(self):
        """Open the record that gave rise to the improvement.

        :return: window action
        """
        self.ensure_one()
        return self.env[self.source_model].browse(self.source_id).get_formview_action()
