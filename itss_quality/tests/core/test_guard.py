"""itss.guard.mixin, over every model of the addon: a new one fails until it is safe."""

import json

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import JsonRpcException, tagged

from ...tools.records import concrete_models
from ...tools.references import find_unreadable
from ..audit.common import AuditCommon
from ..common import ItssCommon, RpcCase
from ..complaint.common import ComplaintCommon
from ..review.common import ReviewCommon


class GuardCommon(AuditCommon, ReviewCommon, ComplaintCommon):
    """A company with a record of every model, and people who may see none of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.both_admin = cls.make_user("t_both_admin", "admin")
        cls.both_admin.company_ids |= cls.other_company
        cls.make_records()

    @classmethod
    def set_up_helpdesk(cls):
        # of several sets of factories each asks for it
        if not hasattr(cls, "team"):
            super().set_up_helpdesk()

    @classmethod
    def make_records(cls):
        cls.report(cls.approve(cls._make_staff_plan()).line_ids, cls.staff_user)
        # who would review each audit's plan
        cls.company.itss_management_representative_id = False
        cls._make_audit_records()
        cls._make_callback_records()
        review = cls.make_review()
        cls.decide(review)
        review.sudo().state = "held"
        round_ = cls.make_round(1)
        round_.sudo().state = "closed"
        reports = {
            "itss.audit.report": {"audit_id": cls.audit.id},
            "itss.review.report": {"review_id": review.id},
            "itss.survey.report": {"round_id": round_.id},
        }
        for model, vals in reports.items():
            cls.env[model].create({**vals, "company_id": cls.company.id})
        cls._make_objective_records()
        cls._make_lesser_records()
        cls.records = {}
        for name in cls.get_models():
            model = cls.env[name]
            if not model._transient:
                domain = [("company_id", "=", cls.company.id)] if "company_id" in model else []
                cls.records[name] = model.search(domain, limit=1, order="id desc")

    @classmethod
    def get_models(cls):
        """Return the names of the addon's models with tables of their own."""
        names = concrete_models(cls.env, "base")
        return [name for name in names if name.startswith("itss.") and cls.env[name]._auto]

    @classmethod
    def _make_staff_plan(cls):
        plan = cls.make_plan(lines=0)
        cls.make_line(plan, responsible_department_ids=[Command.set(cls.dep_staff.ids)])
        return plan

    @classmethod
    def _make_audit_records(cls):
        cls.audit = cls.start()
        cls.meet(cls.audit, ["opening"])
        line = cls.audit.line_ids.filtered(lambda one: one.auditor_id.id == cls.auditor.id)[:1]
        cls.judge(line, "minor")
        cls.nonconformity = cls.env["itss.nonconformity"].create(
            {"audit_line_id": line.id, "company_id": cls.company.id, "facts": "两单未回访"}
        )

    @classmethod
    def _make_objective_records(cls):
        """Objectives of a department, which the others don't see, and their evaluation."""
        indicator = cls.env["itss.indicator"].search([("company_id", "=", cls.company.id)], limit=1)
        line = Command.create({"indicator_id": indicator.id, "countermeasure": "保密对策"})
        vals = {"company_id": cls.company.id, "year": 2025, "state": "approved", "line_ids": [line]}
        objectives = cls.env["itss.objective"]
        parent = objectives.create({**vals})
        of_department = {
            "level": "department",
            "department_id": cls.dep_quality.id,
            "parent_id": parent.id,
        }
        objective = objectives.create({**vals, **of_department})
        cls.env["itss.evaluation"].create(
            {"objective_id": objective.id, "company_id": cls.company.id, "summary": "保密分析"}
        )

    @classmethod
    def _make_callback_records(cls):
        callback = cls.make_callback()
        cls.env["itss.callback.attempt"].create(
            {"callback_id": callback.id, "user_id": cls.agent.id, "outcome": "no_answer"}
        )
        cls.make_complaint()

    @classmethod
    def _make_lesser_records(cls):
        improvement = cls.env["itss.improvement"].create(
            {
                "name": "增加夜班",
                "problem": "夜间响应慢",
                "company_id": cls.company.id,
                "cause_ids": [Command.create({"why": "无人值班"})],
            }
        )
        cls.env["itss.improvement.check"].create(
            {
                "improvement_id": improvement.id,
                "user_id": cls.quality_user.id,
                "kind": "verification",
                "result": "passed",
            }
        )
        cls.env["itss.receipt"].create(
            {
                "res_model": improvement._name,
                "res_id": improvement.id,
                "company_id": cls.company.id,
                "user_id": cls.staff_user.id,
            }
        )
        own = cls.env["itss.indicator"].create(
            {"code": "own", "name": "上门准时率", "company_id": cls.company.id}
        )
        cls.env["itss.indicator.entry"].create(
            {"indicator_id": own.id, "numerator": 1, "evidence": "派工单"}
        )
        cls.env["itss.ticket.past"].create(
            {
                "ticket_id": cls.env["helpdesk.ticket"].search([], limit=1).id,
                "company_id": cls.company.id,
                "cycle": 1,
            }
        )
        cls.env["itss.former.head"].create(
            {
                "department_id": cls.dep_staff.id,
                "employee_id": cls.auditor.id,
                "date_until": "2025-01-01",
            }
        )
        cls.env["itss.complaint.category"].create({"name": "计费", "company_id": cls.company.id})
        cls.env["itss.survey.result"].create(
            {
                "round_id": cls.env["itss.survey.round"].search([], limit=1).id,
                "dimension": "total",
                "name": "总体",
            }
        )

    def each_record(self):
        """Return a subtest and a record for each model of the addon that has some."""
        return [
            (self.subTest(model=name), record)
            for name, record in self.records.items()
            if self.assert_made(record)
        ]

    def assert_made(self, record):
        self.assertTrue(record, f"make a record of {record._name} above")
        return True

    def call(self, user, model, method, *args, **context):
        """Call a method the way every route of RPC does, and undo it."""
        self.env.flush_all()
        self.env.invalidate_all()
        with self.env.cr.savepoint() as savepoint:
            context.setdefault("allowed_company_ids", user.company_ids.ids)
            result = call_kw(
                self.env[model].with_user(user), method, list(args), {"context": context}
            )
            savepoint.rollback()
        self.env.invalidate_all()
        return result


