"""What the system tests stand on: Odoo servers on PostgreSQL, a browser, a mail server.

They run inside the virtual environment of dev/test; `.dev/venv/bin/pytest` does as well once that
exists.
"""

import contextlib
import email
import email.policy
import itertools
import re
import shutil

import pytest
import requests
from aiosmtpd.controller import Controller
from playwright.sync_api import sync_playwright

import servers
from environment import LOGS, STATE, exclusive


@pytest.fixture(scope="session")
def environment():
    """PostgreSQL and Odoo's configuration; yields the module that starts and copies things."""
    with exclusive(STATE / "system.lock"), servers.postgresql():
        servers.write_config()
        yield servers


@pytest.fixture
def odoo_server(environment):
    """Start Odoo servers: odoo_server(*arguments, demo=False, database=None) → servers.Server.

    Each works on a fresh copy of a database with the addon, with or without demonstration data, or
    on the database of another one. They are stopped, and their databases dropped, when the test
    ends.
    """
    numbers = itertools.count(1)
    with contextlib.ExitStack() as stack:

        def start(*arguments, demo=False, database=None):
            number = next(numbers)
            if database is None:
                database = f"itss_system_{number}"
                environment.copy_database(environment.template_database(demo), database)
                stack.callback(environment.drop_database, database)
            log = LOGS / f"system_{number}.log"
            log.unlink(missing_ok=True)
            return stack.enter_context(environment.Server(database, *arguments, log=log))

        yield start


class RpcError(Exception):
    """What the server refused: name, such as `odoo.exceptions.AccessError`, and message."""

    def __init__(self, error):
        data = error.get("data", {})
        self.name = data.get("name", "")
        self.message = data.get("message", error.get("message", ""))
        super().__init__(f"{self.name}: {self.message}")


class Client(requests.Session):
    """A user's session, that calls models as the web client does."""

    def __init__(self, server, login, password):
        super().__init__()
        self.trust_env = False  # no proxy, no .netrc: the server is on this machine
        self.url = server.url
        params = {"db": server.database, "login": login, "password": password}
        self.uid = self.json_rpc("/web/session/authenticate", params)["uid"]

    def json_rpc(self, route, params):
        reply = self.post(
            f"{self.url}{route}",
            json={"jsonrpc": "2.0", "method": "call", "params": params},
            timeout=120,
        )
        reply.raise_for_status()
        reply = reply.json()
        if "error" in reply:
            raise RpcError(reply["error"])
        return reply.get("result")  # missing when the method returns None

    def call(self, model, method, *args, **kwargs):
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.json_rpc(f"/web/dataset/call_kw/{model}/{method}", params)


@pytest.fixture
def rpc():
    """Sign in: rpc(server, login, password=login) → client: call(model, method, *args, **kwargs).

    `rpc.Error` is what a refused call raises.
    """

    def sign_in(server, login, password=None):
        return Client(server, login, password or login)

    sign_in.Error = RpcError
    return sign_in


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def browser(chromium):
    """Open a page: browser(server, login=None, locale="zh-CN") → Playwright page, own cookies.

    With a login (password equal to it) the page is signed in. The test fails when a page had an
    uncaught error.
    """
    errors = []
    with contextlib.ExitStack() as stack:

        def open_page(server, login=None, locale="zh-CN"):
            context = chromium.new_context(
                base_url=server.url,
                locale=locale,
                viewport={"width": 1440, "height": 900},
                timezone_id="Asia/Shanghai",
            )
            stack.callback(context.close)
            context.set_default_timeout(60_000)  # the first page builds its assets
            page = context.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            if login:
                page.goto("/web/login")
                page.fill("input[name=login]", login)
                page.fill("input[name=password]", login)
                page.click("button[type=submit]")
                page.wait_for_url(re.compile("/odoo"))
            return page

        yield open_page
    assert not errors, "uncaught errors in the page"


class MailSink:
    """A mail server that keeps what it gets."""

    def __init__(self):
        self.port = servers.free_port()
        self.arguments = ["--smtp=127.0.0.1", f"--smtp-port={self.port}"]
        self.messages = []

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        message.recipients = envelope.rcpt_tos
        self.messages.append(message)
        return "250 kept"


@pytest.fixture
def smtp_sink():
    """What odoo_server(*smtp_sink.arguments) sends is found in smtp_sink.messages."""
    sink = MailSink()
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    yield sink
    controller.stop()
