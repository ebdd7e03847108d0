"""The figures of indicators: measuring a year, computing the open month anew, opening the board."""

from datetime import date, timedelta
from pathlib import Path

from dateutil.relativedelta import relativedelta
from lxml import etree

from bench_callback import make_finished_callbacks, make_tickets, make_user, read_memory
from bench_figures import database, figure, median_times_in_turn, multiply

# as many scopes of each kind: 60 of them
SCOPES = 15
MONTHS = 12
# of the open month, whatever there is before
OPEN = 5_000
MAX_MEMORY = 20
# what a ticket is called by in SQL, and by which its callback is
KINDS = ("team", "engineer", "customer", "department")


def make_scopes(env):
    """Make teams, engineers with a department each, and customers; return SQL that picks one of each."""
    engineers = env["res.users"].union(
        *(
            make_user(env, f"engineer_{number}", "helpdesk_mgmt.group_helpdesk_user")
            for number in range(SCOPES)
        )
    )
    names = [str(number) for number in range(SCOPES)]
    departments = env["hr.department"].create([{"name": f"部门 {name}"} for name in names])
    teams = env["helpdesk.ticket.team"].create([{"name": f"团队 {name}"} for name in names])
    partners = env["res.partner"].create(
        [{"name": f"甲方 {name}", "is_company": True} for name in names]
    )
    return {
        name: f"(ARRAY{records.ids})[1 + copy_number * {step} % {SCOPES}]"
        for step, (name, records) in enumerate(
            {
                "team_id": teams,
                "user_id": engineers,
                "itss_department_id": departments,
                "partner_id": partners,
            }.items(),
            1,
        )
    }


def make_past(env, count, start, end, scopes):
    """Make tickets, with their facts and callbacks, that were opened between two moments in SQL."""
    ticket = env["helpdesk.ticket"].search([("stage_id.closed", "=", False)], limit=1)
    done = env.ref("helpdesk_mgmt.helpdesk_ticket_stage_done").id
    cancelled = env.ref("helpdesk_mgmt.helpdesk_ticket_stage_cancelled").id
    opened = f"({start} + ({end} - {start}) * (copy_number::float / {count}))"
    ended = f"({opened} + interval '1 hour' * (10 + copy_number % 12 * 2))"
    multiply(
        env,
        ticket,
        count,
        number=f"'{count}-' || copy_number",
        stage_id=f"CASE WHEN copy_number % 10 = 0 THEN {cancelled} ELSE {done} END",
        itss_ending="CASE WHEN copy_number % 10 = 0 THEN 'cancelled' ELSE 'solved' END",
        itss_engineer_id=scopes["user_id"],
        commercial_partner_id=scopes["partner_id"],
        itss_responded_at=f"{opened} + interval '1 hour' * (copy_number % 5)",
        itss_response_due=f"{opened} + interval '4 hours'",
        itss_solution_due=f"{opened} + interval '24 hours'",
        **scopes,
        **dict.fromkeys(("create_date", "itss_since", "itss_opened_at"), opened),
        **dict.fromkeys(("write_date", "closed_date", "itss_ended_at"), ended),
    )
    make_finished_callbacks(env)


def get_indicators(env):
    return env["itss.indicator"].search([("company_id", "=", env.company.id)])


def get_months(env, count):
    """Return first and last days of so many months, up to this one."""
    first = date.today().replace(day=1) - relativedelta(months=count - 1)
    months = [first + relativedelta(months=number) for number in range(count)]
    return [(month, month + relativedelta(months=1) - timedelta(days=1)) for month in months]


# -------------------------------------------------------------------------
# Measuring a year
# -------------------------------------------------------------------------


@database()
def year(env):
    """200,000 tickets of the last year, and the callbacks after those that were solved."""
    make_tickets(env)
    env.company.itss_callback_since = "2000-01-01"
    now = "now() AT TIME ZONE 'UTC'"
    make_past(
        env,
        200_000,
        f"({now} - interval '360 days')",
        f"({now} - interval '2 days')",
        make_scopes(env),
    )


def measure(env):
    """Measure all indicators by all scopes and months; return how many tickets were due to be solved."""
    months = get_months(env, MONTHS)
    counts = {one.code: one._measure(one._ask(months)) for one in get_indicators(env)}
    return sum(
        count.n
        for (_span, kind, _id), count in counts["resolution_on_time"].items()
        if kind == "company"
    )


