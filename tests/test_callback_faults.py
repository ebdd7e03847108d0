"""Callbacks when everything happens at once, or stops in the middle: none doubled, none lost."""

import contextlib
import random
import re
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest
import requests

import servers
from environment import LOGS

AGENTS = ("agent_1", "agent_2")
COUNT = 588
WITHOUT_PHONE = COUNT // 7
# A team with its leader, two agents and the quality department, and solved tickets of as many
# customers. By their number: due soon, overdue, or overdue for two periods; each seventh contact
# has no phone and shares the e-mail address with another one.
PREPARE = """
from datetime import timedelta
from odoo import fields

COUNT = %(count)s
context = {"tracking_disable": True, "mail_create_nosubscribe": True, "no_reset_password": True}
env = env(context=context)

def make_user(login, *groups):
    ids = [env.ref(group).id for group in groups]
    values = {"name": login, "login": login, "password": login, "email": f"{login}@itss.example.com"}
    return env["res.users"].create({**values, "group_ids": [(6, 0, ids)]})

company = env.company
company.itss_callback_since = "2020-01-01"
desk = env["hr.department"].create({"name": "服务台"})
company.itss_service_desk_department_id = desk
for login in %(agents)s:
    agent = make_user(login, "itss_quality.group_itss_service_desk")
    env["hr.employee"].create({"name": login, "user_id": agent.id, "department_id": desk.id})
leader = make_user("leader", "itss_quality.group_itss_operations")
engineer = make_user("engineer", "base.group_user", "helpdesk_mgmt.group_helpdesk_user")
make_user("quality", "itss_quality.group_itss_quality")
team = env["helpdesk.ticket.team"].create({"name": "网络组", "user_id": leader.id, "user_ids": engineer.ids})
now = fields.Datetime.now()
partners = env["res.partner"].create(
    [
        {"name": f"客户{number}", "phone": f"1380000{number:04}"}
        if number %% 7
        else {"name": f"客户{number}", "email": f"{number %% (COUNT // 2)}@customer.example.com"}
        for number in range(COUNT)
    ]
)
env["helpdesk.ticket"].create(
    [
        {
            "name": f"故障{number}",
            "description": "网络中断",
            "team_id": team.id,
            "user_id": engineer.id,
            "partner_id": partner.id,
            "partner_name": partner.name,
            "partner_email": partner.email,
            "stage_id": env.ref("helpdesk_mgmt.helpdesk_ticket_stage_done").id,
            "closed_date": now - timedelta(hours=(21, 30, 60)[number %% 3]),
        }
        for number, partner in enumerate(partners)
    ]
)
"""
# tickets that another program wrote have no callback, as if they had slipped by
FORGET = "DELETE FROM itss_callback WHERE id % 10 < 3"
RESTART = """
DELETE FROM itss_callback;
DELETE FROM ir_config_parameter WHERE key = 'itss_quality.reconciled_until';
DELETE FROM mail_activity WHERE res_model = 'itss.callback';
DELETE FROM mail_message WHERE model = 'itss.callback' OR id IN (SELECT mail_message_id FROM mail_mail)
"""
LEAVE = f"""
from datetime import timedelta
from odoo import fields

today = fields.Date.today()
leave_type = env["hr.leave.type"].create({{"name": "年假", "requires_allocation": False}})
employee = env["hr.employee"].search([("user_id.login", "=", "{AGENTS[0]}")])
# over days, as a single one has its working hours only
leave = env["hr.leave"].create(
    {{
        "employee_id": employee.id,
        "holiday_status_id": leave_type.id,
        "request_date_from": today - timedelta(days=4),
        "request_date_to": today + timedelta(days=4),
    }}
)
leave.action_approve()
assert leave.state == "validate", leave.state
"""
JOBS = {
    "reconcile": "env['helpdesk.ticket']._cron_itss_reconcile()",
    "assign": "env['itss.callback']._cron_assign()",
    "escalate": "env['itss.callback']._cron_escalate()",
    "links": "env['itss.callback']._cron_send_links()",
}
FIGURES = """
WITH callback AS (
    SELECT itss_callback.*,
           (SELECT count(*) FROM mail_activity activity
             WHERE activity.res_model = 'itss.callback' AND activity.res_id = itss_callback.id) AS activities,
           (SELECT count(*) FROM mail_message message
             WHERE message.model = 'itss.callback' AND message.res_id = itss_callback.id
               AND message.body LIKE '%→%') AS notes,
           (SELECT count(*) FROM mail_mail mail WHERE mail.id = link_mail_id) AS mails,
           (SELECT count(*) FROM itss_callback_attempt attempt
             WHERE attempt.callback_id = itss_callback.id) AS attempts
      FROM itss_callback
)
SELECT (SELECT count(*) FROM helpdesk_ticket) AS tickets,
       count(*) AS callbacks,
       count(DISTINCT ticket_id) AS called_tickets,
       count(*) FILTER (WHERE cycle != 1 OR state NOT IN ('pending', 'link_sent')) AS odd,
       count(user_id) AS assigned,
       count(*) FILTER (WHERE escalation_level > 0) AS escalated,
       -- who was warned only, or the team leader only, has one activity; with the quality department two
       count(*) FILTER (
           WHERE activities != CASE escalation_level WHEN 0 THEN 0 WHEN 3 THEN 2 ELSE 1 END
              OR notes != greatest(escalation_level - 1, 0)
              OR (escalation_level = 3) != (escalate_at IS NULL)
       ) AS half_escalated,
       count(*) FILTER (WHERE state = 'link_sent') AS links,
       count(*) FILTER (
           WHERE (state = 'link_sent') != (mails = 1)
              OR (state = 'link_sent') != (link_token IS NOT NULL)
              OR (state = 'link_sent') != (link_sent_at IS NOT NULL)
       ) AS half_sent,
       (SELECT count(*) FROM mail_mail) AS mails,
       count(DISTINCT email) FILTER (WHERE state = 'link_sent') AS linked_contacts
  FROM callback
"""
LEVELS = "SELECT escalation_level, count(*) FROM itss_callback GROUP BY 1 ORDER BY 1"


