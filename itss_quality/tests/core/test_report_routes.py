"""Prints and workbooks asked for by their address: whoever asks however, the answer is words."""

import json
from urllib.parse import quote

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..samples import SampleCommon

IDS = ("0", "-1", "1,", ",", "x", "1;2", "1,x", "1.5", "99999999999999999999", "2147483647", "１")
JSON = ("x", "[]", "[1]", "5", "null", '"x"', "{", "[" * 10000)
CONTEXTS = (
    {"lang": "xx_XX"},
    {"lang": ["zh_CN"]},
    {"tz": "Nowhere"},
    {"tz": 5},
    {"allowed_company_ids": "x"},
    {"allowed_company_ids": [2**40]},
    {"active_ids": "abc"},
    {"active_ids": 5},
    {"active_ids": [{}]},
    {"active_ids": [2**31 - 1]},
    {"active_model": "res.users", "active_ids": [1]},
    {"tracking_disable": True, "default_name": ["x"]},
)


@tagged("post_install", "-at_install")
class TestReportRoutes(SampleCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reports = cls.env["ir.actions.report"].search(
            [("report_name", "=like", "itss_quality.%")]
        )

    def setUp(self):
        super().setUp()
        for report in self.reports:
            self.get_sample(report.model)

    def get(self, path):
        return self.url_open(f"/report/{path}", allow_redirects=False)

    def kind(self, report):
        return "xlsx" if report.report_type == "xlsx" else "html"

    def assert_words(self, path, *statuses):
        response = self.get(path)
        with self.subTest(path=path[:200]):
            self.assertLess(response.status_code, 500, response.text[-300:])
            self.assertNotIn("Traceback", response.text)
            if statuses:
                self.assertIn(response.status_code, statuses)

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule")
    def test_each_role_gets_it_or_words(self):
        self.assertGreater(len(self.reports), 20)
        for user in self.users:
            self.authenticate(user.login, user.login)
            for report in self.reports:
                path = f"{self.kind(report)}/{report.report_name}"
                one = self.get_sample(report.model)
                self.assert_words(f"{path}/{one.id}", 200, 403, 422)

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule")
    def test_several_records_are_printed_or_refused_in_words(self):
        self.authenticate("t_admin", "t_admin")
        for report in self.reports:
            one, other = self.get_sample(report.model), self.make_sample(report.model)
            self.assert_words(
                f"{self.kind(report)}/{report.report_name}/{one.id},{other.id}", 200, 403, 422
            )

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule")
    def test_what_is_asked_for_wrongly_is_refused_in_words(self):
        self.authenticate("t_admin", "t_admin")
        for report in self.reports:
            kind = self.kind(report)
            path = f"{kind}/{report.report_name}"
            ids = self.get_sample(report.model).id
            for wrong in IDS:
                self.assert_words(f"{path}/{wrong}", 404)
            self.assert_words(path, *((404,) if kind == "html" else (200, 422)))
            other = "pdf" if kind == "xlsx" else "xlsx"
            self.assert_words(f"{other}/{report.report_name}/{ids}", 404)
            self.assert_words(f"{path}/{ids},{ids}", 200, 403, 422)
        self.assert_words(f"html/itss_quality.no_such_report/{ids}", 404)
        self.assert_words(f"html/itss_quality.itss_plan_view_form/{ids}", 404)

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule")
    def test_options_and_context_that_make_no_sense_are_refused_in_words(self):
        self.authenticate("t_admin", "t_admin")
        workbooks = self.reports.filtered(lambda one: one.report_type == "xlsx")
        for report in workbooks | (self.reports - workbooks)[:1]:
            kind = self.kind(report)
            path = f"{kind}/{report.report_name}"
            ids = self.get_sample(report.model).id
            for value in JSON:
                self.assert_words(f"{path}/{ids}?context={quote(value)}", 400)
                if kind == "xlsx":
                    self.assert_words(f"{path}/{ids}?options={quote(value)}", 400)
            for context in CONTEXTS:
                self.assert_words(f"{path}?context={quote(json.dumps(context))}")
                self.assert_words(f"{path}/{ids}?context={quote(json.dumps(context))}")

    def test_the_address_says_nothing_in_a_print(self):
        self.authenticate("t_admin", "t_admin")
        plan = self.get_sample("itss.plan")
        words = "?number=FORGED&foot=FORGED&heading=FORGED&style=FORGED&title=FORGED"
        options = quote(json.dumps({"number": "FORGED", "foot": "FORGED"}))
        for report in self.reports.filtered(lambda one: one.report_type != "xlsx"):
            path = f"html/{report.report_name}/{self.get_sample(report.model).id}"
            for question in (words, f"?options={options}"):
                with self.subTest(path=path, question=question):
                    self.assertNotIn("FORGED", self.get(path + question).text)
        self.assertIn(plan.number, self.get(f"html/itss_quality.itss_plan_document/{plan.id}").text)
