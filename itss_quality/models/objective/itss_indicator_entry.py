from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.durations import get_today
from ...tools.indicators import get_span


class ItssIndicatorEntry(models.Model):
    """What was entered for an indicator that no records tell of: with evidence, by whom and when.

    Entries are only added. Of those for the same period and department the last one counts.
    """

    _name = "itss.indicator.entry"
    _description = "Entered Value of an Indicator"
    _inherit = ["itss.guard.mixin", "itss.evidence.mixin"]
    _order = "date_from desc, id desc"
    _rec_name = "indicator_id"
    _check_company_auto = True

    indicator_id = fields.Many2one(
        "itss.indicator",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('method', '=', 'manual')]",
    )
    company_id = fields.Many2one(
        related="indicator_id.company_id", store=True, index=True, precompute=True
    )
    unit = fields.Selection(related="indicator_id.unit")
    date = fields.Date(
        string="Day in the Period", required=True, default=lambda self: get_today(self.env.company)
    )
    date_from = fields.Date(string="From", compute="_compute_span", store=True, precompute=True)
    date_to = fields.Date(string="To", compute="_compute_span", store=True, precompute=True)
    department_id = fields.Many2one(
        "hr.department", check_company=True, index=True, help="Empty: the company as a whole."
    )
    numerator = fields.Float(
        required=True, help="What was counted, or the sum of what was measured."
    )
    denominator = fields.Float(required=True, default=1, help="Out of how many.")
    evidence = fields.Text(required=True, help="Where the numbers come from.")
    user_id = fields.Many2one(
        "res.users",
        string="Entered by",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
    )
    entered_at = fields.Datetime(
        string="Entered on", required=True, readonly=True, default=fields.Datetime.now
    )

    _stamp_fields = ("user_id", "entered_at")

    _denominator_positive = models.Constraint(
        "CHECK(denominator > 0 AND numerator >= 0)",
        "The denominator is more than 0, and the numerator not less.",
    )

    @api.depends("date", "indicator_id.frequency")
    def _compute_span(self):
        for entry in self:
            frequency = entry.indicator_id.frequency
            span = get_span(entry.date, frequency) if entry.date and frequency else (False, False)
            entry.date_from, entry.date_to = span

    @api.model_create_multi
    def create(self, vals_list):
        entries = super().create(vals_list)
        for entry in entries:
            entry._check_open()
        for entry in entries.sudo():
            entry.indicator_id._compute_values([(entry.date_from, entry.date_to)])
        return entries

    def _check_open(self):
        """Raise when nothing can be entered for the period any more.

        :raise UserError: its values are frozen, or the indicator is measured by records
        """
        if self.indicator_id.method != "manual":
            raise UserError(
                self.env._(
                    "“%(indicator)s” is measured by records: nothing is entered for it.",
                    indicator=self.indicator_id.display_name,
                )
            )
        if self.company_id.sudo()._itss_is_frozen(self.date_to):
            raise UserError(
                self.env._("The values of this period are frozen: correct the value instead.")
            )

    def _are_files_frozen(self):
        return True
