from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.public import public

LISTS = [
    ("counted", "Counted"),
    ("not_counted", "In the Denominator Only"),
    ("left_out", "Left Out"),
]


class ItssIndicatorRecord(models.TransientModel):
    """Record behind a value: counted, only in the denominator, or left out and why.

    The rows are made when somebody opens a value, from the same facts that the value is counted from.
    They show what that user may read.
    """

    _name = "itss.indicator.record"
    _description = "Record Behind a Value"
    _inherit = ["itss.guard.mixin"]
    _order = "list, res_id"
    _rec_name = "list"

    value_id = fields.Many2one(
        "itss.indicator.value", required=True, readonly=True, index=True, ondelete="cascade"
    )
    list = fields.Selection(LISTS, required=True, readonly=True)
    reason = fields.Char(string="Code of the Reason", readonly=True)
    reason_words = fields.Char(string="Reason", compute="_compute_reason_words")
    res_model = fields.Char(string="Kind of Record", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Record ID", model_field="res_model", required=True, readonly=True, aggregator=None
    )
    record_name = fields.Char(string="Record", compute="_compute_record_name")
    amount = fields.Float(readonly=True, aggregator="avg")

    @api.depends("reason")
    def _compute_reason_words(self):
        words = self.env["itss.indicator"]._get_reasons()
        for row in self:
            row.reason_words = words.get(row.reason, row.reason)

    @api.depends("res_model", "res_id")
    def _compute_record_name(self):
        for model, rows in self.grouped("res_model").items():
            # rows tell of nothing that their user may not read
            records = self.env[model].browse(rows.mapped("res_id"))._filtered_access("read")
            names = {record.id: record.display_name for record in records}
            for row in rows:
                row.record_name = names.get(row.res_id)

    @api.model
    def _fill(self, value, query, models_):
        """Make the rows of a value for the current user, of what they may read.

        :param query: ``SQL`` of ``tools.counting.list_facts``
        :param models_: names of the models of the records
        """
        self.flush_model()
        readable = [
            SQL(
                "res_model = %s AND res_id IN %s",
                model,
                self.env[model].with_context(active_test=False)._search([]).subselect(),
            )
            for model in models_
            if self.env[model].has_access("read")
        ] or [SQL("FALSE")]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO itss_indicator_record (
                    value_id, list, reason, res_model, res_id, amount,
                    create_uid, write_uid, create_date, write_date)
                SELECT %(value)s,
                       CASE WHEN reason IS NOT NULL THEN 'left_out'
                            WHEN is_counted THEN 'counted' ELSE 'not_counted' END,
                       reason, res_model, res_id, amount::float8,
                       %(user)s, %(user)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM (%(query)s) AS facts
                 WHERE %(readable)s
                """,
                value=value.id,
                user=self.env.uid,
                query=query,
                readable=SQL("(%s)", SQL(" OR ").join(SQL("(%s)", one) for one in readable)),
            )
        )
        self.invalidate_model()

    @public(on="record")
    def action_open_record(self):
        """Open the record itself.

        :return: window action
        """
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }
