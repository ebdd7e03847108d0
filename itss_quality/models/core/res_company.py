from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.records import concrete_models
from ...tools.typed_text import get_mailbox


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

    _itss_reminder_days_positive = models.Constraint(
        "CHECK(itss_reminder_days >= 0)", "The reminder can't come after the due date."
    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._itss_create_missing()
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
        group = self.env.ref("itss_quality.group_itss_quality").sudo()
        return group.all_user_ids.filtered(lambda user: self in user.company_ids).sorted("id")

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
