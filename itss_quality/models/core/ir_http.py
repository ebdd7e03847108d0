from werkzeug.exceptions import MethodNotAllowed

from odoo import models
from odoo.http import request

OWN = __name__.rpartition(".models.")[0]


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _pre_dispatch(cls, rule, args):
        # Odoo lets OPTIONS through to every route, and runs it without the check against requests
        # from elsewhere: a page that takes an answer would take it.
        if request.httprequest.method == "OPTIONS" and cls._itss_is_own(rule.endpoint):
            methods = rule.endpoint.routing["methods"] or ["GET", "HEAD", "POST"]
            raise MethodNotAllowed(valid_methods=methods)
        super()._pre_dispatch(rule, args)

    @classmethod
    def _itss_is_own(cls, endpoint):
        """Whether the code of a route is this addon's."""
        return endpoint.func.__module__.startswith(f"{OWN}.")
