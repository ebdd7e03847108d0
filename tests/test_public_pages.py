"""Whatever anybody sends to the customers' pages: no error of ours, and nothing changes by it.

As many requests as --fuzz says, each made up by chance; the seed that is printed, given by
--fuzz-seed, makes them up again.
"""

import concurrent.futures
import contextlib
import http.client
import json
import random
import re
import threading
import time
import urllib.parse

import pytest

import servers

THREADS = 4
BOUNDARY = "fuzz"
METHODS = [
    *["GET"] * 6,
    *["POST"] * 8,
    "HEAD",
    "OPTIONS",
    "PUT",
    "PATCH",
    "DELETE",
    "TRACE",
    "FUZZ",
]
TEXTS = [
    *("", " ", "0", "1", "5", "-1", "1.5", "1e309", "NaN", "yes", "no", "on", "None", "true"),
    *("phone", "2026-01-01", "9999-99-99", "next", "en_US", "[]", "{}", "{{7*7}}", "%s%d"),
    *("\x00", "a\x00b", "\r\nX: y", "\u2028", "\ufeff", "١", "２", "𠮷😀", "\u202eabc", "é" * 300),
    *("<script>alert(1)</script>", "'\"--", "../../etc/passwd", "\\", str(2**31), str(2**63)),
    *("9" * 40, "x" * 5000, "汉" * 30000),
]
# what every table of the addon, and what customers send or see elsewhere, looked like
TABLES = """
    SELECT relname FROM pg_class
     WHERE relkind = 'r' AND (relname LIKE 'itss\\_%' OR relname IN (
           'helpdesk_ticket', 'mail_message', 'mail_mail', 'survey_user_input',
           'survey_user_input_line', 'survey_survey', 'survey_question'))
"""
# run on the server's database: what there is to aim at
PREPARE = """
import json
import threading
from odoo import fields
# the routing map asks for it
threading.current_thread().dbname = env.cr.dbname
OWN = "odoo.addons.itss_quality."
ODOO = ("survey_start", "survey_display_page", "survey_next_question")
rules = [
    {{
        "rule": rule.rule,
        "name": rule.endpoint.func.__name__,
        "arguments": sorted(rule.arguments),
        "auth": rule.endpoint.routing["auth"],
        "type": rule.endpoint.routing["type"],
        "methods": rule.endpoint.routing["methods"],
    }}
    for rule in env["ir.http"].routing_map().iter_rules()
    if rule.endpoint.func.__module__.startswith(OWN) or rule.endpoint.func.__name__ in ODOO
]
callbacks = env["itss.callback"].search([("state", "=", "pending"), ("email", "!=", False)])
callbacks = callbacks.filtered(lambda one: one._is_current())[:2]
callbacks._prepare_links()
callbacks.write({{"state": "link_sent", "link_sent_at": fields.Datetime.now()}})
rounds = env["itss.survey.round"].search([("state", "=", "running")])
participants = rounds.participant_ids.filtered(lambda one: one.state in ("to_send", "sent"))
participants = participants.filtered(lambda one: one._get_lang() and not one.round_id.is_late)
participants._prepare_links()
participants._note_mail("invitation")
customer = env["res.users"].search([("login", "=", "customer")])
complaints = env["itss.complaint"].search([("partner_id", "=", customer.partner_id.id)])
tickets = env["helpdesk.ticket"].search([("closed", "=", False)], limit=2)
answers = participants.mapped("user_input_id")
found = {{
    "rules": rules,
    "links": {{
        "callback_id": [[one.id, one.link_token] for one in callbacks],
        "participant_id": [[one.id, one.link_token] for one in participants],
    }},
    "answers": [[one.user_input_id.id, one.user_input_id.access_token] for one in participants],
    "survey_token": answers.survey_id[:1].access_token,
    "values": {{
        "answer_id": answers.ids,
        "attachment_id": complaints.customer_file_ids.ids or [1],
        "complaint_id": complaints.ids or env["itss.complaint"].search([], limit=2).ids,
        "page": [1, 2],
    }},
    "questions": answers.survey_id[:1].question_and_page_ids.ids,
    "tickets": tickets.ids,
    "stages": env["helpdesk.ticket.stage"].search([]).ids,
}}
with open({file!r}, "w") as file:
    json.dump(found, file)
env.cr.commit()
"""


