"""What the system tests stand on: Odoo servers on PostgreSQL, a browser, a mail server.

They run inside the virtual environment of dev/test; `.dev/venv/bin/pytest` does as well once that
exists.
"""

import contextlib
import email
import email.policy
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from aiosmtpd.controller import Controller
from playwright.sync_api import sync_playwright

import servers
import side_by_side
from environment import LOGS, ROOT, STATE, exclusive

SCREEN = {"width": 1280, "height": 800}
# set by dev/test where two processes share the tests: what tells them apart
LANE = os.environ.get(side_by_side.LANE, "")


def pytest_addoption(parser):
    parser.addoption("--fuzz", type=int, default=5000, help="requests to the public pages")
    parser.addoption("--fuzz-seed", type=int, help="makes up the same requests again")


def pytest_runtest_protocol(item):
    """Leave a test alone whose file the process beside has begun."""
    return None if side_by_side.claim(item.nodeid) else True


@pytest.fixture(scope="session")
def environment():
    """PostgreSQL and Odoo's configuration; yields the module that starts and copies things."""
    # who shares the tests has been given the lock
    turn = contextlib.nullcontext() if LANE else exclusive(STATE / "system.lock")
    with turn, servers.postgresql():
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
                database = f"itss_system{LANE}_{number}"
                environment.copy_database(environment.template_database(demo), database)
                stack.callback(environment.drop_database, database)
            log = LOGS / f"system{LANE}_{number}.log"
            log.unlink(missing_ok=True)
            return stack.enter_context(environment.Server(database, *arguments, log=log))

        yield start


class Worker:
    """A process that runs a script with `env`, as a worker for scheduled actions would."""

    def __init__(self, pool, pid):
        self.pool = pool
        self.pid = pid
        self.code = None

    def poll(self):
        """Return its exit code, negative for a signal, or None while it runs."""
        if self.code is None:
            self.code = self.pool.ask(poll=self.pid)
        return self.code

    def wait(self, seconds=120):
        """Wait until it has ended and return its exit code."""
        deadline = time.monotonic() + seconds
        while self.poll() is None:
            assert time.monotonic() < deadline, f"a worker still runs after {seconds} s"
            time.sleep(0.01)
        return self.code

    def kill(self):
        """End it at whatever line it is; whether it had not come to its end before."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        return self.wait() == -signal.SIGKILL


class WorkerPool:
    """What forks workers for a database; its log is a file."""

    def __init__(self, database, log):
        self.log = log
        program = Path(__file__).with_name("worker_pool.py")
        with log.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, program, "-c", servers.CONFIG, "-d", database, "--no-http"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                start_new_session=True,
            )
        self.read()

    def read(self):
        line = self.process.stdout.readline()
        assert line, f"the process that forks workers has ended: {self.log}"
        return json.loads(line)

    def ask(self, **request):
        self.process.stdin.write(f"{json.dumps(request)}\n")
        self.process.stdin.flush()
        return self.read()

    def start(self, script):
        return Worker(self, self.ask(script=script))

    def run(self, script):
        """Run a script to its end."""
        assert self.start(script).wait() == 0, f"the script failed: {self.log}"

    def errors(self):
        """Return what the workers have logged as errors."""
        return servers.records(self.log.read_text("utf-8", "replace"), "ERROR|CRITICAL")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # with the workers
        self.process.communicate()


@pytest.fixture(scope="session")
def worker_pool(environment):
    """Run scripts in processes of their own: `with worker_pool(database) as pool`."""
    numbers = itertools.count(1)

    def start(database):
        return WorkerPool(database, LOGS / f"workers{LANE}_{next(numbers)}.log")

    return start


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

    def ref(self, xml_id):
        """Return the id of a record of a module's data; for administrators."""
        module, name = xml_id.split(".")
        domain = [["module", "=", module], ["name", "=", name]]
        [record] = self.call("ir.model.data", "search_read", domain, ["res_id"])
        return record["res_id"]

    def run_scheduled_action(self, xml_id):
        """Run a scheduled action to its end; for administrators."""
        done = self.call("ir.cron", "method_direct_trigger", [self.ref(xml_id)])
        assert done is True, done


@pytest.fixture
def rpc():
    """Sign in: rpc(server, login, password=login) → Client: call(model, method, *args, **kwargs).

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


@pytest.fixture
def screenshot(tmp_path):
    """Save what a page shows: screenshot(page, name)."""
    folder = ROOT / os.environ["ITSS_SCREENSHOTS"] if "ITSS_SCREENSHOTS" in os.environ else tmp_path
    folder.mkdir(parents=True, exist_ok=True)

    def save(page, name):
        page.mouse.move(0, 0)  # nothing is hovered
        page.wait_for_function("[...document.images].every((image) => image.complete)")
        page.wait_for_timeout(700)  # dialogs, notifications and charts have moved into place
        page.screenshot(path=folder / f"{name}.png")

    return save


@pytest.fixture
def demo_server(odoo_server):
    return odoo_server(demo=True)


@pytest.fixture
def sign_in(demo_server, browser):
    """Sign in to the demonstration company: sign_in(login) → page."""

    def open_page(login):
        page = browser(demo_server, login)
        page.set_viewport_size(SCREEN)
        return page

    return open_page


@pytest.fixture
def show():
    """Open a page of the web client and wait for its view: show(page, path)."""

    def open_view(page, path):
        page.goto(f"/odoo/{path}")
        page.wait_for_selector(".o_action_manager .o_view_controller")

    return open_view


class MailSink:
    """A mail server that keeps what it gets.

    :ivar at_recipient: called with the address of each recipient
    :ivar at_message: called with each message that has arrived

    What they return, if anything, is the reply that refuses it; else it is taken, even if nobody
    waits for the reply any more.
    """

    def __init__(self):
        self.port = servers.free_port()
        self.arguments = ["--smtp=127.0.0.1", f"--smtp-port={self.port}"]
        self.messages = []
        self.at_recipient = lambda address: None
        self.at_message = lambda message: None
        self.controller = None

    def start(self):
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self):
        self.controller.stop()

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        refusal = self.at_recipient(address)
        if not refusal:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        message.recipients = envelope.rcpt_tos
        refusal = self.at_message(message)
        if not refusal:
            self.messages.append(message)
        return refusal or "250 kept"


@pytest.fixture
def smtp_sink():
    """What odoo_server(*smtp_sink.arguments) sends is found in smtp_sink.messages."""
    sink = MailSink()
    sink.start()
    yield sink
    sink.stop()
