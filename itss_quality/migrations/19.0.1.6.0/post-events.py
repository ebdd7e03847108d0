"""Calendar events of records know whose they are."""

from odoo import SUPERUSER_ID, api

from odoo.addons.itss_quality.tools.records import concrete_models


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {"active_test": False})
    for name in concrete_models(env, "itss.event.mixin"):
        for company, records in env[name].search([]).grouped("company_id").items():
            records.event_id.itss_company_id = company
