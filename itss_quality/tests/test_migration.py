import runpy

from odoo.tests import tagged
from odoo.tools import file_path

from .test_survey_round import SurveyRoundCommon


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
