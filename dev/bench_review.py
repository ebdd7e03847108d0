"""The figure of management reviews: how their inputs fill themselves."""

from datetime import timedelta

from odoo import fields

from bench_callback import ledger
from bench_figures import database, figure, median_times_in_turn, multiply

CALLBACKS = 100_000
COMPLAINTS = 10_000


@database()
def records_to_review(env):
    """100,000 callbacks that are done, and 10,000 complaints."""
    ledger(env)
    complaint = env["itss.complaint"].create(
        {
            "name": "工程师迟到",
            "description": "<p>约好九点，十一点才到</p>",
            "category_id": env.ref("itss_quality.itss_complaint_category_response").id,
        }
    )
    multiply(
        env,
        complaint,
        COMPLAINTS - 1,
        number="'C' || copy_number",
        received_at="received_at - copy_number * interval '1 hour'",
        acknowledged_at="received_at - copy_number * interval '1 hour' + interval '30 minutes'",
        acknowledge_hours="0.5",
        state="(ARRAY['new', 'investigating', 'resolved', 'closed'])[copy_number % 4 + 1]",
        severity="(ARRAY['general', 'major'])[copy_number % 2 + 1]",
    )


@figure(1, "records_to_review")
def review_inputs(env):
    """filling in a review's inputs over 100,000 callbacks / twice the bare SQL aggregates + 1 s"""
    today = fields.Date.today()
    start, end = today - timedelta(days=4 * 365), today + timedelta(days=1)
    review = env["itss.review"].create({"period_start": start, "period_end": end})
    env.cr.commit()

    def fill_in():
        review._update_figures()
        return check

    def check():
        figures = {
            (one.kind, figure["label"]): figure["value"]
            for one in review.input_ids
            for figure in one.figures
        }
        assert figures["processes", "Called back"] == CALLBACKS
        assert figures["feedback", "Complaints received"] == COMPLAINTS

    def aggregate():
        env.cr.execute(
            """
            SELECT count(*), count(*) FILTER (WHERE is_on_time), avg(score),
                   count(*) FILTER (WHERE is_solved = 'yes')
              FROM itss_callback
             WHERE company_id = %s AND state != 'cancelled'
               AND resolved_at BETWEEN %s AND %s
            """,
            [review.company_id.id, start, end],
        )
        env.cr.execute(
            """
            SELECT count(*), count(*) FILTER (WHERE state = 'closed'), avg(acknowledge_hours),
                   avg(resolve_hours), count(*) FILTER (WHERE severity = 'major')
              FROM itss_complaint
             WHERE company_id = %s AND received_at BETWEEN %s AND %s
            """,
            [review.company_id.id, start, end],
        )

    measured, bare = median_times_in_turn((env, fill_in), (env, aggregate), runs=5, warm_up=1)
    return measured, 2 * bare + 1
