from odoo import fields, models


class HelpdeskTicketStage(models.Model):
    _name = "helpdesk.ticket.stage"
    _inherit = ["helpdesk.ticket.stage", "itss.callback.switch.mixin", "itss.setting.mixin"]

    _callback_switch = "itss_callback_required"

    itss_callback_required = fields.Boolean(
        string="Callback Required",
        help="A ticket that enters this stage from now on counts as solved: the service desk calls the customer back.",
        setting=("callback",),
    )
