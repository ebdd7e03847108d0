"""Survey mails when the server is killed, refused, doubled or alone: each address gets one."""

import collections
import contextlib
import os
import random
import signal
import time

import pytest
import requests

import servers

# participants of the rounds, by the rounds' names
ROUNDS = {"all": 2000, "many": 600, "some": 200}
PREPARE = """
context = {"tracking_disable": True, "mail_create_nosubscribe": True, "mail_create_nolog": True}
env = env(context={**context, "no_reset_password": True})
env.company.email = "service@itss.example.com"
group = env.ref("itss_quality.group_itss_quality")
values = {"name": "quality", "login": "quality", "password": "quality", "group_ids": [(6, 0, group.ids)]}
env["res.users"].create({**values, "email": "quality@itss.example.com"})
rounds = %(rounds)s
contacts = env["res.partner"].create(
    [
        {"name": f"客户{number}", "email": f"{number}@customer.example.com", "is_company": True}
        for number in range(max(rounds.values()))
    ]
)
for name, count in rounds.items():
    round_ = env["itss.survey.round"].create(
        {"name": name, "survey_id": env.ref("itss_quality.itss_survey_questionnaire").id}
    )
    env["itss.survey.participant"].create(
        [{"round_id": round_.id, "partner_id": contact.id} for contact in contacts[:count]]
    )
"""
START = """
quality = env["res.users"].search([("login", "=", "quality")])
env["itss.survey.round"].search([("name", "=", "%s")]).with_user(quality).action_start()
"""
SEND = """
import socket
from odoo.tools import config

# message ids tell who sent the mail
socket.getfqdn = lambda name="": "%(host)s"
config["smtp_server"] = "127.0.0.1"
config["smtp_port"] = %(port)s
env["itss.survey.participant"]._cron_send()
env.cr.commit()
"""
RESEND = """
quality = env["res.users"].search([("login", "=", "quality")])
failed = env["itss.survey.participant"].with_user(quality).search([("state", "=", "failed")])
failed.action_resend()
"""
# those of the round that runs
STATES = """
SELECT participant.state, count(*) FROM itss_survey_participant participant
  JOIN itss_survey_round round ON round.id = round_id WHERE round.state = 'running'
 GROUP BY 1 ORDER BY 1
"""
REASONS = """
SELECT email, participant.state, failure_reason FROM itss_survey_participant participant
  JOIN itss_survey_round round ON round.id = round_id
 WHERE round.state = 'running' AND failure_reason IS NOT NULL
"""
UNCONFIRMED = """
SELECT email FROM itss_survey_participant
 WHERE state = 'sent' AND COALESCE(delivered_at < last_mail_at, TRUE)
"""
ERRORS = "SELECT sending_error FROM itss_survey_round WHERE state = 'running'"


def address(number):
    return f"{number}@customer.example.com"


def addresses(name):
    return {address(number) for number in range(ROUNDS[name])}


def count_mails(sink):
    """Return how many mails each address got; each mail has one."""
    return collections.Counter(address for mail in sink.messages for address in mail.recipients)


def send_script(sink, host="worker.example.com"):
    return SEND % {"port": sink.port, "host": host}


def read_unconfirmed(database):
    return {email for (email,) in servers.query(database, UNCONFIRMED)}


def wait_until(condition, worker=None):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        assert worker is None or worker.poll() is None, "the worker has come to its end"
        time.sleep(0.002)


@pytest.fixture(scope="module")
def prepared_rounds(environment, worker_pool):
    """A database with rounds that nobody has started; tests work on copies of it."""
    database = "itss_system_survey"
    environment.copy_database(environment.template_database(demo=False), database)
    with worker_pool(database) as pool:
        pool.run(PREPARE % {"rounds": ROUNDS})
    yield database
    environment.drop_database(database)


@pytest.fixture
def copy(environment, prepared_rounds):
    """Copy that database: copy(name) → database."""
    with contextlib.ExitStack() as stack:

        def make(name):
            database = f"{prepared_rounds}_{name}"
            environment.copy_database(prepared_rounds, database)
            stack.callback(environment.drop_database, database)
            return database

        yield make


