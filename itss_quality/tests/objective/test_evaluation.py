from datetime import date
from io import BytesIO

from lxml import html
from openpyxl import load_workbook

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from ...tools.figures import Period
from ..common import RpcCase
from .common import ObjectiveCommon


class EvaluationCommon(ObjectiveCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.objective = cls.make_approved(
            lines={
                cls.on_time: {"department_ids": (cls.dep_operations | cls.dep_staff).ids},
                cls.complaints: {"department_ids": cls.dep_operations.ids},
            }
        )
        cls.children = cls.break_down(cls.objective)
        cls.of_operations, cls.of_staff = cls.children.sorted(
            lambda one: one.department_id != cls.dep_operations
        )
        cls.sign(cls.of_operations, cls.ops_user)
        cls.sign(cls.of_staff, cls.staff_user)

    def evaluate_departments(self):
        for objective, user in (
            (self.of_operations, self.ops_user),
            (self.of_staff, self.staff_user),
        ):
            self.sign(self.make_evaluation(objective, user), user)


@tagged("post_install", "-at_install")
@freeze_time("2025-10-28 02:00:00")
class TestEvaluation(EvaluationCommon):
    def test_each_objective_is_measured_from_the_first_day_of_the_year_to_today(self):
        self.set_reached(on_time=(88, 100))
        evaluation = self.make_evaluation(self.objective)
        self.assertEqual(
            (str(evaluation.date_from), str(evaluation.date_to)), ("2025-01-01", "2025-10-28")
        )
        first, second = evaluation.line_ids
        # near the target has not met it
        self.assertEqual((first.target, first.actual, first.result), (90, 88, "missed"))
        self.assertEqual((first.numerator, first.denominator, first.actual_n), (88, 100, 100))
        self.assertEqual((second.result, second.actual_text), ("no_data", "no data"))
        self.assertEqual(evaluation.met_text, "0 / 1")

    def test_a_missed_objective_needs_a_cause_and_an_improvement(self):
        self.set_reached(on_time=(80, 100), complaints=(1, 100))
        evaluation = self.make_evaluation(self.of_operations, self.ops_user)
        with self.assertRaisesRegex(UserError, "及时率: no cause, no improvement"):
            evaluation.action_submit()
        line = evaluation.line_ids[0]
        line.cause = "夜班人手不足"
        with self.assertRaisesRegex(UserError, "及时率: no improvement"):
            evaluation.action_submit()
        line.action_raise_improvement()
        improvement = line.improvement_id
        self.assertEqual(improvement.root_cause, "夜班人手不足")
        self.assertEqual(improvement.department_id, self.dep_operations)
        self.assertIn("≥ 90 %", improvement.problem)
        # a second click opens it
        self.assertEqual(line.action_raise_improvement()["res_id"], improvement.id)
        improvement.sudo().state = "cancelled"
        with self.assertRaisesRegex(UserError, "no improvement"):
            evaluation.action_submit()
        improvement.sudo().state = "planned"
        evaluation.action_submit()
        self.assertEqual(evaluation.state, "submitted")

    def test_without_data_it_is_neither_met_nor_missed(self):
        evaluation = self.make_evaluation(self.of_operations, self.ops_user)
        evaluation.action_submit()
        self.assertEqual(evaluation.no_data_count, 2)
        self.assertEqual((evaluation.met_count, evaluation.missed_count), (0, 0))
        self.assertEqual(evaluation.met_text, "")

    def test_figures_are_those_of_the_moment_it_is_signed_and_then_frozen(self):
        self.set_reached(on_time=(95, 100), complaints=(1, 100))
        evaluation = self.make_evaluation(self.of_operations, self.ops_user)
        self.set_reached(on_time=(97, 100), complaints=(1, 100))
        evaluation.action_submit()
        self.assertEqual(evaluation.line_ids[0].actual, 97)
        self.set_reached(on_time=(10, 100))
        with self.assertRaisesRegex(UserError, "frozen"):
            evaluation.action_update_figures()
        with self.assertRaises(UserError):
            evaluation.line_ids[0].cause = "x"
        with self.assertRaises(UserError):
            evaluation.date_to = "2025-09-30"
        self.assertEqual(evaluation.line_ids[0].actual, 97)
        # nor does what was checked change any more
        with self.assertRaisesRegex(UserError, "was evaluated"):
            self.of_operations.line_ids[0].with_user(self.ops_user).check_result = "晚了"

    def test_a_day_that_has_not_come_is_not_evaluated(self):
        self.set_reached(on_time=(95, 100), complaints=(1, 100))
        evaluation = self.make_evaluation(self.of_operations, self.ops_user, date_to="2025-12-31")
        evaluation.action_submit()
        self.assertEqual(str(evaluation.date_to), "2025-10-28")
        with self.assertRaisesRegex(UserError, "days of 2025"):
            self.make_evaluation(self.of_staff, self.staff_user, date_from="2024-12-31")

    def test_departments_first_or_a_reason_why_they_are_missing(self):
        self.set_reached(on_time=(95, 100), complaints=(1, 100))
        evaluation = self.make_evaluation(self.objective)
        with self.assertRaisesRegex(UserError, "人力资源部、运维部"):
            evaluation.action_submit()
        self.sign(self.make_evaluation(self.of_operations, self.ops_user), self.ops_user)
        with self.assertRaisesRegex(UserError, "evaluations of 人力资源部"):
            evaluation.action_submit()
        evaluation.missing_reason = "部门合并，目标由运维部承担"
        evaluation.action_submit()
        self.assertEqual(evaluation.part_ids.department_id, self.dep_operations)
        self.assertEqual(evaluation.missing_departments, "人力资源部")
        text = self.print(evaluation)
        self.assertIn("Without an evaluation: 人力资源部", text)
        self.assertIn("部门合并", text)

    def test_the_company_s_collects_those_of_the_departments_and_closes_the_line(self):
        self.set_reached(on_time=(95, 100), complaints=(1, 100))
        self.evaluate_departments()
        self.assertEqual(self.evaluation_line.state, "in_progress")
        with self.assertRaises(UserError):
            self.evaluation_line.with_user(self.quality_user).action_done()
        evaluation = self.make_evaluation(self.objective)
        self.assertEqual(evaluation.plan_line_id, self.evaluation_line)
        self.sign(evaluation)
        self.assertEqual(len(evaluation.part_ids), 2)
        self.assertEqual(self.evaluation_line.state, "done")
        self.assertEqual(self.evaluation_line.objective_met_text, "2 / 2")
        self.assertTrue(evaluation.signed_pdf)

    def test_no_report_of_progress_takes_the_place_of_the_evaluation(self):
        self.report(self.evaluation_line, self.ops_user, percent=100)
        with self.assertRaises(UserError):
            self.evaluation_line.with_user(self.quality_user).action_done()

    def test_the_line_starts_the_evaluation_of_the_company_s_objectives(self):
        action = self.evaluation_line.with_user(self.quality_user).action_start_work()
        evaluation = self.env["itss.evaluation"].browse(action["res_id"])
        self.assertEqual(evaluation.objective_id, self.objective)

    def test_objectives_that_are_not_approved_are_not_evaluated(self):
        draft = self.make_objective(year=2026)
        with self.assertRaisesRegex(UserError, "once they are approved"):
            draft.action_open_evaluation()

    def test_it_is_issued_to_its_readers_who_confirm(self):
        self.set_reached(on_time=(95, 100), complaints=(1, 100))
        self.evaluate_departments()
        evaluation = self.make_evaluation(
            self.objective, recipient_ids=(self.desk_user | self.staff_user).ids
        )
        self.sign(evaluation)
        evaluation.with_user(self.desk_user).action_confirm_read()
        self.assertEqual(evaluation.read_text, "1/2")

    def test_a_revision_takes_causes_and_improvements_along(self):
        self.set_reached(on_time=(80, 100), complaints=(1, 100))
        evaluation = self.make_evaluation(self.of_operations, self.ops_user)
        self.explain(evaluation)
        self.sign(evaluation, self.ops_user)
        action = evaluation.with_user(self.ops_user).action_new_revision()
        revision = self.env["itss.evaluation"].browse(action["res_id"])
        self.assertEqual(revision.line_ids.mapped("cause"), evaluation.line_ids.mapped("cause"))
        self.assertEqual(revision.line_ids.improvement_id, evaluation.line_ids.improvement_id)
        self.assertTrue(revision.line_ids.improvement_id)

    # -------------------------------------------------------------------------
    # What is printed and told
    # -------------------------------------------------------------------------

    def print(self, evaluation):
        reports = self.env["ir.actions.report"].with_user(self.quality_user)
        content, _kind = reports._render_qweb_html(
            "itss_quality.itss_evaluation_document", evaluation.ids
        )
        return " ".join(html.fromstring(content.decode()).text_content().split())

    def test_print_and_workbook_tell_the_departments_first_and_the_same_figures(self):
        self.set_reached(on_time=(80, 100), complaints=(1, 100))
        for objective, user in (
            (self.of_operations, self.ops_user),
            (self.of_staff, self.staff_user),
        ):
            part = self.make_evaluation(objective, user)
            self.explain(part)
            self.sign(part, user)
        evaluation = self.make_evaluation(self.objective)
        self.explain(evaluation)
        self.sign(evaluation)
        self.env.invalidate_all()
        text = self.print(evaluation)
        self.assertLess(text.index("Departments"), text.index("Summary of the Company"))
        for words in ("≥ 90 %", "80 %", "夜班人手不足", "≤ 2 %", "(n = 100)"):
            self.assertIn(words, text)
        reports = self.env["ir.actions.report"].with_user(self.quality_user)
        content, _kind = reports._render("itss_quality.evaluation_xlsx", evaluation.ids)
        sheet = load_workbook(BytesIO(content))["Results"]
        rows = [[cell.value for cell in row][:6] for row in sheet.iter_rows(min_row=4)]
        self.assertEqual(
            rows[-2:],
            [
                ["Cloud Service Co", "及时率", "≥ 90 %", 80, 80, 100],
                ["Cloud Service Co", "投诉率", "≤ 2 %", 1, 1, 100],
            ],
        )
        self.assertEqual(len(rows), 5)

    def test_the_management_review_is_told_by_the_evaluations_approved_in_its_period(self):
        self.set_reached(on_time=(80, 100), complaints=(1, 100))
        self.evaluate_departments_with_causes()
        evaluation = self.make_evaluation(self.objective)
        self.explain(evaluation)
        evaluations = self.env["itss.evaluation"].sudo()

        def tell(*days):
            figures = evaluations._get_figures(Period(self.company, *map(date.fromisoformat, days)))
            return {
                figure.label: (figure.value, figure.n, figure.note)
                for figure in figures["objectives"]
            }

        self.assertEqual(
            tell("2025-01-01", "2025-09-30"),
            {"Evaluation of objectives": (None, None, "no approved evaluation in the period")},
        )
        self.sign(evaluation)
        told = tell("2025-01-01", "2025-10-31")
        self.assertEqual(told["Objectives met, Cloud Service Co"], (1, 2, ""))
        self.assertEqual(told["Objectives met, 运维部"], (1, 2, ""))
        self.assertEqual(told["及时率"], (80, 100, "≥ 90 % · Not Met"))
        self.assertEqual(told["投诉率"], (1, 100, "≤ 2 % · Met"))

    def test_the_indicator_counts_what_was_met_of_what_was_evaluated_on_the_day_of_approval(self):
        measure = type(self.on_time)._measure
        self.set_reached(on_time=(80, 100), complaints=(1, 100))
        self.evaluate_departments_with_causes()
        draft = self.make_evaluation(self.objective)
        self.explain(draft)
        self.patch(self.env.registry["itss.indicator"], "_measure", measure)
        # of three lines of departments two were missed; what is not approved does not count yet
        self.check("objective_met", 10, (1, 3))
        self.check("objective_met", 10, (0, 1), scope=self.dep_staff)
        self.check("objective_met", 9, (0, 0))
        self.assertTrue(self.get_indicator("objective_met")._tells("department"))
        self.assertFalse(self.get_indicator("callback_on_time")._tells("department"))

    def evaluate_departments_with_causes(self):
        for objective, user in (
            (self.of_operations, self.ops_user),
            (self.of_staff, self.staff_user),
        ):
            part = self.make_evaluation(objective, user)
            self.explain(part)
            self.sign(part, user)

    def test_the_review_s_line_warns_until_the_evaluation_is_signed_whatever_its_line_says(self):
        review_line = self.evaluation_line.sudo().copy({"kind": "review", "name": "管理评审"})
        review_line.write({"date_start": "2025-10-01", "date_end": "2025-10-30"})
        review_line.state = "in_progress"
        self.evaluation_line.sudo().state = "done"
        review_line.invalidate_recordset(["warning"])
        self.assertIn("needs “8", review_line.warning)
        self.set_reached(on_time=(95, 100), complaints=(1, 100))
        self.evaluate_departments()
        self.sign(self.make_evaluation(self.objective))
        review_line.invalidate_recordset(["warning"])
        self.assertFalse(review_line.warning)


@tagged("post_install", "-at_install")
@freeze_time("2025-10-28 02:00:00")
class TestEvaluationRpc(EvaluationCommon, RpcCase):
    def get_all_rights(self, record, vals, rights="rwd"):
        return {
            user.login: self.get_rights(
                user, record, vals, rights, refusals="AccessError|UserError"
            )
            for user in self.users
        }

    def test_a_department_writes_its_own_and_sees_no_other_one(self):
        evaluation = self.make_evaluation(self.of_operations, self.ops_user)
        expected = {
            "t_staff": "",
            "t_desk": "rwd",
            "t_ops": "rwd",
            "t_quality": "rwd",
            "t_boss": "r",
            "t_admin": "rwd",
            "t_outsider": "",
        }
        self.assertEqual(self.get_all_rights(evaluation, {"summary": "x"}), expected)
        self.assertEqual(
            self.get_all_rights(evaluation.line_ids[0], {"cause": "x"}, "rw"),
            {login: rights.replace("d", "") for login, rights in expected.items()},
        )

    def test_the_company_s_is_the_quality_department_s_until_it_is_issued(self):
        self.set_reached(on_time=(95, 100), complaints=(1, 100))
        self.evaluate_departments()
        evaluation = self.make_evaluation(self.objective, recipient_ids=self.staff_user.ids)
        rights = self.get_all_rights(evaluation, {"summary": "x"})
        self.assertEqual(
            [login for login, own in rights.items() if "w" in own], ["t_quality", "t_admin"]
        )
        self.assertEqual(rights["t_staff"], "")
        self.sign(evaluation)
        rights = self.get_all_rights(evaluation, {"summary": "x"})
        self.assertEqual((rights["t_staff"], rights["t_desk"]), ("r", ""))
        self.assertFalse([login for login, own in rights.items() if "w" in own])

    def test_nobody_enters_what_was_measured_or_collected(self):
        evaluation = self.make_evaluation(self.objective)
        for record, vals in (
            (evaluation.line_ids[0], {"actual": 100}),
            (evaluation.line_ids[0], {"result": "met"}),
            (evaluation, {"part_ids": [(6, 0, [])]}),
            (evaluation, {"state": "approved"}),
        ):
            self.assert_rpc_refused(
                "t_admin", record._name, "write", record.ids, vals, error="UserError"
            )
        self.assert_rpc_refused(
            "t_admin",
            "itss.evaluation.line",
            "create",
            {"evaluation_id": evaluation.id, "objective_line_id": self.objective.line_ids[0].id},
            error="AccessError|UserError",
        )

    def test_who_evaluates_whose_objectives(self):
        allowed = {
            (objective, user.login)
            for objective in (self.objective, self.of_operations, self.of_staff)
            for user in self.users
            if self.is_allowed(user, "itss.objective", "action_open_evaluation", objective.ids)
        }
        everywhere = {"t_quality", "t_admin"}
        self.assertEqual(
            allowed,
            {
                *((self.objective, login) for login in everywhere),
                *((self.of_operations, login) for login in (*everywhere, "t_ops", "t_desk")),
                *((self.of_staff, login) for login in (*everywhere, "t_staff")),
            },
        )
