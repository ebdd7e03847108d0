import runpy

from odoo.tests import tagged
from odoo.tools import file_path

from .common import ItssCommon


@tagged("post_install", "-at_install")
class TestMigration(ItssCommon):
    def test_callbacks_begin_where_the_addon_was_installed_without_them(self):
        self.set_up_helpdesk()
        self.stage_done.itss_callback_required = False
        old = self.make_ticket(stage_id=self.stage_done.id)
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("itss_quality.reconciled_until", "-")
        script = file_path("itss_quality/migrations/19.0.1.1.0/post-migration.py")
        runpy.run_path(script)["migrate"](self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertTrue(self.stage_done.itss_callback_required)
        self.assertFalse(self.stage_cancelled.itss_callback_required)
        with self.enter_registry_test_mode():
            self.env.ref("itss_quality.ir_cron_itss_callback_reconcile").method_direct_trigger()
        self.assertTrue(self.make_callback())
        self.assertEqual(old.stage_id, self.stage_done)
