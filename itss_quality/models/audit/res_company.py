from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    itss_auditor_check = fields.Selection(
        [("refuse", "Refuse"), ("warn", "Warn")],
        string="Unqualified Auditors",
        default="refuse",
        required=True,
        help="What happens when an auditor is not qualified for the whole time of an audit.",
        setting=("audit",),
    )
    itss_nonconformity_days = fields.Integer(
        string="Days to Correct a Nonconformity",
        default=30,
        help="The deadline that a new nonconformity starts with.",
        setting=("audit",),
    )
    itss_audit_coverage_months = fields.Integer(
        string="Months Between Audits of a Department",
        default=12,
        help="A new audit plan warns about departments that no audit has reached for so long.",
        setting=("audit",),
    )

    _itss_nonconformity_days_positive = models.Constraint(
        "CHECK(itss_nonconformity_days >= 0)",
        "A nonconformity can't be corrected before it is raised.",
    )
    _itss_audit_coverage_months_positive = models.Constraint(
        "CHECK(itss_audit_coverage_months > 0)",
        "Departments are audited again after one month at the earliest.",
    )
