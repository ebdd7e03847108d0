from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

SERVER_FIELDS = ("signed_at", "signed_by_id")
# whom the signature stands for
PERSON_FIELDS = {"employee_id", "name", "department_name", "job_title"}


class ItssAttendance(models.Model):
    """Line of an attendance sheet (签到): department, name, title, present, signature."""

    _name = "itss.attendance"
    _description = "Attendance"
    _inherit = ["itss.part.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    _whole_field = "meeting_id"

    meeting_id = fields.Many2one("itss.meeting", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="meeting_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    employee_id = fields.Many2one("hr.employee", check_company=True, index="btree_not_null")
    name = fields.Char(
        string="Full Name",
        compute="_compute_person",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    department_name = fields.Char(
        string="Department", compute="_compute_person", store=True, readonly=False, precompute=True
    )
    job_title = fields.Char(compute="_compute_person", store=True, readonly=False, precompute=True)
    is_present = fields.Boolean(string="Present", copy=False)
    signature = fields.Image(max_width=600, max_height=300, copy=False)
    signed_at = fields.Datetime(string="Signed on", readonly=True, copy=False)
    signed_by_id = fields.Many2one(
        "res.users",
        string="Signed in the Session of",
        readonly=True,
        copy=False,
        help="Who was logged in on the device that was signed on.",
    )
    is_frozen = fields.Boolean(related="meeting_id.is_frozen")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("employee_id")
    def _compute_person(self):
        for attendance in self:
            # what the attendance sheet prints of a colleague is no secret
            employee = attendance.employee_id.sudo()
            if employee or not attendance.name:
                attendance.name = employee.name
                attendance.department_name = employee.department_id.name
                attendance.job_title = employee.job_title or employee.job_id.name

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._note_signature(vals) for vals in vals_list])

    def write(self, vals):
        if not self.env.su and set(vals) - {"signature", "is_present"}:
            self._check_organiser()
        if not PERSON_FIELDS.isdisjoint(vals) or vals.get("signature"):
            self._check_unsigned()
        if vals.get("is_present") is False and any(self.mapped("signature")):
            raise UserError(self.env._("Who has signed was present."))
        result = super().write(self._note_signature(vals))
        self.meeting_id._follow_held()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_signed(self):
        self._check_unsigned()

    def _takes_default(self, name):
        # nobody signs without doing so
        return name not in ("signature", "is_present") and super()._takes_default(name)

    def _check_whole_open(self):
        self.meeting_id._check_whole_open()

    def _check_unsigned(self):
        """Refuse to put a signature under another name, to replace it, or to delete the row."""
        if not self.env.su and any(self.sudo().mapped("signature")):
            raise UserError(
                self.env._("It is signed: please clear the signature first, if it is a mistake.")
            )

    def _check_organiser(self):
        """Raise unless the user may say who is invited; whoever attends only signs."""
        for attendance in self:
            if not attendance.meeting_id._is_led_by_me():
                raise AccessError(
                    self.env._("You can sign for yourself; the organiser says who is invited.")
                )

    def _note_signature(self, vals):
        """Return the values with the time of a signature; who signs is present."""
        vals = {name: value for name, value in vals.items() if name not in SERVER_FIELDS}
        if "signature" in vals:
            vals["signed_at"] = fields.Datetime.now() if vals["signature"] else False
            vals["signed_by_id"] = self.env.uid if vals["signature"] else False
            if vals["signature"]:
                vals["is_present"] = True
        return vals