@tagged("post_install", "-at_install")
class TestEveryCompany(GuardCommon):
    """Nothing moves to another company, whoever writes and by whichever field."""

    def test_the_company_never_changes(self):
        users = self.users - self.outsider | self.both_admin | self.agent | self.leader
        for subtest, record in self.each_record():
            if "company_id" not in record._fields:
                continue
            with subtest:
                for user in users:
                    vals = {"company_id": self.other_company.id}
                    with self.assertRaises(UserError, msg=user.login):
                        self.call(user, record._name, "write", record.ids, vals)
                for company in (self.other_company, self.env["res.company"]):
                    with self.assertRaisesRegex(UserError, "stays in the company"):
                        record.sudo().company_id = company

    def test_nobody_makes_records_for_a_company_they_don_t_work_in(self):
        self.both_admin.group_ids |= self.env.ref("base.group_erp_manager")
        for name in self.get_models():
            field = self.env[name]._fields.get("company_id")
            if field and field.store:
                with self.subTest(model=name), self.assertRaises(UserError):
                    self.call(
                        self.both_admin,
                        name,
                        "create",
                        [{"company_id": self.other_company.id}],
                        allowed_company_ids=self.company.ids,
                    )


class ReferenceCommon(GuardCommon):
    @classmethod
    def make_records(cls):
        super().make_records()
        # what of other apps' records our forms fill in is read with the user's rights, too
        partner = cls.env["res.partner"].create(
            {"name": "保密客户", "phone": "0871-9999", "company_id": cls.company.id}
        )
        cls.targets = {
            **cls.records,
            "res.partner": partner,
            "helpdesk.ticket": cls.make_ticket(name="保密工单"),
            "hr.employee": cls.lead,
            "hr.employee.public": cls.env["hr.employee.public"].browse(cls.lead.id),
            "hr.department": cls.dep_quality,
        }

    def get_spec(self, records):
        """Return what a form with every field of a model asks an onchange for."""
        names = records.fields_get(attributes=["type"])
        lines = {"fields": {"display_name": {}}}
        return {
            name: lines if records._fields[name].relational else {}
            for name in names
            if name != "id"
        }

    def get_texts(self, record):
        """Return the words that stand in a record."""
        values = record.sudo().read()[0]
        fields = [name for name in values if record._fields[name].type in ("char", "text", "html")]
        texts = {str(values[name]).strip() for name in fields if values[name]}
        return {text for text in texts if len(text) > 1 and text not in self.env}

    def assert_tells_nothing(self, user, model, target, values, **context):
        """A form with a value, or a default, that a user may not see is refused, or shows nothing of it."""
        spec = self.get_spec(self.env[model].with_user(user))
        names = list(values)
        try:
            answer = self.call(user, model, "onchange", [], values, names, spec, **context)
        except AccessError as error:
            answer = {"error": str(error)}
        answer = json.dumps(answer, default=str, ensure_ascii=False)
        if told := {text for text in self.get_texts(target) if text in answer}:
            usual = self.call(user, model, "onchange", [], {}, [], spec)
            usual = json.dumps(usual, default=str, ensure_ascii=False)
            self.assertFalse({text for text in told if text not in usual}, f"{user.login}: {told}")

    def each_reference(self, model, user):
        """Yield the values by which a form of a model would point at a record that a user may not see."""
        for name, field in model._fields.items():
            if field.type == "many2one_reference":
                for target in self.records.values():
                    if not target.with_user(user).has_access("read"):
                        yield target, {field.model_field: target._name, name: target.id}
            elif field.relational and field.comodel_name in self.targets:
                target = self.targets[field.comodel_name]
                if find_unreadable(self.env(user=user.id), target._name, target.ids):
                    one = field.type == "many2one"
                    yield target, {name: target.id if one else [Command.link(target.id)]}


