from collections import defaultdict
from datetime import date, datetime
from typing import Any, NamedTuple

from odoo import models

from ...models.survey.itss_survey_result import BANDS
from ...tools.figures import no_data
from ...tools.survey_items import get_items
from ...tools.workbook import Column

# who may see answers, and of an anonymous round the answers without their givers
READERS = ("itss_quality.group_itss_service_desk", "itss_quality.group_itss_management")
MEAN_COLUMN, BANDS_COLUMN, PREVIOUS_COLUMN, TARGET_COLUMN = 3, 7, 13, 15
CHART_ROWS = 24
TOTAL = ("total", False, False)
# the kind of an answer's cell by the type of its question, and how its text is read; others are text
ANSWERS = {
    "scale": ("number", float),
    "numerical_box": ("number", float),
    "date": ("date", date.fromisoformat),
    "datetime": ("datetime", datetime.fromisoformat),
}


class Outcome(NamedTuple):
    """What the sheets of a round are made of."""

    round_: Any
    items: list
    # by dimension, question and row; those by channel and segment apart
    results: dict
    groups: list
    # whether there are figures, or will be, that nobody or this user may see yet
    is_hidden: bool


class ItssSurveyXlsx(models.AbstractModel):
    """Survey round (满意度调查方案、问卷、统计、汇总分析) as a workbook, with the answers themselves.

    Every figure of the round can be recomputed from the sheet of answers.
    """

    _name = "report.itss_quality.survey_xlsx"
    _description = "Survey Round as Excel"
    _inherit = "itss.xlsx.mixin"

    def _write_book(self, book, rounds):
        may_see_answers = any(map(self.env.user.has_group, READERS))
        for round_ in rounds:
            outcome = self._get_outcome(round_)
            self._write_texts(
                book.add_sheet(self.env._("Survey Scheme"), landscape=False),
                self._get_head(round_, self.env._("Satisfaction Survey Scheme")),
                self.env["itss.survey.words"]._get_scheme(round_),
            )
            self._write_questionnaire(book, outcome)
            self._write_statistics(book.add_sheet(self.env._("Statistics")), outcome)
            self._write_texts(
                book.add_sheet(self.env._("Analysis"), landscape=False),
                self._get_head(round_, self.env._("Satisfaction Survey Summary Analysis")),
                self._get_analysis(outcome),
            )
            self._write_reading(book, round_)
            if may_see_answers:
                self._write_answers(book, round_)
        self._write_settings(
            book, self._get_export_details(), *(one._get_settings_in_force() for one in rounds)
        )

    def _write_reading(self, book, round_):
        title = self.env._("Issue and Reading")
        head = (f"{round_.number or ''} {title}", self._get_export_details())
        receipts = self._list_receipts(round_.report_ids)
        book.add_table(title, head, self._get_receipt_columns(), receipts)

    def _get_head(self, round_, name):
        """Return the title of a sheet and the line below it."""
        details = self.env._(
            "%(number)s %(round)s; exported on %(moment)s by %(user)s",
            number=round_.number or "",
            round=round_.name,
            moment=self._get_export_moment(),
            user=self.env.user.name,
        )
        return f"{round_.company_id.name} {name}", details

    # -------------------------------------------------------------------------
    # Figures: numbers, or the word that stands in their place
    # -------------------------------------------------------------------------

    def _get_outcome(self, round_):
        # as the user, who may have to wait for the end of the round
        results = self.env["itss.survey.result"].search([("round_id", "=", round_.id)])
        groups = results.filtered(lambda result: result.dimension in ("channel", "segment"))
        by_key = {
            (result.dimension, result.question_id.id, result.row_id.id): result
            for result in results - groups
        }
        is_hidden = round_.is_anonymous and round_.state == "running"
        is_hidden = is_hidden or bool(round_.score_count and not results)
        # who may read the round may read what it asks
        items = get_items(round_.sudo().survey_id)
        return Outcome(round_, items, by_key, list(groups), is_hidden)

    def _get_figures(self, outcome, key):
        """Return the figures of a result, found by its key, as its row shows them.

        :return: list of n, mean, deviation, both ends of the confidence interval, how many lie in
            each band, previous n, previous mean, change
        """
        return self._list_figures(outcome.results.get(key), outcome.is_hidden)

    def _list_figures(self, result, is_hidden):
        if is_hidden or (result and result.is_suppressed):
            return [self.env._("not shown")] * (8 + len(BANDS))
        none = no_data(self.env)
        if not result:
            return [0, *[none] * 4, *[0] * len(BANDS), 0, none, none]
        # one answer says nothing about the spread
        spread = [
            result[name] if result.n > 1 else none for name in ("deviation", "ci_low", "ci_high")
        ]
        mean = result.score if result.n else none
        previous = result.previous_score if result.previous_n else none
        change = result.change if result.n and result.previous_n else none
        bands = [result[band] for band in BANDS]
        return [result.n, mean, *spread, *bands, result.previous_n, previous, change]

    def _get_response_rate(self, round_):
        return round_.response_rate if round_.recipient_count else no_data(self.env)

    def _get_verdict(self, round_, number):
        if isinstance(number, str):
            return number
        return dict(round_._fields["verdict"]._description_selection(self.env))[round_.verdict]

    def _print(self, value, digits=2):
        """Return a figure within a text."""
        return value if isinstance(value, str) else f"{value:.{digits}f}"

    # -------------------------------------------------------------------------
    # Scheme and analysis
    # -------------------------------------------------------------------------

    def _write_texts(self, sheet, head, texts):
        """Write a sheet of texts.

        :param tuple head: what stands above
        :param dict texts: lists of lines by their label
        """
        columns = [Column("", 26, kind="label"), Column("", 100)]
        sheet.set_widths(columns)
        sheet.write_head(*head)
        sheet.row += 1
        rows = [(label, "\n".join(filter(None, lines))) for label, lines in texts.items()]
        sheet.write_rows(columns, rows)

    def _get_analysis(self, outcome):
        """Return what came of the survey (满意度调查汇总分析): lists of lines by their labels."""
        round_, words = outcome.round_, self.env["itss.survey.words"]
        purpose = [words._get_purpose()]
        plan_line = round_.sudo().plan_line_id
        if plan_line:
            purpose.append(self.env._("Line of the quality plan: %s", plan_line.display_name))
        return {
            self.env._("Purpose"): purpose,
            self.env._("Time"): words._get_period(round_),
            self.env._("Subjects"): words._get_subjects(round_),
            self.env._("Method"): words._get_ways(round_),
            self.env._("Sample and Response Rate"): self._get_sample(round_),
            self.env._("Indicators and Calculation"): words._get_scoring(),
            self.env._("Statistics"): self._get_summary(outcome),
            self.env._("Conclusion"): [round_.conclusion],
            self.env._("Causes"): [round_.causes],
            self.env._("Measures and Suggestions"): [round_.measures],
        }

    def _get_sample(self, round_):
        return [
            self.env._("Recipients: %s", round_.recipient_count),
            self.env._("Answers: %s", round_.answer_count),
            self.env._(
                "Response rate (%%): %(rate)s (target: %(target)g)",
                rate=self._print(self._get_response_rate(round_)),
                target=round_.target_response_rate,
            ),
            self.env._("Declined: %s", round_.declined_count),
            self.env._("Not reached: %s", round_.failed_count),
        ]

    def _get_summary(self, outcome):
        number, mean, _deviation, low, high, *_rest = self._get_figures(outcome, TOTAL)
        return [
            self.env._(
                "Average satisfaction: %(mean)s (n = %(n)s); target: %(target)g",
                mean=self._print(mean),
                n=self._print(number, 0),
                target=outcome.round_.target,
            ),
            self.env._(
                "95 %% confidence interval: %(low)s to %(high)s",
                low=self._print(low),
                high=self._print(high),
            ),
            self._get_verdict(outcome.round_, number),
            self.env._("The figures in detail stand in the sheet “Statistics”."),
        ]

    # -------------------------------------------------------------------------
    # Questionnaire
    # -------------------------------------------------------------------------

    def _write_questionnaire(self, book, outcome):
        """Write what was asked, what each choice counts, and the outcome (问卷)."""
        columns = [
            Column(self.env._("Row No."), 6),
            Column(self.env._("Item"), 20),
            Column(self.env._("What Is Rated"), 54),
            Column(self.env._("Standard"), 54),
            Column(self.env._("Weight"), 9, kind="number"),
            Column(self.env._("Score"), 12, kind="figure"),
            Column(self.env._("Answers (n)"), 12, kind="number"),
        ]
        head = self._get_head(outcome.round_, self.env._("Satisfaction Survey Questionnaire"))
        rows = [
            self._get_item_row(item, outcome)
            for item in outcome.items
            if item.dimension != "section"
        ]
        book.add_table(self.env._("Questionnaire"), head, columns, rows)

    def _get_item_row(self, item, outcome):
        question = item.question
        name = item.row.value if item.row else question.title
        standard = "" if item.row else "\n".join(question._itss_get_standard())
        texts = item.number, question.page_id.title, name, standard
        if not item.is_scored:
            return *texts, None, None, None
        number, mean, *_rest = self._get_figures(outcome, item.key)
        # the matrix has the weight, not its rows
        return *texts, None if item.row else question.itss_weight, mean, number

    # -------------------------------------------------------------------------
    # Statistics
    # -------------------------------------------------------------------------

    def _write_statistics(self, sheet, outcome):
        """Write all figures, and charts of them (统计)."""
        round_ = outcome.round_
        sheet.write_head(*self._get_head(round_, self.env._("Satisfaction Survey Statistics")))
        sheet.row += 1
        columns = [Column("", 18, kind="label"), Column("", 52, kind="value")]
        sheet.write_rows(columns, self._get_key_figures(outcome).items())
        sheet.row += 1
        headings_row = sheet.row
        columns, rows = self._get_figure_columns(), list(self._list_figure_rows(outcome))
        sheet.write_headings(columns)
        words = dict(
            self.env["itss.survey.result"]._fields["dimension"]._description_selection(self.env)
        )
        sheet.write_rows(
            columns,
            [
                (words[dimension], name, *figures, round_.target)
                for dimension, name, figures in rows
            ],
        )
        charted = [
            row
            for row, (dimension, _name, figures) in enumerate(rows, headings_row + 1)
            if dimension == "question" and not isinstance(figures[1], str)
        ]
        if charted:
            has_previous = bool(round_.previous_round_id)
            self._add_question_chart(sheet, charted[0], charted[-1], has_previous)
            # the total is the first row of the table
            self._add_band_chart(sheet, headings_row)

    def _get_key_figures(self, outcome):
        """Return the figures of the whole round by their labels."""
        round_ = outcome.round_
        number, mean, deviation, low, high, *_bands, previous_n, previous, change = (
            self._get_figures(outcome, TOTAL)
        )
        previous_round = round_.sudo().previous_round_id
        return {
            self.env._("Recipients"): round_.recipient_count,
            self.env._("Answers"): round_.answer_count,
            self.env._("Response Rate (%)"): self._get_response_rate(round_),
            self.env._("Target Response Rate (%)"): round_.target_response_rate,
            self.env._("Scores (n)"): number,
            self.env._("Satisfaction"): mean,
            self.env._("Target"): round_.target,
            self.env._("Verdict"): self._get_verdict(round_, number),
            self.env._("Standard Deviation"): deviation,
            self.env._("Confidence from"): low,
            self.env._("Confidence to"): high,
            self.env._("Previous Survey"): previous_round.display_name or no_data(self.env),
            self.env._("Previous Answers (n)"): previous_n,
            self.env._("Previous Satisfaction"): previous,
            self.env._("Change"): change,
        }

    def _get_figure_columns(self):
        bands = self.env["itss.survey.result"].fields_get(BANDS, ["string"])
        return [
            Column(self.env._("By"), 18),
            Column(self.env._("Name"), 52),
            Column(self.env._("Answers (n)"), 9, kind="number"),
            Column(self.env._("Satisfaction"), 12, kind="figure"),
            Column(self.env._("Standard Deviation"), 12, kind="figure"),
            Column(self.env._("Confidence from"), 12, kind="figure"),
            Column(self.env._("Confidence to"), 12, kind="figure"),
            *(Column(bands[band]["string"], 9, kind="number") for band in BANDS),
            Column(self.env._("Previous Answers (n)"), 12, kind="number"),
            Column(self.env._("Previous Satisfaction"), 12, kind="figure"),
            Column(self.env._("Change"), 12, kind="figure"),
            Column(self.env._("Target"), 10, kind="figure"),
        ]

    def _list_figure_rows(self, outcome):
        """Yield dimension, name and figures of each row of the table.

        Whatever can be scored has a row, scored or not. Questions without figures come last among
        the questions: a chart would show them as zero.
        """
        yield "total", self.env._("All answers"), self._get_figures(outcome, TOTAL)
        for dimension in ("section", "question", "row"):
            rows = [
                (dimension, item.name, self._get_figures(outcome, item.key))
                for item in outcome.items
                if item.dimension == dimension and item.is_scored
            ]
            yield from sorted(rows, key=lambda row: isinstance(row[2][1], str))
        for result in outcome.groups:
            yield result.dimension, result.name, self._list_figures(result, outcome.is_hidden)

    def _add_question_chart(self, sheet, first, last, has_previous):
        """Draw the questions beside the previous round's, and the target across."""

        def cells(column):
            return [sheet.worksheet.name, first, column, last, column]

        chart = sheet.book.workbook.add_chart({"type": "column"})
        series = [(self.env._("Satisfaction"), MEAN_COLUMN, "#4472C4")]
        if has_previous:
            series.append((self.env._("Previous Satisfaction"), PREVIOUS_COLUMN, "#A5A5A5"))
        for name, column, color in series:
            chart.add_series(
                {
                    "name": name,
                    "categories": cells(1),
                    "values": cells(column),
                    "fill": {"color": color},
                }
            )
        line = sheet.book.workbook.add_chart({"type": "line"})
        line.add_series(
            {
                "name": self.env._("Target"),
                "categories": cells(1),
                "values": cells(TARGET_COLUMN),
                "line": {"color": "#C00000", "dash_type": "dash"},
            }
        )
        chart.combine(line)
        chart.set_y_axis({"min": 0, "max": 100})
        self._insert_chart(sheet, chart, self.env._("Satisfaction by Question"))

    def _add_band_chart(self, sheet, headings_row):
        """Draw how many customers lie in each band of satisfaction."""

        def cells(row):
            return [sheet.worksheet.name, row, BANDS_COLUMN, row, BANDS_COLUMN + len(BANDS) - 1]

        chart = sheet.book.workbook.add_chart({"type": "column"})
        chart.add_series(
            {
                "name": self.env._("Answers (n)"),
                "categories": cells(headings_row),
                "values": cells(headings_row + 1),
                "fill": {"color": "#4472C4"},
                "data_labels": {"value": True},
            }
        )
        chart.set_y_axis({"min": 0})
        self._insert_chart(sheet, chart, self.env._("Distribution of Satisfaction"))

    def _insert_chart(self, sheet, chart, title):
        chart.set_title({"name": title, "name_font": {"size": 12}})
        chart.set_x_axis({"num_font": {"size": 8}})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 1100, "height": 440})
        sheet.worksheet.insert_chart(sheet.row + 1, 0, chart)
        sheet.row += CHART_ROWS

    # -------------------------------------------------------------------------
    # Answers
    # -------------------------------------------------------------------------

    def _write_answers(self, book, round_):
        """Write a row per answer that counts (答卷明细), or why none may be shown."""
        name = self.env._("Answers")
        head = self._get_head(round_, self.env._("Satisfaction Survey Answers"))
        shown, refusal = self.env["itss.survey.answers"]._get_shown(round_)
        if refusal:
            sheet = book.add_sheet(name)
            sheet.write_head(*head)
            sheet.worksheet.write_string(sheet.row, 0, refusal)
            return
        columns = self._get_answer_columns()
        for column in shown.columns:
            kind, _read = self._get_answer_kind(column)
            columns.append(Column(column.get_name(self.env), 22, kind=kind))
            if self._has_score(column):
                columns.append(Column(self.env._("Score"), 8, kind="figure"))
        book.add_table(name, head, columns, self._list_answers(round_, shown))

    def _get_answer_columns(self):
        """Return the columns before those of the questions."""
        return [
            Column(self.env._("Row No."), 8, kind="number"),
            Column(self.env._("Customer"), 28, kind="text"),
            Column(self.env._("Contact"), 14, kind="text"),
            Column(self.env._("Channel"), 12, kind="text"),
            Column(self.env._("Customer Segment"), 18, kind="text"),
            Column(self.env._("Answered on"), 13, kind="date"),
            Column(self.env._("Satisfaction"), 13, kind="figure"),
            Column(self.env._("Address Changed"), 12, kind="mark"),
        ]

    def _get_answer_kind(self, column):
        """Return the kind of the cells of a question's column, and how their text is read."""
        question_type = None if column.is_comment else column.question.question_type
        return ANSWERS.get(question_type, ("text", None))

    def _has_score(self, column):
        return not column.is_comment and column.question._itss_can_score()

    def _list_answers(self, round_, shown):
        columns = [
            (column.key, self._get_answer_kind(column)[1], self._has_score(column))
            for column in shown.columns
        ]
        choices = {
            choice.id: choice.value
            for choice in round_.sudo().survey_id.question_ids.suggested_answer_ids
        }
        labels = self._get_group_labels()
        answers = self.env["itss.survey.answers"]._read(round_, shown)
        for number, (*names, channel, segment, day, score, is_changed, lines) in enumerate(
            answers, 1
        ):
            groups = labels.get(channel), labels.get(segment)
            facts = number, *names, *groups, day, score, is_changed
            yield *facts, *self._get_cells(columns, self._sort_lines(lines or (), choices))

    def _get_group_labels(self):
        """Return the words of channels and segments, by what the database holds."""
        channels = dict(
            self.env["survey.user_input"]._fields["itss_channel"]._description_selection(self.env)
        )
        segments = self.env["res.partner.industry"].sudo().with_context(active_test=False)
        names = {segment.id: segment.name for segment in segments.search([])}
        return {**channels, **names, 0: self.env._("No segment")}

    def _sort_lines(self, lines, choices):
        """Return the words and the score of an answer's cells, by the key of their column."""
        cells = defaultdict(lambda: ([], None))
        for question, row, choice, text, is_comment, score in lines:
            key = f"c{question}" if is_comment else f"q{question}-{row}" if row else f"q{question}"
            words, _score = cells[key]
            words.append(choices.get(choice) or text or "")
            cells[key] = (words, score)
        return cells

    def _get_cells(self, columns, cells):
        for key, read, has_score in columns:
            # no score is not a score of zero
            words, score = cells.get(key, ((), None))
            yield read(words[0]) if words and read else "; ".join(words)
            if has_score:
                yield score
