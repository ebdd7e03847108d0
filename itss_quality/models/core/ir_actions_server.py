from odoo import models
from odoo.exceptions import AccessError


class IrActionsServer(models.Model):
    _inherit = "ir.actions.server"

    def _can_execute_action_on_records(self, records):
        """Let the clock and administrators alone run the addon's scheduled actions.

        Odoo lets everybody who may write their model run them, by ``/web/action/run``.
        """
        super()._can_execute_action_on_records(records)
        # asked in superuser mode, whoever runs it
        if records.env.su or self.env.user._is_system() or self.usage != "ir_cron":
            return
        if any(name.startswith("itss_quality.") for name in self.get_external_id().values()):
            raise AccessError(self.env._("Scheduled actions are run by the system alone."))
