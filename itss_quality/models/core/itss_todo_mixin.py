from collections import defaultdict

from lxml.builder import E

from odoo import api, models

TODO = "mail.mail_activity_data_todo"


class ItssTodoMixin(models.AbstractModel):
    """Record that asks people to do something, by a to-do in their own language.

    The words are a function of an environment, as the language is known only with who is asked:
    ``record._ask(user, lambda env: env._("Please review"))``. The model that inherits has
    ``company_id``.
    """

    _name = "itss.todo.mixin"
    _description = "Record with To-Dos"
    _inherit = ["mail.activity.mixin"]

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "search":
            arch.extend(self._get_todo_filters())
        return arch, view

    def _get_todo_filters(self):
        """Return the filters by which the bell of the web client shows what is to do on whose records."""

        def make(name, label, domain):
            return E.filter(name=name, string=label, domain=domain, invisible="1")

        due = "[('my_activity_date_deadline', '%s', 'today')]"
        return [
            E.separator(),
            make(
                "filter_activities_my",
                self.env._("My Activities"),
                "[('activity_user_id', '=', uid)]",
            ),
            E.separator(),
            make("activities_overdue", self.env._("Late Activities"), due % "<"),
            make("activities_today", self.env._("Today Activities"), due % "="),
            make("activities_upcoming_all", self.env._("Future Activities"), due % ">"),
        ]

    def _get_stand_ins(self):
        """Return who is asked in place of a user who can't open the record: the first who can."""
        company = self.company_id
        return company._itss_get_quality_user() | company._itss_get_quality_users()

    def _ask(self, user, words, is_mailed=True, **vals):
        """Give a user a to-do on each record, or who stands in for the user (superuser mode).

        :param user: ``res.users``; when empty, nobody is asked
        :param words: function that takes an environment and returns what to do in its language
        :param bool is_mailed: whether the to-do is announced by mail
        :param vals: further values of the activity: ``date_deadline``, ``note``
        :return: {user: records}: who was asked, nobody included; the records are in that language
        """
        asked = {}
        for receiver, records in self._share_out(user).items():
            records = asked[receiver] = records.with_context(lang=receiver.lang)
            if receiver:
                # whatever the caller's context would leave out
                asking = records.with_context(
                    mail_activity_automation_skip=False, mail_activity_quick_update=not is_mailed
                )
                summary = words(records.env)
                asking.activity_schedule(TODO, summary=summary, user_id=receiver.id, **vals)
        return asked

    def _stop_asking(self, users=None, done=False):
        """Take the to-dos back (superuser mode).

        :param users: whose; everybody's when ``None``
        :param bool done: they were not in vain, and the chatter says so
        """
        domain = [] if users is None else [("user_id", "in", users.ids)]
        records = self.with_context(mail_activity_automation_skip=False)
        todos = records.activity_search([TODO], additional_domain=domain)
        if done:
            todos.action_feedback()
        else:
            todos.unlink()

    def _share_out(self, user):
        """Return {user: records}: the user for what that user can open, else the stand-in who can."""
        able = self._filter_openable(user) if user else self
        shares = defaultdict(self.browse, {user: able} if able else {})
        for record in self - able:
            stand_ins = record._get_stand_ins().filtered(record._filter_openable)
            shares[stand_ins[:1]] |= record
        return shares

    def _filter_openable(self, user):
        if not user.active:
            return self.browse()
        # whatever companies are switched on now: the user will switch on the record's
        records = self.with_user(user).with_context(allowed_company_ids=[])
        return records._filtered_access("read").with_env(self.env)
