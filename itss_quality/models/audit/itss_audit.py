from collections import defaultdict
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ...tools.durations import get_midnight, get_today
from ...tools.figures import Figure
from ...tools.public import public
from ...tools.records import OURS
from ..core.itss_document_mixin import ItssDocumentMixin

GROUP_USER = "itss_quality.group_itss_user"
GROUP_QUALITY = "itss_quality.group_itss_quality"
GROUP_MANAGEMENT = "itss_quality.group_itss_management"
MEETING_LENGTH = timedelta(minutes=30)
# plan line 5: a preparatory meeting, then the audit on site between opening and closing meeting
MEETING_KINDS = ("preparatory", "opening", "closing")
RUNNING_STATES = ("in_progress", "follow_up")
# no longer what carries out a line of the annual plan
DROPPED_STATES = ("superseded", "cancelled")
ENDED_STATES = ("closed", *DROPPED_STATES)
PLANNED_STATES = ("approved", *RUNNING_STATES, "closed")
# it can still be said which departments an audit reaches
COVERING_STATES = ("draft", "submitted", "reviewed", "approved")
OPEN_NONCONFORMITY_STATES = ("draft", "raised", "disputed", "confirmed")


class ItssAudit(models.Model):
    """Internal audit (内审, plan 6.1 and line 5): an approved plan, then the audit itself.

    The plan is a controlled document. Once it is approved the checklists are made, the meetings
    held, the lines judged, nonconformities raised; the report ends the audit on site, and the
    audit closes when every nonconformity is.
    """

    _name = "itss.audit"
    _description = "Internal Audit"
    _inherit = ["itss.document.mixin", "itss.plan.work.mixin", "itss.figure.mixin"]
    _order = "date_start desc, id desc"
    _check_company_auto = True
    _figure_topics = {"audits": 10}
    _dated_fields = ("state",)
    _state_stamps = {"approved": "approved_date", "closed": "date_closed"}

    _number_prefix = "IA"
    _mail_post_access = "read"
    _plan_kinds = ("audit",)
    _proves_alone = True
    _list_action = "itss_quality.itss_audit_action"
    _begun_states = ("in_progress",)
    _dropped_states = DROPPED_STATES
    _document_report = "itss_quality.itss_audit_plan_pdf"
    _transitions = {
        ("draft", "submitted"): (GROUP_QUALITY,),
        ("submitted", "reviewed"): (GROUP_USER,),
        ("reviewed", "approved"): (GROUP_MANAGEMENT,),
        ("submitted", "draft"): (GROUP_USER,),
        ("reviewed", "draft"): (GROUP_QUALITY, GROUP_MANAGEMENT),
        ("approved", "in_progress"): (GROUP_USER,),
        ("follow_up", "closed"): (GROUP_USER,),
        ("approved", "cancelled"): (GROUP_MANAGEMENT,),
        ("in_progress", "cancelled"): (GROUP_MANAGEMENT,),
    }
    _reason_fields = {
        ("submitted", "draft"): "rejection_reason",
        ("reviewed", "draft"): "rejection_reason",
        ("approved", "cancelled"): "cancel_reason",
        ("in_progress", "cancelled"): "cancel_reason",
    }
    _locked_states = (
        "submitted",
        "reviewed",
        "approved",
        "superseded",
        "in_progress",
        "follow_up",
        "closed",
        "cancelled",
    )
    _locked_fields = (
        "name",
        "number",
        "version",
        "change_note",
        "company_id",
        "plan_line_id",
        "purpose",
        "scope",
        "criteria",
        "method",
        "timing",
        "date_start",
        "date_end",
        "lead_auditor_id",
        "auditor_ids",
        "department_ids",
        "project_names",
        "checklist_ids",
        "schedule_ids",
    )
    _required_fields = {
        ("draft", "submitted"): (
            "version",
            "change_note",
            "purpose",
            "scope",
            "criteria",
            "method",
            "lead_auditor_id",
            "department_ids",
            "checklist_ids",
            "schedule_ids",
        ),
    }

    name = fields.Char(required=True, tracking=True, default=lambda self: self._default_name())
    state = fields.Selection(
        selection_add=[
            ("in_progress", "In Progress"),
            ("follow_up", "Follow-Up"),
            ("closed", "Closed"),
            ("cancelled", "Cancelled"),
            ("superseded",),
        ],
        ondelete={
            "in_progress": "cascade",
            "follow_up": "cascade",
            "closed": "cascade",
            "cancelled": "cascade",
        },
    )
    previous_id = fields.Many2one("itss.audit")
    plan_line_id = fields.Many2one(tracking=True)
    purpose = fields.Text(
        default=lambda self: self.env._(
            "Find out whether the service quality management follows the plan and its requirements, "
            "and is put into practice, before the external audit."
        )
    )
    scope = fields.Text(
        string="Audit Scope",
        default=lambda self: self.env._(
            "The O&M services, the departments and the projects named in this plan."
        ),
    )
    criteria = fields.Text(
        string="Audit Criteria",
        default=lambda self: self.env._(
            "The standards named in the quality management plan, the company's system documents, "
            "the contracts with customers, laws and rules that apply."
        ),
    )
    method = fields.Text(
        default=lambda self: self.env._(
            "Interviews, samples of records, observation on site; each finding with its evidence."
        )
    )
    timing = fields.Text(
        string="Frequency and Timing",
        default=lambda self: self.env._("Once a year, before the external audit."),
    )
    date_start = fields.Date(
        string="From",
        required=True,
        default=lambda self: get_today(self.env.company),
        tracking=True,
    )
    date_end = fields.Date(
        string="To", required=True, default=lambda self: get_today(self.env.company), tracking=True
    )
    lead_auditor_id = fields.Many2one("hr.employee", check_company=True, index=True, tracking=True)
    # the public side of employees, which who plans an audit may read
    auditor_ids = fields.Many2many(
        "hr.employee.public",
        "itss_audit_auditor_rel",
        string="Auditors",
        check_company=True,
        help="The members of the audit team beside the lead auditor.",
    )
    department_ids = fields.Many2many(
        "hr.department", string="Audited Departments", check_company=True
    )
    project_names = fields.Text(
        string="Audited Projects", help="Projects or contracts that samples are taken from."
    )
    checklist_ids = fields.Many2many(
        "itss.audit.checklist",
        string="Checklists",
        domain="[('company_id', 'in', (company_id, False))]",
        default=lambda self: self.env["itss.audit.checklist"].search(
            [("company_id", "in", (self.env.company.id, False))], limit=1
        ),
        help="Each audited department gets a copy of their questions.",
    )
    schedule_ids = fields.One2many("itss.audit.schedule", "audit_id", copy=True)
    line_ids = fields.One2many("itss.audit.line", "audit_id", string="Checklist Lines")
    meeting_ids = fields.One2many("itss.meeting", "audit_id")
    nonconformity_ids = fields.One2many("itss.nonconformity", "audit_id", string="Nonconformities")
    report_ids = fields.One2many("itss.audit.report", "audit_id", string="Audit Reports")
    line_count = fields.Integer(string="Checklist Questions", compute="_compute_line_counts")
    judged_count = fields.Integer(string="Judged", compute="_compute_line_counts")
    nonconformity_count = fields.Integer(
        string="Number of Nonconformities", compute="_compute_nonconformity_counts"
    )
    open_nonconformity_count = fields.Integer(
        string="Open Nonconformities", compute="_compute_nonconformity_counts"
    )
    report_state = fields.Selection(
        [
            ("draft", "Draft"),
            ("submitted", "Submitted"),
            ("reviewed", "Reviewed"),
            ("approved", "Approved"),
            ("superseded", "Superseded"),
        ],
        string="Audit Report",
        compute="_compute_report_state",
        compute_sudo=True,
    )
    missing = fields.Text(compute="_compute_missing")
    date_closed = fields.Date(string="Closed on", readonly=True, copy=False)
    cancel_reason = fields.Text(readonly=True, copy=False)
    team_changes = fields.Text(
        string="Changes of the Audit Team",
        readonly=True,
        copy=False,
        help="Who has taken over from whom after the plan was approved, when and why.",
    )
    is_auditor = fields.Boolean(compute="_compute_is_auditor")
    can_start = fields.Boolean(compute="_compute_can_steps")
    can_close = fields.Boolean(compute="_compute_can_steps")
    can_report = fields.Boolean(compute="_compute_missing")
    can_cancel = fields.Boolean(compute="_compute_can_steps")
    can_substitute = fields.Boolean(compute="_compute_can_steps")

    _dates_ordered = models.Constraint(
        "CHECK(date_start <= date_end)", "An audit can't end before it starts."
    )
    _stamp_fields = (*ItssDocumentMixin._stamp_fields, "date_closed", "team_changes")

    def _default_name(self):
        year = get_today(self.env.company).year
        return self.env._("%(year)s Internal Audit", year=year)

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("line_ids.result")
    @api.depends_context("uid")
    def _compute_line_counts(self):
        lines = self.env["itss.audit.line"]
        total = lines._read_group([("audit_id", "in", self.ids)], ["audit_id"], ["__count"])
        judged = lines._read_group(
            [("audit_id", "in", self.ids), ("result", "!=", False)], ["audit_id"], ["__count"]
        )
        total, judged = dict(total), dict(judged)
        for audit in self:
            audit.line_count = total.get(audit._origin, 0)
            audit.judged_count = judged.get(audit._origin, 0)

    @api.depends("nonconformity_ids.state")
    @api.depends_context("uid")
    def _compute_nonconformity_counts(self):
        counts = defaultdict(dict)
        for audit, state, count in self.env["itss.nonconformity"]._read_group(
            [("audit_id", "in", self.ids), ("state", "!=", "withdrawn")],
            ["audit_id", "state"],
            ["__count"],
        ):
            counts[audit][state] = count
        for audit in self:
            by_state = counts[audit._origin]
            audit.nonconformity_count = sum(by_state.values())
            audit.open_nonconformity_count = audit.nonconformity_count - by_state.get("closed", 0)

    @api.depends("report_ids.state")
    def _compute_report_state(self):
        for audit in self:
            audit.report_state = audit._get_report().state

    @api.depends(
        "state",
        "line_ids.result",
        "meeting_ids.minutes",
        "meeting_ids.attendance_ids.is_present",
        "nonconformity_ids.state",
        "report_ids.state",
    )
    @api.depends_context("uid")
    def _compute_missing(self):
        for audit in self:
            # it tells of findings before they are raised
            told = audit.state in RUNNING_STATES and audit._may_read_findings()
            record = audit.sudo()
            on_site = record._get_missing_on_site() if told else []
            after = record._get_missing_after_site() if told else []
            audit.missing = "\n".join(on_site + after)
            # the report is written when nothing is missing for it
            audit.can_report = (
                audit.state == "in_progress" and audit._is_led_by_me() and not on_site
            )

    @api.depends(
        "lead_auditor_id",
        "auditor_ids",
        "date_start",
        "date_end",
        "plan_line_id",
        "department_ids",
        "company_id",
        "state",
    )
    def _compute_warning(self):
        return super()._compute_warning()

    @api.depends("lead_auditor_id", "auditor_ids")
    @api.depends_context("uid")
    def _compute_is_auditor(self):
        for audit in self:
            audit.is_auditor = self.env.user in audit._get_team().sudo().user_id

    @api.depends("state", "prepared_by_id", "reviewed_by_id", "lead_auditor_id", "report_ids")
    @api.depends_context("uid")
    def _compute_can_steps(self):
        super()._compute_can_steps()
        for audit in self:
            audit.can_start = audit._can_step("in_progress")
            audit.can_close = audit._can_step("closed")
            audit.can_cancel = audit._can_step("cancelled")
            audit.can_substitute = (
                audit.state in ("approved", "in_progress")
                and audit._may_substitute()
                and not audit._are_records_frozen()
            )

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("lead_auditor_id", "auditor_ids", "date_start", "date_end")
    def _check_qualified(self):
        if self.env.context.get("itss_revision") is OURS:
            return
        for audit in self:
            if audit.company_id.itss_auditor_check == "refuse":
                for warning in audit._get_qualification_warnings():
                    raise UserError(warning)

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.ondelete(at_uninstall=False)
    def _unlink_meetings(self):
        # the database deletes them without asking, and would leave their events in the calendar
        self.sudo().meeting_ids.unlink()
        self.sudo().schedule_ids.unlink()

    # -------------------------------------------------------------------------
    # From the plan
    # -------------------------------------------------------------------------

    @api.model
    def _get_start_label(self):
        return self.env._("Plan Internal Audit")

    @api.model
    def _prepare_work_vals(self, line):
        today = get_today(line.company_id)
        start = max(line.date_start or today, today)
        return {
            **super()._prepare_work_vals(line),
            "name": self.env._("%(year)s Internal Audit", year=line.year),
            "date_start": start,
            "date_end": max(line.date_end or start, start),
            "department_ids": self._get_concerned(line).ids,
        }

    @api.model
    def _get_concerned(self, line):
        """Return the departments that a line of the plan has audited: all, unless it names some."""
        concerned = line.responsible_department_ids | line.supporting_department_ids
        if line.supporting_all or not concerned:
            return concerned.search([("company_id", "=", line.company_id.id)])
        return concerned

    def _ends_line(self):
        """Whether no other audit of the line is under way."""
        others = [("plan_line_id", "=", self.plan_line_id.id), ("id", "!=", self.id)]
        return not self.search_count([*others, ("state", "not in", ENDED_STATES)], limit=1)

    # -------------------------------------------------------------------------
    # The audit team
    # -------------------------------------------------------------------------

    def _get_team(self):
        return self.lead_auditor_id | self.auditor_ids.employee_id

    def _is_led_by_me(self):
        """Whether the current user is the lead auditor or of the quality department."""
        self.ensure_one()
        return self.env.user.has_group(GROUP_QUALITY) or (
            self.env.user == self.lead_auditor_id.sudo().user_id
        )

    def _get_warnings(self):
        warnings = super()._get_warnings()
        if self.state in ("closed", "cancelled"):
            return warnings
        warnings += self._get_qualification_warnings()
        warnings += self.plan_line_id._get_external_warnings(self.date_end)
        if self.state in COVERING_STATES:
            warnings += self._get_coverage_warnings()
        return warnings

    def _get_qualification_warnings(self):
        self.ensure_one()
        if not self.date_start or not self.date_end:
            return []
        return [
            self.env._(
                "%(auditor)s is not qualified as internal auditor from %(start)s to %(end)s: please "
                "enter the qualification with its certificate or training record, or choose somebody "
                "else.",
                auditor=auditor.name,
                start=format_date(self.env, self.date_start),
                end=format_date(self.env, self.date_end),
            )
            for auditor in self._get_team()
            if not auditor._itss_is_qualified(self.date_start, self.date_end)
        ]

    def _get_coverage_warnings(self):
        """Name the departments that no audit has reached for long, nor does this one."""
        if not (unreached := self._get_unreached()):
            return []
        return [
            self.env._(
                "No audit has reached these departments for %(months)s months, and this plan leaves "
                "them out: %(departments)s.",
                months=self.company_id.itss_audit_coverage_months,
                departments="、".join(unreached.mapped("name")),
            )
        ]

    def _get_unreached(self):
        """Return the departments that no audit has reached for long, nor does this one."""
        self.ensure_one()
        return self._find_unreached(self.company_id, self.date_start, self.department_ids)

    @api.model
    def _find_unreached(self, company, day, planned):
        """Return the departments that no audit has reached for long before a day.

        Asked for are those with somebody in them that have existed for as long. An audit has reached
        its departments when its report was issued.

        :param company: ``res.company``, whose setting says how long that is
        :param date day: the day
        :param planned: ``hr.department`` that are going to be audited; they are left out
        :return: ``hr.department``, in superuser mode
        """
        departments = self.env["hr.department"].sudo()
        if not day or not company:
            return departments
        since = day - relativedelta(months=company.itss_audit_coverage_months)
        reached = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("state", "in", ("follow_up", "closed")),
                ("date_end", ">=", since),
                ("date_start", "<=", day),
            ]
        )
        return departments.search(
            [
                ("company_id", "=", company.id),
                ("create_date", "<", get_midnight(company, since)),
                ("member_ids", "any", [("active", "=", True)]),
                ("id", "not in", (reached.department_ids | planned).ids),
            ]
        )

    def _check_auditors(self, auditors, departments):
        """Raise unless the auditors belong to the team and are independent of the departments.

        :param auditors: ``hr.employee``
        :param departments: ``hr.department`` they are to audit
        :raise UserError: with the reason
        """
        self.ensure_one()
        strangers = auditors - self._get_team()
        if strangers:
            raise UserError(
                self.env._(
                    "%(auditors)s do not belong to the audit team of “%(audit)s”.",
                    auditors=", ".join(strangers.mapped("name")),
                    audit=self.display_name,
                )
            )
        for auditor in auditors:
            if reason := auditor._itss_get_dependence(departments):
                raise UserError(reason)

    def _may_substitute(self):
        """Whether the current user decides on the team: who has reviewed or approved its plan."""
        representative = self.sudo().company_id.itss_management_representative_id.user_id
        return self.env.user == representative or self.env.user.has_group(GROUP_MANAGEMENT)

    def _substitute(self, leaving, joining, reason):
        """Let an auditor take over from another one, or join the team, after the plan was approved.

        What was judged stays with who has judged it; what is still to do goes over.

        :param leaving: ``hr.employee`` of the team, or none
        :param joining: ``hr.employee``
        :param str reason: why; kept with the audit and printed in its report
        :raise UserError: wrong time, not of the team, or not allowed to audit what is taken over
        :raise AccessError: neither management representative nor management
        """
        self.ensure_one()
        audit = self.sudo()
        audit._check_records_open()
        if not self.can_substitute:
            raise AccessError(
                self.env._(
                    "The management representative or management changes the team of an approved "
                    "audit that is not reported yet."
                )
            )
        audit._check_substitution(leaving, joining)
        lead = audit.lead_auditor_id
        if leaving and leaving == lead:
            lead = joining
        members = ((audit.auditor_ids.employee_id - leaving) | joining) - lead
        note = f"{format_date(self.env, get_today(audit.company_id))} "
        note += f"{leaving.name} → {joining.name}" if leaving else f"+ {joining.name}"
        note += f": {reason} ({self.env.user.name})"
        audit.write(
            {
                "lead_auditor_id": lead.id,
                "auditor_ids": [(6, 0, members.ids)],
                "team_changes": "\n".join(filter(None, (audit.team_changes, note))),
            }
        )
        if leaving:
            audit._hand_over(leaving, joining)
        self.message_post(body=self.env._("Audit team: %(change)s", change=note))

    def _check_substitution(self, leaving, joining):
        team = self._get_team()
        if leaving and leaving not in team:
            self._check_auditors(leaving, self.env["hr.department"])
        if joining == leaving or (not leaving and joining in team):
            raise UserError(
                self.env._("%(auditor)s belongs to the team already.", auditor=joining.name)
            )

    def _hand_over(self, leaving, joining):
        """Give the dates and the questions still to come to who takes over (superuser mode)."""
        now = fields.Datetime.now()
        for line in self.schedule_ids:
            ahead = self.state == "approved" or line.stop > now
            if ahead and leaving in line.auditor_ids.employee_id:
                line.auditor_ids = [(3, leaving.id), (4, joining.id)]
        self.line_ids.filtered(
            lambda line: line.auditor_id == leaving and not line.result
        ).auditor_id = joining

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _get_number_year(self, vals):
        start = fields.Date.to_date(vals.get("date_start"))
        return start.year if start else super()._get_number_year(vals)

    def _is_plan_approved(self):
        self.ensure_one()
        return self.state in PLANNED_STATES

    def _get_step_refusal(self, new_state):
        refusal = super()._get_step_refusal(new_state)
        if refusal:
            return refusal
        if self.state == "submitted" and new_state in ("reviewed", "draft"):
            return self._get_review_refusal(new_state)
        if new_state in ("in_progress", "closed") and not self._is_led_by_me():
            return AccessError(
                self.env._(
                    "Only the lead auditor or the quality department can do this with “%(record)s”.",
                    record=self.display_name,
                )
            )
        return None

    def _get_review_refusal(self, new_state):
        """The management representative reviews the plan (requirements: 管理者代表审核)."""
        representative = self.sudo().company_id.itss_management_representative_id.user_id
        user = self.env.user
        if representative.filtered("active"):
            if user == representative or (new_state == "draft" and user.has_group(GROUP_QUALITY)):
                return None
            return AccessError(
                self.env._(
                    "“%(record)s” is reviewed by the management representative, %(person)s.",
                    record=self.display_name,
                    person=representative.name,
                )
            )
        if user.has_group(GROUP_QUALITY) or user.has_group(GROUP_MANAGEMENT):
            return None
        return AccessError(
            self.env._(
                "The quality department or management reviews “%(record)s”, as the company has no "
                "management representative.",
                record=self.display_name,
            )
        )

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        if new_state in ("submitted", "approved", "in_progress"):
            self._check_plan()
        if new_state == "approved" and self.previous_id.state not in (False, "approved"):
            raise UserError(
                self.env._(
                    "“%(record)s” is under way by its earlier version: it can't be replaced any more.",
                    record=self.previous_id.display_name,
                )
            )
        if new_state == "in_progress" and (unasked := self.sudo()._get_unasked()):
            raise UserError(
                self.env._(
                    "Please prepare the checklists before “%(audit)s” starts. There are no questions "
                    "for: %(departments)s.",
                    audit=self.display_name,
                    departments=", ".join(unasked.mapped("name")),
                )
            )
        if new_state == "cancelled":
            self._check_cancelled()

    def _get_unasked(self):
        """Return the audited departments without a single question (superuser mode)."""
        return self.department_ids - self.line_ids.department_id

    def _count_drafts(self):
        """Return how many nonconformities are not raised yet (superuser mode)."""
        return self.env["itss.nonconformity"].search_count(
            [("audit_id", "=", self.id), ("state", "=", "draft")]
        )

    def _check_cancelled(self):
        """Raise while something is unfinished that would be lost with the audit."""
        if self.sudo()._count_drafts() or self.sudo().report_ids:
            raise UserError(
                self.env._(
                    "“%(record)s” can't be cancelled: raise or delete its draft nonconformities, and "
                    "delete the draft of its report. One that is being signed is rejected first.",
                    record=self.display_name,
                )
            )

    def _check_schedule(self):
        """Raise unless each time lies in the period, and nobody is in two places at once."""
        start = get_midnight(self.company_id, self.date_start)
        end = get_midnight(self.company_id, self.date_end + timedelta(days=1))
        before = {}
        for line in self.schedule_ids.sorted("start"):
            if line.start < start or line.stop > end:
                raise UserError(
                    self.env._(
                        "The schedule for %(department)s lies outside the period of the audit.",
                        department=line.department_id.name,
                    )
                )
            for auditor in line.auditor_ids:
                other = before.get(auditor)
                if other and other.stop > line.start:
                    raise UserError(
                        self.env._(
                            "%(auditor)s can't audit %(department)s and %(other)s at the same time.",
                            auditor=auditor.name,
                            department=other.department_id.name,
                            other=line.department_id.name,
                        )
                    )
                before[auditor] = line

    def _make_revision(self):
        # what has become wrong since is put right in the draft, and asked when it is submitted
        return super(ItssAudit, self.with_context(itss_revision=OURS))._make_revision()

    def _check_plan(self):
        """Raise unless the plan can be carried out as it stands."""
        self.with_context(itss_revision=False)._check_qualified()
        self._check_schedule()
        unplanned = self.department_ids - self.schedule_ids.department_id
        if unplanned:
            raise UserError(
                self.env._(
                    "The schedule has no time for: %(departments)s.",
                    departments=", ".join(unplanned.mapped("name")),
                )
            )
        for line in self.schedule_ids:
            if not line.auditor_ids:
                raise UserError(
                    self.env._(
                        "The schedule names no auditor for %(department)s.",
                        department=line.department_id.name,
                    )
                )
            self._check_auditors(line.auditor_ids.employee_id, line.department_id)

    def _apply_step(self, old_state, new_state):
        super()._apply_step(old_state, new_state)
        if new_state == "approved":
            self.schedule_ids._invite()
        elif new_state == "closed":
            self.date_closed = get_today(self.company_id)
        elif new_state == "cancelled":
            self.schedule_ids.event_id.unlink()
            self.meeting_ids.filtered(lambda meeting: not meeting._is_held()).event_id.unlink()

    def _supersede_previous(self):
        super()._supersede_previous()
        self.previous_id.schedule_ids.event_id.unlink()

    def _ask_signature(self, user, summary):
        if not user and self.state == "submitted":
            user = self.company_id.itss_management_representative_id.user_id
        super()._ask_signature(user, summary)

    # -------------------------------------------------------------------------
    # The checklists
    # -------------------------------------------------------------------------

    def _prepare_lines(self):
        """Copy the questions of the checklists to each audited department (superuser mode).

        What was copied before is left alone. Nonconformities of the departments that are still open
        from earlier audits are taken along as questions of their own.
        """
        self.ensure_one()
        lines = self.env["itss.audit.line"]
        done = set(
            lines._read_group(
                [("audit_id", "=", self.id), ("checklist_line_id", "!=", False)],
                ["department_id", "checklist_line_id"],
            )
        )
        questions = self.checklist_ids.line_ids
        questions.fetch(["section", "clause", "question", "method"])
        vals_list = []
        for department in self.department_ids:
            schedule = self.schedule_ids.filtered(
                lambda line, department=department: line.department_id == department
            )
            auditors = schedule.auditor_ids.employee_id or self.lead_auditor_id
            vals_list += [
                {
                    "audit_id": self.id,
                    "department_id": department.id,
                    # several auditors share the questions, each a part in one piece
                    "auditor_id": auditors[(sequence - 1) * len(auditors) // len(questions)].id,
                    "sequence": sequence,
                    "checklist_line_id": question.id,
                    "section": question.section,
                    "clause": question.clause,
                    "question": question.question,
                    "method": question.method,
                }
                for sequence, question in enumerate(questions, 1)
                if (department, question) not in done
            ]
            vals_list += self._prepare_follow_up_vals(department, auditors[0])
        self.checklist_ids.sudo().filtered(lambda checklist: not checklist.is_used).is_used = True
        return lines.create(vals_list)

    def _prepare_follow_up_vals(self, department, auditor):
        """Return the lines that look after what is open from earlier audits."""
        nonconformities = self.env["itss.nonconformity"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("department_id", "=", department.id),
                ("audit_id", "!=", self.id),
                ("state", "in", ("raised", "disputed", "confirmed")),
            ]
        )
        taken = self.line_ids.followed_nonconformity_id
        return [
            {
                "audit_id": self.id,
                "department_id": department.id,
                "auditor_id": auditor.id,
                "sequence": 0,
                "section": "follow_up",
                "clause": nonconformity.clause,
                "question": self.env._(
                    "Is “%(nonconformity)s” corrected, and has the measure worked? %(facts)s",
                    nonconformity=nonconformity.display_name,
                    facts=nonconformity.facts or "",
                ),
                "followed_nonconformity_id": nonconformity.id,
            }
            for nonconformity in nonconformities - taken
        ]

    # -------------------------------------------------------------------------
    # What is missing, and what no longer changes
    # -------------------------------------------------------------------------

    def _get_report(self):
        """Return the newest revision of the audit report."""
        return self.report_ids.sorted("id")[-1:]

    def _are_records_frozen(self):
        """Whether the records stand in a report that is being signed, or was.

        A revision of an issued report may say things better; what was found stays as it is.
        """
        reported = any(report.state != "draft" for report in self.sudo().report_ids)
        return self.state in ("closed", "cancelled") or reported

    def _lock_records(self):
        """Let a verdict and the submission of the report wait for each other.

        Verdicts don't wait for one another.
        """
        self.env.cr.execute(
            SQL("SELECT id FROM itss_audit WHERE id IN %s FOR SHARE", tuple(self.ids) or (0,))
        )

    def _close_records(self):
        """Let a verdict under way be tried again, now that the report is submitted (superuser mode)."""
        self.env.cr.execute(
            SQL("UPDATE itss_audit SET write_date = write_date WHERE id IN %s", tuple(self.ids))
        )

    def _check_records_open(self):
        """Raise when lines, meetings and minutes don't change any more (superuser mode).

        :raise UserError: the audit is closed, or its report is being signed or issued
        """
        self.ensure_one()
        if self.state == "cancelled":
            raise self._get_locked_refusal(["line_ids", "meeting_ids"])
        if self._are_records_frozen():
            raise UserError(
                self.env._(
                    "The report of “%(record)s” is being signed or has been issued: its records "
                    "don't change any more.",
                    record=self.display_name,
                )
            )

    def _get_missing_for_report(self):
        """Return what the audit on site still lacks (superuser mode).

        :return: list of sentences
        """
        self.ensure_one()
        missing = []
        for kind, label in (
            self.env["itss.meeting"]._fields["kind"]._description_selection(self.env)
        ):
            meetings = self.meeting_ids.filtered(lambda meeting, kind=kind: meeting.kind == kind)
            if kind in MEETING_KINDS and not any(meeting._is_held() for meeting in meetings):
                missing.append(
                    self.env._("%(meeting)s: minutes and attendance are missing.", meeting=label)
                )
        if unasked := self._get_unasked():
            missing.append(
                self.env._(
                    "No question was asked in: %(departments)s.",
                    departments=", ".join(unasked.mapped("name")),
                )
            )
        lines = self.env["itss.audit.line"]
        domain = [("audit_id", "=", self.id)]
        if count := lines.search_count([*domain, ("result", "=", False)]):
            missing.append(self.env._("%(count)s questions are not judged yet.", count=count))
        judged = [*domain, ("result", "!=", False)]
        if count := lines.search_count([*judged, ("evidence", "in", (False, ""))]):
            missing.append(
                self.env._("%(count)s judged questions have no evidence written down.", count=count)
            )
        unraised = [*domain, ("result", "in", ("minor", "major")), ("is_raised", "=", False)]
        if count := self._count_drafts():
            missing.append(
                self.env._("%(count)s nonconformities are drafts, not raised yet.", count=count)
            )
            unraised.append(("nonconformity_ids", "not any", [("state", "=", "draft")]))
        if count := lines.search_count(unraised):
            missing.append(
                self.env._(
                    "For %(count)s questions judged as nonconforming no nonconformity is raised.",
                    count=count,
                )
            )
        return missing

    def _get_missing(self):
        """Return what the audit lacks before it can be closed (superuser mode).

        :return: list of sentences
        """
        return self._get_missing_on_site() + self._get_missing_after_site()

    def _is_reported(self):
        return any(report.state == "approved" for report in self.report_ids)

    def _get_missing_on_site(self):
        # what an issued report stands on has been asked for, and changes no more
        return [] if self._is_reported() else self._get_missing_for_report()

    def _get_missing_after_site(self):
        missing = []
        if not self._is_reported():
            missing.append(self.env._("The audit report is not issued yet."))
        count = len(
            self.nonconformity_ids.filtered(lambda one: one.state in OPEN_NONCONFORMITY_STATES)
        )
        if count:
            missing.append(self.env._("%(count)s nonconformities are not closed yet.", count=count))
        closed = self.nonconformity_ids.filtered(lambda one: one.state == "closed")
        reopened = closed.improvement_ids.filtered(
            lambda measure: measure.state not in ("closed", "cancelled")
        )
        if reopened:
            missing.append(
                self.env._(
                    "Measures of closed nonconformities are open again: %(improvements)s.",
                    improvements=", ".join(reopened.mapped("display_name")),
                )
            )
        return missing

    def _may_read_findings(self):
        return self.is_auditor or self._is_led_by_me() or self.env.user.has_group(GROUP_MANAGEMENT)

    def _check_findings_access(self):
        """Raise unless the user may read every question of the audits, and its verdict.

        :raise AccessError: the user belongs to none of: audit team, quality department, management
        """
        self.check_access("read")
        for audit in self:
            if not audit._may_read_findings():
                raise AccessError(
                    self.env._(
                        "The findings of “%(record)s” are for its auditors, the quality department and "
                        "management; what was raised is in its nonconformities.",
                        record=audit.display_name,
                    )
                )

    def _follow_report(self):
        """The report was issued: the audit goes on until every nonconformity is closed (superuser mode)."""
        for audit in self.filtered(lambda audit: audit.state == "in_progress"):
            audit.state = "follow_up"
            audit._ask_to_close()

    def _ask_to_close(self):
        """Tell the quality department when nothing is missing any more (superuser mode)."""
        for audit in self.filtered(lambda audit: audit.state == "follow_up"):
            user = audit.company_id._itss_get_quality_user()
            if user and not audit._get_missing():
                audit._ask(
                    user, lambda env: env._("Nothing is missing any more: please close the audit")
                )

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    def _get_result_table(self):
        """Return the results by department, counted from the lines (superuser mode).

        :return: ``({finding: label}, [(department, {finding: count})])``, the total as ``(None, …)``
            at the end; what is withdrawn or open has a label only where there is any
        """
        self.ensure_one()
        labels = self.line_ids._get_finding_labels()
        table, total = defaultdict(lambda: defaultdict(int)), defaultdict(int)
        for line in self.line_ids:
            finding = line._get_finding()
            table[line.department_id][finding] += 1
            total[finding] += 1
        for key in ("withdrawn", "open"):
            if not total[key]:
                del labels[key]
        return labels, [*table.items(), (None, total)]

    def _get_distribution(self):
        """Return the distribution of nonconformities 部门 × 条款 (superuser mode).

        :return: ``(clauses, [(department, {clause: count})])``, without those withdrawn; the audited
            departments in which nothing was found at the end
        """
        self.ensure_one()
        table, clauses = defaultdict(lambda: defaultdict(int)), set()
        for department, clause, count in self.env["itss.nonconformity"]._read_group(
            [("audit_id", "=", self.id), ("state", "not in", ("draft", "withdrawn"))],
            ["department_id", "clause"],
            ["__count"],
        ):
            table[department][clause or ""] = count
            clauses.add(clause or "")
        for department in self.department_ids - self.env["hr.department"].union(*table):
            table[department] = {}
        return sorted(clauses), list(table.items())

    @api.model
    def _get_figure_label(self):
        return self.env._("Internal Audits")

    @api.model
    def _get_figure_domain(self, period):
        return Domain("id", "in", [*self._read_planned(period)])

    @api.model
    def _read_planned(self, period):
        """Return the audits of a period, or of its plan, that were planned when it ended.

        :return: ``{id: state it was in}``
        """
        in_period = Domain("date_start", "<=", period.date_to) & Domain(
            "date_end", ">=", period.date_from
        )
        plan = period.plan
        of_plan = (
            Domain("plan_line_id.plan_id", "any", plan._get_revision_domain())
            if plan
            else Domain.FALSE
        )
        audits = Domain("company_id", "=", period.company.id) & (in_period | of_plan)
        return {
            row["id"]: row["state"]
            for row in self._read_past(audits, period.end, id=SQL("id"), state=SQL("state_then"))
            if row["state"] in PLANNED_STATES
        }

    @api.model
    def _get_figures(self, period):
        states = self._read_planned(period)
        closed_audits = [state for state in states.values() if state == "closed"]
        nonconformities = self.env["itss.nonconformity"]
        found = nonconformities._count_past(
            nonconformities._get_raised_domain(period) & Domain("audit_id", "in", [*states]),
            period.end,
            total=SQL("state_then != 'withdrawn'"),
            closed=SQL("state_then = 'closed'"),
            major=SQL("state_then != 'withdrawn' AND grade = 'major'"),
        )
        total, closed = found["total"], found["closed"]
        return {
            "audits": [
                Figure(self.env._("Internal audits planned"), len(states)),
                Figure(self.env._("Internal audits closed"), len(closed_audits)),
                Figure(self.env._("Nonconformities raised"), total),
                Figure(self.env._("Of these major"), found["major"]),
                Figure.rate(self.env._("Nonconformities closed (%)"), closed, total),
            ]
        }

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_prepare_lines(self):
        """Make the checklists of the audited departments from the library.

        :return: window action on the lines
        :raise UserError: the plan is not approved
        :raise AccessError: neither lead auditor nor quality department
        """
        self.check_access("read")
        if not self._is_led_by_me():
            raise AccessError(
                self.env._(
                    "Only the lead auditor or the quality department prepares the checklists."
                )
            )
        if self.state not in ("approved", "in_progress"):
            raise UserError(
                self.env._("Checklists are prepared once the plan of the audit is approved.")
            )
        self._check_records_open()
        self.sudo()._prepare_lines()
        return self.action_view_lines()

    @public(on="records")
    def action_start(self):
        """Begin the audit on site.

        :raise UserError: the plan is not approved, has no checklists, or an auditor is not allowed
        :raise AccessError: neither lead auditor nor quality department
        """
        return self.write({"state": "in_progress"})

    @public(on="records")
    def action_close(self):
        """Close the audit: everything is judged, reported and corrected.

        :raise UserError: something is missing; the message says what
        :raise AccessError: neither lead auditor nor quality department
        """
        return self.write({"state": "closed"})

    @public(on="record")
    def action_cancel(self):
        """Ask why the audit is not carried out, and cancel it with its invitations.

        Nonconformities that were raised stay; the next audit takes those still open along.

        :return: window action of the dialog
        :raise UserError: it is not approved yet, or reported already
        :raise AccessError: missing role (management only)
        """
        return self._action_ask_reason("cancelled", self.env._("Cancel the Audit"))

    @public(on="record")
    def action_substitute(self):
        """Ask who takes over from whom in the audit team, and why.

        :return: window action of the dialog
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Change the Audit Team"),
            "res_model": "itss.auditor.substitute",
            "view_mode": "form",
            "target": "new",
            "context": {"default_audit_id": self.id},
        }

    @public(on="record")
    def action_open_report(self):
        """Open the audit report, or a new one once the audit on site is complete.

        :return: window action
        :raise UserError: something is missing before a report can be written
        """
        report = self._get_report()
        if report:
            return report.get_formview_action()
        self._check_findings_access()
        if missing := self.sudo()._get_missing_for_report():
            raise UserError(
                self.env._(
                    "Before the report of “%(record)s” is written:\n%(missing)s",
                    record=self.display_name,
                    missing="\n".join(missing),
                )
            )
        report = report.create({"audit_id": self.id, "company_id": self.company_id.id})
        return report.get_formview_action()

    @public(on="record")
    def action_view_lines(self):
        """Open the checklist lines: an auditor's own first.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "itss_quality.itss_audit_line_action"
        )
        context = {
            "default_audit_id": self.id,
            "create": self._is_led_by_me() and self.state in ("approved", "in_progress"),
        }
        mine = [("audit_id", "=", self.id), ("auditor_id.user_id", "=", self.env.uid)]
        if self.state == "in_progress" and self.env["itss.audit.line"].search_count(mine, limit=1):
            # on site: cards with the verdicts to tap, none of the team's other questions
            context["search_default_filter_mine"] = 1
            kinds = [kind for _id, kind in action["views"]]
            kinds.sort(key=lambda kind: kind != "kanban")
            action.update(view_mode=",".join(kinds), views=[(False, kind) for kind in kinds])
        else:
            context["search_default_group_department"] = 1
        return {**action, "domain": [("audit_id", "=", self.id)], "context": context}

    @public(on="record")
    def action_view_nonconformities(self):
        """Open the nonconformities of the audit.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "itss_quality.itss_nonconformity_action"
        )
        return {**action, "domain": [("audit_id", "=", self.id)], "context": {}}

    @public(on="record")
    def action_view_meetings(self):
        """Open the meetings of the audit; a new one is the next that is still missing.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("itss_quality.itss_meeting_action")
        kinds = self.sudo().meeting_ids.mapped("kind")
        kind = next((kind for kind in MEETING_KINDS if kind not in kinds), "closing")
        people = self._get_team()
        if kind != "preparatory":
            people |= self.department_ids.sudo().manager_id
        start = self._get_meeting_start(kind)
        context = {
            "default_audit_id": self.id,
            "default_kind": kind,
            "default_chair_id": self.lead_auditor_id.id,
            "default_start": start,
            "default_stop": start + MEETING_LENGTH,
            "default_location": self.sudo().meeting_ids[-1:].location,
            "default_attendance_ids": [(0, 0, {"employee_id": person.id}) for person in people],
        }
        return {**action, "domain": [("audit_id", "=", self.id)], "context": context}

    def _get_meeting_start(self, kind):
        """Return when a meeting is proposed: around what the schedule says."""
        first = get_midnight(self.company_id, self.date_start) + timedelta(hours=9)
        if kind == "preparatory":
            return first - timedelta(days=1)
        if kind == "opening":
            return min(self.schedule_ids.mapped("start") or [first]) - MEETING_LENGTH
        return max([first, *self.schedule_ids.mapped("stop")])
