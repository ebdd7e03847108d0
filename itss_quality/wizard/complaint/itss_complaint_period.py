from odoo import models

from ...tools.figures import Period
from ...tools.public import public


class ItssComplaintPeriod(models.TransientModel):
    """Which complaints go into the statistics (投诉统计): those received in a period."""

    _name = "itss.complaint.period"
    _description = "Complaints of a Period"
    _inherit = ["itss.guard.mixin", "itss.period.mixin"]

    def _get_period(self):
        self.ensure_one()
        return Period(self.company_id, self.date_from, self.date_to)

    @public(on="record")
    def action_export(self):
        """Download records and statistics as they were when the period ended, as Excel.

        :return: report action
        """
        return self.env.ref("itss_quality.itss_complaint_period_xlsx_action").report_action(self)