def script(jobs, patient=False):
    """The script of a worker.

    :param jobs: names of the scheduled actions, in their order
    :param patient: whether it works beside another one, and goes on where that had changed the same
        rows, as the next run would
    """
    lines = [
        "from psycopg2 import OperationalError",
        f"refusals = {'OperationalError' if patient else '()'}",
    ]
    for job in jobs:
        lines += ["try:", f"    {JOBS[job]}", "    env.cr.commit()"]
        lines += ["except refusals:", "    env.cr.rollback()"]
    return "\n".join(lines)


def read_figures(database):
    with contextlib.closing(psycopg2.connect(dbname=database)) as connection:
        with connection.cursor() as cursor:
            cursor.execute(FIGURES)
            [row] = cursor.fetchall()
            return dict(zip((column.name for column in cursor.description), row, strict=True))


def check_consistent(figures):
    """Whatever was committed is whole, and was done once."""
    assert figures["callbacks"] == figures["called_tickets"], "a ticket has two callbacks"
    assert figures["odd"] == 0, "a callback was cancelled, or opened anew"
    assert figures["half_escalated"] == 0
    assert figures["half_sent"] == 0
    assert figures["mails"] == figures["links"], "a link has no mail of its own"
    assert figures["links"] == figures["linked_contacts"], "a contact got two links"


