from contextlib import closing

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import LOGINS, REFUSALS, RpcCase
from .common import NOW, ComplaintCommon

DESK = {"t_desk", "t_ops", "t_quality", "t_admin"}
OPERATIONS = {"t_ops", "t_quality", "t_admin"}
QUALITY = {"t_quality", "t_admin"}
# a participant carries out what the own department has to; desk and management only read it
CARRY_OUT = {"t_staff", "t_ops", "t_quality", "t_admin"}

# who may take which step, once everything that has to be filled in is; no other step exists
COMPLAINT_STEPS = {
    ("new", "acknowledged"): DESK,
    ("new", "investigating"): OPERATIONS,
    ("new", "invalid"): QUALITY,
    ("acknowledged", "investigating"): OPERATIONS,
    ("acknowledged", "invalid"): QUALITY,
    ("investigating", "resolved"): OPERATIONS,
    ("investigating", "invalid"): QUALITY,
    ("resolved", "reopened"): DESK,
    ("resolved", "closed"): QUALITY,
    ("closed", "reopened"): QUALITY,
    ("reopened", "investigating"): OPERATIONS,
}
COMPLAINT_REASONS = {
    ("resolved", "reopened"): "reopen_reason",
    ("resolved", "closed"): "closing_reason",
    ("closed", "reopened"): "reopen_reason",
}
IMPROVEMENT_STEPS = {
    ("draft", "planned"): OPERATIONS,
    ("draft", "cancelled"): QUALITY,
    ("planned", "in_progress"): CARRY_OUT,
    ("planned", "cancelled"): QUALITY,
    ("in_progress", "to_verify"): CARRY_OUT,
    ("in_progress", "cancelled"): QUALITY,
    ("to_verify", "closed"): QUALITY,
    ("to_verify", "in_progress"): QUALITY,
}
IMPROVEMENT_REASONS = {
    ("draft", "cancelled"): "cancel_reason",
    ("planned", "cancelled"): "cancel_reason",
    ("in_progress", "cancelled"): "cancel_reason",
    ("to_verify", "closed"): "verification",
    ("to_verify", "in_progress"): "return_reason",
}


