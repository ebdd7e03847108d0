from odoo import api, fields, models
from odoo.tools import is_html_empty


class ItssMeeting(models.Model):
    """Meeting with minutes and an attendance sheet (会议记录、签到表).

    Opening and closing meeting of an internal audit, and the meeting of a management review. Once
    the report is issued, its records don't change any more.
    """

    _name = "itss.meeting"
    _description = "Meeting"
    _inherit = ["itss.part.mixin", "itss.event.mixin", "mail.thread", "itss.todo.mixin"]
    _order = "start, id"
    _check_company_auto = True

    _event_fields = ("start", "stop", "location", "name", "attendance_ids")

    audit_id = fields.Many2one(
        "itss.audit", index="btree_not_null", ondelete="cascade", check_company=True
    )
    review_id = fields.Many2one(
        "itss.review", index="btree_not_null", ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(
        "res.company", compute="_compute_company_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection(
        [
            ("preparatory", "Preparatory Meeting"),
            ("opening", "Opening Meeting"),
            ("closing", "Closing Meeting"),
            ("review", "Management Review"),
        ],
        default="opening",
        required=True,
    )
    name = fields.Char(
        compute="_compute_name", store=True, readonly=False, precompute=True, required=True
    )
    chair_id = fields.Many2one("hr.employee", check_company=True)
    minutes = fields.Html(copy=False, help="What was said and decided.")
    attendance_ids = fields.One2many("itss.attendance", "meeting_id", copy=True)
    attendance_count = fields.Integer(string="Invited", compute="_compute_attendance_count")
    present_count = fields.Integer(string="Present", compute="_compute_attendance_count")
    is_frozen = fields.Boolean(compute="_compute_is_frozen", compute_sudo=True)

    _kind_fits = models.Constraint(
        "CHECK((kind = 'review') = (review_id IS NOT NULL))",
        "Reviews have meetings of their own kind, and audits opening and closing meetings.",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    def _get_occasion(self):
        """Return the record that the meeting belongs to."""
        self.ensure_one()
        return self.review_id or self.audit_id

    @api.depends("audit_id.company_id", "review_id.company_id")
    def _compute_company_id(self):
        for meeting in self:
            meeting.company_id = meeting._get_occasion().company_id or self.env.company

    @api.depends("kind", "audit_id", "review_id")
    def _compute_name(self):
        for meeting in self:
            if not meeting.name:
                kinds = dict(self._fields["kind"]._description_selection(self.env))
                parts = (meeting._get_occasion().name, kinds.get(meeting.kind))
                meeting.name = " ".join(filter(None, parts))

    @api.depends("attendance_ids.is_present")
    def _compute_attendance_count(self):
        for meeting in self:
            meeting.attendance_count = len(meeting.attendance_ids)
            meeting.present_count = len(meeting.attendance_ids.filtered("is_present"))

    @api.depends("audit_id.state", "audit_id.report_ids.state", "review_id.report_ids.state")
    def _compute_is_frozen(self):
        for meeting in self:
            meeting.is_frozen = meeting._get_occasion()._are_records_frozen()

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
    def _get_whole_fields(self):
        return ("audit_id", "review_id")

    def _check_whole_open(self):
        for meeting in self:
            meeting._get_occasion().sudo()._check_records_open()

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
