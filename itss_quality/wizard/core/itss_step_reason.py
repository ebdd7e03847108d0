from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.public import public


class ItssStepReason(models.TransientModel):
    """Dialog that asks why a step is taken, and then takes it as the user."""

    _name = "itss.step.reason"
    _description = "Reason for a Step"
    _inherit = ["itss.guard.mixin"]

    res_model = fields.Char(required=True, readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", required=True, readonly=True)
    new_state = fields.Char(required=True, readonly=True)
    info = fields.Text(compute="_compute_info")
    title = fields.Char(compute="_compute_info")
    reason = fields.Text(required=True)

    @api.depends("res_model", "res_id", "new_state")
    def _compute_info(self):
        for wizard in self:
            if not (wizard.res_id and wizard.new_state):
                wizard.info = wizard.title = False
                continue
            record = wizard._get_record()
            wizard.info = record._get_step_info(wizard.new_state)
            field = record._get_reason_field(record.state, wizard.new_state)
            wizard.title = record._get_field_labels([field or "state"])

    def _get_record(self):
        """Return the record, readable by the user.

        :raise UserError: its model has no steps
        :raise MissingError: there is no such record
        """
        workflow = self.env.registry["itss.workflow.mixin"]
        model = self.env.get(self.res_model)
        if not isinstance(model, workflow) or model._abstract:
            raise UserError(
                self.env._(
                    "“%(model)s” has no steps.",
                    model=self.res_model if model is None else model._description,
                )
            )
        record = model.browse(self.res_id)
        record.check_access("read")
        return record

    @public(on="record")
    def action_confirm(self):
        """Take the step with the reason given.

        :raise UserError: the record has moved on meanwhile, or has no steps
        :raise AccessError: missing role
        """
        record = self._get_record()
        field = record._get_reason_field(record.state, self.new_state)
        vals = {"state": self.new_state}
        if field:
            vals[field] = self.reason
        record.write(vals)
        return {"type": "ir.actions.act_window_close"}