@tagged("post_install", "-at_install")
class TestComplaintOverRpc(ComplaintCommon, RpcCase):
    """Complaints over the web client's own route, where no button stands in the way."""

    def prepare(self, state, **vals):
        """Return a complaint in a state, reached by other people than those who try steps.

        Whatever a step asks for is there: the answer, a callback that reached nobody, and the first
        of the two who hold it invalid.
        """
        complaint = self.make_complaint(department_id=self.dep_staff.id, **vals)
        complaint.with_user(self.quality_user_2).hold_invalid("不属于服务范围")
        if state in ("new", "acknowledged"):
            if state == "acknowledged":
                complaint.action_acknowledge()
            return complaint
        if state == "invalid":
            complaint.with_user(self.quality_user).action_confirm_invalid()
            return complaint
        user = self.quality_user_2 if complaint.severity == "major" else self.leader
        self.investigate(complaint, user)
        if state == "investigating":
            return complaint
        complaint.with_user(user).action_resolve()
        complaint.callback_ids.with_user(self.agent).register_attempt("refused")
        if state == "closed":
            complaint.with_user(self.quality_user_2).write(
                {"state": "closed", "closing_reason": "客户拒绝回访"}
            )
        elif state == "reopened":
            complaint.write({"state": "reopened", "reopen_reason": "客户来电仍不满意"})
        return complaint

    def prepare_major(self):
        """Return a major complaint that could be resolved, but for the role."""
        complaint = self.prepare("investigating", impact="high", urgency="high")
        complaint.with_user(self.quality_user_2).root_cause = "派工没有看路程"
        self.plan_improvement(complaint)
        return complaint

    @mute_logger("odoo.http")
    def test_every_step_from_every_state_as_every_role(self):
        states = (
            "new",
            "acknowledged",
            "investigating",
            "resolved",
            "closed",
            "reopened",
            "invalid",
        )
        records = {state: self.prepare(state) for state in states}
        self.walk(records, COMPLAINT_STEPS, COMPLAINT_REASONS)

    @mute_logger("odoo.http")
    def test_a_step_that_needs_a_reason_is_refused_without_one(self):
        records = {state: self.prepare(state) for state in ("resolved", "closed")}
        self.sign_in(self.quality_user)
        for (state, target), field in COMPLAINT_REASONS.items():
            for vals in ({}, {field: " "}):
                with self.subTest(state=state, target=target, vals=vals):
                    complaint = records[state]
                    self.assert_refused(
                        complaint, "write", complaint.ids, {"state": target, **vals}
                    )

    @mute_logger("odoo.http")
    def test_a_major_one_is_resolved_by_the_quality_department_alone(self):
        complaint = self.prepare_major()
        for login in LOGINS:
            self.authenticate(login, login)
            with self.subTest(login):
                state, is_same, error = self.try_step(complaint, "resolved", None)
                if login in QUALITY:
                    self.assertEqual((state, error), ("resolved", None))
                else:
                    self.assertTrue(is_same)
                    self.assertEqual(error, "odoo.exceptions.AccessError")

    @mute_logger("odoo.http")
    def test_a_major_one_is_not_resolved_without_cause_and_improvement(self):
        complaint = self.prepare("investigating", impact="high", urgency="high")
        self.sign_in(self.quality_user)
        step = ("write", complaint.ids, {"state": "resolved"})
        self.assert_refused(complaint, *step)
        complaint.with_user(self.quality_user).root_cause = "派工没有看路程"
        self.assert_refused(complaint, *step)
        self.add_improvement(complaint)
        self.assert_refused(complaint, *step)
        improvement = self.plan_improvement(complaint)
        self.rpc(complaint._name, *step)
        self.assertEqual(complaint.state, "resolved")
        self.assertEqual(improvement.source_id, complaint.id)
        self.assert_refused(
            improvement,
            "write",
            improvement.ids,
            {"state": "cancelled", "cancel_reason": "不再需要"},
        )

    @mute_logger("odoo.http")
    def test_after_a_major_one_the_quality_department_alone_calls_back(self):
        complaint = self.prepare_major()
        complaint.with_user(self.quality_user_2).action_resolve()
        callback = complaint.callback_ids
        satisfied = {"is_solved": "yes", "score": 100, "comment": "满意"}
        for user in (self.desk_user, self.ops_user):
            self.sign_in(user)
            for method, args, kwargs in (
                ("register_attempt", ("reached",), satisfied),
                ("register_attempt", ("no_answer",), {}),
                ("action_call", (), {}),
                ("write", ({"phone": "1"},), {}),
                ("write", ({"user_id": user.id},), {}),
            ):
                with self.subTest(user=user.login, method=method, args=args):
                    self.assert_refused(callback, method, callback.ids, *args, **kwargs)
            [row] = self.rpc(callback._name, "read", callback.ids, ["can_call"])
            self.assertFalse(row["can_call"])
        self.sign_in(self.quality_user)
        self.rpc(callback._name, "register_attempt", callback.ids, "reached", **satisfied)
        self.env.invalidate_all()
        self.assertEqual((complaint.state, complaint.closed_by_id), ("closed", self.quality_user))

    @mute_logger("odoo.http")
    def test_nobody_else_makes_a_major_one_general_to_resolve_it(self):
        complaint = self.prepare_major()
        general = {"severity": "general", "severity_reason": "原因"}
        for user in (self.desk_user, self.ops_user):
            self.sign_in(user)
            for vals in (
                general,
                {"impact": "low"},
                {"urgency": "low", "severity": "general"},
                {"state": "resolved", **general},
            ):
                with self.subTest(user=user.login, vals=vals):
                    self.assert_refused(complaint, "write", complaint.ids, vals)
        self.sign_in(self.quality_user)
        self.rpc(complaint._name, "write", complaint.ids, general)
        self.assertEqual(complaint.severity, "general")

    @mute_logger("odoo.http")
    def test_whom_it_is_about_does_not_decide_on_it(self):
        people = self.ops_user | self.quality_user | self.admin_user
        about = {"subject_user_ids": [Command.set(people.ids)]}
        records = {state: self.prepare(state, **about) for state in ("new", "investigating")}
        records["resolved"] = self.prepare("resolved", **about)
        for user in people:
            self.sign_in(user)
            for state, target in (
                ("new", "invalid"),
                ("investigating", "resolved"),
                ("investigating", "invalid"),
                ("resolved", "closed"),
            ):
                with self.subTest(user=user.login, state=state, target=target):
                    _state, is_same, error = self.try_step(
                        records[state], target, COMPLAINT_REASONS.get((state, target))
                    )
                    self.assertTrue(is_same)
                    self.assertIn(error, REFUSALS)

    @mute_logger("odoo.http")
    def test_whom_it_is_about_can_t_say_it_is_not(self):
        people = self.ops_user | self.quality_user
        about = {"subject_user_ids": [Command.set(people.ids)]}
        complaint = self.prepare("investigating", **about)
        for user in people:
            self.sign_in(user)
            for command in (Command.unlink(user.id), Command.clear(), Command.set([])):
                for step in ({}, {"state": "resolved"}):
                    with self.subTest(user=user.login, command=command, step=step):
                        vals = {"subject_user_ids": [command], **step}
                        self.assert_refused(complaint, "write", complaint.ids, vals)
                        self.assertEqual(complaint.subject_user_ids, people)
        self.sign_in(self.quality_user_2)
        vals = {"subject_user_ids": [Command.unlink(self.ops_user.id)]}
        self.rpc(complaint._name, "write", complaint.ids, vals)
        self.assertEqual(complaint.subject_user_ids, self.quality_user)

    @mute_logger("odoo.http")
    def test_whom_it_is_about_does_not_call_back_and_close_it_so(self):
        complaint = self.investigate(
            self.make_complaint(subject_user_ids=[Command.set(self.desk_user.ids)]), self.leader
        )
        complaint.action_resolve()
        callback = complaint.callback_ids
        satisfied = {"is_solved": "yes", "score": 100, "comment": "满意"}
        self.sign_in(self.desk_user)
        for method, args in (("register_attempt", ("reached",)), ("action_call", ())):
            with self.subTest(method):
                kwargs = satisfied if args else {}
                self.assert_refused(callback, method, callback.ids, *args, **kwargs)
        self.assertEqual(complaint.state, "resolved")
        self.sign_in(self.agent)
        self.rpc(callback._name, "register_attempt", callback.ids, "reached", **satisfied)
        self.env.invalidate_all()
        self.assertEqual(complaint.state, "closed")

    @mute_logger("odoo.http")
    def test_nobody_changes_where_it_came_from_or_what_came_with_it(self):
        complaint = self.prepare("acknowledged")
        for user in (self.desk_user, self.quality_user, self.admin_user):
            self.sign_in(user)
            for vals in (
                {"customer_file_ids": [Command.clear()]},
                {"callback_id": False},
                {"participant_id": False},
            ):
                with self.subTest(user=user.login, vals=vals):
                    self.assert_refused(complaint, "write", complaint.ids, vals)

    @mute_logger("odoo.http")
    def test_a_new_one_is_new(self):
        nothing = self.env["itss.complaint"]
        vals = {"name": "工程师迟到", "description": "<p>x</p>", "company_id": self.company.id}
        for user in (self.desk_user, self.quality_user, self.admin_user):
            self.sign_in(user)
            for state in ("acknowledged", "resolved", "closed", "invalid"):
                with self.subTest(user=user.login, state=state):
                    self.assert_refused(nothing, "create", [{**vals, "state": state}])
                    self.assert_refused(nothing, "create", [vals], context={"default_state": state})
                    self.assert_refused(nothing, "web_save", [], {**vals, "state": state}, {})
            self.assert_refused(nothing, "create", [{**vals, "closed_at": NOW}])
            [new_id] = self.rpc(nothing._name, "create", [vals], context={"default_closed_at": NOW})
            self.assertFalse(nothing.browse(new_id).closed_at)

    @mute_logger("odoo.http")
    def test_a_copy_and_an_import_start_anew(self):
        complaint = self.prepare("closed")
        self.sign_in(self.quality_user)
        copies = self.rpc(complaint._name, "copy", complaint.ids)
        copy = complaint.browse(copies)
        self.assertEqual(copy.state, "new")
        self.assertFalse(copy.closed_at or copy.resolved_by_id or copy.callback_ids)
        count = complaint.search_count([])
        result = self.rpc(
            complaint._name,
            "load",
            ["name", "description", "state"],
            [["工程师迟到", "<p>x</p>", "closed"]],
        )
        self.assertFalse(result["ids"])
        self.assertTrue(result["messages"])
        self.assertEqual(complaint.search_count([]), count)

    @mute_logger("odoo.http")
    def test_what_the_server_does_by_itself_can_t_be_called(self):
        complaint = self.prepare("resolved")
        self.sign_in(self.admin_user)
        for method, args in (
            ("_follow_callback", [complaint.callback_ids.id, True]),
            ("_apply_step", ["resolved", "closed"]),
            ("_check_step", ["closed", {}]),
            ("_reopen", []),
            ("_reopen_by_customer", ["x"]),
            ("_open_callback", []),
            ("_cancel_callbacks", []),
            ("_set_deadlines", []),
            ("_start_clock", []),
            ("_stop_clock", []),
            ("_write", [{"state": "closed"}]),
        ):
            with self.subTest(method):
                self.assert_refused(complaint, method, complaint.ids, *args)

    def test_the_context_of_a_call_does_nothing(self):
        held = self.make_complaint()
        self.assert_context_does_nothing(self.quality_user, held, "hold_invalid", "不属于服务范围")
        complaint = self.make_complaint()
        self.assert_context_does_nothing(self.agent, complaint, "action_acknowledge")
        self.assert_context_does_nothing(self.ops_user, complaint, "action_investigate")
        complaint.with_user(self.ops_user).write(
            {"investigation": "已核实", "resolution": "已道歉"}
        )
        self.assert_context_does_nothing(self.ops_user, complaint, "action_resolve")
        callback = complaint.callback_ids
        verdict = ("reached", "no", 20, "还是没有人来")
        self.assert_context_does_nothing(self.agent, callback, "register_attempt", *verdict)
        self.assertEqual((complaint.state, callback.cycle), ("reopened", 1))
        self.assert_context_does_nothing(self.quality_user, callback, "correct", "听错了", None, 30)

    @mute_logger("odoo.http")
    def test_nobody_deletes_one(self):
        complaint = self.prepare("new")
        for login in LOGINS:
            self.authenticate(login, login)
            with self.subTest(login):
                self.assert_refused(complaint, "unlink", complaint.ids)


