from datetime import date

from odoo import Command
from odoo.tools import SQL

from ...tools.indicators import COMPANY, Count, Facts, get_span
from ..common import ItssCommon


class IndicatorCommon(ItssCommon):
    """Figures of indicators, as they are told now."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # days begin at 16:00 UTC of the day before
        cls.company.resource_calendar_id.tz = "Asia/Shanghai"

    @classmethod
    def get_indicator(cls, code, company=None):
        company = company or cls.company
        return cls.env["itss.indicator"].search(
            [("code", "=", code), ("company_id", "=", company.id)]
        )

    def measure(self, code, date_from, date_to, scope=None, company=None):
        """Return numerator, denominator and value of an indicator; days as texts."""
        figure = self.get_indicator(code, company).measure(
            date.fromisoformat(date_from), date.fromisoformat(date_to), scope
        )
        return figure["numerator"], figure["denominator"], figure["value"]

    def check(self, code, month, expected, **kwargs):
        """An indicator counts so many of so many in a month of 2025, given as a number."""
        span = (str(day) for day in self.get_span(month))
        self.assertEqual(self.measure(code, *span, **kwargs)[:2], expected)

    @classmethod
    def get_span(cls, month):
        """Return first and last day of a month of 2025."""
        return get_span(date(2025, month, 1), "month")


class ObjectiveCommon(IndicatorCommon):
    """Objectives of 2025, whose indicators reach what a test says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dep_quality.manager_id = cls.employee(cls.quality_user)
        cls.dep_operations.manager_id = cls.employee(cls.ops_user)
        cls.dep_staff.manager_id = cls.employee(cls.staff_user)
        cls.plan = cls.make_plan(lines=0, satisfaction_target=95)
        cls.line = cls.make_line(
            cls.plan, number="1", name="质量目标策划分解", kind="objectives", date_text="2025年1月"
        )
        cls.evaluation_line = cls.make_line(
            cls.plan, number="8", name="目标实施效果分析评价", kind="evaluation"
        )
        cls.approve(cls.plan)
        cls.satisfaction = cls.get_indicator("satisfaction_company") or cls.make_indicator(
            "satisfaction_company", unit="score"
        )
        cls.on_time = cls.make_indicator("on_time", name="及时率", target=90)
        cls.complaints = cls.make_indicator(
            "complaints", name="投诉率", target=2, direction="lower", tolerance=0
        )

    @classmethod
    def make_indicator(cls, code, **vals):
        return cls.env["itss.indicator"].create(
            {
                "code": code,
                "name": code,
                "method": "callback_on_time",
                "company_id": cls.company.id,
                "target": 95,
                "tolerance": 2,
                **vals,
            }
        )

    def set_reached(self, **reached):
        """Let indicators reach so many of so many, by code; in one department, by code__department."""
        departments = self.env["hr.department"].search([("company_id", "=", self.company.id)]).ids

        def measure(indicator, ask):
            if ask.wants_facts:
                return Facts("itss.callback", SQL(), SQL(), scopes={"department": SQL()})
            counts = {}
            for key in [(COMPANY, 0), *(("department", one) for one in departments)]:
                usual = reached.get(indicator.code)
                count = reached.get(f"{indicator.code}__{key[1]}", usual)
                for number in range(len(ask.spans) if count else 0):
                    counts[(number, *key)] = Count(*count, count[1])
            return counts

        self.patch(self.env.registry["itss.indicator"], "_measure", measure)

    @classmethod
    def make_objective(cls, user=None, lines=None, **vals):
        """Create the company's draft of 2025 with a line of each indicator in ``lines``."""
        lines = {cls.on_time: {}} if lines is None else lines
        return (
            cls.env["itss.objective"]
            .with_user(user or cls.quality_user)
            .create(
                {
                    "year": 2025,
                    "company_id": cls.company.id,
                    "line_ids": [
                        Command.create(
                            {
                                "indicator_id": indicator.id,
                                "countermeasure": "每周检查",
                                "department_ids": cls.dep_operations.ids,
                                "date_deadline": "2025-09-30",
                                **more,
                            }
                        )
                        for indicator, more in lines.items()
                    ],
                    **vals,
                }
            )
        )

    @classmethod
    def make_approved(cls, **kwargs):
        return cls.approve(cls.make_objective(**kwargs))

    @classmethod
    def break_down(cls, objective):
        """Break down approved objectives and return those of the departments."""
        objective.with_user(cls.quality_user).action_break_down()
        return objective.child_ids

    @classmethod
    def sign(cls, document, preparer=None):
        """Take a document through its signatures: of a department, by its own people."""
        document.with_user(preparer or cls.quality_user).action_submit()
        document.with_user(cls.quality_user_2).action_review()
        document.with_user(cls.manager_user).action_approve()
        return document

    @classmethod
    def make_evaluation(cls, objective, user=None, **vals):
        user = user or cls.quality_user
        action = objective.with_user(user).action_open_evaluation()
        evaluation = cls.env["itss.evaluation"].with_user(user).browse(action["res_id"])
        evaluation.write(
            {
                "summary": "对策已落实",
                "conclusion": "目标适宜",
                "recipient_ids": cls.quality_user.ids,
                **vals,
            }
        )
        return evaluation

    @classmethod
    def explain(cls, evaluation):
        """Say why objectives were missed, and make their improvements."""
        for line in evaluation.line_ids.filtered(lambda one: one.result == "missed"):
            line.cause = "夜班人手不足"
            line.action_raise_improvement()
