from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    itss_improvement_escalation_days = fields.Integer(
        string="Tell the Head of the Department After (days)",
        default=7,
        help="How many days after its deadline an improvement is reported to the head of its department.",
        setting=("improvement",),
    )
    itss_improvement_check_days = fields.Integer(
        string="Effectiveness Check After (days)",
        default=90,
        help="How long after an improvement was verified it is looked whether it has worked.",
        setting=("improvement",),
    )

    _itss_improvement_days_positive = models.Constraint(
        "CHECK(itss_improvement_escalation_days >= 0 AND itss_improvement_check_days >= 0)",
        "Days can't be negative.",
    )
