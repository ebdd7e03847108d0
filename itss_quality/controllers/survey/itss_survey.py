from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.http import Controller, request, route

from odoo.addons.survey.controllers.main import Survey

from ...tools.durations import get_today
from ...tools.typed_text import clean_text
from ..core.itss_link import LinkPages

GROUP_SERVICE_DESK = "itss_quality.group_itss_service_desk"
MAX_TEXT = 5000
# in the browser's session: the answers it has opened through their own links, the newest last
OPENED = "itss_survey_answers"
MAX_OPENED = 20


class SurveyLinkPages(LinkPages):
    """The links to survey rounds."""

    _link_model = "itss.survey.participant"
    _gone_template = "itss_quality.survey_gone"


class ItssSurveyController(SurveyLinkPages, Controller):
    """The customer's link to a survey round, and the agents' page to enter answers (plan 6.3)."""

    # -------------------------------------------------------------------------
    # The customer's link
    # -------------------------------------------------------------------------

    @route(
        "/itss/survey/<string:participant_id>/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        sitemap=False,
        readonly=True,
    )
    def open(self, participant_id, token, **_kw):
        """Lead to the questionnaire. Changes nothing, whoever opens it: link scanners do, too.

        :param participant_id: id of the ``itss.survey.participant``
        :param token: the secret of its link
        :return: redirection; status 404 for a link that never was, 410 for one used, expired or
            cancelled
        """
        participant, refusal = self._find_link(participant_id, token)
        if refusal:
            return self._refuse(refusal, participant)
        answer = participant.user_input_id
        opened = [
            answer_id for answer_id in request.session.get(OPENED, []) if answer_id != answer.id
        ]
        request.session[OPENED] = [*opened, answer.id][-MAX_OPENED:]
        return request.redirect(answer.get_start_url())

    @route(
        "/itss/survey/<string:participant_id>/<string:token>/decline",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        csrf=True,
        sitemap=False,
    )
    def decline(self, participant_id, token, **_kw):
        """Ask whether the customer really does not want to take part (GET), and note it (POST).

        :param participant_id: id of the ``itss.survey.participant``
        :param token: the secret of its link
        :return: the question or the thanks; status 404 or 410 as for ``open``
        """
        participant, refusal = self._find_link(participant_id, token)
        is_done = request.httprequest.method == "POST"
        if is_done and not refusal:
            refusal = participant._decline_by_link()
        if refusal:
            return self._refuse(refusal, participant)
        return self._render(
            "itss_quality.survey_decline",
            lang=participant.env.lang,
            company=participant.company_id,
            is_done=is_done,
        )

    # -------------------------------------------------------------------------
    # Entering answers given by phone, in an interview or on paper
    # -------------------------------------------------------------------------

    @route(
        "/itss/survey/entry/<int:participant_id>",
        type="http",
        auth="user",
        methods=["GET"],
        sitemap=False,
        readonly=True,
    )
    def show_entry(self, participant_id, channel=None, day=None, **_kw):
        """Show the whole questionnaire on one page to an agent.

        :param participant_id: id of the ``itss.survey.participant``
        :param channel: ``phone``, ``interview`` or ``paper``; by default the participant's
        :param day: ``YYYY-MM-DD``; today by default
        :return: the page; status 404 when the user may not see the participant, 410 when there is
            nothing left to enter
        """
        participant = self._find_to_enter(participant_id)
        if not participant:
            return self._refuse("unknown")
        return self._render_entry(participant, channel=channel, day=day)

    @route(
        "/itss/survey/entry/<int:participant_id>",
        type="http",
        auth="user",
        methods=["POST"],
        csrf=True,
        sitemap=False,
    )
    def enter(self, participant_id, channel=None, day=None, then=None, **form):
        """Take what an agent has entered on a customer's behalf.

        :param participant_id: id of the ``itss.survey.participant``
        :param channel: ``phone``, ``interview`` or ``paper``
        :param day: ``YYYY-MM-DD``, when the customer answered
        :param then: ``next`` to go on with the next sheet of the round
        :return: redirection to the next one, or to the participant; the page again with status 422
            when something does not fit
        """
        participant = self._find_to_enter(participant_id)
        if not participant:
            return self._refuse("unknown")
        try:
            # one savepoint: nothing is half written
            with request.env.cr.savepoint():
                answers = self._read_answers(participant)
                participant._register_answers(answers, channel, self._read_day(day))
        except (UserError, ValueError) as error:
            return self._render_entry(
                participant, status=422, channel=channel, day=day, error=str(error)
            )
        following = then == "next" and self._find_next(participant)
        if following:
            return request.redirect(
                f"/itss/survey/entry/{following.id}?channel={channel}&day={day}"
            )
        action = "itss_quality.itss_survey_participant_action"
        return request.redirect(f"/odoo/action-{action}/{participant.id}")

    def _find_to_enter(self, participant_id):
        """Return the participant when the user is an agent and may see it, else ``None``."""
        participant = request.env["itss.survey.participant"].browse(participant_id).exists()
        if not request.env.user.has_group(GROUP_SERVICE_DESK):
            return None
        try:
            participant.check_access("read")
        except AccessError:
            return None
        return participant

    def _find_next(self, participant):
        """Return who comes after this one on the list and has not answered yet."""
        return participant.search(
            [
                ("round_id", "=", participant.round_id.id),
                ("state", "in", ("to_send", "sent", "failed")),
                ("id", ">", participant.id),
            ],
            order="id",
            limit=1,
        )

    def _render_entry(self, participant, status=200, channel=None, day=None, error=None):
        if not participant.can_enter:
            return self._refuse("used" if participant.state == "answered" else "expired")
        if channel not in ("phone", "interview", "paper"):
            channel = participant.channel if participant.channel != "email" else "phone"
        survey = participant.sudo().round_id.survey_id
        return self._render(
            "itss_quality.survey_entry",
            status,
            participant=participant,
            # the page is in the agent's language
            survey=survey,
            channel=channel,
            day=day or fields.Date.to_string(get_today(participant.company_id)),
            entered=request.httprequest.form,
            error=error,
        )

    def _read_answers(self, participant):
        """Return the answers of the form as ``_register_answers`` takes them."""
        form = request.httprequest.form
        answers = {}
        for question in participant.sudo().round_id.survey_id.question_ids:
            name = f"q{question.id}"
            comment = clean_text(form.get(f"c{question.id}"), MAX_TEXT)
            if question.question_type == "matrix":
                rows = {
                    str(row.id): form.getlist(f"{name}-{row.id}") for row in question.matrix_row_ids
                }
                answer = {row: chosen for row, chosen in rows.items() if any(chosen)}
            elif question.question_type == "multiple_choice":
                answer = form.getlist(name)
            else:
                answer = clean_text(form.get(name), MAX_TEXT)
            answers[question.id] = (answer or False, comment)
        return answers

    def _read_day(self, text):
        """Return the date, or ``None`` for what is none."""
        try:
            return fields.Date.to_date(text)
        except (TypeError, ValueError):
            return None


