from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ...tools.batches import run_batches
from ...tools.durations import get_day, get_today
from ...tools.figures import Figure, Period, say_target
from ...tools.public import public
from ...tools.settings import Settings
from ...tools.statistics import reaches

GROUP_QUALITY = "itss_quality.group_itss_quality"
# so many questions at most are proposed for improvement
LOWEST_QUESTIONS = 3
TEXT_FIELDS = ("conclusion", "causes", "measures")
CALENDAR_FIELDS = (
    "date_end",
    "accept_late",
    "reminder_max",
    "reminder_days",
    "final_notice_days",
)


class ItssSurveyRound(models.Model):
    """Company-level satisfaction survey (公司级客户满意度调查, plan 6.3 and line 4)."""

    _name = "itss.survey.round"
    _description = "Satisfaction Survey Round"
    _inherit = [
        "itss.plan.work.mixin",
        "itss.numbered.mixin",
        "itss.improvement.source.mixin",
        "itss.figure.mixin",
        "itss.setting.mixin",
        "mail.thread",
        "itss.todo.mixin",
    ]
    _order = "date_start desc, id desc"
    _check_company_auto = True
    _figure_topics = {"objectives": 10, "feedback": 10}
    _dated_fields = ("score", "score_count", "answer_count", "recipient_count")

    _number_prefix = "SR"
    _mail_post_access = "read"
    _plan_kinds = ("survey",)
    _list_action = "itss_quality.itss_survey_round_action"
    _begun_states = ("running",)
    # the approval of the summary report closes a round
    _transitions = {
        ("draft", "running"): (GROUP_QUALITY,),
        ("running", "analysing"): (GROUP_QUALITY,),
    }
    _locked_states = ("running", "analysing", "closed")
    _locked_fields = (
        "number",
        "company_id",
        "plan_line_id",
        "survey_id",
        "date_start",
        "target",
        "target_response_rate",
        "minimum_n",
        "dissatisfied_below",
        "sampling",
        "sample_share",
        "is_anonymous",
        "participant_ids",
    )
    _stamp_fields = (
        "survey_version",
        "started_at",
        "ended_at",
        "sending_error",
        "previous_round_id",
        "result_ids",
        "results_at",
        "answer_count",
        "recipient_count",
        "response_rate",
        "score",
        "score_count",
        "deviation",
        "ci_low",
        "ci_high",
    )

    name = fields.Char(
        required=True,
        tracking=True,
        default=lambda self: self.env._(
            "%(year)s Customer Satisfaction Survey", year=get_today(self.env.company).year
        ),
    )
    user_id = fields.Many2one(
        "res.users",
        string="Person in Charge",
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        tracking=True,
    )
    survey_id = fields.Many2one(
        "survey.survey",
        string="Questionnaire",
        required=True,
        domain="[('survey_type', '=', 'itss')]",
        default=lambda self: self._default_survey_id(),
        ondelete="restrict",
        index=True,
    )
    survey_version = fields.Integer(string="Version", readonly=True, copy=False, aggregator=None)
    is_anonymous = fields.Boolean(
        string="Anonymous",
        help="Nobody can see who gave which answer. Figures are shown after the end only, and none of "
        "a group with fewer than five answers.",
    )
    date_start = fields.Date(
        string="Start",
        required=True,
        default=lambda self: get_today(self.env.company),
        tracking=True,
    )
    date_end = fields.Date(
        string="Deadline",
        required=True,
        default=lambda self: get_today(self.env.company) + timedelta(days=21),
        tracking=True,
        help="The last day on which customers can answer.",
    )
    accept_late = fields.Boolean(
        string="Accept Late Answers",
        help="Links stay open after the deadline, until you end the survey.",
    )
    reminder_max = fields.Integer(
        string="Reminders", default=2, help="How many reminders a customer gets at most."
    )
    reminder_days = fields.Integer(
        string="Days Between Reminders",
        default=5,
        help="At least so many days lie between two mails to the same customer.",
    )
    final_notice_days = fields.Integer(
        string="Final Notice (days)",
        default=2,
        help="So many days before the deadline whoever has not answered gets a last mail; 0: none.",
    )
    target = fields.Float(
        default=95.0,
        digits=(5, 2),
        tracking=True,
        help="Average satisfaction to reach, of 100.",
        setting=("survey",),
    )
    target_response_rate = fields.Float(
        string="Target Response Rate (%)", default=60.0, digits=(5, 2), setting=("survey",)
    )
    minimum_n = fields.Integer(
        string="Minimum Answers",
        default=10,
        aggregator=None,
        help="With fewer scored answers nothing is said about whether the target is met.",
        setting=("survey",),
    )
    dissatisfied_below = fields.Float(
        default=lambda self: self.env.company.itss_callback_threshold,
        digits=(5, 2),
        help="A customer whose score is below this becomes a proposal for an improvement.",
        setting=("survey",),
    )
    sampling = fields.Selection(
        [
            ("all", "All customers"),
            ("random", "Random share"),
            ("manual", "List made by hand"),
        ],
        default="all",
        required=True,
    )
    sample_share = fields.Float(string="Share (%)", default=30.0, digits=(5, 2))
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("running", "Running"),
            ("analysing", "Analysing"),
            ("closed", "Closed"),
        ],
        string="Status",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    started_at = fields.Datetime(string="Started on", readonly=True, copy=False)
    ended_at = fields.Datetime(string="Ended on", readonly=True, copy=False)
    sending_error = fields.Char(readonly=True, copy=False)

    # the customers
    participant_ids = fields.One2many("itss.survey.participant", "round_id")
    participant_count = fields.Integer(compute="_compute_participant_counts")
    to_send_count = fields.Integer(string="To Send", compute="_compute_participant_counts")
    sent_count = fields.Integer(string="Waiting for", compute="_compute_participant_counts")
    failed_count = fields.Integer(string="Not Delivered", compute="_compute_participant_counts")
    answered_count = fields.Integer(string="Answered", compute="_compute_participant_counts")
    declined_count = fields.Integer(string="Declined", compute="_compute_participant_counts")
    waiting_count = fields.Integer(string="No Answer Yet", compute="_compute_participant_counts")
    progress = fields.Integer(string="Answered (%)", compute="_compute_participant_counts")
    is_late = fields.Boolean(string="Deadline Passed", compute="_compute_is_late")

    # the figures, by _update_results
    results_at = fields.Datetime(string="Figures as of", readonly=True, copy=False)
    result_ids = fields.One2many("itss.survey.result", "round_id", readonly=True)
    answer_count = fields.Integer(string="Answers", readonly=True, copy=False)
    recipient_count = fields.Integer(
        string="Recipients",
        readonly=True,
        copy=False,
        help="Everybody chosen for the round, those whose mail failed included; without those who "
        "had opted out before.",
    )
    response_rate = fields.Float(
        string="Response Rate (%)", readonly=True, copy=False, aggregator="avg"
    )
    score = fields.Float(string="Satisfaction", readonly=True, copy=False, aggregator="avg")
    score_count = fields.Integer(
        string="Scores (n)", readonly=True, copy=False, help="Answers in which something is scored."
    )
    deviation = fields.Float(
        string="Standard Deviation", readonly=True, copy=False, aggregator=None
    )
    ci_low = fields.Float(string="Confidence from", readonly=True, copy=False, aggregator=None)
    ci_high = fields.Float(string="Confidence to", readonly=True, copy=False, aggregator=None)
    verdict = fields.Selection(
        [
            ("no_data", "No data"),
            ("too_few", "Too few answers"),
            ("met", "Target met"),
            ("missed", "Target missed"),
        ],
        compute="_compute_verdict",
        store=True,
    )
    previous_round_id = fields.Many2one(
        "itss.survey.round",
        string="Compared with",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    previous_score = fields.Float(related="previous_round_id.score", string="Previous Satisfaction")

    # the analysis
    conclusion = fields.Text(help="What the figures say, compared with the target and last year.")
    causes = fields.Text(help="Why customers are less satisfied than they should be.")
    measures = fields.Text(
        string="Measures and Suggestions", help="What is done about it, by whom and until when."
    )
    report_ids = fields.One2many("itss.survey.report", "round_id", string="Summary Reports")
    report_state = fields.Selection(
        lambda self: (
            self.env["itss.survey.report"]._fields["state"]._description_selection(self.env)
        ),
        string="Report Status",
        compute="_compute_report_state",
    )

    can_start = fields.Boolean(compute="_compute_can_steps")
    can_end = fields.Boolean(compute="_compute_can_steps")
    can_report = fields.Boolean(compute="_compute_can_steps")
    can_write_texts = fields.Boolean(compute="_compute_can_steps")

    _dates_ordered = models.Constraint(
        "CHECK(date_start <= date_end)", "The deadline can't lie before the start."
    )
    _settings_range = models.Constraint(
        "CHECK(target BETWEEN 0 AND 100 AND target_response_rate BETWEEN 0 AND 100"
        " AND dissatisfied_below BETWEEN 0 AND 100 AND sample_share > 0 AND sample_share <= 100"
        " AND minimum_n > 0 AND reminder_max >= 0 AND reminder_days > 0 AND final_notice_days >= 0)",
        "Targets and shares lie between 0 and 100; the minimum of answers and the days between "
        "reminders are at least 1.",
    )

    # -------------------------------------------------------------------------
    # DEFAULTS
    # -------------------------------------------------------------------------

    @api.model
    def _default_survey_id(self):
        # the newest version of the questionnaire used last, else the one that comes with the addon
        last = self.search([("company_id", "=", self.env.company.id)], limit=1).survey_id
        ours = self.env.ref("itss_quality.itss_survey_questionnaire", raise_if_not_found=False)
        survey = last or ours
        return survey and survey.has_access("read") and survey._itss_get_newest().id

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    def _compute_participant_counts(self):
        # how many there are is no secret, not even in an anonymous round
        groups = (
            self.env["itss.survey.participant"]
            .sudo()
            ._read_group([("round_id", "in", self.ids)], ["round_id", "state"], ["__count"])
        )
        counts = {(round_.id, state): count for round_, state, count in groups}
        for round_ in self:
            total = 0
            for state in ("to_send", "sent", "failed", "answered", "declined"):
                count = counts.get((round_.id, state), 0)
                round_[f"{state}_count"] = count
                total += count
            round_.participant_count = total
            round_.waiting_count = round_.to_send_count + round_.sent_count + round_.failed_count
            round_.progress = round(100 * round_.answered_count / total) if total else 0

    @api.depends("date_end", "state")
    def _compute_is_late(self):
        for round_ in self:
            round_.is_late = round_.state == "running" and round_.date_end < round_._get_today()

    @api.depends("score", "score_count", "minimum_n", "target")
    def _compute_verdict(self):
        for round_ in self:
            if not round_.score_count:
                round_.verdict = "no_data"
            elif round_.score_count < round_.minimum_n:
                round_.verdict = "too_few"
            else:
                round_.verdict = "met" if reaches(round_.score, round_.target) else "missed"

    @api.depends("report_ids.state")
    def _compute_report_state(self):
        for round_ in self:
            round_.report_state = round_._get_report().state

    @api.depends("state", "report_ids.state")
    @api.depends_context("uid")
    def _compute_can_steps(self):
        for round_ in self:
            writable = bool(round_.id) and round_.has_access("write")
            round_.can_start = round_._can_step("running")
            round_.can_end = round_._can_step("analysing")
            round_.can_report = writable and round_.state in ("analysing", "closed")
            round_.can_write_texts = writable and not round_._are_texts_locked()

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("user_id", "company_id")
    def _check_responsible(self):
        self._check_colleagues("user_id")

    # -------------------------------------------------------------------------
    # From the plan
    # -------------------------------------------------------------------------

    @api.model
    def _get_start_label(self):
        return self.env._("Prepare Survey")

    @api.model
    def _prepare_work_vals(self, line):
        today = get_today(line.company_id)
        start = max(line.date_start or today, today)
        return {
            **super()._prepare_work_vals(line),
            "name": self.env._("%(year)s Customer Satisfaction Survey", year=line.year),
            "target": line.plan_id.satisfaction_target,
            "date_start": start,
            "date_end": max(line.date_end or today, start + timedelta(days=21)),
        }

    # -------------------------------------------------------------------------
    # Settings behind figures
    # -------------------------------------------------------------------------

    @api.model
    def _itss_get_settings_domain(self, period):
        return (
            super()._itss_get_settings_domain(period)
            & Domain("state", "!=", "draft")
            & Domain("date_start", "<=", period.date_to)
            & Domain("date_end", ">=", period.date_from)
        )

    def _get_settings_in_force(self):
        """Return the settings behind the figures of the round, since it was made: ``Settings``.

        One that was entered after it had begun counts from its beginning.
        """
        self.ensure_one()
        round_ = self.sudo()
        period = Period(
            round_.company_id,
            min(get_day(round_.company_id, round_.create_date), round_.date_start),
            max(round_.date_end, self._get_today()),
        )
        beginning = self.env["itss.journal"]._get_beginning(round_.company_id)
        return Settings(period, round_._itss_list_in_force(period), beginning)

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _get_number_year(self, vals):
        start = fields.Date.to_date(vals.get("date_start"))
        return start.year if start else super()._get_number_year(vals)

    def _check_locked(self, vals):
        super()._check_locked(vals)
        for round_ in self:
            names = []
            if round_.state in ("analysing", "closed"):
                names += [name for name in CALENDAR_FIELDS if name in vals]
            if round_._are_texts_locked():
                names += [name for name in TEXT_FIELDS if name in vals]
            if names:
                raise round_._get_locked_refusal(names)

    def _are_texts_locked(self):
        """Whether the analysis stands in a report that is being signed, or was."""
        self.ensure_one()
        return self.sudo()._get_report()._is_subject_frozen()

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        if new_state == "running":
            self.survey_id._itss_check_usable()
            if not self.participant_count:
                raise UserError(
                    self.env._(
                        "“%(round)s” has no participants yet: propose the customers with tickets, or "
                        "add them by hand.",
                        round=self.display_name,
                    )
                )
            if self.date_end < self._get_today():
                raise UserError(
                    self.env._(
                        "The deadline %(date)s has passed: please set a later one.",
                        date=format_date(self.env, self.date_end),
                    )
                )

    def _apply_step(self, old_state, new_state):
        super()._apply_step(old_state, new_state)
        if new_state == "running":
            self.survey_id.itss_is_frozen = True
            self.write(
                {
                    "started_at": fields.Datetime.now(),
                    "survey_version": self.survey_id.itss_version,
                }
            )
            self._update_results()
            self.env.ref("itss_quality.ir_cron_itss_survey_send")._trigger()
        elif new_state == "analysing":
            self.ended_at = fields.Datetime.now()
            self._update_results()
            self._propose_for_questions()
            self.env.ref("itss_quality.ir_cron_itss_survey_results")._trigger()

    def _close(self):
        """Close the round with the approval of its report (superuser mode)."""
        for round_ in self.filtered(lambda round_: round_.state == "analysing"):
            round_.state = "closed"
            round_._apply_step("analysing", "closed")

    def _get_today(self):
        """Return the day it is where the survey is held."""
        self.ensure_one()
        return get_today(self.company_id)

    def _get_report(self):
        """Return the newest revision of the summary report."""
        return self.report_ids.sorted("id")[-1:]

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    def _update_results(self):
        """Compute the figures of the rounds anew and store them (superuser mode).

        Figures of an anonymous round wait for its end: from two states one answer apart the answer
        could be told.
        """
        now = fields.Datetime.now()
        participants = self.env["itss.survey.participant"]
        for round_ in self:
            previous = round_.search(
                [
                    ("company_id", "=", round_.company_id.id),
                    ("state", "=", "closed"),
                    ("date_start", "<", round_.date_start),
                    ("id", "!=", round_.id),
                ],
                limit=1,
            )
            counts = dict(
                participants._read_group(
                    [("round_id", "=", round_.id), ("is_opted_out", "=", False)],
                    ["state"],
                    ["__count"],
                )
            )
            recipients, answers = sum(counts.values()), counts.get("answered", 0)
            round_.write(
                {
                    "previous_round_id": previous.id,
                    "results_at": now,
                    "recipient_count": recipients,
                    "answer_count": answers,
                    "response_rate": 100 * answers / recipients if recipients else 0,
                }
            )
            if not (round_.is_anonymous and round_.state == "running"):
                total = round_.result_ids._compute_round(round_)
                round_.write(total)
        self._clear_missing_figures()

    def _clear_missing_figures(self):
        """Take out the zeros that stand for no figure: averages over the years would count them."""
        self.env.flush_all()
        figures = ("response_rate", "score", "deviation", "ci_low", "ci_high")
        self.env.cr.execute(
            SQL(
                """
                UPDATE itss_survey_round AS round
                   SET response_rate = CASE WHEN own.recipient_count > 0
                                            THEN own.response_rate END,
                       score = total.score,
                       deviation = total.deviation,
                       ci_low = total.ci_low,
                       ci_high = total.ci_high
                  FROM itss_survey_round AS own
             LEFT JOIN itss_survey_result AS total
                    ON total.round_id = own.id AND total.dimension = 'total'
                 WHERE own.id = round.id AND round.id = ANY(%s)
                """,
                self.ids,
            )
        )
        self.invalidate_recordset(figures)

    def _has_new_answers(self):
        """Whether the figures lack answers, and no report with them is being signed."""
        self.ensure_one()
        return not self._are_texts_locked() and self.answer_count != self.env[
            "itss.survey.participant"
        ].search_count(
            [
                ("round_id", "=", self.id),
                ("state", "=", "answered"),
                ("is_opted_out", "=", False),
            ]
        )

    @api.model
    def _cron_update_results(self):
        """Keep the figures of running rounds up to date, and propose improvements after the end.

        Rounds without new answers are left alone (plan 6.3: 汇总分析).
        """
        participants = self.env["itss.survey.participant"]

        def update(rounds):
            rounds.filtered(lambda round_: round_._has_new_answers())._update_results()

        # an answer under way at the end of a round comes in right after it
        collecting = Domain("state", "in", ("running", "analysing"))
        run_batches(self, [(collecting, update)], size=1)
        to_propose = participants._get_to_propose_domain()
        run_batches(participants, [(to_propose, lambda batch: batch._propose())])

    @api.model
    def _get_figure_label(self):
        return self.env._("Survey Rounds")

    @api.model
    def _get_figure_domain(self, period):
        return period.get_domain("ended_at")

    def _is_dated(self):
        # what is counted is what a round ended with, and answers that were under way then
        return self.state in ("analysing", "closed")

    @api.model
    def _get_figures(self, period):
        rows = self._read_past(
            self._get_figure_domain(period),
            period.end,
            name=SQL("name"),
            ended_at=SQL("ended_at"),
            target=SQL("target"),
            score=SQL("score_then"),
            n=SQL("score_count_then"),
            rate=SQL("target_response_rate"),
            answers=SQL("answer_count_then"),
            recipients=SQL("recipient_count_then"),
        )
        rows.sort(key=lambda row: row["ended_at"])
        figures = [
            Figure(
                row["name"],
                row["score"] if row["n"] else None,
                n=row["n"],
                note=say_target(self.env, row["target"]),
            )
            for row in rows
        ] or [Figure(self.env._("Satisfaction survey (company level)"))]
        rates = [
            Figure.rate(
                self.env._("%(survey)s: response rate (%%)", survey=row["name"]),
                row["answers"],
                row["recipients"],
            )._replace(note=say_target(self.env, row["rate"]))
            for row in rows
        ]
        return {"objectives": figures, "feedback": figures + rates}

    # -------------------------------------------------------------------------
    # Proposals
    # -------------------------------------------------------------------------

    def _propose_for_questions(self):
        """Propose an improvement for the lowest questions below the target (plan 6.4)."""
        self.ensure_one()
        results = self.result_ids.filtered(
            lambda result: (
                result.dimension == "question"
                and result.n
                and not result.is_suppressed
                and not reaches(result.score, self.target)
            )
        )
        self.improvement_ids.create(
            [
                {
                    **self._prepare_improvement_vals(),
                    "name": self.env._("Low satisfaction: %(question)s", question=result.name),
                    "problem": self.env._(
                        "“%(question)s” was rated %(score)s of 100 on average (n = %(n)s); the target "
                        "is %(target)s.",
                        question=result.name,
                        score=f"{result.score:.2f}",
                        n=result.n,
                        target=f"{self.target:g}",
                    ),
                }
                for result in results.sorted("score")[:LOWEST_QUESTIONS]
            ]
        )

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_start(self):
        """Freeze recipients and questionnaire and begin to send the links.

        :raise UserError: no participants, a questionnaire that can't be used, a deadline in the past
        :raise AccessError: missing role (quality department only)
        """
        return self.write({"state": "running"})

    @public(on="record")
    def action_end(self):
        """End the survey: links close, the figures are final, improvements are proposed.

        :raise UserError: the round is not running
        :raise AccessError: missing role (quality department only)
        """
        return self.write({"state": "analysing"})

    @public(on="records")
    def action_refresh(self):
        """Compute the figures now, unless they stand in a report that is being signed.

        :raise AccessError: the user may not change the round
        """
        self.check_access("write")
        rounds = self.filtered(lambda round_: round_.state in ("running", "analysing"))
        rounds.filtered("can_write_texts").sudo()._update_results()

    @public(on="record")
    def action_propose_participants(self):
        """Open the dialog that proposes the customers with tickets of a period.

        :return: window action
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Propose Participants"),
            "res_model": "itss.survey.propose",
            "view_mode": "form",
            "target": "new",
            "context": {"default_round_id": self.id},
        }

    @public(on="record")
    def action_import_answers(self):
        """Open the dialog for answers on paper that were typed into an Excel file.

        :return: window action
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import Answers"),
            "res_model": "itss.survey.import",
            "view_mode": "form",
            "target": "new",
            "context": {"default_round_id": self.id},
        }

    @public(on="record")
    def action_open_report(self):
        """Open the summary report (汇总分析报告), made when there is none yet.

        :return: window action on its form
        :raise UserError: the round has not ended
        :raise AccessError: the user may not prepare reports
        """
        report = self._get_report()
        if not report:
            report = report.create({"round_id": self.id, "company_id": self.company_id.id})
        return report.get_formview_action()

    @public(on="record")
    def action_view_participants(self):
        """Open the participants of the round.

        :return: window action
        """
        return self._open("itss_quality.itss_survey_participant_action")

    @public(on="record")
    def action_view_missing(self):
        """Open those who have not answered yet, with their phone numbers.

        :return: window action
        """
        action = self._open("itss_quality.itss_survey_participant_action")
        context = {**action["context"], "search_default_missing": 1, "itss_missing": True}
        return {**action, "context": context}

    @public(on="record")
    def action_view_results(self):
        """Open the figures of the round by question, section, channel and segment.

        :return: window action
        """
        action = self._open("itss_quality.itss_survey_result_action")
        return {**action, "context": {**action["context"], "search_default_questions": 1}}

    def _open(self, xml_id):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xml_id)
        domain = [("round_id", "=", self.id)]
        # whom a round asks is frozen once it has started
        context = {"default_round_id": self.id, "create": self.state == "draft"}
        return {**action, "domain": domain, "context": context}
