from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..tools.durations import get_midnight
from .itss_audit import PLANNED_STATES
from .itss_review import ORGANISERS

# what a review needs, in the order in which it is reported
KINDS = [
    ("previous_actions", "Follow-up of Earlier Reviews"),
    ("changes", "Internal and External Changes"),
    ("objectives", "Achievement of Objectives"),
    ("processes", "Process Performance"),
    ("nonconformities", "Nonconformities and Corrective Actions"),
    ("measurements", "Monitoring and Measurement Results"),
    ("audits", "Audit Results"),
    ("feedback", "Feedback of Interested Parties"),
    ("improvements", "Suggestions for Improvement"),
]
# the records behind each input, the most telling ones first
SOURCES = {
    "previous_actions": ("decisions",),
    "changes": ("plans",),
    "objectives": ("surveys", "plan_lines"),
    "processes": ("plan_lines", "callbacks"),
    "nonconformities": ("nonconformities", "improvements"),
    "measurements": ("callbacks", "complaints"),
    "audits": ("audits",),
    "feedback": ("complaints", "surveys", "callbacks"),
    "improvements": ("improvements",),
}
# the department that usually reports, a field of the company; else the quality department
DEPARTMENTS = {
    "processes": "itss_operations_department_id",
    "measurements": "itss_operations_department_id",
    "feedback": "itss_operations_department_id",
    "objectives": "itss_operations_department_id",
}
COMPUTED_FIELDS = ("review_id", "company_id", "kind", "sequence", "figures", "is_frozen")
ORGANISER_FIELDS = {"department_id", "suggestions"}
FROZEN_FIELDS = {"department_id", "text"}
# how long before the meeting a topic report is due
DAYS_BEFORE = 1


class Facts(NamedTuple):
    """What the records of a period say, each read by one query for all inputs of a review."""

    callbacks: Any
    complaints: Any
    improvements: Any
    lines: Any
    surveys: Any


