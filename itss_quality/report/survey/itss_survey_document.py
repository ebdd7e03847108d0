from typing import Any, NamedTuple

from odoo import api, models
from odoo.tools.misc import format_datetime

from ...models.survey.itss_survey_result import BANDS, PARTITIONS, SMALLEST_GROUP
from ...tools.figures import no_data
from ...tools.statistics import reaches
from ...tools.survey_items import get_items


class Average(NamedTuple):
    """Average of some answers, as a row of a chart or a table shows it."""

    name: str
    # itss.survey.result, empty where nothing was scored
    result: Any
    # met, missed or too_few; nothing where there is no average
    verdict: str
    # why there is no average
    remark: str
    is_part: bool = False

    @property
    def change(self):
        """How much the average has risen since the round before, with its sign, or nothing."""
        if self.remark or not self.result.previous_n:
            return ""
        change = round(self.result.change, 2)
        return f"{change:+.2f}" if change else "0.00"


class ItssSurveyDocument(models.AbstractModel):
    """Summary report of a survey round (满意度调查汇总分析报告), printed."""

    _name = "report.itss_quality.itss_survey_report_document"
    _description = "Print of the Survey Summary Report"
    _inherit = ["itss.document.report"]

    @api.model
    def _get_report_values(self, docids, data=None):
        """Add what makes the chapters of a report, see :meth:`_get_content`."""
        values = super()._get_report_values(docids, data)
        return {**values, "get_content": self._get_content}

    @api.model
    def _get_content(self, report):
        """Return what the chapters of a report say (superuser mode).

        :param report: ``itss.survey.report``
        :return: dict of texts, figures and records by the name the template knows them by
        """
        round_ = report.round_id
        words = self.env["itss.survey.words"]
        items = get_items(round_.survey_id)
        sample = self._get_sample(round_)
        comments, comments_refusal = self._get_comments(round_)
        [total] = self._get_figures(report, [("total", self.env._("All answers"), False, False)])
        return {
            "purpose": self._get_purpose(round_),
            "period": words._get_period(round_),
            "subjects": words._get_subjects(round_),
            "ways": words._get_ways(round_),
            "sample": sample,
            "late": sample[-1]["answered"] - round_.answer_count,
            "response": self._get_response_words(round_),
            "as_of": self._get_date_words(round_),
            "scoring": words._get_scoring(),
            "targets": words._get_targets(round_),
            "anonymity": words._get_anonymity(round_),
            "standards": [
                (item.number, item.question, item.question._itss_get_standard())
                for item in items
                if item.dimension == "question" and item.is_scored
            ],
            "total": total,
            "verdict": self._get_verdict_words(round_, total),
            "distribution": self._get_distribution(total),
            "charts": self._get_charts(report, items),
            "comparison": self._get_comparison(report, total, items),
            "improvements": self._get_improvements(round_),
            "comments": comments,
            "comments_refusal": comments_refusal,
        }

    # -------------------------------------------------------------------------
    # Texts
    # -------------------------------------------------------------------------

    def _get_purpose(self, round_):
        lines = [self.env["itss.survey.words"]._get_purpose()]
        line = round_.plan_line_id
        if line:
            lines.append(
                self.env._(
                    "The survey carries out line %(line)s of “%(plan)s”.",
                    line=line.display_name,
                    plan=line.plan_id.name,
                )
            )
        return lines

    def _get_response_words(self, round_):
        if not round_.recipient_count:
            return self.env._("Response rate: no data, as nobody was asked.")
        figures = {
            "rate": f"{round_.response_rate:.2f}",
            "answers": round_.answer_count,
            "recipients": round_.recipient_count,
            "target": f"{round_.target_response_rate:g}",
        }
        if reaches(round_.response_rate, round_.target_response_rate):
            return self.env._(
                "The response rate of %(rate)s %% (%(answers)s answers of %(recipients)s recipients) "
                "reaches the target of %(target)s %%.",
                **figures,
            )
        return self.env._(
            "The response rate of %(rate)s %% (%(answers)s answers of %(recipients)s recipients) "
            "misses the target of %(target)s %%.",
            **figures,
        )

    def _get_date_words(self, round_):
        moment = format_datetime(self.env, round_.results_at)
        return self.env._("Figures as of %s", moment)

    def _get_verdict_words(self, round_, total):
        """Say whether the target is met, never so below the minimum of answers."""
        if total.remark:
            return self.env._("Average satisfaction: %s", total.remark)
        figures = {
            "score": f"{total.result.score:.2f}",
            "n": total.result.n,
            "target": f"{round_.target:g}",
            "minimum": round_.minimum_n,
        }
        words = {
            "met": self.env._(
                "Target met: the average satisfaction of %(score)s (n = %(n)s) reaches the target of "
                "%(target)s.",
                **figures,
            ),
            "missed": self.env._(
                "Target missed: the average satisfaction of %(score)s (n = %(n)s) is below the "
                "target of %(target)s.",
                **figures,
            ),
            "too_few": self.env._(
                "Too few answers: with n = %(n)s, fewer than %(minimum)s, nothing is said about "
                "whether the target of %(target)s is met. The average satisfaction is %(score)s.",
                **figures,
            ),
        }
        return words[total.verdict]

    # -------------------------------------------------------------------------
    # Sample
    # -------------------------------------------------------------------------

    def _get_sample(self, round_):
        """Return how many were asked by each channel and what came of it; the total comes last.

        :return: list of dicts: name, and counts by ``chosen``, ``opted_out``, ``recipients``,
            ``answered``, ``declined``, ``failed`` and ``silent``
        """
        participants = self.env["itss.survey.participant"].sudo()
        channels = dict(participants._fields["channel"]._description_selection(self.env))
        none = dict.fromkeys(
            ("chosen", "opted_out", "recipients", "answered", "declined", "failed", "silent"), 0
        )
        rows = {
            channel: {"name": name, "channel": channel, **none}
            for channel, name in channels.items()
        }
        total = {"name": self.env._("Total"), "channel": False, **none}
        for channel, state, opted_out, count in participants._read_group(
            [("round_id", "=", round_.id)], ["channel", "state", "is_opted_out"], ["__count"]
        ):
            outcome = state if state in ("answered", "declined", "failed") else "silent"
            for row in (rows[channel], total):
                row["chosen"] += count
                if opted_out:
                    row["opted_out"] += count
                else:
                    row["recipients"] += count
                    row[outcome] += count
        return [*(row for row in rows.values() if row["chosen"]), total]

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    def _get_figures(self, report, rows):
        """Return the figures of a report that rows name; each row has one, scored or not.

        :param list rows: of tuples: dimension, name, and what the figure is known by: the ids of
            question and row, the channel, or the id of the segment
        """
        results = {
            (result.dimension, *self._get_key(result)): result for result in report._get_results()
        }
        none = self.env["itss.survey.result"].sudo()
        return [
            self._get_figure(report.round_id, name, results.get((dimension, *key), none), dimension)
            for dimension, name, *key in rows
        ]

    def _get_key(self, result):
        if result.dimension == "channel":
            return result.channel, False
        if result.dimension == "segment":
            return result.segment_id.id, False
        return result.question_id.id, result.row_id.id

    def _get_figure(self, round_, name, result, dimension):
        remark, verdict = self._get_remark(result), ""
        if not remark and result.n < round_.minimum_n:
            verdict = "too_few"
        elif not remark:
            verdict = "met" if reaches(result.score, round_.target) else "missed"
        return Average(name, result, verdict, remark, dimension == "row")

    def _get_remark(self, result):
        """Return why a result has no average to show, or nothing."""
        if result.is_suppressed and result.dimension in PARTITIONS:
            # it may be larger, and be left out lest a smaller one could be told
            return self.env._(
                "not shown (protects groups of fewer than %s answers)", SMALLEST_GROUP
            )
        if result.is_suppressed:
            return self.env._("not shown (fewer than %s answers)", SMALLEST_GROUP)
        return "" if result.n else no_data(self.env)

    def _get_distribution(self, total):
        """Return how many answers lie in each band of satisfaction: name, count, share."""
        if total.remark:
            return []
        bands = total.result.fields_get(BANDS, ["string"])
        return [
            (bands[band]["string"], total.result[band], 100 * total.result[band] / total.result.n)
            for band in BANDS
        ]

    def _get_charts(self, report, items):
        """Return the charts after the total's: heading and figures."""
        round_ = report.round_id
        sections = [item for item in items if item.dimension == "section" and item.is_scored]
        questions = [item for item in items if item.dimension != "section" and item.is_scored]
        charts = [
            (self.env._("By Section"), self._get_item_rows(sections)),
            (self.env._("By Question"), self._get_item_rows(questions)),
            (self.env._("By Channel"), self._get_channel_rows(round_)),
            (self.env._("By Customer Segment"), self._get_segment_rows(round_)),
        ]
        return [(heading, self._get_figures(report, rows)) for heading, rows in charts if rows]

    def _get_item_rows(self, items):
        rows = []
        for item in items:
            name = item.row.value if item.row else item.question.title
            rows.append((item.dimension, f"{item.number} {name}".strip(), *item.key[1:]))
        return rows

    def _get_channel_rows(self, round_):
        return [
            ("channel", row["name"], row["channel"], False)
            for row in self._get_sample(round_)
            if row["channel"]
        ]

    def _get_segment_rows(self, round_):
        participants = self.env["itss.survey.participant"].sudo()
        segments = participants._read_group([("round_id", "=", round_.id)], ["segment_id"])
        return [
            ("segment", segment.name or self.env._("No segment"), segment.id, False)
            for [segment] in segments
        ]

    def _get_comparison(self, report, total, items):
        """Return the figures to compare with last year's, if there was a round to compare with."""
        if not report.round_id.previous_round_id:
            return []
        scored = [item for item in items if item.is_scored and item.dimension != "row"]
        scored.sort(key=lambda item: item.dimension == "question")
        return [total, *self._get_figures(report, self._get_item_rows(scored))]

    # -------------------------------------------------------------------------
    # What customers wrote, and what is done about it
    # -------------------------------------------------------------------------

    def _get_comments(self, round_):
        """Return what customers wrote, as far as it may be shown, and why nothing may.

        :return: list of tuples of a question's title and a list of tuples of customer and text;
            a text, one of them empty
        """
        answers = self.env["itss.survey.answers"]
        shown, refusal = answers._get_shown(round_)
        if refusal:
            return [], refusal
        columns = [
            column
            for column in shown.columns
            if column.is_comment or column.question.question_type in ("char_box", "text_box")
        ]
        if not columns:
            return [], ""
        texts = {(column.question.id, column.is_comment): [] for column in columns}
        given = answers._read(round_, shown._replace(columns=columns))
        for customer, *_facts, is_address_changed, lines in given:
            if is_address_changed:
                customer = self.env._("%(customer)s (address changed)", customer=customer)
            for question, _row, _choice, text, is_comment, _score in lines or ():
                if text and (question, is_comment) in texts:
                    texts[question, is_comment].append((customer or "", text))
        named = [(column, texts[column.question.id, column.is_comment]) for column in columns]
        # sorted by what is read: in another order an anonymous answer could be told
        return [(column.get_name(self.env), sorted(found)) for column, found in named if found], ""

    def _get_improvements(self, round_):
        """Return the improvements that the round gave rise to."""
        improvements = round_.improvement_ids
        if not round_.is_anonymous:
            # their names tell the customer's
            improvements |= round_.participant_ids.improvement_ids
        return improvements.sorted("id")
