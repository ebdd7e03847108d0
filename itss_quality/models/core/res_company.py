from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.figures import Period
from ...tools.records import concrete_models
from ...tools.settings import Settings
from ...tools.typed_text import get_mailbox


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["res.company", "itss.setting.mixin"]

    # a new company has its settings from its first moment, and is never without
    _setting_lifetime = False

    itss_quality_department_id = fields.Many2one(
        "hr.department",
        string="Quality Department",
        ondelete="restrict",
        help="质量部 of the plan: it is told about late lines and verifies improvements.",
        setting=("organisation",),
    )
    itss_operations_department_id = fields.Many2one(
        "hr.department",
        string="O&M Department",
        ondelete="restrict",
        help="The department that delivers the service.",
        setting=("organisation",),
    )
    itss_service_desk_department_id = fields.Many2one(
        "hr.department",
        string="Service Desk",
        ondelete="restrict",
        help="The department that calls customers back after every solved ticket.",
        setting=("organisation",),
    )
    itss_management_representative_id = fields.Many2one(
        "hr.employee",
        string="Management Representative",
        ondelete="restrict",
        help="Organises the management review; found by this title in imported plans.",
        setting=("organisation",),
    )
    itss_separation_of_duties = fields.Boolean(
        string="Separation of Duties",
        default=True,
        help="Preparer, reviewer and approver of a document are three different people.",
        setting=("document",),
    )
    itss_reminder_days = fields.Integer(
        string="Reminder Ahead (days)",
        default=7,
        help="How many days before the due date the person in charge of a plan line gets a to-do.",
        setting=("plan",),
    )

    # days, months and years are counted in its time zone
    resource_calendar_id = fields.Many2one(setting=("organisation",))

    _itss_reminder_days_positive = models.Constraint(
        "CHECK(itss_reminder_days >= 0)", "The reminder can't come after the due date."
    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._itss_create_missing()
        return companies

    def write(self, vals):
        switched = self.browse()
        if "itss_separation_of_duties" in vals:
            value = bool(vals["itss_separation_of_duties"])
            switched = self.filtered(lambda company: company.itss_separation_of_duties != value)
        result = super().write(vals)
        for company in switched:
            company._itss_tell_separation()
        return result

    def _itss_tell_separation(self):
        """Tell those who answer for documents that the separation of duties was switched."""
        users = self._itss_get_quality_users() | self._itss_get_role_users("management")
        company = self._itss_in_company().sudo()
        company.partner_id.message_post(
            body=company.env._("ITSS Quality: separation of duties is now on.")
            if self.itss_separation_of_duties
            else company.env._(
                "ITSS Quality: separation of duties is now off. One person can prepare, review and "
                "approve a document; each document signed by then says so for good."
            ),
            author_id=self.env.user.partner_id.id,
            partner_ids=users.partner_id.ids,
        )

    @api.model
    def _itss_create_missing_sequences(self):
        """Give every company the records it lacks (called at install and update)."""
        # all companies are meant, and they are few
        # pylint: disable-next=no-search-all
        self.search([])._itss_create_missing()

    def _itss_create_missing(self):
        """Create the records every company has one of; an area adds its own.

        These are the sequences of the models with a number.
        """
        sequences = self.env["ir.sequence"].sudo()
        existing = set(
            sequences._read_group([("company_id", "in", self.ids)], ["company_id", "code"])
        )
        sequences.create(
            [
                self.env[model]._prepare_sequence_vals(company)
                for company in self
                for model in concrete_models(self.env, "itss.numbered.mixin")
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
        return manager.filtered("active") or self._itss_get_quality_users()[:1]

    def _itss_get_quality_users(self):
        """Return the company's users with the quality role, in a steady order."""
        return self._itss_get_role_users("quality")

    def _itss_get_role_users(self, role):
        """Return the company's users with a role (``management``, …), in a steady order."""
        group = self.env.ref(f"itss_quality.group_itss_{role}").sudo()
        return group.all_user_ids.filtered(lambda user: self in user.company_ids).sorted("id")

    # -------------------------------------------------------------------------
    # Settings
    # -------------------------------------------------------------------------

    def _itss_get_setting_subject(self):
        # the row names its company
        return ""

    def _itss_get_raw(self, field, value):
        if field.comodel_name == "resource.calendar" and value:
            return value._itss_get_hours()
        return super()._itss_get_raw(field, value)

    @api.model
    def _itss_say_value(self, name, raw, names=""):
        # rows that were written before the hours were kept have a number, and words
        if self._fields[name].comodel_name == "resource.calendar" and isinstance(raw, dict):
            return self.env["resource.calendar"]._itss_say_hours(raw)
        return super()._itss_say_value(name, raw, names)

    @api.model
    def _itss_get_settings_domain(self, period):
        return Domain("id", "=", period.company.id)

    @api.model
    def _itss_read_calendars(self):
        """Return the calendars that companies count by, as `_itss_read_settings` does."""
        names = [
            name
            for name in self._itss_get_setting_names()
            if self._fields[name].comodel_name == "resource.calendar"
        ]
        # all companies are meant, and they are few
        # pylint: disable-next=no-search-all
        return self.sudo().search([])._itss_read_settings(names)

    def _itss_get_settings_in_force(self, date_from, date_to, *topics):
        """Return the settings that stood behind the figures of a period (superuser mode).

        What was in force before the journal began is what is known first.

        :param date date_from: first day of the period
        :param date date_to: last day of the period
        :param topics: which settings; all without any
        :return: ``tools.settings.Settings``
        """
        self.ensure_one()
        period = Period(self.sudo(), date_from, date_to)
        names = sorted(
            concrete_models(self.env, "itss.setting.mixin"),
            key=lambda name: (name != self._name, name),
        )
        rows = []
        for name in names:
            model = self.env[name].sudo().with_context(active_test=False)
            records = model.search(model._itss_get_settings_domain(period))
            rows += records._itss_list_in_force(period, topics)
        return Settings(period, rows, self.env["itss.journal"]._get_beginning(self))

    def _itss_add_hours(self, moment, hours):
        """Return a time some hours after (negative: before) another, as the company counts hours.

        :param datetime moment: UTC
        :param float hours: by the clock, unless an area knows working hours
        :return: datetime, UTC
        """
        return moment + timedelta(hours=hours)

    def _itss_find_own_addresses(self, emails):
        """Return which of these are addresses of those who work for the company, in one query.

        These are its users' and employees', private ones included, its own, and those at which the
        system takes mails. What stands behind a "+" is left out: it is the same mailbox.

        :param emails: normalised addresses
        :return: set of those of them that are
        """
        self.ensure_one()
        mailboxes = {email: get_mailbox(email) for email in emails if email}
        if not mailboxes:
            return set()
        self.env.flush_all()
        query = SQL(
            r"""
            WITH own AS (
                SELECT unnest(ARRAY[users.login, partner.email]) AS address
                  FROM res_users AS users
                  JOIN res_company_users_rel AS works ON works.user_id = users.id
                  JOIN res_partner AS partner ON partner.id = users.partner_id
                 WHERE works.cid = %(company)s AND users.active AND users.share IS NOT TRUE
             UNION ALL
                SELECT unnest(ARRAY[employee.work_email, employee.private_email, contact.email])
                  FROM hr_employee AS employee
             LEFT JOIN res_partner AS contact ON contact.id = employee.work_contact_id
                 WHERE employee.company_id = %(company)s AND employee.active
             UNION ALL
                SELECT email FROM res_partner WHERE id = %(partner)s
             UNION ALL
                SELECT alias_full_name FROM mail_alias
            ), mailbox AS (
                SELECT regexp_replace(
                            substring(lower(address) FROM '[^\s<>"]+@[^\s<>"]+'), '\+[^@]*@', '@'
                       ) AS name
                  FROM own
            )
            SELECT DISTINCT name FROM mailbox WHERE name = ANY(%(names)s)
            """,
            company=self.id,
            partner=self.partner_id.id,
            names=list(mailboxes.values()),
        )
        own = {name for [name] in self.env.execute_query(query)}
        return {email for email, mailbox in mailboxes.items() if mailbox in own}
