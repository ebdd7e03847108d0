import re

from werkzeug.exceptions import BadRequest, NotFound, abort

from odoo import models
from odoo.http import Response, request

OWN = __name__.rpartition("models.")[0]
# the pages on which customers answer
SURVEY = "odoo.addons.survey.controllers."
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _match(cls, path_info):
        # no page has such an address, and Odoo fails on looking for it
        if CONTROL.search(path_info):
            raise NotFound()
        return super()._match(path_info)

    @classmethod
    def _serve_fallback(cls):
        if CONTROL.search(request.httprequest.path):
            return None
        return super()._serve_fallback()

    @classmethod
    def _pre_dispatch(cls, rule, args):
        super()._pre_dispatch(rule, args)
        module, sent = rule.endpoint.func.__module__, request.httprequest
        # Odoo lets OPTIONS through to every route, and runs it without the check against requests
        # from elsewhere: a page that takes an answer would take it.
        if module.startswith(OWN) and sent.method == "OPTIONS":
            methods = rule.endpoint.routing["methods"] or ["GET", "HEAD", "POST"]
            abort(Response(status=405, headers={"Allow": ", ".join(methods)}))
        # Odoo fails on a file in place of the token, and on what has no name
        if module.startswith((OWN, SURVEY)) and (
            not {None, "csrf_token"}.isdisjoint(sent.files) or None in sent.form
        ):
            raise BadRequest()
