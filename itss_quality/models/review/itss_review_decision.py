from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ...tools.figures import Figure
from ...tools.public import public


class ItssReviewDecision(models.Model):
    """Decision of a management review (评审输出): an improvement, a change of the system, or
    resources. It becomes an improvement, and is followed up in the next review.
    """

    _name = "itss.review.decision"
    _description = "Management Review Decision"
    _inherit = ["itss.part.mixin", "itss.improvement.source.mixin", "itss.figure.mixin"]
    _order = "review_id, sequence, id"
    _check_company_auto = True

    _figure_topics = {"previous_actions": 10}
    _whole_field = "review_id"
    _frozen_fields = ("review_id", "kind", "name", "owner_id", "department_id", "date_deadline")

    review_id = fields.Many2one("itss.review", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="review_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [
            ("improvement", "Improvement"),
            ("system", "Change of the System"),
            ("resources", "Resources"),
        ],
        default="improvement",
        required=True,
    )
    name = fields.Text(string="Decision", required=True)
    department_id = fields.Many2one(
        "hr.department", string="Responsible Department", check_company=True, index=True
    )
    owner_id = fields.Many2one(
        "res.users",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        index=True,
    )
    date_deadline = fields.Date(string="Deadline", index=True)
    improvement_id = fields.Many2one("itss.improvement", compute="_compute_improvement")
    improvement_state = fields.Selection(
        lambda self: self.env["itss.improvement"]._fields["state"]._description_selection(self.env),
        string="Status of the Improvement",
        compute="_compute_improvement",
    )
    is_frozen = fields.Boolean(compute="_compute_is_frozen", compute_sudo=True)

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("name", "review_id.number")
    def _compute_display_name(self):
        for decision in self:
            # it is named as the source of its improvement
            parts = (decision.review_id.sudo().number, decision._get_title())
            decision.display_name = " ".join(filter(None, parts))

    @api.depends("improvement_ids.state")
    def _compute_improvement(self):
        # whoever sees a decision sees what became of it
        improvements = self.env["itss.improvement"].sudo()
        groups = improvements._read_group(
            [("source_model", "=", self._name), ("source_id", "in", self.ids)],
            ["source_id"],
            ["id:max"],
        )
        newest = dict(groups)
        for decision in self:
            improvement = improvements.browse(newest.get(decision.id))
            decision.improvement_id = improvement
            decision.improvement_state = improvement.state

    @api.depends("review_id.report_ids.state", "improvement_ids")
    def _compute_is_frozen(self):
        for decision in self:
            decision.is_frozen = bool(decision.improvement_count) or (
                bool(decision.review_id) and decision.review_id._is_output_frozen()
            )

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("owner_id", "company_id")
    def _check_owner(self):
        for decision in self.sudo():
            owner = decision.owner_id
            if owner and (owner.share or decision.company_id not in owner.company_ids):
                raise ValidationError(
                    self.env._(
                        "%(user)s does not work for %(company)s and can't own the decision.",
                        user=owner.name,
                        company=decision.company_id.name,
                    )
                )

    # -------------------------------------------------------------------------
    # What no longer changes
    # -------------------------------------------------------------------------

    def _check_whole_open(self):
        self.review_id._check_output_open()

    def _check_change(self, vals):
        super()._check_change(vals)
        if self.env.su or vals.keys().isdisjoint(self._frozen_fields):
            return
        for decision in self:
            if decision.improvement_count:
                raise UserError(
                    self.env._(
                        "“%(decision)s” has become an improvement: what changes is noted there.",
                        decision=decision.name,
                    )
                )

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    def _get_gaps(self, with_improvement=True):
        """Return what the decision lacks, in words."""
        self.ensure_one()
        gaps = []
        if not self.owner_id:
            gaps.append(self.env._("no owner"))
        if not self.date_deadline:
            gaps.append(self.env._("no deadline"))
        if with_improvement and self.improvement_state in (False, "cancelled"):
            gaps.append(self.env._("no improvement"))
        return gaps

    def _get_title(self):
        """Return the first line of the decision."""
        return next(iter((self.name or "").strip().splitlines()), "")

    def _prepare_improvement_vals(self):
        return {
            **super()._prepare_improvement_vals(),
            "name": self._get_title() or self.name,
            "problem": self.name,
            "action": self.name,
            "kind": "improvement",
            "owner_id": self.owner_id.id,
            "department_id": self.department_id.id,
            "date_deadline": self.date_deadline,
        }

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    @api.model
    def _get_figure_label(self):
        return self.env._("Decisions")

    @api.model
    def _get_figure_domain(self, period):
        previous = period.work.previous_id
        return Domain("review_id", "=", previous.id) & Domain("review_id", "!=", False)

    @api.model
    def _get_figures(self, period):
        """List the decisions of the review before the one that asks, and what became of them."""
        previous = period.work.previous_id
        if not previous:
            label = self.env._("Decisions of the review before")
            note = self.env._("there is no earlier review")
            return {"previous_actions": [Figure(label, note=note)]}
        # those of the last one, and whatever was still open of the ones before
        earlier = self.search(
            [
                ("company_id", "=", period.company.id),
                ("review_id", "!=", period.work.id),
                ("review_id.held_at", "<", period.end),
                ("review_id.period_end", "<=", previous.period_end),
            ]
        )
        became = (previous.decision_ids | earlier)._read_improvements(period)
        decisions = previous.decision_ids | earlier.filtered(
            lambda decision: became[decision][1] not in ("closed", "cancelled")
        )
        closed = decisions.filtered(lambda decision: became[decision][1] == "closed")
        label = self.env._("Decisions of %(review)s", review=previous.display_name)
        return {
            "previous_actions": [
                Figure(label, len(decisions)),
                Figure.part(self.env._("Carried out and verified"), len(closed), len(decisions)),
                *(decision._get_figure(*became[decision]) for decision in decisions),
            ]
        }

    def _read_improvements(self, period):
        """Return the newest improvement of each decision as it was when a period ended.

        :return: ``{decision: (number, state)}``, both ``None`` without an improvement
        """
        rows = self.env["itss.improvement"]._read_past(
            Domain("source_model", "=", self._name)
            & Domain("source_id", "in", self.ids)
            & Domain("create_date", "<", period.end),
            period.end,
            id=SQL("id"),
            source=SQL("source_id"),
            number=SQL("number"),
            state=SQL("state_then"),
        )
        newest = {
            row["source"]: (row["number"], row["state"])
            for row in sorted(rows, key=lambda row: row["id"])
        }
        return {decision: newest.get(decision.id, (None, None)) for decision in self}

    def _get_figure(self, number, state):
        """Return the decision with number and state of its improvement."""
        states = dict(self._fields["improvement_state"]._description_selection(self.env))
        details = (
            number,
            self.owner_id.name,
            self.date_deadline and format_date(self.env, self.date_deadline),
        )
        return Figure(
            self.name,
            states.get(state) or self.env._("no improvement"),
            note=" · ".join(filter(None, details)),
        )

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_raise_improvement(self):
        """Make the improvement of the decision, or open it.

        What the review has decided needs no planning: the owner is told at once.

        :return: window action on the improvement's form
        :raise UserError: the decision has no owner or no date
        :raise AccessError: the user may not change the decision
        """
        if not self.improvement_count:
            self.check_access("write")
            gaps = self._get_gaps(with_improvement=False)
            if gaps:
                raise UserError(
                    self.env._(
                        "“%(decision)s” can't become an improvement yet: %(gaps)s.",
                        decision=self.name,
                        gaps=", ".join(gaps),
                    )
                )
            improvement = self.improvement_ids.create(self._prepare_improvement_vals()).sudo()
            improvement.state = "planned"
            improvement._apply_step("draft", "planned")
            self.invalidate_recordset(["improvement_ids", "improvement_count"])
        return self.improvement_id.with_env(self.env).get_formview_action()
