from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import is_html_empty


class ItssMeeting(models.Model):
    """Meeting with minutes and an attendance sheet (会议记录、签到表).

    An area adds the kinds it holds meetings of, and what they are held for. Once the report about
    that is issued, their records don't change any more.
    """

    _name = "itss.meeting"
    _description = "Meeting"
    _inherit = ["itss.part.mixin", "itss.event.mixin", "mail.thread", "itss.todo.mixin"]
    _order = "start, id"
    _check_company_auto = True

    _event_fields = ("start", "stop", "location", "name", "attendance_ids")

    company_id = fields.Many2one(
        "res.company", compute="_compute_company_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection([], required=True)
    fitting_kinds = fields.Json(compute="_compute_fitting_kinds")
    name = fields.Char(
        compute="_compute_name", store=True, readonly=False, precompute=True, required=True
    )
    chair_id = fields.Many2one("hr.employee", check_company=True)
    minutes = fields.Html(copy=False, help="What was said and decided.")
    attendance_ids = fields.One2many("itss.attendance", "meeting_id", copy=True)
    attendance_count = fields.Integer(string="Invited", compute="_compute_attendance_count")
    present_count = fields.Integer(string="Present", compute="_compute_attendance_count")
    is_frozen = fields.Boolean(compute="_compute_is_frozen", compute_sudo=True)

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends(lambda self: self._get_occasion_depends("company_id"))
    def _compute_company_id(self):
        for meeting in self:
            occasion = meeting._get_occasion()
            # one that stands alone keeps its company, whatever kind it becomes
            company = occasion.company_id if occasion else meeting.company_id
            meeting.company_id = company or self.env.company

    @api.depends("kind")
    def _compute_fitting_kinds(self):
        held_for = self._get_occasion_fields()
        kinds = self._fields["kind"].get_values(self.env)
        for meeting in self:
            own = held_for.get(meeting.kind)
            meeting.fitting_kinds = [kind for kind in kinds if held_for.get(kind) == own]

    @api.depends(lambda self: self._get_occasion_depends())
    def _compute_name(self):
        for meeting in self:
            if not meeting.name:
                occasion = meeting._get_occasion()
                kinds = dict(self._fields["kind"]._description_selection(self.env))
                parts = (occasion and occasion.name, kinds.get(meeting.kind))
                meeting.name = " ".join(filter(None, parts))

    @api.depends("attendance_ids.is_present")
    def _compute_attendance_count(self):
        for meeting in self:
            meeting.attendance_count = len(meeting.attendance_ids)
            meeting.present_count = len(meeting.attendance_ids.filtered("is_present"))

    @api.depends(lambda self: self._get_occasion_depends("state", "report_ids.state"))
    def _compute_is_frozen(self):
        for meeting in self:
            occasion = meeting._get_occasion()
            meeting.is_frozen = bool(occasion) and occasion._are_records_frozen()

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains(lambda self: self._get_occasion_depends())
    def _check_occasion(self):
        """A meeting belongs to what its kind is held for, and to nothing else."""
        names = self._get_whole_fields()
        for meeting in self:
            expected = self._get_occasion_fields().get(meeting.kind)
            if any(bool(meeting[name]) != (name == expected) for name in names):
                raise ValidationError(
                    self.env._(
                        "Meetings of the kind “%(kind)s” are not held for what “%(meeting)s” is "
                        "held for.",
                        kind=dict(self._fields["kind"]._description_selection(self.env))[
                            meeting.kind
                        ],
                        meeting=meeting.name,
                    )
                )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        meetings = super().create(vals_list)
        meetings._follow_held()
        return meetings

    def write(self, vals):
        result = super().write(vals)
        self._follow_held()
        return result

    # -------------------------------------------------------------------------
    # What the meeting is held for
    # -------------------------------------------------------------------------

    @api.model
    def _get_occasion_fields(self):
        """Return the many-to-one field to what a meeting is held for, by kind of meeting.

        A kind that is left out stands alone. What others are held for has ``state`` and
        ``report_ids``, and says by ``_are_records_frozen``, ``_check_records_open`` and
        ``_is_led_by_me`` until when minutes and attendance change, and who invites.
        """
        return {}

    @api.model
    def _get_whole_fields(self):
        return tuple(dict.fromkeys(self._get_occasion_fields().values()))

    @api.model
    def _get_occasion_depends(self, *names):
        """Return the dependencies on the kind and on these fields of what meetings are held for."""
        wholes = self._get_whole_fields()
        return ("kind", *wholes, *(f"{whole}.{name}" for whole in wholes for name in names))

    def _get_occasion(self):
        """Return the record that the meeting is held for, or None."""
        self.ensure_one()
        field = self._get_occasion_fields().get(self.kind)
        return self[field] if field else None

    def _is_led_by_me(self):
        """Whether the current user says who is invited."""
        occasion = self._get_occasion()
        return occasion._is_led_by_me() if occasion else self.has_access("write")

    def _check_whole_open(self):
        for meeting in self:
            if occasion := meeting._get_occasion():
                occasion.sudo()._check_records_open()

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    def _is_held(self):
        """Whether there is something to show for the meeting: minutes, and somebody present."""
        self.ensure_one()
        return bool(self.present_count) and not is_html_empty(self.minutes)

    def _follow_held(self):
        """Tick off what the calendar still asks for once the meeting was held."""
        for meeting in self.sudo():
            if meeting._is_held():
                meeting.activity_ids.filtered("calendar_event_id").action_feedback()

    def _get_event_name(self):
        return self.name

    def _get_guests(self):
        employees = (self.attendance_ids.employee_id | self.chair_id).sudo()
        return employees.user_id.partner_id | employees.work_contact_id
