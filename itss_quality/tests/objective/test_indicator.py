from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

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
