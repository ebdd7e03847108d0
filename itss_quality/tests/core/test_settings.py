from odoo.tests import freeze_time, tagged

from ..common import ItssCommon


@tagged("post_install", "-at_install")
class TestSettings(ItssCommon):
    def test_settings_are_kept_on_the_company(self):
        settings = (
            self.env["res.config.settings"]
            .with_company(self.company)
            .create({"itss_reminder_days": 14, "itss_separation_of_duties": False})
        )
        settings.execute()
        self.assertEqual(self.company.itss_reminder_days, 14)
        self.assertFalse(self.company.itss_separation_of_duties)
        self.assertEqual(settings.itss_quality_department_id, self.dep_quality)

    @freeze_time("2025-03-01 08:00:00")
    def test_callbacks_start_when_the_company_starts(self):
        company = self.env["res.company"].create({"name": "New Co"})
        self.assertEqual(str(company.itss_callback_since), "2025-03-01 08:00:00")
        self.assertTrue(company.itss_separation_of_duties)

    def test_the_quality_department_is_told_through_its_manager(self):
        self.assertEqual(self.company._itss_get_quality_user(), self.quality_user)
        self.dep_quality.manager_id = self.employee(self.quality_user_2)
        self.assertEqual(self.company._itss_get_quality_user(), self.quality_user_2)

    def test_administrators_of_odoo_are_itss_administrators_with_all_roles(self):
        for role in ("user", "service_desk", "operations", "quality", "management", "admin"):
            self.assertTrue(
                self.env.ref("base.user_admin").has_group(f"itss_quality.group_itss_{role}")
            )

    def test_roles_imply_what_the_design_says(self):
        implied = {
            self.desk_user: {"user", "service_desk"},
            self.ops_user: {"user", "service_desk", "operations"},
            self.quality_user: {"user", "service_desk", "quality"},
            self.manager_user: {"user", "management"},
        }
        roles = ("user", "service_desk", "operations", "quality", "management", "admin")
        for user, expected in implied.items():
            has = {role for role in roles if user.has_group(f"itss_quality.group_itss_{role}")}
            self.assertEqual(has, expected)
