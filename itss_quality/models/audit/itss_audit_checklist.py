from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.public import public


class ItssAuditChecklist(models.Model):
    """Checklist of the library (内审检查表): neutral questions that an audit copies.

    A version that an audit has used is not altered any more; a change is a new version.
    """

    _name = "itss.audit.checklist"
    _description = "Audit Checklist"
    _inherit = ["itss.guard.mixin", "mail.thread"]
    _order = "name, version desc"

    _stamp_fields = ("version", "previous_id", "is_used")

    name = fields.Char(required=True, translate=True, tracking=True)
    edition = fields.Char(
        string="Edition of the Standard",
        help="Which standard and edition the questions follow, in your words.",
    )
    version = fields.Integer(default=1, required=True, readonly=True, copy=False, aggregator=None)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        index=True,
        default=lambda self: self._default_company_id(),
        help="Empty: for every company.",
        tracking=True,
    )
    line_ids = fields.One2many(
        "itss.audit.checklist.line", "checklist_id", string="Checklist Questions", copy=True
    )
    line_count = fields.Integer(string="Number of Questions", compute="_compute_line_count")
    previous_id = fields.Many2one(
        "itss.audit.checklist", string="Version Before", readonly=True, copy=False
    )
    is_used = fields.Boolean(
        string="Used by an Audit",
        readonly=True,
        copy=False,
        help="Its questions don't change any more: make a new version.",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("name", "version")
    def _compute_display_name(self):
        for checklist in self:
            checklist.display_name = f"{checklist.name or ''} V{checklist.version}"

    @api.depends("line_ids")
    def _compute_line_count(self):
        counts = dict(
            self.env["itss.audit.checklist.line"]._read_group(
                [("checklist_id", "in", self.ids)], ["checklist_id"], ["__count"]
            )
        )
        for checklist in self:
            checklist.line_count = counts.get(checklist._origin, 0)

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    def write(self, vals):
        if not {"line_ids", "edition"}.isdisjoint(vals):
            self._check_unused()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_unused()

    def _check_unused(self):
        """Refuse to change what an audit has copied."""
        if self.env.su:
            return
        for checklist in self:
            if checklist.is_used:
                raise UserError(
                    self.env._(
                        "An audit has used “%(checklist)s”: make a new version and change that.",
                        checklist=checklist.display_name,
                    )
                )

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_new_version(self):
        """Make the next version of the checklist, and archive this one.

        One that all companies share stays as it is, unless the user keeps those: the next version
        is the company's own.

        :return: window action on the new version
        :raise AccessError: missing role (quality department only)
        """
        self.check_access("write")
        company = self.company_id.id or self._default_company_id()
        version = self.sudo().copy(
            {
                "name": self.name,
                "version": self.version + 1,
                "previous_id": self.id,
                "company_id": company,
            }
        )
        if company == self.company_id.id:
            self.active = False
        return version.with_env(self.env).get_formview_action()

    @public(on="record")
    def action_import(self):
        """Open the dialog that reads the questions from an Excel file.

        :return: window action
        :raise UserError: an audit has used this version
        """
        self._check_unused()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import Questions"),
            "res_model": "itss.audit.import",
            "view_mode": "form",
            "target": "new",
            "context": {"default_checklist_id": self.id},
        }
