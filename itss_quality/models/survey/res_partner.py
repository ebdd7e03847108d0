from odoo import api, fields, models

from ...tools.public import public

READERS = "itss_quality.group_itss_service_desk,itss_quality.group_itss_management"


class ResPartner(models.Model):
    _inherit = "res.partner"

    itss_survey_count = fields.Integer(
        string="Surveys Answered", compute="_compute_itss_survey", groups=READERS
    )
    itss_survey_score = fields.Float(
        string="Satisfaction in the Last Survey",
        compute="_compute_itss_survey",
        digits=(5, 2),
        groups=READERS,
    )

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

    @public(on="record")
    def action_itss_view_surveys(self):
        """Open what the customer, or the contact, said in the surveys of the years.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "itss_quality.itss_survey_participant_action_partner"
        )
        domain = ["|", ("partner_id", "=", self.id), ("customer_id", "=", self.id)]
        return {**action, "domain": domain, "context": {}}
