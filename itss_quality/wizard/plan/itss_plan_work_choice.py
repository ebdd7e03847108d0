from odoo import api, fields, models

from ...tools.public import public


class ItssPlanWorkChoice(models.TransientModel):
    """Row of the dialog that asks which kind of record to start or to show, where several kinds
    carry out a line of the plan.
    """

    _name = "itss.plan.work.choice"
    _description = "Choice of a Plan Line's Records"
    _inherit = ["itss.guard.mixin"]

    line_id = fields.Many2one("itss.plan.line", required=True, readonly=True, ondelete="cascade")
    work_model = fields.Char(required=True, readonly=True)
    is_new = fields.Boolean(readonly=True)
    name = fields.Char(compute="_compute_name")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("work_model", "is_new")
    def _compute_name(self):
        for choice in self:
            choice.name = ""
            for work in choice._get_work_models():
                choice.name = (
                    work._get_start_label() if choice.is_new else work._get_list_action()["name"]
                )

    def _get_work_models(self):
        """Return the model, or none if it carries out no line."""
        works = self.line_id._get_work_models()
        return [work for work in works if work._name == self.work_model]

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @api.model
    def _action_choose(self, line, works, is_new):
        """Open the dialog for a line.

        :param works: models of the records to choose from
        :param bool is_new: whether one is to be started, else those there are shown
        :return: window action
        """
        choices = self.create(
            [{"line_id": line.id, "work_model": work._name, "is_new": is_new} for work in works]
        )
        return {
            "type": "ir.actions.act_window",
            "name": line.start_label if is_new else line.work_label,
            "res_model": self._name,
            "view_mode": "kanban",
            "target": "new",
            "domain": [("id", "in", choices.ids)],
        }

    @public(on="record")
    def action_choose(self):
        """Start or show what was chosen.

        :return: window action
        :raise UserError: it carries out no line
        :raise AccessError: the user may not make any
        """
        return self.line_id._choose_work(self._get_work_models(), self.is_new)
