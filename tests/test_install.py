"""What an existing user of Odoo does: install the wheel and the addon, update, uninstall.

The wheel goes into a second virtual environment that has only what the addon runs on, and no way
back to this checkout.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import servers
from environment import ADDON, DEVELOPMENT_ONLY, LOGS, REQUIREMENTS, STATE, VENV, create_venv

MODULE = ADDON.name


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy: in a git repository whool packs only what git knows."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ADDON, folder / MODULE, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "wheel", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "-w", folder, folder / MODULE], check=True)
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def plain_python(wheel):
    """The Python of an environment with Odoo and the wheel that knows nothing of this checkout."""
    venv = STATE / "plain-venv"
    [path_file] = VENV.glob("lib/python*/site-packages/odoo.pth")
    odoo_home = Path(path_file.read_text().strip())
    requirements = REQUIREMENTS.read_text("utf-8").split(DEVELOPMENT_ONLY)[0]
    create_venv(venv, odoo_home, requirements)
    python = venv / "bin" / "python"
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "uninstall", "-y", f"odoo-addon-{MODULE}"], check=True)
    # Without an index this works only if the environment meets every dependency the wheel declares.
    subprocess.run([*pip, "install", "--no-index", wheel], check=True)
    return python


@pytest.fixture(scope="module")
def plain_config(tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "odoo.conf"
    path.write_text(
        f"[options]\ndata_dir = {servers.DATA}\nhttp_interface = 127.0.0.1\nmax_cron_threads = 0\n"
    )
    return path


@pytest.fixture(scope="module")
def installed(environment, plain_python, plain_config):
    """A new database with the addon, and how to run Odoo on it."""
    options = {"python": plain_python, "config": plain_config}
    environment.create_database("itss_install")
    environment.install("itss_install", "-i", MODULE, log=LOGS / "install.log", **options)
    yield "itss_install", options
    environment.drop_database("itss_install")


@pytest.fixture
def database(environment, installed):
    """A copy of that database for a test that changes it."""
    original, options = installed
    environment.copy_database(original, "itss_install_copy")
    yield "itss_install_copy", options
    environment.drop_database("itss_install_copy")


def test_install(installed, plain_python):
    database, _options = installed
    assert servers.query(
        database, "SELECT state FROM ir_module_module WHERE name = %s", MODULE
    ) == [("installed",)]
    statement = (
        "from odoo.modules.module import Manifest; print(Manifest.for_addon('itss_quality').path)"
    )
    output = subprocess.run(
        [plain_python, "-c", statement], check=True, capture_output=True, text=True, cwd="/"
    )
    assert output.stdout.strip().startswith(str(plain_python.parent.parent)), (
        "not the addon of the wheel"
    )


def test_wheel_has_all_files(plain_python):
    [copy] = plain_python.parent.parent.glob(f"lib/python*/site-packages/odoo/addons/{MODULE}")

    def files(folder):
        return {
            path.relative_to(folder)
            for path in folder.rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        }

    assert {str(path) for path in files(ADDON) - files(copy)} == {"pyproject.toml"}


def test_update(database):
    name, options = database
    servers.install(name, "-u", MODULE, log=LOGS / "update.log", **options)


LEFTOVERS = {
    "tables": "SELECT relname FROM pg_class WHERE relname LIKE 'itss\\_%' AND relkind IN ('r', 'v')",
    "columns": "SELECT table_name, column_name FROM information_schema.columns "
    "WHERE column_name LIKE 'itss\\_%'",
    "indexes": "SELECT indexname FROM pg_indexes WHERE indexname LIKE '%itss\\_%'",
    "models": "SELECT model FROM ir_model WHERE model LIKE 'itss.%'",
    "fields": "SELECT model, name FROM ir_model_fields "
    "WHERE model LIKE 'itss.%' OR name LIKE 'itss\\_%'",
    "functions": "SELECT proname FROM pg_proc WHERE proname LIKE 'itss\\_%'",
    "records": "SELECT model, name FROM ir_model_data WHERE module = 'itss_quality'",
}


def test_uninstall(database):
    """Nothing of the addon stays behind, and Odoo works without it."""
    name, options = database
    for what, statement in LEFTOVERS.items():
        assert servers.query(name, statement), f"the search for {what} finds none even before"
    command = servers.odoo(name, MODULE, command=("module", "uninstall"), **options)
    log = LOGS / "uninstall.log"
    with log.open("w") as file, servers.process(command, stdout=file) as child:
        assert child.wait() == 0
    assert not servers.records(log.read_text("utf-8"), "ERROR|CRITICAL")
    for what, statement in LEFTOVERS.items():
        assert not servers.query(name, statement), f"{what} left behind"
    with servers.Server(name, log=LOGS / "uninstalled.log", **options):
        pass  # it starts and answers
