from odoo import api, fields, models


class ItssMeeting(models.Model):
    """Meeting of a management review."""

    _inherit = "itss.meeting"

    review_id = fields.Many2one(
        "itss.review", index="btree_not_null", ondelete="cascade", check_company=True
    )
    kind = fields.Selection(
        selection_add=[("review", "Management Review")], ondelete={"review": "cascade"}
    )

    @api.model
    def _get_occasion_fields(self):
        return {**super()._get_occasion_fields(), "review": "review_id"}