class ItssReviewInput(models.Model):
    """Input of a management review (评审输入): a department's topic report beside the figures that
    the records of the period give.
    """

    _name = "itss.review.input"
    _description = "Management Review Input"
    _inherit = ["mail.thread", "itss.todo.mixin"]
    _order = "review_id, sequence, id"
    _rec_name = "kind"
    _check_company_auto = True

    _mail_post_access = "read"

    review_id = fields.Many2one("itss.review", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="review_id.company_id", store=True, index=True)
    review_state = fields.Selection(related="review_id.state", string="Review Status")
    sequence = fields.Integer(compute="_compute_sequence", store=True, precompute=True)
    kind = fields.Selection(KINDS, string="Topic", required=True, readonly=True)
    department_id = fields.Many2one(
        "hr.department",
        string="Reporting Department",
        check_company=True,
        index=True,
        tracking=True,
        help="Writes the topic report, and sees no other one.",
    )
    text = fields.Text(string="Topic Report", help="The present state, as the department sees it.")
    suggestions = fields.Text(
        string="Problems and Suggestions", help="What the meeting found, and suggests."
    )
    figures = fields.Json(string="Figure Values", readonly=True, copy=False)
    figures_html = fields.Html(string="Figures", compute="_compute_figures")
    figures_text = fields.Text(string="Figures in Short", compute="_compute_figures")
    is_frozen = fields.Boolean(
        string="Frozen",
        readonly=True,
        copy=False,
        help="The review was held: text and figures stay as they were.",
    )
    can_write_text = fields.Boolean(compute="_compute_can_write")
    can_write_suggestions = fields.Boolean(compute="_compute_can_write")
    can_change_department = fields.Boolean(compute="_compute_can_write")

    _kind_unique = models.UniqueIndex("(review_id, kind)", "The review has this input already.")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for one in self:
            # a department need not see the review to know which one it reports to
            one.display_name = f"{one.review_id.sudo().number or ''} {kinds[one.kind]}".strip()

    @api.depends("kind")
    def _compute_sequence(self):
        order = [kind for kind, _label in KINDS]
        for one in self:
            one.sequence = order.index(one.kind) if one.kind in order else len(order)

    @api.depends("figures")
    @api.depends_context("lang")
    def _compute_figures(self):
        for one in self:
            figures = one._get_printed_figures()
            one.figures_html = self.env["ir.qweb"]._render(
                "itss_quality.itss_review_figures", {"figures": figures}
            )
            one.figures_text = "\n".join(figure["line"] for figure in figures)

    @api.depends("is_frozen", "review_id.report_ids.state")
    @api.depends_context("uid")
    def _compute_can_write(self):
        is_organiser = self._is_organiser()
        for one in self:
            writable = bool(one.id) and one.has_access("write")
            one.can_write_text = writable and not one.is_frozen
            one.can_change_department = one.can_write_text and is_organiser
            one.can_write_suggestions = (
                writable and is_organiser and not one.review_id._is_output_frozen()
            )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    def write(self, vals):
        if not self.env.su:
            self.check_access("write")
            self._check_writable(vals)
        return super().write(vals)

    def _check_writable(self, vals):
        """Refuse what is not the user's to write, or not any more.

        :raise UserError: frozen text, a report that is being signed, or what the server computes
        :raise AccessError: a department writes its text alone
        """
        computed = [name for name in COMPUTED_FIELDS if name in vals]
        if computed:
            labels = self.fields_get(computed, ["string"])
            raise UserError(
                self.env._(
                    "%(fields)s can't be entered: the review sets them.",
                    fields=", ".join(labels[name]["string"] for name in computed),
                )
            )
        if not ORGANISER_FIELDS.isdisjoint(vals) and not self._is_organiser():
            raise AccessError(
                self.env._("A department writes the text of its topic report, and nothing else.")
            )
        if not FROZEN_FIELDS.isdisjoint(vals):
            for one in self.filtered("is_frozen"):
                raise UserError(
                    self.env._(
                        "“%(input)s” was reviewed: its topic report can't change any more.",
                        input=one.display_name,
                    )
                )
        if "suggestions" in vals:
            self.review_id._check_output_open()

    @api.model
    def _is_organiser(self):
        return any(map(self.env.user.has_group, ORGANISERS))

    # -------------------------------------------------------------------------
    # Topic reports
    # -------------------------------------------------------------------------

    @api.model
    def _get_default_department(self, review, kind):
        """Return who reports on a topic: who did so last time, else the one whose work it is."""
        before = review.previous_id.input_ids.filtered(lambda one: one.kind == kind)
        company = review.company_id
        usual = company[DEPARTMENTS.get(kind, "itss_quality_department_id")]
        return before.department_id or usual or company.itss_quality_department_id

    def _get_unwritten(self):
        """Return the topics that nobody has reported on yet."""
        return self.filtered(lambda one: not (one.text or "").strip())

    def _ask_reports(self):
        """Ask the heads of the departments for the reports still to write (superuser mode)."""
        for one in self._get_unwritten():
            user = one.department_id.manager_id.user_id.filtered("active")
            due = fields.Date.to_date(one.review_id.date) - timedelta(days=DAYS_BEFORE)
            one._ask(
                user,
                lambda env: env._("Write the topic report for the management review"),
                date_deadline=max(due, fields.Date.context_today(one)),
            )

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    def _update_figures(self):
        """Take the figures from the records of the period of the review (superuser mode).

        Each kind of record is read by one grouped query, in the language and the time zone of the
        company: what is kept as evidence is the same, whoever pressed the button.
        """
        for review, inputs in self.grouped("review_id").items():
            company = review.company_id
            lang = company.partner_id.lang or self.env.lang
            inputs = inputs.with_context(lang=lang, tz=company.resource_calendar_id.tz)
            facts = inputs._get_facts(review)
            for one in inputs:
                one.figures = getattr(one, f"_get_figures_{one.kind}")(facts)

    def _get_facts(self, review):
        """Read what the records of the review's period say."""
        company = review.company_id
        start, end = self._get_period(review)
        return Facts(
            callbacks=self._read_callbacks(company, start, end),
            complaints=self._read_complaints(company, start, end),
            improvements=self._read_improvements(company, review),
            lines=self._read_lines(review),
            surveys=self.env["itss.survey.round"].search(self._get_survey_domain(review)),
        )

    @api.model
    def _read_callbacks(self, company, start, end):
        """Return due, done, on time and solved at first, the average score and its n."""
        # the analysis is no table: it does not know what has to be written first
        self.env["itss.callback"].flush_model()
        [counts] = self.env["itss.callback.report"]._read_group(
            [
                ("company_id", "=", company.id),
                ("resolved_at", ">=", start),
                ("resolved_at", "<", end),
            ],
            [],
            [
                "due_count:sum",
                "done_count:sum",
                "on_time_count:sum",
                "first_solved_count:sum",
                "score:avg",
                "score_count:sum",
            ],
        )
        due, done, on_time, solved, score, n = counts
        return {
            "due": due or 0,
            "done": done or 0,
            "on_time": on_time or 0,
            "solved": solved or 0,
            "score": score if n else None,
            "n": n or 0,
        }

    @api.model
    def _read_complaints(self, company, start, end):
        """Return counts of the complaints received, and the average hours with their n."""
        self.env["itss.complaint"].flush_model()
        [row] = self.env.execute_query_dict(
            SQL(
                """
                SELECT count(*) AS received,
                       count(*) FILTER (WHERE state = 'closed') AS closed,
                       count(*) FILTER (WHERE severity = 'major') AS major,
                       count(acknowledged_at) AS acknowledged,
                       avg(acknowledge_hours) FILTER (WHERE acknowledged_at IS NOT NULL)
                           AS acknowledge_hours,
                       count(resolved_at) AS resolved,
                       avg(resolve_hours) FILTER (WHERE resolved_at IS NOT NULL) AS resolve_hours
                  FROM itss_complaint
                 WHERE company_id = %s AND received_at >= %s AND received_at < %s
                   AND state != 'invalid'
                """,
                company.id,
                start,
                end,
            )
        )
        return row

    @api.model
    def _read_improvements(self, company, review):
        """Return how many improvements were raised and closed, are late, and have worked."""
        self.env["itss.improvement"].flush_model()
        start, end = review.period_start, review.period_end
        start_time, end_time = self._get_period(review)
        today = min(end, fields.Date.context_today(self))
        [row] = self.env.execute_query_dict(
            SQL(
                """
                SELECT count(*) FILTER (WHERE is_raised) AS raised,
                       count(*) FILTER (WHERE is_raised AND kind = 'corrective') AS corrective,
                       count(*) FILTER (WHERE is_closed) AS closed,
                       count(*) FILTER (WHERE is_closed AND kind = 'corrective')
                           AS corrective_closed,
                       count(*) FILTER (WHERE state NOT IN ('closed', 'cancelled')) AS open,
                       count(*) FILTER (WHERE state NOT IN ('closed', 'cancelled')
                                          AND date_deadline < %(today)s) AS late
                  FROM (
                        SELECT *, create_date >= %(start_time)s AND create_date < %(end_time)s
                                      AND state != 'cancelled' AS is_raised,
                               state = 'closed' AND verified_date BETWEEN %(start)s AND %(end)s
                                   AS is_closed
                          FROM itss_improvement
                         WHERE company_id = %(company)s AND create_date < %(end_time)s
                       ) AS improvement
                """,
                company=company.id,
                start=start,
                end=end,
                today=today,
                start_time=start_time,
                end_time=end_time,
            )
        )
        self.env["itss.improvement.check"].flush_model()
        # each improvement counts once: what was found ineffective first and effective later has worked
        [checked] = self.env.execute_query_dict(
            SQL(
                """
                SELECT count(*) AS checked,
                       count(*) FILTER (WHERE result = 'effective') AS effective
                  FROM (
                        SELECT DISTINCT ON (improvement_id) result
                          FROM itss_improvement_check
                         WHERE company_id = %(company)s AND kind = 'effectiveness'
                           AND date >= %(start_time)s AND date < %(end_time)s
                      ORDER BY improvement_id, date DESC, id DESC
                       ) AS last_check
                """,
                company=company.id,
                start_time=start_time,
                end_time=end_time,
            )
        )
        return {**row, **checked}

    @api.model
    def _read_lines(self, review):
        """Return how many lines the plans of the period have, are done, and are late."""
        lines = self.env["itss.plan.line"]
        domain = Domain(self._get_line_domain(review)) & Domain("state", "!=", "cancelled")
        states = dict(lines._read_group(domain, ["state"], ["__count"]))
        today = min(review.period_end, fields.Date.context_today(self))
        late = Domain("state", "!=", "done") & Domain("date_end", "<", today)
        return {
            "lines": sum(states.values()),
            "done": states.get("done", 0),
            "late": lines.search_count(domain & late),
        }

    # -------------------------------------------------------------------------
    # What each input says
    # -------------------------------------------------------------------------

    def _get_figures_previous_actions(self, _facts):
        """List the decisions of the review before, each with the state of its improvement."""
        previous = self.review_id.previous_id
        if not previous:
            return [
                self._figure(
                    self.env._("Decisions of the review before"),
                    note=self.env._("there is no earlier review"),
                )
            ]
        # those of the last one, and whatever is still open of the ones before
        earlier = self.env["itss.review.decision"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("review_id", "!=", self.review_id.id),
                ("review_id.state", "in", ("held", "closed")),
                ("review_id.period_end", "<=", previous.period_end),
            ]
        )
        decisions = previous.decision_ids | earlier.filtered(
            lambda decision: decision.improvement_state not in ("closed", "cancelled")
        )
        closed = decisions.filtered(lambda decision: decision.improvement_state == "closed")
        return [
            self._figure(
                self.env._("Decisions of %(review)s", review=previous.display_name), len(decisions)
            ),
            self._figure(
                self.env._("Carried out and verified"),
                len(closed) if decisions else None,
                n=len(decisions),
            ),
            *(self._get_decision_figure(decision) for decision in decisions),
        ]

    def _get_decision_figure(self, decision):
        states = dict(decision._fields["improvement_state"]._description_selection(self.env))
        details = [
            decision.improvement_id.number,
            decision.owner_id.name,
            decision.date_deadline and format_date(self.env, decision.date_deadline),
        ]
        return self._figure(
            decision.name,
            states.get(decision.improvement_state) or self.env._("no improvement"),
            note=" · ".join(filter(None, details)),
        )

    def _get_figures_changes(self, _facts):
        """Count the revisions of plans; what else has changed the department reports."""
        revisions = self.env["itss.plan"].search_count(
            Domain(self._get_plan_domain(self.review_id))
            & Domain("previous_id", "!=", False)
            & Domain("approved_date", ">=", self.review_id.period_start)
            & Domain("approved_date", "<=", self.review_id.period_end)
        )
        return [self._figure(self.env._("Revisions of the quality plan"), revisions)]

    def _get_figures_objectives(self, facts):
        """Put the satisfaction beside its target; objectives of their own are not kept yet."""
        target = self.review_id.plan_line_id.plan_id.satisfaction_target
        return [
            *self._get_survey_figures(facts),
            self._figure(
                self.env._("Satisfaction by callbacks (project level)"),
                facts.callbacks["score"],
                n=facts.callbacks["n"],
                note=self._say_target(target),
            ),
            self._figure(
                self.env._("Evaluation of objectives"), note=self.env._("not available yet")
            ),
        ]

    def _get_figures_processes(self, facts):
        """Show how far the plan is, and the callbacks made."""
        lines, callbacks = facts.lines, facts.callbacks
        return [
            self._figure(self.env._("Lines of the plan"), lines["lines"]),
            self._count(self.env._("Lines done"), lines["done"], lines["lines"]),
            self._count(self.env._("Lines late"), lines["late"], lines["lines"]),
            self._figure(self.env._("Callbacks due"), callbacks["due"]),
            self._figure(self.env._("Called back"), callbacks["done"]),
            self._count(self.env._("Called back on time"), callbacks["on_time"], callbacks["due"]),
            self._count(self.env._("Solved at first"), callbacks["solved"], callbacks["done"]),
        ]

    def _get_figures_nonconformities(self, facts):
        """Show nonconformities of audits, and what became of corrective actions."""
        improvements = facts.improvements
        return [
            *self._get_nonconformity_figures(),
            self._figure(self.env._("Corrective actions raised"), improvements["corrective"]),
            self._figure(
                self.env._("Corrective actions closed"), improvements["corrective_closed"]
            ),
        ]

    def _get_figures_measurements(self, facts):
        """Show the indicators that are measured all the time."""
        callbacks, complaints = facts.callbacks, facts.complaints
        return [
            self._rate(
                self.env._("24-hour callback rate (%)"), callbacks["on_time"], callbacks["due"]
            ),
            self._rate(
                self.env._("Solved-at-first rate (%)"), callbacks["solved"], callbacks["done"]
            ),
            self._rate(
                self.env._("Complaints handled (%)"), complaints["closed"], complaints["received"]
            ),
            self._figure(
                self.env._("Hours to acknowledge a complaint"),
                complaints["acknowledge_hours"],
                n=complaints["acknowledged"],
            ),
            self._figure(
                self.env._("Hours to answer a complaint"),
                complaints["resolve_hours"],
                n=complaints["resolved"],
            ),
        ]

    def _get_figures_audits(self, _facts):
        """Show what the internal audits of the period found."""
        audits = self.env["itss.audit"].search(self._get_audit_domain(self.review_id))
        return [self._figure(**figure) for figure in audits._get_review_figures()]

    def _get_figures_feedback(self, facts):
        """Show what customers say: surveys, callbacks and complaints."""
        callbacks, complaints = facts.callbacks, facts.complaints
        return [
            *self._get_survey_figures(facts),
            self._figure(
                self.env._("Satisfaction by callbacks (project level)"),
                callbacks["score"],
                n=callbacks["n"],
            ),
            self._figure(self.env._("Complaints received"), complaints["received"]),
            self._count(
                self.env._("Complaints closed"), complaints["closed"], complaints["received"]
            ),
            self._count(
                self.env._("Major complaints"), complaints["major"], complaints["received"]
            ),
        ]

    def _get_figures_improvements(self, facts):
        """Show what improvements were raised, and whether they have worked."""
        improvements = facts.improvements
        return [
            self._figure(self.env._("Improvements raised"), improvements["raised"]),
            self._figure(self.env._("Improvements verified and closed"), improvements["closed"]),
            self._count(
                self.env._("Open improvements that are late"),
                improvements["late"],
                improvements["open"],
            ),
            self._count(
                self.env._("Improvements found effective"),
                improvements["effective"],
                improvements["checked"],
            ),
        ]

    def _get_survey_figures(self, facts):
        """Return a figure per survey that ended in the period."""
        if not facts.surveys:
            return [self._figure(self.env._("Satisfaction survey (company level)"))]
        return [
            self._figure(
                round_.name,
                round_.score if round_.score_count else None,
                n=round_.score_count,
                note=self._say_target(round_.target),
            )
            for round_ in facts.surveys.sorted("ended_at")
        ]

    def _get_nonconformity_figures(self):
        """Return what became of the nonconformities raised in the period, or open since before."""
        model = self.env["itss.nonconformity"]
        domain = Domain(self._get_nonconformity_domain(self.review_id))
        states = dict(model._read_group(domain, ["state"], ["__count"]))
        total, closed = sum(states.values()), states.get("closed", 0)
        new = domain & Domain("raised_at", ">=", self._get_period(self.review_id)[0])
        raised = model.search_count(new)
        today = min(self.review_id.period_end, fields.Date.context_today(self))
        late = domain & Domain("state", "!=", "closed") & Domain("date_deadline", "<", today)
        major = domain & Domain("grade", "=", "major")
        return [
            self._figure(self.env._("Nonconformities raised"), raised),
            self._figure(self.env._("Nonconformities open from before"), total - raised),
            self._count(self.env._("Major nonconformities"), model.search_count(major), total),
            self._count(self.env._("Nonconformities closed"), closed, total),
            self._count(
                self.env._("Open nonconformities that are late"),
                model.search_count(late),
                total - closed,
            ),
        ]

    # -------------------------------------------------------------------------
    # Words
    # -------------------------------------------------------------------------

    @api.model
    def _figure(self, label, value=None, n=None, note=None):
        """Return a figure as it is kept.

        :param str label: what is counted or measured
        :param value: number or text; nothing when there is none
        :param int n: out of how many, or over how many an average is
        :param str note: what else to know; without a value, why there is none
        """
        if value is None and (n == 0 or not note):
            note = " · ".join(filter(None, (self.env._("no data"), note)))
        if isinstance(value, float | Decimal):
            value = round(float(value), 2)
        return {"label": label, "value": value, "n": n, "note": note or ""}

    @api.model
    def _count(self, label, part, whole):
        """Return a number out of another one, which has to be more than zero."""
        return self._figure(label, part if whole else None, n=whole)

    @api.model
    def _rate(self, label, part, whole):
        """Return a share in percent; of nothing there is none."""
        return self._figure(label, 100 * part / whole if whole else None, n=whole)

    @api.model
    def _say_target(self, target):
        return self.env._("target: %(target)s", target=f"{target:g}") if target else None

    def _get_printed_figures(self):
        """Return the figures as texts; where there is no value, the note says why in its place."""
        self.ensure_one()
        return [self._print_figure(figure) for figure in self.figures or []]

    @api.model
    def _print_figure(self, figure):
        n = "" if figure["n"] is None else str(figure["n"])
        if figure["value"] is None:
            value, note = figure["note"], ""
        else:
            value, note = self._print_number(figure["value"]), figure["note"]
        line = f"{figure['label']}: {value}"
        line += f" (n = {n})" if n else ""
        line += f" – {note}" if note else ""
        return {"label": figure["label"], "value": value, "n": n, "note": note, "line": line}

    @api.model
    def _print_number(self, value):
        return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)

    # -------------------------------------------------------------------------
    # The records behind the figures
    # -------------------------------------------------------------------------

    @api.model
    def _get_line_domain(self, review):
        plan = review.plan_line_id.plan_id
        if plan:
            return [("plan_id", "=", plan.id)]
        return [
            ("company_id", "=", review.company_id.id),
            ("plan_state", "in", ("approved", "closed")),
            ("year", ">=", review.period_start.year),
            ("year", "<=", review.period_end.year),
        ]

    @api.model
    def _get_plan_domain(self, review):
        return [
            ("company_id", "=", review.company_id.id),
            ("year", ">=", review.period_start.year),
            ("year", "<=", review.period_end.year),
        ]

    @api.model
    def _get_survey_domain(self, review):
        return [
            ("state", "in", ("analysing", "closed")),
            *self._get_period_domain(review, "ended_at"),
        ]

    @api.model
    def _get_audit_domain(self, review):
        """Return the audits of the plan that the review belongs to, and of its period."""
        in_period = Domain("date_start", "<=", review.period_end) & Domain(
            "date_end", ">=", review.period_start
        )
        plan = review.plan_line_id.plan_id
        of_plan = Domain("plan_line_id.plan_id", "=", plan.id) if plan else Domain.FALSE
        return (
            Domain("company_id", "=", review.company_id.id)
            & Domain("state", "in", PLANNED_STATES)
            & (in_period | of_plan)
        )

    @api.model
    def _get_nonconformity_domain(self, review):
        """Return the nonconformities raised in the review's period, or still open when it began."""
        start, end = self._get_period(review)
        return (
            Domain("company_id", "=", review.company_id.id)
            & Domain("state", "!=", "withdrawn")
            & Domain("raised_at", "<", end)
            & (
                Domain("raised_at", ">=", start)
                | Domain("closed_at", "=", False)
                | Domain("closed_at", ">=", start)
            )
        )

    @api.model
    def _get_period(self, review):
        """Return the moments when the review's period begins and ends, in UTC."""
        company = review.company_id
        return (
            get_midnight(self.env, review.period_start, company),
            get_midnight(self.env, review.period_end + timedelta(days=1), company),
        )

    @api.model
    def _get_period_domain(self, review, name):
        start, end = self._get_period(review)
        return [("company_id", "=", review.company_id.id), (name, ">=", start), (name, "<", end)]

    def _get_source(self, source):
        """Return model and domain of the records that a figure was taken from."""
        review = self.review_id.sudo()
        return {
            "decisions": (
                "itss.review.decision",
                [("review_id", "=", review.previous_id.id), ("review_id", "!=", False)],
            ),
            "plans": ("itss.plan", self._get_plan_domain(review)),
            "plan_lines": ("itss.plan.line", self._get_line_domain(review)),
            "callbacks": (
                "itss.callback",
                [("complaint_id", "=", False), *self._get_period_domain(review, "resolved_at")],
            ),
            "complaints": ("itss.complaint", self._get_period_domain(review, "received_at")),
            "surveys": ("itss.survey.round", self._get_survey_domain(review)),
            "improvements": ("itss.improvement", self._get_period_domain(review, "create_date")),
            "audits": ("itss.audit", list(self._get_audit_domain(review))),
            "nonconformities": (
                "itss.nonconformity",
                list(self._get_nonconformity_domain(review)),
            ),
        }[source]

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_open_records(self):
        """Open the records behind the figures, as far as the user may see them.

        The context names which, as ``source``; else the first kind of the topic.

        :return: window action
        """
        self.ensure_one()
        self.check_access("read")
        sources = SOURCES[self.kind]
        source = self.env.context.get("source")
        model, domain = self._get_source(source if source in sources else sources[0])
        return {
            "type": "ir.actions.act_window",
            "name": self.env["ir.model"]._get(model).sudo().name,
            "res_model": model,
            "view_mode": "list,form",
            "domain": domain,
            "context": {"create": False},
        }
