import re
from contextlib import closing
from datetime import datetime

from odoo.tests import HttpCase, JsonRpcException, TransactionCase, freeze_time, new_test_user
from odoo.tools import SQL

from ..tools.records import concrete_models

LOGINS = ("t_staff", "t_desk", "t_ops", "t_quality", "t_boss", "t_admin")
# what a caller may put into the context, and must not do anything
FORGED = {
    "default_author_id": 1,
    "default_cycle": 99,
    "default_is_used": True,
    "default_message_type": "comment",
    "default_name": "FORGED",
    "default_number": "FORGED",
    "default_previous_id": 1,
    "default_state": "closed",
    "default_summary": "FORGED",
    "default_user_id": 1,
    "default_version": 99,
    "import_file": True,
    "install_mode": True,
    "itss_notes": True,
    "itss_revision": True,
    "mail_activity_automation_skip": True,
    "mail_auto_subscribe_no_notify": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notify_force_send": False,
    "mail_notrack": True,
    "mail_post_autofollow": False,
    "tracking_disable": True,
}
# what tells of what was done
TRACES = ("mail.activity", "mail.followers", "mail.mail", "mail.message", "mail.tracking.value")
REFUSALS = ("odoo.exceptions.AccessError", "odoo.exceptions.UserError")


class ItssCommon(TransactionCase):
    """A company with two ITSS departments and one user per role; factories for records."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Cloud Service Co"})
        cls.other_company = cls.env["res.company"].create({"name": "Other Co"})
        cls.dep_quality = cls.make_department("质量部")
        cls.dep_operations = cls.make_department("运维部")
        cls.dep_staff = cls.make_department("人力资源部")
        cls.company.write(
            {
                "itss_quality_department_id": cls.dep_quality.id,
                "itss_operations_department_id": cls.dep_operations.id,
            }
        )
        cls.quality_user = cls.make_user("t_quality", "quality", cls.dep_quality)
        cls.quality_user_2 = cls.make_user("t_quality_2", "quality", cls.dep_quality)
        cls.ops_user = cls.make_user("t_ops", "operations", cls.dep_operations)
        cls.desk_user = cls.make_user("t_desk", "service_desk", cls.dep_operations)
        cls.manager_user = cls.make_user("t_boss", "management")
        cls.staff_user = cls.make_user("t_staff", "user", cls.dep_staff)
        cls.admin_user = cls.make_user("t_admin", "admin")
        cls.foreign_user = cls.make_user("t_foreign", "admin", company=cls.other_company)
        cls.outsider = cls.make_user("t_outsider", None)
        # one per role, and one without any
        cls.users = (
            cls.staff_user
            | cls.desk_user
            | cls.ops_user
            | cls.quality_user
            | cls.manager_user
            | cls.admin_user
            | cls.outsider
        )

    @classmethod
    def load_chinese(cls):
        """Switch the other language of the addon on, with its words."""
        cls.env["res.lang"]._activate_lang("zh_CN")
        module = cls.env["ir.module.module"].search([("name", "=", "itss_quality")])
        module._update_translations(["zh_CN"])

    @classmethod
    def make_department(cls, name, company=None):
        company = company or cls.company
        return cls.env["hr.department"].create({"name": name, "company_id": company.id})

    @classmethod
    def make_user(cls, login, role, department=None, company=None, **vals):
        """Create a user with one role of the addon, and the employee in a department."""
        company = company or cls.company
        groups = f"itss_quality.group_itss_{role}" if role else "base.group_user"
        user = new_test_user(
            cls.env,
            login=login,
            groups=groups,
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
            **vals,
        )
        if department:
            cls.env["hr.employee"].create(
                {
                    "name": login,
                    "user_id": user.id,
                    "company_id": company.id,
                    "department_id": department.id,
                }
            )
        return user

    @classmethod
    def employee(cls, user):
        """Return the employee of a user (``employee_ids`` shows the current company's only)."""
        return cls.env["hr.employee"].search([("user_id", "=", user.id)])

    @classmethod
    def make_plan(cls, lines=1, **vals):
        """Create a draft plan of 2025 as the quality department, with ``lines`` plain lines."""
        plan = (
            cls.env["itss.plan"]
            .with_user(cls.quality_user)
            .create({"year": 2025, "company_id": cls.company.id, **vals})
        )
        for number in range(1, lines + 1):
            cls.make_line(plan, number=str(number))
        return plan

    @classmethod
    def make_line(cls, plan, **vals):
        """Create a line for the O&M department, due in October 2025."""
        return plan.line_ids.create(
            {
                "plan_id": plan.id,
                "name": "内审",
                "number": "1",
                "date_text": "2025年10月",
                "responsible_department_ids": [(6, 0, cls.dep_operations.ids)],
                **vals,
            }
        )

    @classmethod
    def approve(cls, document):
        """Take a document through its three signatures."""
        document.with_user(cls.quality_user).action_submit()
        document.with_user(cls.ops_user).action_review()
        document.with_user(cls.manager_user).action_approve()
        return document

    @classmethod
    def verify(cls, improvement, user=None, words="抽查值班表四周，均为两人"):
        """Verify an improvement through the dialog, as the quality department does."""
        user = user or cls.quality_user
        action = improvement.with_user(user).action_verify()
        dialogs = cls.env[action["res_model"]].with_user(user).with_context(**action["context"])
        dialogs.create({"reason": words}).action_confirm()

    @classmethod
    def report(cls, line, user, percent=50, **vals):
        """Report progress on a line as a user."""
        return (
            cls.env["itss.plan.report"]
            .with_user(user)
            .create({"line_id": line.id, "percent": percent, "text": "进展正常", **vals})
        )

    # -------------------------------------------------------------------------
    # Tickets and callbacks
    # -------------------------------------------------------------------------

    @classmethod
    def set_up_helpdesk(cls):
        """Give the company a helpdesk team, an engineer, two agents and a customer."""
        cls.stage_new = cls.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_new")
        cls.stage_progress = cls.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_in_progress")
        cls.stage_done = cls.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_done")
        cls.stage_cancelled = cls.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_cancelled")
        cls.company.itss_callback_since = "2020-01-01"
        cls.engineer = cls.make_user("t_engineer", None, cls.dep_operations, name="钱工程")
        cls.engineer.group_ids += cls.env.ref("helpdesk_mgmt.group_helpdesk_user")
        cls.dep_desk = cls.make_department("服务台")
        cls.company.itss_service_desk_department_id = cls.dep_desk
        cls.agent = cls.make_user("t_agent", "service_desk", cls.dep_desk)
        cls.agent_2 = cls.make_user("t_agent_2", "service_desk", cls.dep_desk)
        cls.leader = cls.make_user("t_leader", "operations", cls.dep_operations)
        cls.team = cls.env["helpdesk.ticket.team"].create(
            {
                "name": "网络组",
                "company_id": cls.company.id,
                "user_id": cls.leader.id,
                "user_ids": [(6, 0, (cls.engineer | cls.agent).ids)],
            }
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "昆明第一医院", "is_company": True, "phone": "0871-1000"}
        )
        cls.contact = cls.env["res.partner"].create(
            {
                "name": "陈主任",
                "parent_id": cls.customer.id,
                "phone": "13800000001",
                "email": "chen@hospital.example.com",
            }
        )

    @classmethod
    def make_ticket(cls, **vals):
        """Create a ticket of the team, assigned to the engineer."""
        return cls.env["helpdesk.ticket"].create(
            {
                "name": "打印机故障",
                "description": "<p>三楼打印机不工作</p>",
                "company_id": cls.company.id,
                "team_id": cls.team.id,
                "user_id": cls.engineer.id,
                "partner_id": cls.contact.id,
                "partner_name": cls.contact.name,
                "partner_email": cls.contact.email,
                "stage_id": cls.stage_progress.id,
                **vals,
            }
        )

    @classmethod
    def make_callback(cls, **vals):
        """Solve a new ticket and return its callback."""
        ticket = cls.make_ticket(**vals)
        ticket.stage_id = cls.stage_done
        return ticket.itss_callback_ids

    # -------------------------------------------------------------------------
    # Surveys
    # -------------------------------------------------------------------------

    @classmethod
    def make_round(cls, participants=3, **vals):
        """Create a draft round of the questionnaire that comes with the addon, as the quality
        department, with so many customers' contacts."""
        round_ = (
            cls.env["itss.survey.round"]
            .with_user(cls.quality_user)
            .create(
                {
                    "company_id": cls.company.id,
                    "survey_id": cls.env.ref("itss_quality.itss_survey_questionnaire").id,
                    **vals,
                }
            )
        )
        for _number in range(participants):
            cls.make_participant(round_)
        return round_

    @classmethod
    def make_participant(cls, round_, industry=None, **vals):
        """Add the contact of a new customer, of an industry if one is given, to a draft round."""
        number = len(round_.participant_ids) + 1
        customer = cls.env["res.partner"].create(
            {"name": f"客户{number}", "is_company": True, "industry_id": industry and industry.id}
        )
        contact = customer.create(
            {
                "name": f"联系人{number}",
                "parent_id": customer.id,
                "email": f"contact{number}@round{round_.id}.example.com",
                "phone": f"0871-{number:04}",
            }
        )
        return round_.participant_ids.create(
            {"round_id": round_.id, "partner_id": contact.id, **vals}
        )

    @classmethod
    def answer(cls, participant, channel="phone", day=None, comment=None, **scores):
        """Enter a participant's answer as the quality department.

        :param scores: 1 to 5, "na" or None, by question (speed, skill, attitude, result, overall)
            and row of the matrix (reporting, progress, prevention, documents)
        """
        answers = {}
        process = cls.env.ref("itss_quality.itss_survey_question_process")
        words = ("very_dissatisfied", "dissatisfied", "fair", "satisfied", "very_satisfied")
        for key, score in scores.items():
            if score is None:
                continue
            word = "na" if score == "na" else words[score - 1]
            question = cls.env.ref(
                f"itss_quality.itss_survey_question_{key}", raise_if_not_found=False
            )
            if question:
                choice = cls.env.ref(f"itss_quality.itss_survey_{key}_{word}")
                answers[question.id] = (str(choice.id), None)
            else:
                row = cls.env.ref(f"itss_quality.itss_survey_process_{key}")
                choice = cls.env.ref(f"itss_quality.itss_survey_process_{word}")
                rows, _comment = answers.setdefault(process.id, ({}, None))
                rows[str(row.id)] = [str(choice.id)]
        if comment:
            question = cls.env.ref("itss_quality.itss_survey_question_comment")
            answers[question.id] = (comment, None)
        participant.with_user(cls.quality_user)._register_answers(
            answers, channel, day or participant.round_id._get_today()
        )