class ItssSurveyPages(SurveyLinkPages, Survey):
    """Odoo's survey pages, for answers of a round: for the invited customer alone, and once."""

    def _check_validity(self, survey_sudo, answer_sudo, answer_token, **kwargs):
        is_print = not kwargs.get("check_partner", True)
        if survey_sudo.survey_type != "itss" or answer_sudo.test_entry or is_print:
            return super()._check_validity(survey_sudo, answer_sudo, answer_token, **kwargs)
        if not answer_sudo.itss_round_id or not answer_token:
            return "token_wrong"
        if request.env.user._is_internal():
            return "itss_internal"
        refusal = answer_sudo._itss_get_refusal()
        if not refusal and answer_sudo.id not in request.session.get(OPENED, []):
            # an answer's secret opens nothing by itself: the customer comes through the link
            refusal = "stale"
        if refusal:
            return f"itss_{refusal}"
        # whoever holds the link is the customer, signed in or not
        return super()._check_validity(
            survey_sudo, answer_sudo, answer_token, **{**kwargs, "check_partner": False}
        )

    def _redirect_with_error(self, access_data, error_key):
        survey, answer = access_data["survey_sudo"], access_data["answer_sudo"]
        if error_key.startswith("itss_"):
            return self._refuse(error_key.removeprefix("itss_"), lang=answer.lang_id.code)
        if survey.survey_type == "itss":
            return self._refuse("unknown")
        return super()._redirect_with_error(access_data, error_key)

    # -------------------------------------------------------------------------
    # What comes from outside
    # -------------------------------------------------------------------------

    def _fetch_from_access_token(self, survey_token, answer_token):
        return super()._fetch_from_access_token(
            clean_text(survey_token, MAX_TEXT), clean_text(answer_token, MAX_TEXT)
        )

    def _prepare_survey_data(self, survey_sudo, answer_sudo, **post):
        if survey_sudo.survey_type == "itss":
            post = self._clean_pages(survey_sudo, post)
        return super()._prepare_survey_data(survey_sudo, answer_sudo, **post)

    @route()
    def survey_begin(self, survey_token, answer_token, lang_code=None, **post):
        """Begin with the questions, as Odoo does, in a language that is one."""
        if isinstance(lang_code, str):
            post["lang_code"] = lang_code
        return super().survey_begin(survey_token, answer_token, **post)

    @route()
    def survey_submit(self, survey_token, answer_token, **post):
        """Take a page of answers, as Odoo does; to a questionnaire of ours only what fits it."""
        survey, _answer = self._fetch_from_access_token(survey_token, answer_token)
        if survey.survey_type == "itss":
            pages = self._clean_pages(survey, post)
            if (
                survey.questions_layout != "one_page"
                and not {"page_id", "question_id"} & pages.keys()
            ):
                return {}, {"error": "validation", "fields": {}}
            answers = {
                str(question.id): question._itss_clean(post[str(question.id)], MAX_TEXT)
                for question in survey.question_ids
                if str(question.id) in post
            }
            post = {**pages, **answers}
        return super().survey_submit(survey_token, answer_token, **post)

    @route()
    def survey_next_question(self, survey_token, answer_token, **post):
        """Show the next question of a live session, as Odoo does; ours has none."""
        survey, _answer = self._fetch_from_access_token(survey_token, answer_token)
        if survey.survey_type == "itss":
            return {}, {"error": "unauthorized"}
        return super().survey_next_question(survey_token, answer_token, **post)

    def _clean_pages(self, survey, post):
        """Return which pages a request names, as far as they are the questionnaire's."""
        by_question = survey.questions_layout == "page_per_question"
        pages = {
            str(page): page
            for page in (survey.question_ids if by_question else survey.page_ids).ids
        }
        names = ("question_id" if by_question else "page_id", "previous_page_id")
        named = {name: pages.get(str(post.get(name))) for name in names}
        named = {name: page for name, page in named.items() if page}
        for name in ("next_skipped_page", "next_skipped_page_or_question"):
            if post.get(name):
                named[name] = True
        return named

    @route()
    def survey_retry(self, survey_token, answer_token, **post):
        """Refuse a second answer to an invitation; else as Odoo does."""
        survey, answer = self._fetch_from_access_token(survey_token, answer_token)
        if survey.survey_type == "itss" and not answer.test_entry:
            return self._refuse("used" if answer else "unknown")
        return super().survey_retry(survey_token, answer_token, **post)

    @route()
    def survey_print(self, survey_token, review=False, answer_token=None, **post):
        """Show answers of a round to those only who may read them; else as Odoo does."""
        survey, answer = self._fetch_from_access_token(survey_token, answer_token)
        if survey.survey_type == "itss":
            record = (answer or survey).with_user(request.env.user)
            if not record or not record.has_access("read"):
                return self._refuse("used" if answer else "unknown")
        return super().survey_print(survey_token, review=review, answer_token=answer_token, **post)

    @route(
        "/itss/survey/answer/<int:answer_id>",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        sitemap=False,
    )
    def show_answer(self, answer_id, **_kw):
        """Show an answer to whoever may read it, without its secret.

        :param int answer_id: id of a ``survey.user_input``
        :return: Odoo's page to print; status 404 when there is none, or the user may not read it
        """
        answer = request.env["survey.user_input"].browse(answer_id).exists()
        if not answer.has_access("read") or answer.sudo().survey_id.survey_type != "itss":
            return self._refuse("unknown")
        answer = answer.sudo()
        return self.survey_print(answer.survey_id.access_token, answer_token=answer.access_token)