def check_complete(database):
    """Nothing was left out: every callback is there, assigned, escalated, and sent as it has to be."""
    figures = read_figures(database)
    check_consistent(figures)
    assert figures["tickets"] == figures["callbacks"] == figures["assigned"] == COUNT
    assert servers.query(database, LEVELS) == [(level, COUNT // 3) for level in (1, 2, 3)]
    assert figures["links"] == WITHOUT_PHONE // 2


def is_complete(figures):
    return figures["escalated"] == figures["assigned"] == COUNT


def wait_until_idle(database):
    """Wait until PostgreSQL has given up what a killed client had begun."""
    statement = "SELECT FROM pg_stat_activity WHERE datname = %s AND pid != pg_backend_pid()"
    deadline = time.monotonic() + 30
    while servers.query(database, statement, database):
        assert time.monotonic() < deadline, "a killed client still has a connection"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def solved_tickets(environment, worker_pool):
    """A database with overdue callbacks that nobody has looked at; tests work on copies of it."""
    database = "itss_system_callbacks"
    environment.copy_database(environment.template_database(demo=False), database)
    with worker_pool(database) as pool:
        pool.run(PREPARE % {"count": COUNT, "agents": AGENTS})
    yield database
    environment.drop_database(database)


@pytest.fixture
def copy(environment, solved_tickets):
    """Copy that database: copy(name) → database."""
    with contextlib.ExitStack() as stack:

        def make(name):
            database = f"{solved_tickets}_{name}"
            environment.copy_database(solved_tickets, database)
            stack.callback(environment.drop_database, database)
            return database

        yield make


# Scheduled actions
# -----------------


def test_two_workers_do_each_callback_once(copy, worker_pool):
    database = copy("workers")
    servers.query(database, FORGET)
    assert 0 < read_figures(database)["callbacks"] < COUNT - 100
    with worker_pool(database) as pool:
        # what one does first the other does last, and both come by several times
        jobs = list(JOBS) * 2
        workers = [pool.start(script(order, patient=True)) for order in (jobs, jobs[::-1])]
        assert [worker.wait() for worker in workers] == [0, 0]
        check_consistent(read_figures(database))
        pool.run(script(JOBS))
        check_complete(database)
        assert pool.errors() == [], "the workers got in each other's way"


def test_a_worker_killed_twenty_times_leaves_nothing_half_done(copy, worker_pool):
    database = copy("killed")
    chance = random.Random(20250101)
    kills = 0
    with worker_pool(database) as pool:
        while kills < 20:
            if not kills or is_complete(read_figures(database)):
                servers.query(database, RESTART)
            worker = pool.start(script(chance.sample(list(JOBS), len(JOBS))))
            time.sleep(chance.uniform(0.05, 2))
            kills += worker.kill()
            figures = read_figures(database)
            check_consistent(figures)
        wait_until_idle(database)
        pool.run(script(JOBS))
    check_complete(database)


def test_a_ticket_somebody_holds_gets_its_callback_by_the_next_run(copy, worker_pool):
    database = copy("held")
    servers.query(database, FORGET)
    with worker_pool(database) as pool:
        with contextlib.closing(psycopg2.connect(dbname=database)) as connection:
            connection.cursor().execute("SELECT FROM helpdesk_ticket FOR UPDATE")
            pool.run(script(["reconcile"]))
            assert read_figures(database)["callbacks"] < COUNT
        pool.run(script(["reconcile"]))
    figures = read_figures(database)
    check_consistent(figures)
    assert figures["callbacks"] == COUNT


# PostgreSQL
# ----------


@pytest.fixture
def own_postgresql(solved_tickets, monkeypatch):
    """A PostgreSQL server that a test may restart, with a copy of the database.

    The others share theirs. Yields the database and the function that restarts the server. Until
    the test ends the PG… variables point to it.
    """
    server_class = servers.embedded_server()
    with tempfile.TemporaryDirectory(prefix="itss-postgresql-") as folder:
        server = server_class(Path(folder) / "cluster", cleanup_mode=None, start=False)
        server.start()

        def control(*arguments):
            command = [server.bin_path / "pg_ctl", "-w", "-D", server.pgdata, "-l", server.log]
            subprocess.run([*command, *arguments], user=server.system_user, check=True)

        try:
            dump = subprocess.Popen(
                [server.bin_path / "pg_dump", "--no-owner", solved_tickets], stdout=subprocess.PIPE
            )
            info = server.get_postmaster_info()
            monkeypatch.setenv("PGHOST", str(info.socket_dir))
            monkeypatch.setenv("PGPORT", str(info.port))
            monkeypatch.setenv("PGUSER", "postgres")
            servers.query("postgres", "CREATE ROLE odoo LOGIN CREATEDB")
            monkeypatch.setenv("PGUSER", "odoo")
            servers.create_database(solved_tickets)
            psql = [server.bin_path / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", solved_tickets]
            subprocess.run(psql, stdin=dump.stdout, stdout=subprocess.DEVNULL, check=True)
            assert dump.wait() == 0
            yield solved_tickets, lambda mode: control("-m", mode, "restart")
        finally:
            control("-m", "immediate", "stop")


def test_postgresql_restarted_in_the_middle_leaves_nothing_half_done(own_postgresql, worker_pool):
    database, restart = own_postgresql
    with worker_pool(database) as pool:
        for mode in ("fast", "immediate"):
            before = read_figures(database)["escalated"]
            worker = pool.start(script(["escalate", "reconcile", "links", "assign"]))
            deadline = time.monotonic() + 60
            while read_figures(database)["escalated"] == before:
                assert worker.poll() is None and time.monotonic() < deadline, "nothing was done"
            restart(mode)
            assert worker.wait() != 0, "the worker did not notice"
            figures = read_figures(database)
            check_consistent(figures)
            assert not is_complete(figures)
        pool.run(script(JOBS))
    check_complete(database)


# Agents
# ------


def clear_calls(client):
    """Call until no call is left and return the callbacks."""
    done = []
    while True:
        action = client.call("itss.callback", "action_next_call", [])
        if action["type"] != "ir.actions.act_window":
            return done
        [call] = client.call("itss.callback.call", "read", [action["res_id"]], ["callback_id"])
        callback_id = call["callback_id"][0]
        client.call(
            "itss.callback", "register_attempt", [callback_id], "reached", is_solved="yes", score=80
        )
        done.append(callback_id)


def test_two_agents_at_once_call_each_customer_once(copy, odoo_server, rpc):
    database = copy("agents")
    server = odoo_server(database=database)
    with ThreadPoolExecutor(len(AGENTS)) as threads:
        clients = [rpc(server, login) for login in AGENTS]
        shares = list(threads.map(clear_calls, clients))
    assert all(shares), "one agent did everything"
    calls = sorted(
        (callback_id, client.uid, "done")
        for client, share in zip(clients, shares, strict=True)
        for callback_id in share
    )
    assert calls == servers.query(
        database,
        "SELECT callback.id, attempt.user_id, callback.state"
        "  FROM itss_callback callback JOIN itss_callback_attempt attempt ON callback_id = callback.id"
        " WHERE attempt.outcome = 'reached' AND callback.user_id = attempt.user_id ORDER BY 1",
    )
    [(attempts,)] = servers.query(database, "SELECT count(*) FROM itss_callback_attempt")
    assert attempts == len(calls) == COUNT - WITHOUT_PHONE


# The customer's link
# -------------------


def test_of_200_answers_at_once_one_counts(copy, odoo_server, smtp_sink, rpc, monkeypatch):
    database = copy("answers")
    # as many at a time as there are connections to the database; the others wait for their turn
    monkeypatch.setenv("ODOO_MAX_HTTP_THREADS", "auto")
    server = odoo_server(*smtp_sink.arguments, database=database)
    admin = rpc(server, "admin")
    admin.run_scheduled_action("itss_quality.ir_cron_itss_callback_link")
    admin.run_scheduled_action("mail.ir_cron_mail_scheduler_action")
    assert len(smtp_sink.messages) == WITHOUT_PHONE // 2
    text = smtp_sink.messages[0].get_body(["html"]).get_content()
    [path, callback_id] = re.search(r"(/itss/callback/(\d+)/[\w-]+)", text).groups()
    customers = 200
    barrier = threading.Barrier(customers)

    def open_page(_number):
        customer = requests.Session()
        customer.trust_env = False
        page = customer.get(f"{server.url}{path}", timeout=120)
        page.raise_for_status()
        return customer, re.search(r'name="csrf_token" value="(\w+)"', page.text)[1]

    def answer(number, page):
        customer, token = page
        values = {
            "csrf_token": token,
            "is_solved": "yes",
            "stars": str(number % 5 + 1),
            "comment": f"customer {number}",
        }
        barrier.wait(60)
        reply = customer.post(f"{server.url}{path}", data=values, timeout=120)
        return reply.status_code, values, reply.text

    with ThreadPoolExecutor(customers) as threads:
        pages = list(threads.map(open_page, range(customers)))
        replies = list(threads.map(answer, range(customers), pages))
    [counted] = [values for code, values, _text in replies if code == 200]
    refused = [text for code, _values, text in replies if code == 410]
    assert len(refused) == customers - 1
    assert all("We already have your answer." in text for text in refused)
    statement = "SELECT state, comment, score FROM itss_callback WHERE id = %s"
    assert servers.query(database, statement, callback_id) == [
        ("done", counted["comment"], int(counted["stars"]) * 20)
    ]
    [(answers,)] = servers.query(
        database, "SELECT count(*) FROM itss_callback WHERE state = 'done'"
    )
    assert answers == 1


def test_the_link_of_another_database_opens_nothing(copy, odoo_server, worker_pool):
    tokens = {}
    for name in ("one", "other"):
        database = copy(name)
        with worker_pool(database) as pool:
            pool.run(script(["links"]))
        statement = "SELECT id, link_token FROM itss_callback WHERE link_token IS NOT NULL ORDER BY id LIMIT 1"
        [(callback_id, tokens[name])] = servers.query(database, statement)
    server = odoo_server(database=database)
    for name, code in {"other": 200, "one": 404}.items():
        page = requests.get(f"{server.url}/itss/callback/{callback_id}/{tokens[name]}", timeout=120)
        assert page.status_code == code


# Time off
# --------


def test_agents_on_leave_get_no_callbacks(environment, copy, worker_pool):
    database = copy("leave")
    environment.install(database, "-i", "hr_holidays", log=LOGS / "leave.log", module="hr_holidays")
    with worker_pool(database) as pool:
        pool.run(LEAVE)
        pool.run(script(["assign"]))
    statement = """
        SELECT login, count(*) FROM itss_callback JOIN res_users agent ON agent.id = user_id GROUP BY 1
    """
    assert servers.query(database, statement) == [(AGENTS[1], COUNT)]