@tagged("post_install", "-at_install")
class TestImprovementOverRpc(ComplaintCommon, RpcCase):
    """Improvements over the web client's own route, where no button stands in the way."""

    def prepare(self, state, owner=None):
        """Return an improvement in a state, reached by other people than those who try steps."""
        owner = owner or self.leader
        improvement = self.prepare_improvement(owner, department_id=self.dep_staff.id)
        if state == "cancelled":
            improvement.write({"state": "cancelled", "cancel_reason": "重复"})
        way = ("planned", "in_progress", "to_verify", "closed")
        for step in way[: way.index(state) + 1] if state in way else ():
            user = owner if step in ("in_progress", "to_verify") else self.quality_user_2
            words = {"verification": "抽查值班表"} if step == "closed" else {}
            improvement.with_user(user).write({"state": step, **words})
        return improvement

    @mute_logger("odoo.http")
    def test_every_step_from_every_state_as_every_role(self):
        states = ("draft", "planned", "in_progress", "to_verify", "closed", "cancelled")
        records = {state: self.prepare(state) for state in states}
        self.walk(records, IMPROVEMENT_STEPS, IMPROVEMENT_REASONS)

    @mute_logger("odoo.http")
    def test_a_step_that_needs_a_reason_is_refused_without_one(self):
        self.sign_in(self.quality_user)
        for (state, target), field in IMPROVEMENT_REASONS.items():
            improvement = self.prepare(state)
            for vals in ({}, {field: " "}):
                with self.subTest(state=state, target=target, vals=vals):
                    self.assert_refused(
                        improvement, "write", improvement.ids, {"state": target, **vals}
                    )

    @mute_logger("odoo.http")
    def test_the_owner_carries_it_out_and_never_verifies_it(self):
        for owner in (self.desk_user, self.quality_user, self.admin_user):
            improvement = self.prepare("planned", owner)
            self.sign_in(owner)
            for step in ("in_progress", "to_verify"):
                self.rpc(improvement._name, "write", improvement.ids, {"state": step})
            for vals in (
                {"state": "closed", "verification": "抽查"},
                {"state": "closed", "verification": "抽查", "owner_id": self.ops_user.id},
                {"owner_id": self.ops_user.id},
                {"state": "in_progress", "return_reason": "原因"},
            ):
                with self.subTest(owner=owner.login, vals=vals):
                    self.assert_refused(improvement, "write", improvement.ids, vals)
            self.verify(improvement, self.quality_user_2)
            with self.subTest(owner=owner.login):
                self.assert_refused(
                    improvement, "check_effectiveness", improvement.ids, "effective", "好"
                )

    @mute_logger("odoo.http")
    def test_who_reported_it_as_done_does_not_verify_it_either(self):
        improvement = self.prepare("in_progress")
        self.sign_in(self.quality_user)
        self.rpc(improvement._name, "write", improvement.ids, {"state": "to_verify"})
        vals = {"state": "closed", "verification": "抽查"}
        self.assert_refused(improvement, "write", improvement.ids, vals)

    def test_the_context_of_a_call_does_nothing(self):
        improvement = self.prepare("draft")
        for user, method, *args in (
            (self.quality_user, "action_plan"),
            (self.quality_user, "postpone", "2099-11-30", "配件到货推迟"),
            (self.leader, "action_start"),
            (self.leader, "action_finish"),
        ):
            self.assert_context_does_nothing(user, improvement, method, *args)
        self.verify(improvement)
        self.assert_context_does_nothing(
            self.quality_user_2, improvement, "check_effectiveness", "ineffective", "又发生了"
        )

    @mute_logger("odoo.http")
    def test_only_the_quality_department_checks_the_effectiveness(self):
        improvement = self.prepare("closed")
        for login in LOGINS:
            self.authenticate(login, login)
            with self.subTest(login), closing(self.env.cr.savepoint()):
                check = ("check_effectiveness", improvement.ids, "ineffective", "仍然慢")
                if login in QUALITY:
                    self.rpc(improvement._name, *check)
                    self.env.invalidate_all()
                    self.assertEqual(
                        (improvement.state, improvement.effectiveness),
                        ("in_progress", "ineffective"),
                    )
                else:
                    self.assert_refused(improvement, *check)
            self.env.invalidate_all()

    @mute_logger("odoo.http")
    def test_nobody_changes_its_source_or_in_silence_its_deadline(self):
        improvement = self.prepare("planned")
        for user in (self.ops_user, self.quality_user, self.admin_user):
            self.sign_in(user)
            for vals in (
                {"source_model": "itss.complaint"},
                {"source_id": 1},
                {"date_deadline": "2099-12-30"},
            ):
                with self.subTest(user=user.login, vals=vals):
                    self.assert_refused(improvement, "write", improvement.ids, vals)

    @mute_logger("odoo.http")
    def test_a_new_one_is_a_draft(self):
        nothing = self.env["itss.improvement"]
        vals = {"name": "加快响应", "problem": "夜间响应慢", "company_id": self.company.id}
        for user in (self.staff_user, self.ops_user, self.quality_user, self.admin_user):
            self.sign_in(user)
            for state in ("planned", "to_verify", "closed", "cancelled"):
                with self.subTest(user=user.login, state=state):
                    self.assert_refused(nothing, "create", [{**vals, "state": state}])
                    self.assert_refused(nothing, "create", [vals], context={"default_state": state})
                    self.assert_refused(nothing, "web_save", [], {**vals, "state": state}, {})
            self.assert_refused(nothing, "create", [{**vals, "verified_by_id": user.id}])

    @mute_logger("odoo.http")
    def test_what_the_server_does_by_itself_can_t_be_called(self):
        improvement = self.prepare("to_verify")
        self.sign_in(self.admin_user)
        for method, args in (
            ("_apply_step", ["to_verify", "closed"]),
            ("_apply_verification", []),
            ("_check_step", ["closed", {}]),
            ("_note_check", ["verification", "passed", "x"]),
            ("_start_clock", []),
            ("_write", [{"state": "closed"}]),
        ):
            with self.subTest(method):
                self.assert_refused(improvement, method, improvement.ids, *args)

    @mute_logger("odoo.http")
    def test_checks_are_written_by_the_steps_alone(self):
        improvement = self.prepare("closed")
        checks = improvement.check_ids.sudo()
        for user in (self.ops_user, self.quality_user, self.admin_user):
            self.sign_in(user)
            with self.subTest(user=user.login):
                self.assert_refused(checks, "write", checks.ids, {"result": "failed"})
                self.assert_refused(checks, "unlink", checks.ids)
                self.assert_refused(
                    checks.browse(),
                    "create",
                    [
                        {
                            "improvement_id": improvement.id,
                            "user_id": user.id,
                            "kind": "effectiveness",
                            "result": "effective",
                            "note": "x",
                        }
                    ],
                )
