import runpy

from odoo import Command, fields
from odoo.tests import freeze_time, tagged
from odoo.tools import file_path

from ..survey.common import SurveyRoundCommon


@tagged("post_install", "-at_install")
class TestMigration(SurveyRoundCommon):
    def migrate(self, version, name):
        script = file_path(f"itss_quality/migrations/{version}/{name}.py")
        runpy.run_path(script)["migrate"](self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()

    def test_callbacks_begin_where_the_addon_was_installed_without_them(self):
        self.set_up_helpdesk()
        self.stage_done.itss_callback_required = False
        old = self.make_ticket(stage_id=self.stage_done.id)
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("itss_quality.reconciled_until", "-")
        self.migrate("19.0.1.1.0", "post-migration")
        self.assertTrue(self.stage_done.itss_callback_required)
        self.assertFalse(self.stage_cancelled.itss_callback_required)
        with self.enter_registry_test_mode():
            self.env.ref("itss_quality.ir_cron_itss_callback_reconcile").method_direct_trigger()
        self.assertTrue(self.make_callback())
        self.assertEqual(old.stage_id, self.stage_done)

    def test_survey_reports_not_approved_yet_are_issued_to_somebody(self):
        rounds = [self.end(self.start(self.make_round(1))) for _number in range(3)]
        draft, chosen, approved = (self.make_report(round_) for round_ in rounds)
        chosen.recipient_ids = self.staff_user
        self.approve(approved)
        (draft | approved).sudo().recipient_ids = False
        rule = self.env.ref("itss_quality.itss_survey_report_rule_user")
        rule.domain_force = [(0, "=", 1)]
        self.migrate("19.0.1.4.0", "post-survey_report_recipients")
        self.assertEqual(draft.recipient_ids, self.quality_user)
        self.assertEqual(chosen.recipient_ids, self.staff_user)
        self.assertFalse(approved.recipient_ids)
        self.approve(chosen)
        self.assertTrue(chosen.with_user(self.staff_user).has_access("read"))

    def test_plan_lines_reminded_of_before_are_not_told_of_again(self):
        new, upcoming, late = self.approve(self.make_plan(lines=3)).line_ids
        cron = self.env.ref("itss_quality.ir_cron_itss_plan_line_remind")
        cron.code = "model._cron_remind()"
        self.env.flush_all()
        for line, stage in ((upcoming, "upcoming"), (late, "late")):
            self.env.cr.execute(
                "UPDATE itss_plan_line SET reminder_stage = %s WHERE id = %s", (stage, line.id)
            )
        self.env.invalidate_all()
        self.migrate("19.0.1.4.0", "post-clock")
        self.assertEqual(
            [(line.escalation_level, line.reminder_stage) for line in (new, upcoming, late)],
            [(0, False), (1, "upcoming"), (2, "late")],
        )
        self.assertEqual(str(new.escalate_at.date()), "2025-10-24")
        self.assertEqual(str(upcoming.escalate_at.date()), "2025-11-01")
        self.assertFalse(late.escalate_at)
        self.assertEqual(cron.code, "model._cron_escalate()")

    def test_links_that_customers_have_got_still_open(self):
        self.set_up_helpdesk()
        callback = self.make_callback()
        callback._send_links()
        participant = self.make_round(participants=1).sudo().participant_ids
        participant._prepare_links()
        records = (callback, participant)
        links = [(str(record.id), record.link_token) for record in records]
        self.env.flush_all()
        for record in records:
            self.env.cr.execute(
                f"ALTER TABLE {record._table} RENAME COLUMN link_token TO access_token"
            )
        for _again in range(2):
            self.migrate("19.0.1.4.0", "pre-links")
        for record, link in zip(records, links, strict=True):
            self.assertEqual(record._find_by_link(*link), record)

    def _make_callbacks_of_before(self, moves):
        """Solve a ticket and set it back, or not, at each of the moments; forget what is a fact by now."""
        callbacks = self.env["itss.callback"]
        for moment in moves:
            with freeze_time("2026-03-03 02:00:00"):
                callback = self.make_callback()
                self.env.cr.flush()
            callbacks |= callback
            if moment:
                with freeze_time(moment):
                    callback.ticket_id.with_user(self.engineer).stage_id = self.stage_progress
                    self.env.cr.flush()
        self.env.flush_all()
        self.env.cr.execute(
            """UPDATE itss_callback SET cancelled_at = NULL, cancelled_by_id = NULL,
                      is_cancelled_late = NULL, solved_stage_id = NULL, corrected_at = NULL"""
        )
        self.env.cr.execute("DELETE FROM itss_ticket_worker_rel")
        self.env.invalidate_all()
        return callbacks

    def test_events_of_before_are_their_company_s(self):
        self.company.itss_auditor_check = "warn"
        audit = self.env["itss.audit"].create(
            {
                "name": "内审",
                "company_id": self.company.id,
                "lead_auditor_id": self.employee(self.quality_user_2).id,
                "auditor_ids": [Command.set(self.employee(self.quality_user).ids)],
                "department_ids": [Command.set(self.dep_operations.ids)],
            }
        )
        times = {"start": "2026-03-03 01:00:00", "stop": "2026-03-03 02:00:00"}
        meeting = self.env["itss.meeting"].create(
            {"audit_id": audit.id, "kind": "opening", **times}
        )
        event = meeting.event_id
        self.assertEqual(event.itss_company_id, self.company)
        event.itss_company_id = False
        self.migrate("19.0.1.6.0", "post-events")
        self.assertEqual(event.itss_company_id, self.company)

    def test_complaints_held_invalid_before_count_in_no_average(self):
        complaints = self.env["itss.complaint"]
        vals = {"name": "x", "description": "<p>x</p>", "company_id": self.company.id}
        invalid = complaints.create({**vals, "state": "invalid"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE itss_complaint SET handled_rate = 0, acknowledge_hours = 1 WHERE id = %s",
            (invalid.id,),
        )
        self.migrate("19.0.1.6.0", "post-invalid_complaints")
        measures = ["acknowledge_hours:avg", "handled_rate:avg"]
        self.assertEqual(
            complaints._read_group([("id", "=", invalid.id)], [], measures), [(False, False)]
        )

    def test_stages_of_before_say_what_has_become_of_their_tickets(self):
        self.set_up_helpdesk()
        done = self.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_done")
        cancelled = self.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_cancelled")
        done.itss_ending = False
        cancelled.itss_ending = "rejected"
        self.migrate("19.0.1.6.0", "post-ticket_endings")
        self.assertEqual(done.itss_ending, "solved")
        self.assertEqual(cancelled.itss_ending, "rejected", "what somebody has set stays")

    def test_resets_of_before_tell_when_by_whom_and_whether_too_late(self):
        self.set_up_helpdesk()
        moments = ("2026-03-03 03:00:00", "2026-03-05 03:00:00", "2026-03-05 03:00:00", None)
        early, late, unknown, pending = self._make_callbacks_of_before(moments)
        unknown.message_ids.sudo().unlink()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE itss_callback SET write_date = '2026-03-03 12:00:00' WHERE id = %s",
            (unknown.id,),
        )
        self.migrate("19.0.1.5.0", "post-callback_resets")
        moment = fields.Datetime.to_datetime
        self.assertRecordValues(
            early | late | unknown | pending,
            [
                {
                    "cancelled_at": moment("2026-03-03 03:00:00"),
                    "cancelled_by_id": self.engineer.id,
                    "is_cancelled_late": False,
                    "solved_stage_id": False,
                },
                {
                    "cancelled_at": moment("2026-03-05 03:00:00"),
                    "cancelled_by_id": self.engineer.id,
                    "is_cancelled_late": True,
                    "solved_stage_id": False,
                },
                {
                    "cancelled_at": moment("2026-03-03 12:00:00"),
                    "cancelled_by_id": False,
                    "is_cancelled_late": False,
                    "solved_stage_id": False,
                },
                {
                    "cancelled_at": False,
                    "cancelled_by_id": False,
                    "is_cancelled_late": False,
                    "solved_stage_id": self.stage_done.id,
                },
            ],
        )

    def test_whose_hands_tickets_went_through_and_what_was_corrected_is_found_in_their_history(
        self,
    ):
        self.set_up_helpdesk()
        [callback] = self._make_callbacks_of_before([None])
        ticket = callback.ticket_id
        ticket.with_user(self.engineer).user_id = self.agent_2
        self.env.cr.flush()
        callback.with_user(self.agent).register_attempt("reached", is_solved="yes", score=80)
        callback.with_user(self.quality_user).correct("误点", score=60)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM itss_ticket_worker_rel")
        self.env.cr.execute("UPDATE itss_callback SET corrected_at = NULL")
        self.env.invalidate_all()
        self.migrate("19.0.1.5.0", "post-callback_resets")
        self.assertEqual(callback.worker_ids, self.engineer | self.agent_2)
        self.assertTrue(callback.corrected_at)

    def test_figures_know_of_what_was_tracked_or_stamped_before(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        plan = self.approve(self.make_plan(lines=3))
        tracked, stamped, silent = plan.line_ids.sudo()
        facts = self.env["itss.figure.fact"]
        self.flush_tracking()
        tracked.with_context(lang="zh_CN").write({"state": "done", "date_end": "2025-12-31"})
        self.flush_tracking()
        stamped.with_context(tracking_disable=True).write(
            {"state": "done", "date_done": "2025-10-30"}
        )
        message = tracked.message_ids.sorted("id")[-1]
        message.date = "2025-11-20 08:00:00"
        self.env.flush_all()
        facts.sudo().search([]).unlink()
        for _again in range(2):
            self.migrate("19.0.1.5.0", "post-figures")

        def read(record, name):
            found = facts.search(
                [("res_id", "=", record.id), ("res_model", "=", record._name), ("name", "=", name)]
            )
            return [(fact.value, str(fact.at)) for fact in found.sorted("id")]

        self.assertEqual(read(tracked, "state")[-1], ("done", "2025-11-20 08:00:00"))
        self.assertEqual(
            [value for value, _at in read(tracked, "date_end")], ["2025-10-31", "2025-12-31"]
        )
        self.assertEqual([value for value, _at in read(stamped, "state")], ["planned", "done"])
        self.assertEqual(read(stamped, "state")[-1][1][:10], "2025-10-30")
        self.assertFalse(read(silent, "state"))

    def test_complaints_keep_their_receipt_and_whom_they_were_about(self):
        complaints = self.env["itss.complaint"]
        vals = {"name": "工程师迟到", "description": "x", "company_id": self.company.id}
        moment = {"received_at": "2025-09-15 02:00:00", "acknowledged_at": "2025-09-15 02:01:00"}
        normal = complaints.create({**vals, **moment, "subject_user_ids": self.ops_user.ids})
        forged = complaints.create({**vals, **moment, "acknowledged_at": "2025-09-15 01:00:00"})
        (normal | forged).write({"named_user_ids": [Command.clear()]})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE itss_complaint SET first_received_at = NULL, acknowledge_hours = 0 WHERE id IN %s",
            (tuple((normal | forged).ids),),
        )
        for _again in range(2):
            self.migrate("19.0.1.5.0", "post-complaint_evidence")
        self.assertEqual(normal.first_received_at, normal.received_at)
        self.assertAlmostEqual(normal.acknowledge_hours, 1 / 60, 9)
        self.assertEqual(normal.named_user_ids, self.ops_user)
        self.assertEqual(str(forged.received_at), "2025-09-15 01:00:00")
        self.assertEqual(str(forged.first_received_at), "2025-09-15 02:00:00")
        self.assertEqual(forged.acknowledge_hours, 0)
        self.assertIn("Upgrade", forged.receipt_reason)

    def test_improvements_know_their_owners_of_the_past(self):
        improvement = self.env["itss.improvement"].create(
            {
                "name": "加快响应",
                "problem": "夜间响应慢",
                "company_id": self.company.id,
                "owner_id": self.quality_user.id,
            }
        )
        self.flush_tracking()
        improvement.owner_id = self.ops_user
        improvement.completed_by_id = self.desk_user
        self.flush_tracking()
        improvement.past_owner_ids = False
        self.env.flush_all()
        for _again in range(2):
            self.migrate("19.0.1.5.0", "post-complaint_evidence")
        owners = self.quality_user | self.ops_user | self.desk_user
        self.assertEqual(improvement.past_owner_ids, owners)

    def flush_tracking(self):
        """Let the changes be noted, as the end of the transaction does."""
        self.env.flush_all()
        self.env.cr.precommit.run()
