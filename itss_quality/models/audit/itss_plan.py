from datetime import date

from odoo import api, models

UNSIGNED_STATES = ("draft", "submitted", "reviewed")


class ItssPlan(models.Model):
    """Annual plan: it says before it is signed which departments no audit of it will reach."""

    _inherit = "itss.plan"

    @api.depends(
        "state",
        "year",
        "line_ids.kind",
        "line_ids.state",
        "line_ids.responsible_department_ids",
        "line_ids.supporting_department_ids",
        "line_ids.supporting_all",
    )
    def _compute_warning(self):
        return super()._compute_warning()

    def _get_warnings(self):
        return super()._get_warnings() + self._get_coverage_warnings()

    def _get_coverage_warnings(self):
        """Name the departments whose last audit will be too long ago when the year ends."""
        plan = self._origin.sudo()
        if plan.state not in UNSIGNED_STATES:
            return []
        audits = self.env["itss.audit"].sudo()
        # not over line_ids: those of others must not stay in the cache
        lines = self.env["itss.plan.line"].sudo()
        lines = lines.search(
            [("plan_id", "=", plan.id), ("kind", "=", "audit"), ("state", "!=", "cancelled")]
        )
        planned = self.env["hr.department"].union(*map(audits._get_concerned, lines))
        unreached = audits._find_unreached(plan.company_id, date(plan.year, 12, 31), planned)
        if not unreached:
            return []
        return [
            self.env._(
                "By the end of %(year)s no audit will have reached these departments for %(months)s "
                "months, as no audit line of this plan names them: %(departments)s.",
                year=plan.year,
                months=plan.company_id.itss_audit_coverage_months,
                departments="、".join(unreached.mapped("name")),
            )
        ]
