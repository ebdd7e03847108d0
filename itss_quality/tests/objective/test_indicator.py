import json
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..common import LOGINS, RpcCase
from .common import IndicatorCommon

OCTOBER = {"date_from": "2025-10-01", "date_to": "2025-10-31"}


@tagged("post_install", "-at_install")
@freeze_time("2025-11-05 02:00:00")
class TestIndicators(IndicatorCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        cls.indicator = cls.get_indicator("callback_on_time")

    def get_values(self, **vals):
        domain = [("indicator_id", "=", self.indicator.id), ("is_latest", "=", True)]
        return self.env["itss.indicator.value"].search(
            [*domain, *((name, "=", value) for name, value in vals.items())]
        )

    def test_every_company_has_each_indicator_from_its_first_moment(self):
        company = self.env["res.company"].create({"name": "New Co"})
        codes = self.env["itss.indicator"].search([("company_id", "=", company.id)]).mapped("code")
        self.assertEqual(set(codes), set(self.env["itss.indicator"]._get_measures()))
        company._itss_create_missing()
        self.assertEqual(
            len(codes),
            self.env["itss.indicator"].search_count([("company_id", "=", company.id)]),
        )

    def test_words_are_told_in_the_reader_s_language_and_a_user_s_own_win(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        chinese = self.indicator.with_context(lang="zh_CN")
        self.assertEqual(chinese.name, "24h回访及时率")
        self.assertIn(
            chinese, chinese.search([("name", "ilike", "回访及时"), ("code", "!=", False)])
        )
        chinese.name = "24小时回访"
        self.assertEqual(self.indicator.name, "24小时回访")

    def test_every_measure_answers_for_no_data(self):
        for indicator in self.env["itss.indicator"].search([("company_id", "=", self.company.id)]):
            with self.subTest(code=indicator.code):
                self.assertEqual(
                    self.measure(indicator.code, "2019-01-01", "2019-01-31"), (0, 0, None)
                )

    def test_values_are_computed_while_open_and_frozen_after(self):
        with freeze_time("2025-10-20 02:00:00"):
            self.make_callback()
            self.indicator.action_recompute()
            value = self.get_values(scope="company", **OCTOBER)
            self.assertEqual((value.status, value.n, value.is_frozen), ("no_data", 0, False))
        with freeze_time("2025-11-05 02:00:00"):
            self.indicator.action_recompute()
            self.assertEqual((value.status, value.n, value.value), ("missed", 1, 0.0))
            self.assertEqual(self.get_values(team_id=self.team.id, **OCTOBER).n, 1)
        with freeze_time("2025-11-20 02:00:00"):
            self.indicator.action_recompute()
            self.assertTrue(value.is_frozen)
            self.assertFalse(self.get_values(scope="company", date_from="2025-11-01").is_frozen)
            for step in (lambda: value.write({"value": 100}), value.unlink):
                with self.assertRaises(UserError):
                    step()

    def test_periods_that_passed_while_nothing_ran_are_computed_and_frozen(self):
        with freeze_time("2025-08-20 02:00:00"):
            self.indicator.action_recompute()
        self.indicator.action_recompute()
        self.assertEqual(
            [
                (str(value.date_from), value.is_frozen)
                for value in self.get_values(scope="company").sorted("date_from")
            ],
            [
                ("2025-08-01", True),
                ("2025-09-01", True),
                ("2025-10-01", False),
                ("2025-11-01", False),
            ],
        )

    def freeze(self, calls=1):
        """Return the frozen value of October: so many calls due, none of them made."""
        with freeze_time("2025-10-20 02:00:00"):
            for _number in range(calls):
                self.make_callback()
            self.indicator.action_recompute()
        with freeze_time("2025-11-20 02:00:00"):
            self.indicator.action_recompute()
        return self.get_values(scope="company", **OCTOBER)

    def test_a_correction_is_a_version_that_keeps_the_one_before(self):
        value = self.freeze()
        action = value.with_user(self.quality_user).action_correct()
        dialogs = self.env[action["res_model"]].with_user(self.quality_user)
        dialog = dialogs.with_context(**action["context"]).create({"reason": "书面回访"})
        dialog.numerator = 1
        self.assertEqual(dialog.value, 100)
        dialog.action_confirm()
        latest = self.get_values(scope="company", **OCTOBER)
        self.assertEqual(
            (latest.version, latest.value, latest.status, latest.previous_id, latest.reason),
            (2, 100, "met", value, "书面回访"),
        )
        self.assertEqual(latest.corrected_by_id, self.quality_user)
        self.assertTrue(latest.is_frozen)
        self.assertEqual((value.value, value.version, value.is_latest), (0, 1, False))
        for user in (self.manager_user, self.ops_user):
            with self.assertRaises(AccessError):
                latest.with_user(user).correct(1, 1, "更好")
        for correct in (
            lambda: value.with_user(self.quality_user).correct(1, 1, "更好"),
            lambda: latest.with_user(self.quality_user).correct(1, 1, " "),
        ):
            with self.assertRaises(UserError):
                correct()

    def test_it_says_why_it_is_missed_and_what_is_left_for_the_year(self):
        value = self.freeze(3)
        self.assertEqual(
            value.explanation,
            "3 of 3 missed. At the volume so far 95 % can't be reached in 2025 any more.",
        )
        self.indicator.target = 5
        with freeze_time("2025-11-20 02:00:00"):
            value.copy({"date_from": "2025-09-01", "date_to": "2025-09-30", "is_frozen": False})
            september = self.get_values(date_from="2025-09-01")
            september.write({"numerator": 94, "denominator": 100, "target": 95})
        # 100 and 3 in eleven months come to 112.4 in the year, of which 5.6 may be missed
        self.assertIn("6 of 100 missed.", september.explanation)

    def test_records_behind_a_value_are_those_it_counts_and_the_ones_left_out(self):
        value = self.freeze(2)
        with freeze_time("2025-10-20 03:00:00"):
            reset = self.make_callback()
        with freeze_time("2025-10-20 04:00:00"):
            reset.ticket_id.stage_id = self.stage_progress
        action = value.with_user(self.quality_user).action_open_records()
        rows = self.env[action["res_model"]].with_user(self.quality_user).search(action["domain"])
        self.assertEqual(
            sorted((row.list, row.reason_words or "") for row in rows),
            [("left_out", "Reset before its deadline"), ("not_counted", ""), ("not_counted", "")],
        )
        self.assertEqual(rows[-1].action_open_record()["res_model"], "itss.callback")
        # a participant sees the value, and none of the callbacks
        action = value.with_user(self.staff_user).action_open_records()
        rows = self.env[action["res_model"]].with_user(self.staff_user)
        self.assertFalse(rows.search(action["domain"]))

    def test_the_board_shows_the_newest_value_and_gaps_where_there_is_none(self):
        self.assertEqual(self.indicator.board_value, "no data")
        self.assertEqual(self.indicator.board_waits, "waits to be computed")
        self.freeze()
        self.indicator.invalidate_recordset()
        with freeze_time("2025-11-20 02:00:00"):
            self.assertEqual(
                (
                    self.indicator.board_period,
                    self.indicator.board_value,
                    self.indicator.board_n,
                    self.indicator.board_status,
                    self.indicator.board_waits,
                ),
                ("2025-10", "0 %", 1, "missed", "frozen"),
            )
            [graph] = json.loads(self.indicator.board_graph)
        self.assertEqual([column["value"] for column in graph["values"]], [None] * 10 + [0.0, None])

    def test_groups_put_together_what_was_counted(self):
        value = self.freeze()
        value.copy({"date_from": "2025-09-01", "date_to": "2025-09-30", "is_frozen": False})
        self.get_values(date_from="2025-09-01").write(
            {"numerator": 3, "denominator": 3, "value": 100}
        )
        domain = [("indicator_id", "=", self.indicator.id), ("scope", "=", "company")]
        [(average,)] = self.env["itss.indicator.value"]._read_group(domain, [], ["value:avg"])
        self.assertEqual(average, 75)

    def test_the_past_is_computed_backwards_until_a_year_has_no_data(self):
        for moment in ("2024-03-10 02:00:00", "2025-10-20 02:00:00"):
            with freeze_time(moment):
                self.make_callback()
        others = self.env["itss.indicator"].search([("id", "!=", self.indicator.id)])
        others.sudo().write({"computed_at": "2025-11-05 02:00:00", "is_backfilled": True})
        with self.enter_registry_test_mode():
            for _run in range(3):
                self.env.ref("itss_quality.ir_cron_itss_indicator_compute").method_direct_trigger()
        values = self.get_values(scope="company").sorted("date_from")
        self.assertEqual([(str(values[0].date_from), len(values))], [("2024-01-01", 23)])
        self.assertEqual(
            [str(value.date_from) for value in values if value.n], ["2024-03-01", "2025-10-01"]
        )
        self.assertEqual(values[:22].mapped("is_frozen"), [True] * 21 + [False])
        self.assertTrue(self.indicator.is_backfilled)

    def test_what_no_records_tell_of_is_entered_with_evidence_until_it_is_frozen(self):
        own = self.indicator.create(
            {"code": "visits", "name": "上门准时率", "company_id": self.company.id, "target": 90}
        )
        self.assertEqual(own.name, "上门准时率")
        entries = self.env["itss.indicator.entry"].with_user(self.ops_user)
        vals = {
            "indicator_id": own.id,
            "date": "2025-11-03",
            "numerator": 8,
            "denominator": 10,
            "evidence": "派工单",
        }
        entries.create({**vals, "numerator": 5})
        entry = entries.create(vals)
        self.assertEqual((entry.user_id, str(entry.date_to)), (self.ops_user, "2025-11-30"))
        figure = own.measure("2025-11-01", "2025-11-30")
        self.assertEqual((figure["value"], figure["n"]), (80, 10))
        value = own.board_value
        self.assertEqual(value, "80 %")
        with freeze_time("2025-12-20 02:00:00"), self.assertRaises(UserError):
            entries.create(vals)
        with self.assertRaises(UserError):
            entries.create({**vals, "indicator_id": self.indicator.id})
        for step in (lambda: entry.write({"numerator": 10}), entry.unlink):
            with self.assertRaises(AccessError):
                step()

    def test_a_company_narrows_indicators_of_its_own_to_whose_records_they_are(self):
        with freeze_time("2025-10-20 02:00:00"):
            self.make_callback()
            self.make_callback(team_id=False)
        own = self.indicator.with_user(self.quality_user).create(
            {
                "code": "network",
                "name": "网络组回访及时率",
                "company_id": self.company.id,
                "method": "callback_on_time",
                "domain": f"[('team_id', 'in', {self.team.ids})]",
            }
        )
        self.assertEqual(own.measure("2025-10-01", "2025-10-31")["n"], 1)
        self.assertEqual(self.indicator.measure("2025-10-01", "2025-10-31")["n"], 2)
        own.domain = "[('ticket_id.priority', '=', '3')]"
        self.assertEqual(own.measure("2025-10-01", "2025-10-31")["n"], 0)
        for domain in (
            "[('phone', '=', '1')]",
            "[('customer_id.email', '=', 'a')]",
            "[('customer_id', 'ilike', 'a')]",
            "[('team_id', 'any', [('name', '=', 'a')])]",
            "[('team_id'",
            "__import__('os')",
        ):
            with self.subTest(domain=domain), self.assertRaises(ValidationError):
                own.domain = domain

    def test_what_comes_with_the_addon_stays_what_it_measures(self):
        for vals in ({"method": "manual"}, {"unit": "hours"}, {"code": "other"}):
            with self.assertRaises(UserError):
                self.indicator.write(vals)
        with self.assertRaises(UserError):
            self.indicator.unlink()

    def test_what_fails_or_is_cut_off_holds_up_nothing_and_doubles_nothing(self):
        indicators = self.env["itss.indicator"].search([])
        indicators.sudo().is_backfilled = True
        measures = type(self.env["itss.indicator"])
        with (
            patch.object(measures, "_measure_callback_rate", side_effect=ValueError),
            mute_logger("odoo.addons.itss_quality.tools.batches"),
            self.enter_registry_test_mode(),
        ):
            self.env.ref("itss_quality.ir_cron_itss_indicator_compute").method_direct_trigger()
        failed = indicators.filtered(lambda one: not one.computed_at)
        self.assertEqual({*failed.mapped("code")}, {"callback_rate"})
        self.assertTrue(self.get_values(scope="company"))
        with self.enter_registry_test_mode():
            self.env.ref("itss_quality.ir_cron_itss_indicator_compute").method_direct_trigger()
        self.assertTrue(all(indicators.mapped("computed_at")))
        self.assertEqual(len(self.get_values(scope="company")), 1)

    def test_a_setting_behind_values_is_journalled(self):
        self.indicator.with_user(self.quality_user).target = 97
        row = self.env["itss.journal"].search(
            [("res_model", "=", "itss.indicator"), ("res_id", "=", self.indicator.id)], limit=1
        )
        self.assertEqual(
            (row.values["name"], row.values["old"], row.values["new"]), ("target", 95, 97)
        )
        # those that are as they came are not told beside figures
        settings = self.company._itss_get_settings_in_force(*self.get_span(11), "indicator")
        self.assertEqual(
            [one.value for one in settings.rows if "24-Hour" in one.label], ["95", "97"]
        )
        self.assertLess(len(settings.rows), 5)

    def test_who_may_see_whose_figures(self):
        seen = {
            self.staff_user: (True, False),
            self.engineer: (False, True),
            self.quality_user: (True, True),
            self.manager_user: (True, True),
        }
        for user, (company, engineer) in seen.items():
            indicator = self.indicator.with_user(user)
            for scope, is_seen in ((None, company), (self.engineer, engineer)):
                with self.subTest(user=user.login, scope=scope):
                    if is_seen:
                        indicator.measure("2025-10-01", "2025-10-31", scope)
                    else:
                        with self.assertRaises(AccessError):
                            indicator.measure("2025-10-01", "2025-10-31", scope)


@tagged("post_install", "-at_install")
@freeze_time("2025-11-05 02:00:00")
class TestIndicatorsOverRpc(IndicatorCommon, RpcCase):
    def test_no_role_makes_or_changes_values(self):
        indicator = self.get_indicator("callback_on_time")
        indicator.action_recompute()
        value = self.env["itss.indicator.value"].search(
            [("indicator_id", "=", indicator.id)], limit=1
        )
        vals = {
            "indicator_id": indicator.id,
            "company_id": self.company.id,
            "date_from": "2020-01-01",
            "date_to": "2020-01-31",
        }
        for login in LOGINS:
            with self.subTest(user=login):
                self.assertTrue(self.is_allowed(login, value._name, "read", value.ids, ["value"]))
                for call in (
                    ("write", value.ids, {"value": 100}),
                    ("unlink", value.ids),
                    ("create", [vals]),
                ):
                    self.assertFalse(self.is_allowed(login, value._name, *call))

    def test_measure_answers_over_rpc_for_the_company(self):
        indicator = self.get_indicator("callback_on_time")
        figure = self.rpc_as(
            self.staff_user,
            "itss.indicator",
            "measure",
            indicator.ids,
            "2025-10-01",
            "2025-10-31",
        )
        self.assertEqual(figure, {"numerator": 0, "denominator": 0, "n": 0, "value": None})
