"""The figures of satisfaction surveys: sending them, ending them, and the page customers see."""

import contextlib
import functools
import smtplib
import time
from pathlib import Path
from unittest import mock

import requests
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

import servers
from bench_callback import make_user, read_memory
from bench_figures import database, figure, median_times_in_turn, multiply
from environment import LOGS

PARTICIPANTS = 5_000
WARM_UP = 100
STOCK_SURVEY = "Stock survey"
# their time is multiplied
SHARE = 10
ANSWERS = 10_000
MAX_MEMORY = 150


class StubSession(smtplib.SMTP):
    """A connection to a mail server that takes everything at once; it counts the mails."""

    taken = 0
    from_filter = False
    smtp_from = False

    def putcmd(self, *_arguments):
        pass

    def getreply(self):
        return 250, b"OK"

    def data(self, _text):
        type(self).taken += 1
        return self.getreply()


@contextlib.contextmanager
def stub_mail_server(env, count):
    """Take the mails sent in the block, which have to be so many."""
    StubSession.taken = 0
    servers_class = type(env["ir.mail_server"])
    with mock.patch.object(servers_class, "_connect__", lambda *_args, **_kwargs: StubSession()):
        yield
    assert StubSession.taken == count


def make_contacts(env, count):
    """Make so many contacts with an address, each of a company of its own."""
    partners = env["res.partner"].with_context(tracking_disable=True)
    partner = {"is_company": True, "lang": "en_US"}
    return partners.create(
        [
            {**partner, "name": f"客户 {number}", "email": f"contact_{number}@customer.example.com"}
            for number in range(count)
        ]
    )


def make_round(env, contacts):
    """Make a round in preparation that asks these contacts."""
    survey = env.ref("itss_quality.itss_survey_questionnaire")
    round_ = env["itss.survey.round"].create({"survey_id": survey.id})
    participants = env["itss.survey.participant"].with_context(
        tracking_disable=True, mail_create_nolog=True, mail_create_nosubscribe=True
    )
    participants.create([{"round_id": round_.id, "partner_id": contact.id} for contact in contacts])
    return round_


def make_stock_survey(env):
    """Make an ordinary survey with the questions of ours."""
    survey = env.ref("itss_quality.itss_survey_questionnaire")
    copy = survey.copy({"user_id": env.ref("base.user_admin").id})
    copy.write({"survey_type": "survey", "title": STOCK_SURVEY})
    return copy


# -------------------------------------------------------------------------
# Inviting
# -------------------------------------------------------------------------


@database()
def contacts_5_000(env):
    """Contacts with an address, and the rounds that are to ask them."""
    env.company.email = "service@itss.example.com"
    quality = make_user(env, "quality", "itss_quality.group_itss_quality")
    quality.password = "quality"
    contacts = make_contacts(env, PARTICIPANTS)
    for share in 2 * (contacts, contacts[:WARM_UP]):
        make_round(env, share)
    make_stock_survey(env)


def find_draft(env, count):
    """Return a round in preparation with so many participants."""
    rounds = env["itss.survey.round"].search([("state", "=", "draft")])
    return rounds.filtered(lambda round_: round_.participant_count == count)[-1]


def invite(env, count):
    """Start a round with so many participants and send its links; return how long it took."""
    round_ = find_draft(env, count)
    quality = env["res.users"].search([("login", "=", "quality")])
    with stub_mail_server(env, count):
        started = time.perf_counter()
        round_.with_user(quality).action_start()
        env.cr.commit()
        env["itss.survey.participant"]._cron_send()
        env.cr.commit()
        taken = time.perf_counter() - started
    assert round_.sent_count == count
    assert not env["itss.survey.participant"].search_count([("is_unconfirmed", "=", True)])
    return taken


def invite_stock(env, contacts):
    """Invite contacts as Odoo does and send its queue; return how long it took."""
    survey = env["survey.survey"].search([("title", "=", STOCK_SURVEY)])
    wizards = env["survey.invite"].with_context(**survey.action_send_survey()["context"])
    with stub_mail_server(env, len(contacts)):
        started = time.perf_counter()
        wizards.create({"partner_ids": [(6, 0, contacts.ids)]}).action_invite()
        env.cr.commit()
        env["mail.mail"].process_email_queue()
        env.cr.commit()
        return time.perf_counter() - started


