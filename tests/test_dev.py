"""The tools of the development environment themselves."""

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import types
from unittest import mock

import pytest
import requests

import environment
import servers
import side_by_side
import unit_log

LOG = """\
2025-01-01 00:00:00,000 7 INFO db odoo.addons.itss_quality.tests.test_a: Starting TestA.test_good ...
2025-01-01 00:00:00,000 7 INFO db odoo.addons.itss_quality.tests.test_a: Starting TestA.test_bad ...
2025-01-01 00:00:00,000 7 ERROR db odoo.addons.itss_quality.tests.test_a: FAIL: Subtest TestA.test_bad (i=1)
Traceback (most recent call last):
AssertionError: one
2025-01-01 00:00:00,000 7 ERROR db odoo.addons.itss_quality.tests.test_a: FAIL: Subtest TestA.test_bad (i=2)
Traceback (most recent call last):
AssertionError: two
2025-01-01 00:00:00,000 7 INFO db odoo.addons.itss_quality.tests.test_a: Starting TestA.test_skipped ...
2025-01-01 00:00:00,000 7 INFO db odoo.addons.itss_quality.tests.test_a: skipped TestA.test_skipped : no browser
2025-01-01 00:00:00,000 7 ERROR db odoo.modules.loading: At least one test failed when loading the modules.
2025-01-01 00:00:00,000 7 ERROR db odoo.tests.result: 2 failed, 0 error(s) of 3 tests when loading database 'db'
"""
GOOD_LOG = "".join(LOG.splitlines(keepends=True)[:1]) + (
    "2025-01-01 00:00:00,000 7 INFO db odoo.tests.result: 0 failed, 0 error(s) of 1 tests when loading database 'db'\n"
)


def conclude(tmp_path, text, exit_code=0):
    return unit_log.follow(io.StringIO(text), tmp_path / "unit.log").conclude(exit_code)


def test_log_of_a_good_run(tmp_path):
    assert conclude(tmp_path, GOOD_LOG) == (1, {})


def test_log_with_a_failure_and_a_skipped_test(tmp_path):
    passed, failures = conclude(tmp_path, LOG, exit_code=1)
    assert passed == 1
    assert list(failures) == [
        "itss_quality.tests.test_a TestA.test_bad",
        "itss_quality.tests.test_a TestA.test_skipped",
    ]
    assert "AssertionError: one" in failures["itss_quality.tests.test_a TestA.test_bad"]
    assert "AssertionError: two" in failures["itss_quality.tests.test_a TestA.test_bad"]


def test_log_without_an_end(tmp_path):
    passed, failures = conclude(tmp_path, LOG.splitlines(keepends=True)[0], exit_code=-9)
    assert list(failures) == ["Odoo ended without a total"]


def test_log_with_an_unexpected_error(tmp_path):
    error = "2025-01-01 00:00:00,000 7 ERROR db odoo.sql_db: bad query: SELECT nonsense\n"
    passed, failures = conclude(tmp_path, error + GOOD_LOG)
    assert passed == 1
    assert list(failures.values()) == ["bad query: SELECT nonsense"]


def test_log_of_a_run_that_failed_in_silence(tmp_path):
    passed, failures = conclude(tmp_path, GOOD_LOG, exit_code=1)
    assert list(failures) == ["Odoo's exit code is 1"]


# Parts of dev/test side by side
# ------------------------------


def run_beside(tmp_path, capsys, script):
    """Run a script as the part beside; return its numbers, and what was shown before and after."""
    command = [sys.executable, "-c", script]
    with side_by_side.beside("unit", command, tmp_path / "unit.out") as conclude:
        print("the other part")
        before = capsys.readouterr().out
        totals = conclude()
    return totals, before, capsys.readouterr().out


def test_a_part_beside_another_is_shown_whole_when_both_have_ended(tmp_path, capsys):
    script = "print('TestA .'); print('1 passed, 2 failed'); raise SystemExit(1)"
    totals, before, after = run_beside(tmp_path, capsys, script)
    assert totals == [1, 2]
    assert "unit: runs meanwhile" in before and "TestA" not in before
    assert "TestA .\n" in after
    assert "1 passed, 2 failed" not in after, "the totals of one part look like those of all"


