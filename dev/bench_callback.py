"""The figures of callbacks: what they add to closing tickets, and how they do in large numbers."""

import functools
import io
import json
import time
from datetime import timedelta
from pathlib import Path

import pytz
import requests
import xlsxwriter

from odoo import fields

import servers
from bench_figures import database, figure, median_times_in_turn, multiply
from environment import LOGS

BULK = 400
QUEUE = 100
AGENTS = 20
MEGABYTE = 2**20


@database()
def with_addon(env):
    """Tickets in progress, with the addon."""
    make_tickets(env, BULK)


@database(addon=False)
def without_addon(env):
    """The same tickets without it."""
    make_tickets(env, BULK)


def make_tickets(env, count=1):
    """Make the tickets of a team, and the helpdesk user `engineer` who works on them."""
    engineer = make_user(env, "engineer", "helpdesk_mgmt.group_helpdesk_user")
    leader = make_user(env, "leader", "helpdesk_mgmt.group_helpdesk_user")
    team = env["helpdesk.ticket.team"].create(
        {"name": "网络组", "user_id": leader.id, "user_ids": [(6, 0, engineer.ids)]}
    )
    customers = env["res.partner"].create(
        [
            {"name": f"客户 {number}", "is_company": True, "phone": f"0871-{number}"}
            for number in range(20)
        ]
    )
    contacts = env["res.partner"].create(
        [
            {
                "name": f"联系人 {number}",
                "parent_id": customer.id,
                "phone": f"1380000{number:04}",
                "email": f"contact_{number}@customer.example.com",
            }
            for number, customer in enumerate(customers)
        ]
    )
    env["helpdesk.ticket"].create(
        [
            {
                "name": f"打印机故障 {number}",
                "description": "<p>三楼打印机不工作</p>",
                "team_id": team.id,
                "user_id": engineer.id,
                "partner_id": contact.id,
                "partner_name": contact.name,
                "partner_email": contact.email,
                "stage_id": env.ref("helpdesk_mgmt.helpdesk_ticket_stage_in_progress").id,
            }
            for number in range(count)
            for contact in contacts[number % len(contacts)]
        ]
    )


def make_desk(env):
    """Make the agents of a service desk, and the user of the quality department."""
    for number in range(AGENTS):
        make_user(env, f"agent_{number}", "itss_quality.group_itss_service_desk")
    make_user(env, "quality", "itss_quality.group_itss_quality")


def make_user(env, login, *groups):
    groups = env["res.groups"].union(*map(env.ref, ("base.group_user", *groups)))
    return env["res.users"].create(
        {
            "name": login,
            "login": login,
            "email": f"{login}@service.example.com",
            "group_ids": [(6, 0, groups.ids)],
        }
    )


def make_history(env, count):
    """Make tickets that were closed over a year ago, in SQL: most of them are done."""
    stages = {
        name: env.ref(f"helpdesk_mgmt.helpdesk_ticket_stage_{name}").id
        for name in ("done", "cancelled")
    }
    moment = (
        f"now() AT TIME ZONE 'UTC' - interval '1 year' - interval '2 years' * copy_number / {count}"
    )
    ticket = env["helpdesk.ticket"].search([], limit=1)
    multiply(
        env,
        ticket,
        count,
        number="'OLD' || copy_number",
        stage_id=f"CASE WHEN copy_number % 10 = 0 THEN {stages['cancelled']} ELSE {stages['done']} END",
        **dict.fromkeys(
            ("create_date", "write_date", "assigned_date", "closed_date", "last_stage_update"),
            moment,
        ),
    )


def make_callbacks(env, **replaced):
    """Make a callback, in SQL, of every ticket in the stage Done that has none.

    :param replaced: SQL expressions over the ticket, for what is not as in a pending callback
    """
    env.flush_all()
    values = {
        "ticket_id": "ticket.id",
        "ticket_number": "ticket.number",
        "ticket_name": "ticket.name",
        "cycle": "1",
        "company_id": "ticket.company_id",
        "engineer_id": "ticket.user_id",
        "team_id": "ticket.team_id",
        "resolved_at": "ticket.closed_date",
        "deadline": "ticket.closed_date + interval '1 day'",
        "partner_id": "ticket.partner_id",
        "customer_id": "ticket.commercial_partner_id",
        "contact_name": "ticket.partner_name",
        "phone": "'13800000000'",
        "email": "ticket.partner_email",
        "escalation_level": "0",
        "state": "'pending'",
        "create_uid": "1",
        "write_uid": "1",
        "create_date": "ticket.closed_date",
        "write_date": "ticket.closed_date",
        **replaced,
    }
    done = env.ref("helpdesk_mgmt.helpdesk_ticket_stage_done").id
    env.cr.execute(
        f"INSERT INTO itss_callback ({', '.join(values)}) SELECT {', '.join(values.values())} "
        f"FROM helpdesk_ticket ticket WHERE stage_id = {done} AND NOT EXISTS "
        "(SELECT FROM itss_callback WHERE ticket_id = ticket.id)"
    )
    env.invalidate_all()


