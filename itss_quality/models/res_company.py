from datetime import timedelta

from odoo import api, fields, models

# who goes on leave this soon gets no new callback
HOURS_BEFORE_LEAVE = 12
NUMBERED_MODELS = (
    "itss.plan",
    "itss.improvement",
    "itss.survey.round",
    "itss.survey.report",
    "itss.complaint",
    "itss.audit",
    "itss.audit.report",
    "itss.nonconformity",
    "itss.review",
    "itss.review.report",
)


class ResCompany(models.Model):
    _inherit = "res.company"

    itss_quality_department_id = fields.Many2one(
        "hr.department",
        string="Quality Department",
        help="质量部 of the plan: it is told about late lines and verifies improvements.",
    )
    itss_operations_department_id = fields.Many2one(
        "hr.department", string="O&M Department", help="The department that delivers the service."
    )
    itss_service_desk_department_id = fields.Many2one(
        "hr.department",
        string="Service Desk",
        help="The department that calls customers back after every solved ticket.",
    )
    itss_management_representative_id = fields.Many2one(
        "hr.employee",
        string="Management Representative",
        help="Organises the management review; found by this title in imported plans.",
    )
    itss_separation_of_duties = fields.Boolean(
        string="Separation of Duties",
        default=True,
        help="Preparer, reviewer and approver of a document are three different people.",
    )
    itss_reminder_days = fields.Integer(
        string="Reminder Ahead (days)",
        default=7,
        help="How many days before the due date the person in charge of a plan line gets a to-do.",
    )
    itss_complaint_acknowledge_hours = fields.Float(
        string="Acknowledge Complaints Within (hours)", default=4
    )
    itss_complaint_answer_hours = fields.Float(
        string="Answer Complaints Within (hours)", default=72
    )
    itss_complaint_major_acknowledge_hours = fields.Float(
        string="Acknowledge Major Complaints Within (hours)", default=1
    )
    itss_complaint_major_answer_hours = fields.Float(
        string="Answer Major Complaints Within (hours)", default=24
    )
    itss_complaint_warning_hours = fields.Float(
        string="Warn Before a Complaint's Deadline (hours)", default=2
    )
    itss_complaint_escalation_hours = fields.Float(
        string="Second Period of Complaints (hours)",
        default=24,
        help="How long after the deadline the quality department is told.",
    )
    itss_complaint_alias_id = fields.Many2one("mail.alias", ondelete="set null", copy=False)
    itss_complaint_alias_name = fields.Char(
        string="Address for Complaints",
        compute="_compute_itss_complaint_alias_name",
        inverse="_inverse_itss_complaint_alias_name",
        help="The part before the @: mails to this address become complaints.",
    )
    itss_improvement_escalation_days = fields.Integer(
        string="Tell the Head of the Department After (days)",
        default=7,
        help="How many days after its deadline an improvement is reported to the head of its department.",
    )
    itss_improvement_check_days = fields.Integer(
        string="Effectiveness Check After (days)",
        default=90,
        help="How long after an improvement was verified it is looked whether it has worked.",
    )
    itss_auditor_check = fields.Selection(
        [("refuse", "Refuse"), ("warn", "Warn")],
        string="Unqualified Auditors",
        default="refuse",
        required=True,
        help="What happens when an auditor is not qualified for the whole time of an audit.",
    )
    itss_nonconformity_days = fields.Integer(
        string="Days to Correct a Nonconformity",
        default=30,
        help="The deadline that a new nonconformity starts with.",
    )
    itss_callback_since = fields.Datetime(
        string="Callbacks Since",
        default=fields.Datetime.now,
        help="Tickets resolved before this moment are not called back.",
    )

    itss_callback_hours = fields.Float(
        string="Call Back Within (hours)",
        default=24,
        help="The plan promises 24 hours (6.3).",
    )
    itss_callback_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours of Callbacks",
        check_company=True,
        help="With working hours only these count towards the deadline; without, every hour counts.",
    )
    itss_callback_warning_hours = fields.Float(
        string="Warn the Agent Before the Deadline (hours)", default=4
    )
    itss_callback_escalation_hours = fields.Float(
        string="Second Period (hours)",
        default=24,
        help="How long after the deadline the quality department is told.",
    )
    itss_callback_attempts = fields.Integer(
        string="Attempts by Phone",
        default=3,
        help="After as many failed attempts the customer gets a link by e-mail.",
    )
    itss_callback_fatigue_days = fields.Integer(
        string="Days Between Links",
        default=7,
        help="A contact gets at most one link within this time. Calls are not restricted.",
    )
    itss_callback_reminder_days = fields.Integer(
        string="Days Before the Reminder",
        default=2,
        help="How long after the link its one reminder is sent, and how long after that the callback ends as unreachable.",
    )
    itss_callback_threshold = fields.Float(
        string="Dissatisfied Below",
        default=60,
        help="A score below this offers a complaint to the quality department.",
    )
    itss_callback_script = fields.Text(
        string="Call Script",
        help="What the agent says. {customer}, {contact}, {ticket}, {engineer}, {agent} and {company} are filled in. "
        "Empty: the built-in script.",
    )

    _itss_callback_limits = models.Constraint(
        "CHECK(itss_callback_hours > 0 AND itss_callback_warning_hours >= 0 AND itss_callback_escalation_hours >= 0"
        " AND itss_callback_attempts > 0 AND itss_callback_fatigue_days >= 0 AND itss_callback_reminder_days > 0"
        " AND itss_callback_threshold >= 0 AND itss_callback_threshold <= 100)",
        "Hours, attempts and days of callbacks can't be negative, those of the deadline, the attempts and the reminder "
        "not zero either; the threshold lies between 0 and 100.",
    )
    _itss_reminder_days_positive = models.Constraint(
        "CHECK(itss_reminder_days >= 0)", "The reminder can't come after the due date."
    )
    _itss_complaint_hours_positive = models.Constraint(
        "CHECK(itss_complaint_acknowledge_hours > 0 AND itss_complaint_answer_hours > 0"
        " AND itss_complaint_major_acknowledge_hours > 0 AND itss_complaint_major_answer_hours > 0"
        " AND itss_complaint_warning_hours >= 0 AND itss_complaint_escalation_hours >= 0)",
        "Hours of complaints can't be negative, those of their deadlines not zero either.",
    )
    _itss_improvement_days_positive = models.Constraint(
        "CHECK(itss_improvement_escalation_days >= 0 AND itss_improvement_check_days >= 0)",
        "Days can't be negative.",
    )

    _itss_nonconformity_days_positive = models.Constraint(
        "CHECK(itss_nonconformity_days >= 0)",
        "A nonconformity can't be corrected before it is raised.",
    )

    @api.depends("itss_complaint_alias_id.alias_name")
    def _compute_itss_complaint_alias_name(self):
        for company in self:
            company.itss_complaint_alias_name = company.sudo().itss_complaint_alias_id.alias_name

    def _inverse_itss_complaint_alias_name(self):
        for company in self.sudo():
            alias, name = company.itss_complaint_alias_id, company.itss_complaint_alias_name
            if not name:
                alias.unlink()
            elif alias:
                alias.alias_name = name
            else:
                company.itss_complaint_alias_id = alias.with_company(company).create(
                    {
                        "alias_name": name,
                        "alias_model_id": self.env["ir.model"]._get_id("itss.complaint"),
                        "alias_defaults": repr({"company_id": company.id}),
                        "alias_contact": "everyone",
                    }
                )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._itss_create_sequences()
        self.env["itss.complaint.severity"]._create_missing(companies)
        return companies

    def write(self, vals):
        changed = self.browse()
        if "itss_separation_of_duties" in vals:
            value = bool(vals["itss_separation_of_duties"])
            changed = self.filtered(lambda company: company.itss_separation_of_duties != value)
        result = super().write(vals)
        for company in changed:
            # whoever switches the rule off leaves a trace
            company.partner_id.sudo().message_post(
                body=self.env._("ITSS Quality: separation of duties is now on.")
                if company.itss_separation_of_duties
                else self.env._("ITSS Quality: separation of duties is now off."),
                author_id=self.env.user.partner_id.id,
            )
        return result

    @api.model
    def _itss_create_missing_sequences(self):
        """Give every company the sequences and the matrix it lacks (called at install and update)."""
        # all companies are meant, and they are few
        # pylint: disable-next=no-search-all
        companies = self.search([])
        companies._itss_create_sequences()
        self.env["itss.complaint.severity"]._create_missing(companies)

    def _itss_create_sequences(self):
        sequences = self.env["ir.sequence"].sudo()
        existing = set(
            sequences._read_group(
                [("code", "in", NUMBERED_MODELS), ("company_id", "in", self.ids)],
                ["company_id", "code"],
            )
        )
        sequences.create(
            [
                self.env[model]._prepare_sequence_vals(company)
                for company in self
                for model in NUMBERED_MODELS
                if (company, model) not in existing
            ]
        )

    def _itss_get_quality_user(self):
        """Return the user who is told what the quality department has to know.

        The manager of the quality department, else any of the company's users
        with the quality role; an empty recordset when there is neither.
        """
        self.ensure_one()
        manager = self.sudo().itss_quality_department_id.manager_id.user_id
        if manager.active:
            return manager
        group = self.env.ref("itss_quality.group_itss_quality").sudo()
        return group.all_user_ids.filtered(lambda user: self in user.company_ids).sorted("id")[:1]

    def _itss_add_hours(self, moment, hours):
        """Return a time some hours after (negative: before) another, by the clock or by working hours.

        :param datetime moment: UTC
        :param float hours: of work when the company has chosen working hours for callbacks
        :return: datetime, UTC
        """
        self.ensure_one()
        calendar = self.itss_callback_calendar_id
        # superuser mode sees the holidays of other companies too
        holidays = [("time_type", "=", "leave"), ("company_id", "in", (self.id, False))]
        planned = calendar and calendar.plan_hours(
            hours, moment, compute_leaves=True, domain=holidays
        )
        # a calendar without working hours, or with too few, plans nothing
        return planned or moment + timedelta(hours=hours)

    def _itss_get_complaint_hours(self, severity):
        """Return within how many hours a complaint is acknowledged and answered."""
        self.ensure_one()
        if severity == "major":
            return (
                self.itss_complaint_major_acknowledge_hours,
                self.itss_complaint_major_answer_hours,
            )
        return self.itss_complaint_acknowledge_hours, self.itss_complaint_answer_hours

    def _itss_get_agents(self, role="itss_quality.group_itss_service_desk"):
        """Return the users who can call customers back now, in a steady order.

        Those of the role's department with that role; without such, whoever has just that role, then
        whoever has it among others. People on leave are left out.

        :param str role: XML id of the service desk's or the quality department's role
        """
        self.ensure_one()
        company = self.sudo()
        group = self.env.ref(role).sudo()
        department = (
            company.itss_quality_department_id
            if role == "itss_quality.group_itss_quality"
            else company.itss_service_desk_department_id
        )
        members = department.member_ids.user_id & group.all_user_ids
        for users in (members, group.user_ids, group.all_user_ids):
            users = users.filtered(lambda user: user.active and company in user.company_ids)
            if users:
                break
        return (users - company._itss_get_absent_users(users)).sorted("id")

    def _itss_get_absent_users(self, users):
        """Return those of the users who are on leave now, or go within half a day.

        Time off, when that app is used, is entered there once it is approved, with the hours of
        work it covers: before the first of them its day has begun all the same.
        """
        now = fields.Datetime.now()
        resources = self.env["resource.resource"].search(
            [("user_id", "in", users.ids), ("company_id", "=", self.id)]
        )
        leaves = self.env["resource.calendar.leaves"].search(
            [
                ("resource_id", "in", resources.ids),
                ("date_from", "<=", now + timedelta(hours=HOURS_BEFORE_LEAVE)),
                ("date_to", ">=", now),
            ]
        )
        return leaves.resource_id.user_id
