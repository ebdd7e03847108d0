from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import FORGED, ItssCommon, RpcCase

# what a role may do with a record of its own department, another department, another company;
# letters: r read, w write, c create, d delete
PLAN_MATRIX = {
    "t_staff": {"draft": "", "approved_own": "r", "approved_other": "", "foreign": ""},
    "t_desk": {"draft": "r", "approved_own": "r", "approved_other": "r", "foreign": ""},
    "t_ops": {"draft": "r", "approved_own": "rw", "approved_other": "rw", "foreign": ""},
    "t_quality": {"draft": "rwd", "approved_own": "rw", "approved_other": "rw", "foreign": ""},
    "t_boss": {"draft": "r", "approved_own": "rw", "approved_other": "rw", "foreign": ""},
    "t_admin": {"draft": "rwd", "approved_own": "rw", "approved_other": "rw", "foreign": ""},
    "t_outsider": {"draft": "", "approved_own": "", "approved_other": "", "foreign": ""},
}
LINE_MATRIX = {
    "t_staff": {"draft": "", "approved_own": "rw", "approved_other": "", "foreign": ""},
    "t_desk": {"draft": "r", "approved_own": "r", "approved_other": "r", "foreign": ""},
    "t_ops": {"draft": "r", "approved_own": "r", "approved_other": "r", "foreign": ""},
    "t_quality": {"draft": "rwd", "approved_own": "rw", "approved_other": "rw", "foreign": ""},
    "t_boss": {"draft": "r", "approved_own": "r", "approved_other": "r", "foreign": ""},
    "t_admin": {"draft": "rwd", "approved_own": "rw", "approved_other": "rw", "foreign": ""},
    "t_outsider": {"draft": "", "approved_own": "", "approved_other": "", "foreign": ""},
}
CREATORS = {"t_quality", "t_admin"}
REPORTERS = {"t_staff", "t_quality", "t_admin"}


