from collections import defaultdict
from typing import Any, NamedTuple

from odoo import models
from odoo.tools.misc import format_date

from ..models.itss_survey_result import BANDS, SMALLEST_GROUP

# who may see answers, and of an anonymous round the answers without their givers
READERS = ("itss_quality.group_itss_service_desk", "itss_quality.group_itss_management")
TEXT_WIDTHS = (26, 100)
QUESTION_WIDTHS = (6, 20, 54, 54, 9, 12, 12)
FIGURE_WIDTHS = (18, 52, 9, 12, 12, 12, 12, 9, 9, 9, 9, 9, 12, 12, 12, 10)
MEAN_COLUMN, BANDS_COLUMN, PREVIOUS_COLUMN, TARGET_COLUMN = 3, 7, 13, 15
CHART_ROWS = 24
ANSWER_WIDTHS = (8, 28, 14, 12, 18, 13, 13)
NUMBER_TYPES = ("scale", "numerical_box")
# written where there is no figure: nothing to average, or nothing that may be told
NO_DATA, HIDDEN = object(), object()


class Item(NamedTuple):
    """Line of the questionnaire: a section, a question, or a row of a matrix."""

    dimension: str
    question: Any
    row: Any
    number: str
    is_scored: bool

    @property
    def key(self):
        return self.dimension, self.question.id, self.row.id

    @property
    def name(self):
        title = self.question.title
        return f"{title}: {self.row.value}" if self.row else title


