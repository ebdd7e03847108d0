from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    itss_complaint_acknowledge_hours = fields.Float(
        string="Acknowledge Complaints Within (hours)",
        default=4,
        setting=("complaint",),
    )
    itss_complaint_answer_hours = fields.Float(
        string="Answer Complaints Within (hours)",
        default=72,
        setting=("complaint",),
    )
    itss_complaint_major_acknowledge_hours = fields.Float(
        string="Acknowledge Major Complaints Within (hours)",
        default=1,
        setting=("complaint",),
    )
    itss_complaint_major_answer_hours = fields.Float(
        string="Answer Major Complaints Within (hours)",
        default=24,
        setting=("complaint",),
    )
    itss_complaint_warning_hours = fields.Float(
        string="Warn Before a Complaint's Deadline (hours)",
        default=2,
        setting=("complaint",),
    )
    itss_complaint_escalation_hours = fields.Float(
        string="Second Period of Complaints (hours)",
        default=24,
        help="How long after the deadline the quality department is told.",
        setting=("complaint",),
    )
    itss_complaint_alias_id = fields.Many2one("mail.alias", ondelete="set null", copy=False)
    itss_complaint_alias_name = fields.Char(
        string="Address for Complaints",
        compute="_compute_itss_complaint_alias_name",
        inverse="_inverse_itss_complaint_alias_name",
        help="The part before the @: mails to this address become complaints.",
    )

    _itss_complaint_hours_positive = models.Constraint(
        "CHECK(itss_complaint_acknowledge_hours > 0 AND itss_complaint_answer_hours > 0"
        " AND itss_complaint_major_acknowledge_hours > 0 AND itss_complaint_major_answer_hours > 0"
        " AND itss_complaint_warning_hours >= 0 AND itss_complaint_escalation_hours >= 0)",
        "Hours of complaints can't be negative, those of their deadlines not zero either.",
    )

    @api.depends("itss_complaint_alias_id.alias_name")
    def _compute_itss_complaint_alias_name(self):
        for company in self:
            company.itss_complaint_alias_name = company.sudo().itss_complaint_alias_id.alias_name

    def _inverse_itss_complaint_alias_name(self):
        for company in self.sudo():
            alias, name = company.itss_complaint_alias_id, company.itss_complaint_alias_name
            if not name:
                alias.unlink()
            elif alias:
                alias.alias_name = name
            else:
                company.itss_complaint_alias_id = alias.with_company(company).create(
                    {
                        "alias_name": name,
                        "alias_model_id": self.env["ir.model"]._get_id("itss.complaint"),
                        "alias_defaults": repr({"company_id": company.id}),
                        "alias_contact": "everyone",
                    }
                )

    def _itss_create_missing(self):
        super()._itss_create_missing()
        self.env["itss.complaint.severity"]._create_missing(self)

    def _itss_get_complaint_hours(self, severity):
        """Return within how many hours a complaint is acknowledged and answered."""
        self.ensure_one()
        if severity == "major":
            return (
                self.itss_complaint_major_acknowledge_hours,
                self.itss_complaint_major_answer_hours,
            )
        return self.itss_complaint_acknowledge_hours, self.itss_complaint_answer_hours
