from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.statistics import confidence_interval
from .itss_survey_participant import CHANNELS

# an anonymous group smaller than this is not broken down
SMALLEST_GROUP = 5
BANDS = ("count_1", "count_2", "count_3", "count_4", "count_5")
DIMENSIONS = ("total", "section", "question", "row", "channel", "segment")
# of these each answer belongs to exactly one, so a missing one could be told from the others
PARTITIONS = ("channel", "segment")


class ItssSurveyResult(models.Model):
    """Figures of a round: for all answers, and by section, question, channel and segment.

    Stored by :meth:`_compute_round`; nobody writes them.
    """

    _name = "itss.survey.result"
    _description = "Survey Result"
    _inherit = ["itss.guard.mixin"]
    _order = "round_id, sequence, id"

    round_id = fields.Many2one(
        "itss.survey.round", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="round_id.company_id", store=True, index=True)
    sequence = fields.Integer(readonly=True)
    dimension = fields.Selection(
        [
            ("total", "Total"),
            ("section", "Section"),
            ("question", "Question"),
            ("row", "Row of a matrix"),
            ("channel", "Channel"),
            ("segment", "Customer Segment"),
        ],
        string="By",
        required=True,
        readonly=True,
    )
    name = fields.Char(compute="_compute_name")
    question_id = fields.Many2one("survey.question", readonly=True, ondelete="cascade")
    row_id = fields.Many2one("survey.question.answer", readonly=True, ondelete="cascade")
    channel = fields.Selection(CHANNELS, readonly=True)
    segment_id = fields.Many2one("res.partner.industry", string="Customer Segment", readonly=True)
    n = fields.Integer(string="Answers (n)", readonly=True)
    score = fields.Float(string="Satisfaction", readonly=True, aggregator="avg", help="0 to 100.")
    deviation = fields.Float(string="Standard Deviation", readonly=True, aggregator=None)
    ci_low = fields.Float(
        string="Confidence from",
        readonly=True,
        aggregator=None,
        help="With a probability of 95 % the average of all customers lies in this range.",
    )
    ci_high = fields.Float(string="Confidence to", readonly=True, aggregator=None)
    count_1 = fields.Integer(string="0–20", readonly=True)
    count_2 = fields.Integer(string="20–40", readonly=True)
    count_3 = fields.Integer(string="40–60", readonly=True)
    count_4 = fields.Integer(string="60–80", readonly=True)
    count_5 = fields.Integer(string="80–100", readonly=True)
    previous_score = fields.Float(readonly=True, aggregator="avg")
    previous_n = fields.Integer(string="Previous Answers (n)", readonly=True)
    change = fields.Float(compute="_compute_change", digits=(5, 2))
    is_suppressed = fields.Boolean(
        string="Not Shown",
        readonly=True,
        help="The survey is anonymous, and from so few answers somebody's could be told.",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("dimension", "question_id", "row_id", "channel", "segment_id")
    @api.depends_context("lang")
    def _compute_name(self):
        channels = dict(self._fields["channel"]._description_selection(self.env))
        for result in self:
            # the questionnaire is no secret to who may see its results
            question = result.question_id.sudo().title
            names = {
                "total": self.env._("All answers"),
                "row": f"{question}: {result.row_id.sudo().value}",
                "channel": channels.get(result.channel),
                "segment": result.segment_id.name or self.env._("No segment"),
            }
            result.name = names.get(result.dimension, question)

    @api.depends("name")
    def _compute_display_name(self):
        for result in self:
            result.display_name = result.name

    @api.depends("score", "previous_score", "n", "previous_n")
    def _compute_change(self):
        for result in self:
            comparable = result.n and result.previous_n
            result.change = result.score - result.previous_score if comparable else 0

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    @api.model
    def _compute_round(self, round_):
        """Compute and store the results of a round (superuser mode).

        :param round_: ``itss.survey.round``
        :return: the values of its total, for the round itself
        """
        rows = self._read_figures(round_)
        if round_.is_anonymous:
            self._suppress(rows)
        previous = {result._get_key(): result for result in round_.previous_round_id.result_ids}
        order = {
            question: index for index, question in enumerate(round_.survey_id.question_and_page_ids)
        }
        round_.result_ids.unlink()
        results = self.create([self._prepare_vals(round_, row) for row in rows])
        for result in results:
            same = previous.get(result._get_key())
            result.sequence = 1000 * DIMENSIONS.index(result.dimension) + order.get(
                result.question_id, 0
            )
            if same and not same.is_suppressed:
                result.write({"previous_score": same.score, "previous_n": same.n})
        total = results.filtered(lambda result: result.dimension == "total")
        return {
            "score": total.score,
            "score_count": total.n,
            "deviation": total.deviation,
            "ci_low": total.ci_low,
            "ci_high": total.ci_high,
        }

    def _get_key(self):
        """Return what a result is known by in every year."""
        question, row = self.question_id, self.row_id
        origin = question._itss_get_origin() if question else question
        return self.dimension, origin, row.value, self.channel, self.segment_id

    @api.model
    def _prepare_vals(self, round_, row):
        # what is missing stays empty: a written zero would be a figure
        vals = {name: value for name, value in row.items() if value is not None}
        vals["round_id"] = round_.id
        interval = None
        if row["n"]:
            interval = confidence_interval(row["score"], row["deviation"] or 0, row["n"])
        if interval:
            vals["ci_low"], vals["ci_high"] = interval
        return vals

    @api.model
    def _read_figures(self, round_):
        """Return the figures of a round: one dict per group, in one statement.

        Only answers given by invitation and completed count; a question or group without a scored
        answer has no row.
        """
        self.env.flush_all()
        query = SQL(
            """
            WITH answered AS (
                SELECT id, itss_score AS score, itss_channel AS channel,
                       itss_segment_id AS segment_id
                  FROM survey_user_input
                 WHERE itss_round_id = %(round)s AND state = 'done' AND test_entry IS NOT TRUE
            ), line AS (
                SELECT line.user_input_id, line.question_id, line.matrix_row_id AS row_id,
                       line.itss_score AS score
                  FROM survey_user_input_line AS line
                  JOIN answered ON answered.id = line.user_input_id
                 WHERE line.itss_score IS NOT NULL
            ), per_question AS (
                SELECT user_input_id, question_id, AVG(score) AS score
                  FROM line
              GROUP BY user_input_id, question_id
            ), per_section AS (
                SELECT per_question.user_input_id, question.page_id,
                       SUM(score * question.itss_weight) / SUM(question.itss_weight) AS score
                  FROM per_question
                  JOIN survey_question AS question ON question.id = per_question.question_id
                 WHERE question.page_id IS NOT NULL AND question.itss_weight > 0
              GROUP BY per_question.user_input_id, question.page_id
            ), item (dimension, question_id, row_id, channel, segment_id, score) AS (
                SELECT 'total', NULL::int, NULL::int, NULL::varchar, NULL::int, score
                  FROM answered
                 UNION ALL
                SELECT 'section', page_id, NULL, NULL, NULL, score FROM per_section
                 UNION ALL
                SELECT 'question', question_id, NULL, NULL, NULL, score FROM per_question
                 UNION ALL
                SELECT 'row', question_id, row_id, NULL, NULL, score
                  FROM line WHERE row_id IS NOT NULL
                 UNION ALL
                SELECT 'channel', NULL, NULL, channel, NULL, score FROM answered
                 UNION ALL
                SELECT 'segment', NULL, NULL, NULL, segment_id, score FROM answered
            )
            SELECT dimension, question_id, row_id, channel, segment_id,
                   COUNT(*) AS n, AVG(score) AS score, STDDEV_SAMP(score) AS deviation,
                   COUNT(*) FILTER (WHERE band <= 1) AS count_1,
                   COUNT(*) FILTER (WHERE band = 2) AS count_2,
                   COUNT(*) FILTER (WHERE band = 3) AS count_3,
                   COUNT(*) FILTER (WHERE band = 4) AS count_4,
                   COUNT(*) FILTER (WHERE band = 5) AS count_5
              FROM (SELECT *, CEIL(ROUND(score::numeric, 6) / 20) AS band FROM item) AS banded
             WHERE score IS NOT NULL
          GROUP BY dimension, question_id, row_id, channel, segment_id
          ORDER BY dimension, question_id, row_id, channel, segment_id
            """,
            round=round_.id,
        )
        self.env.cr.execute(query)
        return self.env.cr.dictfetchall()

    @api.model
    def _suppress(self, rows):
        """Take the figures out of groups so small that somebody's answer could be told.

        Where one group of a partition is left out, a second one is, too: else it would be what the
        total and the others leave.
        """
        for dimension in DIMENSIONS:
            groups = sorted(
                (row for row in rows if row["dimension"] == dimension), key=lambda row: row["n"]
            )
            small = [row for row in groups if row["n"] < SMALLEST_GROUP]
            if dimension in PARTITIONS and 0 < sum(row["n"] for row in small) < SMALLEST_GROUP:
                small = groups[: len(small) + 1]
            for row in small:
                row.update(dict.fromkeys(("score", "deviation", *BANDS)), n=0, is_suppressed=True)
