from odoo import fields, models


class ItssReceipt(models.Model):
    """Proof that a document was issued to somebody, and read (发放与阅读确认)."""

    _name = "itss.receipt"
    _description = "Read Confirmation"
    _inherit = ["itss.guard.mixin"]
    _order = "issued_at, id"
    _rec_name = "user_id"

    res_model = fields.Char(string="Kind of Document", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Issued Document", model_field="res_model", required=True, readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Recipient", required=True, readonly=True, index=True
    )
    issued_at = fields.Datetime(
        string="Issued on", default=fields.Datetime.now, required=True, readonly=True
    )
    read_at = fields.Datetime(string="Read on", readonly=True)

    _receipt_unique = models.UniqueIndex(
        "(res_model, res_id, user_id)", "The document was issued to this person already."
    )
