import random
import re
from collections import defaultdict
from datetime import datetime

import pytz

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import format_date

from ...models.survey.itss_survey_participant import GROUP_QUALITY, WAITING_STATES
from ...tools.durations import get_tz
from ...tools.excel import Problem, parse_day
from ...tools.plan_names import fold_name
from ...tools.public import public
from ...tools.records import without_notes
from ...tools.survey_excel import (
    FIXED_KEYS,
    HEADINGS_ROW,
    get_columns,
    read_answer_sheet,
)

SEVERAL = re.compile(r"[;；\n]")


class ItssSurveyImport(models.TransientModel):
    """Takes the answers of many paper sheets from one Excel file, all or none (plan 6.3: 问卷)."""

    _name = "itss.survey.import"
    _description = "Import Survey Answers"
    _inherit = ["itss.import.mixin"]

    _max_problems = 50

    round_id = fields.Many2one(
        "itss.survey.round", required=True, readonly=True, ondelete="cascade"
    )
    waiting_count = fields.Integer(related="round_id.waiting_count")

    # -------------------------------------------------------------------------
    # The round
    # -------------------------------------------------------------------------

    def _check_round(self):
        """Raise unless answers can be entered into the round now.

        :raise UserError: the round is not running
        :raise AccessError: the user may not see the round, or the names of its participants
        """
        self.ensure_one()
        self.round_id.check_access("read")
        self.env["itss.survey.participant"].check_access("write")
        if self.round_id.is_anonymous and not self.env.user.has_group(GROUP_QUALITY):
            raise AccessError(
                self.env._(
                    "“%(round)s” is anonymous: only the quality department knows whom it asks, and may "
                    "enter answers.",
                    round=self.round_id.display_name,
                )
            )
        if self.round_id.state != "running":
            raise UserError(
                self.env._(
                    "Answers are entered while a survey is running; “%(round)s” is %(state)s.",
                    round=self.round_id.display_name,
                    state=self.round_id._get_state_label(self.round_id.state),
                )
            )

    def _get_participants(self):
        """Return who has not answered yet, as far as the user may know."""
        return self.env["itss.survey.participant"].search(
            [("round_id", "=", self.round_id.id), ("state", "in", WAITING_STATES)]
        )

    # -------------------------------------------------------------------------
    # Reading
    # -------------------------------------------------------------------------

    def _get_file_request(self):
        return self.env._("Please choose the Excel file with the answers.")

    def _read_sheet(self, columns):
        """Read the uploaded file and check that it is this round's template.

        :param columns: list of QuestionColumn
        :return: AnswerSheet
        :raise UserError: with everything that is wrong
        """
        sheet = self._read_file(read_answer_sheet)
        round_ = self.round_id
        if (sheet.round_id, sheet.number) != (round_.id, round_.number or ""):
            raise UserError(
                self.env._(
                    "This is the template of another survey round (%(other)s). Download the one of "
                    "“%(round)s”.",
                    other=sheet.number or "?",
                    round=round_.display_name,
                )
            )
        problems = self._get_column_problems(sheet, columns)
        if problems:
            raise self._get_refusal(problems)
        if not sheet.rows:
            raise UserError(self.env._("There are no rows below the headings."))
        return sheet

    def _get_column_problems(self, sheet, columns):
        """Return what is wrong with the columns: each has to stand where the template has it."""
        names = {column.key: column.get_name(self.env) for column in columns}
        expected = [*FIXED_KEYS, *names]
        template = self.env["report.itss_quality.survey_template_xlsx"]
        names.update(zip(FIXED_KEYS, template._get_fixed_headings(), strict=True))
        if sheet.keys == expected:
            return []
        problems = [
            Problem(self.env._("The column “%s” is missing.", names[key]), HEADINGS_ROW)
            for key in expected
            if key not in sheet.keys
        ]
        # what stands behind a missing column has only moved up
        present = [key for key in expected if key in sheet.keys]
        moved = [key for key, is_key in zip(sheet.keys, present, strict=False) if key != is_key]
        if moved or len(sheet.keys) != len(present):
            reason = self.env._(
                "Columns were added, moved or doubled. Please leave them as they are in the template."
            )
            problems.append(Problem(reason, HEADINGS_ROW))
        return problems

    # -------------------------------------------------------------------------
    # Checking
    # -------------------------------------------------------------------------

    def _prepare_entries(self, sheet, columns):
        """Return what the rows say.

        :return: list of row number, participant, answers, channel and day, as
            ``itss.survey.participant._register_answers`` takes them
        :raise UserError: with everything that is wrong, by row and column
        """
        problems, entries, seen = [], [], {}
        participants = self._find_participants(sheet)
        choices = self._get_choices(columns, sheet.lang)
        channels = self._get_channels()
        for row, cells in sheet.rows:
            given = [column for column in columns if column.key in cells]
            if not given:
                continue

            def refuse(key, reason, row=row):
                problems.append(sheet.columns[key].refuse(row, reason))

            participant = self._match_participant(row, cells, participants, seen, refuse)
            channel = self._match_channel(cells, channels, refuse)
            day = self._match_day(cells, refuse)
            answers = self._match_answers(cells, given, choices, refuse)
            entries.append((row, participant, answers, channel, day))
        if problems:
            raise self._get_refusal(problems)
        if not entries:
            raise UserError(self.env._("No row has an answer: there is nothing to import."))
        return entries

    def _find_participants(self, sheet):
        """Return the round's participants named in the rows, by the text of their id."""
        texts = [str(cells.get("participant", "")) for _row, cells in sheet.rows]
        ids = [int(text) for text in texts if re.fullmatch(r"[0-9]{1,9}", text)]
        found = self.env["itss.survey.participant"].search(
            [("round_id", "=", self.round_id.id), ("id", "in", ids)]
        )
        return {str(participant.id): participant for participant in found}

    def _match_participant(self, row, cells, participants, seen, refuse):
        text = str(cells.get("participant", ""))
        participant = participants.get(text)
        if not participant:
            refuse("participant", self.env._("“%s” is no participant of this survey.", text))
            return None
        first = seen.setdefault(participant, row)
        if first != row:
            refuse("participant", self.env._("This participant stands in row %s already.", first))
        if participant.state not in WAITING_STATES:
            refuse(
                "participant",
                self.env._(
                    "“%(record)s” is %(state)s: there is nothing left to enter.",
                    record=participant.display_name,
                    state=participant._get_state_label(participant.state),
                ),
            )
        return participant

    def _get_channels(self):
        """Return the channels by what they are called, in any installed language."""
        template = self.env["report.itss_quality.survey_template_xlsx"]
        return {
            fold_name(word): channel
            for lang in self._get_languages()
            for channel, word in template.with_context(lang=lang)._get_channels().items()
        }

    def _match_channel(self, cells, channels, refuse):
        channel = channels.get(fold_name(str(cells.get("channel", ""))))
        if not channel:
            words = self.env["report.itss_quality.survey_template_xlsx"]._get_channels().values()
            refuse(
                "channel",
                self.env._("Please say how the customer answered: %s.", ", ".join(words)),
            )
        return channel

    def _match_day(self, cells, refuse):
        value, round_ = cells.get("day"), self.round_id
        day = value and parse_day(value)
        last = round_._get_today()
        if not round_.accept_late:
            last = min(last, round_.date_end)
        if value and not day:
            refuse("day", self.env._("“%s” is not a date such as 2025-10-31.", value))
        elif not day or not round_.date_start <= day <= last:
            refuse(
                "day",
                self.env._(
                    "Please enter the day on which the customer answered, from %(first)s to %(last)s.",
                    first=format_date(self.env, round_.date_start),
                    last=format_date(self.env, last),
                ),
            )
        return day

    # -------------------------------------------------------------------------
    # Answers
    # -------------------------------------------------------------------------

    @api.model
    def _get_languages(self, first=None):
        """Return the codes of the installed languages: the given and the user's own come first."""
        codes = [code for code, _name in self.env["res.lang"].get_installed()]
        first = [code for code in (first, self.env.lang) if code in codes]
        return list(dict.fromkeys([*first, *codes]))

    def _get_choices(self, columns, lang):
        """Return the ids of the choices of each question by what they are called.

        In any installed language; where one word means different choices in two of them, that of
        the template's language counts.

        :return: ``{question id: {word: set of ids}}``
        """
        choices = defaultdict(dict)
        for code in self._get_languages(lang):
            words = defaultdict(set)
            for question in {column.question for column in columns}:
                for choice in question.suggested_answer_ids.with_context(lang=code):
                    words[question.id, fold_name(choice.value or "")].add(choice.id)
            for (question_id, word), ids in words.items():
                choices[question_id].setdefault(word, ids)
        return choices

    def _match_answers(self, cells, given, choices, refuse):
        """Return the answers of a row, as ``_register_answers`` takes them."""
        answers = {}
        for column in given:
            question, value = column.question, cells[column.key]
            answer, comment = answers.get(question.id, (False, False))
            if column.is_comment:
                comment = str(value)
            else:
                value = self._match_answer(question, value, choices, column.key, refuse)
                if value is None:
                    continue
                if column.row:
                    value = {**(answer or {}), str(column.row.id): value}
                answer = value
            answers[question.id] = (answer, comment)
            wrong = question._itss_validate(answer, comment)
            if wrong:
                refuse(column.key, wrong[question.id])
        return answers

    def _match_answer(self, question, value, choices, key, refuse):
        """Return the answer that a cell means; ``None`` when it means none."""
        kind = question.question_type
        if kind in ("simple_choice", "multiple_choice", "matrix"):
            is_several = kind == "multiple_choice" or (
                kind == "matrix" and question.matrix_subtype == "multiple"
            )
            ids = self._match_choices(str(value), choices[question.id], is_several, key, refuse)
            return ids if ids is None or kind != "simple_choice" else ids[0]
        if kind == "date":
            day = parse_day(value)
            return fields.Date.to_string(day) if day else str(value)
        if kind == "datetime" and isinstance(value, datetime):
            local = pytz.timezone(get_tz(self.round_id.company_id)).localize(value)
            return fields.Datetime.to_string(local.astimezone(pytz.utc))
        return str(value)

    def _match_choices(self, text, choices, is_several, key, refuse):
        parts = [text]
        if is_several and fold_name(text) not in choices:
            parts = [part for part in SEVERAL.split(text) if part.strip()]
        found = []
        for part in parts:
            ids = choices.get(fold_name(part), ())
            if len(ids) != 1:
                reason = (
                    self.env._("“%s” means more than one of the possible answers.", part)
                    if ids
                    else self.env._("“%s” is none of the possible answers.", part)
                )
                refuse(key, reason)
                return None
            found += map(str, ids)
        return found or None

    def _enter(self, entries):
        """Enter the answers of all rows.

        :raise UserError: with the row of each that could not be entered
        """
        if self.round_id.is_anonymous:
            # else the order of the answers would be that of the file
            random.shuffle(entries)
        # who entered what, when and from where stands in fields; no note for each on top
        participants = self.env["itss.survey.participant"].union(*(entry[1] for entry in entries))
        without_notes(participants).sudo()._create_answers()
        problems = []
        for row, participant, answers, channel, day in entries:
            try:
                without_notes(participant)._register_answers(answers, channel, day)
            except AccessError:
                raise
            except UserError as error:
                problems.append(Problem(str(error), row))
        if problems:
            raise self._get_refusal(sorted(problems, key=lambda problem: problem.row))

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_download_template(self):
        """Download the sheet to fill in, with a row per participant who has not answered.

        :return: report action
        :raise UserError: the round is not running
        """
        self._check_round()
        report = self.env.ref("itss_quality.itss_survey_template_xlsx_action")
        return report.report_action(self, config=False)

    @public(on="record")
    def action_import(self):
        """Enter all answers of the file, or none.

        :return: client action that tells the result and closes the dialog
        :raise UserError: with everything that is wrong, by row and column; nothing is written
        :raise AccessError: the user is not of the service desk, or may not see the participants
        """
        self._check_round()
        columns = get_columns(self.round_id.sudo().survey_id)
        sheet = self._read_sheet(columns)
        entries = self._prepare_entries(sheet, columns)
        with self.env.cr.savepoint():
            self._enter(entries)
        self.round_id.message_post(
            body=self.env._(
                "%(count)s answers imported from “%(file)s”.",
                count=len(entries),
                file=self.filename or "",
            )
        )
        message = self.env._("%s answers imported.", len(entries))
        return self._notify(message, {"type": "ir.actions.act_window_close"})
