from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.fields import Domain

from ...tools.durations import get_midnight
from ...tools.public import public


class ItssCallbackLedger(models.TransientModel):
    """Which callbacks go into the ledger (回访记录/汇总表): those of tickets solved in a period, those
    due and those called back in it, and those that were reset as well.
    """

    _name = "itss.callback.ledger"
    _description = "Callback Ledger"
    _inherit = ["itss.guard.mixin", "itss.period.mixin"]

    team_ids = fields.Many2many(
        "helpdesk.ticket.team", string="Teams", help="Empty: the tickets of all teams."
    )

    def _get_domain(self):
        """Return the domain of the callbacks, for the callbacks and for their analysis alike."""
        start, end = get_midnight(self.company_id, self.date_from), self._get_end()
        # every figure of the summary can be counted again from the rows
        is_in = Domain.OR(
            Domain(moment, ">=", start) & Domain(moment, "<", end)
            for moment in ("resolved_at", "deadline", "done_at")
        )
        return self._get_scope_domain() & is_in

    def _get_scope_domain(self):
        """Return the domain of the callbacks about tickets that are the company's and the teams'."""
        self.ensure_one()
        domain = Domain("company_id", "=", self.company_id.id)
        if self.team_ids:
            domain &= Domain("team_id", "in", self.team_ids.ids)
        return domain & self.env["itss.callback"]._get_ticket_domain()

    def _get_end(self):
        """Return the moment when the period is over, UTC."""
        return get_midnight(self.company_id, self.date_to + relativedelta(days=1))

    def _get_settings_in_force(self):
        """Return the settings behind the figures of the ledger: ``tools.settings.Settings``."""
        self.ensure_one()
        return self.company_id._itss_get_settings_in_force(
            self.date_from, self.date_to, "callback", "organisation"
        )

    @public(on="record")
    def action_open_settings(self):
        """Show the settings that were in force in the period.

        :return: window action of a dialog
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "itss_quality.itss_setting_period_action"
        )
        context = {
            "default_company_id": self.company_id.id,
            "default_date_from": self.date_from,
            "default_date_to": self.date_to,
        }
        return {**action, "context": context}

    @public(on="record")
    def action_export(self):
        """Download the ledger and its monthly summary as Excel.

        :return: report action
        """
        return self.env.ref("itss_quality.itss_callback_xlsx_action").report_action(self)