def make_finished_callbacks(env):
    """Make a callback that is done, in time, of every ticket in the stage Done that has none."""
    done_at = "ticket.closed_date + interval '5 hours'"
    make_callbacks(
        env,
        user_id=f"(SELECT min(id) + ticket.id % {AGENTS} FROM res_users WHERE login LIKE 'agent_%')",
        state="'done'",
        is_solved="CASE WHEN ticket.id % 20 = 0 THEN 'no' ELSE 'yes' END",
        score="ticket.id % 6 * 20",
        comment="'处理及时，服务态度好，工单 ' || ticket.number",
        channel="'phone'",
        done_at=done_at,
        is_on_time="TRUE",
        write_date=done_at,
    )


# -------------------------------------------------------------------------
# Closing tickets
# -------------------------------------------------------------------------


def closing(env, count):
    """Return a function that closes so many tickets in one write, as the engineer does.

    It returns the check that with the addon every ticket has a callback then.
    """
    engineer = env["res.users"].search([("login", "=", "engineer")])
    tickets = env["helpdesk.ticket"].with_user(engineer)
    tickets = tickets.search([("stage_id.closed", "=", False)], limit=count)
    done = env.ref("helpdesk_mgmt.helpdesk_ticket_stage_done")
    assert len(tickets) == count and done.mail_template_id

    def close():
        tickets.write({"stage_id": done.id})
        return check

    def check():
        assert "itss.callback" not in env or len(tickets.itss_callback_ids) == count

    return close


def count_queries(env, function):
    """Count the queries of a function whose ormcaches are warm; it is undone."""
    for _run in range(2):
        env.cr.rollback()
        before = env.cr.sql_log_count
        function()
        env.cr.flush()
        count = env.cr.sql_log_count - before
    env.cr.rollback()
    return count


@figure(1.10, "with_addon", "without_addon")
def close_one(with_addon, without_addon):
    """closing one ticket with the addon / without it"""
    pairs = [(env, closing(env, 1)) for env in (with_addon, without_addon)]
    return median_times_in_turn(*pairs, runs=200, warm_up=5)


@figure(1, "with_addon", "without_addon", unit="queries")
def close_one_queries(with_addon, without_addon):
    """queries that the addon adds to closing one ticket / 4"""
    counts = [count_queries(env, closing(env, 1)) for env in (with_addon, without_addon)]
    return counts[0] - counts[1], 4


@figure(1.05, "with_addon", "without_addon")
def close_many(with_addon, without_addon):
    """closing 400 tickets in one write with the addon / without it"""
    pairs = [(env, closing(env, BULK)) for env in (with_addon, without_addon)]
    return median_times_in_turn(*pairs, runs=9)


# -------------------------------------------------------------------------
# Scheduled actions
# -------------------------------------------------------------------------


def fill_history(env, count, with_callbacks=False):
    """Old tickets, and a queue of callbacks that are assigned and not due."""
    make_tickets(env, QUEUE)
    make_desk(env)
    make_history(env, count)
    if with_callbacks:
        make_finished_callbacks(env)
    env["helpdesk.ticket"]._itss_start_reconciling()  # as the installation does
    closing(env, QUEUE)()
    env["itss.callback"]._cron_assign()
    env.flush_all()
    # the reconciling action looks at the tickets of the last hour: there are none
    env.cr.execute(
        "UPDATE helpdesk_ticket SET write_date = write_date - interval '1 day'"
        " WHERE write_date > now() AT TIME ZONE 'UTC' - interval '1 day'"
    )


@database()
def history_20_000(env):
    fill_history(env, 20_000)


@database()
def history_200_000(env):
    fill_history(env, 200_000)


@database()
def years_20_000(env):
    fill_history(env, 20_000, with_callbacks=True)


@database()
def years_200_000(env):
    fill_history(env, 200_000, with_callbacks=True)


