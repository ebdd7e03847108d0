from odoo import api, models
from odoo.exceptions import AccessError


class ItssReviewInputsDocument(models.AbstractModel):
    """Inputs of a management review (管理评审输入), for those who see all of them."""

    _name = "report.itss_quality.itss_review_inputs_document"
    _description = "Print of the Management Review Inputs"
    _inherit = ["itss.document.report"]

    @api.model
    def _check_print_access(self, records):
        """Refuse whoever sees some of the topic reports only: neither quality nor management."""
        if not self.env["itss.review.input"]._is_organiser():
            raise AccessError(
                self.env._(
                    "The topic reports of all departments are for the quality department and the "
                    "management."
                )
            )
        super()._check_print_access(records)
