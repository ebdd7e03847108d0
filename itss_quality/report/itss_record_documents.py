from odoo import models


class ItssComplaintDocument(models.AbstractModel):
    _name = "report.itss_quality.itss_complaint_document"
    _description = "Print of Complaint Records"
    _inherit = ["itss.document.report"]

    _document_model = "itss.complaint"


class ItssImprovementDocument(models.AbstractModel):
    _name = "report.itss_quality.itss_improvement_document"
    _description = "Print of the Tracking Table of Improvements"
    _inherit = ["itss.document.report"]

    _document_model = "itss.improvement"
