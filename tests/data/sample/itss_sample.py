from odoo import api, fields, models


class ItssSample(models.Model):
    """What a new area may begin with: a number, steps, and a line of the plan it carries out."""

    _name = "itss.sample"
    _description = "Sample"
    _inherit = [
        "itss.plan.work.mixin",
        "itss.numbered.mixin",
        "itss.todo.mixin",
        "mail.thread",
    ]

    _number_prefix = "SM"
    _plan_kinds = ("sample",)
    _proves_alone = True
    _list_action = "itss_quality.itss_sample_action"
    _begun_states = ("taken",)
    _transitions = {
        ("draft", "taken"): ("itss_quality.group_itss_quality",),
        ("taken", "closed"): ("itss_quality.group_itss_quality",),
    }
    _locked_states = ("closed",)
    _locked_fields = ("name",)

    name = fields.Char(required=True)
    state = fields.Selection(
        [("draft", "Draft"), ("taken", "Taken"), ("closed", "Closed")],
        string="Status",
        default="draft",
        required=True,
        tracking=True,
    )

    @api.model
    def _get_start_label(self):
        return self.env._("Take a Sample")

    @api.model
    def _prepare_work_vals(self, line):
        return {**super()._prepare_work_vals(line), "name": line.name}
