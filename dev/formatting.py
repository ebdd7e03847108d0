"""The files of the repository, and the programs that put them into form."""

import sys

import environment
from environment import ADDON, ROOT

SCRIPTS = [ROOT / "dev" / name for name in ("run", "test", "format", "bench")]


def find_files(*suffixes):
    """The files with one of these suffixes, as paths within the checkout."""
    files = [path for folder in (ADDON, ROOT / "dev", ROOT / "tests") for path in folder.rglob("*")]
    files = [path for path in files if path.suffix in suffixes]
    files += SCRIPTS if ".py" in suffixes else []
    return sorted(str(path.relative_to(ROOT)) for path in files)


def ruff(*arguments):
    return [sys.executable, "-m", "ruff", *arguments]


def get_formatters(*arguments):
    """The commands that put files into form, by name, each with its files.

    :param arguments: ``--check`` to leave them as they are
    """
    prettier = [*environment.find_prettier(), *(arguments or ["--write"]), "--log-level", "warn"]
    return {
        "ruff format": (ruff("format", *arguments), find_files(".py")),
        "prettier": (prettier, find_files(".css", ".js", ".scss", ".xml")),
    }
