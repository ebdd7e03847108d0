from odoo.exceptions import UserError
from odoo.http import Controller, request, route

from ...tools.typed_text import clean_line, clean_text
from ..core.itss_link import LinkPages

MAX_COMMENT = 5000
MAX_LINE = 300
STARS = {str(stars): 20 * stars for stars in range(1, 6)}


class ItssCallbackController(LinkPages, Controller):
    """The customer's page: was it solved, how satisfied are you (plan 6.3)."""

    _link_model = "itss.callback"
    _gone_template = "itss_quality.callback_gone"

    @route(
        "/itss/callback/<string:callback_id>/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        sitemap=False,
        readonly=True,
    )
    def show(self, callback_id, token, **_kw):
        """Show the two questions. Changes nothing, whoever opens it: link scanners do, too.

        :param callback_id: id of the ``itss.callback``
        :param token: the secret of its link
        :return: the page; status 404 for a link that never was, 410 for one used, expired or cancelled
        """
        callback, refusal = self._find_link(callback_id, token)
        if refusal:
            return self._refuse(refusal, callback)
        return self._render_questions(callback)

    @route(
        "/itss/callback/<string:callback_id>/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=True,
        sitemap=False,
    )
    def answer(self, callback_id, token, is_solved=None, stars=None, comment="", **_kw):
        """Take the customer's answer, once.

        :param callback_id: id of the ``itss.callback``
        :param token: the secret of its link
        :param is_solved: ``yes`` or ``no``
        :param stars: ``1`` to ``5``
        :param comment: free text
        :return: thanks; the page again when an answer is missing; status 404 or 410 as for ``show``
        """
        callback, refusal = self._find_link(callback_id, token)
        if refusal:
            return self._refuse(refusal, callback)
        comment = clean_text(comment, MAX_COMMENT)
        try:
            callback._check_verdict(is_solved, STARS.get(stars))
        except UserError:
            entered = {"is_solved": is_solved, "stars": stars, "comment": comment}
            return self._render_questions(callback, 422, **entered, incomplete=True)
        http = request.httprequest
        refusal = callback._answer_by_link(
            is_solved,
            STARS[stars],
            comment,
            clean_line(http.remote_addr, MAX_LINE),
            clean_line(http.user_agent.string, MAX_LINE),
        )
        if refusal:
            return self._refuse(refusal, callback)
        return self._render("itss_quality.callback_thanks", lang=callback.env.lang, record=callback)

    def _render_questions(self, callback, status=200, **entered):
        return self._render(
            "itss_quality.callback_page",
            status,
            callback.env.lang,
            record=callback,
            answer=entered,
        )