class RpcCase(HttpCase):
    """What tests over the web client's own route share, where no button stands in the way."""

    logins = LOGINS

    def sign_in(self, user):
        """Sign in a user, given as record or login."""
        login = user if isinstance(user, str) else user.login
        self.authenticate(login, login)

    def rpc(self, model, method, *args, **kwargs):
        """Call a method as the user signed in."""
        return self.make_jsonrpc_request(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": list(args), "kwargs": kwargs},
        )

    def rpc_as(self, user, model, method, *args, **kwargs):
        """Call a method as a user."""
        self.sign_in(user)
        return self.rpc(model, method, *args, **kwargs)

    def is_allowed(self, user, model, method, *args, refusals="AccessError", **kwargs):
        """Whether a user's call is let through; what it did is undone.

        :param str refusals: pattern of the errors that refuse it; others are raised
        """
        self.env.flush_all()
        savepoint = self.env.cr.savepoint()
        try:
            self.rpc_as(user, model, method, *args, **kwargs)
        except JsonRpcException as error:
            if not re.search(refusals, str(error)):
                raise
            return False
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
        return True

    def get_rights(self, user, record, vals, rights="rwd", **kwargs):
        """Return those of the rights that a user has: r read, w write the values, d delete."""
        calls = {
            "r": ("read", record.ids, ["display_name"]),
            "w": ("write", record.ids, vals),
            "d": ("unlink", record.ids),
        }
        return "".join(
            right
            for right in rights
            if self.is_allowed(user, record._name, *calls[right], **kwargs)
        )

    def assert_rpc_refused(self, user, model, method, *args, error="AccessError", **kwargs):
        """A user's call is refused with an error of this name (a pattern)."""
        with self.assertRaisesRegex(JsonRpcException, error):
            self.rpc_as(user, model, method, *args, **kwargs)

    def assert_refused(self, records, method, *args, **kwargs):
        """Call a method as the user signed in: it is refused in words, and nothing is written."""
        before = self.read_rows(records)
        with self.assertRaises(JsonRpcException) as caught:
            self.rpc(records._name, method, *args, **kwargs)
        self.assertIn(str(caught.exception), REFUSALS)
        self.assertEqual(self.read_rows(records), before)

    def assert_context_does_nothing(self, user, record, method, *args):
        """A user's call leaves the same values, to-dos and notes with any context; then it is done."""
        self.sign_in(user)
        # hours that go by between the two would differ
        with freeze_time(datetime.now()):
            plain, forged = (
                self.look_at_call(record, method, *args, context=context)
                for context in ({}, FORGED)
            )
        self.assertEqual(plain, forged)
        result = self.rpc(record._name, method, record.ids, *args)
        self.env.invalidate_all()
        return result

    def look_at_call(self, record, method, *args, **kwargs):
        """Make a call, return what came of it, and undo it."""
        self.env.flush_all()
        savepoint = self.env.cr.savepoint()
        try:
            self.rpc(record._name, method, record.ids, *args, **kwargs)
            rows = [
                # two calls are not made in the same second
                {
                    name: bool(value) if isinstance(value, datetime) else value
                    for name, value in row.items()
                }
                for row in self.read_rows(record)
            ]
            names = [*TRACES, *concrete_models(self.env, "mail.thread")]
            counts = {
                name: self.env[name].sudo().with_context(active_test=False).search_count([])
                for name in names
                if name in TRACES or name.startswith("itss.")
            }
            last = self.env["mail.message"].sudo().search([], limit=1, order="id desc")
            todo = self.env["mail.activity"].sudo().search([], limit=1, order="id desc")
            return rows, counts, last.mapped("body"), todo.mapped("summary")
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def read_rows(self, records):
        """Return the records, or how many there are of an empty set's model, as they are stored."""
        self.env.flush_all()
        self.env.invalidate_all()
        if not records:
            return records.sudo().search_count([])
        query = SQL(
            "SELECT * FROM %s WHERE id IN %s ORDER BY id",
            SQL.identifier(records._table),
            tuple(records.ids),
        )
        return self.env.execute_query_dict(query)

    def try_step(self, record, new_state, reason_field):
        """Take a step as the user signed in, look what came of it, and undo it.

        :return: the state after it, whether the record is as it was before, and the error's name
        """
        vals = {"state": new_state, **({reason_field: "原因"} if reason_field else {})}
        error = None
        before = self.read_rows(record)
        with closing(self.env.cr.savepoint()):
            try:
                self.rpc(record._name, "write", record.ids, vals)
            except JsonRpcException as exception:
                error = str(exception)
            after = self.read_rows(record)
        self.env.invalidate_all()
        return after[0]["state"], after == before, error

    def walk(self, records, steps, reasons):
        """Try every step from every state as every role, and compare with the table."""
        [model] = {record._name for record in records.values()}
        states = [state for state, _label in self.env[model]._fields["state"].selection]
        for state in states:
            self.assertEqual(records[state].state, state)
        for login in self.logins:
            self.authenticate(login, login)
            for state, record in records.items():
                for target in states:
                    with self.subTest(login=login, state=state, target=target):
                        reached, is_same, error = self.try_step(
                            record, target, reasons.get((state, target))
                        )
                        if login in steps.get((state, target), ()):
                            self.assertEqual((reached, error), (target, None))
                        elif target == state:
                            self.assertEqual(reached, state)
                        else:
                            self.assertTrue(is_same)
                            self.assertIn(error, REFUSALS)