@figure(0.2, "contacts_5_000")
def invite_time(env):
    """inviting 5,000 participants / by Odoo's own survey.invite

    Odoo's is measured with a tenth of the same contacts, half of them before and half after, and its
    time multiplied by 10. Both hand their mails over to a mail server that takes them at once.
    """
    contacts = env["res.partner"].search([("email", "like", "contact_%@customer.example.com")])
    invite(env, WARM_UP)
    invite_stock(env, contacts[:5])
    theirs = invite_stock(env, contacts[5::SHARE])
    ours = invite(env, PARTICIPANTS)
    theirs += invite_stock(env, contacts[6::SHARE])
    return ours, theirs * SHARE / 2


@figure(1, "contacts_5_000", unit="MB")
def invite_memory(env):
    """memory of a server while it invites 5,000 participants, above the idle one / 150 MB"""
    rounds = [find_draft(env, count).id for count in (WARM_UP, PARTICIPANTS)]
    env.cr.rollback()
    sink = Controller(Sink(), hostname="127.0.0.1", port=servers.free_port())
    sink.start()
    try:
        arguments = ["--smtp=127.0.0.1", f"--smtp-port={sink.port}"]
        log = LOGS / "bench_server.log"
        with servers.Server(env.cr.dbname, *arguments, log=log) as server:
            send_by_server(server, rounds[0])  # everything is loaded then
            process = Path("/proc") / str(server.process.pid)
            idle = read_memory(process, "VmRSS")
            (process / "clear_refs").write_text("5")  # the peak is counted anew
            send_by_server(server, rounds[1])
            return read_memory(process, "VmHWM") - idle, MAX_MEMORY
    finally:
        sink.stop()


def send_by_server(server, round_id):
    """Have a server start a round and send all its links."""

    def call(session, model, method, ids):
        params = {"model": model, "method": method, "args": [ids], "kwargs": {}}
        reply = post(session, "/web/dataset/call_kw", params)
        assert "error" not in reply, reply

    def post(session, route, params):
        reply = session.post(f"{server.url}{route}", json={"params": params}, timeout=600)
        reply.raise_for_status()
        return reply.json()

    users = {}
    for login in ("quality", "admin"):
        users[login] = requests.Session()
        users[login].trust_env = False  # no proxy: the server is on this machine
        params = {"db": server.database, "login": login, "password": login}
        post(users[login], "/web/session/authenticate", params)
    call(users["quality"], "itss.survey.round", "action_start", [round_id])
    [(cron,)] = servers.query(
        server.database,
        "SELECT res_id FROM ir_model_data WHERE name = 'ir_cron_itss_survey_send'",
    )
    statement = "SELECT FROM itss_survey_participant WHERE round_id = %s AND state = 'to_send'"
    while servers.query(server.database, statement, round_id):
        call(users["admin"], "ir.cron", "method_direct_trigger", [cron])


# -------------------------------------------------------------------------
# Ending
# -------------------------------------------------------------------------


@database()
def answers_100_000(env):
    """A running round with 10,000 answers of ten lines each."""
    quality = make_user(env, "quality", "itss_quality.group_itss_quality")
    make_round(env, make_contacts(env, 1)).with_user(quality).action_start()
    participant = env["itss.survey.participant"].search([])
    enter_answer(participant.with_user(quality))
    count = ANSWERS - 1
    answer = participant.user_input_id
    industries = env["res.partner.industry"].search([]).ids
    multiply(
        env,
        answer,
        count,
        access_token="md5(copy_number::text)",
        itss_score="copy_number % 101",
        itss_channel="(ARRAY['email', 'phone', 'interview', 'paper'])[1 + copy_number % 4]",
        itss_segment_id=f"(ARRAY{industries})[1 + copy_number % {len(industries)}]",
    )
    multiply(env, participant.partner_id, count, email="copy_number || '@customer.example.com'")
    for line in answer.user_input_line_ids:
        score = "copy_number % 6 * 20" if line.itss_score else "NULL"
        multiply(
            env,
            line,
            count,
            user_input_id=f"{get_first_copy(env, answer)} + copy_number - 1",
            itss_score=score,
        )
    multiply(
        env,
        participant,
        count,
        partner_id=f"{get_first_copy(env, participant.partner_id)} + copy_number - 1",
        user_input_id=f"{get_first_copy(env, answer)} + copy_number - 1",
        email="copy_number || '@customer.example.com'",
        link_token="copy_number",
        score="copy_number % 101",
    )


