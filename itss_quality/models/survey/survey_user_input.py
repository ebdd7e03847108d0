from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .itss_survey_participant import CHANNELS


class SurveyUserInput(models.Model):
    """Answer to a questionnaire; of a survey round when it was given by invitation.

    Only the answer that an invitation brought along carries its round, so no second one, no test
    and no retry can ever count.
    """

    _inherit = "survey.user_input"

    # whoever has the secret of an answer fills it in, and reads no colleague's comments
    _itss_is_open_to_portal = False

    # Nobody reads it: Odoo's pages do so in superuser mode, and what others need of it is below.
    access_token = fields.Char(groups=fields.NO_ACCESS)

    itss_round_id = fields.Many2one(
        "itss.survey.round",
        string="Survey Round",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="cascade",
    )
    itss_channel = fields.Selection(CHANNELS, string="Channel", readonly=True, copy=False)
    itss_segment_id = fields.Many2one(
        "res.partner.industry", string="Customer Segment", readonly=True, copy=False
    )
    itss_score = fields.Float(
        string="Satisfaction",
        readonly=True,
        copy=False,
        aggregator="avg",
        help="0 to 100: the scored questions' values, weighted. Empty when nothing scored was answered.",
    )

    itss_address_note = fields.Char(string="Address Changed", compute="_compute_itss_address_note")

    def _compute_itss_address_note(self):
        # an anonymous answer has forgotten whose it is
        participants = self.env["itss.survey.participant"].search(
            [("user_input_id", "in", self.ids)]
        )
        notes = {one.user_input_id.id: one.address_note for one in participants}
        for answer in self:
            answer.itss_address_note = notes.get(answer.id)

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        answers = super().create(vals_list)
        answers._itss_check_untouched()
        return answers

    def write(self, vals):
        self.check_access("write")
        if not self.env.su and any(name.startswith("itss_") for name in vals):
            raise self._itss_get_given_refusal()
        self._itss_check_untouched()
        result = super().write(vals)
        # Odoo's rules ask what an answer was, not what it becomes
        self._itss_check_untouched()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_given(self):
        self._itss_check_untouched()

    def _itss_check_untouched(self):
        """Raise when these are answers to a questionnaire of ours: they are the customers' alone.

        Superuser mode is the only way round it.

        :raise UserError: always the same words
        """
        if not self.env.su and any(
            # a default of the context would do as well
            answer.itss_round_id or answer.survey_id.survey_type == "itss"
            for answer in self.sudo()
        ):
            raise self._itss_get_given_refusal()

    def _itss_get_given_refusal(self):
        return UserError(self.env._("Answers to this questionnaire are given by invitation."))

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    def _mark_done(self):
        counted = self.filtered(lambda answer: answer.itss_round_id and answer.state != "done")
        result = super()._mark_done()
        counted._itss_count()
        return result

    def _itss_count(self):
        """Score the answers just completed and let the round know (superuser mode)."""
        if self:
            self._itss_compute_scores()
            participants = self.env["itss.survey.participant"].sudo()
            participants.search([("user_input_id", "in", self.ids)])._register_answer()

    def _itss_compute_scores(self):
        """Store the score of each line and of each answer, 0 to 100; NULL where nothing counts.

        A scale counts v/max, a choice its score as a share of the best choice's, a row of a matrix
        likewise. "Not applicable", skipped and unscored questions do not count, nor does what the
        page does not offer: a question that was not asked, two choices where one is asked for. An
        answer's score is the mean of its questions, weighted; a matrix counts as the mean of its
        rows.
        """
        self.env.flush_all()
        asked = self._fields["predefined_question_ids"]
        self.env.cr.execute(
            SQL(
                """
                WITH best AS (
                    SELECT question_id, MAX(answer_score) AS score
                      FROM survey_question_answer
                     WHERE question_id IS NOT NULL AND itss_not_applicable IS NOT TRUE
                  GROUP BY question_id
                )
                UPDATE survey_user_input_line AS line
                   SET itss_score = CASE
                        WHEN line.answer_type = 'scale' AND question.question_type = 'scale'
                             AND line.value_scale BETWEEN question.scale_min AND question.scale_max
                        THEN 100.0 * line.value_scale / question.scale_max
                        WHEN line.answer_type = 'suggestion' AND best.score > 0
                             AND choice.itss_not_applicable IS NOT TRUE
                             AND (question.question_type = 'simple_choice'
                                  AND own.matrix_row_id IS NULL
                                  OR question.question_type = 'matrix'
                                     AND question.matrix_subtype = 'simple'
                                     AND row.matrix_question_id = question.id)
                             AND NOT EXISTS (
                                SELECT 1 FROM survey_user_input_line AS other
                                 WHERE other.user_input_id = own.user_input_id
                                   AND other.question_id = own.question_id
                                   AND other.matrix_row_id IS NOT DISTINCT FROM own.matrix_row_id
                                   AND other.answer_type = 'suggestion' AND other.id != own.id)
                        THEN 100.0 * GREATEST(choice.answer_score, 0) / best.score
                       END
                  FROM survey_user_input_line AS own
                  JOIN %(asked)s AS asked ON asked.%(asked_answer)s = own.user_input_id
                       AND asked.%(asked_question)s = own.question_id
                  JOIN survey_question AS question ON question.id = own.question_id
             LEFT JOIN survey_question_answer AS choice
                    ON choice.id = own.suggested_answer_id AND choice.question_id = question.id
             LEFT JOIN survey_question_answer AS row ON row.id = own.matrix_row_id
             LEFT JOIN best ON best.question_id = choice.question_id
                 WHERE own.id = line.id AND own.user_input_id = ANY(%(ids)s);

                UPDATE survey_user_input AS answer
                   SET itss_score = scored.score
                  FROM (
                        SELECT user_input_id, SUM(score * weight) / SUM(weight) AS score
                          FROM (
                                SELECT line.user_input_id, AVG(line.itss_score) AS score,
                                       question.itss_weight AS weight
                                  FROM survey_user_input_line AS line
                                  JOIN survey_question AS question
                                    ON question.id = line.question_id
                                 WHERE line.user_input_id = ANY(%(ids)s)
                                   AND line.itss_score IS NOT NULL
                                   AND question.itss_weight > 0
                              GROUP BY line.user_input_id, question.id
                               ) AS per_question
                      GROUP BY user_input_id
                       ) AS scored
                 WHERE answer.id = scored.user_input_id
                """,
                ids=self.ids,
                asked=SQL.identifier(asked.relation),
                asked_answer=SQL.identifier(asked.column1),
                asked_question=SQL.identifier(asked.column2),
            )
        )
        self.invalidate_recordset(["itss_score"])
        self.user_input_line_ids.invalidate_recordset(["itss_score"])

    # -------------------------------------------------------------------------
    # The secret
    # -------------------------------------------------------------------------

    def _itss_reveal(self):
        """Return the answers in the mode in which Odoo reads their secret.

        :raise AccessError: the user may not read them, or they are given in a survey of ours: such
            a secret is the customer's alone
        """
        self.check_access("read")
        answers = self.sudo()
        # Odoo renders templates in superuser mode for users, who read what they have sent
        if self.env.uid != SUPERUSER_ID and "itss" in answers.survey_id.mapped("survey_type"):
            raise AccessError(
                self.env._("The link to a customer's answer is the customer's alone.")
            )
        return answers

    def get_start_url(self):
        """Return the address at which the answer is filled in, as Odoo does.

        :raise AccessError: the user may not have it, see :meth:`_itss_reveal`
        """
        return super(SurveyUserInput, self._itss_reveal()).get_start_url()

    def get_print_url(self):
        """Return the address at which the answer is read; ours needs no secret, but the right to."""
        self.ensure_one()
        if self.sudo().survey_id.survey_type == "itss":
            return f"/itss/survey/answer/{self.id}"
        return super(SurveyUserInput, self._itss_reveal()).get_print_url()

    def action_print_answers(self):
        """Open the page on which the answer is read.

        :return: URL action
        """
        self.ensure_one()
        if self.sudo().survey_id.survey_type == "itss":
            return {"type": "ir.actions.act_url", "url": self.get_print_url(), "target": "self"}
        return super(SurveyUserInput, self._itss_reveal()).action_print_answers()

    def _itss_get_refusal(self):
        """Return why nobody may fill in this answer from outside any more, or ``None``.

        :return: see ``itss.survey.participant._get_link_refusal``
        """
        self.ensure_one()
        participant = self.env["itss.survey.participant"].sudo()
        participant = participant.search([("user_input_id", "=", self.id)], limit=1)
        # an anonymous answer has forgotten whose it is
        return participant._get_link_refusal() if participant else "used"
