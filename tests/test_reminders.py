"""The reminders of late plan lines with several workers, and with a worker that is killed."""

import subprocess
import time

import pytest

LINES = 500
PREPARE = f"""
company = env.company
plan = env["itss.plan"].create({{"year": 2024, "company_id": company.id}})
env["itss.plan.line"].create(
    [{{"plan_id": plan.id, "name": str(number), "date_text": "2024年1月"}} for number in range({LINES})]
)
plan.state = "approved"
env.cr.commit()
"""
REMIND = """
env["itss.plan.line"]._cron_remind()
env.cr.commit()
"""
FIGURES = """
SELECT count(*) FILTER (WHERE line.reminder_stage = 'late'),
       (SELECT count(*) FROM mail_activity WHERE res_model = 'itss.plan.line'),
       (SELECT count(DISTINCT res_id) FROM mail_activity WHERE res_model = 'itss.plan.line')
  FROM itss_plan_line line
"""


@pytest.fixture
def late_lines(environment):
    """A database with a running plan whose lines are all late: the name of the database."""
    database = "itss_system_reminders"
    environment.copy_database(environment.template_database(demo=False), database)
    worker = start(environment, database, PREPARE)
    assert worker.wait(120) == 0
    yield database
    environment.drop_database(database)


def start(environment, database, script):
    """Run a script in a process of its own, as a worker for scheduled actions would."""
    command = environment.odoo(database, "--no-http", command=("shell",))
    worker = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    worker.stdin.write(script.encode())
    worker.stdin.close()
    return worker


def test_two_workers_remind_of_each_line_once(environment, late_lines):
    workers = [start(environment, late_lines, REMIND) for _number in range(2)]
    for worker in workers:
        worker.wait(300)
    # one that met the other's rows gives up, and is followed by the next run
    assert start(environment, late_lines, REMIND).wait(120) == 0
    assert environment.query(late_lines, FIGURES) == [(LINES, LINES, LINES)]


def test_a_killed_worker_leaves_nothing_half_done(environment, late_lines):
    worker = start(environment, late_lines, REMIND)
    deadline = time.monotonic() + 120
    while environment.query(late_lines, FIGURES)[0][0] == 0:
        assert worker.poll() is None and time.monotonic() < deadline, "nothing was done"
        time.sleep(0.01)
    worker.kill()
    worker.wait()
    [(reminded, activities, lines)] = environment.query(late_lines, FIGURES)
    assert 0 < reminded < LINES
    assert reminded == activities == lines
    assert start(environment, late_lines, REMIND).wait(120) == 0
    assert environment.query(late_lines, FIGURES) == [(LINES, LINES, LINES)]