def get_first_copy(env, record):
    """Return the id of the first copy of a record; the others follow."""
    env.cr.execute(f"SELECT min(id) FROM {record._table} WHERE id > {record.id}")
    return env.cr.fetchone()[0]


def enter_answer(participant):
    """Enter the best answer to every question, and a comment."""
    answers = {}
    for question in participant.sudo().round_id.survey_id.question_ids:
        choice = question.suggested_answer_ids[:1].id
        if question.question_type == "matrix":
            answers[question.id] = ({row.id: [choice] for row in question.matrix_row_ids}, None)
        else:
            answers[question.id] = (choice or "处理及时，服务态度好", None)
    participant._register_answers(answers, "phone", participant.round_id._get_today())


@figure(5, "answers_100_000")
def end_round(env):
    """ending a round with 100,000 answer lines / one bare SQL aggregate over them"""
    round_ = env["itss.survey.round"].search([])
    quality = env["res.users"].search([("login", "=", "quality")])
    env.cr.execute("SELECT count(*) FROM survey_user_input_line")
    assert env.cr.fetchone() == (10 * ANSWERS,)

    def end():
        round_.with_user(quality).action_end()
        return check

    def check():
        assert round_.answer_count == round_.score_count == ANSWERS
        assert round_.result_ids.filtered(lambda result: result.dimension == "row").mapped("n") == (
            [ANSWERS] * 4
        )

    def aggregate():
        env.cr.execute(
            """
            SELECT question_id, matrix_row_id, COUNT(*), AVG(itss_score), STDDEV_SAMP(itss_score)
              FROM survey_user_input_line
             WHERE user_input_id IN
                   (SELECT id FROM survey_user_input WHERE itss_round_id = %s AND state = 'done')
          GROUP BY question_id, matrix_row_id
            """,
            [round_.id],
        )

    return median_times_in_turn((env, end), (env, aggregate), runs=9, warm_up=2)


# -------------------------------------------------------------------------
# The public page
# -------------------------------------------------------------------------


@database()
def questionnaires(env):
    """An answer under way to ours, one to an ordinary survey with the same questions, and 5,000
    other participants."""
    quality = make_user(env, "quality", "itss_quality.group_itss_quality")
    contacts = make_contacts(env, PARTICIPANTS)
    make_round(env, contacts).with_user(quality).action_start()
    participants = env["itss.survey.participant"].search([])
    participants._prepare_links()
    participants._note_mail("invitation")
    answer = make_stock_survey(env)._create_answer(partner=contacts[0], check_attempts=False)
    (answer | participants[:1].user_input_id)._mark_in_progress()


@figure(1.2, "questionnaires")
def page(env):
    """the page of questions that a customer sees / Odoo's own with the same questions"""
    answers = env["survey.user_input"].search([("state", "=", "in_progress")])
    urls = {
        bool(answer.itss_round_id): f"/survey/{answer.survey_id.access_token}/{answer.access_token}"
        for answer in answers
    }
    participants = env["itss.survey.participant"]
    invited = participants.search([("user_input_id", "in", answers.ids)])
    link = f"{participants._link_path}/{invited.id}/{invited.link_token}"
    env.cr.rollback()
    with servers.Server(env.cr.dbname, log=LOGS / "bench_server.log") as server:
        customers = {ours: requests.Session() for ours in urls}

        def open_page(ours):
            reply = customers[ours].get(f"{server.url}{urls[ours]}", timeout=600)
            reply.raise_for_status()
            assert reply.text.count('type="radio"') > 20, reply.text

        pages = [(env, functools.partial(open_page, ours)) for ours in (True, False)]
        for customer in customers.values():
            customer.trust_env = False  # no proxy: the server is on this machine
        customers[True].get(f"{server.url}{link}", timeout=600).raise_for_status()
        return median_times_in_turn(*pages, runs=100, warm_up=10)
