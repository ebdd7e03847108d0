from datetime import date

from odoo import api, fields, models

from ...tools.durations import get_midnight, get_tz
from ...tools.public import public


class ItssPlanLine(models.Model):
    """Line of the plan that handles the feedback of customers (plan line 2): the year's complaints."""

    _inherit = "itss.plan.line"

    complaint_count = fields.Integer(
        string="Complaints of the Year", compute="_compute_complaint_figures"
    )
    complaint_closed_count = fields.Integer(
        string="Closed Complaints of the Year", compute="_compute_complaint_figures"
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("kind", "year", "company_id")
    @api.depends_context("uid")
    def _compute_complaint_figures(self):
        feedback = self.filtered(lambda line: line.kind == "feedback" and line.year)
        figures = {}
        for company in feedback.company_id:
            groups = (
                self.env["itss.complaint"]
                .with_context(tz=get_tz(company))
                ._read_group(
                    [("company_id", "=", company.id), ("state", "!=", "invalid")],
                    ["received_at:year"],
                    ["__count", "closed_count:sum"],
                )
            )
            figures |= {(company, start.year): counts for start, *counts in groups}
        for line in self:
            key = (line.company_id, line.year)
            counts = figures.get(key, (0, 0)) if line in feedback else (0, 0)
            line.complaint_count, line.complaint_closed_count = counts

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_view_complaints(self):
        """Open the complaints that are counted as received in the plan's year.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("itss_quality.itss_complaint_action")
        domain = [
            ("company_id", "=", self.company_id.id),
            ("state", "!=", "invalid"),
            ("received_at", ">=", get_midnight(self.company_id, date(self.year, 1, 1))),
            ("received_at", "<", get_midnight(self.company_id, date(self.year + 1, 1, 1))),
        ]
        return {**action, "domain": domain, "context": {}}
