from odoo import models


class ItssAuditPlanDocument(models.AbstractModel):
    _name = "report.itss_quality.itss_audit_plan_document"
    _description = "Print of the Audit Plan"
    _inherit = ["itss.document.report"]

    _document_model = "itss.audit"


class ItssAuditChecklistDocument(models.AbstractModel):
    """Print of the filled-in checklist, for whoever may read the audit's questions."""

    _name = "report.itss_quality.itss_audit_checklist_document"
    _description = "Print of the Audit Checklist"
    _inherit = ["itss.audit.findings.document"]


class ItssAuditDistributionDocument(models.AbstractModel):
    _name = "report.itss_quality.itss_audit_distribution_document"
    _description = "Print of the Distribution of Nonconformities"
    _inherit = ["itss.audit.findings.document"]


class ItssAuditReportDocument(models.AbstractModel):
    _name = "report.itss_quality.itss_audit_report_document"
    _description = "Print of the Audit Report"
    _inherit = ["itss.document.report"]

    _document_model = "itss.audit.report"


class ItssMeetingDocument(models.AbstractModel):
    _name = "report.itss_quality.itss_meeting_document"
    _description = "Print of a Meeting Record"
    _inherit = ["itss.document.report"]

    _document_model = "itss.meeting"


class ItssNonconformityDocument(models.AbstractModel):
    _name = "report.itss_quality.itss_nonconformity_document"
    _description = "Print of the Nonconformity Report"
    _inherit = ["itss.document.report"]

    _document_model = "itss.nonconformity"
