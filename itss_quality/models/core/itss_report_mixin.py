from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools.public import public
from ...tools.records import refuse_moving


class ItssReportMixin(models.AbstractModel):
    """Signed report about a record (报告): one, and after it only revisions of it.

    The model that inherits adds the Many2one to its subject, named in ``_subject_field``, and the
    unique index that lets one report at a time be written.
    """

    _name = "itss.report.mixin"
    _description = "Report about a Record"
    _inherit = ["itss.distribution.mixin"]
    _order = "id desc"
    _check_company_auto = True

    _mail_post_access = "read"
    _locked_fields = (
        "name",
        "number",
        "version",
        "change_note",
        "company_id",
        "recipient_ids",
    )
    # Many2one to the record that the report is about
    _subject_field = ""
    # whether the report says what stands in its subject: the signatures freeze it there
    _freezes_subject = False

    name = fields.Char(
        compute="_compute_name", store=True, readonly=False, precompute=True, required=True
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends(lambda self: (self._subject_field,) if self._subject_field else ())
    def _compute_name(self):
        for report in self:
            if report._get_subject() and not report.name:
                report.name = report._get_default_name()

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        reports = super().create(vals_list)
        for report in reports:
            if not self.env.su and report.number not in report._get_others().mapped("number"):
                report._check_single()
            report._check_subject()
            if not report.recipient_ids:
                report.recipient_ids = report._get_default_recipients()
        return reports

    def write(self, vals):
        refuse_moving(self, vals, self._subject_field)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_revision(self):
        if self._freezes_subject and not self.env.su and self.previous_id:
            raise UserError(
                self.env._(
                    "The revision has opened what the approved report says: please have it approved."
                )
            )

    # -------------------------------------------------------------------------
    # Hooks
    # -------------------------------------------------------------------------

    def _get_default_name(self):
        """Return what a new report is called."""
        return self.env._("%(subject)s Report", subject=self._get_subject().name)

    def _get_subject_day(self, subject):
        """Return the day whose year numbers the reports of a subject, or nothing."""
        return subject.date_start

    def _check_subject(self):
        """Raise unless a report of the subject may be made by now."""

    def _get_audience(self):
        """Return the users whom the report concerns (superuser mode)."""
        return self.env["res.users"]

    def _get_same_domain(self):
        """Return the domain of the reports that answer the same question as this one."""
        return Domain(self._subject_field, "=", self._get_subject().id)

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _get_subject(self):
        return self[self._subject_field]

    def _get_number_year(self, vals):
        subject = self._get_subject().browse(vals.get(self._subject_field)).exists().sudo()
        day = self._get_subject_day(subject) if subject else None
        return day.year if day else super()._get_number_year(vals)

    def _get_default_recipients(self):
        """Return the users whom the report is issued to unless others are chosen."""
        users = self.sudo()._get_audience()
        return users.filtered(lambda user: user.active and self._may_receive(user))

    def _get_others(self):
        """Return the other reports that answer the same question."""
        return self.sudo().search(self.sudo()._get_same_domain()) - self

    def _check_single(self):
        """Raise when it is a second report beside the first, and no revision of it."""
        if not self.previous_id and self._get_others():
            raise UserError(
                self.env._("There is a report already: please make a new revision of it.")
            )

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        if new_state == "submitted":
            self._check_single()

    def _is_subject_frozen(self):
        """Whether what the subject says stands in a report that is being signed, or was.

        To be asked of the newest report. A revision of it opens the subject; it can't be deleted,
        so it has to be approved.
        """
        if self.state == "draft":
            return bool(self._get_others()) and not self.previous_id
        return bool(self)

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_open_subject(self):
        """Open the record that the report is about.

        :return: window action
        """
        return self._get_subject().get_formview_action()
