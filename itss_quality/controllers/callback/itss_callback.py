from odoo import SUPERUSER_ID
from odoo.exceptions import UserError
from odoo.http import Controller, request, route
from odoo.tools import consteq

MAX_COMMENT = 5000
MAX_USER_AGENT = 300
STARS = {str(stars): 20 * stars for stars in range(1, 6)}


class ItssCallbackController(Controller):
    """The customer's page: was it solved, how satisfied are you (plan 6.3)."""

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
        callback = self._find(callback_id, token)
        if not callback or not callback._is_link_open():
            return self._refuse(callback)
        return self._render("itss_quality.callback_page", callback, answer={})

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
        callback = self._find(callback_id, token)
        if not callback:
            return self._refuse(callback)
        # a forged form may send a file, or what PostgreSQL can't store
        comment = comment if isinstance(comment, str) else ""
        comment = comment.replace("\x00", "").strip()[:MAX_COMMENT]
        try:
            callback._check_verdict(is_solved, STARS.get(stars))
        except UserError:
            if not callback._is_link_open():
                return self._refuse(callback)
            answer = {
                "is_solved": is_solved,
                "stars": stars,
                "comment": comment,
                "incomplete": True,
            }
            return self._render("itss_quality.callback_page", callback, status=422, answer=answer)
        http = request.httprequest
        taken = callback._answer_by_link(
            is_solved,
            STARS[stars],
            comment,
            http.remote_addr,
            (http.user_agent.string or "")[:MAX_USER_AGENT],
        )
        if not taken:
            return self._refuse(callback)
        return self._render("itss_quality.callback_thanks", callback)

    def _find(self, callback_id, token):
        """Return the callback of a link, in the contact's language, or ``None``."""
        if not callback_id.isdecimal() or len(callback_id) > 9:
            return None
        callbacks = request.env["itss.callback"].with_user(SUPERUSER_ID)
        callback = callbacks.browse(int(callback_id)).exists()
        # as bytes: text that is not ASCII can't be compared in constant time
        own = (callback.access_token or "").encode()
        if not consteq(own, token.encode(errors="replace")) or not own:
            return None
        lang = callback.partner_id.lang or callback.company_id.partner_id.lang
        return callback.with_context(lang=lang) if lang else callback

    def _refuse(self, callback):
        """Return the friendly page for a link that opens nothing; it tells nothing about the ticket."""
        return self._render("itss_quality.callback_gone", callback, status=410 if callback else 404)

    def _render(self, template, callback, status=200, **values):
        if callback:
            request.update_context(lang=callback.env.lang)
        values.update(callback=callback, is_answered=bool(callback) and callback.state == "done")
        response = request.render(template, values)
        response.status_code = status
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
        return response