@tagged("post_install", "-at_install")
class TestEveryReference(ReferenceCommon):
    """What a form fills in from a record is read with the user's rights."""

    def each_case(self):
        """Yield a subtest, a user, a model and a reference that the user may not follow."""
        # another company's administrator, a participant of another department, no role at all
        for user in (self.foreign_user, self.staff_user, self.outsider):
            for name in self.get_models():
                model = self.env[name].with_user(user)
                for target, values in self.each_reference(model, user):
                    subtest = self.subTest(user=user.login, model=name, values=values)
                    yield subtest, user, name, target, values

    def test_a_form_tells_nothing_of_what_the_user_may_not_see(self):
        for subtest, user, model, target, values in self.each_case():
            with subtest:
                self.assert_tells_nothing(user, model, target, values)

    def test_nor_does_a_default_of_the_context(self):
        for subtest, user, model, target, values in self.each_case():
            with subtest:
                context = {f"default_{name}": value for name, value in values.items()}
                self.assert_tells_nothing(user, model, target, {}, **context)

    def test_nothing_is_made_that_points_there(self):
        for subtest, user, model, _target, values in self.each_case():
            with subtest, self.assertRaises(UserError):
                self.call(user, model, "create", [values])


@tagged("post_install", "-at_install")
class TestReferenceOverRpc(ReferenceCommon, RpcCase):
    """The dialogs and forms that once told what a record says to whoever put its id into them."""

    def assert_silent(self, user, model, name, target):
        spec = self.get_spec(self.env[model].with_user(user))
        for values, names, context in (
            ({name: target.id}, [name], {}),
            ({name: {"id": target.id}}, [name], {}),
            ({}, [], {f"default_{name}": target.id}),
        ):
            with self.subTest(values=values, context=context):
                with self.assertRaises(JsonRpcException) as caught:
                    self.rpc_as(user, model, "onchange", [], values, names, spec, context=context)
                self.assertIn("AccessError", str(caught.exception))
        self.assert_rpc_refused(user, model, "create", [{name: target.id}], error="AccessError")

    def test_a_call_tells_no_contact_and_no_ticket(self):
        callback = self.records["itss.callback"]
        self.assert_silent(self.foreign_user, "itss.callback.call", "callback_id", callback)

    def test_an_effectiveness_check_tells_no_problem_and_no_action(self):
        improvement = self.records["itss.improvement"]
        model = "itss.improvement.effectiveness"
        self.assert_silent(self.foreign_user, model, "improvement_id", improvement)

    def test_a_change_of_a_deadline_tells_no_improvement(self):
        improvement = self.records["itss.improvement"]
        model = "itss.improvement.postpone"
        self.assert_silent(self.foreign_user, model, "improvement_id", improvement)

    def test_reports_tell_no_conclusion(self):
        for area, name in (("survey", "round"), ("review", "review"), ("audit", "audit")):
            target = self.records[f"itss.{area}.{name}" if area == "survey" else f"itss.{area}"]
            self.assert_silent(self.foreign_user, f"itss.{area}.report", f"{name}_id", target)

    def test_a_qualification_tells_no_certificate(self):
        self.assert_silent(self.foreign_user, "itss.auditor.qualify", "employee_id", self.lead)

    def test_a_substitute_tells_no_team_and_no_name(self):
        model = "itss.auditor.substitute"
        self.assert_silent(self.foreign_user, model, "audit_id", self.audit)
        self.assert_silent(self.foreign_user, model, "joining_id", self.targets["hr.employee"])

    def test_a_complaint_tells_no_customer_of_another_company(self):
        partner = self.targets["res.partner"]
        self.assert_silent(self.foreign_user, "itss.complaint", "partner_id", partner)

    def test_a_nonconformity_tells_a_participant_no_question(self):
        line = self.records["itss.audit.line"]
        self.assert_silent(self.outsider_participant(), "itss.nonconformity", "audit_line_id", line)

    def outsider_participant(self):
        """Return a participant of a department that has nothing to do with the audit."""
        return self.make_user("t_elsewhere", "user", self.make_department("财务部"))

    def test_an_invalid_complaint_tells_no_complaint(self):
        complaint = self.records["itss.complaint"]
        self.assert_silent(self.foreign_user, "itss.complaint.invalid", "complaint_id", complaint)

    def test_a_proposal_and_an_import_of_answers_tell_no_round(self):
        for model in ("itss.survey.propose", "itss.survey.import"):
            self.assert_silent(
                self.foreign_user, model, "round_id", self.records["itss.survey.round"]
            )

    def test_an_import_tells_no_plan_and_no_checklist(self):
        plan, checklist = self.records["itss.plan"], self.records["itss.audit.checklist"]
        self.assert_silent(self.foreign_user, "itss.plan.import", "plan_id", plan)
        self.assert_silent(self.foreign_user, "itss.audit.import", "checklist_id", checklist)

    def test_a_row_of_an_import_tells_no_colleague_and_no_department_of_another_company(self):
        vals = {
            "responsible_id": self.lead.id,
            "responsible_department_ids": self.dep_quality.ids,
            "supporting_department_ids": self.dep_staff.ids,
        }
        model = "itss.plan.import.line"
        spec = self.get_spec(self.env[model].with_user(self.foreign_user))
        answer = self.rpc_as(
            self.foreign_user, model, "onchange", [], {"vals": vals}, ["vals"], spec
        )
        text = json.dumps(answer, ensure_ascii=False)
        for record in (self.lead, self.dep_quality, self.dep_staff):
            self.assertNotIn(record.display_name, text)

    def test_a_reason_for_a_step_tells_no_record(self):
        plan = self.records["itss.plan"]
        values = {"res_model": plan._name, "res_id": plan.id, "new_state": "draft"}
        call = ("itss.step.reason", "onchange", [], values, list(values), {"title": {}, "info": {}})
        self.assert_rpc_refused(self.foreign_user, *call)
        self.assert_rpc_refused(self.foreign_user, "itss.step.reason", "create", [values])

    def test_an_id_is_a_number(self):
        complaint = self.records["itss.complaint"]
        for value in (str(complaint.id), float(complaint.id), True, [complaint.id, "x"]):
            values = {"complaint_id": value}
            call = ("itss.complaint.invalid", "create", [{**values, "reason": "x"}])
            self.assert_rpc_refused(self.foreign_user, *call, error="UserError|AccessError")

    def test_what_a_record_points_at_already_may_stay(self):
        """Whoever works on a record need not be able to open everything that it points at."""
        participant = self.make_round(1).participant_ids.sudo()
        partner = participant.partner_id
        partner.company_id = self.other_company
        other = partner.copy()
        self.sign_in(self.quality_user)
        vals = {"partner_id": partner.id, "channel": "phone"}
        self.rpc(participant._name, "onchange", participant.ids, vals, [*vals], {"channel": {}})
        self.rpc(participant._name, "write", participant.ids, vals)
        self.assertEqual(participant.channel, "phone")
        vals["partner_id"] = other.id
        self.assert_refused(participant, "write", participant.ids, vals)


