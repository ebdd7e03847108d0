from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..common import ItssCommon


@tagged("post_install", "-at_install")
class TestEvidence(ItssCommon):
    """What was signed, reported or noted can't be forged, by no user and no call."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.approve(cls.make_plan())
        cls.line = cls.plan.line_ids
        cls.signers = (cls.quality_user, cls.ops_user, cls.manager_user, cls.admin_user)

    def _file(self, user, **vals):
        return (
            self.env["ir.attachment"]
            .with_user(user)
            .create({"name": "file.txt", "raw": b"text", **vals})
        )

    # -------------------------------------------------------------------------
    # Files
    # -------------------------------------------------------------------------

    def test_no_second_signed_pdf_is_put_over_the_first(self):
        place = {"res_model": "itss.plan", "res_id": self.plan.id, "res_field": "signed_pdf"}
        for user in self.signers:
            with self.subTest(user=user.login):
                with self.assertRaisesRegex(UserError, "evidence"):
                    self._file(user, **place)
                loose = self._file(user)
                with self.assertRaisesRegex(UserError, "evidence"):
                    loose.write(place)

    def test_no_file_is_slipped_under_a_report(self):
        report = self.report(self.line, self.ops_user)
        for user in self.signers:
            with self.assertRaises(AccessError):
                self._file(user, res_model=report._name, res_id=report.id)

    def test_a_report_keeps_its_own_copy_of_another_record_s_file(self):
        file = self._file(self.quality_user, res_model=self.line._name, res_id=self.line.id)
        report = self.report(self.line, self.quality_user, attachment_ids=[Command.set(file.ids)])
        kept = report.attachment_ids
        self.assertNotEqual(kept, file)
        file.raw = b"changed"
        file.unlink()
        self.assertEqual(kept.sudo().raw, b"text")
        with self.assertRaisesRegex(UserError, "evidence"):
            kept.with_user(self.quality_user).raw = b"changed"

    # -------------------------------------------------------------------------
    # Values
    # -------------------------------------------------------------------------

    def test_a_new_record_brings_no_computed_values_or_stamps(self):
        draft = self.make_plan(lines=0)
        lines = self.env["itss.plan.line"].with_user(self.quality_user)
        with self.assertRaisesRegex(UserError, "can't be entered"):
            lines.create({"plan_id": draft.id, "name": "x", "plan_state": "approved"})
        line = lines.with_context(default_plan_state="approved", default_progress=100).create(
            {"plan_id": draft.id, "name": "x"}
        )
        self.assertEqual((line.plan_state, line.progress), ("draft", 0))

    def test_a_reason_can_t_be_rewritten_without_its_step(self):
        plan = self.make_plan()
        plan.action_submit()
        plan.with_user(self.ops_user).write({"state": "draft", "rejection_reason": "too vague"})
        for user in self.signers:
            for record, field in (
                (self.plan, "closing_note"),
                (self.plan, "rejection_reason"),
                (self.line, "cancel_reason"),
            ):
                with self.subTest(user=user.login, field=field):
                    with self.assertRaises(UserError):
                        record.with_user(user).write({field: "other"})
        with self.assertRaisesRegex(UserError, "can't be entered"):
            plan.with_user(self.quality_user).rejection_reason = "fine"

    def test_a_line_is_not_moved_into_a_frozen_plan(self):
        other = self.make_plan()
        with self.assertRaisesRegex(UserError, "can't change"):
            other.line_ids.with_user(self.quality_user).write({"plan_id": self.plan.id})

    def test_a_department_of_the_plan_can_t_be_deleted(self):
        department = self.make_department("临时部")
        self.env["itss.plan.line"].create(
            {
                "plan_id": self.make_plan().id,
                "name": "x",
                "responsible_department_ids": [Command.set(department.ids)],
            }
        )
        with (
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
            mute_logger("odoo.sql_db"),
        ):
            department.unlink()

    # -------------------------------------------------------------------------
    # Messages and to-dos
    # -------------------------------------------------------------------------

    def test_what_the_system_noted_stays(self):
        plan = self.make_plan()
        plan.action_submit()
        plan.with_user(self.ops_user).write({"state": "draft", "rejection_reason": "too vague"})
        note = plan.message_ids[0]
        self.assertIn("too vague", note.body)
        for user in self.signers:
            with self.subTest(user=user.login):
                with self.assertRaisesRegex(UserError, "evidence"):
                    note.with_user(user).unlink()
                with self.assertRaisesRegex(UserError, "evidence"):
                    note.with_user(user).body = "other"

    def test_one_s_own_comment_stays_one_s_own(self):
        comment = self.line.with_user(self.ops_user).message_post(
            body="typo", message_type="comment"
        )
        comment.with_user(self.ops_user).body = "right"

    def test_a_late_line_stays_reported_when_its_to_do_is_removed(self):
        with freeze_time("2025-12-15"):
            self.line.sudo()._escalate()
        self.line.activity_ids.unlink()
        self.assertIn("late since", self.line.message_ids[0].body)
        self.assertIn(self.quality_user.partner_id, self.line.message_ids[0].partner_ids)

    # -------------------------------------------------------------------------
    # Improvements
    # -------------------------------------------------------------------------

    def _improvement(self, owner, **vals):
        improvement = self.env["itss.improvement"].create(
            {
                "name": "x",
                "problem": "y",
                "action": "z",
                "company_id": self.company.id,
                "department_id": self.dep_staff.id,
                "owner_id": owner.id,
                "date_deadline": "2025-12-01",
                **vals,
            }
        )
        improvement.with_user(self.quality_user).action_plan()
        improvement.with_user(owner).action_start()
        return improvement

    def test_who_carried_it_out_does_not_verify_under_another_owner(self):
        improvement = self._improvement(self.quality_user_2).with_user(self.quality_user_2)
        with self.assertRaisesRegex(UserError, "Owner"):
            improvement.write({"completion": "c", "owner_id": False, "state": "to_verify"})
        improvement.write({"completion": "c", "owner_id": self.ops_user.id, "state": "to_verify"})
        with self.assertRaisesRegex(UserError, "somebody else"):
            improvement.action_verify()

    def test_who_carries_it_out_does_not_change_what_was_planned(self):
        improvement = self._improvement(self.staff_user).with_user(self.staff_user)
        for vals in (
            {"date_deadline": "2029-01-01"},
            {"action": "nothing"},
            {"owner_id": self.ops_user.id},
            {"department_id": self.dep_quality.id},
        ):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "can't change"):
                improvement.write(vals)
        improvement.with_user(self.quality_user).postpone("2026-01-31", "配件到货推迟")

    def test_only_what_can_be_a_source_is_one(self):
        for model in ("res.users", "no.such.model"):
            with self.subTest(model=model), self.assertRaises(UserError):
                self.env["itss.improvement"].with_user(self.staff_user).create(
                    {
                        "name": "x",
                        "problem": "y",
                        "company_id": self.company.id,
                        "source_model": model,
                        "source_id": 1,
                    }
                )
        improvement = self._improvement(self.ops_user)
        with self.assertRaisesRegex(UserError, "can't change"):
            improvement.with_user(self.quality_user).write(
                {"source_model": "res.users", "source_id": 1}
            )

    def test_a_draft_plan_is_not_deleted_from_under_an_improvement(self):
        plan = self.make_plan()
        self._improvement(self.ops_user, source_model="itss.plan.line", source_id=plan.line_ids.id)
        with self.assertRaisesRegex(UserError, "improvement"):
            plan.unlink()

    def test_a_number_entered_by_hand_does_not_stop_the_sequence(self):
        first = self._improvement(self.ops_user)
        following = first.number[:-4] + f"{int(first.number[-4:]) + 1:04d}"
        self.env["itss.improvement"].with_user(self.staff_user).create(
            {
                "name": "x",
                "problem": "y",
                "company_id": self.company.id,
                "number": following,
            }
        )
        third = self._improvement(self.ops_user)
        self.assertEqual(int(third.number[-4:]), int(first.number[-4:]) + 2)

    # -------------------------------------------------------------------------
    # People
    # -------------------------------------------------------------------------

    def test_those_who_sign_or_own_work_for_the_company(self):
        outsider = self.make_user("t_other_co", "user", company=self.other_company)
        plan = self.make_plan()
        for field in ("reviewer_id", "approver_id"):
            with self.assertRaisesRegex(ValidationError, "does not work for"):
                plan[field] = outsider
        with self.assertRaisesRegex(ValidationError, "does not work for"):
            self._improvement(outsider)

    def test_participants_read_several_lines_and_only_their_own(self):
        plan = self.make_plan(lines=0)
        mine = [
            self.make_line(plan, responsible_department_ids=[Command.set(self.dep_staff.ids)])
            for _number in range(3)
        ]
        self.make_line(plan, responsible_department_ids=[Command.set(self.dep_quality.ids)])
        self.approve(plan)
        self.env.invalidate_all()
        lines = (
            self.env["itss.plan.line"].with_user(self.staff_user).browse(line.id for line in mine)
        )
        values = lines.read(["concerns_me", "is_my_duty", "can_report", "can_finish"])
        self.assertTrue(all(row["concerns_me"] and row["can_report"] for row in values))
        self.env.invalidate_all()
        seen = plan.with_user(self.staff_user).read(["line_ids"])[0]["line_ids"]
        self.assertEqual(set(seen), set(lines.ids))
        with self.assertRaises(AccessError):
            (plan.line_ids.with_user(self.staff_user) - lines).read(["name"])
