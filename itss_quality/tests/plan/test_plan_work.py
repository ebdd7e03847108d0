from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ...models.plan.itss_plan_work_mixin import ItssPlanWorkMixin
from ..common import ItssCommon


@tagged("post_install", "-at_install")
class TestPlanWork(ItssCommon):
    """itss.plan.work.mixin: what holds for everything that carries out a line of the plan."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.make_plan(lines=0)
        cls.works = cls.env["itss.plan.line"]._get_work_models()
        cls.lines = {
            work: cls.make_line(cls.plan, kind=work._plan_kinds[0], supporting_text="各有关部门")
            for work in cls.works
        }
        cls.approve(cls.plan)

    def as_quality(self, work):
        return self.lines[work].with_user(self.quality_user)

    def start(self, work):
        """Press the button of the line and save what it opens."""
        if work._name == "itss.evaluation":
            self.get_objective(self.lines[work].year)
        action = self.as_quality(work).action_start_work()
        self.assertEqual(action["res_model"], work._name)
        model = self.env[action["res_model"]].with_user(self.quality_user)
        if action.get("res_id"):
            # it starts with what others have said
            self.assertEqual(action["views"][0][1], "form")
            return model.browse(action["res_id"])
        self.assertEqual(action["view_mode"], "form")
        return Form(model.with_context(**action["context"])).save()

    @contextmanager
    def each_alone(self, work):
        """A test of one kind of works leaves nothing to the next one."""
        with self.subTest(work=work._name):
            self.env.flush_all()
            savepoint = self.env.cr.savepoint()
            try:
                yield
            finally:
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def get_objective(self, year):
        """Return the company's approved objectives of a year, which an evaluation is about."""
        objectives = self.env["itss.objective"]
        objective = objectives.search([("company_id", "=", self.company.id), ("year", "=", year)])
        vals = {"company_id": self.company.id, "year": year, "plan_line_id": False}
        objective = objective or objectives.create(vals)
        objective.state = "approved"
        return objective

    def make(self, work, line, number):
        """Make a record that carries out a line, with what it stands on."""
        vals = {**work._prepare_work_vals(line), "name": line.display_name}
        if work._name == "itss.objective":
            # a company has one set of objectives a year
            vals["year"] = 2030 + number
        elif work._name == "itss.evaluation":
            vals["objective_id"] = self.get_objective(2060 + number).id
        return work.with_user(self.quality_user).create(vals)

    # -------------------------------------------------------------------------
    # Each kind
    # -------------------------------------------------------------------------

    def test_it_carries_out_kinds_that_there_are(self):
        self.assertGreaterEqual(len(self.works), 3)
        kinds = self.env["itss.plan.line"]._fields["kind"].get_values(self.env)
        for work in self.works:
            with self.subTest(work=work._name):
                states = work._fields["state"].get_values(self.env)
                self.assertTrue(work._plan_kinds and work._begun_states and work._finished_states)
                self.assertLessEqual(set(work._plan_kinds), set(kinds))
                for names in (work._begun_states, work._finished_states, work._dropped_states):
                    self.assertLessEqual(set(names), set(states))

    def test_the_line_starts_it_and_shows_it(self):
        for work in self.works:
            with self.each_alone(work):
                line = self.as_quality(work)
                self.assertEqual(line.start_label, work._get_start_label())
                self.assertFalse(line.work_count)
                record = self.start(work)
                line.invalidate_recordset()
                self.assertEqual((record.plan_line_id, record.company_id), (line, self.company))
                self.assertEqual((line.work_count, line.start_label), (1, ""))
                self.assertEqual(line.work_label, work._get_list_action()["name"])
                self.assertEqual(line.action_view_work()["res_id"], record.id)
                self.make(work, line, 1)
                action = line.action_view_work()
                self.assertNotIn("res_id", {name for name, value in action.items() if value})
                self.assertEqual(len(work.search(action["domain"])), 2)

    def test_nobody_starts_one_without_the_right_to_make_it(self):
        for work in self.works:
            with self.each_alone(work):
                line = self.lines[work].with_user(self.staff_user)
                self.assertFalse(line.start_label)
                with self.assertRaises(AccessError):
                    line.action_start_work()

    def test_the_line_begins_and_ends_with_it(self):
        for work in self.works:
            with self.each_alone(work):
                line, record = self.lines[work], self.start(work).sudo()
                for state, follows in (
                    *((state, "in_progress") for state in work._begun_states),
                    (work._finished_states[0], "done"),
                ):
                    # without what the record's own model does in the step
                    record.state = state
                    ItssPlanWorkMixin._apply_step(record, "draft", state)
                    self.assertEqual(line.state, follows)
                self.assertTrue(line.date_done)
                self.assertIn(record.display_name, line.message_ids[0].body)

    def test_a_finished_one_is_what_the_line_has_to_show(self):
        for work in self.works:
            with self.each_alone(work):
                line, record = self.as_quality(work), self.start(work)
                with self.assertRaises(UserError):
                    line.action_done()
                if work._proves_alone:
                    self.report(line, self.ops_user, percent=100)
                    with self.assertRaisesRegex(UserError, "done when its"):
                        line.action_done()
                record.sudo().state = work._finished_states[0]
                line.invalidate_recordset()
                self.assertTrue(line.can_finish)
                line.action_done()
                self.assertEqual(line.state, "done")

    def test_a_dropped_one_makes_way_for_another(self):
        for work in self.works:
            with self.each_alone(work):
                line, record = self.as_quality(work), self.start(work)
                for state in work._dropped_states:
                    record.sudo().state = state
                    line.invalidate_recordset()
                    self.assertFalse(line.work_count)
                    self.assertEqual(line.start_label, work._get_start_label())

    def test_it_goes_over_to_the_revision_of_the_plan(self):
        records = {work: self.start(work) for work in self.works}
        action = self.plan.action_new_revision()
        revision = self.plan.browse(action["res_id"])
        revision.change_note = "改期"
        self.approve(revision)
        for work in self.works:
            with self.subTest(work=work._name):
                self.assertEqual(records[work].plan_line_id.plan_id, revision)
                self.assertEqual(records[work].plan_line_id.previous_id, self.lines[work])

    # -------------------------------------------------------------------------
    # None, and more than one kind
    # -------------------------------------------------------------------------

    def test_a_line_that_no_record_carries_out_starts_none(self):
        plan = self.make_plan(lines=0, year=2026)
        line = self.make_line(plan, kind="other")
        self.approve(plan)
        self.assertFalse(line.start_label)
        for name in ("action_start_work", "action_view_work"):
            with self.assertRaisesRegex(UserError, "no record of its own"):
                getattr(line, name)()

    def test_where_several_kinds_fit_the_line_asks_which(self):
        audit, review = self.env["itss.audit"], self.env["itss.review"]
        line = self.as_quality(audit)
        with patch.object(type(review), "_plan_kinds", ("review", "audit")):
            self.assertEqual(line.start_label, "Start Work")
            rows = self.choose(line.action_start_work())
            self.assertEqual(rows.mapped("name"), ["Plan Internal Audit", "Prepare Review"])
            for row, work in zip(rows, (audit, review), strict=True):
                self.assertEqual(row.action_choose(), work._action_start(line))
            # there is no choice for who may make reviews only
            action = line.with_user(self.manager_user).action_start_work()
            self.assertEqual(action["res_model"], "itss.review")
            # nor where one kind is under way
            first = self.start(self.env["itss.survey.round"])
            first.sudo().plan_line_id = line
            opened = line.action_start_work()
            record = self.env["itss.audit"].with_user(self.quality_user)
            record.create({"name": "内审", "plan_line_id": line.id})
            line.invalidate_recordset()
            self.assertEqual(line.start_label, "Prepare Review")
            self.assertEqual(opened["res_model"], "itss.plan.work.choice")
        self.assertEqual(line.work_count, 2)
        rows = self.choose(line.action_view_work())
        self.assertEqual(rows.mapped("name"), ["Survey Rounds", "Internal Audits"])
        self.assertEqual(rows[0].action_choose()["res_id"], first.id)
        rows[0].sudo().work_model = "res.users"
        with self.assertRaisesRegex(UserError, "no record of its own"):
            rows[0].action_choose()

    def choose(self, action):
        return self.env[action["res_model"]].with_user(self.quality_user).search(action["domain"])

    def test_the_works_of_all_lines_are_counted_by_one_query_a_model(self):
        plan = self.make_plan(lines=0, year=2026)
        for number, work in enumerate(self.works * 4):
            self.make(work, self.make_line(plan, kind=work._plan_kinds[0]), number)
        self.approve(plan)
        lines = plan.line_ids
        for names in (["work_count", "work_label", "start_label"], ["can_finish"]):
            self.count_queries(lines, names)  # rules and actions are in the cache from now on
            few = self.count_queries(lines[: len(self.works)], names)
            self.assertEqual(self.count_queries(lines, names), few, names)

    def count_queries(self, lines, names):
        self.env.flush_all()
        self.env.invalidate_all()
        lines = lines.browse(lines.ids)
        before = self.env.cr.sql_log_count
        lines.read(names)
        return self.env.cr.sql_log_count - before
