import io
from datetime import date

import openpyxl

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from ..common import ItssCommon, RpcCase


@tagged("post_install", "-at_install")
class TestCallbackSettings(RpcCase, ItssCommon):
    """What bends the 24-hour rate leaves a trace, and stands beside the figures it bends."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        cls.ops_user.group_ids += cls.env.ref("helpdesk_mgmt.group_helpdesk_manager")
        cls.journal = cls.env["itss.journal"]

    def find_rows(self, records):
        domain = [("res_model", "=", records._name), ("res_id", "in", records.ids)]
        return self.journal.search([*domain, ("event", "=", "setting")])

    def tell(self, date_from, date_to, *topics):
        settings = self.company._itss_get_settings_in_force(date_from, date_to, *topics)
        return settings.rows

    # -------------------------------------------------------------------------
    # Logged
    # -------------------------------------------------------------------------

    def test_exempting_a_team_leaves_a_trace(self):
        self.rpc_as(
            self.ops_user,
            "helpdesk.ticket.team",
            "write",
            self.team.ids,
            {"itss_callback_exempt": True, "itss_reopen_stage_id": self.stage_progress.id},
        )
        rows = self.find_rows(self.team)
        self.assertEqual(rows.user_id, self.ops_user)
        self.assertEqual({*rows.mapped("label")}, {"No Callbacks", "Stage of Unsolved Tickets"})
        self.assertEqual({*rows.mapped("record")}, {"网络组"})
        self.assertEqual(rows.company_id, self.company)

    def test_a_team_made_exempt_and_one_deleted_leave_a_trace(self):
        teams = self.env["helpdesk.ticket.team"].with_user(self.ops_user)
        plain = teams.create({"name": "普通组", "company_id": self.company.id})
        self.assertFalse(self.find_rows(plain))
        team = teams.with_context(default_itss_callback_exempt=True).create(
            {"name": "内部组", "company_id": self.company.id}
        )
        row = self.find_rows(team)
        self.assertEqual((row.values["old"], row.values["new"]), (None, True))
        team.unlink()
        row = self.find_rows(team)[0]
        self.assertEqual((row.values["old"], row.values["new"]), (True, None))

    def test_a_stage_that_solves_no_more_leaves_a_trace(self):
        for value in (False, True):
            self.rpc_as(
                self.ops_user,
                "helpdesk.ticket.stage",
                "write",
                self.stage_done.ids,
                {"itss_callback_required": value},
            )
        rows = self.find_rows(self.stage_done)[:2]
        self.assertEqual([row.values["new"] for row in rows], [True, False])

    def test_the_hours_of_a_calendar_in_use_leave_a_trace(self):
        calendar = self.env["resource.calendar"].create(
            {"name": "服务台", "company_id": self.company.id, "tz": "Asia/Shanghai"}
        )
        before = self.find_rows(self.company)
        calendar.attendance_ids[0].hour_from = 9
        self.assertEqual(self.find_rows(self.company), before, "nobody counts by it")
        self.company.itss_callback_calendar_id = calendar
        [chosen] = self.find_rows(self.company) - before
        self.assertFalse(chosen.old_words)
        self.assertIn("服务台 (Asia/Shanghai): Monday 09:00–12:00", chosen.new_words)
        calendar.attendance_ids[0].hour_from = 11
        longer = self.find_rows(self.company)[0]
        self.assertIn("Monday 09:00", longer.old_words)
        self.assertIn("Monday 11:00", longer.new_words)
        self.env["resource.calendar.attendance"].create(
            {
                "calendar_id": calendar.id,
                "name": "x",
                "dayofweek": "5",
                "hour_from": 8,
                "hour_to": 9,
            }
        )
        self.assertIn("Saturday 08:00–09:00", self.find_rows(self.company)[0].new_words)
        calendar.attendance_ids[-1:].unlink()
        calendar.tz = "UTC"
        self.assertIn("(UTC)", self.find_rows(self.company)[0].new_words)
        self.assertEqual(len(self.find_rows(self.company) - before), 5)

    def test_holidays_leave_a_trace_and_leaves_of_people_do_not(self):
        leaves = self.env["resource.calendar.leaves"].with_company(self.company)
        vals = {"date_from": "2026-10-01 00:00:00", "date_to": "2026-10-08 00:00:00"}
        holiday = leaves.create({"name": "国庆节", **vals})
        holiday.date_to = "2026-10-09 00:00:00"
        rows = self.find_rows(holiday)
        self.assertEqual(len(rows), 3)
        self.assertEqual(rows[0].values["old"], "2026-10-08 00:00:00")
        own = leaves.create({"resource_id": self.employee(self.agent).resource_id.id, **vals})
        own.date_to = "2026-10-09 00:00:00"
        self.assertFalse(self.find_rows(own))

    # -------------------------------------------------------------------------
    # In force
    # -------------------------------------------------------------------------

    def test_what_was_in_force_is_told_with_each_change_of_the_period(self):
        for day, hours in (("2026-02-10", 48), ("2026-03-05", 240), ("2026-04-01", 12)):
            with freeze_time(f"{day} 04:00:00"):
                self.company.with_user(self.env.ref("base.user_admin")).itss_callback_hours = hours
        with freeze_time("2026-03-06 04:00:00"):
            self.team.itss_callback_exempt = True

        def find(rows, word):
            return [
                (row.value, str(row.since or "")[:10]) for row in rows if row.label.startswith(word)
            ]

        march = self.tell(date(2026, 3, 1), date(2026, 3, 31), "callback")
        self.assertEqual(find(march, "Call Back Within"), [("48", ""), ("240", "2026-03-05")])
        self.assertEqual(find(march, "No Callbacks – 网络组"), [("Yes", "2026-03-06")])
        self.assertFalse(find(march, "Separation of Duties"))
        january = self.tell(date(2026, 1, 1), date(2026, 1, 31), "callback")
        self.assertEqual(find(january, "Call Back Within"), [("24", "")])
        self.assertFalse(find(january, "No Callbacks – 网络组"))
        may = self.tell(date(2026, 5, 1), date(2026, 5, 31), "callback")
        self.assertEqual(find(may, "Call Back Within"), [("12", "")])
        self.assertEqual(find(may, "No Callbacks – 网络组"), [("Yes", "")])
        changed = next(row for row in march if row.value == "240")
        self.assertEqual(changed.user, self.env.ref("base.user_admin").name)

    def test_what_is_not_recorded_is_said_to_be_the_first_known(self):
        early = self.company._itss_get_settings_in_force(date(2020, 1, 1), date(2020, 1, 31))
        self.assertTrue(early.is_projected)
        late = self.company._itss_get_settings_in_force(date(2090, 1, 1), date(2090, 1, 31))
        self.assertFalse(late.is_projected)

    def test_the_ledger_prints_them(self):
        with freeze_time("2026-03-05 04:00:00"):
            self.company.itss_callback_hours = 240
        ledger = (
            self.env["itss.callback.ledger"]
            .with_user(self.manager_user)
            .create({"date_from": "2026-03-01", "date_to": "2026-03-31"})
        )
        content, _kind = (
            ledger.env["ir.actions.report"]
            .with_context(lang="en_US")
            ._render("itss_quality.itss_callback_xlsx_action", ledger.ids)
        )
        sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[-1]
        self.assertEqual(sheet.title, "Settings in Force")
        rows = [row[1:3] for row in sheet.iter_rows(min_row=4, values_only=True)]
        self.assertIn(("Call Back Within (hours)", "24"), rows)
        self.assertIn(("Call Back Within (hours)", "240"), rows)
        action = ledger.action_open_settings()
        dialog = (
            self.env[action["res_model"]]
            .with_user(self.manager_user)
            .with_context(**action["context"])
            .create({})
        )
        self.assertIn("240", dialog.settings_html)

    def test_another_company_s_settings_are_not_shown(self):
        for user in (self.agent, self.manager_user):
            dialog = self.env["itss.setting.period"].with_user(user)
            spec = {"settings_html": {}, "company_id": {}}
            values = {
                "company_id": self.other_company.id,
                "date_from": "2026-03-01",
                "date_to": "2026-03-31",
            }
            with self.assertRaises(AccessError):
                dialog.onchange(values, ["company_id"], spec)
