import base64
from io import BytesIO

from lxml import html
from openpyxl import Workbook, load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..common import LOGINS, RpcCase
from .common import ObjectiveCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-02-10 02:00:00")
class TestObjective(ObjectiveCommon):
    def start(self, line=None):
        action = (line or self.line).with_user(self.quality_user).action_start_work()
        return self.env["itss.objective"].with_user(self.quality_user).browse(action["res_id"])

    # -------------------------------------------------------------------------
    # From the plan
    # -------------------------------------------------------------------------

    def test_the_plan_s_satisfaction_is_the_first_objective_and_not_typed_twice(self):
        objective = self.start()
        self.assertEqual(objective.plan_line_id, self.line)
        self.assertEqual(objective.line_ids.indicator_id, self.satisfaction)
        self.assertEqual((objective.line_ids.target, objective.line_ids.from_plan), (95, True))
        with self.assertRaisesRegex(UserError, "is the plan's"):
            objective.line_ids.target = 90
        self.plan.sudo().satisfaction_target = 96
        self.assertEqual(objective.line_ids.target, 96)

    def test_what_was_signed_stays_when_the_plan_s_target_changes_and_says_so(self):
        objective = self.start()
        objective.line_ids.write(
            {"countermeasure": "回访", "department_ids": self.dep_operations.ids}
        )
        self.approve(objective)
        self.plan.sudo().satisfaction_target = 97
        self.assertEqual(objective.line_ids.target, 95)
        self.assertIn("97", objective.warning)

    def test_objectives_of_every_indicator_are_proposed(self):
        objective = self.start()
        objective.action_propose_lines()
        indicators = self.env["itss.indicator"].search(
            [("company_id", "=", self.company.id), ("target", "!=", 0)]
        )
        self.assertEqual(objective.line_ids.indicator_id, indicators)
        self.assertEqual(objective.line_ids.filtered("from_plan").indicator_id, self.satisfaction)

    def test_the_line_is_done_when_company_and_departments_are_approved(self):
        objective = self.make_objective()
        self.assertEqual(self.line.state, "planned")
        objective.action_submit()
        self.assertEqual(self.line.state, "in_progress")
        objective.with_user(self.ops_user).action_review()
        objective.with_user(self.manager_user).action_approve()
        self.assertEqual(self.line.state, "in_progress")
        [child] = self.break_down(objective)
        self.report(self.line, self.ops_user, percent=100)
        with self.assertRaises(UserError):
            self.line.with_user(self.quality_user).action_done()
        self.sign(child, self.ops_user)
        self.assertEqual(self.line.state, "done")

    def test_a_company_has_one_set_a_year_and_revisions_of_it(self):
        objective = self.make_approved()
        with self.assertRaises(UserError):
            self.make_objective()
        self.make_objective(year=2026)
        action = objective.with_user(self.quality_user).action_new_revision()
        revision = self.env["itss.objective"].browse(action["res_id"])
        self.assertEqual(revision.number, objective.number)
        self.assertEqual(revision.line_ids.mapped("target"), [90])

    # -------------------------------------------------------------------------
    # The lines
    # -------------------------------------------------------------------------

    def test_last_year_is_proposed_by_the_indicator_and_no_data_is_no_zero(self):
        self.set_reached(on_time=(93, 100))
        objective = self.make_objective(lines={self.on_time: {}, self.complaints: {}})
        known, unknown = objective.line_ids
        self.assertEqual((known.baseline, known.has_baseline), (93, True))
        self.assertEqual((known.target_text, known.baseline_text), ("≥ 90 %", "93 %"))
        self.assertEqual((unknown.has_baseline, unknown.baseline_text), (False, "no data"))
        self.assertEqual(unknown.target_text, "≤ 2 %")
        unknown.baseline = 3
        self.assertEqual(unknown.baseline_text, "3 %")

    def test_what_a_line_lacks_is_named_before_it_is_signed(self):
        objective = self.make_objective(
            lines={self.on_time: {"countermeasure": False, "date_deadline": False}}
        )
        with self.assertRaisesRegex(UserError, "及时率: no countermeasure, no completion date"):
            objective.action_submit()
        objective.line_ids.unlink()
        with self.assertRaisesRegex(UserError, "no objectives yet"):
            objective.action_submit()

    def test_what_was_signed_is_frozen_but_the_check_result(self):
        line = self.make_approved().line_ids.with_user(self.quality_user)
        for vals in ({"target": 80}, {"countermeasure": "x"}, {"owner_id": self.ops_user.id}):
            with self.assertRaises(UserError):
                line.write(vals)
        with self.assertRaises(UserError):
            line.unlink()
        line.check_result = "已完成"
        self.assertEqual(line.checked_by_id, self.quality_user)
        self.assertEqual(str(line.checked_date), "2025-02-10")

    def test_the_traffic_light_tells_met_near_missed_and_no_data(self):
        objective = self.make_approved(lines={self.on_time: {}, self.complaints: {}})
        first, second = objective.line_ids
        for reached, status in (
            ({"on_time": (90, 100)}, "met"),
            ({"on_time": (88, 100)}, "near"),
            ({"on_time": (87, 100)}, "missed"),
            ({}, "no_data"),
        ):
            with self.subTest(status):
                self.set_reached(**reached, complaints=(1, 100))
                objective.action_update_actuals()
                self.assertEqual(first.status, status)
                self.assertEqual(second.status, "met")
        self.assertEqual((objective.met_text, objective.status), ("1 / 1", "met"))

    def test_the_scheduled_action_measures_what_is_in_force_once_a_day(self):
        line = self.make_approved().line_ids
        draft = self.make_objective(year=2026).line_ids
        self.set_reached(on_time=(95, 100))
        with self.enter_registry_test_mode():
            cron = self.env.ref("itss_quality.ir_cron_itss_objective_line_measure")
            with freeze_time("2025-02-11 02:00:00"):
                cron.method_direct_trigger()
                self.assertEqual((line.actual, line.status), (95, "met"))
                self.assertFalse(draft.actual_at)
                self.set_reached(on_time=(10, 100))
                cron.method_direct_trigger()
                self.assertEqual(line.actual, 95)

    # -------------------------------------------------------------------------
    # Breakdown
    # -------------------------------------------------------------------------

    def test_one_click_makes_a_draft_for_each_responsible_department(self):
        objective = self.make_approved(
            lines={
                self.on_time: {"department_ids": (self.dep_operations | self.dep_staff).ids},
                self.complaints: {"department_ids": self.dep_staff.ids},
            }
        )
        children = self.break_down(objective)
        self.assertEqual(children.department_id, self.dep_operations | self.dep_staff)
        by_department = {child.department_id: child.line_ids for child in children}
        self.assertEqual(by_department[self.dep_operations].indicator_id, self.on_time)
        lines = by_department[self.dep_staff]
        self.assertEqual(lines.parent_line_id, objective.line_ids)
        self.assertEqual(lines.owner_id, self.staff_user)
        self.assertEqual(lines.mapped("target"), [90, 2])
        child = children.filtered(lambda one: one.department_id == self.dep_staff)
        self.assertEqual(child.activity_ids.user_id, self.staff_user)
        # who has theirs keeps it
        objective.with_user(self.quality_user).action_break_down()
        self.assertEqual(objective.child_ids, children)

    def test_only_what_is_approved_is_broken_down(self):
        with self.assertRaises(UserError):
            self.make_objective().action_break_down()

    def test_a_department_is_measured_by_itself_where_the_indicator_tells_departments_apart(self):
        self.set_reached(**{"on_time": (50, 100), f"on_time__{self.dep_operations.id}": (99, 100)})
        objective = self.make_approved()
        [child] = self.break_down(objective)
        self.assertEqual(objective.line_ids.baseline, 50)
        self.assertEqual(child.line_ids.baseline, 99)
        self.patch(self.env.registry["itss.indicator"], "_tells", lambda indicator, kind: False)
        self.assertEqual(child.line_ids._measure()[child.line_ids].numerator, 50)

    def test_a_department_s_target_weaker_than_the_company_s_warns_by_its_direction(self):
        objective = self.make_approved(lines={self.on_time: {}, self.complaints: {}})
        [child] = self.break_down(objective)
        higher, lower = child.with_user(self.quality_user).line_ids
        self.assertFalse(child.warning)
        higher.target, lower.target = 95, 1
        self.assertFalse(child.warning)
        higher.target = 85
        self.assertIn("≥ 85 % is weaker than the company's, ≥ 90 %", higher.warning)
        lower.target = 3
        self.assertIn("≤ 3 %", lower.warning)
        self.assertEqual(len(child.warning.splitlines()), 2)

    def test_departments_go_on_under_the_revision_of_the_company_s(self):
        objective = self.make_approved()
        [child] = self.break_down(objective)
        action = objective.with_user(self.quality_user).action_new_revision()
        revision = self.env["itss.objective"].browse(action["res_id"])
        revision.change_note = "目标提高"
        revision.line_ids.with_user(self.quality_user).target = 92
        self.approve(revision)
        self.assertEqual(objective.state, "superseded")
        self.assertEqual(child.parent_id, revision)
        self.assertEqual(child.line_ids.parent_line_id, revision.line_ids)
        self.assertTrue(child.warning)

    def test_a_department_s_are_not_approved_before_the_company_s(self):
        objective = self.make_approved()
        [child] = self.break_down(objective)
        objective.sudo().state = "reviewed"
        child.with_user(self.ops_user).action_submit()
        child.with_user(self.quality_user).action_review()
        with self.assertRaisesRegex(UserError, "company's objectives are not approved"):
            child.with_user(self.manager_user).action_approve()

    # -------------------------------------------------------------------------
    # Next year
    # -------------------------------------------------------------------------

    def test_next_year_starts_with_targets_by_what_was_reached(self):
        objective = self.make_approved(
            lines={self.satisfaction: {"from_plan": True}, self.on_time: {}, self.complaints: {}}
        )
        self.set_reached(satisfaction_company=(9600, 100), on_time=(96, 100), complaints=(3, 100))
        action = objective.with_user(self.quality_user).action_new_next_year()
        following = self.env["itss.objective"].browse(action["res_id"])
        self.assertEqual((following.year, following.state), (2026, "draft"))
        # no plan of 2026 yet: there is no target to take
        self.assertEqual(following.line_ids.mapped("target"), [95, 93, 2])
        self.assertEqual(following.line_ids.mapped("baseline"), [96, 96, 3])
        self.assertEqual(str(following.line_ids[0].date_deadline), "2026-09-30")
        again = objective.with_user(self.quality_user).action_new_next_year()
        self.assertEqual(again["res_id"], following.id)

    # -------------------------------------------------------------------------
    # The clock
    # -------------------------------------------------------------------------

    def test_deadlines_remind_the_owner_and_late_ones_go_to_the_head_of_the_department(self):
        objective = self.make_approved()
        [child] = self.break_down(objective)
        child.line_ids.with_user(self.quality_user).owner_id = self.desk_user
        self.sign(child, self.ops_user)
        line = child.line_ids
        cron = self.env.ref("itss_quality.ir_cron_itss_objective_line_escalate")
        with self.enter_registry_test_mode():
            for moment, users in (
                ("2025-09-22 02:00:00", self.env["res.users"]),
                ("2025-09-24 02:00:00", self.desk_user),
                ("2025-10-02 02:00:00", self.desk_user | self.ops_user),
            ):
                with freeze_time(moment):
                    cron.method_direct_trigger()
                    self.assertEqual(line.activity_ids.user_id, users)
            with freeze_time("2025-10-02 02:00:00"):
                self.assertIn(line, line.with_user(self.ops_user).search([("is_late", "=", True)]))
        line.with_user(self.desk_user).check_result = "已完成"
        self.assertFalse(line.activity_ids)
        self.assertFalse(line.escalate_at)

    # -------------------------------------------------------------------------
    # Excel and PDF
    # -------------------------------------------------------------------------

    def export(self, objective):
        reports = self.env["ir.actions.report"].with_user(self.quality_user)
        content, _kind = reports._render("itss_quality.objective_xlsx", objective.ids)
        return content

    def import_(self, objective, content, user=None):
        dialog = (
            self.env["itss.objective.import"]
            .with_user(user or self.quality_user)
            .create({"objective_id": objective.id, "file": base64.b64encode(content)})
        )
        return dialog.action_import()

    def make_book(self, *rows):
        book = Workbook()
        headings = ("目标", "目标值", "现状", "对策", "责任部门/人", "完成时间", "检查结果")
        for row in (headings, *rows):
            book.active.append(row)
        stream = BytesIO()
        book.save(stream)
        return stream.getvalue()

    def test_the_table_goes_out_and_comes_back_the_same(self):
        self.set_reached(on_time=(93, 100))
        objective = self.make_objective(
            lines={
                self.satisfaction: {"from_plan": True, "name": "客户满意"},
                self.on_time: {"owner_id": self.ops_user.id},
                self.complaints: {"check_result": "进行中"},
            }
        )
        names = (
            "name",
            "indicator_id",
            "target",
            "from_plan",
            "baseline",
            "has_baseline",
            "countermeasure",
            "department_ids",
            "owner_id",
            "date_deadline",
            "check_result",
        )
        before = [[line[name] for name in names] for line in objective.line_ids]
        content = self.export(objective)
        headings = [cell.value for cell in load_workbook(BytesIO(content)).active[3]]
        self.assertEqual(len(headings), 8)
        self.import_(objective, content)
        self.assertEqual([[line[name] for name in names] for line in objective.line_ids], before)

    def test_a_file_with_chinese_headings_is_read(self):
        objective = self.make_objective(lines={})
        content = self.make_book(
            (
                "及时率",
                "≥92%",
                "无数据",
                "加强值班",
                f"运维部/{self.ops_user.name}",
                "2025年10月",
                None,
            ),
            ("complaints", 1.5, 3, "培训", "运维部、人力资源部", "2025-11-30", "已开展"),
        )
        self.import_(objective, content)
        first, second = objective.line_ids
        self.assertEqual((first.indicator_id, first.target), (self.on_time, 92))
        self.assertEqual(first.owner_id.name, self.ops_user.name)
        self.assertEqual(str(first.date_deadline), "2025-10-31")
        self.assertEqual((second.target, second.baseline), (1.5, 3))
        self.assertEqual(second.department_ids, self.dep_operations | self.dep_staff)

    def test_what_is_wrong_is_named_by_row_and_column_and_nothing_is_taken(self):
        objective = self.make_objective()
        content = self.make_book(
            ("及时率", "≤92", "x", "值班", "不存在部", "某日", None),
            ("幸福指数", "≥90", None, None, None, None, None),
            ("complaints", "≤1", None, "培训", "运维部", "2025-11-30", None),
        )
        with self.assertRaises(UserError) as caught:
            self.import_(objective, content)
        words = str(caught.exception)
        for place in ("Row 2, column B", "Row 2, column C", "Row 2, column E", "Row 2, column F"):
            self.assertIn(place, words)
        self.assertIn("Row 3, column A (目标): No indicator is called “幸福指数”", words)
        self.assertEqual(objective.line_ids.indicator_id, self.on_time)

    def test_a_signed_table_takes_no_file_and_a_stranger_s_none(self):
        objective = self.make_objective()
        content = self.export(objective)
        self.approve(objective)
        with self.assertRaises(UserError):
            self.import_(objective, content)
        with self.assertRaises(AccessError):
            self.import_(self.make_objective(year=2026), content, user=self.staff_user)

    def test_the_print_is_the_countermeasure_table(self):
        objective = self.make_approved()
        reports = self.env["ir.actions.report"].with_user(self.quality_user)
        content, _kind = reports._render_qweb_html(
            "itss_quality.itss_objective_document", objective.ids
        )
        text = html.fromstring(content.decode()).text_content()
        for words in ("≥ 90 %", "每周检查", "运维部", "no data"):
            self.assertIn(words, text)
        self.assertTrue(objective.signed_pdf)