def aggregate(env):
    """Ask the tables the same by bare statements, one for each of these indicators that has records."""
    first = get_months(env, MONTHS)[0][0]
    tickets = "helpdesk_ticket", "itss_engineer_id", "commercial_partner_id", "itss_department_id"
    callbacks = "itss_callback", "engineer_id", "customer_id", "team_id"
    in_time = "itss_ending = 'solved' AND itss_ended_at <= itss_solution_due"
    responded = "itss_responded_at <= itss_response_due"
    due = 0
    for (table, engineer, customer, department), moment, counted in (
        (tickets, "itss_response_due", responded),
        (tickets, "itss_solution_due", in_time),
        (tickets, "itss_solution_due", f"{in_time} AND {responded}"),
        (tickets, "itss_ended_at", "itss_ending = 'solved'"),
        (tickets, "itss_opened_at", "TRUE"),
        (callbacks, "deadline", "state = 'done'"),
        (callbacks, "deadline", "is_on_time"),
        (callbacks, "done_at", "is_solved = 'yes' AND cycle = 1"),
        (callbacks, "done_at", "score > 0"),
    ):
        env.cr.execute(
            f"""
            SELECT month, team_id, {engineer}, {customer}, {department},
                   COUNT(*), COUNT(*) FILTER (WHERE {counted})
              FROM (SELECT *, date_trunc('month', {moment} + interval '8 hours') AS month
                      FROM {table} WHERE {moment} >= %s) AS fact
          GROUP BY GROUPING SETS (
                   (month), (month, team_id), (month, {engineer}), (month, {customer}),
                   (month, {department}))
            """,
            [first],
        )
        due += len(env.cr.fetchall())
    return due


@figure(2, "year")
def measure_year(env):
    """measuring all indicators by 60 scopes and 12 months, over 200,000 tickets / bare SQL aggregates"""
    assert measure(env) > 100_000
    return median_times_in_turn(
        (env, lambda: measure(env) and None),
        (env, lambda: aggregate(env) and None),
        runs=5,
        warm_up=1,
    )


@figure(1, "year", unit="MB")
def measure_memory(env):
    """memory for that, above that of the bare aggregates / 20 MB"""
    process = Path("/proc/self")
    peaks = []
    for ask in (aggregate, measure, aggregate, measure):
        env.invalidate_all()
        (process / "clear_refs").write_text("5")  # the peak is counted anew
        before = read_memory(process, "VmRSS")
        ask(env)
        peaks.append(read_memory(process, "VmHWM") - before)
    # everything is loaded at the second time
    return max(peaks[3] - peaks[2], 0), MAX_MEMORY


# -------------------------------------------------------------------------
# The open month
# -------------------------------------------------------------------------


def fill_history(env, count):
    """Tickets and callbacks of a long past, and those of this month."""
    make_tickets(env)
    env.company.itss_callback_since = "2000-01-01"
    scopes = make_scopes(env)
    now = "now() AT TIME ZONE 'UTC'"
    month = f"date_trunc('month', {now})"
    make_past(env, count, f"({now} - interval '6 years')", f"({now} - interval '1 year')", scopes)
    make_past(env, OPEN, f"({month} + interval '1 hour')", f"({now} - interval '2 days')", scopes)


@database()
def open_200_000(env):
    fill_history(env, 200_000)


@database()
def open_2_000_000(env):
    fill_history(env, 2_000_000)


def compute_open(env):
    """Compute the values of this month anew, as the button does."""
    months = get_months(env, 1)
    for indicator in get_indicators(env):
        indicator._compute_values(months)


@figure(1.2, "open_2_000_000", "open_200_000")
def compute_month(large, small):
    """computing the open month anew, at 2,000,000 historical tickets / at 200,000"""
    pairs = [(env, lambda env=env: compute_open(env)) for env in (large, small)]
    return median_times_in_turn(*pairs, runs=5, warm_up=2)


# -------------------------------------------------------------------------
# The board
# -------------------------------------------------------------------------


def opening(env, records, view):
    """Return a function that reads records as a kanban does when it opens."""
    arch = etree.fromstring(records.get_views([(view, "kanban")])["views"]["kanban"]["arch"])
    fields = records._fields
    names = {field.get("name") for field in arch.iter("field")}
    specification = {
        name: {"fields": {"display_name": {}}} if fields[name].relational else {} for name in names
    }

    def open_kanban():
        env.invalidate_all()
        records.web_search_read([("id", "in", records.ids)], specification)

    return open_kanban


@figure(2, "year")
def open_board(env):
    """opening the board of indicators / a kanban of as many partners"""
    compute_open(env)
    env.cr.commit()  # for every run
    admin = env(user=env.ref("base.user_admin"))
    indicators = get_indicators(admin)
    partners = admin["res.partner"].search([], limit=len(indicators))
    assert len(partners) == len(indicators)
    return median_times_in_turn(
        (admin, opening(admin, indicators, False)),
        (admin, opening(admin, partners, admin.ref("base.res_partner_kanban_view").id)),
        runs=100,
        warm_up=5,
    )
