from collections import namedtuple

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...tools.records import concrete_models
from ..audit.common import AuditCommon

# an open part, what may change of it, the field to its whole, another whole, and what freezes it
Case = namedtuple("Case", "part vals field other freeze")


@tagged("post_install", "-at_install")
class TestEveryPart(AuditCommon):
    """itss.part.mixin, in every model that inherits it: each is made here by make_<model>."""

    def each_part(self):
        """Return a subtest for each model of parts, and what makes one."""
        return [
            (self.subTest(model=name), getattr(self, f"make_{name.replace('.', '_')}"))
            for name in concrete_models(self.env, "itss.part.mixin")
        ]

    def new(self, model, **vals):
        return self.env[model].with_user(self.quality_user).create(vals)

    def step(self, record, state):
        return lambda: record.sudo().write({"state": state})

    def make_itss_audit_schedule(self):
        audit, other = self.make_audit(), self.make_audit(name="另一次")
        return Case(
            audit.schedule_ids[0], {"topic": "x"}, "audit_id", other, self.step(audit, "submitted")
        )

    def make_itss_meeting(self):
        audit, other = self.plan(self.make_audit()), self.plan(self.make_audit(name="另一次"))
        self.meet(audit, ["opening"])
        meeting = audit.meeting_ids.with_user(self.quality_user)
        return Case(meeting, {"minutes": "x"}, "audit_id", other, self.step(audit, "closed"))

    def make_itss_attendance(self):
        meeting, _vals, _field, audit, freeze = self.make_itss_meeting()
        self.meet(audit, ["opening"])
        return Case(
            meeting.attendance_ids, {"job_title": "x"}, "meeting_id", audit.meeting_ids, freeze
        )

    def make_itss_audit_checklist_line(self):
        checklist, other = (
            self.new(
                "itss.audit.checklist", name=name, line_ids=[Command.create({"question": "？"})]
            )
            for name in ("甲", "乙")
        )
        return Case(
            checklist.line_ids,
            {"clause": "7.2"},
            "checklist_id",
            other,
            lambda: checklist.sudo().write({"is_used": True}),
        )

    def make_itss_improvement_cause(self):
        improvement, other = (
            self.new(
                "itss.improvement",
                name=name,
                problem="夜间响应慢",
                cause_ids=[Command.create({"why": "无人值班"})],
            )
            for name in ("甲", "乙")
        )
        return Case(
            improvement.cause_ids,
            {"why": "x"},
            "improvement_id",
            other,
            self.step(improvement, "closed"),
        )

    def make_objective(self, year, **vals):
        indicator = self.env["itss.indicator"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        line = Command.create({"indicator_id": indicator.id})
        return self.new("itss.objective", year=year, line_ids=[line], **vals)

    def make_itss_objective_line(self):
        objective, other = self.make_objective(2027), self.make_objective(2028)
        return Case(
            objective.line_ids,
            {"countermeasure": "x"},
            "objective_id",
            other,
            self.step(objective, "submitted"),
        )

    def make_itss_evaluation_line(self):
        evaluations = []
        for year in (2029, 2030):
            objective = self.make_objective(year)
            objective.sudo().state = "approved"
            evaluations.append(self.new("itss.evaluation", objective_id=objective.id))
        evaluation, other = evaluations
        return Case(
            evaluation.line_ids,
            {"cause": "x"},
            "evaluation_id",
            other,
            self.step(evaluation, "submitted"),
        )

    def make_itss_plan_line(self):
        plan, other = self.make_plan(), self.make_plan()
        return Case(plan.line_ids, {"name": "x"}, "plan_id", other, plan.action_submit)

    def make_itss_review_decision(self):
        review, other = (self.new("itss.review", name=name) for name in ("甲", "乙"))
        decision = self.new("itss.review.decision", review_id=review.id, name="增加夜班")

        def report():
            review.sudo().state = "held"
            reports = self.env["itss.review.report"].sudo()
            vals = {"review_id": review.id, "company_id": review.company_id.id}
            reports.create(vals).state = "submitted"

        return Case(decision, {"name": "x"}, "review_id", other, report)

    def make_itss_survey_participant(self):
        round_, other = self.make_round(1), self.make_round(0)
        participant = round_.participant_ids
        return Case(
            participant,
            {"partner_id": self.company.partner_id.id},
            "round_id",
            other,
            self.step(round_, "running"),
        )

    def assert_frozen(self, change, *args):
        with self.assertRaises(UserError) as caught:
            change(*args)
        self.assertNotIsInstance(caught.exception, AccessError)

    def test_it_changes_while_its_whole_is_open_and_no_longer(self):
        for subtest, make in self.each_part():
            with subtest:
                part, vals, _field, _other, freeze = make()
                part.write(vals)
                copies = part.sudo().copy_data()
                freeze()
                self.assert_frozen(part.write, vals)
                self.assert_frozen(part.unlink)
                part.sudo().write(vals)
                part.sudo().unlink()
                self.assert_frozen(part.create, copies)

    def test_it_belongs_where_it_was_made(self):
        for subtest, make in self.each_part():
            with subtest:
                part, _vals, field, other, _freeze = make()
                self.assertIn(field, part._get_whole_fields())
                with self.assertRaisesRegex(UserError, "belongs where it was made"):
                    part.write({field: other.id})
                part.write({field: part[field].id})