@pytest.fixture
def start_round(copy, worker_pool):
    """Start a round: start_round(name) → its database, and a pool of workers for it."""
    with contextlib.ExitStack() as stack:

        def start(name):
            database = copy(name)
            pool = stack.enter_context(worker_pool(database))
            pool.run(START % name)
            return database, pool

        yield start


def test_each_of_2000_gets_one_mail_though_the_server_is_killed_twice(
    copy, odoo_server, smtp_sink, rpc
):
    database = copy("server")
    server = odoo_server(*smtp_sink.arguments, database=database)
    killed, kept = [], []

    def kill(address):
        killed.append(address)
        os.killpg(server.process.pid, signal.SIGKILL)

    def kill_at_recipient(address):
        if not killed and len(smtp_sink.messages) == 500:
            kill(address)

    def kill_at_message(message):
        if len(killed) == 1 and len(smtp_sink.messages) == 1200:
            kept.extend(message.recipients)
            kill(kept[0])

    def send():
        rpc(server, "admin").run_scheduled_action("itss_quality.ir_cron_itss_survey_send")

    def send_until_killed():
        while True:
            send()

    smtp_sink.at_recipient, smtp_sink.at_message = kill_at_recipient, kill_at_message
    quality = rpc(server, "quality")
    [round_id] = quality.call("itss.survey.round", "search", [["name", "=", "all"]])
    quality.call("itss.survey.round", "action_start", [round_id])
    for kills in (1, 2):
        with pytest.raises(requests.ConnectionError):
            send_until_killed()
        assert len(killed) == kills
        server.stop()
        server.start()
    assert 0 < dict(servers.query(database, STATES))["to_send"] < ROUNDS["all"]
    while "to_send" in dict(servers.query(database, STATES)):
        send()

    assert count_mails(smtp_sink) == dict.fromkeys(addresses("all"), 1)
    assert servers.query(database, STATES) == [("sent", ROUNDS["all"])]
    domain = [["is_unconfirmed", "=", True]]
    quality = rpc(server, "quality")
    shown = quality.call("itss.survey.participant", "search_read", domain, ["email"])
    assert [participant["email"] for participant in shown] == kept
    assert servers.records(server.log.read_text("utf-8", "replace"), "ERROR|CRITICAL") == []


def test_a_worker_killed_twenty_times_sends_nobody_two_mails(start_round, smtp_sink):
    database, pool = start_round("many")
    chance = random.Random(20250401)
    tried = []
    smtp_sink.at_recipient = tried.append
    for _kill in range(20):
        worker = pool.start(send_script(smtp_sink))
        goal = len(tried) + chance.randint(1, 25)
        wait_until(lambda goal=goal: len(tried) >= goal, worker)
        time.sleep(chance.uniform(0, 0.01))
        assert worker.kill()
        assert set(count_mails(smtp_sink).values()) <= {1}
    pool.run(send_script(smtp_sink))

    counts = count_mails(smtp_sink)
    assert set(counts.values()) == {1}
    assert servers.query(database, STATES) == [("sent", ROUNDS["many"])]
    unconfirmed = read_unconfirmed(database)
    assert len(unconfirmed) <= 20
    assert addresses("many") - counts.keys() <= unconfirmed, "lost, and nobody is told"
    assert pool.errors() == []


