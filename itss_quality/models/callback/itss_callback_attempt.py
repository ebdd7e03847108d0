from odoo import fields, models

from .itss_callback import OUTCOMES


class ItssCallbackAttempt(models.Model):
    """One call of a callback: when, who, what came of it. Nobody changes or deletes it."""

    _name = "itss.callback.attempt"
    _description = "Call Attempt"
    _inherit = ["itss.guard.mixin"]
    _order = "date desc, id desc"
    _rec_name = "date"

    callback_id = fields.Many2one(
        "itss.callback", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="callback_id.company_id", store=True, index=True)
    date = fields.Datetime(
        string="Called on", required=True, readonly=True, default=fields.Datetime.now
    )
    user_id = fields.Many2one("res.users", string="Agent", required=True, readonly=True)
    outcome = fields.Selection(OUTCOMES, required=True, readonly=True)
    note = fields.Text(readonly=True)
    next_call = fields.Datetime(string="Call Again on", readonly=True)