class Visitor:
    """Who makes up requests and sends them; one per thread.

    :ivar sessions: cookies of visitors (nobody, the customer, an agent) and the token by which
        Odoo knows that a form came from its own page
    :ivar opened: the answer whose link was opened, with the cookie of that visitor: what is sent to
        it may change it, so one at a time sends it (of two at once Odoo repeats the second one, and
        logs that as an error)
    """

    turn = threading.Lock()

    def __init__(self, server, found, sessions, opened, seed):
        self.address = "127.0.0.1", server.port
        self.found = found
        self.sessions = sessions
        self.opened = opened
        self.random = random.Random(seed)
        self.connection = None
        self.token = ""
        self.failures = []

    # -------------------------------------------------------------------------
    # What is sent
    # -------------------------------------------------------------------------

    def text(self):
        made = self.random.random()
        if made < 0.7:
            return self.random.choice(TEXTS)
        return "".join(chr(self.random.randrange(0x500)) for _ in range(self.random.randrange(40)))

    def value(self, depth=0):
        """Return anything that JSON can say."""
        kind = self.random.randrange(8 if depth < 3 else 5)
        if kind < 3:
            return self.text()
        if kind == 3:
            return self.random.choice([None, True, False, 0, -1, 2**70, 1.5, "\ud800", 10**400])
        if kind == 4:
            return self.random.choice(self.found["questions"])
        if kind == 5:
            return [self.value(depth + 1) for _ in range(self.random.randrange(4))]
        return {self.name(): self.value(depth + 1) for _ in range(self.random.randrange(4))}

    def name(self):
        """Return the name of a parameter: one that some page knows, or any."""
        known = [
            *("is_solved", "stars", "comment", "name", "description", "category_id", "reason"),
            *("channel", "day", "then", "lang_code", "page_id", "previous_page_id", "answer_token"),
            *("next_skipped_page_or_question", "ticket_id", "stage_id", "attachments", "review"),
            *("csrf_token", "email", "access_token", "page", "received", "q1", "c1"),
            *map(str, self.found["questions"]),
        ]
        return self.random.choice(known) if self.random.random() < 0.9 else self.text()

    def parameters(self):
        """Return pairs, often what would be right if it were sent in the right way."""
        pairs = [(self.name(), self.text()) for _ in range(self.random.randrange(6))]
        if self.random.random() < 0.5:
            pairs += [("is_solved", "yes"), ("stars", "5"), ("name", "x"), ("description", "y")]
            pairs += [("reason", "z"), ("channel", "phone"), ("day", time.strftime("%Y-%m-%d"))]
            pairs.append(("ticket_id", self.random.choice(self.found["tickets"])))
            pairs.append(("stage_id", self.random.choice(self.found["stages"])))
            pairs.append(("csrf_token", self.token))
        self.random.shuffle(pairs)
        return pairs

    def path(self, rule, answer):
        """Return the address of a route, with arguments that are right, another's, or nonsense."""
        values = {"survey_token": self.found["survey_token"], "answer_token": answer[1]}
        for name, linked in self.found["links"].items():
            if name in rule["arguments"]:
                values[name], values["token"] = self.random.choice(linked)
        for name in rule["arguments"]:
            values.setdefault(name, self.random.choice(self.found["values"].get(name, [""])))
            if self.random.random() < 0.2:
                values[name] = self.text()[:300] or "x"
        path = re.sub(
            r"<(?:[^:<>]+:)?([^<>]+)>",
            lambda part: urllib.parse.quote(str(values[part[1]]).encode(errors="replace"), safe=""),
            rule["rule"],
        )
        return path + self.random.choice([*[""] * 9, "/", "//", ";x", "%00", "/%2e%2e"])

    def body(self, rule):
        """Return the content and its type."""
        kind = self.random.random()
        if rule["type"] == "jsonrpc" and kind < 0.8 or kind < 0.05:
            params = {self.name(): self.value() for _ in range(self.random.randrange(8))}
            call = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
            return json.dumps(call).encode(), "application/json"
        if kind < 0.6:
            pairs = [
                (str(name).encode(errors="replace"), str(value).encode(errors="replace"))
                for name, value in self.parameters()
            ]
            return urllib.parse.urlencode(pairs).encode(), "application/x-www-form-urlencoded"
        if kind < 0.9:
            parts = [self.part(name, value) for name, value in self.parameters()]
            parts.append(f"--{BOUNDARY}--\r\n" if self.random.random() < 0.9 else "")
            content = "".join(parts).encode(errors="replace")
            return content, f"multipart/form-data; boundary={BOUNDARY}"
        content = bytes(self.random.randrange(256) for _ in range(self.random.randrange(200)))
        return content, self.random.choice(
            ["", "text/xml", "multipart/form-data", "application/json"]
        )

    def part(self, name, value):
        file = ""
        if self.random.random() < 0.3:
            file = f'; filename="{self.text()[:100]}"\r\nContent-Type: image/svg+xml'
        head = f'Content-Disposition: form-data; name="{name}"{file}'
        return f"--{BOUNDARY}\r\n{head}\r\n\r\n{value}\r\n"

    def headers(self, content_type, cookie):
        headers = {"Content-Type": content_type} if content_type else {}
        if cookie:
            headers["Cookie"] = cookie
        if self.random.random() < 0.3:
            name = self.random.choice(
                ["User-Agent", "Accept-Language", "Referer", "X-Forwarded-For", "Range", "Origin"]
            )
            text = self.text()[:2000].encode(errors="replace")
            headers[name] = re.sub(rb"[\r\n]", b" ", text) or b"x"
        if self.random.random() < 0.1:
            headers["X-HTTP-Method-Override"] = "POST"
        return headers

    # -------------------------------------------------------------------------
    # Sending
    # -------------------------------------------------------------------------

    def visit(self, number):
        """Send so many requests, and note what went wrong."""
        for _request in range(number):
            rule = self.random.choice(self.found["rules"])
            method = self.random.choice(METHODS)
            answer = self.random.choice(self.found["answers"])
            cookies = [*self.sessions, "", f"session_id={self.text()[:80]}"]
            # who has opened the link of an answer may begin with it
            cookie = self.random.choice(cookies) if rule["name"] != "open" else ""
            if rule["type"] == "jsonrpc":
                method = self.random.choice(["POST", "POST", "POST", method])
            if self.random.random() < 0.3 and rule["rule"].startswith("/survey/"):
                answer, cookie = self.opened
            # a form from our own page would change what it is for
            self.token = self.sessions.get(cookie, "") if method != "POST" else "guessed"
            path = self.path(rule, answer)
            if self.random.random() < 0.4:
                pairs = [(name, str(value)[:3000]) for name, value in self.parameters()]
                query = urllib.parse.urlencode(pairs, errors="replace")
                # a longer line is no HTTP
                path += f"?{query[:30000]}"
            content, content_type = b"", ""
            if method not in ("GET", "HEAD") or self.random.random() < 0.1:
                content, content_type = self.body(rule)
            cookie = re.sub(r"[^ -~]", "_", cookie)
            with self.turn if answer is self.opened[0] else contextlib.nullcontext():
                self.send(method, path, content, self.headers(content_type, cookie))

    def send(self, method, path, content, headers):
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(*self.address, timeout=60)
            self.connection.request(method, path, content, headers)
            reply = self.connection.getresponse()
            reply.read()
        except (OSError, http.client.HTTPException) as error:
            # the server hangs up on what is no HTTP
            self.connection.close()
            self.connection = None
            if isinstance(error, TimeoutError):
                self.failures.append(f"no answer: {method} {path[:300]}")
            return
        if reply.status >= 500:
            self.failures.append(f"{reply.status}: {method} {path[:300]} {content[:300]} {headers}")


