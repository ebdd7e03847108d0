from odoo import fields, models


class HelpdeskTicketStage(models.Model):
    _inherit = "helpdesk.ticket.stage"

    itss_callback_required = fields.Boolean(
        string="Callback Required",
        help="A ticket that enters this stage counts as solved: the service desk calls the customer back.",
    )
