"""The reminders of late plan lines with several workers, and with a worker that is killed."""

import time

import pytest

LINES = 700  # more than one batch
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
env["itss.plan.line"]._cron_escalate()
env.cr.commit()
"""
FIGURES = """
SELECT count(*) FILTER (WHERE line.reminder_stage = 'late'),
       (SELECT count(*) FROM mail_activity WHERE res_model = 'itss.plan.line'),
       (SELECT count(DISTINCT res_id) FROM mail_activity WHERE res_model = 'itss.plan.line')
  FROM itss_plan_line line
"""


@pytest.fixture
def late_lines(environment, worker_pool):
    """A running plan whose lines are all late: its database, and a pool of workers."""
    database = "itss_system_reminders"
    environment.copy_database(environment.template_database(demo=False), database)
    with worker_pool(database) as pool:
        pool.run(PREPARE)
        yield database, pool
    environment.drop_database(database)


def test_two_workers_remind_of_each_line_once(environment, late_lines):
    database, pool = late_lines
    workers = [pool.start(REMIND) for _number in range(2)]
    for worker in workers:
        worker.wait(300)
    # one that met the other's rows gives up, and is followed by the next run
    pool.run(REMIND)
    assert environment.query(database, FIGURES) == [(LINES, LINES, LINES)]


def test_a_killed_worker_leaves_nothing_half_done(environment, late_lines):
    database, pool = late_lines
    worker = pool.start(REMIND)
    deadline = time.monotonic() + 120
    while environment.query(database, FIGURES)[0][0] == 0:
        assert worker.poll() is None and time.monotonic() < deadline, "nothing was done"
        time.sleep(0.01)
    worker.kill()
    [(reminded, activities, lines)] = environment.query(database, FIGURES)
    assert 0 < reminded < LINES
    assert reminded == activities == lines
    pool.run(REMIND)
    assert environment.query(database, FIGURES) == [(LINES, LINES, LINES)]
