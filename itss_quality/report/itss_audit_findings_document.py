from odoo import api, models


class ItssAuditFindingsDocument(models.AbstractModel):
    """Print of what an audit found: an audited department, which reads the plan, gets none of it."""

    _name = "itss.audit.findings.document"
    _description = "Print of an Audit's Findings"
    _inherit = ["itss.document.report"]

    _document_model = "itss.audit"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Check that the user may read every finding, then hand the audits over whole.

        :raise AccessError: the user may not read all questions of the audits
        """
        audits = self.env["itss.audit"].browse(docids)
        audits._check_findings_access()
        return super()._get_report_values(docids, data)
