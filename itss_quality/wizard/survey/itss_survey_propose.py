import random

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import email_normalize
from odoo.tools.misc import format_date

from ...tools.durations import get_today
from ...tools.public import public
from ...tools.records import without_notes


class ItssSurveyPropose(models.TransientModel):
    """Proposes whom a survey round asks: the customers with tickets in a period."""

    _name = "itss.survey.propose"
    _description = "Propose Survey Participants"
    _inherit = ["itss.guard.mixin"]

    round_id = fields.Many2one("itss.survey.round", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="round_id.company_id")
    sampling = fields.Selection(related="round_id.sampling", readonly=False)
    sample_share = fields.Float(related="round_id.sample_share", readonly=False)
    date_from = fields.Date(
        string="Tickets from",
        required=True,
        default=lambda self: get_today(self.env.company).replace(month=1, day=1),
    )
    date_to = fields.Date(
        string="Tickets to", required=True, default=lambda self: get_today(self.env.company)
    )
    one_per_customer = fields.Boolean(
        string="One Contact per Customer",
        default=True,
        help="The contact with the most tickets, one with an e-mail address first. "
        "Otherwise every contact who had a ticket is asked.",
    )
    channel = fields.Selection(
        [
            ("email", "E-mail, else phone"),
            ("phone", "Phone"),
            ("interview", "Interview"),
            ("paper", "Paper"),
        ],
        default="email",
        required=True,
        help="How they are asked; it can be changed for each.",
    )
    customer_count = fields.Integer(
        string="Customers with Tickets", compute="_compute_customer_count"
    )

    @api.depends("round_id", "date_from", "date_to", "one_per_customer")
    def _compute_customer_count(self):
        for wizard in self:
            wizard.customer_count = 0
            if wizard.date_from and wizard.date_to and wizard.date_from <= wizard.date_to:
                wizard.customer_count = len(wizard._get_customers())

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for wizard in self:
            if wizard.date_to < wizard.date_from:
                raise ValidationError(self.env._("The period ends before it begins."))

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    def _get_customers(self):
        """Return the contacts with tickets in the period, by customer, those to ask first first.

        :return: dict from customer to a list of contacts
        """
        tickets = self.env["helpdesk.ticket"]
        counts = tickets._itss_count_by_contact(self.company_id, self.date_from, self.date_to)
        customers = {}
        for contact, count in counts:
            has_email = bool(email_normalize(contact.email or ""))
            customers.setdefault(contact.commercial_partner_id, []).append(
                (not has_email, -count, contact.id, contact)
            )
        return {
            customer: [contact for *_order, contact in sorted(contacts)]
            for customer, contacts in customers.items()
        }

    @public(on="record")
    def action_propose(self):
        """Add the customers to the round; whoever is in it already stays as is.

        :return: action that closes the dialog and says what was added
        :raise UserError: the round has started, or nobody had a ticket in the period
        :raise AccessError: the user may not change the round
        """
        round_ = self.round_id
        round_.check_access("write")
        customers = self._get_customers()
        if not customers:
            raise UserError(self.env._("No customer had a ticket in this period."))
        chosen = list(customers)
        if round_.sampling == "random":
            size = max(1, round(len(chosen) * round_.sample_share / 100))
            chosen = random.sample(chosen, size)
        added, doubled = self._add_participants(
            [
                contact
                for customer in chosen
                for contact in customers[customer][: 1 if self.one_per_customer else None]
            ]
        )
        message = self.env._(
            "%(customers)s customers had tickets from %(start)s to %(end)s. Chosen: %(chosen)s; "
            "participants added: %(added)s; left out as they or their address are on the list already: "
            "%(doubled)s; without an address: %(missing)s; opted out: %(opted_out)s.",
            customers=len(customers),
            start=format_date(self.env, self.date_from),
            end=format_date(self.env, self.date_to),
            chosen=len(chosen),
            added=len(added),
            doubled=doubled,
            missing=len(added.filtered("is_address_missing")),
            opted_out=len(added.filtered("is_opted_out")),
        )
        round_.message_post(body=message)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "success",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _add_participants(self, contacts):
        """Add those who are not on the list yet: each address, and if so chosen each customer, once.

        :return: the new participants, and how many contacts were left out
        """
        present = self.round_id.participant_ids
        partners = set(present.partner_id)
        emails = set(filter(None, present.mapped("email")))
        customers = set(present.customer_id) if self.one_per_customer else set()
        vals_list, doubled = [], 0
        for contact in contacts:
            email = email_normalize(contact.email or "")
            customer = contact.commercial_partner_id
            if contact in partners or customer in customers or (email and email in emails):
                doubled += 1
                continue
            partners.add(contact)
            emails.add(email)
            phone = contact.phone or customer.phone
            by_phone = self.channel == "email" and not email and phone
            vals_list.append(
                {
                    "round_id": self.round_id.id,
                    "partner_id": contact.id,
                    "channel": "phone" if by_phone else self.channel,
                }
            )
        # the round's note tells of all of them
        participants = without_notes(present).create(vals_list)
        return participants.with_env(self.env), doubled
