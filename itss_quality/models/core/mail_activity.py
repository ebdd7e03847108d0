from odoo import models

from ...tools.references import hide_names


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _compute_res_name(self):
        super()._compute_res_name()
        hide_names(self, "res_model", "res_id", "res_name")
