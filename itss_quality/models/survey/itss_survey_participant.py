import logging
import random
import secrets
import smtplib
from datetime import timedelta
from functools import partial

from lxml import html
from psycopg2 import Error as PostgresError
from psycopg2.extensions import TransactionRollbackError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize, html2plaintext, split_every
from odoo.tools.misc import format_date

from ...tools.public import public
from ...tools.smtp import get_refusal, hand_over, mail_session
from ...tools.typed_text import normalize_email
from ..core.itss_link_mixin import ADDRESS_STAMPS

_logger = logging.getLogger(__name__)

GROUP_SERVICE_DESK = "itss_quality.group_itss_service_desk"
GROUP_QUALITY = "itss_quality.group_itss_quality"
CHANNELS = [
    ("email", "E-Mail"),
    ("phone", "Phone"),
    ("interview", "Interview"),
    ("paper", "Paper"),
]
WAITING_STATES = ("to_send", "sent", "failed")
# mails of one connection
BATCH = 50


class ItssSurveyParticipant(models.Model):
    """Customer's contact who is asked in a survey round, and what came of it."""

    _name = "itss.survey.participant"
    _description = "Survey Participant"
    _inherit = [
        "itss.part.mixin",
        "itss.workflow.mixin",
        "itss.improvement.source.mixin",
        "itss.link.mixin",
        "mail.thread",
    ]
    _order = "round_id desc, customer_id, id"
    _rec_names_search = ["contact_name", "email", "customer_id.name"]

    _mail_post_access = "read"
    _link_path = "/itss/survey"
    _initial_state = "to_send"
    _transitions = {
        ("to_send", "declined"): (GROUP_SERVICE_DESK,),
        ("sent", "declined"): (GROUP_SERVICE_DESK,),
        ("failed", "declined"): (GROUP_SERVICE_DESK,),
        ("failed", "to_send"): (GROUP_QUALITY,),
        ("sent", "to_send"): (GROUP_QUALITY,),
        ("declined", "to_send"): (GROUP_QUALITY,),
    }
    _reason_fields = {
        ("to_send", "declined"): "decline_reason",
        ("sent", "declined"): "decline_reason",
        ("failed", "declined"): "decline_reason",
    }
    _locked_states = ("answered", "declined")
    _locked_fields = ("channel", "contact_name", "email", "phone", "lang", "segment_id")
    _whole_field = "round_id"
    # the list of recipients is frozen when the round starts
    _frozen_fields = ("round_id", "partner_id", "segment_id")
    _stamp_fields = (
        "user_input_id",
        "is_opted_out",
        "sent_at",
        "delivered_at",
        "last_mail_at",
        "reminder_count",
        "final_notice_at",
        "failure_reason",
        "answered_on",
        "interviewer_id",
        "interview_date",
        "score",
        "is_scored",
        "is_dissatisfied",
        "is_proposed",
        *ADDRESS_STAMPS,
    )

    round_id = fields.Many2one("itss.survey.round", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="round_id.company_id", store=True, index=True)
    round_state = fields.Selection(related="round_id.state", string="Round Status")
    date_start = fields.Date(related="round_id.date_start", string="Survey Date", store=True)

    # who
    partner_id = fields.Many2one(
        "res.partner", string="Contact", required=True, index=True, ondelete="restrict"
    )
    customer_id = fields.Many2one(
        "res.partner", compute="_compute_contact", store=True, precompute=True, index=True
    )
    contact_name = fields.Char(
        compute="_compute_contact", store=True, readonly=False, precompute=True, tracking=True
    )
    email = fields.Char(
        compute="_compute_contact", store=True, readonly=False, precompute=True, tracking=True
    )
    phone = fields.Char(
        compute="_compute_contact", store=True, readonly=False, precompute=True, tracking=True
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        compute="_compute_contact",
        store=True,
        readonly=False,
        precompute=True,
        help="The language of the mails and of the questionnaire.",
    )
    segment_id = fields.Many2one(
        "res.partner.industry",
        string="Customer Segment",
        compute="_compute_contact",
        store=True,
        readonly=False,
        precompute=True,
        help="The customer's industry; figures are broken down by it.",
    )
    channel = fields.Selection(CHANNELS, default="email", required=True, tracking=True)
    is_opted_out = fields.Boolean(
        string="Opted Out",
        readonly=True,
        copy=False,
        help="The address is on the blacklist of mailings: the contact is not asked.",
    )
    is_address_missing = fields.Boolean(
        string="Missing Address",
        compute="_compute_is_address_missing",
        search="_search_is_address_missing",
        help="There is no e-mail address to send the link to, or no number to call.",
    )

    # what was sent
    state = fields.Selection(
        [
            ("to_send", "To Ask"),
            ("sent", "Sent"),
            ("answered", "Answered"),
            ("declined", "Declined"),
            ("failed", "Not Delivered"),
        ],
        string="Status",
        default="to_send",
        required=True,
        readonly=True,
        copy=False,
        group_expand=True,
    )
    user_input_id = fields.Many2one(
        "survey.user_input",
        string="Answer",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="Empty once an anonymous answer is completed: it belongs to nobody then.",
    )
    sent_at = fields.Datetime(string="Sent on", readonly=True, copy=False)
    delivered_at = fields.Datetime(
        string="Taken on",
        readonly=True,
        copy=False,
        help="When the mail server took the last mail.",
    )
    is_unconfirmed = fields.Boolean(
        string="Unconfirmed",
        compute="_compute_is_unconfirmed",
        search="_search_is_unconfirmed",
        help="The server stopped while it handed the mail over, so nobody knows whether it arrived. "
        "It is not sent twice by itself.",
    )
    last_mail_at = fields.Datetime(string="Last Mail on", readonly=True, copy=False)
    reminder_count = fields.Integer(string="Reminders", readonly=True, copy=False, aggregator=None)
    final_notice_at = fields.Datetime(string="Final Notice on", readonly=True, copy=False)
    failure_reason = fields.Char(
        readonly=True, copy=False, help="What the mail server said when it refused the mail."
    )
    decline_reason = fields.Text(readonly=True, copy=False)

    # what was answered
    answered_on = fields.Date(readonly=True, copy=False)
    interviewer_id = fields.Many2one("res.users", string="Entered by", readonly=True, copy=False)
    interview_date = fields.Date(string="Asked on", readonly=True, copy=False)
    score = fields.Float(string="Satisfaction", readonly=True, copy=False, aggregator="avg")
    is_scored = fields.Boolean(readonly=True, copy=False)
    is_dissatisfied = fields.Boolean(string="Dissatisfied", readonly=True, copy=False)
    is_proposed = fields.Boolean(readonly=True, copy=False)

    can_enter = fields.Boolean(compute="_compute_can_steps")
    can_decline = fields.Boolean(compute="_compute_can_steps")
    can_resend = fields.Boolean(compute="_compute_can_steps")

    _partner_unique = models.Constraint(
        "UNIQUE(round_id, partner_id)", "This contact is a participant of the round already."
    )
    _email_unique = models.UniqueIndex(
        "(round_id, email) WHERE email IS NOT NULL",
        "Another participant of the round has this e-mail address already.",
    )
    _answer_unique = models.UniqueIndex(
        "(user_input_id) WHERE user_input_id IS NOT NULL", "This answer is another participant's."
    )
    _state_index = models.Index("(round_id, state)")
    _proposal_index = models.Index("(round_id) WHERE is_dissatisfied AND is_proposed IS NOT TRUE")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("contact_name", "customer_id")
    def _compute_display_name(self):
        for participant in self:
            names = (participant.contact_name, participant.customer_id.name)
            participant.display_name = " · ".join(dict.fromkeys(filter(None, names)))

    @api.depends("partner_id")
    def _compute_contact(self):
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        for participant in self:
            partner = participant.partner_id
            customer = partner.commercial_partner_id
            participant.customer_id = customer
            participant.contact_name = partner.name
            participant.email = email_normalize(partner.email or "") or False
            participant.phone = partner.phone or customer.phone
            participant.lang = partner.lang if partner.lang in installed else False
            participant.segment_id = customer.industry_id

    @api.depends("channel", "email", "phone", "state")
    def _compute_is_address_missing(self):
        missing = self.filtered_domain(self._get_address_missing_domain())
        for participant in self:
            participant.is_address_missing = participant in missing

    def _search_is_address_missing(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = self._get_address_missing_domain()
        return domain if True in value else ~domain

    @api.model
    def _get_address_missing_domain(self):
        no_email = Domain("channel", "=", "email") & Domain("email", "=", False)
        no_phone = Domain("channel", "=", "phone") & Domain("phone", "=", False)
        return Domain("state", "in", WAITING_STATES) & (no_email | no_phone)

    @api.depends("state", "last_mail_at", "delivered_at")
    def _compute_is_unconfirmed(self):
        for participant in self:
            sent, taken = participant.last_mail_at, participant.delivered_at
            participant.is_unconfirmed = (
                participant.state == "sent" and bool(sent) and not (taken and taken >= sent)
            )

    def _search_is_unconfirmed(self, operator, value):
        if operator != "in":
            return NotImplemented
        unconfirmed = Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s = 'sent' AND %s IS NOT NULL AND COALESCE(%s < %s, TRUE)",
                model._field_to_sql(alias, "state", query),
                model._field_to_sql(alias, "last_mail_at", query),
                model._field_to_sql(alias, "delivered_at", query),
                model._field_to_sql(alias, "last_mail_at", query),
            ),
            predicate=lambda participant: participant.is_unconfirmed,
        )
        return unconfirmed if True in value else ~unconfirmed

    @api.depends("state", "round_id.state", "last_mail_at", "delivered_at")
    @api.depends_context("uid")
    def _compute_can_steps(self):
        is_agent = self.env.user.has_group(GROUP_SERVICE_DESK)
        for participant in self:
            running = participant.round_id.state == "running"
            participant.can_enter = is_agent and running and participant.state in WAITING_STATES
            participant.can_decline = participant._can_step("declined")
            participant.can_resend = participant._can_step("to_send")

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [normalize_email(self.env, vals) for vals in vals_list]
        participants = super().create(vals_list)
        participants.sudo()._respect_blacklist()
        return participants

    def write(self, vals):
        return super().write(normalize_email(self.env, vals))

    def _check_whole_open(self):
        for round_ in self.round_id:
            if round_.state != "draft":
                raise UserError(
                    self.env._(
                        "“%(round)s” has started: its list of participants is frozen.",
                        round=round_.display_name,
                    )
                )

    def _respect_blacklist(self):
        """Leave out, but keep in sight, those who want no mailings."""
        emails = list(filter(None, self.mapped("email")))
        blacklist = self.env["mail.blacklist"].search([("email", "in", emails)])
        refused = set(blacklist.mapped("email"))
        for participant in self:
            if participant.email in refused:
                participant.write(
                    {
                        "state": "declined",
                        # who was asked before stays a recipient
                        "is_opted_out": participant.state == "to_send",
                        "decline_reason": self.env._("On the blacklist of mailings."),
                    }
                )

    # -------------------------------------------------------------------------
    # Workflow
    # -------------------------------------------------------------------------

    def _get_step_refusal(self, new_state):
        refusal = super()._get_step_refusal(new_state)
        if refusal:
            return refusal
        if self.round_id.state not in ("draft", "running"):
            return UserError(self.env._("“%(round)s” has ended.", round=self.round_id.display_name))
        if new_state == "to_send" and self.state == "sent" and not self.is_unconfirmed:
            return UserError(
                self.env._(
                    "“%(record)s” has got the mail already: a second one is a reminder.",
                    record=self.display_name,
                )
            )
        if new_state == "to_send" and self.is_opted_out:
            return UserError(
                self.env._("“%(record)s” wants no mailings.", record=self.display_name)
            )
        return None

    def _apply_step(self, old_state, new_state):
        super()._apply_step(old_state, new_state)
        if new_state == "to_send":
            self.write(
                {
                    "failure_reason": False,
                    "sent_at": False,
                    "delivered_at": False,
                    "last_mail_at": False,
                    "decline_reason": False,
                }
            )
            self.env.ref("itss_quality.ir_cron_itss_survey_send")._trigger()

    # -------------------------------------------------------------------------
    # The link
    # -------------------------------------------------------------------------

    def _get_link_refusal(self):
        self.ensure_one()
        round_ = self.round_id
        if self.state == "answered":
            return "used"
        if self.state not in ("sent", "failed"):
            return "cancelled"
        if round_.state != "running" or (round_.is_late and not round_.accept_late):
            return "expired"
        return None

    def _decline_by_link(self):
        """Note that the customer does not want to take part (superuser mode).

        :return: why it was not noted, see :meth:`_get_link_refusal`
        """
        refusal = self._use_link()
        if refusal:
            return refusal
        participant = self.with_context(
            lang=self.company_id.partner_id.lang or self.env.lang, tracking_disable=True
        )
        reason = participant.env._("Declined through the link.")
        participant.write({"state": "declined", "decline_reason": reason})
        return None

    def _prepare_links(self):
        """Give those who lack them their secret and their answer to fill in (superuser mode)."""
        super()._prepare_links()
        self._create_answers()

    def _create_answers(self):
        """Create the empty answers of those who have none (superuser mode).

        Those of an anonymous round carry no name, and their order tells nothing.
        """
        answers = self.env["survey.user_input"].with_context(
            tracking_disable=True, mail_create_nolog=True, mail_create_nosubscribe=True
        )
        languages = {lang.code: lang.id for lang in self.env["res.lang"].search([])}
        for round_, participants in self.grouped("round_id").items():
            missing = list(participants.filtered(lambda one: not one.user_input_id))
            random.shuffle(missing)
            questions = round_.survey_id._prepare_user_input_predefined_questions().ids
            created = answers.create(
                [
                    {
                        "survey_id": round_.survey_id.id,
                        "partner_id": not round_.is_anonymous and participant.partner_id.id,
                        "email": not round_.is_anonymous and participant.email,
                        "lang_id": languages.get(participant._get_lang()),
                        "predefined_question_ids": [(6, 0, questions)],
                        "itss_round_id": round_.id,
                        "itss_channel": participant.channel,
                        "itss_segment_id": participant.segment_id.id,
                    }
                    for participant in missing
                ]
            )
            for participant, answer in zip(missing, created, strict=True):
                participant.user_input_id = answer

    def _get_lang(self):
        self.ensure_one()
        return self.lang or self.company_id.partner_id.lang or self.env.lang

    # -------------------------------------------------------------------------
    # Mails
    # -------------------------------------------------------------------------

    @api.model
    def _cron_send(self):
        """Send the links of running rounds, then reminders and final notices (plan 6.3: 邮件).

        What is sent is noted before the mail's text goes out, mail by mail: a run may be killed at
        any line, and no address gets a mail twice.
        """
        crons = self.env["ir.cron"]
        rounds = self.env["itss.survey.round"].search([("state", "=", "running")])
        jobs = [
            (round_, kind, self.search(self._get_mail_domain(round_, kind)).ids)
            for round_ in rounds
            for kind in ("invitation", "reminder", "final")
        ]
        time_left = crons._commit_progress(remaining=sum(len(ids) for *_job, ids in jobs))
        for round_, kind, ids in jobs:
            for chunk in split_every(BATCH, ids):
                if not time_left:
                    return
                if not self.browse(chunk)._send_mails(round_, kind):
                    break
                time_left = crons._commit_progress(len(chunk))

    @api.model
    def _get_mail_domain(self, round_, kind):
        """Return the domain of the participants who are to get a kind of mail now."""
        now, today = fields.Datetime.now(), round_._get_today()
        if round_.date_start > today or (round_.is_late and not round_.accept_late):
            return Domain.FALSE
        domain = Domain("round_id", "=", round_.id) & Domain("channel", "=", "email")
        domain &= Domain("email", "!=", False)
        if kind == "invitation":
            return domain & Domain("state", "=", "to_send")
        domain &= Domain("state", "=", "sent")
        last_days = round_.date_end - timedelta(days=round_.final_notice_days)
        if kind == "final":
            if not round_.final_notice_days or not last_days <= today <= round_.date_end:
                return Domain.FALSE
            domain &= Domain("final_notice_at", "=", False)
            return domain & Domain("last_mail_at", "<=", now - timedelta(days=1))
        if round_.final_notice_days and last_days <= today:
            return Domain.FALSE
        domain &= Domain("reminder_count", "<", round_.reminder_max)
        return domain & Domain("last_mail_at", "<=", now - timedelta(days=round_.reminder_days))

    def _send_mails(self, round_, kind):
        """Send one kind of mail to these participants of a round; commits mail by mail.

        :return: whether the mail server was there
        """
        try:
            due, domain = self._prepare_mails(round_, kind)
        except TransactionRollbackError:
            # others work on them: the next run looks again
            self.env.cr.rollback()
            return True
        if not due:
            return True
        try:
            messages = due._build_mails(round_, kind)
            due = due.filtered(lambda participant: participant.id in messages)
            if not due:
                return True
            condition = due._search(domain).where_clause
            with mail_session(due.env, messages[due[0].id]["From"]) as session:
                for participant in due:
                    participant._send_mail(session, messages[participant.id], kind, condition)
        except (OSError, smtplib.SMTPException, UserError, AssertionError) as error:
            self.env.cr.rollback()
            _logger.warning("Survey mails of %s wait for the mail server: %s", round_, error)
            self._note_sending(round_, str(error)[:500])
            return False
        self._note_sending(round_, False)
        return True

    def _prepare_mails(self, round_, kind):
        """Give those of these participants who are to get a mail their link, and commit that.

        :return: those participants, and the domain in which they have to be until they get it
        :raise TransactionRollbackError: somebody changed them at the same time
        """
        # first of all, as nobody else's changes are seen from here on
        lock = SQL(
            """
            SELECT id FROM itss_survey_participant WHERE id = ANY(%s)
               FOR NO KEY UPDATE SKIP LOCKED
            """,
            self.ids,
        )
        self.env.cr.execute(lock, log_exceptions=False)
        locked = {participant_id for (participant_id,) in self.env.cr.fetchall()}
        due = self.filtered(lambda participant: participant.id in locked)
        due = due.with_company(round_.company_id).with_context(tracking_disable=True)
        due._respect_blacklist()
        due._drop_own_addresses()
        domain = self._get_mail_domain(round_, kind)
        due = due.filtered_domain(domain)
        due._prepare_links()
        self._commit()
        return due, domain

    def _note_sending(self, round_, error):
        """Let the round say what keeps its mails from going out."""
        if (round_.sending_error or False) == error:
            return
        try:
            round_.sending_error = error
            self._commit()
        except TransactionRollbackError:
            # somebody edits the round: the next run tells it
            self.env.cr.rollback()

    def _build_mails(self, round_, kind):
        """Return the messages that could be written, by id, each in its reader's language."""
        # as nobody else the links are told, whoever runs the action
        self = self.with_user(SUPERUSER_ID)
        template = self.env.ref("itss_quality.itss_survey_mail_template")
        template = template.with_context(itss_kind=kind)
        messages = {}
        for in_language, ids in template._classify_per_lang(self.ids).values():
            participants = self.browse(ids).with_env(in_language.env)
            messages.update(participants._build_mails_in_language(in_language, round_))
        return messages

    def _build_mails_in_language(self, template, round_):
        subjects, senders, replies = (
            template._render_field(name, self.ids) for name in ("subject", "email_from", "reply_to")
        )
        bodies = self._render_bodies(template, round_)
        build = self.env["ir.mail_server"]._build_email__
        messages = {}
        for participant in self:
            try:
                messages[participant.id] = build(
                    email_from=senders[participant.id],
                    email_to=[participant.email],
                    subject=subjects[participant.id],
                    body=bodies[participant.id],
                    body_alternative=html2plaintext(bodies[participant.id]),
                    subtype="html",
                    reply_to=replies[participant.id],
                    headers={"Auto-Submitted": "auto-generated"},
                )
            except ValueError as error:
                # one mail that can't be written does not hold up the others
                note = partial(participant._note_refusal, SQL("TRUE"), [], str(error), False)
                participant._change(note)
        return messages

    def _render_bodies(self, template, round_):
        """Return the texts of the mails in the template's language, by id.

        As one document: mail by mail Odoo would compile the template as many times.
        """
        # whoever edits the template may leave tags open
        body = html.tostring(
            html.fragment_fromstring(template.body_html, create_parent="div"), encoding="unicode"
        )
        mark = secrets.token_hex(16)
        rendered = template._render_template(
            f'<t t-foreach="participants" t-as="object"><t t-out="mark"></t>{body}</t>',
            round_._name,
            round_.ids,
            engine="qweb",
            add_context={"participants": self, "mark": mark},
            options={"post_process": True},
        )[round_.id]
        return dict(zip(self.ids, rendered.split(mark)[1:], strict=True))

    def _send_mail(self, session, message, kind, condition):
        """Hand one mail over, once, and note what the mail server said.

        :param SQL condition: what has to be true of the participant until then
        """
        before = []

        def claim():
            before.extend(self._claim(kind, condition))
            return bool(before)

        # to see what others have done since
        self._commit()
        try:
            if hand_over(session, message, claim):
                self._change(self._note_taken)
        except smtplib.SMTPServerDisconnected:
            raise
        except Exception as error:
            if isinstance(error, PostgresError) or isinstance(error.__context__, PostgresError):
                raise
            self.env.cr.rollback()
            words, is_temporary = get_refusal(error)
            self._change(lambda: self._note_refusal(condition, before, words, is_temporary))
            if words.startswith("421"):
                # the mail server hangs up
                raise smtplib.SMTPServerDisconnected(words) from error

    def _claim(self, kind, condition):
        """Note a mail as sent and commit that, unless it is not to be sent any more."""
        try:
            before = self._note_mail(kind, condition)
            self._commit()
        except TransactionRollbackError:
            # somebody else changed it in this moment
            self.env.cr.rollback()
            return []
        return before

    def _commit(self):
        # what is sent can't be undone, so each mail is a transaction of its own
        # pylint: disable-next=invalid-commit
        self.env.cr.commit()

    def _change(self, change):
        """Make a change and commit it; the customer may answer in this very moment."""
        for _attempt in range(3):
            try:
                change()
                self._commit()
                return
            except TransactionRollbackError:
                self.env.cr.rollback()

    def _note_mail(self, kind, condition=None):
        """Note a kind of mail as sent to those for whom the condition is true.

        In one statement without the ORM, as it is done mail by mail. What others have locked is
        left to them.

        :return: what stood there before, one dict each
        """
        now = fields.Datetime.now()
        notes = {
            "invitation": SQL("state = 'sent', sent_at = %s", now),
            "reminder": SQL("reminder_count = COALESCE(before.reminder_count, 0) + 1"),
            "final": SQL("final_notice_at = %s", now),
        }
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE itss_survey_participant AS participant
                   SET last_mail_at = %s, %s
                  FROM (SELECT id, state, sent_at, last_mail_at, reminder_count, final_notice_at
                          FROM itss_survey_participant
                         WHERE id = ANY(%s) AND %s FOR NO KEY UPDATE SKIP LOCKED) AS before
                 WHERE participant.id = before.id
             RETURNING before.state, before.sent_at, before.last_mail_at, before.reminder_count,
                       before.final_notice_at
                """,
                now,
                notes[kind],
                self.ids,
                condition or SQL("TRUE"),
            ),
            log_exceptions=False,
        )
        self.invalidate_recordset(flush=False)
        return self.env.cr.dictfetchall()

    def _note_taken(self):
        self.env.cr.execute(
            SQL(
                """
                UPDATE itss_survey_participant SET delivered_at = %s, failure_reason = NULL
                 WHERE id = %s
                """,
                fields.Datetime.now(),
                self.id,
            ),
            log_exceptions=False,
        )

    def _note_refusal(self, condition, before, words, is_temporary):
        """Note that the mail server took nothing.

        Who is told to come again later does so with the next run.

        :param list before: what stood there before the mail was noted as sent, if it was
        """
        due = SQL(
            "SELECT FROM itss_survey_participant WHERE id = %s AND %s FOR NO KEY UPDATE",
            self.id,
            condition,
        )
        if not before and not self.env.execute_query(due):
            return
        vals = {"failure_reason": words[:500]}
        for noted in before:
            vals.update(noted)
        if not is_temporary:
            vals["state"] = "failed"
        if self.state not in ("to_send", "sent"):
            # answered in the meantime
            vals.pop("state", None)
        self.write(vals)

    # -------------------------------------------------------------------------
    # Answers
    # -------------------------------------------------------------------------

    def _register_answer(self):
        """Note that these participants have answered (superuser mode).

        Participants and answers of an anonymous round part here.
        """
        for round_, participants in self.grouped("round_id").items():
            vals = {"state": "answered", "answered_on": round_._get_today()}
            if round_.is_anonymous:
                vals["user_input_id"] = False
            participants.with_context(tracking_disable=True).write(vals)
        self.env.flush_all()
        # in SQL, as no score is not a score of zero
        self.env.cr.execute(
            SQL(
                """
                UPDATE itss_survey_participant AS participant
                   SET score = answer.itss_score,
                       is_scored = answer.itss_score IS NOT NULL,
                       is_dissatisfied = COALESCE(
                            ROUND(answer.itss_score::numeric, 6) < round.dissatisfied_below, FALSE)
                  FROM survey_user_input AS answer, itss_survey_round AS round
                 WHERE answer.id = participant.user_input_id AND round.id = participant.round_id
                   AND participant.id = ANY(%s)
                """,
                self.ids,
            )
        )
        self.invalidate_recordset(["score", "is_scored", "is_dissatisfied"])

    def _check_entry(self, channel, day):
        """Raise unless the user may enter this participant's answer now.

        Locks the participant until the end of the transaction.

        :raise UserError: another channel, an impossible day, or nothing left to enter
        :raise AccessError: the user is not of the service desk
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group(GROUP_SERVICE_DESK):
            name = self.env.ref(GROUP_SERVICE_DESK).sudo().name
            raise AccessError(
                self.env._("To enter a customer's answer you need the role %(role)s.", role=name)
            )
        locked = self.sudo().try_lock_for_update(allow_referencing=True)
        if not locked or not self.can_enter:
            raise UserError(
                self.env._(
                    "“%(record)s” is %(state)s: there is nothing left to enter.",
                    record=self.display_name,
                    state=self._get_state_label(self.state),
                )
            )
        if channel not in ("phone", "interview", "paper"):
            raise UserError(
                self.env._("Please say how the customer answered: phone, interview or paper.")
            )
        round_ = self.round_id
        last = round_._get_today()
        if not round_.accept_late:
            last = min(last, round_.date_end)
        if not day or not round_.date_start <= day <= last:
            raise UserError(
                self.env._(
                    "Please enter the day on which the customer answered, from %(first)s to %(last)s.",
                    first=format_date(self.env, round_.date_start),
                    last=format_date(self.env, last),
                )
            )

    def _register_answers(self, answers, channel, day):
        """Fill in the questionnaire on the participant's behalf (plan 6.3: 电话、面谈、问卷).

        :param dict answers: ``{question id: (answer, comment)}``, answers as
            ``survey.question.validate_question`` takes them: the id of a choice, a list of them,
            ``{row id: [choice id]}``, a number, a text
        :param str channel: ``phone``, ``interview`` or ``paper``
        :param date day: when the customer answered
        :raise UserError: nothing was answered, an answer does not fit its question, or the
            participant can't be entered (see :meth:`_check_entry`)
        :raise AccessError: missing role
        """
        self._check_entry(channel, day)
        participant = self.sudo()
        participant._create_answers()
        answer = participant.user_input_id
        answer.user_input_line_ids.unlink()
        errors, is_empty = {}, True
        for question in answer.predefined_question_ids:
            if question in answer._get_inactive_conditional_questions():
                continue
            value, comment = answers.get(question.id, (False, False))
            if value == 0 and value is not False:
                # Odoo takes a number for skipped when it is zero, a text not
                value = "0"
            wrong = question._itss_validate(value, comment)
            errors.update(wrong)
            is_empty = is_empty and not value and not comment
            if not wrong:
                answer._save_lines(question, value, comment)
        if is_empty:
            raise UserError(self.env._("Please enter at least one answer."))
        if errors:
            questions = self.env["survey.question"].sudo().browse(errors)
            raise UserError(
                "\n".join(f"{question.title}: {errors[question.id]}" for question in questions)
            )
        answer._clear_inactive_conditional_answers()
        participant.write(
            {"channel": channel, "interviewer_id": self.env.uid, "interview_date": day}
        )
        answer.itss_channel = channel
        answer._mark_in_progress()
        answer._mark_done()

    # -------------------------------------------------------------------------
    # Proposals
    # -------------------------------------------------------------------------

    @api.model
    def _get_to_propose_domain(self):
        domain = Domain("is_dissatisfied", "=", True) & Domain("is_proposed", "=", False)
        domain &= Domain("round_id.state", "in", ("analysing", "closed"))
        return domain & Domain("round_id.is_anonymous", "=", False)

    def _propose(self):
        """Propose what a dissatisfied customer calls for, once (superuser mode)."""
        for participant in self:
            lang = participant.round_id.user_id.lang or self.env.lang
            participant.with_context(lang=lang)._follow_dissatisfaction()
            participant.is_proposed = True

    def _follow_dissatisfaction(self):
        """Raise the improvement that looks after the cause (plan 6.4)."""
        if not self.improvement_ids:
            self.improvement_ids.create(self._prepare_improvement_vals())

    def _prepare_improvement_vals(self):
        words = self.env._(
            "%(customer)s rated us %(score)s of 100 in “%(round)s”.",
            customer=self.display_name,
            score=f"{self.score:.2f}",
            round=self.round_id.name,
        )
        return {
            **super()._prepare_improvement_vals(),
            "name": self.env._("Dissatisfied customer: %(customer)s", customer=self.display_name),
            "problem": "\n".join([words, *self._get_comments()]),
        }

    def _get_comments(self):
        """Return what the customer wrote."""
        lines = self.sudo().user_input_id.user_input_line_ids
        texts = (line.value_text_box or line.value_char_box for line in lines)
        return [text for text in texts if text]

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_enter(self):
        """Open the page on which an agent enters this customer's answers.

        :return: URL action
        """
        return {
            "type": "ir.actions.act_url",
            "url": f"/itss/survey/entry/{self.id}",
            "target": "self",
        }

    @public(on="record")
    def action_decline(self):
        """Ask why the customer does not take part, and note it.

        :return: window action of the dialog
        :raise UserError: the customer has answered, or the round has ended
        """
        return self._action_ask_reason("declined", self.env._("Customer Declines"))

    @public(on="records")
    def action_resend(self):
        """Send the mail again to those it could not be delivered to.

        :raise UserError: somebody has got it
        :raise AccessError: missing role (quality department only)
        """
        return self.write({"state": "to_send"})

    @public(on="record")
    def action_view_answer(self):
        """Open what the customer answered.

        :return: window action
        :raise AccessError: the user may not see answers
        """
        answer = self.user_input_id
        answer.check_access("read")
        view = self.env.ref("itss_quality.survey_user_input_view_form_itss")
        return {**answer.get_formview_action(), "views": [(view.id, "form")]}