@tagged("post_install", "-at_install")
class TestObjectiveRpc(ObjectiveCommon, RpcCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.objective = cls.make_objective(
            lines={
                cls.on_time: {"department_ids": (cls.dep_operations | cls.dep_staff).ids},
            }
        )

    def get_all_rights(self, record, vals):
        return {
            user.login: self.get_rights(user, record, vals, refusals="AccessError|UserError")
            for user in self.users
        }

    def test_the_company_s_draft_is_the_quality_department_s(self):
        rights = self.get_all_rights(self.objective, {"change_note": "x"})
        self.assertEqual(
            rights,
            {
                "t_staff": "",
                "t_desk": "",
                "t_ops": "",
                "t_quality": "rwd",
                "t_boss": "r",
                "t_admin": "rwd",
                "t_outsider": "",
            },
        )

    def test_a_department_s_draft_is_its_own(self):
        self.approve(self.objective)
        child = self.break_down(self.objective).filtered(
            lambda one: one.department_id == self.dep_operations
        )
        for record, vals in (
            (child, {"change_note": "x"}),
            (child.line_ids, {"target": 91}),
        ):
            with self.subTest(record=record):
                self.assertEqual(
                    self.get_all_rights(record, vals),
                    {
                        "t_staff": "",
                        "t_desk": "rwd",
                        "t_ops": "rwd",
                        "t_quality": "rwd",
                        "t_boss": "r",
                        "t_admin": "rwd",
                        "t_outsider": "",
                    },
                )

    def test_approved_objectives_of_the_company_are_read_by_all_and_changed_by_nobody(self):
        self.approve(self.objective)
        for record, vals in (
            (self.objective, {"name": "x"}),
            (self.objective.line_ids, {"target": 80}),
        ):
            rights = self.get_all_rights(record, vals)
            self.assertEqual(rights.pop("t_outsider"), "")
            self.assertEqual(set(rights.values()), {"r"})

    def test_steps_are_those_of_the_roles(self):
        steps = {
            ("draft", "submitted"): ("t_quality", "t_admin"),
            ("submitted", "reviewed"): ("t_ops", "t_boss", "t_admin"),
            ("submitted", "draft"): ("t_ops", "t_quality", "t_boss", "t_admin"),
            ("reviewed", "approved"): ("t_boss", "t_admin"),
            ("reviewed", "draft"): ("t_quality", "t_boss", "t_admin"),
        }
        records = {"draft": self.objective}
        for number, state in enumerate(("submitted", "reviewed", "approved", "superseded"), 1):
            record = self.make_objective(year=2025 + number)
            record.action_submit()
            record.sudo().state = state
            records[state] = record
        reasons = {
            ("submitted", "draft"): "rejection_reason",
            ("reviewed", "draft"): "rejection_reason",
        }
        self.walk(records, steps, reasons)

    def test_who_breaks_down_and_who_starts_next_year(self):
        self.approve(self.objective)
        allowed = {
            method: {
                login
                for login in LOGINS
                if self.is_allowed(
                    login, "itss.objective", method, self.objective.ids, refusals="AccessError"
                )
            }
            for method in ("action_break_down", "action_new_next_year")
        }
        self.assertEqual(
            allowed,
            dict.fromkeys(("action_break_down", "action_new_next_year"), {"t_quality", "t_admin"}),
        )

    def test_nobody_enters_what_was_measured(self):
        for name, value in (("actual", 99), ("status", "met"), ("checked_by_id", 1)):
            self.assert_rpc_refused(
                "t_admin",
                "itss.objective.line",
                "write",
                self.objective.line_ids.ids,
                {name: value},
                error="UserError",
            )

    def test_a_department_makes_objectives_for_itself_alone(self):
        self.approve(self.objective)
        vals = {
            "level": "department",
            "parent_id": self.objective.id,
            "year": 2025,
            "company_id": self.company.id,
        }
        for department, is_own in ((self.dep_staff, True), (self.dep_operations, False)):
            self.assertEqual(
                self.is_allowed(
                    "t_staff",
                    "itss.objective",
                    "create",
                    {**vals, "department_id": department.id},
                ),
                is_own,
            )
        company = {"level": "company", "year": 2027, "company_id": self.company.id}
        self.assertFalse(self.is_allowed("t_staff", "itss.objective", "create", company))
        self.assertFalse(
            self.is_allowed(
                "t_staff",
                "itss.objective.line",
                "create",
                {"objective_id": self.objective.id, "indicator_id": self.on_time.id},
                refusals="AccessError|UserError",
            )
        )

    def test_another_company_sees_nothing(self):
        self.assertEqual(self.get_rights(self.foreign_user, self.objective, {"name": "x"}), "")

    def test_the_context_does_nothing(self):
        self.assert_context_does_nothing(self.quality_user, self.objective, "action_submit")
