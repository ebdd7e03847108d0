from contextlib import nullcontext

from odoo.tests import Form, freeze_time

from ..common import ItssCommon

NOW = "2025-09-15 02:00:00"  # Monday, ten o'clock in China


class ComplaintCommon(ItssCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        cls.category = cls.env.ref("itss_quality.itss_complaint_category_response")
        cls.other_category = cls.env.ref("itss_quality.itss_complaint_category_attitude")
        cls.dep_quality.manager_id = cls.employee(cls.quality_user)
        cls.dep_operations.manager_id = cls.employee(cls.leader)

    @classmethod
    def make_complaint(cls, user=None, received_at=None, **vals):
        """Register a complaint of the contact as an agent, now or at a time."""
        complaints = cls.env["itss.complaint"].with_user(user or cls.agent)
        with freeze_time(received_at) if received_at else nullcontext():
            return complaints.create(
                {
                    "name": "工程师迟到",
                    "description": "<p>约好九点，十一点才到</p>",
                    "company_id": cls.company.id,
                    "partner_id": cls.contact.id,
                    "category_id": cls.category.id,
                    **vals,
                }
            )

    @classmethod
    def make_major(cls, **vals):
        return cls.make_complaint(impact="high", urgency="high", **vals)

    def investigate(self, complaint, user=None):
        complaint = complaint.with_user(user or self.ops_user)
        complaint.action_investigate()
        # the answer that did not satisfy the customer can't be given again
        answer = "已道歉并调整派工" + "，并增派人员" * complaint.reopen_count
        complaint.write({"investigation": "已核实派工记录", "resolution": answer})
        return complaint

    def resolve(self, complaint, user=None):
        complaint = self.investigate(complaint, user)
        complaint.action_resolve()
        return complaint

    def prepare_improvement(self, owner, **vals):
        """Return a draft that could be carried out at once, made by the second of the quality department."""
        return (
            self.env["itss.improvement"]
            .with_user(self.quality_user_2)
            .create(
                {
                    "name": "加快响应",
                    "problem": "夜间响应慢",
                    "action": "增加值班",
                    "completion": "已增加两人",
                    "company_id": self.company.id,
                    "owner_id": owner.id,
                    "date_deadline": "2099-12-31",
                    **vals,
                }
            )
        )

    def add_improvement(self, complaint):
        action = complaint.with_user(self.quality_user).action_raise_improvement()
        improvements = self.env["itss.improvement"].with_context(**action["context"])
        form = Form(improvements.with_user(self.quality_user))
        form.name = "调整派工"
        return form.save()

    def plan_improvement(self, complaint):
        improvement = self.add_improvement(complaint).with_user(self.quality_user)
        improvement.write(
            {"action": "派工前看路程", "owner_id": self.ops_user.id, "date_deadline": "2099-12-31"}
        )
        improvement.action_plan()
        return improvement

    def resolve_major(self, user=None):
        """Return a major complaint answered by the quality department, and its improvement."""
        complaint = self.investigate(self.make_major(), user or self.quality_user)
        complaint.root_cause = "派工没有看路程"
        improvement = self.plan_improvement(complaint)
        complaint.action_resolve()
        return complaint, improvement

    def call_back(self, complaint, score=90, is_solved="yes", user=None):
        callback = complaint.callback_ids.filtered(lambda one: one.state == "pending")
        callback.with_user(user or self.agent).register_attempt(
            "reached", is_solved=is_solved, score=score, comment="可以"
        )
        return callback
