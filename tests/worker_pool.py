"""A process that forks a worker for each script it is sent, as Odoo's own server forks its workers.

Loading the models takes seconds; here it is done once for all workers of a database. Runs as a
program with the arguments of Odoo; every line of its standard input is a JSON request: a `script`
to run, answered with the number of the process, or such a number to `poll`, answered with its exit
code, or null while it runs.
"""

import json
import os
import signal
import sys
import traceback

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import close_all
from odoo.tools import config


def main(arguments):
    config.parse_config(arguments, setup_logging=True)
    [database] = config["db_name"]
    registry = Registry(database)
    close_all()  # connections can't be shared with the workers
    answer("ready")
    for line in sys.stdin:
        request = json.loads(line)
        if "script" in request:
            answer(fork(registry, request["script"]))
        else:
            answer(poll(request["poll"]))


def answer(value):
    print(json.dumps(value), flush=True)


def fork(registry, script):
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        registry = registry.check_signaling()  # what others changed since the models were loaded
        with registry.cursor() as cr:
            exec(script, {"env": api.Environment(cr, SUPERUSER_ID, {})})
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def poll(process):
    found, status = os.waitpid(process, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, which end this process
    main(sys.argv[1:])
