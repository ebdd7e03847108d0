from odoo import api, fields, models

from ...tools.public import public


class ResPartner(models.Model):
    _inherit = "res.partner"

    itss_callback_count = fields.Integer(
        string="Callbacks", compute="_compute_itss_callback", groups="base.group_user"
    )
    itss_callback_rated = fields.Integer(
        string="Rated Callbacks", compute="_compute_itss_callback", groups="base.group_user"
    )
    itss_callback_score = fields.Float(
        string="Average Satisfaction",
        compute="_compute_itss_callback",
        digits=(5, 2),
        groups="base.group_user",
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_itss_callback(self):
        figures = {}
        for field in ("customer_id", "partner_id"):
            groups = self.env["itss.callback"]._read_group(
                [(field, "in", self.ids), ("state", "!=", "cancelled")],
                [field],
                ["__count", "done_at:count", "score:avg"],
            )
            figures |= {(field, partner.id): rest for partner, *rest in groups}
        for partner in self:
            # a company stands for all its contacts
            field = "customer_id" if partner == partner.commercial_partner_id else "partner_id"
            count, rated, score = figures.get((field, partner.id), (0, 0, 0))
            partner.itss_callback_count = count
            partner.itss_callback_rated = rated
            partner.itss_callback_score = score

    @public(on="record")
    def action_itss_view_callbacks(self):
        """Open the callbacks of the customer, or of the contact.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("itss_quality.itss_callback_action")
        field = "customer_id" if self == self.commercial_partner_id else "partner_id"
        return {**action, "domain": [(field, "=", self.id)], "context": {}}
