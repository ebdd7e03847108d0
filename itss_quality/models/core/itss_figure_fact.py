from odoo import fields, models


class ItssFigureFact(models.Model):
    """What a field that figures count has said, from when on: written by the records themselves,
    whenever it changes; no user has the right to create or change one.

    A field that never changed has none: it has always said what it says.
    """

    _name = "itss.figure.fact"
    _description = "Dated Fact of Figures"
    _inherit = ["itss.guard.mixin"]
    _order = "at desc, id desc"
    _rec_name = "name"

    company_id = fields.Many2one("res.company", readonly=True, index=True)
    res_model = fields.Char(string="Kind of Record", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Record", model_field="res_model", required=True, readonly=True
    )
    name = fields.Char(string="Field", required=True, readonly=True)
    value = fields.Char(readonly=True, help="As it is stored; empty if nothing was entered.")
    at = fields.Datetime(string="Since", required=True, readonly=True)

    _record_index = models.Index("(res_model, name, res_id, at)")