@tagged("post_install", "-at_install")
class TestAccessOverRpc(ItssCommon, RpcCase):
    """Each role × create/read/write/delete × own department/other department/other company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.draft = cls.make_plan(name="draft")
        cls.own = cls.approve(cls._staff_plan("own", cls.dep_staff))
        cls.other = cls.approve(cls._staff_plan("other", cls.dep_quality))
        foreign = cls.env["itss.plan"].create({"year": 2025, "company_id": cls.other_company.id})
        foreign.line_ids.create({"plan_id": foreign.id, "name": "foreign"})
        cls.foreign = foreign
        cls.plans = {
            "draft": cls.draft,
            "approved_own": cls.own,
            "approved_other": cls.other,
            "foreign": cls.foreign,
        }

    @classmethod
    def _staff_plan(cls, name, department):
        plan = cls.make_plan(lines=0, name=name)
        cls.make_line(plan, responsible_department_ids=[Command.set(department.ids)])
        return plan

    def _check_matrix(self, matrix, records, vals):
        for user in self.users:
            for case, expected in matrix[user.login].items():
                rights = "rwd" if case in ("draft", "foreign") else "rw"
                got = self.get_rights(user, records[case], vals, rights)
                with self.subTest(user=user.login, case=case):
                    self.assertEqual(got, expected)

    def test_plans(self):
        self._check_matrix(PLAN_MATRIX, self.plans, {"approver_id": False})
        for user in self.users:
            with self.subTest(user=user.login):
                vals = {"year": 2026, "company_id": self.company.id}
                self.assertEqual(
                    self.is_allowed(user, "itss.plan", "create", [vals]), user.login in CREATORS
                )
                vals["company_id"] = self.other_company.id
                self.assertFalse(self.is_allowed(user, "itss.plan", "create", [vals]))

    def test_plan_lines(self):
        lines = {case: plan.line_ids for case, plan in self.plans.items()}
        self._check_matrix(LINE_MATRIX, lines, {"state": "planned"})
        for user in self.users:
            with self.subTest(user=user.login):
                vals = {"plan_id": self.draft.id, "name": "x"}
                self.assertEqual(
                    self.is_allowed(user, "itss.plan.line", "create", [vals]),
                    user.login in CREATORS,
                )

    def test_progress_reports(self):
        report = self.report(self.own.line_ids, self.staff_user)
        for user in self.users:
            reads = user != self.outsider
            with self.subTest(user=user.login):
                self.assertEqual(
                    self.is_allowed(user, "itss.plan.report", "read", report.ids, ["text"]), reads
                )
                for line, may in (
                    (self.own.line_ids, user.login in REPORTERS),
                    (self.other.line_ids, user.login in REPORTERS - {"t_staff"}),
                ):
                    vals = {"line_id": line.id, "percent": 10, "text": "x"}
                    self.assertEqual(
                        self.is_allowed(user, "itss.plan.report", "create", [vals]), may
                    )
                self.assertFalse(self.is_allowed(user, "itss.plan.report", "unlink", report.ids))
                if user != self.outsider:
                    self.assert_rpc_refused(
                        user, "itss.plan.report", "write", report.ids, {"percent": 99}, error=""
                    )
        self.assertFalse(
            self.is_allowed(self.foreign_user, "itss.plan.report", "read", report.ids, ["text"])
        )
        self.assertFalse(
            self.is_allowed(
                self.foreign_user,
                "itss.plan.report",
                "create",
                [{"line_id": self.own.line_ids.id, "percent": 10, "text": "x"}],
            )
        )

    def test_a_search_shows_a_participant_the_lines_that_concern_them(self):
        lines = self.env["itss.plan.line"].with_user(self.staff_user)
        all_lines = self.own.line_ids | self.other.line_ids | self.draft.line_ids
        domain = [("id", "in", all_lines.ids)]
        self.assertEqual(lines.search(domain), self.own.line_ids)
        self.other.line_ids.sudo().supporting_text = "各有关部门"
        self.assertEqual(lines.search(domain), self.own.line_ids | self.other.line_ids)

    def test_a_participant_who_changes_department_sees_the_new_one_s_lines(self):
        lines = self.env["itss.plan.line"].with_user(self.staff_user)
        domain = [("id", "in", (self.own.line_ids | self.other.line_ids).ids)]
        self.assertEqual(lines.search(domain), self.own.line_ids)
        self.employee(self.staff_user).department_id = self.dep_quality
        self.assertEqual(lines.search(domain), self.other.line_ids)

    def test_only_one_s_own_lines_are_carried_out(self):
        staff_line = self.own.line_ids.with_user(self.staff_user)
        self.report(staff_line, self.staff_user)
        staff_line.action_done()
        self.assertEqual(staff_line.state, "done")
        with self.assertRaises(AccessError):
            self.other.line_ids.with_user(self.staff_user).action_done()
        with self.assertRaises(AccessError):
            self.other.line_ids.with_user(self.ops_user).action_done()

    def test_a_participant_changes_nothing_of_a_line_s_content(self):
        line = self.own.line_ids.with_user(self.staff_user)
        with self.assertRaises(UserError):
            line.name = "other"
        with self.assertRaises(UserError):
            line.reminder_stage = "late"

    def test_state_steps_over_rpc_obey_the_table(self):
        plan = self.make_plan()
        calls = [
            (self.ops_user, "submitted", AccessError),
            (self.manager_user, "submitted", AccessError),
            (self.quality_user, "approved", UserError),
            (self.quality_user, "submitted", None),
            (self.quality_user, "reviewed", UserError),
            (self.staff_user, "reviewed", AccessError),
            (self.desk_user, "reviewed", AccessError),
            (self.manager_user, "reviewed", AccessError),
            (self.ops_user, "reviewed", None),
            (self.ops_user, "approved", AccessError),
            (self.admin_user, "approved", None),
        ]
        for user, state, error in calls:
            with self.subTest(user=user.login, state=state):
                if error is None:
                    self.rpc_as(user, "itss.plan", "write", plan.ids, {"state": state})
                    plan.invalidate_recordset()
                    self.assertEqual(plan.state, state)
                else:
                    step = ("itss.plan", "write", plan.ids, {"state": state})
                    self.assert_rpc_refused(user, *step, error=error.__name__)

    def test_the_context_of_a_call_does_nothing(self):
        plan = self.make_plan()
        for user, method in (
            (self.quality_user, "action_submit"),
            (self.ops_user, "action_review"),
            (self.manager_user, "action_approve"),
        ):
            self.assert_context_does_nothing(user, plan, method)
        line = plan.line_ids
        self.report(line, self.ops_user)
        self.assert_context_does_nothing(self.ops_user, line, "action_done")
        # what a new version copies is not the caller's either
        self.rpc_as(self.quality_user, plan._name, "action_new_revision", plan.ids, context=FORGED)
        revision = plan.search([("previous_id", "=", plan.id)])
        self.assertEqual(
            (revision.version, revision.number, revision.name, revision.state),
            ("V1.1", plan.number, plan.name, "draft"),
        )

    def test_frozen_fields_are_refused_over_rpc(self):
        records = (self.own, self.own.line_ids)
        for record in records:
            for field in record._locked_fields:
                value = [] if record._fields[field].type in ("one2many", "many2many") else False
                with self.subTest(model=record._name, field=field):
                    step = (record._name, "write", record.ids, {field: value})
                    self.assert_rpc_refused(self.quality_user, *step, error="UserError")
        self.own.invalidate_recordset()
        self.assertEqual((self.own.name, self.own.line_ids.name), ("own", "内审"))

    def test_lines_of_a_frozen_plan_are_neither_added_nor_deleted_over_rpc(self):
        line = self.own.line_ids
        for user in (self.quality_user, self.admin_user):
            for method, args in (
                ("create", [[{"plan_id": self.own.id, "name": "x"}]]),
                ("unlink", [line.ids]),
            ):
                with self.subTest(user=user.login, method=method):
                    self.assert_rpc_refused(
                        user, "itss.plan.line", method, *args, error="UserError"
                    )
        for user in (self.staff_user, self.desk_user, self.ops_user, self.manager_user):
            self.assertFalse(self.is_allowed(user, "itss.plan.line", "unlink", line.ids))

    def test_improvements_show_to_owner_department_and_quality(self):
        improvement = self.env["itss.improvement"].create(
            {
                "name": "Improve",
                "problem": "Late",
                "company_id": self.company.id,
                "department_id": self.dep_staff.id,
            }
        )
        readers = {"t_staff", "t_desk", "t_ops", "t_quality", "t_boss", "t_admin"}
        for user in self.users | self.foreign_user:
            with self.subTest(user=user.login):
                self.assertEqual(
                    self.is_allowed(user, "itss.improvement", "read", improvement.ids, ["name"]),
                    user.login in readers,
                )
        improvement.department_id = self.dep_quality
        self.assertFalse(
            self.is_allowed(self.staff_user, "itss.improvement", "read", improvement.ids, ["name"])
        )

    def test_improvements_are_changed_by_those_who_work_on_them(self):
        vals = {"name": "Improve", "problem": "Late", "company_id": self.company.id}
        own = self.env["itss.improvement"].create({**vals, "department_id": self.dep_staff.id})
        other = self.env["itss.improvement"].create({**vals, "department_id": self.dep_quality.id})
        writers = {"t_ops", "t_quality", "t_admin"}
        for user in self.users | self.foreign_user:
            member = user not in (self.outsider, self.foreign_user)
            with self.subTest(user=user.login):
                for record, expected in (
                    (own, user.login in writers | {"t_staff"}),
                    (other, user.login in writers),
                ):
                    self.assertEqual(
                        self.is_allowed(
                            user, "itss.improvement", "write", record.ids, {"root_cause": "x"}
                        ),
                        expected,
                    )
                    self.assertEqual(
                        self.is_allowed(user, "itss.improvement", "unlink", record.ids),
                        user.login in {"t_quality", "t_admin"},
                    )
                self.assertEqual(
                    self.is_allowed(user, "itss.improvement", "create", [vals]), member
                )

    def test_only_the_quality_department_imports(self):
        for user in self.users:
            with self.subTest(user=user.login):
                self.assertEqual(
                    self.is_allowed(user, "itss.plan.import", "create", [{}]),
                    user.login in CREATORS,
                )

    def test_reject_close_cancel_and_reopen_over_rpc_obey_the_table(self):
        line = self.own.line_ids
        cancel = {"state": "cancelled", "cancel_reason": "x"}
        close = {"state": "closed", "closing_note": "x"}
        calls = [
            (line, cancel, {"t_quality", "t_admin"}),
            (self.own, close, {"t_quality", "t_boss", "t_admin"}),
            (self.own, {"state": "draft", "rejection_reason": "x"}, set()),
        ]
        submitted = self.make_plan(name="submitted")
        submitted.action_submit()
        calls.append(
            (
                submitted,
                {"state": "draft", "rejection_reason": "x"},
                {"t_ops", "t_quality", "t_boss", "t_admin"},
            )
        )
        for record, vals, expected in calls:
            for user in self.users:
                with self.subTest(model=record._name, vals=vals, user=user.login):
                    self.assertEqual(
                        self.is_allowed(
                            user, record._name, "write", record.ids, vals, refusals="Error"
                        ),
                        user.login in expected,
                    )
        line.with_user(self.quality_user).write(cancel)
        for user in self.users:
            self.assertEqual(
                self.is_allowed(
                    user, line._name, "write", line.ids, {"state": "planned"}, refusals="Error"
                ),
                user.login in {"t_quality", "t_admin"},
            )
