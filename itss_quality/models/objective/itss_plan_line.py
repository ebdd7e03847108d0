from odoo import api, fields, models

from ...tools.public import public


class ItssPlanLine(models.Model):
    """Line of the plan that sets objectives or evaluates them (plan lines 1 and 8): how many are met."""

    _inherit = "itss.plan.line"

    objective_met_text = fields.Char(
        string="Objectives Met",
        compute="_compute_objective_met_text",
        help="Of the company's objectives of the year, out of those that have data.",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("kind", "year", "company_id")
    @api.depends_context("uid", "lang")
    def _compute_objective_met_text(self):
        lines = self.filtered(lambda line: line.kind in ("objectives", "evaluation"))
        objectives = self.env["itss.objective"].search(
            [
                ("company_id", "in", lines.company_id.ids),
                ("year", "in", lines.mapped("year")),
                ("level", "=", "company"),
                ("state", "=", "approved"),
            ]
        )
        texts = {(one.company_id, one.year): one._get_met_text() for one in objectives}
        for line in self:
            key = (line.company_id, line.year)
            line.objective_met_text = texts.get(key, "") if line in lines else ""

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    def _has_result(self, review_line):
        """An evaluation has to be signed, whatever its line says; a review that was held has had what
        there was.
        """
        has_result = super()._has_result(review_line)
        if self.kind != "evaluation" or review_line.state == "done":
            return has_result
        return has_result and bool(self._filter_proved())

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_view_objectives(self):
        """Open the objectives of the year with their results, by who has set them.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "itss_quality.itss_objective_line_action"
        )
        domain = [
            ("company_id", "=", self.company_id.id),
            ("year", "=", self.year),
            ("objective_state", "=", "approved"),
        ]
        return {**action, "domain": domain}
