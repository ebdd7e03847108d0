from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.public import public

# what the customers see, and what the scores depend on
CONTENT = {
    "access_mode",
    "active",
    "certification",
    "description",
    "description_done",
    "is_attempts_limited",
    "is_time_limited",
    "lang_ids",
    "question_and_page_ids",
    "questions_layout",
    "questions_selection",
    "scoring_type",
    "survey_type",
    "time_limit",
    "title",
    "users_can_go_back",
    "users_login_required",
}
VERSION = {"itss_is_frozen", "itss_previous_id", "itss_version"}


class SurveySurvey(models.Model):
    """Questionnaire of a company-level satisfaction survey (满意度调查问卷, plan 6.3).

    A version that a round has used is frozen; a change is a new version.
    """

    _inherit = "survey.survey"

    # customers see the questionnaire's secret in the address
    _itss_is_open_to_portal = False

    survey_type = fields.Selection(
        selection_add=[("itss", "ITSS Satisfaction")], ondelete={"itss": "set default"}
    )
    itss_version = fields.Integer(
        string="Questionnaire Version", default=1, readonly=True, copy=False, aggregator=None
    )
    itss_is_frozen = fields.Boolean(
        string="In Use",
        readonly=True,
        copy=False,
        help="A survey round uses this version, so it can't change any more.",
    )
    itss_previous_id = fields.Many2one(
        "survey.survey",
        string="Previous Version",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("survey_type")
    @api.depends_context("uid")
    def _compute_allowed_survey_types(self):
        super()._compute_allowed_survey_types()
        if self.env.user.has_group("itss_quality.group_itss_quality"):
            self.allowed_survey_types = [*(self.allowed_survey_types or []), "itss"]

    @api.depends("title", "survey_type", "itss_version")
    def _compute_display_name(self):
        super()._compute_display_name()
        for survey in self:
            if survey.survey_type == "itss":
                survey.display_name = self.env._(
                    "%(title)s, version %(version)s",
                    title=survey.title,
                    version=survey.itss_version,
                )

    @api.onchange("survey_type")
    def _onchange_survey_type(self):
        super()._onchange_survey_type()
        if self.survey_type == "itss":
            self.update(self._itss_get_settings())

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [
            {**self._itss_get_settings(), **vals} if vals.get("survey_type") == "itss" else vals
            for vals in vals_list
        ]
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            if not VERSION.isdisjoint(vals):
                raise UserError(self.env._("Versions of questionnaires are counted by the system."))
            if not CONTENT.isdisjoint(vals):
                self._itss_check_editable()
        return super().write(vals)

    def _update_field_translations(self, *args, **kwargs):
        self._itss_check_editable()
        return super()._update_field_translations(*args, **kwargs)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        self._itss_check_editable()

    def get_formview_id(self, access_uid=None):
        """Return our own form for our questionnaires; else as Odoo does."""
        if self.survey_type == "itss":
            return self.env.ref("itss_quality.survey_survey_view_form_itss").id
        return super().get_formview_id(access_uid=access_uid)

    # -------------------------------------------------------------------------
    # What rounds ask of questionnaires
    # -------------------------------------------------------------------------

    def _itss_get_newest(self):
        """Return the newest version of the questionnaire."""
        newest = self
        while following := self.search([("itss_previous_id", "=", newest.id)], limit=1):
            newest = following
        return newest

    @api.model
    def _itss_get_settings(self):
        """Return the settings without which answers could get lost, or count twice."""
        return {
            "access_mode": "token",
            "certification": False,
            "is_attempts_limited": False,
            "is_time_limited": False,
            "questions_layout": "page_per_section",
            "questions_selection": "all",
            "scoring_type": "no_scoring",
            "users_can_go_back": True,
            "users_login_required": False,
        }

    def _itss_check_editable(self):
        """Refuse changes to what a round has used: its answers were given to these questions."""
        if self.env.su:
            return
        for survey in self.sudo():
            if survey.itss_is_frozen:
                raise UserError(
                    self.env._(
                        "“%(survey)s” is used by a survey round and can't change any more. "
                        "Make a new version of it instead.",
                        survey=survey.display_name,
                    )
                )

    def _itss_check_usable(self):
        """Raise unless a round can use the questionnaire.

        :raise UserError: no questions, none that is scored, or settings that lose answers or
            questions
        """
        self.ensure_one()
        survey = self.sudo()
        survey.check_validity()
        wrong = [
            name
            for name, value in self._itss_get_settings().items()
            if name not in ("questions_layout", "users_can_go_back") and survey[name] != value
        ]
        if survey.survey_type != "itss" or wrong:
            labels = self.fields_get(wrong, ["string"])
            raise UserError(
                self.env._(
                    "“%(survey)s” can't be used for a survey round: it has to be of the type "
                    "“ITSS Satisfaction”, for invited people, without login, time limit, scoring or "
                    "random questions. Please check: %(fields)s",
                    survey=survey.display_name,
                    fields=", ".join(label["string"] for label in labels.values()) or "—",
                )
            )
        unseen = survey.question_ids.filtered(lambda question: not question.page_id)
        if survey.questions_layout == "page_per_section" and unseen:
            raise UserError(
                self.env._(
                    "“%(question)s” of “%(survey)s” stands before the first section, where nobody "
                    "sees it: please move it into a section.",
                    question=unseen[0].title,
                    survey=survey.display_name,
                )
            )
        if not any(question._itss_is_scored() for question in survey.question_ids):
            raise UserError(
                self.env._(
                    "“%(survey)s” has no question that is scored: add a scale, or give the choices "
                    "of a question their scores.",
                    survey=survey.display_name,
                )
            )

    def _check_answer_creation(self, user, partner, email, test_entry=False, **kwargs):
        # the invitation's own answer is the only one that a round makes
        if self.survey_type == "itss" and not test_entry:
            raise UserError(self.env._("Answers to this questionnaire are given by invitation."))
        return super()._check_answer_creation(user, partner, email, test_entry=test_entry, **kwargs)

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_start_survey(self, answer=None):
        """Open an answer to be filled in, as Odoo does; never a customer's.

        :param answer: ``survey.user_input``
        :return: URL action
        :raise AccessError: the answer is a customer's
        """
        return super().action_start_survey(answer and answer._itss_reveal())

    def action_print_survey(self, answer=None):
        """Open the page to print, with the answer if there is one.

        :param answer: ``survey.user_input``
        :return: URL action
        """
        action = super().action_print_survey()
        return {**action, "url": answer.get_print_url()} if answer else action

    def action_start_session(self):
        """Start a live session, as Odoo does; ours are answered by invitation.

        :return: URL action
        :raise UserError: one of our questionnaires
        """
        self._itss_check_no_session()
        return super().action_start_session()

    def action_end_session(self):
        """End a live session, as Odoo does: all answers to the questionnaire count as complete.

        :raise UserError: one of our questionnaires
        """
        self._itss_check_no_session()
        return super().action_end_session()

    def _itss_check_no_session(self):
        if "itss" in self.sudo().mapped("survey_type"):
            raise UserError(self.env._("Answers to this questionnaire are given by invitation."))

    @public(on="record")
    def action_itss_new_version(self):
        """Copy the questionnaire as its next version, which can be changed.

        :return: window action on the new version's form
        :raise AccessError: the user may not make questionnaires
        """
        version = self.copy({"user_id": self.env.uid})
        # the copy is not a copy to its readers, but the next version
        for lang, _name in self.env["res.lang"].get_installed():
            version.with_context(lang=lang).title = self.with_context(lang=lang).title
        version.sudo().write({"itss_version": self.itss_version + 1, "itss_previous_id": self.id})
        return version.get_formview_action()
