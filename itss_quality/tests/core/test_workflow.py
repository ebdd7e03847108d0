from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...tools.records import concrete_models
from ..common import ItssCommon


@tagged("post_install", "-at_install")
class TestWorkflow(ItssCommon):
    """itss.workflow.mixin, on plans."""

    def test_a_new_record_starts_in_the_initial_state(self):
        plans = self.env["itss.plan"].with_user(self.quality_user)
        with self.assertRaisesRegex(UserError, "Draft.*Approved"):
            plans.create({"year": 2025, "company_id": self.company.id, "state": "approved"})

    def test_a_default_in_the_context_does_not_skip_steps(self):
        plans = self.env["itss.plan"].with_user(self.quality_user)
        with self.assertRaises(UserError):
            plans.with_context(default_state="approved").create(
                {"year": 2025, "company_id": self.company.id}
            )
        plan = plans.with_context(default_approved_by_id=self.manager_user.id).create(
            {"year": 2025, "company_id": self.company.id}
        )
        self.assertFalse(plan.approved_by_id)

    def test_an_unknown_step_names_both_states(self):
        plan = self.make_plan()
        with self.assertRaisesRegex(UserError, "Draft.*Approved"):
            plan.state = "approved"

    def test_the_words_of_a_refusal_are_the_user_s(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"].search([("name", "=", "itss_quality")])._update_translations(
            ["zh_CN"]
        )
        plan = self.make_plan().with_context(lang="zh_CN")
        with self.assertRaisesRegex(UserError, "草稿.*已批准"):
            plan.state = "approved"

    def test_a_step_needs_its_role(self):
        plan = self.make_plan()
        plan.action_submit()
        plan.with_user(self.ops_user).action_review()
        with self.assertRaisesRegex(AccessError, "Management"):
            plan.with_user(self.quality_user_2).action_approve()
        self.assertEqual(plan.state, "reviewed")

    def test_a_step_through_import_obeys_the_same_rule(self):
        plan = self.make_plan()
        result = plan.load([".id", "state"], [[str(plan.id), "approved"]])
        self.assertFalse(result["ids"])
        self.assertIn("Approved", result["messages"][0]["message"])
        self.assertEqual(plan.state, "draft")

    def test_frozen_fields_are_refused_by_write_and_import(self):
        plan = self.approve(self.make_plan())
        for user in (self.quality_user, self.manager_user, self.admin_user):
            with self.assertRaisesRegex(UserError, "can't change"):
                plan.with_user(user).write({"purpose": "<p>other</p>"})
        result = plan.with_user(self.quality_user).load(
            [".id", "name"], [[str(plan.id), "Another name"]]
        )
        self.assertFalse(result["ids"])
        self.assertIn("can't change", result["messages"][0]["message"])

    def test_a_locked_record_is_not_deleted(self):
        plan = self.approve(self.make_plan())
        with self.assertRaisesRegex(UserError, "can't be deleted"):
            plan.with_user(self.quality_user).unlink()
        self.make_plan().unlink()

    def test_stamps_are_set_by_steps_only(self):
        plan = self.make_plan()
        for vals in (
            {"prepared_by_id": self.quality_user_2.id},
            {"approved_date": "2025-01-07"},
            {"signed_pdf": b"", "signed_pdf_name": "a.pdf"},
        ):
            with self.assertRaisesRegex(UserError, "can't be entered"):
                plan.with_user(self.admin_user).write(vals)

    def test_a_reason_has_to_come_with_the_step_that_asks_for_it(self):
        plan = self.make_plan()
        plan.action_submit()
        reviewer = plan.with_user(self.ops_user)
        for reason in ({}, {"rejection_reason": "  "}):
            with self.assertRaisesRegex(UserError, "Rejection Reason"):
                reviewer.write({"state": "draft", **reason})
        wizard_action = reviewer.action_reject()
        wizard = (
            self.env["itss.step.reason"]
            .with_user(self.ops_user)
            .with_context(**wizard_action["context"])
            .create({"reason": "目标不明确"})
        )
        wizard.action_confirm()
        self.assertEqual(plan.state, "draft")
        self.assertEqual(plan.rejection_reason, "目标不明确")
        self.assertIn("目标不明确", plan.message_ids[0].body)

    def test_the_reason_dialog_gives_no_right_of_its_own(self):
        plan = self.make_plan()
        plan.action_submit()
        vals = {"res_model": "itss.plan", "res_id": plan.id, "new_state": "draft", "reason": "x"}
        with self.assertRaises(AccessError):
            self.env["itss.step.reason"].with_user(self.staff_user).create(vals)
        wizard = self.env["itss.step.reason"].with_user(self.desk_user).create(vals)
        with self.assertRaises(AccessError):
            wizard.action_confirm()
        wizard.write({"res_model": "res.users", "res_id": self.desk_user.id})
        with self.assertRaisesRegex(UserError, "no steps"):
            wizard.action_confirm()

    def test_superuser_mode_is_the_only_way_round(self):
        plan = self.make_plan()
        plan.sudo().state = "approved"
        self.assertEqual(plan.state, "approved")
        with self.assertRaises(UserError):
            self.make_plan(number="X").with_user(self.admin_user).state = "approved"


