from odoo import api, fields, models

from ...tools.plan_date import PlanDate, parse_plan_date
from ...tools.references import filter_readable
from ...tools.values import check_ids, check_values

TEXT_FIELDS = (
    "number",
    "name",
    "measures",
    "kind",
    "responsible_text",
    "supporting_text",
    "date_text",
)
DEPARTMENT_FIELDS = ("responsible_department_ids", "supporting_department_ids")


def get_line_dates(vals, year):
    """Return the dates a plan line with these values will have.

    :param dict vals: values of ``itss.plan.line``; dates and flags given win over the text
    :param int year: the plan's year
    :return: PlanDate; its dates are False when there are none
    """
    parsed = parse_plan_date(vals.get("date_text"), year) or PlanDate(False, False)
    dates = parsed._replace(**{name: vals[name] for name in PlanDate._fields if name in vals})
    return dates._replace(
        date_start=fields.Date.to_date(dates.date_start) or False,
        date_end=fields.Date.to_date(dates.date_end) or False,
    )


class ItssPlanImportLine(models.TransientModel):
    """Row of the file as it will be imported: the preview shows what ``vals`` holds."""

    _name = "itss.plan.import.line"
    _description = "Row of the Plan's Table to Import"
    _inherit = ["itss.guard.mixin"]
    _order = "row, id"
    # from the file alone
    _stamp_fields = ("vals", "unknown_departments")

    wizard_id = fields.Many2one("itss.plan.import", required=True, index=True, ondelete="cascade")
    row = fields.Integer(required=True, aggregator=None)
    vals = fields.Json(required=True)
    unknown_departments = fields.Json()
    remarks = fields.Text()

    number = fields.Char(compute="_compute_texts")
    # a list cuts Char fields short and wraps Text fields
    name = fields.Text(string="Work Item", compute="_compute_texts")
    measures = fields.Text(string="Measures and Requirements", compute="_compute_texts")
    kind = fields.Selection(
        selection=lambda self: (
            self.env["itss.plan.line"]._fields["kind"]._description_selection(self.env)
        ),
        compute="_compute_texts",
    )
    responsible_text = fields.Char(string="Responsible (as printed)", compute="_compute_texts")
    supporting_text = fields.Char(string="Supporting (as printed)", compute="_compute_texts")
    in_charge = fields.Char(compute="_compute_records")
    date_text = fields.Text(string="Planned Date", compute="_compute_texts")
    responsible_department_ids = fields.Many2many(
        "hr.department", string="Responsible Departments", compute="_compute_records"
    )
    supporting_department_ids = fields.Many2many(
        "hr.department", string="Supporting Departments", compute="_compute_records"
    )
    responsible_id = fields.Many2one(
        "hr.employee", string="Person in Charge", compute="_compute_records"
    )
    date_start = fields.Date(string="Start", compute="_compute_dates")
    date_end = fields.Date(string="Due Date", compute="_compute_dates")
    all_year = fields.Boolean(compute="_compute_dates")
    before_external_audit = fields.Boolean(compute="_compute_dates")
    warning = fields.Text(compute="_compute_warning")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("vals")
    def _compute_texts(self):
        for line in self:
            for name in TEXT_FIELDS:
                line[name] = line._get_vals().get(name)

    @api.depends("vals")
    def _compute_records(self):
        for line in self:
            vals = line._get_vals()
            for name in DEPARTMENT_FIELDS:
                departments = self.env["hr.department"].browse(vals.get(name) or ())
                line[name] = filter_readable(departments)
            employee = self.env["hr.employee"].browse(vals.get("responsible_id") or ())
            line.responsible_id = filter_readable(employee)
            line.in_charge = vals.get("responsible_title") or line.responsible_id.name

    @api.depends("vals", "wizard_id.plan_id", "wizard_id.year")
    def _compute_dates(self):
        for line in self:
            line.update(get_line_dates(line._get_vals(), line.wizard_id._get_year())._asdict())

    @api.depends("remarks", "unknown_departments", "date_text", "date_start", "date_end")
    def _compute_warning(self):
        for line in self:
            line.warning = "\n".join(line._get_warnings())

    def _get_vals(self):
        """Return the values of the plan line, as the file or a form that is not saved gives them.

        :raise UserError: a plan line can't have them
        """
        vals = self.vals or {}
        check_values(self.env["itss.plan.line"], vals)
        for name in DEPARTMENT_FIELDS:
            check_ids(self.env["hr.department"].browse(vals.get(name) or ()))
        return vals

    def _get_unknown(self):
        """Return the names in the row that no department has."""
        names = self.unknown_departments
        return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []

    def _get_warnings(self):
        """Return what the planner should look at before importing the row."""
        self.ensure_one()
        warnings = [
            self.env._("There is no department “%s”.", name) for name in self._get_unknown()
        ]
        if not warnings and not self._get_vals().get("responsible_department_ids"):
            warnings.append(self.env._("There is no responsible department."))
        warnings += filter(None, [self.remarks])
        year = self.wizard_id._get_year()
        days = [day for day in (self.date_start, self.date_end) if day]
        if not days and self.date_text:
            warnings.append(self.env._("The planned date is not understood and is kept as text."))
        elif not days:
            warnings.append(self.env._("There is no planned date."))
        elif year and any(day.year != year for day in days):
            warnings.append(
                self.env._("The line lies outside the plan's year %(year)s.", year=year)
            )
        return warnings
