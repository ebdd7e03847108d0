from odoo import api, fields, models

READERS = "itss_quality.group_itss_service_desk,itss_quality.group_itss_management"


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
        digits=(5, 1),
        groups="base.group_user",
    )

    itss_complaint_count = fields.Integer(
        string="Complaints", compute="_compute_itss_complaint_count", groups=READERS
    )
    itss_survey_count = fields.Integer(
        string="Surveys Answered", compute="_compute_itss_survey", groups=READERS
    )
    itss_survey_score = fields.Float(
        string="Satisfaction in the Last Survey",
        compute="_compute_itss_survey",
        digits=(5, 1),
        groups=READERS,
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

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_itss_survey(self):
        for partner in self:
            partner.itss_survey_count = 0
            partner.itss_survey_score = 0
        # of each contact or customer the newest survey comes last
        participants = self.env["itss.survey.participant"].search(
            [
                "&",
                ("is_scored", "=", True),
                "|",
                ("partner_id", "in", self.ids),
                ("customer_id", "in", self.ids),
            ],
            order="date_start, id",
        )
        for participant in participants:
            for partner in (participant.partner_id | participant.customer_id) & self:
                partner.itss_survey_count += 1
                partner.itss_survey_score = participant.score

    def action_itss_view_surveys(self):
        """Open what the customer, or the contact, said in the surveys of the years.

        :return: window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "itss_quality.itss_survey_participant_action_partner"
        )
        domain = ["|", ("partner_id", "=", self.id), ("customer_id", "=", self.id)]
        return {**action, "domain": domain, "context": {}}

    def action_itss_register_complaint(self):
        """Open a new complaint of the contact.

        :return: window action on an unsaved form
        :raise AccessError: the user may not register complaints
        """
        self.ensure_one()
        return self.env["itss.complaint"]._action_register(self, partner_id=self.id)

    def action_itss_view_complaints(self):
        """Open the complaints of the customer, or of the contact.

        :return: window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("itss_quality.itss_complaint_action")
        domain = ["|", ("partner_id", "=", self.id), ("customer_id", "=", self.id)]
        return {**action, "domain": domain, "context": {"default_partner_id": self.id}}

    def action_itss_view_callbacks(self):
        """Open the callbacks of the customer, or of the contact.

        :return: window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("itss_quality.itss_callback_action")
        field = "customer_id" if self == self.commercial_partner_id else "partner_id"
        return {**action, "domain": [(field, "=", self.id)], "context": {}}
