from odoo.http import request

STATUS = {
    "used": 410,
    "expired": 410,
    "cancelled": 410,
    "unknown": 404,
    "internal": 403,
    "stale": 403,
}
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


class LinkPages:
    """What the controllers of personal links share: they find the record, or say politely why not.

    Nobody who works here gets to it: what a customer tells is entered under the own name.

    No controller itself: Odoo would make a single one of all that inherit from it.
    """

    # a model with itss.link.mixin
    _link_model = None
    # page for a link that opens nothing; it gets the record, if there is one, and the refusal
    _gone_template = None

    def _find_link(self, record_id, token):
        """Return the record of a link, and why it opens nothing, or ``None``."""
        if request.env.user._is_internal():
            return request.env[self._link_model], "internal"
        record = request.env[self._link_model]._find_by_link(record_id, token)
        return record, record._get_link_refusal() if record else "unknown"

    def _refuse(self, refusal, record=None, lang=None):
        """Return the friendly page for a link that opens nothing; it tells nothing of the record.

        :param str refusal: what ``_get_link_refusal`` returns; ``unknown``; ``internal`` for who
            works here; ``stale`` for a page that has to be opened through the link again
        """
        if refusal == "internal":
            return self._render("itss_quality.link_internal", STATUS[refusal])
        lang = record.env.lang if record else lang
        return self._render(
            self._gone_template, STATUS[refusal], lang, record=record, refusal=refusal
        )

    def _render(self, template, status=200, lang=None, **values):
        """Return a page that nobody keeps, in a language when one is given."""
        if lang:
            request.update_context(lang=lang)
        response = request.render(template, values)
        response.status_code = status
        response.headers.update(HEADERS)
        return response
