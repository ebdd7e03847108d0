from xlsxwriter.utility import xl_range_abs

from odoo import models

from ..tools.survey_excel import FIXED_KEYS, HEADINGS_ROW, KEYS_ROW, MARK, get_columns

FIXED_WIDTHS = (8, 28, 16, 14, 14)
LISTS = "lists"
CHOICE_TYPES = ("simple_choice", "multiple_choice", "matrix")


class ItssSurveyTemplateXlsx(models.AbstractModel):
    """Sheet into which answers on paper are typed: a row per participant who has not answered."""

    _name = "report.itss_quality.survey_template_xlsx"
    _description = "Template for Survey Answers as Excel"
    _inherit = "itss.xlsx.mixin"

    def generate_xlsx_report(self, workbook, data, wizards):
        """Write the sheet to fill in, and a hidden one with the possible answers.

        :param xlsxwriter.Workbook workbook: the workbook to fill
        :param dict data: options of the report action
        :param wizards: one ``itss.survey.import`` record
        """
        wizard = wizards.ensure_one()
        wizard._check_round()
        round_ = wizard.round_id
        columns = get_columns(round_.sudo().survey_id)
        formats = self._add_formats(workbook)
        sheet = workbook.add_worksheet(self.env._("Answers"))
        lists = workbook.add_worksheet(LISTS)
        lists.hide()
        participants = wizard._get_participants()
        self._write_top(sheet, round_, columns, formats)
        self._write_participants(sheet, participants, len(columns), formats)
        if participants:
            ranges = self._write_lists(lists, round_, columns)
            self._add_validations(sheet, round_, columns, ranges, len(participants))

    def _get_objs_for_report(self, docids, data):
        wizards = super()._get_objs_for_report(docids, data)
        wizards.check_access("read")
        return wizards

    def _add_formats(self, workbook):
        cell = {"border": 1, "valign": "vcenter", "text_wrap": True}
        formats = super()._add_formats(workbook)
        formats["given"] = workbook.add_format({**cell, "bg_color": "#F2F2F2"})
        formats["day"] = workbook.add_format({**cell, "num_format": "yyyy-mm-dd"})
        return formats

    # -------------------------------------------------------------------------
    # Cells
    # -------------------------------------------------------------------------

    def _write_top(self, sheet, round_, columns, formats):
        """Write what says which round and columns these are, hidden, and what the user reads."""
        keys = [*FIXED_KEYS, *(column.key for column in columns)]
        widths = [*FIXED_WIDTHS, *(24 for _column in columns)]
        for row in range(KEYS_ROW):
            sheet.set_row(row, None, None, {"hidden": True})
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.write_string(0, 0, MARK)
        sheet.write_number(0, 1, round_.id)
        sheet.write_string(0, 2, round_.number or "")
        sheet.write_string(0, 3, self.env.lang or "")
        for column, key in enumerate(keys):
            sheet.write_string(1, column, key)
        sheet.write_string(2, 0, f"{round_.number} {round_.name}", formats["title"])
        hint = self.env._(
            "Type one paper sheet per row; leave the other rows as they are. Several choices of one "
            "question are separated by semicolons."
        )
        sheet.write_string(3, 0, hint, formats["subtitle"])
        headings = [*self._get_fixed_headings(), *(column.get_name(self.env) for column in columns)]
        sheet.set_row(HEADINGS_ROW - 1, 60)
        for column, heading in enumerate(headings):
            sheet.write_string(HEADINGS_ROW - 1, column, heading, formats["heading"])
        sheet.freeze_panes(HEADINGS_ROW, 3)

    def _get_fixed_headings(self):
        """Return the headings of the columns before those of the questions."""
        return (
            self.env._("No."),
            self.env._("Customer"),
            self.env._("Contact"),
            self.env._("Channel"),
            self.env._("Answered on"),
        )

    def _write_participants(self, sheet, participants, count, formats):
        channels = self._get_channels()
        for row, participant in enumerate(participants, HEADINGS_ROW):
            sheet.write_number(row, 0, participant.id, formats["given"])
            self._write_text(sheet, row, 1, participant.customer_id.name, formats["given"])
            self._write_text(sheet, row, 2, participant.contact_name, formats["given"])
            channel = channels.get(participant.channel) or channels["paper"]
            sheet.write_string(row, 3, channel, formats["wrapped"])
            sheet.write_blank(row, 4, None, formats["day"])
            for column in range(len(FIXED_KEYS), len(FIXED_KEYS) + count):
                sheet.write_blank(row, column, None, formats["wrapped"])

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
