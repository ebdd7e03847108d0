from odoo import fields, models

# how a ticket may end
ENDINGS = [("solved", "Solved"), ("cancelled", "Cancelled"), ("rejected", "Rejected")]


class HelpdeskTicketStage(models.Model):
    _name = "helpdesk.ticket.stage"
    _inherit = ["helpdesk.ticket.stage", "itss.callback.switch.mixin", "itss.setting.mixin"]

    _callback_switch = "itss_callback_required"

    itss_callback_required = fields.Boolean(
        string="Callback Required",
        help="A ticket that enters this stage from now on counts as solved: the service desk calls the customer back.",
        setting=("callback",),
    )
    itss_ending = fields.Selection(
        ENDINGS,
        string="Tickets Here Are",
        help="What has become of a ticket that enters this stage from now on. Figures count the solved ones "
        "out of all that have ended.",
        setting=("ticket",),
    )

    def _itss_is_over(self):
        """Whether a ticket has ended in this stage."""
        return bool(self.closed or self.itss_ending or self.itss_callback_required)

    def _itss_get_ending(self):
        """Return how a ticket ends that enters this stage; False where nobody has said."""
        return self.itss_ending or ("solved" if self.itss_callback_required else False)
