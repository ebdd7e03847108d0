from psycopg2.errors import RestrictViolation

from odoo.exceptions import UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import ItssCommon, RpcCase

NOW = "2026-10-12 02:00:00"


@tagged("post_install", "-at_install")
class TestJournal(RpcCase, ItssCommon):
    """itss.journal: what happened stays, with who and when."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system_user = new_test_user(
            cls.env,
            login="t_system",
            groups="itss_quality.group_itss_admin,base.group_system,base.group_erp_manager",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.journal = cls.env["itss.journal"]

    def find_rows(self, **domain):
        domain = [(name, "=", value) for name, value in domain.items()]
        return self.journal.search([*domain, ("event", "=", "setting")])

    # -------------------------------------------------------------------------
    # Settings
    # -------------------------------------------------------------------------

    @freeze_time(NOW)
    def test_a_changed_setting_keeps_old_and_new_value_who_and_when(self):
        company = self.company
        self.rpc_as(
            self.system_user, "res.company", "write", company.ids, {"itss_reminder_days": 240}
        )
        row = self.find_rows(res_model="res.company", res_id=company.id)[0]
        self.assertEqual((row.user_id, str(row.at)), (self.system_user, NOW))
        self.assertEqual(row.company_id, company)
        self.assertEqual((row.values["old"], row.values["new"]), (7, 240))
        self.assertEqual(
            (row.label, row.old_words, row.new_words), ("Reminder Ahead (days)", "7", "240")
        )

    def test_the_dialog_of_settings_and_the_server_leave_the_same_trace(self):
        self.sign_in(self.system_user)
        settings = self.rpc("res.config.settings", "create", [{"itss_reminder_days": 3}])
        self.rpc("res.config.settings", "execute", settings)
        row = self.find_rows(res_model="res.company", res_id=self.company.id)[0]
        self.assertEqual((row.user_id, row.values["new"]), (self.system_user, 3))
        self.company.with_user(self.env.ref("base.user_root")).itss_reminder_days = 4
        row = self.find_rows(res_model="res.company", res_id=self.company.id)[0]
        self.assertEqual((row.user_id, row.values["new"]), (self.env.ref("base.user_root"), 4))

    def test_superuser_mode_hides_nobody(self):
        self.company.with_user(self.system_user).sudo().itss_reminder_days = 5
        row = self.find_rows(res_model="res.company", res_id=self.company.id)[0]
        self.assertEqual(row.user_id, self.system_user)

    def test_what_stays_as_it_is_leaves_no_trace(self):
        before = self.find_rows()
        self.company.write({"itss_reminder_days": 7, "name": "New Name"})
        self.assertEqual(self.find_rows(), before)

    def test_values_are_told_as_people_say_them(self):
        self.company.itss_quality_department_id = self.dep_staff
        row = self.find_rows(res_model="res.company", res_id=self.company.id)[0]
        self.assertEqual((row.old_words, row.new_words), ("质量部", "人力资源部"))
        self.assertEqual(row.values["new"], self.dep_staff.id)
        self.company.itss_separation_of_duties = False
        row = self.find_rows(res_model="res.company", res_id=self.company.id)[0]
        self.assertEqual((row.old_words, row.new_words), ("Yes", "No"))

    def test_rows_are_found_by_the_setting(self):
        self.company.itss_reminder_days = 5
        self.company.itss_separation_of_duties = False
        domain = [("label", "ilike", "separation"), ("company_id", "=", self.company.id)]
        rows = self.journal.with_user(self.quality_user).search(domain)
        self.assertEqual(rows.mapped("label"), ["Separation of Duties"])

    # -------------------------------------------------------------------------
    # Who may do what
    # -------------------------------------------------------------------------

    def test_nobody_adds_changes_or_deletes_a_row(self):
        self.company.itss_reminder_days = 5
        row = self.find_rows()[0]
        vals = {"res_model": "res.company", "res_id": self.company.id, "event": "setting"}
        for user in (*self.users, self.system_user):
            with self.subTest(user.login):
                self.sign_in(user)
                for method, *args in (
                    ("create", [vals]),
                    ("web_save", [], vals, {}),
                    ("write", row.ids, {"event": "start"}),
                    ("web_save", row.ids, {"event": "start"}, {}),
                    ("unlink", row.ids),
                    ("copy", row.ids),
                ):
                    self.assert_refused(row, method, *args)
        self.assertEqual(row.sudo().event, "setting")

    def test_the_server_itself_and_the_database_refuse_too(self):
        self.company.itss_reminder_days = 5
        row = self.find_rows()[0].sudo()
        with self.assertRaisesRegex(UserError, "never change"):
            row.write({"event": "start"})
        with self.assertRaisesRegex(UserError, "never change"):
            row.unlink()
        for statement in (
            "UPDATE itss_journal SET user_id = 1",
            "DELETE FROM itss_journal",
            "TRUNCATE itss_journal",
        ):
            with (
                self.subTest(statement),
                mute_logger("odoo.sql_db"),
                self.assertRaises(RestrictViolation),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)
        self.assertTrue(row.exists())

    def test_an_update_of_the_addon_keeps_rows_and_guard(self):
        before = self.journal.search_count([])
        self.journal.init()
        self.assertEqual(self.journal.search_count([]), before)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(RestrictViolation),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute("DELETE FROM itss_journal")

    def test_quality_department_and_management_read_their_company_s_rows(self):
        self.company.itss_reminder_days = 5
        own = self.find_rows(company_id=self.company.id)[0]
        self.other_company.itss_reminder_days = 5
        other = self.find_rows(company_id=self.other_company.id)[0]
        for user in self.users:
            user.group_ids += self.env.ref("base.group_allow_export")
        for user in self.users:
            may = user in self.quality_user | self.manager_user | self.admin_user
            with self.subTest(user.login):
                self.assertEqual(self.is_allowed(user, "itss.journal", "read", own.ids), may)
                self.assertEqual(
                    self.is_allowed(user, "itss.journal", "export_data", own.ids, ["label"]), may
                )
                self.assertFalse(self.is_allowed(user, "itss.journal", "read", other.ids))

    # -------------------------------------------------------------------------
    # Separation of duties
    # -------------------------------------------------------------------------

    def test_the_switch_leaves_a_trace_that_stays_when_the_notes_are_deleted(self):
        for value in (False, True):
            self.rpc_as(
                self.system_user,
                "res.company",
                "write",
                self.company.ids,
                {"itss_separation_of_duties": value},
            )
        notes = self.company.partner_id.message_ids.filtered(
            lambda note: "separation of duties" in note.body
        )
        self.assertEqual(len(notes), 2)
        told = notes.notified_partner_ids.user_ids
        self.assertLessEqual(self.quality_user | self.quality_user_2 | self.manager_user, told)
        notes.unlink()
        rows = self.find_rows(res_model="res.company", res_id=self.company.id)[:2]
        self.assertEqual([row.values["new"] for row in rows], [True, False])
        self.assertEqual(rows.user_id, self.system_user)

    def test_whoever_switches_it_off_is_told_what_it_means(self):
        settings = self.env["res.config.settings"].with_company(self.company)
        spec = {"itss_separation_of_duties": {}, "company_id": {}}
        values = {"company_id": self.company.id, "itss_separation_of_duties": False}
        result = settings.onchange(values, ["itss_separation_of_duties"], spec)
        self.assertIn("One person can then", result["warning"]["message"])
        result = settings.onchange({}, [], spec)
        self.assertNotIn("warning", result)
        self.company.itss_separation_of_duties = False
        result = settings.onchange({}, [], spec)
        self.assertNotIn("warning", result)
