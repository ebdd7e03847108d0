from odoo import fields, models
from odoo.tools import plaintext2html

from ...tools.public import public


class ItssSurveyParticipant(models.Model):
    """Complaints that come out of a survey's answers (plan 6.3)."""

    _inherit = "itss.survey.participant"

    registered_complaint_ids = fields.One2many(
        "itss.complaint", "participant_id", string="Complaints Registered"
    )

    def _follow_dissatisfaction(self):
        """Register the complaint, too: it is answered to the customer."""
        super()._follow_dissatisfaction()
        if not self.registered_complaint_ids:
            self.env["itss.complaint"].create(self._prepare_complaint_vals())

    def _prepare_complaint_vals(self):
        vals = self._prepare_improvement_vals()
        return {
            "name": vals["name"],
            "description": plaintext2html(vals["problem"]),
            "channel": "survey",
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "participant_id": self.id,
            "department_id": self.company_id.itss_operations_department_id.id,
        }

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_register_complaint(self):
        """Open a new complaint of the customer who is not satisfied.

        :return: window action on an unsaved form
        :raise AccessError: the user may not register complaints
        """
        return self.env["itss.complaint"]._action_register(
            self,
            channel="survey",
            participant_id=self.id,
            partner_id=self.partner_id.id,
            description=plaintext2html("\n".join(self._get_comments())),
        )

    @public(on="record")
    def action_view_complaints(self):
        """Open the complaint registered from here.

        :return: window action
        """
        return self.env["itss.complaint"]._action_view([("participant_id", "=", self.id)])
