from odoo import models
from odoo.tools import SQL


class ResUsers(models.Model):
    """Who is who: for the separation of duties two users of one person are one."""

    _inherit = "res.users"

    def _itss_get_people(self):
        """Return for each of these users all users of the same person, archived ones as well.

        The users of one contact are one person, and so are those whom an employee leads to: as its
        user, or through its work contact.

        :return: dict ``{user: users}``, each user among its own
        """
        if not self:
            return {}
        self.env["res.users"].flush_model(["partner_id"])
        self.env["hr.employee"].flush_model(["user_id", "work_contact_id"])
        rows = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE link (user_id, partner_id) AS NOT MATERIALIZED (
                    SELECT id, partner_id FROM res_users
                     UNION ALL
                    SELECT user_id, work_contact_id FROM hr_employee
                ), person (asked_id, user_id) AS (
                    SELECT id, id FROM res_users WHERE id IN %s
                     UNION
                    SELECT person.asked_id, other.user_id
                      FROM person
                      JOIN link AS own ON own.user_id = person.user_id
                      JOIN link AS other ON other.partner_id = own.partner_id
                     WHERE other.user_id IS NOT NULL
                )
                SELECT asked_id, array_agg(user_id) FROM person GROUP BY asked_id
                """,
                tuple(self.ids),
            )
        )
        return {self.browse(asked): self.browse(ids) for asked, ids in rows}

    def _itss_get_departments(self):
        """Return the departments that the users work in now, in one query (superuser mode).

        :return: dict ``{(id of a user, id of a company): id of the department}``
        """
        if not self:
            return {}
        groups = (
            self.env["hr.employee"]
            .sudo()
            ._read_group(
                [("user_id", "in", self.ids), ("department_id", "!=", False)],
                ["user_id", "company_id", "department_id"],
            )
        )
        return {(user.id, company.id): department.id for user, company, department in groups}

    def _itss_is_among(self, users):
        """Whether this user is one of the users, or the same person as one of them.

        :param users: ``res.users``
        """
        self.ensure_one()
        if not users or self in users:
            return bool(users)
        return not set(self._itss_get_people()[self].ids).isdisjoint(users.ids)
