"""Figures of a period, asked for again when the world has moved on."""

from contextlib import closing
from datetime import date

from psycopg2 import IntegrityError

from odoo import Command, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ...tools.figures import Period
from ...tools.records import concrete_models
from ..audit.common import AuditCommon
from .common import ReviewCommon

# the period is October; asked for right after it, and again at the end of the year
BEFORE = "2025-09-15 02:00:00"
DURING = "2025-10-20 02:00:00"
ASKED = "2025-11-03 02:00:00"
LATER = "2025-12-20 02:00:00"


class FigureCommon(AuditCommon, ReviewCommon):
    """Records of October that figures are taken from."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time(BEFORE):
            cls.plan_ = cls.make_year_plan()
            cls.before = cls.hold(cls.make_review(date=BEFORE))
            cls.decision = cls.decide(cls.before)
            cls.decision.action_raise_improvement()
            cls.objective = cls.make_objective()
            cls.audit = cls.start(cls.make_audit())
            cls.nonconformity = cls.raise_nonconformity(cls.audit.line_ids[0], "major")
            cls.late_nonconformity = cls.raise_nonconformity(cls.audit.line_ids[1])
        with freeze_time(DURING):
            cls.evaluation = cls.make_evaluation(cls.objective)
            cls.improvement = cls.make_improvement()
            cls.complaint = cls.make_complaint()
            cls.callbacks = cls.env["itss.callback"]
            for _number in range(3):
                cls.callbacks |= cls.make_callback()
            cls.verdict(cls.callbacks[0])
            cls.round = cls.make_round(3, date_end="2099-12-31")
            cls.round.action_start()
            cls.answer(cls.round.participant_ids[0], speed=5, skill=4)
            cls.round.action_end()
            cls.review = cls.make_review(
                plan_line_id=cls.plan_.line_ids[-1].id,
                previous_id=cls.before.id,
            )
            cls.review_without_plan = cls.make_review(previous_id=cls.before.id)
        cls.set_created(cls.decision.improvement_id, BEFORE)
        cls.set_created(cls.improvement, DURING)

    @classmethod
    def plan(cls, audit):
        audit.with_user(cls.quality_user).action_submit()
        audit.with_user(cls.representative_user).action_review()
        audit.with_user(cls.manager_user).action_approve()
        return audit

    @classmethod
    def make_year_plan(cls):
        """Approve a plan of five lines: two done, one of them late, one for the review."""
        plan = cls.make_plan(lines=4)
        cls.make_line(plan, kind="review", name="管理评审", date_text="2025年12月")
        cls.approve(plan)
        lines = plan.line_ids.with_user(cls.quality_user)
        cls.report(lines[0], cls.ops_user)
        lines[0].action_done()
        return plan

    @classmethod
    def make_objective(cls):
        """Approve an objective of the company, of which there is no data yet."""
        indicator = cls.env["itss.indicator"].search(
            [("company_id", "=", cls.company.id), ("code", "=", "callback_on_time")]
        )
        line = {
            "indicator_id": indicator.id,
            "countermeasure": "当日回访",
            "department_ids": [Command.set(cls.dep_operations.ids)],
            "date_deadline": "2025-12-31",
        }
        vals = {"company_id": cls.company.id, "line_ids": [Command.create(line)]}
        return cls.approve_document(
            cls.env["itss.objective"].with_user(cls.quality_user).create(vals)
        )

    @classmethod
    def make_evaluation(cls, objective):
        action = objective.with_user(cls.quality_user).action_open_evaluation()
        evaluation = objective.evaluation_ids.browse(action["res_id"])
        evaluation.write({"summary": "正常", "conclusion": "适宜"})
        return cls.approve_document(evaluation)

    @classmethod
    def approve_document(cls, document):
        document.with_user(cls.quality_user).action_submit()
        document.with_user(cls.quality_user_2).action_review()
        document.with_user(cls.manager_user).action_approve()
        return document

    @classmethod
    def make_improvement(cls, **vals):
        improvement = (
            cls.env["itss.improvement"]
            .with_user(cls.quality_user)
            .create(
                {
                    "name": "调整派工",
                    "problem": "派工慢",
                    "company_id": cls.company.id,
                    "owner_id": cls.ops_user.id,
                    "action": "看路程派工",
                    "root_cause": "没有看路程",
                    "date_deadline": "2025-10-25",
                    **vals,
                }
            )
        )
        improvement.action_plan()
        return improvement

    @classmethod
    def make_complaint(cls, **vals):
        return (
            cls.env["itss.complaint"]
            .with_user(cls.quality_user)
            .create(
                {
                    "name": "工程师迟到",
                    "description": "<p>约好九点</p>",
                    "company_id": cls.company.id,
                    "partner_id": cls.contact.id,
                    "category_id": cls.env.ref("itss_quality.itss_complaint_category_response").id,
                    **vals,
                }
            )
        )

    @classmethod
    def verdict(cls, callback, score=80):
        callback.with_user(cls.agent).register_attempt(
            "reached", is_solved="yes", score=score, comment="可以"
        )

    @classmethod
    def set_created(cls, records, moment):
        # the database's own clock is not frozen
        cls.env.flush_all()
        cls.env.cr.execute(
            f"UPDATE {records._table} SET create_date = %s WHERE id IN %s",
            (moment, tuple(records.ids)),
        )
        records.invalidate_recordset()

    def ask(self, with_plan=True):
        """Return the figures of October as they are told now: ``{(model, topic): [texts]}``."""
        self.env.flush_all()
        self.env.invalidate_all()
        review = self.review if with_plan else self.review_without_plan
        period = Period(self.company, date(2025, 10, 1), date(2025, 10, 31), review.sudo())
        return {
            (model, topic): [tuple(figure.to_json(self.env).values()) for figure in figures]
            for model in concrete_models(self.env, "itss.figure.mixin")
            for topic, figures in self.env[model].sudo()._get_figures(period).items()
        }

    def get(self, model, topic, label):
        """Return value and n of a figure of October as it is told now."""
        [figure] = [figure for figure in self.ask()[model, topic] if figure[0] == label]
        return figure[1:3]


@tagged("post_install", "-at_install")
@freeze_time(ASKED)
class TestEveryFigure(FigureCommon):
    """itss.figure.mixin, in every model that inherits it: a new one fails until it is safe."""

    def get_records(self, name):
        records = {
            "itss.indicator": self.env["itss.indicator"].search(
                [("company_id", "=", self.company.id), ("code", "=", "callback_on_time")]
            ),
            "itss.plan": self.plan_,
            "itss.plan.line": self.plan_.line_ids,
            "itss.improvement": self.improvement | self.decision.improvement_id,
            "itss.complaint": self.complaint,
            "itss.callback": self.callbacks,
            "itss.survey.round": self.round,
            "itss.audit": self.audit,
            "itss.evaluation": self.evaluation,
            "itss.nonconformity": self.nonconformity | self.late_nonconformity,
            "itss.review.decision": self.decision,
        }.get(name)
        self.assertTrue(records, f"please make a {name} of October in FigureCommon")
        return records.sudo()

    def list_changes(self, record):
        """Yield what users can bring about later: every step, and every other value they enter."""
        steps = getattr(record, "_transitions", {})
        for old, new in steps:
            if old == record.state:
                yield {"state": new}
        locked = hasattr(record, "_is_locked") and record._is_locked()
        kept = {
            "state",
            *models.MAGIC_COLUMNS,
            *getattr(record, "_stamp_fields", ()),
            *getattr(record, "_frozen_fields", ()),
            *(record._locked_fields if locked else ()),
        }
        for name, field in record._fields.items():
            if field.store and not field.related and name not in kept - {*record._dated_fields}:
                if value := self.get_other_value(record, field):
                    yield {name: value}

    def get_other_value(self, record, field):
        value = record[field.name]
        if field.type == "selection":
            others = [key for key in field.get_values(self.env) if key != value]
            return others and others[-1]
        if field.type in ("integer", "float"):
            return value + 1
        if field.type in ("date", "datetime"):
            return fields.Datetime.to_datetime("2027-01-05 00:00:00")
        return field.type == "boolean" and not value

    def test_what_happens_after_the_period_changes_none_of_its_figures(self):
        for with_plan in (True, False):
            asked = self.ask(with_plan)
            with freeze_time(LATER):
                self.assertEqual(self.ask(with_plan), asked)
                for name in concrete_models(self.env, "itss.figure.mixin"):
                    for record in self.get_records(name):
                        for vals in self.list_changes(record):
                            with self.subTest(record=record, **vals):
                                self.check_change(record, vals, asked, with_plan)

    @mute_logger("odoo.sql_db", "odoo.models.unlink")
    def test_what_figures_count_is_not_deleted(self):
        asked = self.ask()
        with freeze_time(LATER):
            for name in concrete_models(self.env, "itss.figure.mixin"):
                for record in self.get_records(name):
                    for user in self.users:
                        with self.subTest(record=record, user=user.login):
                            self.check_change(record.with_user(user), None, asked, True)

    @mute_logger("odoo.sql_db")
    def check_change(self, record, vals, asked, with_plan):
        with closing(self.env.cr.savepoint()):
            try:
                record.unlink() if vals is None else record.write(vals)
                self.env.flush_all()
            except (AccessError, UserError, IntegrityError):
                # refused even here: nothing happens
                return
            self.assertEqual(self.ask(with_plan), asked)
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
@freeze_time(ASKED)
class TestFiguresAsOfTheirDate(FigureCommon):
    """What the records of each area go through after October, by the steps of their users."""

    def check_stays(self, model, topic, label, expected, *steps):
        """A figure of October is the same before and after what happens in December."""
        self.assertEqual(self.get(model, topic, label), expected)
        with freeze_time(LATER):
            for step in steps:
                step()
                self.assertEqual(self.get(model, topic, label), expected)

    def check_lines(self, label, expected, *steps):
        self.check_stays("itss.plan.line", "processes", label, expected, *steps)

    def test_lines_done_later_were_not_done(self):
        lines = self.plan_.line_ids.with_user(self.quality_user)

        def finish():
            self.report(lines[1], self.ops_user)
            lines[1].action_done()

        self.check_lines("Lines done", (1, 5), finish)

    def test_lines_taken_up_again_or_cancelled_later_had_been_done(self):
        lines = self.plan_.line_ids.with_user(self.quality_user)

        def cancel():
            lines[0].write({"state": "cancelled", "cancel_reason": "不再需要"})

        self.check_lines("Lines done", (1, 5), lines[0].action_reopen, cancel)

    def test_lines_that_were_late_stay_late_when_a_revision_moves_them(self):
        def revise():
            action = self.plan_.with_user(self.quality_user).action_new_revision()
            revision = self.plan_.browse(action["res_id"])
            revision.change_note = "推迟，增加一项"
            revision.line_ids[1].date_text = "2025年12月"
            self.make_line(revision, number="9")
            self.approve(revision)

        with freeze_time(BEFORE):
            self.env["itss.plan.line"].browse(
                self.plan_.line_ids[1].id
            ).sudo().date_end = "2025-10-15"
        # the one of the fifteenth, and two due on the last day
        self.check_lines("Lines late", (3, 5), revise)
        self.assertEqual(self.get("itss.plan.line", "processes", "Lines of the plan"), (5, None))

    def test_progress_is_what_had_been_reported_by_then(self):
        lines = self.plan_.line_ids.with_user(self.quality_user)
        self.report(lines[1], self.ops_user, percent=30)
        # of five lines one is done, and what is reported in November is not October's
        self.check_lines("Progress of the lines (%)", (20.0, 5))
        self.check_lines("Progress reports", (0, None))
        with freeze_time(DURING):
            self.report(lines[1], self.ops_user, percent=60)

        def revise():
            action = self.plan_.with_user(self.quality_user).action_new_revision()
            revision = self.plan_.browse(action["res_id"])
            revision.change_note = "调整"
            self.approve(revision)
            self.assertFalse(self.plan_.line_ids.report_ids, "handed over")
            self.report(revision.line_ids[1], self.ops_user, percent=90)

        # now it says what was reported last, in October it was (100 + 60) / 5
        self.assertEqual(self.plan_.progress, 26.0)
        self.check_lines(
            "Progress of the lines (%)",
            (32.0, 5),
            lambda: self.report(lines[2], self.ops_user, percent=100),
            revise,
        )
        self.assertEqual(self.get("itss.plan.line", "processes", "Progress reports"), (1, None))

    def check_improvements(self, label, expected, *steps):
        self.check_stays("itss.improvement", "improvements", label, expected, *steps)

    def test_improvements_carried_out_or_postponed_later_were_late(self):
        postponed = self.decision.improvement_id.with_user(self.quality_user)
        with freeze_time(DURING):
            postponed.postpone("2025-10-28", "供应商延期")

        def finish():
            self.improvement.with_user(self.ops_user).action_start()
            self.improvement.with_user(self.ops_user).completion = "已看路程"
            self.improvement.with_user(self.ops_user).action_finish()
            self.verify(self.improvement)

        self.check_improvements(
            "Open improvements that are late",
            (2, 2),
            lambda: postponed.postpone("2026-03-01", "预算未批"),
            finish,
        )
        self.assertEqual(
            self.get("itss.improvement", "improvements", "Improvements verified and closed"),
            (0, None),
        )

    def test_what_was_due_on_the_last_day_of_the_period_is_late_when_it_is_over(self):
        with freeze_time(DURING):
            self.improvement.with_user(self.quality_user).postpone("2025-10-31", "月底前完成")
        # the lines of the plan are due at the end of October
        line, nonconformity = self.plan_.line_ids[1].sudo(), self.late_nonconformity.sudo()
        with freeze_time(BEFORE):
            nonconformity.date_deadline = line.date_end = "2025-10-31"
        late = {
            ("itss.improvement", "improvements", "Open improvements that are late"): (0, 1),
            ("itss.nonconformity", "nonconformities", "Open nonconformities that are late"): (1, 2),
            ("itss.plan.line", "processes", "Lines late"): (0, 3),
        }
        for moment in ("2025-10-31 15:59:59", "2025-10-31 16:00:00", LATER):
            with freeze_time(moment):
                is_over = moment > "2025-10-31 15:59:59"
                for figure, counts in late.items():
                    self.assertEqual(self.get(*figure)[0], counts[is_over], (moment, figure))

    def test_improvements_found_ineffective_later_had_been_closed(self):
        self.improvement.with_user(self.ops_user).action_start()
        self.improvement.with_user(self.ops_user).completion = "已看路程"
        with freeze_time(DURING):
            self.improvement.with_user(self.ops_user).action_finish()
            self.verify(self.improvement)
        checked = self.improvement.with_user(self.quality_user)
        self.check_improvements(
            "Improvements verified and closed",
            (1, None),
            lambda: checked.check_effectiveness("ineffective", "又发生了"),
        )

    def test_nonconformities_and_audits_closed_later_were_open(self):
        def correct():
            for one in (self.nonconformity, self.late_nonconformity):
                self.correct(one)
            self.judge(self.audit.line_ids.filtered(lambda line: not line.result))
            self.meet(self.audit)
            self.issue(self.audit)
            self.audit.with_user(self.quality_user).action_close()
            self.assertEqual(self.audit.state, "closed")

        with freeze_time(ASKED):
            before = self.ask()
        self.check_stays(
            "itss.nonconformity",
            "nonconformities",
            "Open nonconformities that are late",
            (2, 2),
            correct,
        )
        for model in ("itss.audit", "itss.nonconformity"):
            for topic in self.env[model]._figure_topics:
                self.assertEqual(self.ask()[model, topic], before[model, topic])

    def test_nonconformities_opened_again_later_had_been_closed(self):
        with freeze_time(DURING):
            measure = self.correct(self.nonconformity).with_user(self.quality_user)
        self.check_stays(
            "itss.nonconformity",
            "nonconformities",
            "Nonconformities closed",
            (1, 2),
            lambda: measure.check_effectiveness("ineffective", "又发生了"),
        )
        self.assertEqual(self.nonconformity.state, "confirmed")

    def test_complaints_answered_or_invalid_later_were_neither(self):
        complaint = self.complaint.with_user(self.quality_user)
        with freeze_time(DURING):
            other = self.make_complaint()
        asked = self.ask()

        def answer():
            complaint.action_investigate()
            complaint.write({"investigation": "已核实", "resolution": "已道歉"})
            complaint.action_resolve()

        def hold_invalid():
            other.hold_invalid("不是我们的客户")
            other.with_user(self.quality_user_2).action_confirm_invalid()

        self.check_stays(
            "itss.complaint", "feedback", "Complaints received", (2, None), answer, hold_invalid
        )
        for topic in ("feedback", "measurements"):
            self.assertEqual(self.ask()["itss.complaint", topic], asked["itss.complaint", topic])

    def test_complaints_opened_again_later_had_been_answered_in_their_time(self):
        complaint = self.complaint.with_user(self.quality_user)
        with freeze_time("2025-10-20 12:00:00"):
            complaint.action_investigate()
            complaint.write({"investigation": "已核实", "resolution": "已道歉"})
            complaint.action_resolve()

        def reopen():
            complaint.write({"state": "reopened", "reopen_reason": "客户不满意"})

        self.check_stays(
            "itss.complaint", "measurements", "Hours to answer a complaint", (10.0, 1), reopen
        )

    def test_answers_after_the_period_do_not_change_the_score_of_a_round(self):
        late = self.round.participant_ids[1]

        def answer():
            self.round.sudo().write({"score": 12.0, "score_count": 9})

        self.assertTrue(late)
        self.check_stays("itss.survey.round", "feedback", self.round.name, (90.0, 1), answer)

    def test_answers_after_the_period_do_not_change_its_response_rate(self):
        late = self.round.participant_ids[1].sudo()

        def answer():
            late.state = "sent"
            late._register_answer()
            self.round.sudo()._update_results()
            self.assertEqual(self.round.answer_count, 2)

        label = f"{self.round.name}: response rate (%)"
        self.check_stays("itss.survey.round", "feedback", label, (100 / 3, 3), answer)

    def test_calls_made_and_corrected_after_the_period_change_nothing(self):
        done, late = self.callbacks[:2]

        def correct():
            done.with_user(self.quality_user).correct("听错了", is_solved="no", score=10)

        for label, expected in (("Called back", (1, None)), ("Solved at first", (1, 1))):
            self.check_stays("itss.callback", "processes", label, expected)
        self.check_stays(
            "itss.callback",
            "feedback",
            "Satisfaction by callbacks (project level)",
            (80.0, 1),
            lambda: self.verdict(late, score=0),
            correct,
        )
        for label, expected in (("Called back", (1, None)), ("Solved at first", (1, 1))):
            self.check_stays("itss.callback", "processes", label, expected)

    def test_what_an_import_brings_along_later_changes_nothing(self):
        def bring():
            ticket = self.make_ticket(stage_id=self.stage_done.id, closed_date=DURING)
            callback = ticket.itss_callback_ids
            self.assertTrue(callback.is_resolved_imported)
            self.set_created(callback, LATER)

        for label, expected in (
            ("Callbacks due", (3, None)),
            ("Called back by the agreed deadline", (1, 3)),
        ):
            self.check_stays("itss.callback", "processes", label, expected, bring)
        with freeze_time("2025-10-25 02:00:00"):
            brought = self.make_ticket(stage_id=self.stage_done.id, closed_date=DURING)
            self.set_created(brought.itss_callback_ids, "2025-10-25 02:00:00")
        self.assertEqual(self.get("itss.callback", "processes", "Callbacks due"), (4, None))

    def test_a_call_counts_for_the_day_of_its_deadline(self):
        with freeze_time("2025-10-31 12:00:00"):
            callback = self.make_callback()
        asked = "itss.callback", "processes", "Called back by the agreed deadline"
        with freeze_time("2025-10-31 16:00:00"):
            # its time is over in November
            self.assertEqual(self.get(*asked), (1, 3))
        with freeze_time("2025-11-01 11:00:00"):
            self.verdict(callback)
            self.assertEqual(self.get(*asked), (1, 3))
        self.check_stays(*asked, (1, 3), lambda: self.verdict(self.callbacks[1]))

    def test_decisions_carried_out_later_were_under_way(self):
        improvement = self.decision.improvement_id

        def finish():
            improvement.with_user(self.ops_user).action_start()
            improvement.with_user(self.ops_user).completion = "已增加"
            improvement.with_user(self.ops_user).action_finish()
            self.verify(improvement)

        self.check_stays(
            "itss.review.decision",
            "previous_actions",
            "Carried out and verified",
            (0, 1),
            finish,
        )
        self.assertEqual(
            self.get("itss.review.decision", "previous_actions", self.decision.name),
            ("Planned", None),
        )


@tagged("post_install", "-at_install")
@freeze_time(ASKED)
class TestDatedFacts(FigureCommon):
    """How what changes is noted."""

    def read_facts(self, record, name="state"):
        facts = self.env["itss.figure.fact"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id), ("name", "=", name)]
        )
        return [(fact.value, str(fact.at)) for fact in facts.sorted("id")]

    def test_a_step_is_noted_with_its_time_and_what_was_before(self):
        improvement = self.improvement.with_user(self.ops_user)
        self.assertEqual(
            [value for value, _at in self.read_facts(improvement)], ["draft", "planned"]
        )
        improvement.action_start()
        self.assertEqual(self.read_facts(improvement)[2:], [("in_progress", ASKED)])
        improvement.completion = "已完成"
        self.assertEqual(len(self.read_facts(improvement)), 3)

    def test_what_is_brought_along_is_dated_by_its_stamps(self):
        line = self.plan_.line_ids.sudo().create(
            {
                "plan_id": self.plan_.id,
                "name": "培训",
                "state": "done",
                "date_done": "2025-10-30",
                "date_end": "2025-10-15",
            }
        )
        # the day begins in China
        self.assertEqual(self.read_facts(line)[-1], ("done", "2025-10-29 16:00:00"))
        self.assertEqual(self.get("itss.plan.line", "processes", "Lines done"), (2, 6))

    def test_facts_go_with_their_record(self):
        improvement = self.make_improvement()
        self.assertTrue(self.read_facts(improvement))
        improvement.sudo().unlink()
        self.assertFalse(self.read_facts(improvement))

    def test_no_role_enters_or_changes_them(self):
        fact = self.env["itss.figure.fact"].search([], limit=1)
        for user in self.users:
            facts = fact.with_user(user)
            self.assertEqual(facts.has_access("read"), user == self.admin_user)
            for operation in ("create", "write", "unlink"):
                self.assertFalse(facts.has_access(operation))
