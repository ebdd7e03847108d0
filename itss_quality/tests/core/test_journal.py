from psycopg2.errors import RestrictViolation

from odoo import fields
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
    # In the reader's language
    # -------------------------------------------------------------------------

    def read_words(self, lang, **domain):
        row = self.find_rows(**domain)[0].with_context(lang=lang)
        return row.label, row.record or "", row.old_words or "", row.new_words or ""

    def test_rows_are_read_in_the_reader_s_language_whoever_wrote_them(self):
        self.load_chinese()
        for writer in ("en_US", "zh_CN"):
            company = self.company.with_context(lang=writer)
            company.partner_id.lang = writer
            for name, value, english, chinese in (
                (
                    "itss_separation_of_duties",
                    not company.itss_separation_of_duties,
                    ("Separation of Duties", {"Yes", "No"}),
                    ("职责分离", {"是", "否"}),
                ),
                (
                    "itss_auditor_check",
                    "warn" if company.itss_auditor_check == "refuse" else "refuse",
                    ("Unqualified Auditors", {"Refuse", "Warn"}),
                    ("不具备资格的内审员", {"拒绝", "提醒"}),
                ),
            ):
                with self.subTest(writer=writer, setting=name):
                    company[name] = value
                    for lang, (label, words) in (("en_US", english), ("zh_CN", chinese)):
                        said = self.read_words(lang, res_model="res.company", res_id=company.id)
                        self.assertEqual((said[0], {*said[2:]}), (label, words))

    def test_names_stay_as_they_were(self):
        self.load_chinese()
        self.company.itss_quality_department_id = self.dep_staff
        self.dep_staff.name = "改名部"
        key = {"res_model": "res.company", "res_id": self.company.id}
        self.assertEqual(self.read_words("zh_CN", **key), ("质量部", "", "质量部", "人力资源部"))

    def test_hours_and_cells_are_told_in_the_reader_s_language(self):
        self.load_chinese()
        # the days of the week are Odoo's own words
        module = self.env["ir.module.module"].search([("name", "=", "resource")])
        module._update_translations(["zh_CN"])
        self.company.partner_id.lang = "en_US"
        calendar = self.env["resource.calendar"].create(
            {"name": "Desk", "company_id": self.company.id, "tz": "Asia/Shanghai"}
        )
        self.company.itss_callback_calendar_id = calendar
        key = {"res_model": "res.company", "res_id": self.company.id}
        self.assertIn("Monday", self.read_words("en_US", **key)[3])
        calendar.name = "Renamed"
        said = self.read_words("zh_CN", **key)
        self.assertRegex(said[3], r"^Desk \(Asia/Shanghai\): 周一")
        self.assertNotIn("Monday", said[3])
        cell = self.env["itss.complaint.severity"].search(
            [("company_id", "=", self.company.id), ("severity", "=", "general")], limit=1
        )
        cell.severity = "major"
        key = {"res_model": cell._name, "res_id": cell.id}
        self.assertRegex(self.read_words("en_US", **key)[1], "^Impact: .*, urgency: ")
        label, subject, *words = self.read_words("zh_CN", **key)
        self.assertEqual([label, *words], ["级别", "一般", "重大"])
        self.assertNotRegex(subject, "[A-Za-z]")
        cell.unlink()
        self.assertEqual(self.read_words("zh_CN", **key)[1], subject)

    def test_rows_from_before_are_told_as_far_as_they_can_be(self):
        self.load_chinese()
        cell = self.env["itss.complaint.severity"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        calendar = self.env["resource.calendar"].search([], limit=1)
        words = {"old_words": "old then", "new_words": "new then"}
        for record, kept, expected in (
            (
                self.company,
                {"name": "itss_reminder_days", "old": 7, "new": 0},
                ("提前提醒（天）", "of then", "7", "0"),
            ),
            (
                self.company,
                {"name": "itss_gone", "old": 7, "new": 0},
                ("called then", "of then", "old then", "new then"),
            ),
            (
                self.company,
                {"name": "itss_auditor_check", "old": "gone", "new": "warn"},
                ("不具备资格的内审员", "of then", "old then", "提醒"),
            ),
            (
                self.company,
                {"name": "itss_callback_calendar_id", "old": False, "new": calendar.id},
                (None, "of then", "old then", "new then"),
            ),
            (
                cell,
                {"name": "severity", "old": "general", "new": "major"},
                (
                    "级别",
                    cell.with_context(lang="zh_CN")._itss_get_setting_subject(),
                    "一般",
                    "重大",
                ),
            ),
            (self.dep_staff, {"name": "name"}, ("called then", "of then", "old then", "new then")),
        ):
            with self.subTest(kept):
                values = {"label": "called then", "record": "of then", **words, **kept}
                self.journal._log("setting", [(record, values)])
                key = {"res_model": record._name, "res_id": record.id}
                label, *said = self.read_words("zh_CN", **key)
                self.assertEqual(said, [*expected[1:]])
                if expected[0]:
                    self.assertEqual(label, expected[0])

    def test_rows_are_found_by_what_the_reader_calls_the_setting(self):
        self.load_chinese()
        self.company.itss_reminder_days = 5
        domain = [("label", "ilike", "提前提醒"), ("company_id", "=", self.company.id)]
        rows = self.journal.with_user(self.quality_user).with_context(lang="zh_CN").search(domain)
        self.assertEqual(rows.mapped("label"), ["提前提醒（天）"])
        self.assertFalse(self.journal.search([("label", "ilike", "no such setting")]))

    def test_settings_in_force_are_told_in_the_reader_s_language(self):
        self.load_chinese()
        self.company.itss_separation_of_duties = False
        day = NOW[:10]
        for lang, words in (("en_US", ["Yes", "No"]), ("zh_CN", ["是", "否"])):
            company = self.company.with_context(lang=lang)
            with freeze_time(NOW):
                company.itss_separation_of_duties = not company.itss_separation_of_duties
            settings = company._itss_get_settings_in_force(
                *map(fields.Date.to_date, (day, day)), "document"
            )
            self.assertLessEqual({row.value for row in settings.rows}, {*words})
            labels = {row.label for row in settings.rows}
            self.assertEqual(labels, {company._itss_get_setting_label("itss_separation_of_duties")})

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
