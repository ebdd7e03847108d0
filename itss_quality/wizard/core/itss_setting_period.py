from odoo import api, fields, models


class ItssSettingPeriod(models.TransientModel):
    """Settings that were in force in a period, for who looks at the figures of that period."""

    _name = "itss.setting.period"
    _description = "Settings in Force"
    _inherit = ["itss.guard.mixin", "itss.period.mixin"]

    settings_html = fields.Html(string="Settings in Force", compute="_compute_settings_html")

    @api.depends("company_id", "date_from", "date_to")
    def _compute_settings_html(self):
        for dialog in self:
            # another company's are not the user's to see
            company = dialog.company_id & self.env.companies
            dialog.settings_html = dialog._render_settings(company) if company else False

    def _render_settings(self, company):
        if not (self.date_from and self.date_to):
            return False
        settings = company._itss_get_settings_in_force(self.date_from, self.date_to)
        return self.env["ir.qweb"]._render(
            "itss_quality.itss_settings_table", {"settings": settings}
        )
