from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.indicators import Ask, Facts, Measure

CODES = ("complaint_rate", "complaint_handled", "complaint_response_hours")


class ItssIndicator(models.Model):
    _inherit = "itss.indicator"

    method = fields.Selection(
        selection_add=[
            ("complaint_rate", "Complaints of Tickets"),
            ("complaint_handled", "Complaints Closed"),
            ("complaint_response_hours", "Hours to Acknowledge Complaints"),
        ],
        ondelete=dict.fromkeys(CODES, "cascade"),
    )

    @api.model
    def _get_measures(self):
        source = self.env._("Complaints")
        return {
            **super()._get_measures(),
            "complaint_rate": Measure(
                "itss.complaint",
                self.env._("Complaint Rate"),
                self.env._("Complaints received / tickets received in the period"),
                self.env._("Complaints and tickets"),
                direction="lower",
                target=1,
                tolerance=1,
                sequence=110,
                # it is counted out of other records
                is_narrowable=False,
            ),
            "complaint_handled": Measure(
                "itss.complaint",
                self.env._("Complaints Handled"),
                self.env._("Complaints closed by the end of the period / received in it"),
                source,
                sequence=120,
            ),
            "complaint_response_hours": Measure(
                "itss.complaint",
                self.env._("Complaint Response Time"),
                self.env._("Mean hours from receipt to acknowledgement of those received"),
                source,
                unit="hours",
                direction="lower",
                target=24,
                tolerance=4,
                sequence=130,
            ),
        }

    @api.model
    def _get_reasons(self):
        return {
            **super()._get_reasons(),
            "invalid": self.env._("Invalid"),
            "waiting": self.env._("Not taken up yet"),
        }

    def _measure_complaint_rate(self, ask):
        return self._count(
            ask,
            self._get_received_complaints(ask)._replace(out_of=self._get_received_tickets(ask)),
        )

    def _measure_complaint_handled(self, ask):
        closed = SQL("fact.state_then = 'closed'")
        return self._count(ask, self._get_received_complaints(ask)._replace(counted=closed))

    def _measure_complaint_response_hours(self, ask):
        return self._count(ask, self._get_hours(ask, "acknowledged_at"))

    @api.model
    def _get_hours(self, ask, stamp):
        """Return the complaints received in a period, with the hours until a step was taken.

        :param str stamp: dated field with the moment of the step
        """
        facts = self._get_received_complaints(ask)
        then = SQL.identifier("fact", f"{stamp}_then")
        return facts._replace(
            amount=SQL("extract(epoch FROM %s - fact.received_at_then) / 3600", then),
            # a stamp that was set after the end is no fact of the period
            left_out=SQL(
                "COALESCE(%s, CASE WHEN COALESCE(%s >= span.end_at, TRUE) THEN 'waiting' END)",
                facts.left_out,
                then,
            ),
        )

    @api.model
    def _count_complaints(self, period):
        """Return the major complaints received in a period, and the hours until they were answered.

        :param period: ``tools.figures.Period``
        """
        ask = Ask.about(period)
        major = SQL("fact.severity_then = 'major'")
        return (
            self._count_company(ask, self._get_received_complaints(ask)._replace(counted=major)),
            self._count_company(ask, self._get_hours(ask, "resolved_at")),
        )

    @api.model
    def _get_received_complaints(self, ask):
        """Return the complaints received in a period, as facts."""
        return Facts(
            "itss.complaint",
            self._get_past_facts(ask, "itss.complaint"),
            is_in=SQL(
                "fact.received_at_then >= span.start_at AND fact.received_at_then < span.end_at"
            ),
            left_out=SQL("CASE WHEN fact.state_then = 'invalid' THEN 'invalid' END"),
            scopes={
                "department": SQL("fact.department_id_then"),
                "customer": SQL("fact.customer_id"),
            },
        )