def reconcile(env):
    env["helpdesk.ticket"]._cron_itss_reconcile()


def assign(env):
    env["itss.callback"]._cron_assign()


def escalate(env):
    env["itss.callback"]._cron_escalate()


def send_links(env):
    env["itss.callback"]._cron_send_links()


def time_idle(envs, *steps):
    """Time scheduled actions that find nothing to do, and check that they did nothing."""

    def run(env):
        for step in steps:
            step(env)

    def get_callbacks(env):
        env.cr.execute("SELECT count(*), max(write_date) FROM itss_callback")
        return env.cr.fetchone()

    before = [get_callbacks(env) for env in envs]
    pairs = [(env, functools.partial(run, env)) for env in envs]
    times = median_times_in_turn(*pairs, runs=40, warm_up=3)
    assert [get_callbacks(env) for env in envs] == before
    return times


@figure(1.5, "history_200_000", "history_20_000")
def idle_reconcile(large, small):
    """reconciling with nothing to do, at 200,000 historical tickets / at 20,000"""
    return time_idle((large, small), reconcile)


@figure(1.5, "history_200_000", "history_20_000")
def idle_assign(large, small):
    """assigning with nothing to do, at 200,000 historical tickets / at 20,000"""
    return time_idle((large, small), assign)


@figure(1.5, "history_200_000", "history_20_000")
def idle_escalate(large, small):
    """escalating with nothing to do, at 200,000 historical tickets / at 20,000"""
    return time_idle((large, small), escalate)


@figure(1.5, "history_200_000", "history_20_000")
def idle_send_links(large, small):
    """sending links with nothing to do, at 200,000 historical tickets / at 20,000"""
    return time_idle((large, small), send_links)


@figure(1.5, "years_200_000", "years_20_000")
def idle_after_years(large, small):
    """all four with nothing to do, at 200,000 tickets that were called back after / at 20,000"""
    return time_idle((large, small), reconcile, assign, escalate, send_links)


