from xlsxwriter.utility import xl_range_abs

from odoo import models

from ...tools.survey_excel import FIXED_KEYS, HEADINGS_ROW, KEYS_ROW, MARK, get_columns
from ...tools.workbook import Column

FIXED_WIDTHS = (8, 28, 16, 14, 14)
LISTS = "lists"
CHOICE_TYPES = ("simple_choice", "multiple_choice", "matrix")


class ItssSurveyTemplateXlsx(models.AbstractModel):
    """Sheet into which answers on paper are typed: a row per participant who has not answered."""

    _name = "report.itss_quality.survey_template_xlsx"
    _description = "Template for Survey Answers as Excel"
    _inherit = "itss.xlsx.mixin"

    _on = "record"

    def _write_book(self, book, wizard):
        """Write the sheet to fill in, and a hidden one with the possible answers."""
        wizard._check_round()
        round_ = wizard.round_id
        questions = get_columns(round_.sudo().survey_id)
        sheet = book.add_sheet(self.env._("Answers"))
        lists = book.add_sheet(LISTS).worksheet
        lists.hide()
        participants = wizard._get_participants()
        self._write_keys(sheet, round_, questions)
        hint = self.env._(
            "Type one paper sheet per row; leave the other rows as they are. Several choices of one "
            "question are separated by semicolons."
        )
        sheet.write_head(f"{round_.number} {round_.name}", hint)
        columns = self._get_columns(questions)
        sheet.worksheet.set_row(sheet.row, 60)
        sheet.write_headings(columns)
        sheet.freeze(3)
        sheet.write_rows(columns, participants)
        if participants:
            ranges = self._write_lists(lists, round_, questions)
            self._add_validations(sheet.worksheet, round_, questions, ranges, len(participants))

    # -------------------------------------------------------------------------
    # Cells
    # -------------------------------------------------------------------------

    def _write_keys(self, sheet, round_, questions):
        """Write into hidden rows which round and columns these are."""
        cells = sheet.worksheet
        cells.set_row(0, None, None, {"hidden": True})
        cells.write_string(0, 0, MARK)
        cells.write_number(0, 1, round_.id)
        cells.write_string(0, 2, round_.number or "")
        cells.write_string(0, 3, self.env.lang or "")
        cells.set_row(1, None, None, {"hidden": True})
        for column, key in enumerate([*FIXED_KEYS, *(question.key for question in questions)]):
            cells.write_string(1, column, key)
        sheet.row = KEYS_ROW

    def _get_columns(self, questions):
        channels = self._get_channels()
        values = (
            ("id", "given"),
            ("customer_id", "given"),
            ("contact_name", "given"),
            (lambda one: channels.get(one.channel) or channels["paper"], "wrapped"),
            (lambda one: None, "date"),
        )
        fixed = zip(self._get_fixed_headings(), FIXED_WIDTHS, values, strict=True)
        return [
            *(Column(label, width, *value) for label, width, value in fixed),
            *(Column(question.get_name(self.env), 24, lambda one: None) for question in questions),
        ]

    def _get_fixed_headings(self):
        """Return the headings of the columns before those of the questions."""
        return (
            self.env._("No."),
            self.env._("Customer"),
            self.env._("Contact"),
            self.env._("Channel"),
            self.env._("Answered on"),
        )

    def _get_channels(self):
        """Return the words of the channels that answers are entered from."""
        field = self.env["itss.survey.participant"]._fields["channel"]
        words = dict(field._description_selection(self.env))
        return {channel: words[channel] for channel in ("paper", "phone", "interview")}

    # -------------------------------------------------------------------------
    # What Excel offers and takes
    # -------------------------------------------------------------------------

    def _write_lists(self, sheet, round_, columns):
        """Write the possible answers, a list per row.

        :return: the lists' ranges by the id of their question; that of the channels by ``channel``
        """
        lists = {"channel": list(self._get_channels().values())}
        for question in {column.question.id: column.question for column in columns}.values():
            if question.question_type in CHOICE_TYPES:
                lists[question.id] = question.suggested_answer_ids.mapped("value")
        ranges = {}
        for row, (key, words) in enumerate(lists.items()):
            for column, word in enumerate(words):
                sheet.write_string(row, column, word or "")
            if words:
                ranges[key] = f"={LISTS}!{xl_range_abs(row, 0, row, len(words) - 1)}"
        return ranges

    def _add_validations(self, sheet, round_, columns, ranges, count):
        first, last = HEADINGS_ROW, HEADINGS_ROW + count - 1
        error = self.env._("Please choose or enter one of the possible answers.")
        day = {"validate": "date", "criteria": ">=", "value": round_.date_start}
        if not round_.accept_late:
            day.update(criteria="between", maximum=round_.date_end)
        validations = [{"validate": "list", "source": ranges["channel"]}, day]
        validations += [self._get_validation(column, ranges) for column in columns]
        for column, options in enumerate(validations, FIXED_KEYS.index("channel")):
            if options:
                options = {**options, "error_message": error}
                sheet.data_validation(first, column, last, column, options)

    def _get_validation(self, column, ranges):
        """Return what a column's cells take, as xlsxwriter calls it; ``None``: anything."""
        question = column.question
        if column.is_comment:
            return None
        if question.id in ranges:
            # several choices in one cell are none of the list
            is_single = question.question_type == "simple_choice" or (
                question.question_type == "matrix" and question.matrix_subtype == "simple"
            )
            return {"validate": "list", "source": ranges[question.id], "show_error": is_single}
        if question.question_type == "scale":
            ends = {"minimum": question.scale_min, "maximum": question.scale_max}
            return {"validate": "integer", "criteria": "between", **ends}
        return None
