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


def _get_column(record):
    """Return the column with the score of a question, or of a row."""
    kind = "question" if record._name == "survey.question" else "row"
    return SQL.identifier(f"{kind}_{record.id}")


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
        vals_list = [self._prepare_vals(round_, row) for row in rows]
        for vals in vals_list:
            # what it is known by needs no record
            result = self.new(vals)
            place = order.get(result.question_id._origin, 0)
            vals["sequence"] = 1000 * DIMENSIONS.index(result.dimension) + place
            same = previous.get(result._get_key())
            if same and not same.is_suppressed:
                vals |= {"previous_score": same.score, "previous_n": same.n}
        results = self.create(vals_list)
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
        self.env.cr.execute(self._get_figures_query(round_))
        return self.env.cr.dictfetchall()

    @api.model
    def _get_figures_query(self, round_):
        """Return the query of the figures of a round.

        Answers that say the same are counted together: what comes after has fewer rows than there are
        answers.
        """
        columns = self._get_score_columns(round_.survey_id)
        names = SQL(", ").join(map(SQL.identifier, columns))
        return SQL(
            """
            WITH answered AS MATERIALIZED (
                SELECT id, itss_score AS score, itss_channel AS channel,
                       itss_segment_id AS segment_id
                  FROM survey_user_input
                 WHERE itss_round_id = %(round)s AND state = 'done' AND test_entry IS NOT TRUE
            ), pattern AS (
                SELECT %(names)s, COUNT(*) AS times
                  FROM (
                        SELECT %(columns)s
                          FROM survey_user_input_line AS line
                         WHERE itss_score IS NOT NULL
                           AND user_input_id IN (SELECT id FROM answered)
                      GROUP BY user_input_id
                       ) AS answer
              GROUP BY %(names)s
            ), item (dimension, question_id, row_id, channel, segment_id, score, times) AS (
                SELECT CASE WHEN GROUPING(channel) = 0 THEN 'channel'
                            WHEN GROUPING(segment_id) = 0 THEN 'segment'
                            ELSE 'total' END,
                       NULL::int, NULL::int, channel, segment_id, score, COUNT(*)
                  FROM answered
                 WHERE score IS NOT NULL
              GROUP BY GROUPING SETS ((score), (channel, score), (segment_id, score))
                 UNION ALL
                SELECT dimension, question_id, row_id, NULL, NULL, score, SUM(times)
                  FROM (SELECT *%(matrices)s FROM pattern) AS pattern
                 CROSS JOIN LATERAL (VALUES %(items)s)
                       AS item (dimension, question_id, row_id, score)
                 WHERE score IS NOT NULL
              GROUP BY dimension, question_id, row_id, score
            ), grouped AS (
                SELECT *, CEIL(ROUND(score::numeric, 6) / 20) AS band,
                       SUM(times) OVER same AS n,
                       SUM(times * score) OVER same / SUM(times) OVER same AS mean
                  FROM item
                WINDOW same AS (PARTITION BY dimension, question_id, row_id, channel, segment_id)
            )
            SELECT dimension, question_id, row_id, channel, segment_id, n::int, mean AS score,
                   SQRT(SUM(times * (score - mean) ^ 2) / NULLIF(n - 1, 0)) AS deviation,
                   COALESCE(SUM(times) FILTER (WHERE band <= 1), 0)::int AS count_1,
                   COALESCE(SUM(times) FILTER (WHERE band = 2), 0)::int AS count_2,
                   COALESCE(SUM(times) FILTER (WHERE band = 3), 0)::int AS count_3,
                   COALESCE(SUM(times) FILTER (WHERE band = 4), 0)::int AS count_4,
                   COALESCE(SUM(times) FILTER (WHERE band = 5), 0)::int AS count_5
              FROM grouped
          GROUP BY dimension, question_id, row_id, channel, segment_id, n, mean
          ORDER BY dimension, question_id, row_id, channel, segment_id
            """,
            round=round_.id,
            names=names,
            columns=SQL(", ").join(
                SQL("%s AS %s", score, SQL.identifier(name)) for name, score in columns.items()
            ),
            matrices=SQL("").join(
                SQL(", %s AS %s", self._weigh(question.matrix_row_ids), _get_column(question))
                for question in round_.survey_id.question_ids
                if question.question_type == "matrix"
            ),
            items=SQL(", ").join(self._get_score_items(round_.survey_id)),
        )

    @api.model
    def _get_score_columns(self, survey):
        """Return the scores that an answer's lines give: one per question, or per row of a matrix.

        :return: dict of ``SQL`` by name
        """
        columns = {}
        for question in survey.question_ids:
            if question.question_type == "matrix":
                for row in question.matrix_row_ids:
                    columns[f"row_{row.id}"] = SQL(
                        "MAX(itss_score) FILTER (WHERE matrix_row_id = %s)", row.id
                    )
                continue
            # of several choices the average counts; all others have one line
            aggregate = SQL("AVG" if question.question_type == "multiple_choice" else "MAX")
            columns[f"question_{question.id}"] = SQL(
                "%s(itss_score) FILTER (WHERE question_id = %s)", aggregate, question.id
            )
        return columns

    @api.model
    def _get_score_items(self, survey):
        """Return what an answer's scores count for: questions, rows and sections.

        :return: list of ``SQL``: dimension, question or page, row, and score
        """
        items = []
        for question in survey.question_ids:
            column = _get_column(question)
            items.append(SQL("('question', %s, NULL::int, %s)", question.id, column))
            if question.question_type == "matrix":
                items += [
                    SQL("('row', %s, %s, %s)", question.id, row.id, _get_column(row))
                    for row in question.matrix_row_ids
                ]
        weighted = survey.question_ids.filtered(lambda question: question.itss_weight > 0)
        for page, questions in weighted.grouped("page_id").items():
            if page:
                weights = questions.mapped("itss_weight")
                items.append(
                    SQL("('section', %s, NULL, %s)", page.id, self._weigh(questions, weights))
                )
        return items

    @api.model
    def _weigh(self, records, weights=None):
        """Return the ``SQL`` of the average of what an answer scores.

        :param records: questions, or rows of a matrix
        :param weights: as many numbers; all the same without
        """
        weights = weights or [1] * len(records)
        columns = [_get_column(record) for record in records]
        return SQL(
            "(%s) / NULLIF(%s, 0)",
            SQL(" + ").join(
                SQL("COALESCE(%s * %s, 0)", column, weight)
                for column, weight in zip(columns, weights, strict=True)
            )
            or SQL("NULL::float"),
            SQL(" + ").join(
                SQL("CASE WHEN %s IS NULL THEN 0 ELSE %s END", column, weight)
                for column, weight in zip(columns, weights, strict=True)
            )
            or SQL("0"),
        )

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