@tagged("post_install", "-at_install")
class TestEveryContext(GuardCommon, RpcCase):
    """What the rules need does not depend on what a caller puts into the context."""

    silent = {
        "mail_activity_automation_skip": True,
        "mail_activity_quick_update": True,
        "mail_auto_subscribe_no_notify": True,
        "mail_create_nolog": True,
        "mail_create_nosubscribe": True,
        "mail_notrack": True,
        "tracking_disable": True,
    }

    def test_the_guard_stands_before_everything_else(self):
        guard = "odoo.addons.itss_quality.models.core.itss_guard_mixin"
        for name in self.get_models():
            with self.subTest(model=name):
                own = vars(self.env.registry[name])
                for method in ("create", "write", "unlink", "default_get", "onchange"):
                    self.assertEqual(own[method].__module__, guard, method)

    def test_notes_and_to_dos_are_not_skipped(self):
        self.sign_in(self.quality_user)
        vals = {
            "year": 2031,
            "company_id": self.company.id,
            "reviewer_id": self.ops_user.id,
            "change_note": "首次",
        }
        plan_id = self.rpc("itss.plan", "create", vals, context=self.silent)
        plan = self.env["itss.plan"].browse(plan_id)
        self.assertIn(self.quality_user.partner_id, plan.message_partner_ids)
        count = len(plan.message_ids)
        self.assertTrue(count)
        self.make_line(plan)
        self.rpc("itss.plan", "write", [plan_id], {"state": "submitted"}, context=self.silent)
        plan.invalidate_recordset()
        self.assertEqual(plan.activity_ids.user_id, self.ops_user)
        self.assertIn("Submitted", plan.message_ids.tracking_value_ids.mapped("new_value_char"))

    def test_a_to_do_is_given_and_taken_back_whatever_the_context_says(self):
        plan = self.make_plan().sudo().with_context(**self.silent)
        plan._ask(self.ops_user, lambda env: "Please review")
        self.assertTrue(plan.activity_ids)
        plan._stop_asking()
        self.assertFalse(plan.activity_ids)

    def test_defaults_set_nothing_that_only_the_server_sets(self):
        context = {
            "default_is_used": True,
            "default_version": 9,
            "default_previous_id": self.checklist.id,
        }
        self.sign_in(self.quality_user)
        new_id = self.rpc("itss.audit.checklist", "create", {"name": "甲"}, context=context)
        checklist = self.env["itss.audit.checklist"].browse(new_id)
        self.assertEqual(
            (checklist.is_used, checklist.version, checklist.previous_id.id), (False, 1, False)
        )
        for vals in ({"is_used": True}, {"version": 9}):
            self.assert_refused(checklist, "create", {"name": "乙", **vals})
            self.assert_refused(checklist, "write", checklist.ids, vals)

    def test_nor_do_defaults_that_a_user_has_set_up(self):
        self.sign_in(self.quality_user)
        self.rpc("ir.default", "set", "itss.audit.checklist", "version", 9, user_id=True)
        self.rpc("ir.default", "set", "itss.audit.checklist", "edition", "乙", user_id=True)
        new_id = self.rpc("itss.audit.checklist", "create", {"name": "甲"})
        checklist = self.env["itss.audit.checklist"].browse(new_id)
        self.assertEqual((checklist.version, checklist.edition), (1, "乙"))

    def test_what_is_made_on_the_way_starts_with_no_defaults_of_the_caller(self):
        self.sign_in(self.quality_user)
        vals = {"name": "评审", "company_id": self.company.id}
        context = {"default_is_frozen": True, "default_text": "x", "default_suggestions": "y"}
        review_id = self.rpc("itss.review", "create", vals, context=context)
        inputs = self.env["itss.review"].browse(review_id).input_ids
        self.assertTrue(inputs)
        self.assertFalse(any(inputs.mapped("is_frozen")))
        self.assertFalse(any(inputs.mapped("text")) or any(inputs.mapped("suggestions")))

    def test_the_qualification_of_auditors_is_not_skipped(self):
        self.company.itss_auditor_check = "refuse"
        self.lead.itss_auditor_since = False
        audit = self.make_audit(lead_auditor_id=self.auditor_2.id)
        self.sign_in(self.quality_user)
        self.assert_refused(
            audit,
            "write",
            audit.ids,
            {"lead_auditor_id": self.lead.id},
            context={"itss_revision": True},
        )


