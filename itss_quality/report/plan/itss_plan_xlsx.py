from odoo import models
from odoo.exceptions import UserError

from ...tools.plan_date import parse_plan_date
from ...tools.plan_excel import EXTRA_FIELDS, NONE
from ...tools.plan_kind import guess_kind
from ...tools.plan_names import SEPARATOR, names_everybody, split_names
from ...tools.workbook import CELL_LIMIT, Column

# how wide the printed columns are; long texts stand on the left
WIDTHS = {
    "number": 6,
    "name": 24,
    "measures": 64,
    "responsible": 16,
    "supporting": 16,
    "in_charge": 14,
    "date_text": 20,
}
LEFT = ("name", "measures")


class ItssPlanXlsx(models.AbstractModel):
    """The plan's table (plan chapter 7) as a workbook that the import wizard reads back."""

    _name = "report.itss_quality.plan_xlsx"
    _description = "Plan Table as Excel"
    _inherit = "itss.xlsx.mixin"

    def _write_book(self, book, plans):
        """Write one sheet per plan, or one empty table when there is none.

        :raise UserError: a text is longer than an Excel cell can hold
        """
        columns = self._get_columns()
        for plan in plans or [plans]:
            number = " ".join(filter(None, (plan.number, plan.version)))
            details = " ".join(filter(None, (number, self._get_separation_mark(plan))))
            head = plan.name or self.env._("Quality Management Plan"), details
            rows = self._list_lines(plan)
            book.add_table(number or self.env._("Plan"), head, columns, rows)

    def _get_objs_for_report(self, docids, data):
        if data and data.get("template"):
            return self.env["itss.plan"]
        # as its PDF: who may read the plan gets the whole table
        return super()._get_objs_for_report(docids, data).sudo()

    # -------------------------------------------------------------------------
    # Columns
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

    def _get_columns(self):
        """Return the printed columns, and the hidden ones that the import reads, too."""
        return [
            *(
                Column(label, WIDTHS[field], kind="wrapped" if field in LEFT else "centered")
                for field, label in self._get_headings().items()
            ),
            *(Column(field, 12, kind="text", is_hidden=True) for field in EXTRA_FIELDS),
        ]

    # -------------------------------------------------------------------------
    # Lines
    # -------------------------------------------------------------------------

    def _list_lines(self, plan):
        known = self.env["itss.plan.import"]._get_departments(plan.company_id)
        for line in plan.line_ids:
            texts = self._get_texts(line)
            self._check_lengths(line, texts)
            extras = self._get_extras(line, known)
            yield [*texts.values(), *map(extras.get, EXTRA_FIELDS)]

    def _check_lengths(self, line, texts):
        # a text cut short would not be told when it is read back
        for field, text in texts.items():
            if len(text) > CELL_LIMIT:
                raise UserError(
                    self.env._(
                        "“%(line)s” can't be exported: an Excel cell holds 32,767 characters, and "
                        "its %(column)s has %(length)s.",
                        line=line.display_name,
                        column=self._get_headings()[field],
                        length=len(text),
                    )
                )

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
