"""What the figures of dev/bench share: their list, their databases, and how times are taken.

A figure is a function with a limit and the names of the databases it works on. It gets an Odoo
environment of each, makes the data it needs, and returns two numbers: the one measured and the one
it is compared with. The first line of its docstring says what they are.
"""

import contextlib
import gc
import statistics
import time

from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.registry import Registry
from odoo.sql_db import close_all

import servers

FIGURES = []
DATABASES = {}


def figure(limit, *databases, unit="s"):
    def register(function):
        function.limit = limit
        function.databases = databases
        function.unit = unit
        FIGURES.append(function)
        return function

    return register


def database(addon=True):
    """Declare a database by the function that fills it, called when a figure first needs it.

    :param addon: a copy of the database with the addon, else of the one with its dependencies only
    """

    def register(fill):
        DATABASES[fill.__name__] = (addon, fill)
        return fill

    return register


class Databases:
    """The databases of a run; dropped at its end."""

    def __init__(self):
        self.made = {}

    @contextlib.contextmanager
    def environment(self, name):
        """Yield the superuser's environment; what is not committed is rolled back at the end."""
        if name not in self.made:
            self.make(name)
        with Registry(self.made[name]).cursor() as cr:
            yield Environment(cr, SUPERUSER_ID, {})
            cr.rollback()

    def make(self, name):
        addon, fill = DATABASES[name]
        database = f"itss_bench_{name}"
        source = servers.template_database(demo=False) if addon else servers.base_database()
        servers.copy_database(source, database)
        self.made[name] = database
        with Registry(database).cursor() as cr:
            fill(Environment(cr, SUPERUSER_ID, {}))
            cr.commit()
        # what autovacuum does in the course of time
        servers.query(database, "VACUUM ANALYZE")

    def drop(self):
        close_all()
        for database in self.made.values():
            servers.drop_database(database)


def multiply(env, record, count, **replaced):
    """Copy a record's row so many times in SQL, in seconds where the ORM takes hours.

    :param replaced: SQL expressions of the columns that differ; `copy_number` counts the copies
    """
    env.flush_all()
    columns = [
        name
        for name, field in record._fields.items()
        if name != "id" and field.store and field.column_type
    ]
    assert replaced.keys() <= set(columns)
    values = [replaced.get(name, f'"{name}"') for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    env.cr.execute(
        f"INSERT INTO {record._table} ({names}) SELECT {', '.join(values)} "
        f"FROM {record._table}, generate_series(1, {count}) copy_number WHERE id = {record.id}"
    )
    env.invalidate_all()


def median_time(env, function, runs=3):
    """The median time of a function over some runs, after one to warm up, each undone."""
    times = []
    for _run in range(runs + 1):
        with env.cr.savepoint(flush=False) as savepoint:
            env.invalidate_all()
            started = time.perf_counter()
            function()
            env.cr.flush()
            times.append(time.perf_counter() - started)
            env.clear()
            savepoint.rollback()
    return statistics.median(times[1:])


def median_times_in_turn(*pairs, runs, warm_up=0):
    """The median times of functions that take turns, so that a busy moment concerns all of them.

    :param pairs: ``(env, function)``; each run is a transaction of its own, which is rolled back.
        What the function returns is called outside the time, if anything: it checks what was done
    """
    times = [[] for _pair in pairs]
    gc.collect()
    gc.freeze()  # the registries: what is collected is what a run leaves behind
    for _run in range(runs + warm_up):
        for (env, function), own_times in zip(pairs, times, strict=True):
            started = time.perf_counter()
            check = function()
            env.cr.flush()
            own_times.append(time.perf_counter() - started)
            if check:
                check()
            env.cr.rollback()
    gc.unfreeze()
    return [statistics.median(own_times[warm_up:]) for own_times in times]
