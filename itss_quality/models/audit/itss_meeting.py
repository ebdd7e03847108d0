from odoo import api, fields, models

from .itss_audit import MEETING_KINDS


class ItssMeeting(models.Model):
    """Meetings of an internal audit: one to prepare it, and one each to open and to close it."""

    _inherit = "itss.meeting"

    audit_id = fields.Many2one(
        "itss.audit", index="btree_not_null", ondelete="cascade", check_company=True
    )
    kind = fields.Selection(
        selection_add=[
            ("preparatory", "Preparatory Meeting"),
            ("opening", "Opening Meeting"),
            ("closing", "Closing Meeting"),
        ],
        default="opening",
        ondelete=dict.fromkeys(MEETING_KINDS, "cascade"),
    )

    @api.model
    def _get_occasion_fields(self):
        return {**super()._get_occasion_fields(), **dict.fromkeys(MEETING_KINDS, "audit_id")}
