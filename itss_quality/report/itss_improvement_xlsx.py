from odoo import fields, models

WIDTHS = (14, 24, 32, 32, 14, 12, 12, 32, 32, 14, 12, 12, 14, 12, 32)

FIELDS = (
    "number",
    "source_name",
    "problem",
    "action",
    "owner_id",
    "date_deadline",
    "state",
    "completion",
    "verification",
    "verified_by_id",
    "verified_date",
    "effectiveness",
)


class ItssImprovementXlsx(models.AbstractModel):
    """Tracking table of improvements (改进措施跟踪表)."""

    _name = "report.itss_quality.improvement_xlsx"
    _description = "Tracking Table as Excel"
    _inherit = "itss.xlsx.mixin"

    def generate_xlsx_report(self, workbook, data, improvements):
        """Write one row per improvement.

        :param xlsxwriter.Workbook workbook: the workbook to fill
        :param dict data: options of the report action
        :param improvements: ``itss.improvement`` records
        """
        improvements.check_access("read")
        formats = self._add_formats(workbook)
        formats["day"] = workbook.add_format(
            {"border": 1, "valign": "vcenter", "num_format": "yyyy-mm-dd"}
        )
        details = self.env._(
            "Exported on %(moment)s by %(user)s",
            moment=self._get_export_moment(),
            user=self.env.user.name,
        )
        title = self.env._("Tracking Table of Improvements")
        sheet = workbook.add_worksheet(title[:31])
        self._write_head(sheet, title, details, self._get_headings(), WIDTHS, formats)
        for row, improvement in enumerate(improvements, 3):
            self._write_row(sheet, row, improvement, formats)

    def _get_headings(self):
        """Return the headings of the columns, in their order."""
        return (
            self.env._("Number"),
            self.env._("Source"),
            self.env._("Decision / Problem"),
            self.env._("Measure"),
            self.env._("Owner"),
            self.env._("Deadline"),
            self.env._("Status"),
            self.env._("Completion"),
            self.env._("Verification"),
            self.env._("Verified by"),
            self.env._("Verified on"),
            self.env._("Effectiveness"),
            self.env._("Effectiveness Checked by"),
            self.env._("Effectiveness Checked on"),
            self.env._("Effectiveness: Finding"),
        )

    def _write_row(self, sheet, row, improvement, formats):
        for column, name in enumerate(FIELDS):
            field, value = improvement._fields[name], improvement[name]
            if isinstance(field, fields.Date) and value:
                sheet.write_datetime(row, column, value, formats["day"])
                continue
            if isinstance(field, fields.Selection):
                value = dict(field._description_selection(self.env)).get(value)
            elif isinstance(field, fields.Many2one):
                # the name alone, which every reader of the table may see
                value = value.sudo().name
            self._write_text(sheet, row, column, value, formats["wrapped"])
        self._write_effectiveness(sheet, row, len(FIELDS), improvement, formats)

    def _write_effectiveness(self, sheet, row, column, improvement, formats):
        """Write who found when, and by what, whether the measure has worked."""
        check = improvement._get_last_effectiveness()
        self._write_text(sheet, row, column, check.user_id.sudo().name, formats["wrapped"])
        if check:
            day = fields.Datetime.context_timestamp(self, check.date).date()
            sheet.write_datetime(row, column + 1, day, formats["day"])
        else:
            sheet.write_blank(row, column + 1, None, formats["day"])
        self._write_text(sheet, row, column + 2, check.note, formats["wrapped"])