class Book(NamedTuple):
    """What the sheets of a round are made of."""

    workbook: Any
    formats: dict
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

    def generate_xlsx_report(self, workbook, data, rounds):
        """Write the sheets of each round.

        :param xlsxwriter.Workbook workbook: the workbook to fill
        :param dict data: options of the report action
        :param rounds: ``itss.survey.round`` records
        """
        formats = self._add_formats(workbook)
        may_see_answers = any(map(self.env.user.has_group, READERS))
        for round_ in rounds:
            book = self._get_book(workbook, formats, round_)
            self._write_texts(book, *self._get_scheme(round_))
            self._write_questionnaire(book)
            self._write_statistics(book)
            self._write_texts(book, *self._get_analysis(book))
            if may_see_answers:
                self._write_answers(book)

    def _get_objs_for_report(self, docids, data):
        rounds = super()._get_objs_for_report(docids, data)
        rounds.check_access("read")
        return rounds

    def _add_formats(self, workbook):
        cell = {"border": 1, "valign": "vcenter"}
        return {
            **super()._add_formats(workbook),
            "label": workbook.add_format(
                {**cell, "valign": "top", "bold": True, "bg_color": "#E7EEF7", "text_wrap": True}
            ),
            "day": workbook.add_format({**cell, "num_format": "yyyy-mm-dd"}),
            "figure": workbook.add_format({**cell, "num_format": "0.00"}),
        }

    # -------------------------------------------------------------------------
    # What there is to write
    # -------------------------------------------------------------------------

    def _get_book(self, workbook, formats, round_):
        # as the user, who may have to wait for the end of the round
        results = self.env["itss.survey.result"].search([("round_id", "=", round_.id)])
        groups = results.filtered(lambda result: result.dimension in ("channel", "segment"))
        by_key = {
            (result.dimension, result.question_id.id, result.row_id.id): result
            for result in results - groups
        }
        is_hidden = round_.is_anonymous and round_.state == "running"
        is_hidden = is_hidden or bool(round_.score_count and not results)
        return Book(
            workbook, formats, round_, self._get_items(round_), by_key, list(groups), is_hidden
        )

    def _get_items(self, round_):
        """Return the lines of the questionnaire, in its order."""
        items, number = [], 0
        # who may read the round may read what it asks
        survey = round_.sudo().survey_id
        none = self.env["survey.question.answer"]
        for question in survey.question_and_page_ids:
            if question.is_page:
                is_scored = any(map(self._is_scored, question.question_ids))
                items.append(Item("section", question, none, "", is_scored))
                continue
            number += 1
            is_scored = self._is_scored(question)
            items.append(Item("question", question, none, str(number), is_scored))
            items += [
                Item("row", question, row, f"{number}.{index}", is_scored)
                for index, row in enumerate(question.matrix_row_ids, 1)
            ]
        return items

    def _is_scored(self, question):
        """Whether answers to the question have a score, be its weight as it may."""
        if question.question_type == "scale":
            return True
        is_single = question.question_type == "simple_choice" or (
            question.question_type == "matrix" and question.matrix_subtype == "simple"
        )
        return is_single and self._get_best(question) > 0

    def _get_best(self, question):
        choices = question.suggested_answer_ids
        scores = choices.filtered(lambda one: not one.itss_not_applicable).mapped("answer_score")
        return max(scores, default=0)

    def _get_figures(self, book, key):
        """Return the figures of a result, found by its key, as its row shows them.

        :return: list of n, mean, deviation, both ends of the confidence interval, how many lie in
            each band, previous n, previous mean, change
        """
        return self._list_figures(book.results.get(key), book.is_hidden)

    def _list_figures(self, result, is_hidden):
        if is_hidden or (result and result.is_suppressed):
            return [HIDDEN] * (8 + len(BANDS))
        if not result:
            return [0, *[NO_DATA] * 4, *[0] * len(BANDS), 0, NO_DATA, NO_DATA]
        # one answer says nothing about the spread
        spread = [
            result[name] if result.n > 1 else NO_DATA for name in ("deviation", "ci_low", "ci_high")
        ]
        mean = result.score if result.n else NO_DATA
        previous = result.previous_score if result.previous_n else NO_DATA
        change = result.change if result.n and result.previous_n else NO_DATA
        bands = [result[band] for band in BANDS]
        return [result.n, mean, *spread, *bands, result.previous_n, previous, change]

    # -------------------------------------------------------------------------
    # Cells
    # -------------------------------------------------------------------------

    def _get_word(self, value):
        return self.env._("no data") if value is NO_DATA else self.env._("not shown")

    def _get_words(self, value, digits=2):
        """Return a figure within a text."""
        return self._get_word(value) if value in (NO_DATA, HIDDEN) else f"{value:.{digits}f}"

    def _write_figure(self, sheet, row, column, value, formats):
        """Write a figure, or that there is none: never a zero in its place."""
        if value in (NO_DATA, HIDDEN):
            value = self._get_word(value)
        if isinstance(value, str):
            sheet.write_string(row, column, value, formats["text"])
        else:
            kind = "text" if isinstance(value, int) else "figure"
            sheet.write_number(row, column, value, formats[kind])

    def _get_head(self, book, name):
        """Return the title of a sheet and the line below it."""
        round_ = book.round_
        details = self.env._(
            "%(number)s %(round)s; exported on %(moment)s by %(user)s",
            number=round_.number or "",
            round=round_.name,
            moment=self._get_export_moment(),
            user=self.env.user.name,
        )
        return f"{round_.company_id.name} {name}", details

    # -------------------------------------------------------------------------
    # Scheme and analysis
    # -------------------------------------------------------------------------

    def _write_texts(self, book, name, title, texts):
        """Write a sheet of texts.

        :param str name: the sheet's
        :param str title: what stands above
        :param dict texts: the texts by their label
        """
        sheet = book.workbook.add_worksheet(name)
        title, details = self._get_head(book, title)
        self._write_title(sheet, title, details, TEXT_WIDTHS, book.formats, landscape=False)
        for row, (label, text) in enumerate(texts.items(), 3):
            sheet.write_string(row, 0, label, book.formats["label"])
            self._write_text(sheet, row, 1, text, book.formats["wrapped"])

    def _get_scheme(self, round_):
        """Return the sheet of how the survey is held (满意度调查方案)."""
        return (
            self.env._("Survey Scheme"),
            self.env._("Satisfaction Survey Scheme"),
            {
                self.env._("Subjects"): self._get_subjects(round_),
                self.env._("Ways of Asking"): self._get_ways(round_),
                self.env._("Frequency"): self._get_frequency(round_),
                self.env._("Period"): self._get_period(round_),
                self.env._("Content"): self._get_content(round_),
                self.env._("Scoring"): self._get_scoring(),
                self.env._("Weights"): self._get_weights(round_),
                self.env._("Targets"): self._get_targets(round_),
                self.env._("Anonymity"): self._get_anonymity(round_),
                self.env._("Person in Charge"): round_.user_id.name,
            },
        )

    def _get_analysis(self, book):
        """Return the sheet of what came of it (满意度调查汇总分析)."""
        round_ = book.round_
        plan_line = round_.sudo().plan_line_id
        purpose = self.env._(
            "To learn how satisfied the customers of the O&M service are, whether the target is "
            "met, and what to improve."
        )
        if plan_line:
            purpose += "\n" + self.env._("Line of the quality plan: %s", plan_line.display_name)
        return (
            self.env._("Analysis"),
            self.env._("Satisfaction Survey Summary Analysis"),
            {
                self.env._("Purpose"): purpose,
                self.env._("Time"): self._get_period(round_),
                self.env._("Subjects"): self._get_subjects(round_),
                self.env._("Method"): self._get_ways(round_),
                self.env._("Sample and Response Rate"): self._get_sample(round_),
                self.env._("Indicators and Calculation"): self._get_scoring(),
                self.env._("Statistics"): self._get_outcome(book),
                self.env._("Conclusion"): round_.conclusion,
                self.env._("Causes"): round_.causes,
                self.env._("Measures and Suggestions"): round_.measures,
            },
        )

    def _get_subjects(self, round_):
        words = {
            "all": self.env._("All customers"),
            "random": self.env._("Random share of the customers: %g %%", round_.sample_share),
            "manual": self.env._("List made by hand"),
        }
        count = self.env._("Participants: %s", round_.participant_count)
        return f"{words[round_.sampling]}\n{count}"

    def _get_ways(self, round_):
        participants = self.env["itss.survey.participant"].sudo()
        counts = participants._read_group(
            [("round_id", "=", round_.id)], ["channel"], ["__count"], order="channel"
        )
        words = dict(participants._fields["channel"]._description_selection(self.env))
        lines = [f"{words[channel]}: {count}" for channel, count in counts]
        questionnaire = self.env._("Questionnaire: %s", round_.sudo().survey_id.display_name)
        return "\n".join([questionnaire, *lines])

    def _get_frequency(self, round_):
        lines = [self.env._("At least once a year")]
        line = round_.sudo().plan_line_id
        if line:
            date_text = line._get_date_display()
            lines.append(
                self.env._(
                    "Planned date of line %(number)s of “%(plan)s”: %(date)s",
                    number=line.number or "",
                    plan=line.plan_id.name,
                    date=date_text,
                )
            )
        previous = round_.sudo().previous_round_id
        if previous:
            lines.append(self.env._("Compared with: %s", previous.display_name))
        return "\n".join(lines)

    def _get_period(self, round_):
        lines = [
            self.env._(
                "%(start)s to %(end)s",
                start=format_date(self.env, round_.date_start),
                end=format_date(self.env, round_.date_end),
            )
        ]
        if round_.ended_at:
            lines.append(self.env._("Ended on %s", format_date(self.env, round_.ended_at)))
        if round_.accept_late:
            lines.append(self.env._("Late answers are accepted until the survey is ended."))
        if round_.reminder_max:
            lines.append(
                self.env._(
                    "Reminders: at most %(count)s, at least %(days)s days apart",
                    count=round_.reminder_max,
                    days=round_.reminder_days,
                )
            )
        if round_.final_notice_days:
            lines.append(
                self.env._("Final notice: %s days before the deadline", round_.final_notice_days)
            )
        return "\n".join(lines)

    def _get_content(self, round_):
        survey = round_.sudo().survey_id
        lines = [
            f"{section.title}: {', '.join(section.question_ids.mapped('title'))}"
            for section in survey.page_ids
        ]
        without = survey.question_ids.filtered(lambda question: not question.page_id)
        return "\n".join([*without.mapped("title"), *lines])

    def _get_scoring(self):
        return "\n".join(
            [
                self.env._(
                    "Each answer counts 0 to 100: a scale's value as a share of its maximum, a "
                    "choice's score as a share of the best choice's. A matrix counts as the average "
                    "of its rows."
                ),
                self.env._(
                    "“Not applicable”, skipped and unscored questions do not count, neither as 0 nor "
                    "as anything else."
                ),
                self.env._(
                    "A customer's satisfaction is the average of the questions, weighted; the "
                    "survey's is the average of the customers. Every average is given with the "
                    "number of its values (n)."
                ),
                self.env._(
                    "With a probability of 95 % the average of all customers lies in the confidence "
                    "interval (Student's t)."
                ),
                self.env._("Response rate: answers / recipients"),
            ]
        )

    def _get_weights(self, round_):
        questions = round_.sudo().survey_id.question_ids.filtered(self._is_scored)
        return "\n".join(f"{question.itss_weight:g} · {question.title}" for question in questions)

    def _get_targets(self, round_):
        return "\n".join(
            [
                self.env._("Average satisfaction: at least %g of 100", round_.target),
                self.env._("Response rate: at least %g %%", round_.target_response_rate),
                self.env._(
                    "With fewer than %s scored answers nothing is said about whether the target is "
                    "met.",
                    round_.minimum_n,
                ),
                self.env._("Dissatisfied: a customer below %g", round_.dissatisfied_below),
            ]
        )

    def _get_anonymity(self, round_):
        if not round_.is_anonymous:
            return self.env._("Answers are given by name.")
        return self.env._(
            "Anonymous: nobody can see who gave which answer. Figures are shown after the end only, "
            "and none of a group with fewer than %s answers.",
            SMALLEST_GROUP,
        )

    def _get_sample(self, round_):
        rate = self._get_response_rate(round_)
        lines = [
            self.env._("Recipients: %s", round_.recipient_count),
            self.env._("Answers: %s", round_.answer_count),
            self.env._(
                "Response rate (%%): %(rate)s (target: %(target)g)",
                rate=self._get_words(rate, 1),
                target=round_.target_response_rate,
            ),
            self.env._("Declined: %s", round_.declined_count),
            self.env._("Not reached: %s", round_.failed_count),
        ]
        return "\n".join(lines)

    def _get_outcome(self, book):
        number, mean, _deviation, low, high, *_rest = self._get_figures(
            book, ("total", False, False)
        )
        return "\n".join(
            [
                self.env._(
                    "Average satisfaction: %(mean)s (n = %(n)s); target: %(target)g",
                    mean=self._get_words(mean),
                    n=self._get_words(number, 0),
                    target=book.round_.target,
                ),
                self.env._(
                    "95 %% confidence interval: %(low)s to %(high)s",
                    low=self._get_words(low),
                    high=self._get_words(high),
                ),
                self._get_verdict(book, number),
                self.env._("The figures in detail stand in the sheet “Statistics”."),
            ]
        )

    def _get_verdict(self, book, number):
        if number is HIDDEN:
            return self._get_word(HIDDEN)
        words = dict(book.round_._fields["verdict"]._description_selection(self.env))
        return words[book.round_.verdict]

    # -------------------------------------------------------------------------
    # Questionnaire
    # -------------------------------------------------------------------------

    def _write_questionnaire(self, book):
        """Write what was asked, what each choice counts, and the outcome (问卷)."""
        sheet = book.workbook.add_worksheet(self.env._("Questionnaire"))
        headings = (
            self.env._("Row No."),
            self.env._("Item"),
            self.env._("What Is Rated"),
            self.env._("Standard"),
            self.env._("Weight"),
            self.env._("Score"),
            self.env._("Answers (n)"),
        )
        head = self._get_head(book, self.env._("Satisfaction Survey Questionnaire"))
        self._write_head(sheet, *head, headings, QUESTION_WIDTHS, book.formats)
        lines = [item for item in book.items if item.dimension != "section"]
        for row, item in enumerate(lines, 3):
            self._write_item(sheet, row, item, book)

    def _write_item(self, sheet, row, item, book):
        question, formats = item.question, book.formats
        name = item.row.value if item.row else question.title
        standard = "" if item.row else self._get_standard(question)
        for column, text in enumerate((item.number, question.page_id.title, name, standard)):
            self._write_text(sheet, row, column, text, formats["wrapped"])
        if not item.is_scored:
            for column in (4, 5, 6):
                sheet.write_blank(row, column, None, formats["text"])
            return
        # the matrix has the weight, not its rows
        if item.row:
            sheet.write_blank(row, 4, None, formats["text"])
        else:
            sheet.write_number(row, 4, question.itss_weight, formats["text"])
        number, mean, *_rest = self._get_figures(book, item.key)
        self._write_figure(sheet, row, 5, mean, formats)
        self._write_figure(sheet, row, 6, number, formats)

    def _get_standard(self, question):
        """Return the possible answers of a question, with what each counts of 100."""
        if question.question_type == "scale":
            ends = (
                f"{question.scale_min} {question.scale_min_label or ''}".strip(),
                f"{question.scale_max} {question.scale_max_label or ''}".strip(),
            )
            return " – ".join(ends)
        is_scored, best = self._is_scored(question), self._get_best(question)
        lines = []
        for choice in question.suggested_answer_ids:
            if choice.itss_not_applicable:
                lines.append(self.env._("%s: does not count", choice.value))
            elif is_scored:
                lines.append(f"{choice.value}: {100 * max(choice.answer_score, 0) / best:.4g}")
            else:
                lines.append(choice.value or "")
        return "\n".join(lines)

    # -------------------------------------------------------------------------
    # Statistics
    # -------------------------------------------------------------------------

    def _write_statistics(self, book):
        """Write all figures, and charts of them (统计)."""
        sheet = book.workbook.add_worksheet(self.env._("Statistics"))
        head = self._get_head(book, self.env._("Satisfaction Survey Statistics"))
        self._write_title(sheet, *head, FIGURE_WIDTHS, book.formats)
        headings_row = self._write_key_figures(sheet, book) + 1
        for column, heading in enumerate(self._get_figure_headings()):
            sheet.write_string(headings_row, column, heading, book.formats["heading"])
        row, charted = headings_row, []
        for row, (dimension, name, figures) in enumerate(
            self._get_figure_rows(book), headings_row + 1
        ):
            self._write_figures(sheet, row, dimension, name, figures, book)
            if dimension == "question" and figures[1] not in (NO_DATA, HIDDEN):
                charted.append(row)
        if charted:
            self._add_question_chart(sheet, row + 2, charted[0], charted[-1], book)
            # the total is the first row of the table
            self._add_band_chart(sheet, row + 2 + CHART_ROWS, headings_row, book)

    def _write_key_figures(self, sheet, book):
        """Write the figures of the whole round, and return the row below them."""
        round_, formats = book.round_, book.formats
        number, mean, deviation, low, high, *_bands, previous_n, previous, change = (
            self._get_figures(book, ("total", False, False))
        )
        pairs = {
            self.env._("Recipients"): round_.recipient_count,
            self.env._("Answers"): round_.answer_count,
            self.env._("Response Rate (%)"): self._get_response_rate(round_),
            self.env._("Target Response Rate (%)"): round_.target_response_rate,
            self.env._("Scores (n)"): number,
            self.env._("Satisfaction"): mean,
            self.env._("Target"): round_.target,
            self.env._("Verdict"): self._get_verdict(book, number),
            self.env._("Standard Deviation"): deviation,
            self.env._("Confidence from"): low,
            self.env._("Confidence to"): high,
            self.env._("Previous Survey"): round_.sudo().previous_round_id.display_name or NO_DATA,
            self.env._("Previous Answers (n)"): previous_n,
            self.env._("Previous Satisfaction"): previous,
            self.env._("Change"): change,
        }
        for row, (label, value) in enumerate(pairs.items(), 3):
            sheet.write_string(row, 0, label, formats["label"])
            self._write_figure(sheet, row, 1, value, formats)
        return 3 + len(pairs)

    def _get_response_rate(self, round_):
        return round_.response_rate if round_.recipient_count else NO_DATA

    def _get_figure_headings(self):
        """Return the headings of the table of figures, in their order."""
        bands = self.env["itss.survey.result"].fields_get(BANDS, ["string"])
        return (
            self.env._("By"),
            self.env._("Name"),
            self.env._("Answers (n)"),
            self.env._("Satisfaction"),
            self.env._("Standard Deviation"),
            self.env._("Confidence from"),
            self.env._("Confidence to"),
            *(bands[band]["string"] for band in BANDS),
            self.env._("Previous Answers (n)"),
            self.env._("Previous Satisfaction"),
            self.env._("Change"),
            self.env._("Target"),
        )

    def _get_figure_rows(self, book):
        """Yield dimension, name and figures of each row of the table.

        Whatever can be scored has a row, scored or not. Questions without figures come last among
        the questions: a chart would show them as zero.
        """
        total = self._get_figures(book, ("total", False, False))
        yield "total", self.env._("All answers"), total
        for dimension in ("section", "question", "row"):
            rows = [
                (dimension, item.name, self._get_figures(book, item.key))
                for item in book.items
                if item.dimension == dimension and item.is_scored
            ]
            yield from sorted(rows, key=lambda row: row[2][1] in (NO_DATA, HIDDEN))
        for result in book.groups:
            yield result.dimension, result.name, self._list_figures(result, book.is_hidden)

    def _write_figures(self, sheet, row, dimension, name, figures, book):
        field = self.env["itss.survey.result"]._fields["dimension"]
        words = dict(field._description_selection(self.env))
        sheet.write_string(row, 0, words[dimension], book.formats["text"])
        self._write_text(sheet, row, 1, name, book.formats["wrapped"])
        for column, figure in enumerate([*figures, book.round_.target], 2):
            self._write_figure(sheet, row, column, figure, book.formats)

    def _add_question_chart(self, sheet, place, first, last, book):
        """Draw the questions beside the previous round's, and the target across."""

        def cells(column):
            return [sheet.get_name(), first, column, last, column]

        chart = book.workbook.add_chart({"type": "column"})
        series = [(self.env._("Satisfaction"), MEAN_COLUMN, "#4472C4")]
        if book.round_.previous_round_id:
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
        line = book.workbook.add_chart({"type": "line"})
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
        self._insert_chart(sheet, place, chart, self.env._("Satisfaction by Question"))

    def _add_band_chart(self, sheet, place, headings_row, book):
        """Draw how many customers lie in each band of satisfaction."""

        def cells(row):
            return [sheet.get_name(), row, BANDS_COLUMN, row, BANDS_COLUMN + len(BANDS) - 1]

        chart = book.workbook.add_chart({"type": "column"})
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
        self._insert_chart(sheet, place, chart, self.env._("Distribution of Satisfaction"))

    def _insert_chart(self, sheet, row, chart, title):
        chart.set_title({"name": title, "name_font": {"size": 12}})
        chart.set_x_axis({"num_font": {"size": 8}})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 1100, "height": 440})
        sheet.insert_chart(row, 0, chart)

    # -------------------------------------------------------------------------
    # Answers
    # -------------------------------------------------------------------------

    def _write_answers(self, book):
        """Write a row per answer that counts (答卷明细), or why none may be shown."""
        sheet = book.workbook.add_worksheet(self.env._("Answers"))
        answers = self.env["itss.survey.answers"]
        shown, refusal = answers._get_shown(book.round_)
        head = self._get_head(book, self.env._("Satisfaction Survey Answers"))
        if refusal:
            self._write_title(sheet, *head, TEXT_WIDTHS, book.formats)
            sheet.write_string(2, 0, refusal)
            return
        headings, widths = self._get_answer_headings(), list(ANSWER_WIDTHS)
        for column in shown.columns:
            headings.append(column.get_name(self.env))
            widths.append(22)
            if self._has_score(column):
                headings.append(self.env._("Score"))
                widths.append(8)
        self._write_head(sheet, *head, headings, widths, book.formats)
        columns = [
            (column.key, self._is_number(column), self._has_score(column))
            for column in shown.columns
        ]
        choices = {
            choice.id: choice.value
            for choice in book.round_.sudo().survey_id.question_ids.suggested_answer_ids
        }
        labels = self._get_group_labels()
        for row, values in enumerate(answers._read(book.round_, shown), 3):
            *facts, lines = values
            self._write_facts(sheet, row, facts, labels, book.formats)
            cells = self._sort_lines(lines or (), choices)
            self._write_lines(sheet, row, columns, cells, book.formats)

    def _get_answer_headings(self):
        """Return the headings of the columns before those of the questions."""
        return [
            self.env._("Row No."),
            self.env._("Customer"),
            self.env._("Contact"),
            self.env._("Channel"),
            self.env._("Customer Segment"),
            self.env._("Answered on"),
            self.env._("Satisfaction"),
        ]

    def _has_score(self, column):
        return not column.is_comment and self._is_scored(column.question)

    def _is_number(self, column):
        return not column.is_comment and column.question.question_type in NUMBER_TYPES

    def _get_group_labels(self):
        """Return the words of channels and segments, by what the database holds."""
        channels = dict(
            self.env["survey.user_input"]._fields["itss_channel"]._description_selection(self.env)
        )
        segments = self.env["res.partner.industry"].sudo().with_context(active_test=False)
        names = {segment.id: segment.name for segment in segments.search([])}
        return {**channels, **names, 0: self.env._("No segment")}

    def _write_facts(self, sheet, row, facts, labels, formats):
        customer, contact, channel, segment, day, score = facts
        texts = (customer, contact, labels.get(channel), labels.get(segment))
        sheet.write_number(row, 0, row - 2, formats["text"])
        for column, text in enumerate(texts, 1):
            self._write_text(sheet, row, column, text, formats["text"])
        if day:
            sheet.write_datetime(row, 5, day, formats["day"])
        else:
            sheet.write_blank(row, 5, None, formats["day"])
        self._write_score(sheet, row, 6, score, formats)

    def _write_score(self, sheet, row, column, score, formats):
        # no score is not a score of zero
        if score is None:
            sheet.write_blank(row, column, None, formats["score"])
        else:
            sheet.write_number(row, column, score, formats["score"])

    def _sort_lines(self, lines, choices):
        """Return the words and the score of an answer's cells, by the key of their column."""
        cells = defaultdict(lambda: ([], None))
        for question, row, choice, text, is_comment, score in lines:
            key = f"c{question}" if is_comment else f"q{question}-{row}" if row else f"q{question}"
            words, _score = cells[key]
            words.append(choices.get(choice) or text or "")
            cells[key] = (words, score)
        return cells

    def _write_lines(self, sheet, row, columns, cells, formats):
        index = len(ANSWER_WIDTHS)
        for key, is_number, has_score in columns:
            words, score = cells.get(key, ((), None))
            if words and is_number:
                sheet.write_number(row, index, float(words[0]), formats["text"])
            else:
                self._write_text(sheet, row, index, "; ".join(words), formats["text"])
            index += 1
            if has_score:
                self._write_score(sheet, row, index, score, formats)
                index += 1
