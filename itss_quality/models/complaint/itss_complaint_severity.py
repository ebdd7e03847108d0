from odoo import api, fields, models

LEVELS = [("low", "Low"), ("medium", "Medium"), ("high", "High")]
SEVERITIES = [("general", "General"), ("major", "Major")]


class ItssComplaintSeverity(models.Model):
    """Cell of a company's matrix: how severe a complaint of an impact and an urgency is."""

    _name = "itss.complaint.severity"
    _description = "Complaint Severity"
    _inherit = ["itss.guard.mixin", "itss.setting.mixin"]
    _order = "company_id, id"
    _rec_name = "severity"

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    impact = fields.Selection(LEVELS, required=True)
    urgency = fields.Selection(LEVELS, required=True)
    severity = fields.Selection(SEVERITIES, required=True, setting=("complaint",))

    _cell_unique = models.Constraint(
        "UNIQUE(company_id, impact, urgency)", "The matrix has this cell already."
    )

    def _itss_get_usual_settings(self):
        return {"severity": get_usual_severity(self.impact, self.urgency)}

    def _itss_get_subject_facts(self):
        return {"impact": self.impact, "urgency": self.urgency}

    def _itss_get_setting_subject(self):
        return self._say_cell(self._itss_get_subject_facts())

    def _itss_tell_subject(self, values):
        cell = values.get("subject")
        if not cell and self.exists():
            # rows that were written before the cell was kept have words only
            cell = self._itss_get_subject_facts()
        return self._say_cell(cell) if cell else super()._itss_tell_subject(values)

    @api.model
    def _say_cell(self, cell):
        levels = dict(self._fields["impact"]._description_selection(self.env))
        return self.env._(
            "Impact: %(impact)s, urgency: %(urgency)s",
            impact=levels[cell["impact"]],
            urgency=levels[cell["urgency"]],
        )

    @api.model
    def _create_missing(self, companies):
        """Give companies the cells they lack."""
        existing = set(
            self.sudo()._read_group(
                [("company_id", "in", companies.ids)], ["company_id", "impact", "urgency"]
            )
        )
        levels = [level for level, _label in LEVELS]
        self.sudo().create(
            [
                {
                    "company_id": company.id,
                    "impact": impact,
                    "urgency": urgency,
                    "severity": get_usual_severity(impact, urgency),
                }
                for company in companies
                for impact in levels
                for urgency in levels
                if (company, impact, urgency) not in existing
            ]
        )

    @api.model
    def _get_severity(self, company, impact, urgency):
        """Return what the company's matrix says."""
        cell = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("impact", "=", impact),
                ("urgency", "=", urgency),
            ],
            limit=1,
        )
        return cell.severity or "general"


def get_usual_severity(impact, urgency):
    """Return what a new matrix says: major is what is high in one and not low in the other."""
    order = [level for level, _label in LEVELS]
    return "major" if order.index(impact) + order.index(urgency) >= 3 else "general"
