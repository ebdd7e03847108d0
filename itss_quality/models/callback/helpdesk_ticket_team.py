from odoo import fields, models


class HelpdeskTicketTeam(models.Model):
    _name = "helpdesk.ticket.team"
    _inherit = ["helpdesk.ticket.team", "itss.callback.switch.mixin", "itss.setting.mixin"]

    _callback_switch = "itss_callback_exempt"

    itss_callback_exempt = fields.Boolean(
        string="No Callbacks",
        help="Customers are not called back after tickets that this team solves from now on, such as internal ones.",
        setting=("callback",),
    )
    itss_reopen_stage_id = fields.Many2one(
        "helpdesk.ticket.stage",
        string="Stage of Unsolved Tickets",
        ondelete="restrict",
        domain="[('itss_callback_required', '=', False), ('closed', '=', False),"
        " ('company_id', 'in', (company_id, False)), '|', ('team_ids', '=', id), ('team_ids', '=', False)]",
        help="Where a ticket goes when its customer says that it was not solved. "
        "Empty: the first stage in which the team works on tickets.",
        setting=("callback",),
    )
    # whoever leads the team is told of its overdue callbacks, and may read them
    itss_leader_id = fields.Many2one(related="user_id", string="Leader Told of Overdue Callbacks")

    def _itss_get_reopen_stage(self):
        """Return the stage in which work on an unsolved ticket goes on; empty when there is none."""
        stages = self._get_applicable_stages().filtered(
            lambda stage: not stage.closed and not stage.itss_callback_required
        )
        chosen = self.itss_reopen_stage_id & stages
        attended = stages.filtered(lambda stage: not stage.unattended)
        return chosen or attended[:1] or stages[:1]
