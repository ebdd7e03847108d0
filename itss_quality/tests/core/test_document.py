import base64
import io

from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..common import ItssCommon


@tagged("post_install", "-at_install")
class TestDocument(ItssCommon):
    """itss.document.mixin, on plans."""

    @freeze_time("2025-01-07 10:00:00")
    def test_each_signature_is_stamped_with_person_and_date(self):
        plan = self.approve(self.make_plan())
        self.assertEqual(plan.state, "approved")
        self.assertEqual(plan.prepared_by_id, self.quality_user)
        self.assertEqual(plan.reviewed_by_id, self.ops_user)
        self.assertEqual(plan.approved_by_id, self.manager_user)
        for date in (plan.prepared_date, plan.reviewed_date, plan.approved_date):
            self.assertEqual(str(date), "2025-01-07")

    def test_preparer_reviewer_and_approver_are_three_people(self):
        plan = self.make_plan().with_user(self.admin_user)
        plan.action_submit()
        with self.assertRaisesRegex(UserError, "three different people"):
            plan.action_review()
        plan.with_user(self.ops_user).action_review()
        with self.assertRaisesRegex(UserError, "three different people"):
            plan.action_approve()
        self.assertEqual(plan.state, "reviewed")

    def test_a_reviewer_does_not_approve(self):
        plan = self.make_plan()
        plan.action_submit()
        plan.with_user(self.admin_user).action_review()
        with self.assertRaisesRegex(UserError, "three different people"):
            plan.with_user(self.admin_user).action_approve()

    def test_separation_of_duties_can_be_switched_off_but_not_silently(self):
        self.company.with_user(self.env.user).itss_separation_of_duties = False
        message = self.company.partner_id.message_ids[0]
        self.assertIn("separation of duties is now off", message.body)
        plan = self.make_plan().with_user(self.admin_user)
        plan.action_submit()
        plan.action_review()
        plan.action_approve()
        self.assertEqual(plan.approved_by_id, self.admin_user)
        self.assertTrue(plan.separation_off)

    def test_what_was_signed_without_separation_of_duties_says_so_for_good(self):
        plan = self.make_plan()
        plan.with_user(self.admin_user).action_submit()
        self.company.itss_separation_of_duties = False
        plan.with_user(self.admin_user).action_review()
        self.company.itss_separation_of_duties = True
        plan.with_user(self.manager_user).action_approve()
        self.assertTrue(plan.separation_off)
        self.assertIn("separation of duties was switched off", self.read_print(plan))
        with self.assertRaisesRegex(UserError, "can't be entered"):
            plan.with_user(self.admin_user).separation_off = False
        report = self.env.ref("itss_quality.itss_plan_xlsx_action").with_user(self.quality_user)
        content, _kind = report._render(report.report_name, plan.ids)
        [sheet] = load_workbook(io.BytesIO(content)).worksheets
        self.assertIn("separation of duties off", sheet["A2"].value)
        revision = self.env["itss.plan"].browse(
            plan.with_user(self.quality_user).action_new_revision()["res_id"]
        )
        self.assertFalse(revision.separation_off)
        revision.with_user(self.quality_user).change_note = "增加一次内审"
        self.approve(revision)
        self.assertFalse(revision.separation_off)
        # the history of versions tells of the first one
        self.assertEqual(
            self.read_print(revision).count("separation of duties was switched off"), 1
        )

    def test_signatures_that_were_taken_back_are_not_spoken_of(self):
        self.company.itss_separation_of_duties = False
        plan = self.make_plan()
        plan.action_submit()
        self.assertTrue(plan.separation_off)
        plan.with_user(self.ops_user).write({"state": "draft", "rejection_reason": "Again"})
        self.assertFalse(plan.separation_off)
        self.company.itss_separation_of_duties = True
        self.approve(plan)
        self.assertFalse(plan.separation_off)

    def read_print(self, plan):
        return base64.b64decode(plan.signed_pdf).decode()

    def test_rejection_clears_the_signatures(self):
        plan = self.make_plan()
        plan.action_submit()
        plan.with_user(self.ops_user).action_review()
        plan.with_user(self.manager_user).write(
            {"state": "draft", "rejection_reason": "Row 7 is missing"}
        )
        self.assertFalse(plan.prepared_by_id or plan.reviewed_by_id or plan.prepared_date)
        self.assertEqual(plan.activity_ids.user_id, self.quality_user)

    def test_those_who_sign_next_get_a_to_do(self):
        plan = self.make_plan(reviewer_id=self.ops_user.id, approver_id=self.manager_user.id)
        plan.action_submit()
        self.assertEqual(plan.activity_ids.user_id, self.ops_user)
        plan.with_user(self.ops_user).action_review()
        self.assertEqual(plan.activity_ids.user_id, self.manager_user)
        plan.with_user(self.manager_user).action_approve()
        self.assertFalse(plan.activity_ids)

    def test_approval_keeps_the_signed_print(self):
        plan = self.approve(self.make_plan(number="QM-01"))
        self.assertIn("QM-01", plan.signed_pdf_name)
        self.assertIn("内审", base64.b64decode(plan.signed_pdf).decode())
        self.assertEqual(plan.action_open_signed_pdf()["type"], "ir.actions.act_url")

    def test_the_signed_print_can_t_be_replaced_or_deleted(self):
        plan = self.approve(self.make_plan())
        attachment = self.env["ir.attachment"].search(
            [
                ("res_model", "=", "itss.plan"),
                ("res_id", "=", plan.id),
                ("res_field", "=", "signed_pdf"),
            ]
        )
        self.assertTrue(attachment)
        for user in (self.quality_user, self.admin_user):
            own = attachment.with_user(user)
            with self.assertRaisesRegex(UserError, "evidence"):
                own.write({"datas": base64.b64encode(b"forged")})
            with self.assertRaisesRegex(UserError, "evidence"):
                own.unlink()

    def test_a_new_revision_supersedes_the_old_one_when_approved(self):
        plan = self.approve(self.make_plan(lines=2, number="QM-01"))
        action = plan.with_user(self.quality_user).action_new_revision()
        revision = self.env["itss.plan"].browse(action["res_id"])
        self.assertEqual((revision.number, revision.version), ("QM-01", "V1.1"))
        self.assertEqual(len(revision.line_ids), 2)
        self.assertEqual(plan.state, "approved")
        with self.assertRaisesRegex(UserError, "Change Record"):
            revision.with_user(self.quality_user).action_submit()
        revision.with_user(self.quality_user).change_note = "增加一次内审"
        self.approve(revision)
        self.assertEqual(plan.state, "superseded")
        self.assertEqual(revision._get_revision_history().mapped("version"), ["V1.0", "V1.1"])

    def test_there_is_one_revision_at_a_time(self):
        plan = self.approve(self.make_plan()).with_user(self.quality_user)
        first = plan.action_new_revision()
        self.assertEqual(plan.action_new_revision()["res_id"], first["res_id"])

    def test_only_an_approved_document_is_revised(self):
        with self.assertRaisesRegex(UserError, "approved"):
            self.make_plan().action_new_revision()
        plan = self.approve(self.make_plan())
        with self.assertRaises(AccessError):
            plan.with_user(self.ops_user).action_new_revision()

    def test_versions_count_on(self):
        plan = self.make_plan()
        for version, following in (("V1.0", "V1.1"), ("3", "4"), ("A09", "A10"), ("B", "B.1")):
            plan.version = version
            self.assertEqual(plan._get_next_version(), following)

    def test_buttons_are_shown_to_those_who_may_press_them(self):
        plan = self.make_plan()
        self.assertTrue(plan.can_submit)
        plan.action_submit()
        self.assertFalse(plan.can_review, "the preparer does not review")
        self.assertTrue(plan.with_user(self.ops_user).can_review)
        self.assertFalse(plan.with_user(self.manager_user).can_approve)
