from odoo import api, fields, models

from ...tools.durations import get_today


class ItssNumberedMixin(models.AbstractModel):
    """Number from a sequence per company and year, unique per company."""

    _name = "itss.numbered.mixin"
    _description = "Numbered Record"
    _rec_names_search = ["number", "name"]

    # the letters in front of the number: QP-2025-0001
    _number_prefix = ""

    number = fields.Char(
        copy=False,
        index=True,
        help="Leave it empty to have the next number of the year given when you save.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )

    _number_unique = models.Constraint(
        "UNIQUE(company_id, number)",
        "This number is already used in the company.",
    )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        default_company_id = self.default_get(["company_id"]).get("company_id")
        for vals in vals_list:
            if not vals.get("number"):
                company_id = vals.get("company_id") or default_company_id
                vals["number"] = self._get_next_number(company_id, self._get_number_year(vals))
        return super().create(vals_list)

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    @api.model
    def _get_number_year(self, vals):
        """Return the year whose sequence numbers a record with these values."""
        return get_today(self.env["res.company"].browse(vals.get("company_id"))).year

    @api.model
    def _get_next_number(self, company_id, year):
        sequence = self.env["ir.sequence"].with_company(company_id)
        records = self.sudo()
        while True:
            number = sequence.next_by_code(self._name, sequence_date=f"{year}-01-01")
            # somebody may have entered it by hand
            if not number or not records.search_count(
                [("company_id", "=", company_id), ("number", "=", number)], limit=1
            ):
                return number

    @api.model
    def _prepare_sequence_vals(self, company):
        return {
            "name": f"{self._description} ({company.name})",
            "code": self._name,
            "prefix": f"{self._number_prefix}-%(range_year)s-",
            "padding": 4,
            "use_date_range": True,
            # an auditor asks for every missing number, so a failed save must not eat one
            "implementation": "no_gap",
            "company_id": company.id,
        }
