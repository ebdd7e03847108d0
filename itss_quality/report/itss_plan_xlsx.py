import re

from odoo import models
from odoo.exceptions import UserError

from ..tools.plan_date import parse_plan_date
from ..tools.plan_excel import EXTRA_FIELDS, NONE
from ..tools.plan_kind import guess_kind
from ..tools.plan_names import SEPARATOR, names_everybody, split_names

COLUMN_WIDTHS = (6, 24, 64, 16, 16, 14, 20)
PAPER_A4 = 9


class ItssPlanXlsx(models.AbstractModel):
    """The plan's table (plan chapter 7) as a workbook that the import wizard reads back."""

    _name = "report.itss_quality.plan_xlsx"
    _description = "Plan Table as Excel"
    _inherit = "report.report_xlsx.abstract"

    def get_workbook_options(self):
        """Return the options of the workbook: rows are streamed, whatever the plan's length."""
        return {**super().get_workbook_options(), "constant_memory": True}

    def generate_xlsx_report(self, workbook, data, plans):
        """Write one sheet per plan, or one empty table when there is none.

        :param xlsxwriter.Workbook workbook: the workbook to fill
        :param dict data: options of the report action
        :param plans: ``itss.plan`` records
        :raise UserError: a text is longer than an Excel cell can hold
        """
        formats = self._add_formats(workbook)
        for plan in plans or [plans]:
            name = " ".join(filter(None, (plan.number, plan.version))) or self.env._("Plan")
            sheet = workbook.add_worksheet(re.sub(r"[\[\]:*?/\\']", "-", name)[:31])
            self._set_layout(sheet)
            self._write_head(sheet, plan, formats)
            known = self.env["itss.plan.import"]._get_departments(plan.company_id)
            for index, line in enumerate(plan.line_ids, 3):
                self._write_line(sheet, index, line, known, formats)
            sheet.print_area(0, 0, 2 + len(plan.line_ids), len(COLUMN_WIDTHS) - 1)

    def _get_objs_for_report(self, docids, data):
        if data and data.get("template"):
            return self.env["itss.plan"]
        plans = super()._get_objs_for_report(docids, data)
        # as its PDF: who may read the plan gets the whole table
        plans.check_access("read")
        return plans.sudo()

    # -------------------------------------------------------------------------
    # Layout
    # -------------------------------------------------------------------------

    def _get_headings(self):
        """Return the heading of each column of the table, in its order (plan chapter 7)."""
        return {
            "number": self.env._("No."),
            "name": self.env._("Work item"),
            "measures": self.env._("Measures and requirements"),
            "responsible": self.env._("Responsible department"),
            "supporting": self.env._("Supporting department"),
            "in_charge": self.env._("Person in charge"),
            "date_text": self.env._("Planned date"),
        }

    def _add_formats(self, workbook):
        cell = {"border": 1, "valign": "vcenter", "text_wrap": True}
        centered = {**cell, "align": "center"}
        return {
            "title": workbook.add_format(
                {"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"}
            ),
            "subtitle": workbook.add_format({"align": "right", "font_color": "#666666"}),
            "heading": workbook.add_format({**centered, "bold": True, "bg_color": "#E7EEF7"}),
            "cell": workbook.add_format(cell),
            "centered": workbook.add_format(centered),
        }

    def _set_layout(self, sheet):
        for column, width in enumerate(COLUMN_WIDTHS):
            sheet.set_column(column, column, width)
        first = len(COLUMN_WIDTHS)
        sheet.set_column(first, first + len(EXTRA_FIELDS) - 1, 12, None, {"hidden": True})
        sheet.freeze_panes(3, 0)
        sheet.repeat_rows(2)
        sheet.set_landscape()
        sheet.set_paper(PAPER_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4)
        sheet.set_footer("&C&P / &N")
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})

    def _write_head(self, sheet, plan, formats):
        last = len(COLUMN_WIDTHS) - 1
        title = plan.name or self.env._("Quality Management Plan")
        # merged empty and filled as a string, as merge_range takes a name that starts with = for a
        # formula
        sheet.set_row(0, 30)
        sheet.merge_range(0, 0, 0, last, "", formats["title"])
        sheet.write_string(0, 0, title, formats["title"])
        subtitle = "  ".join(filter(None, (plan.number, plan.version)))
        sheet.merge_range(1, 0, 1, last, "", formats["subtitle"])
        sheet.write_string(1, 0, subtitle, formats["subtitle"])
        sheet.set_row(2, 24)
        for column, heading in enumerate((*self._get_headings().values(), *EXTRA_FIELDS)):
            sheet.write_string(2, column, heading, formats["heading"])

    # -------------------------------------------------------------------------
    # Lines
    # -------------------------------------------------------------------------

    def _write_line(self, sheet, index, line, known, formats):
        texts = self._get_texts(line)
        extras = self._get_extras(line, known)
        for column, (field, text) in enumerate(texts.items()):
            cell_format = formats["cell" if field in ("name", "measures") else "centered"]
            # as a string: a text that starts with = is no formula
            if sheet.write_string(index, column, text.replace("\r\n", "\n"), cell_format):
                raise UserError(
                    self.env._(
                        "“%(line)s” can't be exported: an Excel cell holds 32,767 characters, and "
                        "its %(column)s has %(length)s.",
                        line=line.display_name,
                        column=self._get_headings()[field],
                        length=len(text),
                    )
                )
        for column, field in enumerate(EXTRA_FIELDS, len(texts)):
            if field in extras:
                sheet.write_string(index, column, extras[field])

    def _get_texts(self, line):
        """Return the text of each printed cell of a line."""
        return {
            "number": line.number or "",
            "name": line.name,
            "measures": line.measures or "",
            "responsible": line.responsible_text or "",
            "supporting": line.supporting_text or "",
            "in_charge": line._get_in_charge_display(),
            "date_text": line._get_date_display(),
        }

    def _get_extras(self, line, known):
        """Return what the printed table does not say, for the hidden columns.

        Only what differs from what the import would read from the texts, so
        that a text changed in Excel is not overruled by what stood there before.
        """
        extras = {}
        parsed = parse_plan_date(line.date_text or "", line.plan_id.year)
        for field in ("date_start", "date_end"):
            if line[field] != getattr(parsed, field, False):
                extras[field] = str(line[field] or NONE)
        for field in ("all_year", "before_external_audit"):
            if line[field] != getattr(parsed, field, False):
                extras[field] = str(line[field]).upper()
        everybody = any(map(names_everybody, line._split_printed(line.supporting_text)))
        if line.supporting_all != everybody:
            extras["supporting_all"] = str(line.supporting_all).upper()
        if line.kind != guess_kind(line.name):
            extras["kind"] = line.kind
        if line.responsible_id and line.responsible_title:
            # the name alone, which every reader of the plan may see
            extras["responsible_id"] = line.sudo().responsible_id.name
        if not line.date_text and line._get_date_display():
            extras["no_date_text"] = "TRUE"
        return {**extras, **self._get_department_extras(line, known)}

    def _get_department_extras(self, line, known):
        """Return the departments of a line where its printed cells say something else."""
        extras = {}
        for field, text in (
            ("responsible_department_ids", line.responsible_text),
            ("supporting_department_ids", line.supporting_text),
        ):
            ids, rest = split_names(text or "", known)
            unknown = rest if field == "responsible_department_ids" else []
            if unknown or set(ids) != set(line[field].ids):
                extras[field] = SEPARATOR.join(line[field].mapped("complete_name")) or NONE
        return extras
