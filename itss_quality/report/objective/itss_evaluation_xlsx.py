from odoo import models

from ...tools.workbook import Column

FACTS = (
    "number",
    "name",
    "version",
    "state",
    "objective_id",
    "date_from",
    "date_to",
    "figures_at",
    "met_count",
    "missed_count",
    "no_data_count",
    "summary",
    "conclusion",
    "missing_departments",
    "missing_reason",
)


class ItssEvaluationXlsx(models.AbstractModel):
    """Evaluations of objectives (目标实施效果分析评价报告) with those of the departments they collect."""

    _name = "report.itss_quality.evaluation_xlsx"
    _description = "Evaluation of Objectives as Excel"
    _inherit = "itss.xlsx.mixin"

    def _write_book(self, book, evaluations):
        details = self._get_export_details()
        # what the company's evaluation collects belongs to it, whoever reads it
        lines = evaluations.sudo().part_ids.line_ids | evaluations.sudo().line_ids
        for title, columns, rows in (
            (
                self.env._("Evaluations"),
                self._get_fact_columns(70),
                self._list_evaluations(evaluations),
            ),
            (self.env._("Results"), self._get_result_columns(), lines),
            (
                self.env._("Issue and Reading"),
                self._get_receipt_columns(),
                self._list_receipts(evaluations),
            ),
        ):
            book.add_table(title, (title, details), columns, rows)

    def _list_evaluations(self, evaluations):
        for evaluation in evaluations:
            yield from self._list_facts(evaluation, FACTS)
            yield from self._list_signatures(evaluation)

    def _get_result_columns(self):
        return [
            Column(
                self.env._("Department"),
                20,
                lambda line: line.department_id.name or line.company_id.name,
            ),
            Column(self.env._("Objective"), 36, "name"),
            Column(self.env._("Target Value"), 14, "target_text", kind="centered"),
            Column(
                self.env._("Actual"),
                12,
                lambda line: line.actual if line.result != "no_data" else line.actual_text,
                kind="figure",
            ),
            Column(self.env._("Counted"), 12, "numerator"),
            Column(self.env._("Out of"), 12, "denominator"),
            Column(self.env._("n"), 10, "actual_n"),
            Column(self.env._("Result"), 12, "result"),
            Column(self.env._("Cause"), 44, "cause"),
            Column(self.env._("Improvement"), 18, lambda line: line.improvement_id.number),
            Column(self.env._("Status of the Improvement"), 16, "improvement_state"),
        ]