def test_refused_mails_are_marked_and_sent_again_alone(start_round, smtp_sink):
    database, pool = start_round("some")
    groups = {number: set(map(address, range(number, ROUNDS["some"], 20))) for number in range(4)}
    unknown, too_large, busy, full = groups.values()  # 5 % each

    def refuse_recipient(address):
        if address in unknown:
            return "550 5.1.1 No such user"
        if address in busy:
            return "451 4.7.1 Try again later"
        return None

    def refuse_message(message):
        if message.recipients[0] in too_large:
            return "554 5.7.1 Looks like spam"
        if message.recipients[0] in full:
            return "452 4.2.2 Mailbox full"
        return None

    def read_reasons():
        return {email: reason for email, *reason in servers.query(database, REASONS)}

    failed = {
        **dict.fromkeys(unknown, ["failed", "550 5.1.1 No such user"]),
        **dict.fromkeys(too_large, ["failed", "554 5.7.1 Looks like spam"]),
    }
    waiting = {
        **dict.fromkeys(busy, ["to_send", "451 4.7.1 Try again later"]),
        **dict.fromkeys(full, ["to_send", "452 4.2.2 Mailbox full"]),
    }
    smtp_sink.at_recipient, smtp_sink.at_message = refuse_recipient, refuse_message
    pool.run(send_script(smtp_sink))
    assert count_mails(smtp_sink) == dict.fromkeys(
        addresses("some") - failed.keys() - waiting.keys(), 1
    )
    assert read_reasons() == {**failed, **waiting}
    assert servers.query(database, UNCONFIRMED) == []
    assert servers.query(database, ERRORS) == [(None,)], "the mail server is there"

    busy.clear()
    full.clear()
    pool.run(send_script(smtp_sink))
    assert count_mails(smtp_sink) == dict.fromkeys(addresses("some") - failed.keys(), 1)
    assert read_reasons() == failed

    unknown.clear()
    too_large.clear()
    pool.run(send_script(smtp_sink))
    assert read_reasons() == failed, "nobody has said that they are to be tried again"
    pool.run(RESEND)
    pool.run(send_script(smtp_sink))
    assert count_mails(smtp_sink) == dict.fromkeys(addresses("some"), 1)
    assert servers.query(database, STATES) == [("sent", ROUNDS["some"])]
    assert servers.query(database, UNCONFIRMED) == []
    assert pool.errors() == []


def test_two_workers_at_once_send_each_mail_once(start_round, smtp_sink):
    database, pool = start_round("many")
    hosts = ("one.example.com", "two.example.com")
    workers = [pool.start(send_script(smtp_sink, host)) for host in hosts]
    assert [worker.wait() for worker in workers] == [0, 0]
    # what one has left to the other, and that to it
    pool.run(send_script(smtp_sink))
    assert count_mails(smtp_sink) == dict.fromkeys(addresses("many"), 1)
    assert servers.query(database, STATES) == [("sent", ROUNDS["many"])]
    assert servers.query(database, UNCONFIRMED) == []
    shares = collections.Counter(
        mail["Message-Id"].strip("<>").rpartition("@")[2] for mail in smtp_sink.messages
    )
    assert min(shares[host] for host in hosts) > 50, "they did not work at the same time"
    assert pool.errors() == []


def test_mails_wait_for_a_mail_server_that_is_away(start_round, smtp_sink):
    database, pool = start_round("some")
    smtp_sink.stop()
    pool.run(send_script(smtp_sink))
    assert servers.query(database, STATES) == [("to_send", ROUNDS["some"])]
    [(error,)] = servers.query(database, ERRORS)
    assert "refused" in error

    # it comes back, and goes again in the middle
    smtp_sink.start()
    tried = []

    def hang_up(address):
        tried.append(address)
        return "421 4.3.2 Shutting down" if len(tried) > 70 else None

    smtp_sink.at_recipient = hang_up
    pool.run(send_script(smtp_sink))
    assert servers.query(database, STATES) == [("sent", 70), ("to_send", ROUNDS["some"] - 70)]
    assert servers.query(database, ERRORS) == [("421 4.3.2 Shutting down",)]

    smtp_sink.at_recipient = lambda address: None
    pool.run(send_script(smtp_sink))
    assert count_mails(smtp_sink) == dict.fromkeys(addresses("some"), 1)
    assert servers.query(database, STATES) == [("sent", ROUNDS["some"])]
    assert servers.query(database, ERRORS) == [(None,)]
    assert servers.query(database, UNCONFIRMED) == []
    assert pool.errors() == []