@tagged("post_install", "-at_install")
class TestShared(ItssCommon, RpcCase):
    """Records that all companies share are kept by the administrator of all of them alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keeper = cls.make_user("t_keeper", "admin")
        cls.keeper.company_ids = cls.env["res.company"].search([])
        cls.shared = cls.env["itss.audit.checklist"].create(
            {"name": "通用", "line_ids": [Command.create({"question": "？"})]}
        ) | cls.env["itss.audit.checklist"].create({"name": "另一份"})

    def test_they_are_the_keeper_s_alone(self):
        category = self.env.ref("itss_quality.itss_complaint_category_response")
        for user, may in (
            (self.quality_user, False),
            (self.admin_user, False),
            (self.foreign_user, False),
            (self.keeper, True),
        ):
            for record, vals in (
                (self.shared[1], {"name": "x"}),
                (self.shared.line_ids, {"question": "x"}),
                (category, {"name": "x"}),
            ):
                with self.subTest(user=user.login, model=record._name):
                    rights = "wd" if record._name.startswith("itss.audit") else "w"
                    self.assertEqual(self.get_rights(user, record, vals, rights), rights * may)
            for model in ("itss.audit.checklist", "itss.complaint.category"):
                with self.subTest(user=user.login, model=model):
                    vals = {"name": "新", "company_id": False}
                    self.assertEqual(self.is_allowed(user, model, "create", vals), may)

    def test_a_new_one_is_the_company_s_own_unless_the_keeper_makes_it(self):
        for user, company in ((self.quality_user, self.company), (self.keeper, False)):
            new_id = self.rpc_as(user, "itss.audit.checklist", "create", {"name": "新"})
            checklist = self.env["itss.audit.checklist"].browse(new_id)
            self.assertEqual(checklist.company_id.id, company and company.id)
            [copy_id] = self.rpc("itss.audit.checklist", "copy", self.shared[0].ids)
            copy = checklist.browse(copy_id)
            self.assertEqual(copy.company_id.id, company and company.id)
            self.assertEqual(len(copy.line_ids), 1)

    def test_the_next_version_of_a_shared_checklist_is_the_company_s_own(self):
        checklist = self.shared[0].with_user(self.quality_user)
        version = checklist.browse(checklist.action_new_version()["res_id"])
        self.assertEqual((version.version, version.company_id), (2, self.company))
        self.assertTrue(checklist.active)
        checklist = checklist.with_user(self.keeper)
        version = checklist.browse(checklist.action_new_version()["res_id"])
        self.assertFalse(version.company_id)
        self.assertFalse(checklist.active)

    def test_none_becomes_a_company_s_and_none_of_a_company_becomes_shared(self):
        own = self.env["itss.audit.checklist"].create(
            {"name": "自己的", "company_id": self.company.id}
        )
        for record, company in ((self.shared[0], self.company.id), (own, False)):
            self.assert_rpc_refused(
                self.keeper,
                record._name,
                "write",
                record.ids,
                {"company_id": company},
                error="UserError",
            )
