from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.public import public


class ItssImprovementSourceMixin(models.AbstractModel):
    """Anything that can give rise to an improvement: button, counter, link back."""

    _name = "itss.improvement.source.mixin"
    _description = "Source of Improvements"

    improvement_ids = fields.One2many(
        "itss.improvement",
        "source_id",
        string="Improvements",
        domain=lambda self: [("source_model", "=", self._name)],
    )
    improvement_count = fields.Integer(compute="_compute_improvement_count")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    def _compute_improvement_count(self):
        counts = dict(
            self.env["itss.improvement"]._read_group(
                [("source_model", "=", self._name), ("source_id", "in", self.ids)],
                ["source_id"],
                ["__count"],
            )
        )
        for source in self:
            source.improvement_count = counts.get(source.id, 0)

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.ondelete(at_uninstall=False)
    def _unlink_except_improvements(self):
        improvement = self.env["itss.improvement"].sudo()
        if improvement.search_count(
            [("source_model", "=", self._name), ("source_id", "in", self.ids)], limit=1
        ):
            raise UserError(
                self.env._("It gave rise to an improvement and can't be deleted any more.")
            )

    # -------------------------------------------------------------------------
    # Hooks
    # -------------------------------------------------------------------------

    def _is_major_source(self):
        """Whether improvements from this record need a root cause before they are closed."""
        self.ensure_one()
        return False

    def _follow_ineffective(self, improvement, note):
        """Do what follows when an improvement raised from this record has not worked (superuser mode).

        :param improvement: the ``itss.improvement`` that goes on
        :param str note: by what it is seen
        """

    def _check_improvements_left(self, gone):
        """Raise when the record can't do without improvements (superuser mode).

        :param gone: the ``itss.improvement`` that are cancelled or deleted
        """

    def _propose_root_cause(self, improvement):
        """Take over the root cause found in an improvement, if it is of use here (superuser mode)."""

    def _prepare_improvement_vals(self):
        """Return the values an improvement raised from this record starts with."""
        self.ensure_one()
        return {
            "source_model": self._name,
            "source_id": self.id,
            "company_id": self.company_id.id,
        }

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_raise_improvement(self):
        """Open a new improvement that names this record as its source (plan 6.4).

        :return: window action on an unsaved form
        """
        vals = self._prepare_improvement_vals()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Improvement"),
            "res_model": "itss.improvement",
            "view_mode": "form",
            "context": {f"default_{name}": value for name, value in vals.items()},
        }

    @public(on="record")
    def action_view_improvements(self):
        """Open the improvements this record gave rise to.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "itss_quality.itss_improvement_action"
        )
        vals = self._prepare_improvement_vals()
        return {
            **action,
            "domain": [("source_model", "=", self._name), ("source_id", "=", self.id)],
            "context": {f"default_{name}": value for name, value in vals.items()},
        }