def snapshot(database, opened):
    """Return the rows of every table, but for what the answer that was opened may change."""
    conditions = {
        "survey_user_input": f"id != {opened}",
        "survey_user_input_line": f"user_input_id != {opened}",
        "itss_survey_participant": f"user_input_id IS DISTINCT FROM {opened}",
        "mail_message": f"NOT (model = 'survey.user_input' AND res_id = {opened})",
    }
    return {
        (table, row)
        for [table] in servers.query(database, TABLES)
        for [row] in servers.query(
            database,
            f"SELECT held::text FROM {table} AS held WHERE {conditions.get(table, True)}",
        )
    }


@pytest.fixture
def found(environment, odoo_server, worker_pool, tmp_path):
    """The server, and what there is to aim at; nothing else goes on there."""
    server = odoo_server("--max-cron-threads=0", demo=True)
    file = tmp_path / "found.json"
    with worker_pool(server.database) as pool:
        pool.run(PREPARE.format(file=str(file)))
    return server, json.loads(file.read_text())


def open_session(server, path, cookie=""):
    """Open a page as a visitor with or without a session; return the cookie and the form's token."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    connection.request("GET", path, headers={"Cookie": cookie})
    reply = connection.getresponse()
    token = re.search(r'csrf_token: "([^"]+)"', reply.read().decode())
    if not cookie:
        cookie = re.search(r"session_id=[^;]+", reply.getheader("Set-Cookie"))[0]
    return cookie, token[1] if token else ""


def test_nothing_that_is_sent_breaks_or_changes_anything(found, rpc, request, capsys):
    server, aims = found
    assert len(aims["rules"]) > 15
    assert aims["links"]["callback_id"] and len(aims["links"]["participant_id"]) > 1
    # one answer is taken out, whose link a customer has opened
    [opened_id, secret] = aims["links"]["participant_id"].pop()
    cookie, _token = open_session(server, f"/itss/survey/{opened_id}/{secret}")
    opened = aims["answers"].pop(), cookie
    signed_in = [
        f"session_id={rpc(server, login).cookies['session_id']}" for login in ("customer", "desk")
    ]
    sessions = dict(
        [
            open_session(server, "/web/login"),
            *(open_session(server, "/my/complaints/new", session) for session in signed_in),
        ]
    )
    assert sum(map(bool, sessions.values())) > 1
    number = request.config.getoption("--fuzz")
    seed = request.config.getoption("--fuzz-seed") or random.SystemRandom().randrange(10**9)
    with capsys.disabled():
        print(f"{number} requests, --fuzz-seed={seed}")
    before = snapshot(server.database, opened[0][0])
    visitors = [
        Visitor(server, aims, sessions, opened, f"{seed}-{thread}") for thread in range(THREADS)
    ]
    with concurrent.futures.ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda visitor: visitor.visit(number // THREADS), visitors))
    failures = [failure for visitor in visitors for failure in visitor.failures]
    assert not failures, "\n".join(failures[:20])
    log = server.log.read_text("utf-8", "replace")
    assert not servers.records(log, "ERROR|CRITICAL")
    assert "Traceback" not in log
    assert snapshot(server.database, opened[0][0]) - before == set()
