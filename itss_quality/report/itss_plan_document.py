from odoo import models


class ItssPlanDocument(models.AbstractModel):
    _name = "report.itss_quality.itss_plan_document"
    _description = "Print of the Quality Management Plan"
    _inherit = ["itss.document.report"]

    _document_model = "itss.plan"
