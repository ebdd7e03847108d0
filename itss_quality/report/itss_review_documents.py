from odoo import api, models
from odoo.exceptions import AccessError


class ItssReviewNoticeDocument(models.AbstractModel):
    _name = "report.itss_quality.itss_review_notice_document"
    _description = "Print of the Management Review Notice"
    _inherit = ["itss.document.report"]

    _document_model = "itss.review"


class ItssReviewInputsDocument(models.AbstractModel):
    """Inputs of a management review (管理评审输入), for those who see all of them."""

    _name = "report.itss_quality.itss_review_inputs_document"
    _description = "Print of the Management Review Inputs"
    _inherit = ["itss.document.report"]

    _document_model = "itss.review"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Refuse whoever sees some of the topic reports only.

        :raise AccessError: missing role (quality department or management)
        """
        if not self.env["itss.review.input"]._is_organiser():
            raise AccessError(
                self.env._(
                    "The topic reports of all departments are for the quality department and the "
                    "management."
                )
            )
        return super()._get_report_values(docids, data)


class ItssReviewMinutesDocument(models.AbstractModel):
    _name = "report.itss_quality.itss_review_minutes_document"
    _description = "Print of the Management Review Minutes"
    _inherit = ["itss.document.report"]

    _document_model = "itss.review"


class ItssReviewReportDocument(models.AbstractModel):
    """Report of a management review (管理评审报告), printed."""

    _name = "report.itss_quality.itss_review_report_document"
    _description = "Print of the Management Review Report"
    _inherit = ["itss.document.report"]

    _document_model = "itss.review.report"
