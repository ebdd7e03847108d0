from datetime import timedelta

from odoo import fields, models

# who goes on leave this soon gets no new callback
HOURS_BEFORE_LEAVE = 12


# fields with the agreed hours until the first response, and until the solution, by priority of a ticket
TICKET_HOURS = {
    priority: (f"itss_response_hours_{priority}", f"itss_resolution_hours_{priority}")
    for priority in "0123"
}


class ResCompany(models.Model):
    _inherit = "res.company"

    itss_callback_since = fields.Datetime(
        string="Callbacks Since",
        default=fields.Datetime.now,
        help="Tickets resolved before this moment are not called back.",
        setting=("callback",),
    )
    itss_callback_hours = fields.Float(
        string="Call Back Within (hours)",
        default=24,
        help="The plan promises 24 hours (6.3).",
        setting=("callback",),
    )
    itss_callback_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours of Callbacks",
        ondelete="restrict",
        check_company=True,
        help="With working hours only these count towards the deadline; without, every hour counts.",
        setting=("callback", "complaint", "ticket"),
    )
    itss_callback_warning_hours = fields.Float(
        string="Warn the Agent Before the Deadline (hours)",
        default=4,
        setting=("callback",),
    )
    itss_callback_escalation_hours = fields.Float(
        string="Second Period (hours)",
        default=24,
        help="How long after the deadline the quality department is told.",
        setting=("callback",),
    )
    itss_callback_attempts = fields.Integer(
        string="Attempts by Phone",
        default=3,
        help="After as many failed attempts the customer gets a link by e-mail.",
        setting=("callback",),
    )
    itss_callback_fatigue_days = fields.Integer(
        string="Days Between Links",
        default=7,
        help="A contact gets at most one link within this time. Calls are not restricted.",
        setting=("callback",),
    )
    itss_callback_reminder_days = fields.Integer(
        string="Days Before the Reminder",
        default=2,
        help="How long after the link its one reminder is sent, and how long after that the callback ends as unreachable.",
        setting=("callback",),
    )
    itss_callback_threshold = fields.Float(
        string="Dissatisfied Below",
        default=60,
        help="A score below this offers a complaint to the quality department.",
        setting=("callback",),
    )
    itss_callback_script = fields.Text(
        string="Call Script",
        help="What the agent says. {customer}, {contact}, {ticket}, {engineer}, {agent} and {company} are filled in. "
        "Empty: the built-in script.",
    )

    itss_response_hours_0 = fields.Float(
        string="Response, Low Priority (hours)", default=8, setting=("ticket",)
    )
    itss_response_hours_1 = fields.Float(
        string="Response, Medium Priority (hours)", default=4, setting=("ticket",)
    )
    itss_response_hours_2 = fields.Float(
        string="Response, High Priority (hours)", default=2, setting=("ticket",)
    )
    itss_response_hours_3 = fields.Float(
        string="Response, Very High Priority (hours)", default=0.5, setting=("ticket",)
    )
    itss_resolution_hours_0 = fields.Float(
        string="Solution, Low Priority (hours)", default=72, setting=("ticket",)
    )
    itss_resolution_hours_1 = fields.Float(
        string="Solution, Medium Priority (hours)", default=24, setting=("ticket",)
    )
    itss_resolution_hours_2 = fields.Float(
        string="Solution, High Priority (hours)", default=8, setting=("ticket",)
    )
    itss_resolution_hours_3 = fields.Float(
        string="Solution, Very High Priority (hours)", default=4, setting=("ticket",)
    )

    _itss_ticket_hours = models.Constraint(
        "CHECK("
        + " AND ".join(f"{name} >= 0" for names in TICKET_HOURS.values() for name in names)
        + ")",
        "The hours agreed for tickets can't be negative.",
    )
    _itss_callback_limits = models.Constraint(
        "CHECK(itss_callback_hours > 0 AND itss_callback_warning_hours >= 0 AND itss_callback_escalation_hours >= 0"
        " AND itss_callback_attempts > 0 AND itss_callback_fatigue_days >= 0 AND itss_callback_reminder_days > 0"
        " AND itss_callback_threshold >= 0 AND itss_callback_threshold <= 100)",
        "Hours, attempts and days of callbacks can't be negative, those of the deadline, the attempts and the reminder "
        "not zero either; the threshold lies between 0 and 100.",
    )

    def _itss_get_ticket_hours(self, priority):
        """Return the hours agreed for tickets of a priority: until the response, and the solution."""
        return [self[name] for name in TICKET_HOURS[priority]]

    def _itss_add_hours(self, moment, hours):
        # with a calendar only the hours of work count
        self.ensure_one()
        calendar = self.itss_callback_calendar_id
        # superuser mode sees the holidays of other companies too
        holidays = [("time_type", "=", "leave"), ("company_id", "in", (self.id, False))]
        planned = calendar and calendar.plan_hours(
            hours, moment, compute_leaves=True, domain=holidays
        )
        # a calendar without working hours, or with too few, plans nothing
        return planned or super()._itss_add_hours(moment, hours)

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