@pytest.mark.parametrize(
    "end",
    [
        "os.kill(os.getpid(), signal.SIGKILL)",
        "raise ValueError('no database')",
        "sys.exit('no database')",
        "print('3 passed, 0 failed', flush=True); os.kill(os.getpid(), signal.SIGSEGV)",
        "print('3 passed, 0 failed'); sys.exit(1)",
        "pass",
    ],
)
def test_a_part_that_crashes_counts_as_failed(tmp_path, capsys, end):
    script = f"import os, signal, sys; print('TestA .', flush=True); {end}"
    totals, _before, after = run_beside(tmp_path, capsys, script)
    assert totals[1] == 1
    assert "TestA ." in after
    assert ("no database" in after) == ("no database" in end)


def test_a_part_that_ends_well_is_not_failed(tmp_path, capsys):
    totals, _before, _after = run_beside(tmp_path, capsys, "print('3 passed, 0 failed')")
    assert totals == [3, 0]


def test_of_two_that_share_the_system_tests_each_runs_what_the_other_has_not_begun(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(side_by_side, "CLAIMS", tmp_path / "claims")
    monkeypatch.delenv(side_by_side.LANE, raising=False)
    assert side_by_side.claim("test_a") and side_by_side.claim("test_a"), "alone it runs all"
    for round_ in range(2):
        monkeypatch.setenv(*side_by_side.share(1).popitem())
        assert side_by_side.claim("a.py::test_a") and side_by_side.claim("b.py::test_b"), round_
        monkeypatch.setenv(*side_by_side.share(2).popitem())
        assert not side_by_side.claim("a.py::test_a")
        assert not side_by_side.claim("a.py::test_z"), "a file is not split"
        assert side_by_side.claim("c.py::test_c") and side_by_side.claim("c.py::test_d")


INTERRUPTED = """
import pathlib, sys
import environment, servers, side_by_side
environment.end_on_signals()
if len(sys.argv) == 2:
    command = [sys.executable, __file__]
    with side_by_side.beside("unit", command, pathlib.Path(sys.argv[1])) as conclude:
        conclude()
else:
    with servers.process(["sleep", "600"]) as server:
        print("server", server.pid, flush=True)
        server.wait()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_stops_the_part_beside_and_its_servers(tmp_path, number):
    script, output = tmp_path / "parts.py", tmp_path / "unit.out"
    script.write_text(INTERRUPTED)
    options = {"env": {**os.environ, "PYTHONPATH": str(environment.ROOT / "dev")}}
    with servers.process([sys.executable, script, output], number, **options) as run:
        deadline = time.monotonic() + 60
        while not (
            output.exists() and (started := re.search(r"server (\d+)\n", output.read_text()))
        ):
            assert run.poll() is None and time.monotonic() < deadline, "the part did not start"
            time.sleep(0.01)
        os.kill(int(started[1]), 0)
        run.send_signal(number)
        assert run.wait(60) == 128 + number
    with pytest.raises(ProcessLookupError):
        os.kill(int(started[1]), 0)


def test_postgresql_runs_until_its_last_user_has_ended(tmp_path, monkeypatch):
    """Two runs of one checkout share the embedded server, whichever ends first."""
    stopped = []
    information = types.SimpleNamespace(socket_dir=tmp_path, port=5432)
    server = types.SimpleNamespace(
        get_postmaster_info=lambda: information, stop=lambda: stopped.append(True)
    )
    monkeypatch.setattr(servers, "STATE", tmp_path)
    monkeypatch.setattr(servers, "start_cluster", lambda: server)
    first, second = contextlib.ExitStack(), contextlib.ExitStack()
    with mock.patch.dict(os.environ):
        for stack in (first, second):
            os.environ.pop("PGHOST", None)
            stack.enter_context(servers.postgresql())
        first.close()
        assert not stopped
        os.environ.update(PGHOST="", PGPORT="", PGUSER="")  # one process each, in real life
        second.close()
    assert stopped


# The form of files
# -----------------


def test_prettier_sets_views_in_order_and_leaves_blanks_of_prints_alone(tmp_path):
    shutil.copy(environment.ROOT / ".prettierrc.yml", tmp_path)
    text = '<odoo>\n<p  class="x"><b>no</b><i> blank</i></p>\n</odoo>\n'
    view, printed = tmp_path / "itss_plan_views.xml", tmp_path / "report" / "itss_plan_report.xml"
    printed.parent.mkdir()
    for path in (view, printed):
        path.write_text(text)
    for option in ("--write", "--check"):
        environment.call([*environment.find_prettier(), option, view, printed], cwd=tmp_path)
    assert '<odoo>\n    <p class="x">\n        <b>no</b>' in view.read_text()
    assert printed.read_text() == '<odoo>\n<p class="x"><b>no</b><i> blank</i></p>\n</odoo>\n'


# The fixtures of the system tests
# --------------------------------


def test_server_and_browser(odoo_server, rpc, browser):
    """A real server answers and refuses calls; its web client works in a real browser."""
    server = odoo_server()
    admin = rpc(server, "admin")
    assert admin.call(
        "ir.module.module",
        "search_count",
        [["name", "=", "itss_quality"], ["state", "=", "installed"]],
    )
    try:
        admin.call("res.users", "no_such_method")
    except rpc.Error as error:
        assert "no_such_method" in error.message
    else:
        raise AssertionError("the server accepted a method that does not exist")
    page = browser(server, "admin")
    page.wait_for_selector(".o_main_navbar")


def test_server_sends_mail(odoo_server, rpc, smtp_sink):
    admin = rpc(odoo_server(*smtp_sink.arguments), "admin")
    values = {
        "subject": "质量",
        "email_from": "a@example.com",
        "email_to": "b@example.com",
        "body_html": "<p>满意度</p>",
    }
    admin.call("mail.mail", "send", admin.call("mail.mail", "create", [values]))
    deadline = time.monotonic() + 10
    while not smtp_sink.messages and time.monotonic() < deadline:
        time.sleep(0.1)
    [message] = smtp_sink.messages
    assert message["Subject"] == "质量"
    assert message.recipients == ["b@example.com"]
    assert "满意度" in message.get_body(("html",)).get_content()


# dev/run and the set-up
# ----------------------


class Run:
    """dev/run as a user starts it, with its output."""

    def __init__(self, stack, *arguments):
        command = [environment.ROOT / "dev" / "run", *map(str, arguments)]
        self.process = stack.enter_context(
            servers.process(command, signal.SIGINT, stdout=subprocess.PIPE, text=True)
        )
        self.output = ""

    def wait_until_served(self):
        for line in self.process.stdout:
            self.output += line
            if "Ctrl-C stops everything" in line:
                return
        raise AssertionError(self.output)


def test_run_serves_the_demonstration_and_ctrl_c_stops_it(rpc):
    """Each role signs in with its login as password and sees the plans; afterwards nothing listens."""
    port = servers.free_port()
    for expected in ("created|updated|ready", "ready"):
        with contextlib.ExitStack() as stack:
            run = Run(stack, "--port", port)
            run.wait_until_served()
            assert re.search(rf"Database itss_demo .*\.\.\. ({expected})", run.output), run.output
            server = types.SimpleNamespace(url=f"http://127.0.0.1:{port}", database="itss_demo")
            for login in ("desk", "ops", "quality", "boss", "staff", "admin"):
                assert re.search(rf"^  {login} +{login} ", run.output, re.M), run.output
                numbers = rpc(server, login).call("itss.plan", "search_read", [], ["number"])
                assert "DEMO-ITSS-0417" in {plan["number"] for plan in numbers}
            run.process.send_signal(signal.SIGINT)
            assert "Stopping." in run.output + run.process.stdout.read()
            run.process.wait(30)
            with pytest.raises(requests.ConnectionError):
                requests.get(server.url, timeout=5)


def test_a_wrong_odoo_home_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("ODOO_HOME", str(tmp_path))
    with pytest.raises(SystemExit, match=f"ODOO_HOME is {tmp_path}.*19.0"):
        environment.find_odoo(print)


def test_a_source_tree_is_used_as_it_is(monkeypatch, tmp_path):
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo" / "release.py").write_text("version_info = (19, 0, 0, 'final', 0, '')\n")
    monkeypatch.setenv("ODOO_HOME", str(tmp_path))
    assert environment.find_odoo(lambda remark: None) == tmp_path


def test_a_package_that_is_gone_leads_to_odoo_home(tmp_path):
    with pytest.raises(SystemExit, match="(?s)was not found.*odoo-19.*set ODOO_HOME"):
        environment.fetch_debian_packages(["odoo-19-that-is-gone"], tmp_path)


def test_missing_programs_are_named_to_who_is_not_root(monkeypatch):
    missing = {"a program": (lambda: False, ["its-package"])}
    monkeypatch.setattr(environment, "PROGRAMS", missing)
    monkeypatch.setattr(environment.os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit, match="apt-get install its-package"):
        environment.install_programs(["a program"], [], print)
