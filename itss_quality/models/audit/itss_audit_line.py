from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...tools.public import public
from .itss_audit_checklist_line import SECTIONS

RESULTS = [
    ("conforming", "Conforming"),
    ("minor", "Minor Nonconformity"),
    ("major", "Major Nonconformity"),
    ("observation", "Observation"),
    ("not_applicable", "Not Applicable"),
]
NONCONFORMING = ("minor", "major")
# what the auditor writes on site; everything else is the plan of the line
VERDICT_FIELDS = ("result", "evidence", "attachment_ids")
# what was asked, once it is judged
PLAN_FIELDS = {"question", "clause", "section", "method", "department_id"}


def judged_alike(line):
    return line.audit_id, line.auditor_id, line.department_id


class ItssAuditLine(models.Model):
    """Question asked in a department, with what was found (内审检查表: 检查内容, 记录/证据, 结果)."""

    _name = "itss.audit.line"
    _description = "Audit Checklist Line"
    _inherit = ["itss.guard.mixin", "itss.improvement.source.mixin", "itss.evidence.mixin"]
    _order = "audit_id, department_id, sequence, id"
    _rec_name = "question"
    _check_company_auto = True

    audit_id = fields.Many2one("itss.audit", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        related="audit_id.company_id", store=True, index=True, precompute=True
    )
    audit_state = fields.Selection(related="audit_id.state", string="Audit Status")
    department_id = fields.Many2one(
        "hr.department", string="Audited Department", required=True, index=True, check_company=True
    )
    auditor_id = fields.Many2one("hr.employee", index=True, check_company=True, ondelete="restrict")
    sequence = fields.Integer(default=10)
    checklist_line_id = fields.Many2one(
        "itss.audit.checklist.line", readonly=True, copy=False, index="btree_not_null"
    )
    followed_nonconformity_id = fields.Many2one(
        "itss.nonconformity",
        string="Follows",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The nonconformity of an earlier audit that this line looks after.",
    )
    section = fields.Selection(
        [*SECTIONS, ("follow_up", "Follow-Up")], default="process", required=True
    )
    clause = fields.Char()
    question = fields.Text(string="What to Check", required=True)
    method = fields.Char(string="How to Check")
    result = fields.Selection(RESULTS, copy=False, index=True)
    evidence = fields.Text(
        string="Record and Evidence",
        copy=False,
        help="What was seen and asked: document numbers, names of records, samples.",
    )
    attachment_ids = fields.Many2many(string="Photos and Files", copy=False)
    judged_by_id = fields.Many2one("res.users", string="Judged by", readonly=True, copy=False)
    judged_at = fields.Datetime(string="Judged on", readonly=True, copy=False)
    nonconformity_ids = fields.One2many(
        "itss.nonconformity", "audit_line_id", string="Nonconformities"
    )
    is_raised = fields.Boolean(
        string="Nonconformity Raised", compute="_compute_is_raised", store=True
    )
    can_judge = fields.Boolean(compute="_compute_can_judge")

    _audit_index = models.Index("(audit_id, department_id, sequence)")
    _question_unique = models.UniqueIndex(
        "(audit_id, department_id, checklist_line_id) WHERE checklist_line_id IS NOT NULL",
        "The question is in the department's checklist already.",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("nonconformity_ids.state")
    def _compute_is_raised(self):
        for line in self:
            states = line.sudo().nonconformity_ids.mapped("state")
            line.is_raised = any(state not in ("draft", "withdrawn") for state in states)

    @api.depends("audit_id.state", "audit_id.report_ids.state", "auditor_id")
    @api.depends_context("uid")
    def _compute_can_judge(self):
        # asked once per audit, auditor and department: a list shows many lines of each
        for lines in self.grouped(judged_alike).values():
            can_judge = lines[0]._get_judge_refusal() is None
            for line in lines:
                line.can_judge = can_judge

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("auditor_id", "department_id", "audit_id")
    def _check_auditor(self):
        """An auditor is one of the team, and audits no department of the own."""
        # asked once per pair: an audit has thousands of lines
        pairs = {(line.audit_id, line.auditor_id, line.department_id) for line in self}
        for audit, auditor, department in pairs:
            if department not in audit.department_ids:
                raise UserError(
                    self.env._(
                        "%(department)s is not audited in “%(audit)s”.",
                        department=department.name,
                        audit=audit.display_name,
                    )
                )
            if auditor:
                audit._check_auditors(auditor, department)

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if not self.env.su:
            for line in lines:
                line._check_may_plan()
                # whether it came in the values or as a default of the context
                if any(line[name] for name in (*VERDICT_FIELDS, "judged_by_id", "judged_at")):
                    raise UserError(self.env._("A question is judged after it was asked."))
        return lines

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        self.check_access("write")
        self._check_write(vals)
        if "result" in vals:
            judged = bool(vals["result"])
            vals = {
                **vals,
                "judged_by_id": self.env.uid if judged else False,
                "judged_at": fields.Datetime.now() if judged else False,
            }
        result = super().write(vals)
        for line in self:
            line._check_verdict()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_judged(self):
        if self.env.su:
            return
        for line in self:
            line._check_may_plan()
            if line.result:
                raise UserError(self.env._("A question that was judged is not deleted."))

    def _check_write(self, vals):
        """Raise unless the user may write these values now.

        :raise UserError: wrong time, or a field that only the server sets
        :raise AccessError: another auditor's line
        """
        stamps = {"judged_by_id", "judged_at", "is_raised", "audit_id", "company_id"} & set(vals)
        verdict = set(VERDICT_FIELDS) & set(vals)
        if verdict:
            self.audit_id._lock_records()
            for lines in self.grouped(judged_alike).values():
                if refusal := lines[0]._get_judge_refusal():
                    raise refusal
        for line in self:
            if stamps:
                raise UserError(
                    self.env._("The server notes itself who judged a question, and when.")
                )
            if set(vals) - verdict:
                line._check_may_plan()
                if line.result and PLAN_FIELDS & set(vals):
                    raise UserError(self.env._("A question that was judged is not written anew."))

    def _check_may_plan(self):
        """Raise unless the user may add questions, or say who asks them.

        :raise UserError: the audit's records are closed
        :raise AccessError: neither lead auditor nor quality department
        """
        audit = self.audit_id
        audit.sudo()._check_records_open()
        if audit.state not in ("approved", "in_progress"):
            raise UserError(
                self.env._("Questions are prepared once the plan of the audit is approved.")
            )
        if not audit._is_led_by_me():
            raise AccessError(
                self.env._(
                    "Only the lead auditor or the quality department says what is asked, and by whom."
                )
            )

    def _get_judge_refusal(self):
        """Return the exception that forbids the current user to judge the line, or ``None``."""
        self.ensure_one()
        audit = self.audit_id.sudo()
        if audit.state != "in_progress" or audit._are_records_frozen():
            return UserError(
                self.env._(
                    "Questions are judged while the audit is in progress; “%(audit)s” is %(state)s.",
                    audit=audit.display_name,
                    state=audit._get_state_label(audit.state)
                    if audit.state != "in_progress"
                    else self.env._("being reported"),
                )
            )
        # who has left the team does not judge any more, nor change what was judged
        judges = (self.auditor_id | audit.lead_auditor_id).sudo() & audit._get_team()
        employee = judges.filtered(lambda one: one.user_id == self.env.user)[:1]
        if not employee:
            return AccessError(
                self.env._(
                    "This question is %(auditor)s's to judge.", auditor=self.sudo().auditor_id.name
                )
            )
        # who has moved into the department meanwhile is no longer independent of it
        reason = employee._itss_get_dependence(self.department_id)
        return UserError(reason) if reason else None

    def _are_files_frozen(self):
        # a colleague's evidence is not even the quality department's to change
        return self._get_judge_refusal() is not None

    def _check_verdict(self):
        """Raise when the verdict contradicts what was raised from the line."""
        if self.result in ("minor", "major", "observation", "not_applicable"):
            if not (self.evidence or "").strip():
                raise UserError(
                    self.env._(
                        "Please write down what was seen before you judge: %(question)s",
                        question=self.question,
                    )
                )
        raised = self.sudo().nonconformity_ids.filtered(lambda one: one.state != "withdrawn")
        if raised and self.result not in NONCONFORMING:
            raise UserError(
                self.env._(
                    "“%(nonconformity)s” was raised from this question, so it is not conforming.",
                    nonconformity=raised[0].display_name,
                )
            )
        if raised and (raised[0].grade == "major") != (self.result == "major"):
            raise UserError(
                self.env._(
                    "“%(nonconformity)s” was raised from this question with another grade.",
                    nonconformity=raised[0].display_name,
                )
            )

    # -------------------------------------------------------------------------
    # Words
    # -------------------------------------------------------------------------

    def _get_finding(self):
        """Return what the line counts as, on every paper (superuser mode).

        That is its verdict. One judged as nonconforming goes by the grade of its nonconformity, which
        knows slight ones, too; as "withdrawn" when that was, and as "open" without a verdict.

        :return: key of :meth:`_get_finding_labels`
        """
        self.ensure_one()
        raised = self.nonconformity_ids.filtered(lambda one: one.state != "draft")
        standing = raised.filtered(lambda one: one.state != "withdrawn")
        if self.result in NONCONFORMING and raised:
            return standing[:1].grade or "withdrawn"
        return self.result or "open"

    @api.model
    def _get_finding_labels(self):
        """Return the words for what a line can count as, in the order of their columns."""
        grades = self.env["itss.nonconformity"]._fields["grade"]
        grades = dict(grades._description_selection(self.env))
        labels = {}
        for key, label in self._fields["result"]._description_selection(self.env):
            labels |= {} if key in grades else {key: label}
            if key == "conforming":
                labels |= grades
        withdrawn, unjudged = self.env._("Withdrawn"), self.env._("Not Judged Yet")
        return {**labels, "withdrawn": withdrawn, "open": unjudged}

    # -------------------------------------------------------------------------
    # Improvements: what is no nonconformity, but could be better
    # -------------------------------------------------------------------------

    def _prepare_improvement_vals(self):
        return {
            **super()._prepare_improvement_vals(),
            "name": (self.question or "").split("\n")[0][:80],
            "problem": self.evidence,
            "kind": "improvement",
            "department_id": self.department_id.id,
        }

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="records", context=("itss_result",))
    def action_judge(self):
        """Judge the line as the context key ``itss_result`` says.

        :raise UserError: wrong time, or no evidence
        :raise AccessError: another auditor's line
        """
        return self.write({"result": self.env.context.get("itss_result") or False})

    def _get_criterion(self):
        """Return what is required by the checklist: its edition and clause, else what was asked."""
        edition = self.checklist_line_id.sudo().checklist_id.edition
        if edition and self.clause:
            return f"{edition} {self.clause}"
        return self.question

    @public(on="record")
    def action_raise_nonconformity(self):
        """Open a nonconformity with what the line says (plan 6.1: 不符合项).

        :return: window action on the one there is, or on an unsaved form
        :raise UserError: the line is not judged as nonconforming
        """
        nonconformity = self.nonconformity_ids.filtered(lambda one: one.state != "withdrawn")
        if nonconformity:
            return nonconformity[:1].get_formview_action()
        if self.result not in NONCONFORMING:
            raise UserError(
                self.env._("Please judge the question as a minor or major nonconformity first.")
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Nonconformity"),
            "res_model": "itss.nonconformity",
            "view_mode": "form",
            "context": {
                "default_audit_line_id": self.id,
                "default_grade": self.result,
                "default_clause": self.clause,
                "default_criterion": self._get_criterion(),
                "default_facts": self.evidence,
            },
        }
