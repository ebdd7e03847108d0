from collections import Counter
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ...models.survey.itss_survey_result import SMALLEST_GROUP
from ...tools.survey_excel import get_columns

PAGE = 2000


class Shown(NamedTuple):
    """What of the answers may be shown: all of it, unless the round is anonymous."""

    columns: list
    channels: list
    segments: list
    has_scores: bool


class ItssSurveyAnswers(models.AbstractModel):
    """The answers of a round that count, as far as they may be shown.

    Whoever asks has checked that the user may see answers of the round.
    """

    _name = "itss.survey.answers"
    _description = "Answers of a Survey Round"

    @api.model
    def _get_shown(self, round_):
        """Return what of the answers may be shown, and why nothing may.

        :param round_: ``itss.survey.round``
        :return: tuple of Shown and of a text, one of them ``None``
        """
        columns = get_columns(round_.sudo().survey_id)
        counts, scored = self._count_answers(round_)
        channels = {channel for channel, _segment in counts}
        segments = {segment for _channel, segment in counts}
        if not round_.is_anonymous:
            return Shown(columns, list(channels), list(segments), True), None
        refusal = self._get_refusal(round_, sum(counts.values()), scored)
        if refusal:
            return None, refusal
        # what has no figures shown is not shown here either
        results = self.env["itss.survey.result"].sudo().search([("round_id", "=", round_.id)])
        told = results.filtered(lambda result: not result.is_suppressed)
        channels &= {result.channel for result in told if result.dimension == "channel"}
        segments &= {result.segment_id.id or 0 for result in told if result.dimension == "segment"}
        channels, segments = self._limit_groups(counts, channels, segments)
        kept = results - told
        hidden = {
            (result.question_id.id, result.row_id.id)
            for result in kept
            if result.dimension in ("question", "row")
        }
        columns = [
            column
            for column in columns
            if (column.question.id, False) not in hidden
            and (column.question.id, column.row.id) not in hidden
        ]
        # from a whole and all of its parts but one the hidden one could be told
        has_scores = not any(
            result.dimension == "total" or result.question_id.sudo().itss_weight for result in kept
        )
        return Shown(columns, list(channels), list(segments), has_scores), None

    def _count_answers(self, round_):
        """Return how many answers there are by channel and segment, and how many have a score."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT itss_channel, COALESCE(itss_segment_id, 0), COUNT(*), COUNT(itss_score)
                  FROM survey_user_input AS answer
                 WHERE %s
              GROUP BY itss_channel, itss_segment_id
                """,
                self._get_counted(round_),
            )
        )
        counts = {(channel, segment): count for channel, segment, count, _scored in rows}
        return counts, sum(scored for *_rest, scored in rows)

    def _get_counted(self, round_):
        return SQL(
            "answer.itss_round_id = %s AND answer.state = 'done' AND answer.test_entry IS NOT TRUE",
            round_.id,
        )

    def _get_refusal(self, round_, count, scored):
        """Return why no answer of an anonymous round may be shown, or ``None``."""
        if round_.state == "running":
            return self.env._(
                "The survey is anonymous: answers and figures are shown after its end."
            )
        if count < SMALLEST_GROUP:
            return self.env._(
                "The survey is anonymous: fewer than %s answers are not shown.", SMALLEST_GROUP
            )
        total = self.env["itss.survey.result"].sudo()
        total = total.search([("round_id", "=", round_.id), ("dimension", "=", "total")])
        if not total.is_suppressed and total.n != scored:
            # from two states one answer apart the answer could be told
            return self.env._(
                "Answers have come in since the figures were computed: please update the figures "
                "of the survey round first."
            )
        return None

    def _limit_groups(self, counts, channels, segments):
        """Return which channels and segments to show so that no few rows stand out by them."""
        for shown in ((channels, segments), ((), segments), (channels, ())):
            sizes = Counter()
            for (channel, segment), count in counts.items():
                sizes[channel in shown[0] and channel, segment in shown[1] and segment] += count
            if min(sizes.values()) >= SMALLEST_GROUP:
                return shown
        return (), ()

    @api.model
    def _read(self, round_, shown):
        """Yield a tuple per answer, without holding them all in memory.

        :param round_: ``itss.survey.round``
        :param Shown shown: what of the answers may be shown
        :return: customer, contact, channel, id of the segment (0 for none), day, score, whether the
            link's address was changed (``None`` when it did not come through the link, or is
            anonymous), and a list of lines: ids of question, row and choice, text, whether it is a comment, score
        """
        named = not round_.is_anonymous
        query = SQL(
            """
            SELECT customer.name, participant.contact_name,
                   CASE WHEN answer.itss_channel = ANY(%(channels)s)
                        THEN answer.itss_channel END AS channel,
                   CASE WHEN COALESCE(answer.itss_segment_id, 0) = ANY(%(segments)s)
                        THEN COALESCE(answer.itss_segment_id, 0) END AS segment,
                   participant.answered_on,
                   CASE WHEN %(has_scores)s THEN answer.itss_score END AS score,
                   CASE WHEN answer.itss_channel = 'email' AND participant.id IS NOT NULL
                        THEN participant.email_changed_at IS NOT NULL END AS is_changed,
                   lines.list
              FROM survey_user_input AS answer
         LEFT JOIN itss_survey_participant AS participant
                ON participant.user_input_id = answer.id AND %(named)s
         LEFT JOIN res_partner AS customer ON customer.id = participant.customer_id
        CROSS JOIN LATERAL (%(lines)s) AS lines
             WHERE %(counted)s
          ORDER BY %(order)s
            """,
            channels=shown.channels,
            segments=shown.segments,
            has_scores=shown.has_scores,
            named=named,
            lines=self._get_lines_query(shown),
            counted=self._get_counted(round_),
            # the rows of an anonymous round stand in an order that what they show gives them
            order=SQL(
                "participant.answered_on, participant.id, answer.id"
                if named
                else 'channel, segment, score, lines.list::text COLLATE "C"'
            ),
        )
        with self.env.cr._cnx.cursor(name="itss_survey_answers") as cursor:
            cursor.itersize = PAGE
            cursor.execute(query.code, query.params)
            yield from cursor

    def _get_lines_query(self, shown):
        """Return the query of the list of an answer's lines, in the columns that are shown."""
        return SQL(
            """
            SELECT json_agg(
                        json_build_array(question_id, row_id, choice_id, text, is_comment, score)
                        ORDER BY question_id, row_id, choice_id, text
                   ) AS list
              FROM (
                    SELECT line.question_id, line.matrix_row_id AS row_id,
                           line.suggested_answer_id AS choice_id,
                           CASE line.answer_type
                                WHEN 'char_box' THEN line.value_char_box
                                WHEN 'text_box' THEN line.value_text_box
                                WHEN 'numerical_box' THEN line.value_numerical_box::text
                                WHEN 'scale' THEN line.value_scale::text
                                WHEN 'date' THEN line.value_date::text
                                WHEN 'datetime' THEN line.value_datetime::text
                           END AS text,
                           line.answer_type = 'char_box'
                           AND question.question_type
                               IN ('simple_choice', 'multiple_choice', 'matrix') AS is_comment,
                           line.itss_score AS score
                      FROM survey_user_input_line AS line
                      JOIN survey_question AS question ON question.id = line.question_id
                     WHERE line.user_input_id = answer.id AND line.answer_type IS NOT NULL
                       AND (line.question_id, COALESCE(line.matrix_row_id, 0)) IN (%(columns)s)
                   ) AS line
            """,
            columns=SQL(", ").join(
                SQL("(%s, %s)", column.question.id, column.row.id or 0) for column in shown.columns
            ),
        )