@tagged("post_install", "-at_install")
class TestNumbered(ItssCommon):
    """itss.numbered.mixin, on improvements and plans."""

    def _improve(self, company=None, **vals):
        return self.env["itss.improvement"].create(
            {
                "name": "Improve",
                "problem": "Late",
                "company_id": (company or self.company).id,
                **vals,
            }
        )

    def test_numbers_run_per_company_and_year(self):
        first, second = self._improve(), self._improve()
        other = self._improve(self.other_company)
        self.assertRegex(first.number, r"^IM-\d{4}-0001$")
        self.assertRegex(second.number, r"^IM-\d{4}-0002$")
        self.assertEqual(other.number, first.number)

    def test_the_plan_s_year_chooses_the_sequence(self):
        plan = self.make_plan(year=2031)
        self.assertEqual(plan.number, "QP-2031-0001")
        self.assertEqual(self.make_plan(year=2031).number, "QP-2031-0002")
        self.assertEqual(self.make_plan(year=2032).number, "QP-2032-0001")

    def test_a_number_is_unique_in_its_company(self):
        self._improve(number="A-1")
        self._improve(self.other_company, number="A-1")
        with (
            self.assertRaises(UniqueViolation),
            self.env.cr.savepoint(),
            mute_logger("odoo.sql_db"),
        ):
            self._improve(number="A-1")

    def test_a_failed_save_leaves_no_gap(self):
        self._improve()
        with self.assertRaises(ValueError), self.env.cr.savepoint():
            self._improve()
            raise ValueError
        self.assertRegex(self._improve().number, r"-0002$")

    def test_a_company_made_later_has_its_sequences(self):
        company = self.env["res.company"].create({"name": "Third Co"})
        self.assertRegex(self._improve(company).number, r"^IM-\d{4}-0001$")

    def test_a_model_that_comes_later_numbers_in_every_company(self):
        """At each update a company gets the sequences it lacks, and no second ones."""
        companies = self.company | self.other_company
        sequences = self.env["ir.sequence"].search([("company_id", "in", companies.ids)])
        models = concrete_models(self.env, "itss.numbered.mixin")
        self.assertIn("itss.plan", models)
        self.assertNotIn("itss.document.mixin", models)
        expected = sorted(models * 2)
        self.assertEqual(sorted(sequences.mapped("code")), expected)
        sequences.filtered(lambda one: one.code == "itss.plan").unlink()
        self.env["res.company"]._itss_create_missing_sequences()
        sequences = self.env["ir.sequence"].search([("company_id", "in", companies.ids)])
        self.assertEqual(sorted(sequences.mapped("code")), expected)
