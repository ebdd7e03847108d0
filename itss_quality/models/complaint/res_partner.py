from odoo import api, fields, models

from ...tools.public import public

READERS = "itss_quality.group_itss_service_desk,itss_quality.group_itss_management"


class ResPartner(models.Model):
    _inherit = "res.partner"

    itss_complaint_count = fields.Integer(
        string="Complaints", compute="_compute_itss_complaint_count", groups=READERS
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_itss_complaint_count(self):
        counts = {}
        for field in ("partner_id", "customer_id"):
            groups = self.env["itss.complaint"]._read_group(
                [(field, "in", self.ids)], [field], ["__count"]
            )
            # a company stands for all its contacts
            counts |= {partner.id: count for partner, count in groups}
        for partner in self:
            partner.itss_complaint_count = counts.get(partner.id, 0)

    @public(on="record")
    def action_itss_register_complaint(self):
        """Open a new complaint of the contact.

        :return: window action on an unsaved form
        :raise AccessError: the user may not register complaints
        """
        return self.env["itss.complaint"]._action_register(self, partner_id=self.id)

    @public(on="record")
    def action_itss_view_complaints(self):
        """Open the complaints of the customer, or of the contact.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("itss_quality.itss_complaint_action")
        domain = ["|", ("partner_id", "=", self.id), ("customer_id", "=", self.id)]
        return {**action, "domain": domain, "context": {"default_partner_id": self.id}}
