from odoo import api, fields, models


class ItssPlanWorkChoice(models.TransientModel):
    """Row of the dialog that asks which kind of record to start or to show, where several kinds
    carry out a line of the plan.
    """

    _name = "itss.plan.work.choice"
    _description = "Choice of a Plan Line's Records"

    line_id = fields.Many2one("itss.plan.line", required=True, readonly=True, ondelete="cascade")
    work_model = fields.Selection(
        lambda self: [
            (work._name, work._description)
            for work in self.env["itss.plan.line"].sudo()._get_work_models()
        ],
        required=True,
        readonly=True,
    )
    is_new = fields.Boolean(readonly=True)
    name = fields.Char(compute="_compute_name")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("work_model", "is_new")
    def _compute_name(self):
        for choice in self:
            work = self.env[choice.work_model]
            choice.name = (
                work._get_start_label() if choice.is_new else work._get_list_action()["name"]
            )

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
            "view_mode": "list",
            "target": "new",
            "domain": [("id", "in", choices.ids)],
        }

    def action_choose(self):
        """Start or show what was chosen.

        :return: window action
        """
        self.ensure_one()
        return self.line_id._choose_work([self.env[self.work_model]], self.is_new)
