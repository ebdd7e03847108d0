from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError


class ItssPlanWorkMixin(models.AbstractModel):
    """Anything that carries out a line of the plan: the line starts it, counts it, goes on and ends
    with it, and hands it over to its successor.

    The model that inherits says which kinds of lines, what a new one starts with, and in which
    states it has begun, finished or been dropped.
    """

    _name = "itss.plan.work.mixin"
    _description = "Work of a Plan Line"
    _inherit = ["itss.workflow.mixin"]

    # the kinds of lines (itss.plan.line.kind) it carries out
    _plan_kinds: tuple[str, ...] = ()
    # whether lines of these kinds are done by a finished one, and by nothing else
    _proves_alone = False
    # XML id of the window action that lists them
    _list_action = ""
    _begun_states: tuple[str, ...] = ()
    _finished_states: tuple[str, ...] = ("closed",)
    # no longer what carries out a line
    _dropped_states: tuple[str, ...] = ()

    plan_line_id = fields.Many2one(
        "itss.plan.line",
        domain=lambda self: (
            f"[('kind', 'in', {self._plan_kinds}), ('company_id', '=', company_id)]"
        ),
        check_company=True,
        index="btree_not_null",
        help="The line of the quality plan that it carries out.",
    )

    # -------------------------------------------------------------------------
    # Hooks
    # -------------------------------------------------------------------------

    @api.model
    def _get_start_label(self):
        """Return what the button of the line says that starts a new one."""
        raise NotImplementedError

    @api.model
    def _may_start(self):
        """Whether the user may start one for a line."""
        return self.has_access("create")

    @api.model
    def _prepare_work_vals(self, line):
        """Return the values that a new one for a line starts with."""
        return {"plan_line_id": line.id, "company_id": line.company_id.id}

    def _get_missing(self):
        """Return what is missing before it can be finished, a sentence each (superuser mode)."""
        return []

    def _get_missing_refusal(self, missing):
        """Return the exception that names what is missing before it can be finished."""
        return UserError(
            self.env._(
                "“%(record)s” can't be closed yet:\n%(missing)s",
                record=self.display_name,
                missing="\n".join(missing),
            )
        )

    def _ends_line(self):
        """Whether the line is done with this one, now that it is finished (superuser mode)."""
        return True

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        if new_state in self._finished_states and (missing := self.sudo()._get_missing()):
            raise self._get_missing_refusal(missing)

    def _apply_step(self, old_state, new_state):
        super()._apply_step(old_state, new_state)
        if new_state in self._begun_states:
            self.plan_line_id._follow_start()
        elif new_state in self._finished_states and self._ends_line():
            self.plan_line_id._follow_end(self)

    # -------------------------------------------------------------------------
    # Of a line
    # -------------------------------------------------------------------------

    @api.model
    def _count_by_line(self, lines):
        """Return how many carry out each line, and how many of them are finished.

        :return: two counters by ``itss.plan.line``
        """
        current, finished = Counter(), Counter()
        for line, state, count in self._read_group(
            [("plan_line_id", "in", lines.ids), ("state", "not in", self._dropped_states)],
            ["plan_line_id", "state"],
            ["__count"],
        ):
            current[line] += count
            finished[line] += count * (state in self._finished_states)
        return current, finished

    @api.model
    def _get_list_action(self):
        return self.env["ir.actions.act_window"]._for_xml_id(self._list_action)

    @api.model
    def _action_start(self, line):
        """Open a new one that carries out a line.

        :return: window action on an unsaved form
        :raise AccessError: the user may not make any
        """
        self.check_access("create")
        vals = self._prepare_work_vals(line)
        return {
            "type": "ir.actions.act_window",
            "name": self._get_start_label(),
            "res_model": self._name,
            "view_mode": "form",
            "context": {f"default_{name}": value for name, value in vals.items()},
        }

    @api.model
    def _action_view(self, line):
        """Open those that carry out a line, or the only one.

        :return: window action
        """
        domain = [("plan_line_id", "=", line.id)]
        current = self.search([*domain, ("state", "not in", self._dropped_states)], limit=2)
        action = {**self._get_list_action(), "domain": domain, "context": {}}
        if len(current) == 1:
            action.update(views=[(False, "form")], res_id=current.id)
        return action
