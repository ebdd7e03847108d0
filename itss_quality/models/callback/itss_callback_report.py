from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class ItssCallbackReport(models.Model):
    """Figures of the callbacks: what was due, called back, on time, solved, and how satisfied."""

    _name = "itss.callback.report"
    _description = "Callback Analysis"
    _auto = False
    _order = "resolved_at desc"
    _rec_name = "callback_id"

    callback_id = fields.Many2one("itss.callback", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    team_id = fields.Many2one("helpdesk.ticket.team", readonly=True)
    engineer_id = fields.Many2one("res.users", readonly=True)
    user_id = fields.Many2one("res.users", string="Agent", readonly=True)
    customer_id = fields.Many2one("res.partner", readonly=True)
    cancelled_by_id = fields.Many2one("res.users", string="Reset by", readonly=True)
    resolved_at = fields.Datetime(string="Solved on", readonly=True)
    state = fields.Selection(
        lambda self: self.env["itss.callback"]._fields["state"]._description_selection(self.env),
        string="Status",
        readonly=True,
    )
    channel = fields.Selection([("phone", "Phone"), ("link", "Link")], readonly=True)
    due_count = fields.Integer(string="Due", readonly=True)
    done_count = fields.Integer(string="Called Back", readonly=True)
    on_time_count = fields.Integer(string="Called Back by the Agreed Deadline", readonly=True)
    first_solved_count = fields.Integer(string="Solved at First", readonly=True)
    callback_rate = fields.Float(string="Callback Rate (%)", aggregator="avg", readonly=True)
    on_time_rate = fields.Float(
        string="On-Time Rate by the Agreed Deadline (%)", aggregator="avg", readonly=True
    )
    first_solved_rate = fields.Float(
        string="Solved-at-First Rate (%)", aggregator="avg", readonly=True
    )
    score = fields.Float(string="Average Satisfaction", aggregator="avg", readonly=True)
    score_count = fields.Integer(string="Scores (n)", readonly=True)
    reset_count = fields.Integer(string="Reset", readonly=True)
    late_reset_count = fields.Integer(string="Reset Late", readonly=True)

    @property
    def _table_query(self):
        # a callback is due when it has ended or its time is over, and when it was reset after that;
        # what is not due, or has no score, is no data and counts in no average
        callbacks = self.env["itss.callback"].sudo()
        counted = Domain("id", "!=", False) & callbacks._get_ticket_domain()
        return SQL(
            """
            SELECT id, id AS callback_id, company_id, team_id, engineer_id, user_id, customer_id,
                   cancelled_by_id, resolved_at, state, channel,
                   is_due::int AS due_count,
                   is_done::int AS done_count,
                   (is_done AND is_on_time)::int AS on_time_count,
                   (is_done AND is_solved = 'yes' AND cycle = 1)::int AS first_solved_count,
                   CASE WHEN is_due THEN 100.0 * is_done::int END AS callback_rate,
                   CASE WHEN is_due THEN 100.0 * (is_done AND is_on_time)::int END AS on_time_rate,
                   CASE WHEN is_done THEN 100.0 * (is_solved = 'yes' AND cycle = 1)::int END
                       AS first_solved_rate,
                   CASE WHEN is_done THEN score END AS score,
                   is_done::int AS score_count,
                   (state = 'cancelled')::int AS reset_count,
                   (state = 'cancelled' AND is_due)::int AS late_reset_count
              FROM (
                    SELECT *, state = 'done' AS is_done,
                           CASE WHEN state = 'cancelled' THEN COALESCE(is_cancelled_late, FALSE)
                                ELSE state IN ('done', 'unreachable') OR deadline <= %s
                                END AS is_due
                      FROM itss_callback
                     WHERE %s
                   ) AS callback
            """,
            fields.Datetime.now(),
            callbacks._search(counted).where_clause,
        )
