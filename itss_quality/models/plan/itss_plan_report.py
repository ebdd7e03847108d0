from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.durations import get_day


class ItssPlanReport(models.Model):
    """Progress report of a department on a plan line (定期汇报计划的实施情况, plan 5).

    Append-only: what was reported, when and by whom can't be altered afterwards.
    """

    _name = "itss.plan.report"
    _description = "Progress Report"
    _inherit = ["itss.guard.mixin", "itss.evidence.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    line_id = fields.Many2one("itss.plan.line", required=True, index=True, ondelete="cascade")
    plan_id = fields.Many2one(related="line_id.plan_id", store=True, index=True)
    company_id = fields.Many2one(related="line_id.company_id", store=True, index=True)
    date = fields.Datetime(default=fields.Datetime.now, required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users",
        string="Reported by",
        default=lambda self: self.env.user,
        required=True,
        readonly=True,
    )
    department_id = fields.Many2one(
        "hr.department",
        compute="_compute_department_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        help="The department that reports. Only responsible departments move the progress.",
    )
    percent = fields.Integer(string="Progress (%)", required=True, aggregator="avg")
    text = fields.Text(string="Report", required=True)

    _percent_range = models.Constraint(
        "CHECK(percent BETWEEN 0 AND 100)", "The progress is between 0 and 100 %."
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("line_id")
    def _compute_department_id(self):
        # the reporter's own department among those of the line, as nobody else's is meant
        own = self.env.user.sudo().employee_ids.department_id
        for report in self:
            line = report.line_id
            concerned = line.responsible_department_ids | line.supporting_department_ids
            report.department_id = (
                (own & concerned)[:1] or own[:1] or line.responsible_department_ids[:1]
            )

    @api.depends("department_id", "date")
    def _compute_display_name(self):
        for report in self:
            day = get_day(report.company_id, report.date)
            report.display_name = f"{report.department_id.name or report.user_id.name} {day}"

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            now = fields.Datetime.now()
            vals_list = [{**vals, "date": now, "user_id": self.env.uid} for vals in vals_list]
        reports = super().create(vals_list)
        if not self.env.su:
            reports._check_reportable()
        reports.line_id._follow_report(reports)
        return reports

    def write(self, vals):
        if not self.env.su:
            raise UserError(
                self.env._("A progress report can't be changed; add a new one that puts it right.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_superuser(self):
        if not self.env.su:
            raise UserError(self.env._("A progress report can't be deleted."))

    # -------------------------------------------------------------------------
    # Checks
    # -------------------------------------------------------------------------

    def _check_reportable(self):
        is_quality = self.env.user.has_group("itss_quality.group_itss_quality")
        own = self.env.user.sudo().employee_ids.department_id
        for report in self:
            line = report.line_id
            if not line._is_open():
                raise UserError(
                    self.env._(
                        "“%(line)s” takes no progress report: its plan is not running "
                        "or the line is done or cancelled.",
                        line=line.display_name,
                    )
                )
            if not is_quality and report.department_id and report.department_id not in own:
                raise UserError(
                    self.env._(
                        "You can report for your own department only, not for %(department)s.",
                        department=report.department_id.name,
                    )
                )

    def _are_files_frozen(self):
        return True
