from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError


class ItssWorkflowMixin(models.AbstractModel):
    """State machine that the form, an import and RPC obey alike.

    A model declares its steps once, in ``_transitions``; the buttons are thin
    calls of ``write({"state": …})`` and the check stands in ``create`` and
    ``write``. Superuser mode (data files, the addon's own scheduled steps) is
    the only way round it.

    The model that inherits declares the selection field ``state`` itself.
    """

    _name = "itss.workflow.mixin"
    _description = "Guarded Workflow"
    _inherit = ["itss.guard.mixin"]

    # state of a new record
    _initial_state = "draft"
    # {(from_state, to_state): XML ids of the groups of which one may take the step}
    _transitions: dict[tuple[str, str], tuple[str, ...]] = {}
    # states in which _locked_fields can't change and the record can't be deleted
    _locked_states: tuple[str, ...] = ()
    _locked_fields: tuple[str, ...] = ()
    # {(from_state, to_state): field for the reason, given in the same write}
    _reason_fields: dict[tuple[str, str], str] = {}
    # {(from_state, to_state): fields that must be filled in for the step}
    _required_fields: dict[tuple[str, str], tuple[str, ...]] = {}

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        if not self.env.su:
            for record in records:
                record._check_initial()
        return records

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        self.check_access("write")
        self._check_locked(vals)
        steps = self._get_steps(vals)
        for record, _old in steps:
            record._check_step(vals["state"], vals)
        result = super().write(vals)
        for record, old in steps:
            # who may take the step may have its consequences, whatever the new state allows
            record.sudo()._apply_step(old, vals["state"])
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_locked(self):
        if self.env.su:
            return
        for record in self:
            if record._is_locked():
                raise UserError(
                    self.env._(
                        "“%(record)s” is %(state)s and can't be deleted any more.",
                        record=record.display_name,
                        state=record._get_locked_label(),
                    )
                )

    # -------------------------------------------------------------------------
    # Hooks
    # -------------------------------------------------------------------------

    def _is_locked(self):
        """Whether the fields in ``_locked_fields`` are frozen for this record."""
        self.ensure_one()
        return self.state in self._locked_states

    def _get_step_refusal(self, new_state):
        """Return the exception that forbids the current user the step, or ``None``.

        It answers for role and order only, so that buttons can be shown or
        hidden by it; what has to be filled in is asked by :meth:`_check_step`.
        """
        self.ensure_one()
        groups = self._transitions.get((self.state, new_state))
        if groups is None:
            return UserError(
                self.env._(
                    "“%(record)s” is %(old)s: it can't become %(new)s from there.",
                    record=self.display_name,
                    old=self._get_state_label(self.state),
                    new=self._get_state_label(new_state),
                )
            )
        if not any(self.env.user.has_group(group) for group in groups):
            names = [self.env.ref(group).sudo().name for group in groups]
            return AccessError(
                self.env._(
                    "To make “%(record)s” %(new)s you need one of these roles: %(roles)s.",
                    record=self.display_name,
                    new=self._get_state_label(new_state),
                    roles=", ".join(names),
                )
            )
        return None

    def _get_reason_field(self, old_state, new_state):
        """Return the field that must carry a reason for this step, or ``None``."""
        return self._reason_fields.get((old_state, new_state))

    def _get_step_info(self, new_state):
        """Return what the user should know before confirming the step (plain text)."""
        return ""

    def _apply_step(self, old_state, new_state):
        """Do what follows from a step the current user just took (superuser mode)."""
        self.ensure_one()
        reason_field = self._get_reason_field(old_state, new_state)
        if reason_field and self[reason_field]:
            self.message_post(
                body=self.env._(
                    "%(state)s: %(reason)s",
                    state=self._get_state_label(new_state),
                    reason=self[reason_field],
                )
            )

    # -------------------------------------------------------------------------
    # Checks
    # -------------------------------------------------------------------------

    def _can_step(self, new_state):
        """Whether the current user may take the step now (for ``can_*`` computes)."""
        return bool(self.id) and self._get_step_refusal(new_state) is None

    def _check_initial(self):
        if self.state != self._initial_state:
            raise UserError(
                self.env._(
                    "A new record starts as %(initial)s, not as %(state)s.",
                    initial=self._get_state_label(self._initial_state),
                    state=self._get_state_label(self.state),
                )
            )

    def _get_steps(self, vals):
        """Return pairs of a record that these values take a step and the state it had before."""
        if "state" not in vals:
            return []
        return [(record, record.state) for record in self if record.state != vals["state"]]

    def _is_stamp(self, name):
        return super()._is_stamp(name) or name in self._reason_fields.values()

    def _check_stamps(self, vals):
        # the reason comes with the step that asks for it
        reasons = {
            record._get_reason_field(old, vals["state"]) for record, old in self._get_steps(vals)
        }
        super()._check_stamps({name: vals[name] for name in vals if name not in reasons})

    def _check_colleagues(self, *names):
        """Raise unless the users in these fields are internal users of the record's company."""
        for record in self.sudo():
            for name in names:
                user = record[name]
                if user and (user.share or record.company_id not in user.company_ids):
                    raise ValidationError(
                        self.env._(
                            "%(user)s does not work for %(company)s: choose somebody else as %(field)s.",
                            user=user.name,
                            company=record.company_id.name,
                            field=self._get_field_labels([name]),
                        )
                    )

    def _check_locked(self, vals):
        names = [name for name in self._locked_fields if name in vals]
        if not names:
            return
        for record in self:
            if record._is_locked():
                raise record._get_locked_refusal(names)

    def _get_locked_refusal(self, names):
        return UserError(
            self.env._(
                "“%(record)s” is %(state)s: %(fields)s can't change any more.",
                record=self.display_name,
                state=self._get_locked_label(),
                fields=self._get_field_labels(names),
            )
        )

    def _check_step(self, new_state, vals):
        """Raise when the step can't be taken with what ``vals`` brings along.

        :param str new_state: state to reach
        :param dict vals: the values of the same ``write``
        :raise UserError: no such step, a reason or a field is missing
        :raise AccessError: the user's role may not take it
        """
        self.ensure_one()
        refusal = self._get_step_refusal(new_state)
        if refusal:
            raise refusal
        reason_field = self._get_reason_field(self.state, new_state)
        missing = [
            name
            for name in self._required_fields.get((self.state, new_state), ())
            if not vals.get(name, self[name])
        ]
        if reason_field and not (vals.get(reason_field) or "").strip():
            missing.append(reason_field)
        if missing:
            raise UserError(
                self.env._(
                    "Before “%(record)s” becomes %(new)s, please fill in: %(fields)s.",
                    record=self.display_name,
                    new=self._get_state_label(new_state),
                    fields=self._get_field_labels(missing),
                )
            )

    # -------------------------------------------------------------------------
    # Words
    # -------------------------------------------------------------------------

    def _get_state_label(self, state):
        return dict(self._fields["state"]._description_selection(self.env)).get(state, state)

    def _get_locked_label(self):
        """Return the words for why the record is frozen: by default its state."""
        return self._get_state_label(self.state)

    # -------------------------------------------------------------------------
    # Actions
    # -------------------------------------------------------------------------

    def _action_ask_reason(self, new_state, title):
        """Return the dialog that asks for the reason of a step and then takes it."""
        self.ensure_one()
        refusal = self._get_step_refusal(new_state)
        if refusal:
            raise refusal
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "itss.step.reason",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_res_model": self._name,
                "default_res_id": self.id,
                "default_new_state": new_state,
            },
        }
