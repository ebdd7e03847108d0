import logging
from datetime import datetime, timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize, html2plaintext, is_html_empty
from odoo.tools.misc import format_datetime

from ...tools.durations import format_minutes
from ...tools.figures import Figure
from ...tools.public import public
from ...tools.records import OURS
from ...tools.typed_text import normalize_email
from ..core.itss_escalation_mixin import LEADER_TOLD, QUALITY_TOLD, WARNED, Alarm
from .itss_complaint_severity import LEVELS, SEVERITIES

_logger = logging.getLogger(__name__)

GROUP_SERVICE_DESK = "itss_quality.group_itss_service_desk"
GROUP_OPERATIONS = "itss_quality.group_itss_operations"
GROUP_QUALITY = "itss_quality.group_itss_quality"
OPEN_STATES = ("new", "acknowledged", "investigating", "reopened")
UNRESOLVED_STATES = OPEN_STATES
ENDED_STATES = ("closed", "invalid")
# by these it comes in the customer's own words
CUSTOMER_CHANNELS = ("email", "portal", "callback", "survey")
# a complaint of the same customer and category within this time is a repeated one
REPEAT_DAYS = 90
# so many from a customer, or from an address, are taken within an hour; more are no more work
MOST_PER_HOUR = 10


class ItssComplaint(models.Model):
    """Complaint of a customer (投诉, plan 5 and lines 2–3): received with a number, acknowledged,
    assessed, investigated, answered, called back and closed.
    """

    _name = "itss.complaint"
    _description = "Complaint"
    _inherit = [
        "itss.workflow.mixin",
        "itss.numbered.mixin",
        "itss.escalation.mixin",
        "itss.improvement.source.mixin",
        "itss.figure.mixin",
        "mail.thread.cc",
    ]
    _order = "received_at desc, id desc"
    _check_company_auto = True
    _figure_topics = {"measurements": 20, "feedback": 30}
    _dated_fields = (
        "state",
        "severity",
        "department_id",
        "received_at",
        "acknowledged_at",
        "resolved_at",
    )
    _state_stamps = {
        "acknowledged": "acknowledged_at",
        "resolved": "resolved_at",
        "closed": "closed_at",
    }
    _primary_email = "email"
    _itss_mail_defaults = ("company_id", "category_id", "department_id", "user_id")

    _number_prefix = "CP"
    _initial_state = "new"
    _mail_post_access = "read"
    _clock_fields = ("state", "acknowledged_at", "acknowledge_deadline", "answer_deadline")
    _quiet_levels = _passing_levels = (WARNED,)
    _transitions = {
        ("new", "acknowledged"): (GROUP_SERVICE_DESK,),
        ("new", "investigating"): (GROUP_OPERATIONS, GROUP_QUALITY),
        ("acknowledged", "investigating"): (GROUP_OPERATIONS, GROUP_QUALITY),
        ("reopened", "investigating"): (GROUP_OPERATIONS, GROUP_QUALITY),
        ("investigating", "resolved"): (GROUP_OPERATIONS, GROUP_QUALITY),
        ("resolved", "reopened"): (GROUP_SERVICE_DESK,),
        ("closed", "reopened"): (GROUP_QUALITY,),
        # the callback closes a complaint; this way is for customers nobody can reach
        ("resolved", "closed"): (GROUP_QUALITY,),
        ("new", "invalid"): (GROUP_QUALITY,),
        ("acknowledged", "invalid"): (GROUP_QUALITY,),
        ("investigating", "invalid"): (GROUP_QUALITY,),
    }
    _required_fields = {
        ("investigating", "resolved"): ("category_id", "investigation", "resolution"),
    }
    _reason_fields = {
        ("resolved", "reopened"): "reopen_reason",
        ("closed", "reopened"): "reopen_reason",
        ("resolved", "closed"): "closing_reason",
    }
    _locked_states = ("resolved", "closed", "invalid")
    _locked_fields = (
        "number",
        "company_id",
        "name",
        "description",
        "addition",
        "partner_id",
        "contact_name",
        "ticket_id",
        "channel",
        "category_id",
        "impact",
        "urgency",
        "severity",
        "severity_reason",
        "department_id",
        "subject_user_ids",
        "investigation",
        "root_cause",
        "resolution",
    )
    _stamp_fields = (
        "received_at",
        "first_received_at",
        "receipt_reason",
        "receipt_corrected_by_id",
        "receipt_corrected_at",
        "named_user_ids",
        "acknowledged_at",
        "resolved_at",
        "closed_at",
        "acknowledge_deadline",
        "answer_deadline",
        "escalation_level",
        "resolved_by_id",
        "closed_by_id",
        "callback_ids",
        "repeat_of_id",
        "customer_file_ids",
        "reopen_count",
        "refused_resolution",
        "invalid_reason",
        "invalid_by_id",
        "invalid_confirmed_by_id",
    )

    # what it was registered from: given once
    _source_fields = ("callback_id", "participant_id")

    # what and who
    name = fields.Char(string="Subject", required=True, tracking=True)
    description = fields.Html(
        required=True,
        sanitize_style=True,
        help="In the customer's words: nobody changes what the customer sent, nor what was written "
        "down once it is acknowledged.",
    )
    addition = fields.Text(
        string="Added by Us",
        copy=False,
        tracking=True,
        help="What an agent has to add to the customer's words.",
    )
    channel = fields.Selection(
        [
            ("phone", "Phone"),
            ("email", "E-Mail"),
            ("portal", "Portal"),
            ("visit", "Visit"),
            ("callback", "Callback"),
            ("survey", "Survey"),
        ],
        default="phone",
        required=True,
        copy=False,
        tracking=True,
    )
    partner_id = fields.Many2one(
        "res.partner", string="Complainant", index="btree_not_null", tracking=True
    )
    customer_id = fields.Many2one(
        "res.partner", compute="_compute_customer_id", store=True, index="btree_not_null"
    )
    contact_name = fields.Char(
        compute="_compute_contact", store=True, readonly=False, precompute=True, tracking=True
    )
    phone = fields.Char(
        compute="_compute_contact", store=True, readonly=False, precompute=True, tracking=True
    )
    email = fields.Char(
        compute="_compute_contact", store=True, readonly=False, precompute=True, tracking=True
    )
    ticket_id = fields.Many2one(
        "helpdesk.ticket", index="btree_not_null", ondelete="set null", check_company=True
    )
    callback_id = fields.Many2one(
        "itss.callback",
        string="Failed Callback",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The callback in which the customer was not satisfied.",
    )
    participant_id = fields.Many2one(
        "itss.survey.participant",
        string="Survey Answer",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    # how severe
    category_id = fields.Many2one(
        "itss.complaint.category",
        domain="[('company_id', 'in', (company_id, False))]",
        index="btree_not_null",
        tracking=True,
    )
    impact = fields.Selection(LEVELS, default="medium", required=True, tracking=True)
    urgency = fields.Selection(LEVELS, default="medium", required=True, tracking=True)
    proposed_severity = fields.Selection(
        SEVERITIES,
        string="Severity by the Matrix",
        compute="_compute_proposed_severity",
        compute_sudo=True,
    )
    severity = fields.Selection(
        SEVERITIES,
        compute="_compute_severity",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="A major complaint goes to the quality department at once, and is resolved there.",
    )
    severity_reason = fields.Char(
        string="Why Another Severity",
        help="Required when the severity is another one than the matrix says.",
    )
    repeat_of_id = fields.Many2one(
        "itss.complaint",
        string="Repeats",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The last complaint of the same customer and category within 90 days.",
    )
    repeat_ids = fields.One2many("itss.complaint", "repeat_of_id", string="Repeated by")

    # who works on it, until when
    user_id = fields.Many2one(
        "res.users",
        string="Handled by",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        index="btree_not_null",
        tracking=True,
    )
    department_id = fields.Many2one(
        "hr.department", string="Responsible Department", check_company=True, index=True
    )
    subject_user_ids = fields.Many2many(
        "res.users",
        string="People Complained About",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        tracking=True,
        help="They read this complaint, and change nothing of it.",
    )
    named_user_ids = fields.Many2many(
        "res.users",
        "itss_complaint_named_user_rel",
        string="People Ever Complained About",
        context={"active_test": False},
        readonly=True,
        copy=False,
        help="Whoever was named once stays out of it, taken off or not.",
    )
    is_about_me = fields.Boolean(compute="_compute_is_about_me")
    received_at = fields.Datetime(
        string="Received on",
        default=fields.Datetime.now,
        required=True,
        readonly=True,
        copy=False,
        index=True,
        help="When it was entered or came in. An earlier call that was typed in later is corrected "
        "with a reason.",
    )
    first_received_at = fields.Datetime(string="First Noted on", readonly=True, copy=False)
    receipt_reason = fields.Text(string="Why the Receipt Was Corrected", readonly=True, copy=False)
    receipt_corrected_by_id = fields.Many2one(
        "res.users", string="Receipt Corrected by", readonly=True, copy=False
    )
    receipt_corrected_at = fields.Datetime(string="Receipt Corrected on", readonly=True, copy=False)
    acknowledge_deadline = fields.Datetime(string="Acknowledge by", readonly=True, copy=False)
    answer_deadline = fields.Datetime(string="Answer by", readonly=True, copy=False)
    acknowledged_at = fields.Datetime(string="Acknowledged on", readonly=True, copy=False)
    resolved_at = fields.Datetime(string="Answered on", readonly=True, copy=False)
    resolved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    closed_at = fields.Datetime(string="Closed on", readonly=True, copy=False)
    closed_by_id = fields.Many2one(
        "res.users",
        string="Closed by",
        readonly=True,
        copy=False,
        help="Empty when the customer closed it by answering through the link.",
    )
    time_left = fields.Char(compute="_compute_time_left")
    is_overdue = fields.Boolean(
        string="Overdue", compute="_compute_time_left", search="_search_is_overdue"
    )
    acknowledge_hours = fields.Float(
        string="Hours to Acknowledge", compute="_compute_hours", store=True, aggregator="avg"
    )
    resolve_hours = fields.Float(
        string="Hours to Answer", compute="_compute_hours", store=True, aggregator="avg"
    )
    received_count = fields.Integer(
        string="Received",
        compute="_compute_hours",
        store=True,
        help="Those that turned out to be invalid do not count.",
    )
    closed_count = fields.Integer(string="Closed", compute="_compute_hours", store=True)
    handled_rate = fields.Float(
        compute="_compute_hours", store=True, aggregator="avg", help="Closed / received."
    )

    # what came of it
    investigation = fields.Text(help="What was found out, from whom and when.")
    root_cause = fields.Text(help="Required for a major complaint.")
    resolution = fields.Text(
        string="Answer to the Customer", help="What was done; the customer reads it in the portal."
    )
    state = fields.Selection(
        [
            ("new", "New"),
            ("acknowledged", "Acknowledged"),
            ("investigating", "Investigating"),
            ("reopened", "Reopened"),
            ("resolved", "Resolved"),
            ("closed", "Closed"),
            ("invalid", "Invalid"),
        ],
        string="Status",
        default="new",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    callback_ids = fields.One2many(
        "itss.callback", "complaint_id", string="Callbacks", readonly=True
    )
    customer_file_ids = fields.Many2many(
        "ir.attachment",
        string="Customer's Files",
        copy=False,
        bypass_search_access=True,
        help="What the customer sent along in the portal, and can download there.",
    )
    reopen_count = fields.Integer(string="Times Reopened", readonly=True, copy=False)
    reopen_reason = fields.Text(readonly=True, copy=False)
    refused_resolution = fields.Text(
        string="Earlier Answer",
        readonly=True,
        copy=False,
        help="The answer that did not satisfy the customer.",
    )
    closing_reason = fields.Text(readonly=True, copy=False)
    invalid_reason = fields.Text(readonly=True, copy=False)
    invalid_by_id = fields.Many2one(
        "res.users", string="Held Invalid by", readonly=True, copy=False
    )
    invalid_confirmed_by_id = fields.Many2one(
        "res.users", string="Confirmed Invalid by", readonly=True, copy=False
    )
    can_correct_receipt = fields.Boolean(compute="_compute_can_steps")
    can_acknowledge = fields.Boolean(compute="_compute_can_steps")
    can_investigate = fields.Boolean(compute="_compute_can_steps")
    can_resolve = fields.Boolean(compute="_compute_can_steps")
    can_reopen = fields.Boolean(compute="_compute_can_steps")
    can_close = fields.Boolean(compute="_compute_can_steps")
    can_hold_invalid = fields.Boolean(compute="_compute_can_steps")
    can_confirm_invalid = fields.Boolean(compute="_compute_can_steps")

    _list_index = models.Index("(company_id, received_at)")
    _repeat_index = models.Index("(customer_id, category_id, received_at)")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("number", "name")
    def _compute_display_name(self):
        for complaint in self:
            complaint.display_name = " ".join(filter(None, (complaint.number, complaint.name)))

    @api.depends("partner_id.commercial_partner_id")
    def _compute_customer_id(self):
        for complaint in self:
            complaint.customer_id = complaint.partner_id.commercial_partner_id

    @api.depends("partner_id")
    def _compute_contact(self):
        for complaint in self:
            partner = complaint.partner_id
            if partner or not complaint.contact_name:
                complaint.contact_name = partner.name
                complaint.phone = partner.phone or partner.commercial_partner_id.phone
                complaint.email = email_normalize(partner.email or "") or False

    @api.depends("impact", "urgency", "company_id")
    def _compute_proposed_severity(self):
        matrix = self.env["itss.complaint.severity"]
        for complaint in self:
            complaint.proposed_severity = matrix._get_severity(
                complaint.company_id, complaint.impact, complaint.urgency
            )

    @api.depends("impact", "urgency")
    def _compute_severity(self):
        for complaint in self:
            complaint.severity = complaint.proposed_severity

    @api.depends("state", "acknowledge_deadline", "answer_deadline")
    def _compute_time_left(self):
        now = fields.Datetime.now()
        for complaint in self:
            deadline = complaint._get_deadline()
            runs = complaint.state in OPEN_STATES and bool(deadline)
            minutes = (deadline - now).total_seconds() / 60 if runs else 0
            complaint.is_overdue = runs and minutes < 0
            complaint.time_left = format_minutes(self.env, minutes) if runs else ""

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        unacknowledged = Domain("state", "=", "new") & Domain("acknowledge_deadline", "<", now)
        unanswered = Domain("state", "in", OPEN_STATES) & Domain("answer_deadline", "<", now)
        overdue = unacknowledged | unanswered
        return overdue if True in value else ~overdue

    @api.depends("received_at", "acknowledged_at", "resolved_at", "state")
    def _compute_hours(self):
        for complaint in self:
            start = complaint.received_at
            for field, end in (
                ("acknowledge_hours", complaint.acknowledged_at),
                ("resolve_hours", complaint.resolved_at),
            ):
                # left alone without an end: no hours are not zero hours
                if start and end and complaint.state != "invalid":
                    complaint[field] = (end - start).total_seconds() / 3600
            complaint.received_count = int(complaint.state != "invalid")
            complaint.closed_count = int(complaint.state == "closed")
            if complaint.state != "invalid":
                complaint.handled_rate = complaint.closed_count

    @api.depends("named_user_ids")
    @api.depends_context("uid")
    def _compute_is_about_me(self):
        for complaint in self:
            complaint.is_about_me = complaint._is_about_user()

    @api.depends("state", "severity", "named_user_ids", "invalid_by_id")
    @api.depends_context("uid")
    def _compute_can_steps(self):
        is_agent = self.env.user.has_group(GROUP_SERVICE_DESK)
        is_quality = self.env.user.has_group(GROUP_QUALITY)
        for complaint in self:
            complaint.can_correct_receipt = (
                is_agent and complaint.state in OPEN_STATES and not complaint._is_about_user()
            )
            complaint.can_acknowledge = complaint._can_step("acknowledged")
            complaint.can_investigate = complaint._can_step("investigating")
            complaint.can_resolve = complaint._can_step("resolved")
            complaint.can_reopen = complaint._can_step("reopened")
            complaint.can_close = complaint._can_step("closed")
            complaint.can_confirm_invalid = complaint._can_step("invalid")
            complaint.can_hold_invalid = (
                is_quality
                and not complaint.invalid_by_id
                and not complaint._is_about_user()
                and (complaint.state, "invalid") in self._transitions
            )

    # -------------------------------------------------------------------------
    # CONSTRAINS
    # -------------------------------------------------------------------------

    @api.constrains("user_id", "subject_user_ids", "company_id")
    def _check_people(self):
        self._check_colleagues("user_id")

    @api.constrains("severity", "severity_reason", "impact", "urgency")
    def _check_severity_reason(self):
        for complaint in self:
            if (
                complaint.severity != complaint.proposed_severity
                and not (complaint.severity_reason or "").strip()
            ):
                raise UserError(
                    self.env._(
                        "The matrix says %(proposed)s: please say why the severity is another one.",
                        proposed=dict(self._fields["severity"]._description_selection(self.env))[
                            complaint.proposed_severity
                        ],
                    )
                )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        complaints = super().create([normalize_email(self.env, vals) for vals in vals_list])
        # fails when the user may not even read what it comes from
        for name in (*self._source_fields, "ticket_id"):
            complaints[name].check_access("read")
        if not self.env.su and "portal" in complaints.mapped("channel"):
            raise UserError(
                self.env._("In the portal customers complain themselves: how did it reach you?")
            )
        for complaint in complaints.sudo():
            complaint._receive()
        return complaints

    def write(self, vals):
        if not self.env.su:
            # whoever may not change it is told so first
            self.check_access("write")
            self._check_fixed(vals)
        old_words = self._get_old_words(vals)
        majors = self.filtered(lambda complaint: complaint.severity == "major")
        result = super().write(normalize_email(self.env, vals))
        if not self.env.su:
            majors._check_still_major()
        for complaint, words in old_words.items():
            complaint._note_old_words(words)
        if "subject_user_ids" in vals:
            self.sudo()._note_named()
        if not {"severity", "impact", "urgency"}.isdisjoint(vals):
            # whichever it was before, its clock is another one now
            for complaint in self.sudo().filtered(lambda one: one.state in OPEN_STATES):
                if (complaint.severity == "major") != (complaint in majors):
                    complaint._set_deadlines()
                    complaint._tell_quality_of_major()
        if not {"partner_id", "category_id"}.isdisjoint(vals):
            self.sudo()._find_repeated()
        return result

    def _check_access(self, operation):
        """Whom it is about reads it, and changes nothing of it: by no write, file or dialog."""
        result = super()._check_access(operation)
        if operation != "write":
            return result
        refused = self - result[0] if result else self
        refused = refused._filter_about_user()
        if not refused:
            return result
        forbidden = refused | result[0] if result else refused
        return forbidden, refused[:1]._get_subject_refusal

    def _check_fixed(self, vals):
        """Refuse another source, and to change what the customer said."""
        for complaint in self:
            fixed = (*self._source_fields, *complaint._get_fixed_words())
            if names := [name for name in fixed if name in vals]:
                raise complaint._get_fixed_refusal(names)

    def _get_fixed_words(self):
        """Return the fields that say how it came in, and in which words, once nobody changes them.

        What the customer sent never changes; what an agent wrote down can be put right until it is
        acknowledged.
        """
        if self.channel in CUSTOMER_CHANNELS:
            return ("channel", "name", "description")
        return () if self.state == "new" else ("channel", "description")

    def _get_fixed_refusal(self, names):
        return UserError(
            self.env._(
                "“%(record)s” stays as it came in: %(fields)s can't change. What you have to add "
                "goes into “%(addition)s”.",
                record=self.display_name,
                fields=self._get_field_labels(names),
                addition=self._get_field_labels(["addition"]),
            )
        )

    def _get_old_words(self, vals):
        """Return {complaint: what it says}, as far as a write changes what an agent wrote down."""
        if "description" not in vals:
            return {}
        return {complaint: html2plaintext(complaint.description or "") for complaint in self}

    def _note_old_words(self, words):
        """Keep in the chatter what was written down before it was put right."""
        if html2plaintext(self.description or "") != words:
            self.sudo()._message_log(
                body=self.env._("Description put right. It was: %(words)s", words=words)
            )

    def _note_named(self):
        """Remember whom it was ever about (superuser mode)."""
        for complaint in self:
            complaint.named_user_ids |= complaint.subject_user_ids

    def _keeps_file(self, file):
        """Whether the file is the customer's own."""
        return file in self.customer_file_ids

    def _check_still_major(self):
        """Refuse to get round the quality department by making a major complaint general."""
        if self.env.user.has_group(GROUP_QUALITY):
            return
        for complaint in self:
            if complaint.severity != "major":
                raise AccessError(
                    self.env._(
                        "“%(record)s” is major: only the role %(role)s can say it is not.",
                        record=complaint.display_name,
                        role=self.env.ref(GROUP_QUALITY).sudo().name,
                    )
                )

    # -------------------------------------------------------------------------
    # Receiving
    # -------------------------------------------------------------------------

    def _receive(self):
        """Start the clock, find what it repeats, and let the customer know (superuser mode)."""
        self.ensure_one()
        if is_html_empty(self.description):
            raise UserError(self.env._("Please enter what the customer complains about."))
        self.first_received_at = self.received_at
        self._note_named()
        self._set_deadlines()
        self._find_repeated()
        self._tell_quality_of_major()
        self._tell_receiving_department()
        self._acknowledge_by_mail()

    @api.model
    def _action_register(self, record, **vals):
        """Return the form of a new complaint with what a record tells about it.

        :param record: ticket, contact, callback or survey participant
        :param vals: values of the complaint
        """
        self.check_access("create")
        vals = {"company_id": (record.company_id or self.env.company).id, **vals}
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Complaint"),
            "res_model": self._name,
            "view_mode": "form",
            "context": {f"default_{name}": value for name, value in vals.items() if value},
        }

    @api.model
    def _action_view(self, domain):
        """Return the window action on complaints, on the form when there is one."""
        action = self.env["ir.actions.act_window"]._for_xml_id("itss_quality.itss_complaint_action")
        action.update(domain=domain, context={})
        complaints = self.search(domain, limit=2)
        if len(complaints) == 1:
            action.update(views=[(False, "form")], res_id=complaints.id)
        return action

    def _set_deadlines(self):
        company = self.company_id
        acknowledge, answer = company._itss_get_complaint_hours(self.severity)
        self.write(
            {
                "acknowledge_deadline": company._itss_add_hours(self.received_at, acknowledge),
                "answer_deadline": company._itss_add_hours(self.received_at, answer),
            }
        )
        self._start_clock()

    @public(on="record")
    def correct_receipt(self, received_at: datetime | None, reason: str | None):
        """Say that the complaint was received earlier than it was entered; what was noted first stays.

        :param datetime received_at: when it was received (UTC), no later than it was first noted
        :param str reason: why, required
        :raise UserError: no reason, no other time, a later one, or the complaint has been answered
        :raise AccessError: missing role, or the complaint is about the user
        """
        self.check_access("write")
        if self._is_locked():
            raise self._get_locked_refusal(["received_at"])
        reason = (reason or "").strip()
        if not reason or received_at in (None, self.received_at):
            raise UserError(self.env._("Please enter another time, and say why it changes."))
        if received_at > self.first_received_at:
            raise UserError(
                self.env._(
                    "“%(record)s” was entered on %(moment)s: it can't have been received later.",
                    record=self.display_name,
                    moment=format_datetime(self.env, self.first_received_at),
                )
            )
        self.sudo()._correct_receipt(received_at, reason)

    def _correct_receipt(self, moment, reason):
        """Keep why, who and when, and let the clock run from then (superuser mode)."""
        old, due = self.received_at, self.answer_deadline
        self.write(
            {
                "received_at": moment,
                "receipt_reason": reason,
                "receipt_corrected_by_id": self.env.uid,
                "receipt_corrected_at": fields.Datetime.now(),
            }
        )
        self._set_deadlines()
        if self.reopen_count:
            # the time to answer runs from the reopening
            self.answer_deadline = due
        self._find_repeated()
        self.message_post(
            body=self.env._(
                "Received on %(new)s, not on %(old)s: %(reason)s",
                new=format_datetime(self.env, moment),
                old=format_datetime(self.env, old),
                reason=reason,
            )
        )

    def _find_repeated(self):
        """Link each to the last complaint of the same customer and category within 90 days."""
        for complaint in self:
            earlier = self.browse()
            if complaint.customer_id and complaint.category_id:
                earlier = self.search(
                    [
                        ("id", "!=", complaint.id),
                        ("company_id", "=", complaint.company_id.id),
                        ("customer_id", "=", complaint.customer_id.id),
                        ("category_id", "=", complaint.category_id.id),
                        ("state", "!=", "invalid"),
                        ("received_at", "<=", complaint.received_at),
                        (
                            "received_at",
                            ">=",
                            complaint.received_at - timedelta(days=REPEAT_DAYS),
                        ),
                    ],
                    order="received_at desc, id desc",
                    limit=1,
                )
            if complaint.repeat_of_id != earlier:
                complaint.repeat_of_id = earlier

    def _tell_quality_of_major(self):
        """Pass an important complaint on at once (plan 5, 运维部)."""
        if self.severity != "major":
            return
        company = self.company_id
        user = self._get_quality_user()
        vals = {}
        if company.itss_quality_department_id:
            vals["department_id"] = company.itss_quality_department_id.id
        if not self.user_id:
            vals["user_id"] = user.id
        self.write(vals)
        self._ask(user, lambda env: env._("Major complaint: please take it over"))

    def _get_quality_user(self):
        """Return who takes it over in the quality department: one it is not about (superuser mode)."""
        company = self.company_id
        users = company._itss_get_quality_user() | company._itss_get_quality_users()
        return self._leave_out_named(users)[:1]

    def _leave_out_named(self, users):
        """Return those of the users who are none of the persons it is about (superuser mode)."""
        people = self.named_user_ids._itss_get_people().values()
        return users - self.env["res.users"].union(*people)

    def _get_registrar(self):
        """Return which colleague registered it; nobody when it came in by mail or in the portal."""
        creator = self.create_uid.sudo()
        return creator.filtered(lambda user: user._is_internal() and not user._is_superuser())

    def _tell_receiving_department(self):
        """Let the head of the department that receives complaints have a new general one acknowledged."""
        user = self._get_receiving_user()
        # a colleague who registers it, on the phone for instance, takes care of it
        if self.severity == "major" or not user or self._get_registrar():
            return
        self._ask(user, lambda env: env._("Complaint to acknowledge"))

    def _get_receiving_user(self):
        company = self.company_id
        departments = company.itss_service_desk_department_id
        departments |= company.itss_operations_department_id
        users = departments.manager_id.user_id.filtered("active")
        return self._leave_out_named(users)[:1]

    def _acknowledge_by_mail(self):
        """Tell the customer that the complaint has arrived, and its number."""
        if self.channel not in ("callback", "survey"):
            self._send_to_customer("itss_quality.itss_complaint_received_template")

    def _send_to_customer(self, template_name):
        """Send a mail to the complainant, if there is an address (superuser mode).

        :param str template_name: XML id of a ``mail.template``
        """
        if not self.email:
            return
        template = self.env.ref(template_name)
        try:
            with self.env.cr.savepoint():
                # the mail goes once it is sent; its message stays, for the customer's reply to find
                template.send_mail(self.id, email_values={"is_notification": True})
        except OperationalError:
            raise
        except Exception:
            # a template somebody broke must not cost the complaint
            _logger.exception("Complaint %s: %s could not be sent", self.number, template_name)

    # -------------------------------------------------------------------------
    # The clock: to acknowledge, then to answer
    # -------------------------------------------------------------------------

    def _get_deadline(self):
        if self.state == "new" and not self.acknowledged_at:
            return self.acknowledge_deadline
        return self.answer_deadline

    def _get_alarms(self):
        """Who handles it before the deadline, the leader at it, the quality department after it."""
        deadline = self._get_deadline()
        if self.state not in OPEN_STATES or not deadline:
            return
        company = self.company_id
        departments = self.department_id | company.itss_operations_department_id
        leader = departments.manager_id.user_id.filtered("active")[:1]
        yield Alarm(
            WARNED,
            company._itss_add_hours(deadline, -company.itss_complaint_warning_hours),
            self.user_id.filtered("active") or leader,
            lambda env: env._("Complaint due soon"),
        )
        yield Alarm(LEADER_TOLD, deadline, leader, lambda env: env._("Complaint overdue"))
        yield Alarm(
            QUALITY_TOLD,
            company._itss_add_hours(deadline, company.itss_complaint_escalation_hours),
            self.env["res.users"],
            lambda env: env._("Complaint still open after a second period"),
        )

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _get_step_refusal(self, new_state):
        refusal = super()._get_step_refusal(new_state)
        if refusal:
            return refusal
        if self._is_about_user():
            return self._get_subject_refusal()
        if (
            self.severity == "major"
            and new_state in ("resolved", "closed")
            and not self.env.user.has_group(GROUP_QUALITY)
        ):
            name = self.env.ref(GROUP_QUALITY).sudo().name
            return AccessError(
                self.env._(
                    "“%(record)s” is major: only the role %(role)s resolves it.",
                    record=self.display_name,
                    role=name,
                )
            )
        if new_state == "invalid":
            return self._get_invalid_refusal()
        if new_state == "closed" and self.state == "resolved":
            return self._get_closing_refusal()
        return None

    def _is_about_user(self):
        """Whether the complaint is about the current user, or ever was."""
        return bool(self._filter_about_user())

    def _filter_about_user(self):
        if not self.sudo().named_user_ids:
            return self.browse()
        people = self.env.user._itss_get_people()[self.env.user]
        return self.filtered(lambda complaint: complaint.sudo().named_user_ids & people)

    def _get_subject_refusal(self):
        return AccessError(
            self.env._(
                "“%(record)s” is about you: somebody else has to work on it.",
                record=self.display_name,
            )
        )

    def _get_invalid_refusal(self):
        if not self.invalid_by_id:
            return UserError(
                self.env._(
                    "Somebody has to say first why “%(record)s” is invalid.",
                    record=self.display_name,
                )
            )
        if self.env.user._itss_is_among(self.sudo().invalid_by_id):
            return UserError(
                self.env._(
                    "You have held “%(record)s” invalid yourself: a second person has to confirm it.",
                    record=self.display_name,
                )
            )
        return None

    def _get_closing_refusal(self):
        """The callback closes a complaint; without one only when nobody can be reached."""
        last = self.sudo().callback_ids.sorted("cycle")[-1:]
        if last.state != "unreachable":
            return UserError(
                self.env._(
                    "“%(record)s” is closed by a callback in which the customer is satisfied.",
                    record=self.display_name,
                )
            )
        return None

    def _check_step(self, new_state, vals):
        super()._check_step(new_state, vals)
        if new_state == "resolved" and self.refused_resolution:
            answer = vals.get("resolution", self.resolution) or ""
            if answer.strip() == self.refused_resolution.strip():
                raise UserError(
                    self.env._(
                        "The customer was not satisfied with this answer to “%(record)s”: please "
                        "change it first.",
                        record=self.display_name,
                    )
                )
        if new_state == "resolved" and self.severity == "major":
            if not vals.get("root_cause", self.root_cause):
                raise UserError(
                    self.env._(
                        "“%(record)s” is major: please enter its root cause first.",
                        record=self.display_name,
                    )
                )
            if not self.sudo()._get_live_improvements():
                raise UserError(
                    self.env._(
                        "“%(record)s” is major: it needs at least one improvement that is planned.",
                        record=self.display_name,
                    )
                )

    def _apply_step(self, old_state, new_state):
        super()._apply_step(old_state, new_state)
        now = fields.Datetime.now()
        if new_state in ("acknowledged", "investigating"):
            self._take_up(new_state)
        elif new_state == "resolved":
            self.write({"resolved_at": now, "resolved_by_id": self.env.uid})
            self._stop_asking()
            self._open_callback()
            self._send_to_customer("itss_quality.itss_complaint_answered_template")
        elif new_state == "reopened":
            self._reopen()
        elif new_state in ENDED_STATES:
            name = "closed_by_id" if new_state == "closed" else "invalid_confirmed_by_id"
            self.write({"closed_at": now, name: self.env.uid})
            if new_state == "invalid":
                self._clear_averages("handled_rate", "acknowledge_hours", "resolve_hours")
            self._stop_asking()
            self._cancel_callbacks()

    def _take_up(self, new_state):
        """Stop the first clock; a major complaint stays the quality department's (superuser mode)."""
        is_major = self.severity == "major"
        quality = self._get_quality_user()
        if is_major and new_state == "investigating" and quality:
            self._stop_asking(quality)
        if self.acknowledged_at:
            return
        handler = self.user_id
        if is_major and new_state == "acknowledged":
            # whoever acknowledges it only hands it on
            self._stop_asking(self.activity_ids.user_id - quality)
        else:
            handler = handler or self.env.user
            self._stop_asking()
        self.write({"acknowledged_at": fields.Datetime.now(), "user_id": handler.id})
        self._start_clock()

    def _reopen(self):
        """Take the complaint up again, with a new time to answer (superuser mode)."""
        company = self.company_id
        _acknowledge, answer = company._itss_get_complaint_hours(self.severity)
        self.write(
            {
                "reopen_count": self.reopen_count + 1,
                "refused_resolution": self.resolution,
                "closed_at": False,
                "closed_by_id": False,
                "resolved_at": False,
                "resolved_by_id": False,
                "answer_deadline": company._itss_add_hours(fields.Datetime.now(), answer),
            }
        )
        # an answer taken back has no hours, rather than none of them
        self._clear_averages("resolve_hours")
        self._cancel_callbacks()
        self._start_clock()
        user = self.user_id.filtered("active")
        if self.severity == "major" or not user:
            # nobody else can go on with a major one
            user = self._get_quality_user()
        self._ask(user, lambda env: env._("Complaint reopened: the customer is not satisfied"))

    def _clear_averages(self, *names):
        """Take out values that count in no average any more (superuser mode)."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE itss_complaint SET %s WHERE id IN %s",
                SQL(", ").join(SQL("%s = NULL", SQL.identifier(name)) for name in names),
                tuple(self.ids),
            )
        )
        self.invalidate_recordset(names)

    def _reopen_by_customer(self, reason):
        """Take the complaint up again since the customer says so in the portal (superuser mode).

        :param str reason: what is still wrong, required
        :raise UserError: no reason, or no answer that could be wrong
        """
        self.ensure_one()
        if not reason:
            raise UserError(self.env._("Please tell us what is still wrong."))
        if self.state not in ("resolved", "closed"):
            raise UserError(self.env._("We are still working on your complaint."))
        self.write({"state": "reopened", "reopen_reason": reason})
        self.message_post(
            body=self.env._("The customer is not satisfied: %(words)s", words=reason),
            author_id=self.partner_id.id,
        )
        self._reopen()

    @public(on="record")
    def hold_invalid(self, reason: str | None):
        """Say why the complaint is invalid; a second person of the quality department confirms it.

        :param str reason: why, required
        :raise UserError: no reason, or a complaint that has been answered
        :raise AccessError: missing role (quality department only)
        """
        self.check_access("write")
        if not self.can_hold_invalid:
            raise UserError(
                self.env._("“%(record)s” can't be held invalid now.", record=self.display_name)
            )
        if not (reason or "").strip():
            raise UserError(self.env._("Please say why the complaint is invalid."))
        self.sudo().write({"invalid_reason": reason, "invalid_by_id": self.env.uid})
        self.message_post(body=self.env._("Held invalid: %(reason)s", reason=reason))

    # -------------------------------------------------------------------------
    # The callback to the complainant
    # -------------------------------------------------------------------------

    def _open_callback(self):
        """Ask the customer whether the answer is satisfying (plan 5: 回访; superuser mode)."""
        now = fields.Datetime.now()
        callback = self.env["itss.callback"]._open(
            [
                {
                    "complaint_id": self.id,
                    "ticket_number": self.number,
                    "ticket_name": self.name,
                    "company_id": self.company_id.id,
                    "partner_id": self.partner_id.id,
                    "customer_id": self.customer_id.id,
                    "contact_name": self.contact_name,
                    "phone": self.phone,
                    "email": self.email,
                    "engineer_id": self.resolved_by_id.id,
                    "resolved_at": now,
                }
            ]
        )
        if self.severity == "major":
            # the quality department calls back itself, and knows at once who (plan 5)
            callback._assign()

    def _cancel_callbacks(self):
        self.callback_ids._cancel(self.env._("The complaint is no longer waiting for a callback."))

    def _follow_callback(self, callback, is_satisfied):
        """Close the complaint, or take it up again, as the customer says (superuser mode)."""
        if self.state != "resolved":
            return
        words = (callback.comment or "").strip()
        if is_satisfied:
            # through the link nobody but the customer does
            caller = callback.user_id if callback.channel == "phone" else self.env["res.users"]
            self.write(
                {
                    "state": "closed",
                    "closed_at": fields.Datetime.now(),
                    "closed_by_id": caller.id,
                }
            )
            body = (
                self.env._("The customer is satisfied: %(words)s", words=words)
                if words
                else self.env._("The customer is satisfied.")
            )
        else:
            self.write({"state": "reopened", "reopen_reason": words})
            body = (
                self.env._("The customer is not satisfied: %(words)s", words=words)
                if words
                else self.env._("The customer is not satisfied.")
            )
        self.message_post(body=body)
        if not is_satisfied:
            self._reopen()

    def _get_customer_status(self):
        """Return how the complaint stands, in words meant for the customer."""
        self.ensure_one()
        if self.state == "investigating" and self.reopen_count:
            return self.env._("In progress again")
        return {
            "new": self.env._("Submitted"),
            "acknowledged": self.env._("Being looked into"),
            "investigating": self.env._("Being looked into"),
            "reopened": self.env._("In progress again"),
            "resolved": self.env._("Answered"),
            "closed": self.env._("Completed"),
            "invalid": self.env._("Ended"),
        }[self.state]

    def _get_summary(self):
        return html2plaintext(self.description or "").strip()[:600]

    # -------------------------------------------------------------------------
    # Improvements
    # -------------------------------------------------------------------------

    def _is_major_source(self):
        return self.severity == "major"

    def _get_live_improvements(self):
        """Return the improvements that are at least planned."""
        return self.improvement_ids.filtered(lambda one: one.state not in ("draft", "cancelled"))

    def _check_improvements_left(self, gone):
        if (
            self.severity == "major"
            and self.state in ("resolved", "closed")
            and not self._get_live_improvements() - gone
        ):
            raise UserError(
                self.env._(
                    "“%(record)s” is major and has been answered: its last improvement can't be "
                    "cancelled or deleted. Please plan another one first.",
                    record=self.display_name,
                )
            )

    def _propose_root_cause(self, improvement):
        """Take the root cause over while the complaint has none; its handler may word it anew."""
        if self.state in OPEN_STATES and not self.root_cause and not self._is_about_user():
            self.root_cause = improvement.root_cause
            self._message_log(
                body=self.env._(
                    "Root cause taken over from %(improvement)s.",
                    improvement=improvement.display_name,
                )
            )

    def _prepare_improvement_vals(self):
        return {
            **super()._prepare_improvement_vals(),
            "problem": "\n".join(filter(None, (self.name, self._get_summary()))),
            "root_cause": self.root_cause,
            "department_id": self.department_id.id,
        }

    # -------------------------------------------------------------------------
    # Mail gateway
    # -------------------------------------------------------------------------

    @api.private
    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Register a complaint that came in by mail.

        :param dict msg_dict: the parsed message, as ``mail.thread`` gives it
        :param dict custom_values: the alias's defaults
        :return: the new complaint; the last one of the address when there are too many of them
        """
        values = custom_values or {}
        defaults = {
            "name": msg_dict.get("subject") or self.env._("Complaint without a subject"),
            "description": msg_dict.get("body") or msg_dict.get("subject") or "—",
            "channel": "email",
            "partner_id": msg_dict.get("author_id"),
            "contact_name": (msg_dict.get("email_from") or "").split("<")[0].strip(' "'),
            "email": email_normalize(msg_dict.get("email_from") or "") or False,
            # whoever sets up the alias says whose it is, and neither a state nor a time
            **{name: values[name] for name in self._itss_mail_defaults if name in values},
        }
        if last := self._find_flooded(defaults["email"], defaults.get("company_id")):
            last._ask_once(
                lambda env: env._("Many mails from one address: please look through them")
            )
            return last.with_context(itss_is_flooded=OURS)
        return super().message_new(msg_dict, custom_values=defaults)

    def message_update(self, msg_dict, update_vals=None):
        """Take an answer by mail; too many of them are kept, and nobody is told of each.

        :param dict msg_dict: the parsed message, as ``mail.thread`` gives it
        :param dict update_vals: values to write
        :return: whether it was taken
        """
        mails = [
            ("model", "=", self._name),
            ("res_id", "in", self.ids),
            ("message_type", "=", "email"),
            ("create_date", ">", self.env.cr.now() - timedelta(hours=1)),
        ]
        if self.env["mail.message"].sudo().search_count(mails) >= MOST_PER_HOUR:
            # as a note, in answer to nobody
            msg_dict.update(is_internal=True, parent_id=False)
        return super().message_update(msg_dict, update_vals=update_vals)

    def _creation_subtype(self):
        if self.env.context.get("itss_is_flooded") is OURS:
            return self.env.ref("mail.mt_note")
        return super()._creation_subtype()

    @api.model
    def _find_flooded(self, email, company_id):
        """Return the last complaint of an address from which too many came by mail, if they did."""
        if not email:
            return self.browse()
        found = self.search(
            [
                ("channel", "=", "email"),
                ("email", "=", email),
                ("company_id", "=", company_id or self.env.company.id),
                ("received_at", ">", fields.Datetime.now() - timedelta(hours=1)),
            ],
            order="id desc",
            limit=MOST_PER_HOUR,
        )
        return found[:1] if len(found) == MOST_PER_HOUR else self.browse()

    def _ask_once(self, words):
        """Have the complaint looked at by who receives complaints, unless that is asked already."""
        asked = self.activity_ids.filtered(
            lambda todo: todo.summary == words(self.with_context(lang=todo.user_id.lang).env)
        )
        if not asked:
            self._ask(self._get_receiving_user() or self._get_quality_user(), words)

    # -------------------------------------------------------------------------
    # Portal
    # -------------------------------------------------------------------------

    @api.model
    def _has_filed_enough(self, partner):
        """Whether a customer has filed so many in the portal that no more are taken now.

        :param partner: the contact who files (superuser mode)
        """
        recent = [
            ("channel", "=", "portal"),
            ("customer_id", "=", partner.commercial_partner_id.id),
            ("received_at", ">", fields.Datetime.now() - timedelta(hours=1)),
        ]
        return self.search_count(recent, limit=MOST_PER_HOUR) == MOST_PER_HOUR

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    @api.model
    def _get_figure_label(self):
        return self.env._("Complaints")

    @api.model
    def _get_figure_domain(self, period):
        return period.get_domain("received_at")

    @api.model
    def _find_received(self, period):
        """Return the complaints received in a period, as was known when it ended.

        :return: those of them that the user may read
        """
        rows = self._read_past(
            self._get_moved_domain(period, "received_at"),
            period.end,
            id=SQL("id"),
            at=SQL("received_at_then"),
        )
        received = [row["id"] for row in rows if period.start <= row["at"] < period.end]
        return self.search([("id", "in", received)])

    @api.model
    def _get_figures(self, period):
        indicators = self.env["itss.indicator"]
        [closed] = indicators._read_period(period, "complaint_handled")
        major, answered = indicators._count_complaints(period)
        return {
            "measurements": [
                Figure(
                    self.env._("Hours to answer a complaint"),
                    answered.get_value("hours"),
                    n=answered.n,
                ),
            ],
            "feedback": [
                Figure(self.env._("Complaints received"), closed.n),
                closed.get_part(self.env._("Complaints closed")),
                major.get_part(self.env._("Major complaints")),
            ],
        }

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="records")
    def action_acknowledge(self):
        """Take the complaint and stop the first clock.

        :raise UserError: wrong state
        :raise AccessError: missing role
        """
        return self.write({"state": "acknowledged"})

    @public(on="records")
    def action_investigate(self):
        """Start to find out what happened.

        :raise UserError: wrong state
        :raise AccessError: missing role
        """
        return self.write({"state": "investigating"})

    @public(on="records")
    def action_resolve(self):
        """Answer the customer, and have the customer called back.

        :raise UserError: wrong state, something is missing, or the complaint is about the user
        :raise AccessError: missing role; a major complaint is the quality department's
        """
        for complaint in self:
            if not complaint.sudo().try_lock_for_update(allow_referencing=True):
                raise UserError(
                    self.env._(
                        "“%(record)s” is being changed by somebody else. Please look again.",
                        record=complaint.display_name,
                    )
                )
            if complaint.state == "resolved":
                raise UserError(
                    self.env._(
                        "“%(record)s” has been resolved by %(user)s meanwhile.",
                        record=complaint.display_name,
                        user=complaint.resolved_by_id.name,
                    )
                )
        return self.write({"state": "resolved"})

    @public(on="record")
    def action_reopen(self):
        """Ask why and take the complaint up again.

        :return: window action of the dialog
        """
        return self._action_ask_reason("reopened", self.env._("Reopen Complaint"))

    @public(on="record")
    def action_close(self):
        """Ask why and close a complaint whose customer can't be reached.

        :return: window action of the dialog
        """
        return self._action_ask_reason("closed", self.env._("Close Complaint"))

    @public(on="record")
    def action_correct_receipt(self):
        """Open the dialog that asks when the complaint was received, and why that is corrected.

        :return: window action
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Correct the Receipt"),
            "res_model": "itss.complaint.receipt",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_complaint_id": self.id,
                "default_received_at": self.received_at,
            },
        }

    @public(on="record")
    def action_hold_invalid(self):
        """Open the dialog that asks why the complaint is invalid.

        :return: window action
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Hold Invalid"),
            "res_model": "itss.complaint.invalid",
            "view_mode": "form",
            "target": "new",
            "context": {"default_complaint_id": self.id},
        }

    @public(on="records")
    def action_confirm_invalid(self):
        """Confirm as a second person that the complaint is invalid.

        :raise UserError: nobody has held it invalid, or the user did
        :raise AccessError: missing role
        """
        return self.write({"state": "invalid"})

    @public(on="record")
    def action_view_callbacks(self):
        """Open the callbacks to the complainant.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("itss_quality.itss_callback_action")
        return {**action, "domain": [("complaint_id", "=", self.id)], "context": {}}

    @public(on="record")
    def action_view_repeats(self):
        """Open the complaints of the same customer and category before and after this one.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("itss_quality.itss_complaint_action")
        domain = [
            ("customer_id", "=", self.customer_id.id),
            ("category_id", "=", self.category_id.id),
        ]
        return {**action, "domain": domain, "context": {}}