@database()
def due(env):
    """10,000 callbacks that nobody has, an hour after their deadline."""
    make_tickets(env)
    make_desk(env)
    make_history(env, 10_000 * 10 // 9)
    now = "now() AT TIME ZONE 'UTC'"
    resolved_at = f"{now} - interval '25 hours'"
    env["helpdesk.ticket"]._itss_start_reconciling()
    make_callbacks(
        env,
        resolved_at=resolved_at,
        deadline=f"{now} - interval '1 hour'",
        escalate_at=f"{now} - interval '5 hours'",
    )


@figure(0.2, "due")
def assign_and_escalate(env):
    """assigning and escalating 10,000 callbacks / by a loop, one by one

    The loop is measured with every twentieth callback, and its time multiplied by 20.
    """
    domain = [("state", "=", "pending"), ("user_id", "=", False)]
    callbacks = env["itss.callback"].search(domain)
    assert len(callbacks) == 10_000
    started = time.perf_counter()
    for callback in callbacks[::20]:
        callback._assign()
        callback._escalate()
    env.cr.flush()
    loop = 20 * (time.perf_counter() - started)
    env.cr.rollback()
    started = time.perf_counter()
    assign(env)
    escalate(env)
    env.cr.commit()
    measured = time.perf_counter() - started
    assert not env["itss.callback"].search_count(domain)
    assert set(callbacks.mapped("escalation_level")) == {2}
    assert len(callbacks.activity_ids) == 10_000
    return measured, loop


# -------------------------------------------------------------------------
# The ledger
# -------------------------------------------------------------------------


@database()
def ledger(env):
    """100,000 callbacks that are done, of tickets of the last three years."""
    make_tickets(env)
    make_desk(env)
    make_history(env, 100_000 * 10 // 9)
    make_finished_callbacks(env)


def get_period():
    today = fields.Date.today()
    return {
        "date_from": fields.Date.to_string(today - timedelta(days=4 * 365)),
        "date_to": fields.Date.to_string(today),
    }


@figure(2, "ledger")
def ledger_time(env):
    """the ledger of 100,000 callbacks / writing the same cells with bare xlsxwriter"""
    env = env(user=env.ref("base.user_admin"))
    wizard = env["itss.callback.ledger"].create(get_period())
    env.cr.commit()  # for every run
    action = env.ref("itss_quality.itss_callback_xlsx_action")
    report = env[f"report.{action.report_name}"].with_context(active_model=wizard._name)
    rows = list(report._read_records(wizard))
    assert len(rows) == 100_000

    # what the cells say: words for the two verdicts, moments of the reader's clock
    local = report.env.tz
    cells = [
        (
            *row[:4],
            *(
                pytz.utc.localize(value).astimezone(local).replace(tzinfo=None)
                for value in row[4:6]
            ),
            *("Yes" if value else "No" for value in row[6:8]),
            *row[8:],
        )
        for row in rows
    ]

    def write_ledger():
        report.create_xlsx_report(wizard.ids, {})

    def write_bare():
        workbook = xlsxwriter.Workbook(io.BytesIO(), {"constant_memory": True})
        text, moment, score, wrapped = (
            workbook.add_format({"border": 1, "valign": "vcenter", **look})
            for look in (
                {},
                {"num_format": "yyyy-mm-dd hh:mm"},
                {"num_format": "0.0"},
                {"text_wrap": True},
            )
        )
        sheet = workbook.add_worksheet()
        for row, values in enumerate(cells, 3):
            number, customer, contact, engineer, resolved, done, *rest = values
            for column, value in enumerate((number, customer, contact, engineer)):
                sheet.write_string(row, column, value, text)
            sheet.write_datetime(row, 4, resolved, moment)
            sheet.write_datetime(row, 5, done, moment)
            on_time, solved, figure, comment, caller = rest
            sheet.write_string(row, 6, on_time, text)
            sheet.write_string(row, 7, solved, text)
            sheet.write_number(row, 8, figure, score)
            sheet.write_string(row, 9, comment, wrapped)
            sheet.write_string(row, 10, caller, text)
        workbook.close()

    return median_times_in_turn((env, write_ledger), (env, write_bare), runs=3)


@figure(1, "ledger", unit="MB")
def ledger_memory(env):
    """memory of a server while it sends that ledger, above the idle one / 150 MB"""
    with servers.Server(env.cr.dbname, log=LOGS / "bench_server.log") as server:
        with requests.Session() as session:
            session.trust_env = False  # no proxy: the server is on this machine

            def call(route, **params):
                reply = session.post(f"{server.url}{route}", json={"params": params}, timeout=600)
                reply.raise_for_status()
                return reply.json()["result"]

            def download(**vals):
                [wizard] = call(
                    "/web/dataset/call_kw",
                    model="itss.callback.ledger",
                    method="create",
                    args=[[vals]],
                    kwargs={},
                )
                url = f"/report/xlsx/itss_quality.callback_xlsx/{wizard}"
                reply = session.get(
                    f"{server.url}/report/download",
                    params={"data": json.dumps([url, "xlsx"])},
                    timeout=600,
                )
                reply.raise_for_status()
                assert reply.content.startswith(b"PK"), reply.text
                return len(reply.content)

            call("/web/session/authenticate", db=env.cr.dbname, login="admin", password="admin")
            nothing = dict.fromkeys(("date_from", "date_to"), "2000-01-01")
            assert download(**nothing) < MEGABYTE  # everything is loaded then
            process = Path("/proc") / str(server.process.pid)
            idle = read_memory(process, "VmRSS")
            (process / "clear_refs").write_text("5")  # the peak is counted anew
            assert download(**get_period()) > MEGABYTE
            return read_memory(process, "VmHWM") - idle, 150


def read_memory(process, name):
    """Read a line of a process' status, in MB."""
    for line in (process / "status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise KeyError(name)


# -------------------------------------------------------------------------
# Installing
# -------------------------------------------------------------------------


@database(addon=False)
def tickets_500_000(env):
    """Many tickets before the addon comes."""
    make_tickets(env)
    make_history(env, 500_000)


@database(addon=False)
def tickets_few(env):
    """Almost none."""
    make_tickets(env)


@figure(1, "tickets_500_000", "tickets_few")
def install(*envs):
    """installing the addon on 500,000 tickets, minus on few / 30 s"""
    names = [env.cr.dbname for env in envs]
    for env in envs:
        env.cr.rollback()
    times = []
    for name in names:
        before = get_ticket_file(name)
        started = time.perf_counter()
        servers.install(name, "-i", servers.MODULE, log=LOGS / "bench_install.log")
        times.append(time.perf_counter() - started)
        assert get_ticket_file(name) == before, "the table of tickets was rewritten"
        assert servers.query(name, "SELECT count(*) FROM itss_callback") == [(0,)]
    return times[0] - times[1], 30


def get_ticket_file(name):
    return servers.query(name, "SELECT pg_relation_filenode('helpdesk_ticket')")
