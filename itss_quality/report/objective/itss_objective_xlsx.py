from odoo import models

from ...tools.workbook import Column


class ItssObjectiveXlsx(models.AbstractModel):
    """Countermeasure tables (目标展开对策表), a sheet each, as the import reads them."""

    _name = "report.itss_quality.objective_xlsx"
    _description = "Countermeasure Table as Excel"
    _inherit = "itss.xlsx.mixin"

    def _write_book(self, book, objectives):
        columns = self._get_columns()
        for index, objective in enumerate(objectives, 1):
            owner = objective.department_id.name or objective.company_id.name
            head = objective.display_name, self._get_export_details()
            book.add_table(f"{index} {owner}", head, columns, objective.line_ids)

    def _get_columns(self):
        return [
            Column(self.env._("Objective"), 34, "name"),
            Column(self.env._("Target Value"), 14, "target_text", kind="centered"),
            Column(self.env._("Present State"), 14, "baseline_text", kind="centered"),
            Column(self.env._("Countermeasure"), 48, "countermeasure"),
            Column(self.env._("Responsible Department / Person"), 26, "responsible_text"),
            Column(self.env._("Completion Date"), 14, "date_deadline"),
            Column(self.env._("Check Result"), 40, "check_result"),
            # by it the import finds the indicator, whatever the objective is called
            Column(
                self.env._("Indicator Code"),
                24,
                lambda line: line.indicator_id.sudo().code,
                is_hidden=True,
            ),
        ]
