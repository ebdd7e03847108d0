"""The figures of complaints and improvements: their lists, with as many records as tickets."""

from bench_callback import make_tickets
from bench_figures import database, figure, median_times_in_turn, multiply

ROWS = 100_000


@database()
def many_complaints(env):
    """As many tickets as complaints and improvements."""
    make_tickets(env)
    ticket = env["helpdesk.ticket"].search([], limit=1)
    multiply(env, ticket, ROWS - 1, number="'T' || copy_number")
    complaint = env["itss.complaint"].create(
        {
            "name": "工程师迟到",
            "description": "<p>约好九点，十一点才到</p>",
            "partner_id": ticket.partner_id.id,
            "category_id": env.ref("itss_quality.itss_complaint_category_response").id,
        }
    )
    multiply(
        env,
        complaint,
        ROWS - 1,
        number="'C' || copy_number",
        received_at="received_at - copy_number * interval '1 minute'",
        state="(ARRAY['new', 'investigating', 'resolved', 'closed'])[copy_number % 4 + 1]",
    )
    improvement = env["itss.improvement"].create(
        {
            **complaint._prepare_improvement_vals(),
            "name": "调整派工",
            "date_deadline": "2026-01-01",
        }
    )
    multiply(
        env,
        improvement,
        ROWS - 1,
        number="'I' || copy_number",
        date_deadline="date_deadline + copy_number % 700",
        state="(ARRAY['draft', 'planned', 'in_progress', 'closed'])[copy_number % 4 + 1]",
    )


def open_list(env, model, action, view):
    """Do what the web client does to open a list: count, search and read its columns."""
    records = env[model].with_user(env.ref("base.user_admin"))
    arch = records.get_view(env.ref(view).id, "list")
    specification = {
        name: {"fields": {"display_name": {}}} if records._fields[name].relational else {}
        for name in arch["models"][model]
        if name in records._fields
    }

    def run():
        records.env.invalidate_all()
        domain = [("state", "not in", ("closed", "cancelled"))] if "itss" in model else []
        records.web_search_read(domain, specification, limit=80, count_limit=10_001)

    return run


def compare(env, model, view):
    ours = open_list(env, model, None, view)
    tickets = open_list(env, "helpdesk.ticket", None, "helpdesk_mgmt.ticket_view_tree")
    return median_times_in_turn((env, ours), (env, tickets), runs=15, warm_up=2)


@figure(2, "many_complaints")
def complaint_list(env):
    """Opening the list of 100,000 complaints / the list of as many helpdesk tickets."""
    return compare(env, "itss.complaint", "itss_quality.itss_complaint_view_list")


@figure(2, "many_complaints")
def improvement_list(env):
    """Opening the list of 100,000 improvements / the list of as many helpdesk tickets."""
    return compare(env, "itss.improvement", "itss_quality.itss_improvement_view_list")
