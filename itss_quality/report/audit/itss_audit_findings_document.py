from odoo import api, models


class ItssAuditFindingsDocument(models.AbstractModel):
    """Print of what an audit found: an audited department, which reads the plan, gets none of it."""

    _name = "itss.audit.findings.document"
    _description = "Print of an Audit's Findings"
    _inherit = ["itss.document.report"]

    @api.model
    def _check_print_access(self, records):
        """Refuse whoever may not read all questions of the audits."""
        records._check_findings_access()
        super()._check_print_access(records)


class ItssAuditChecklistDocument(models.AbstractModel):
    _name = "report.itss_quality.itss_audit_checklist_document"
    _description = "Print of the Audit Checklist"
    _inherit = ["itss.audit.findings.document"]


class ItssAuditDistributionDocument(models.AbstractModel):
    _name = "report.itss_quality.itss_audit_distribution_document"
    _description = "Print of the Distribution of Nonconformities"
    _inherit = ["itss.audit.findings.document"]
