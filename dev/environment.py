"""Set-up shared by dev/run, dev/test, dev/format and dev/bench.

`enter()` makes sure that Odoo 19.0, the pinned Python packages and the programs of the operating
system are there, and continues the calling script inside the virtual environment. It is cheap when
everything is in place. What it makes stands in the ignored folder .dev of the checkout; what it
downloads stands in a cache outside, shared by all checkouts. Only the standard library is used
here: this module runs before anything is installed.
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import inspect
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDON = ROOT / "itss_quality"
STATE = ROOT / ".dev"
LOGS = STATE / "log"
VENV = STATE / "venv"
STAMP = "itss_quality.stamp"  # tells in a virtual environment what it was made from
READY = "ITSS_QUALITY_READY"  # holds the number of the process that has set everything up
REQUIREMENTS = ROOT / "dev" / "requirements.txt"
# The requirements below this line are for development only: an installation of the addon works
# without them.
DEVELOPMENT_ONLY = "# === development only"

ODOO_SERIES = (19, 0)
ODOO_PACKAGE = "odoo-19"
PACKAGES = Path("usr") / "lib" / "python3" / "dist-packages"
# The web client of Odoo's Debian package takes files of these from the system's share folder,
# through relative links.
LINKED_PACKAGES = [
    "fonts-montserrat",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
]
# Debian's Font Awesome is newer than the 4.7 that Odoo's styles are written for.
FONT_AWESOME = "font-awesome@4.7.0"
# A library of the mail app that Debian's package leaves out; without it the web client's scripts do
# not build.
SELFIE_SEGMENTATION = "@mediapipe/selfie_segmentation@0.1.1675465747"

# What puts XML and scripts into form, complete and pinned.
PRETTIER = [
    "prettier@3.6.2",
    "@prettier/plugin-xml@3.4.2",
    "@xml-tools/parser@1.0.12",
    "chevrotain@7.1.1",
    "regexp-to-ast@0.5.0",
]

USE_ODOO_HOME = (
    "Get the source of Odoo 19.0 or install it, then set ODOO_HOME to the folder that contains its package `odoo` "
    "(the source tree itself, or the site-packages folder) and start again."
)


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("ITSS_CACHE") or Path(base) / "itss_quality").absolute()


def read_arguments(description, *arguments):
    """Read the command line; an argument is its name and the options of `add_argument`."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, options in arguments:
        parser.add_argument(name, **options)
    return parser.parse_args()


def fail(message):
    """End with one clear message instead of a traceback."""
    sys.stdout.flush()
    sys.exit(f"\n{message}")


def end_on_signals():
    """Let Ctrl-C and SIGTERM unwind the stack once, so that everything started is stopped."""

    def end(number, _frame):
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, signal.SIG_IGN)
        with contextlib.suppress(OSError):  # whoever read what we print may be gone
            print("\nStopping.", flush=True)
        sys.exit(128 + number)

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, end)


@contextlib.contextmanager
def step(number, title):
    """Print the step and, when it is done, its remark and its duration."""
    print(f"[{number}] {title} ... ", end="", flush=True)
    started = time.monotonic()
    remarks = []
    yield remarks.append
    remark = ", ".join(remarks) or "ready"
    print(f"{remark} ({time.monotonic() - started:.1f} s)", flush=True)


@contextlib.contextmanager
def exclusive(path):
    """Hold a lock file, so that two runs at once do not set up the same thing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another run that holds {path.name} ... ", end="", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def call(command, hint="", **options):
    """Run a command quietly and return its output; its last lines are shown when it fails."""
    command = [str(part) for part in command]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )
    except FileNotFoundError:
        fail(f"The program {command[0]} is not installed. {hint}")
    if done.returncode:
        last_lines = "\n".join(done.stdout.splitlines()[-15:])
        fail(f"This command failed: {' '.join(command)}\n{last_lines}\n{hint}")
    return done.stdout


def enter(required, useful=()):
    """Set everything up and continue the calling script with the virtual environment's Python.

    :param required: names out of `PROGRAMS` that the script cannot do without
    :param useful: those it works without, in part
    """
    end_on_signals()
    # exec keeps the process number, so the mark is good for the restarted script, and for the
    # children that are handed a new one.
    if os.environ.pop(READY, "") in (str(os.getpid()), str(os.getppid())):
        return
    if sys.version_info < (3, 10):  # noqa: UP036  (an older one ends here)
        fail(f"Odoo 19.0 needs Python 3.10 or newer; this is {sys.version.split()[0]}.")
    os.umask(0o022)  # the database server may run as another user, who reads what is made here
    os.environ["LC_ALL"] = "C.UTF-8"
    LOGS.mkdir(parents=True, exist_ok=True)
    with exclusive(STATE / "setup.lock"):
        with step(1, "Programs of the operating system") as remark:
            install_programs(required, useful, remark)
        with step(2, "Odoo 19.0") as remark:
            odoo_home = find_odoo(remark)
        with step(3, "Python packages") as remark:
            create_venv(VENV, odoo_home, REQUIREMENTS.read_text("utf-8"), remark)
    os.environ.update(ready_mark())
    os.execv(VENV / "bin" / "python", [VENV / "bin" / "python", *sys.argv])


def ready_mark():
    """The variable that tells this process, or a child that gets it, that everything is set up."""
    return {READY: str(os.getpid())}


# Programs of the operating system
# --------------------------------


def _answers(text, *command):
    """Whether the command prints the text."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except FileNotFoundError:
        return False
    return text.encode() in done.stdout


# name: (what tells that it is there, Debian's packages)
PROGRAMS = {
    "venv": (lambda: importlib.util.find_spec("ensurepip"), ["python3-venv"]),
    "npm": (lambda: shutil.which("npm"), ["npm"]),
    "wkhtmltopdf": (lambda: shutil.which("wkhtmltopdf"), ["wkhtmltopdf"]),
    "cjk font": (
        lambda: _answers("Noto", "fc-list", ":lang=zh-cn"),
        ["fontconfig", "fonts-noto-cjk"],
    ),
    "chromium": (lambda: shutil.which("chromium"), ["chromium"]),
    "tesseract": (
        lambda: _answers("chi_sim", "tesseract", "--list-langs"),
        ["tesseract-ocr", "tesseract-ocr-chi-sim"],
    ),
    "pdftoppm": (lambda: shutil.which("pdftoppm"), ["poppler-utils"]),
}


def install_programs(required, useful, remark):
    """Install what is missing when root; otherwise name the command that does it."""

    def packages(names):
        return [
            package for name in names if not PROGRAMS[name][0]() for package in PROGRAMS[name][1]
        ]

    missing = packages([*required, *useful])
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        options = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        call(["apt-get", "update"], env=options)
        call(["apt-get", "install", "-y", "--no-install-recommends", *missing], env=options)
        remark(f"installed {', '.join(missing)}")
    if still_missing := packages(required):
        fail(
            f"Missing programs. On Debian, root installs them with: apt-get install {' '.join(still_missing)}"
        )
    if still_missing := packages(useful):
        remark(
            f"without them some things do not work, see: apt-get install {' '.join(still_missing)}"
        )


# Odoo
# ----


def find_odoo(remark):
    """The folder of the package `odoo`: ODOO_HOME, an importable, the cached or a fetched one."""
    if os.environ.get("ODOO_HOME"):
        home = Path(os.environ["ODOO_HOME"]).expanduser().absolute()
        if odoo_series(home) != ODOO_SERIES:
            fail(f"ODOO_HOME is {home}, but odoo/release.py of series 19.0 is not there.")
        remark("from ODOO_HOME")
        return home
    spec = importlib.util.find_spec("odoo")
    for location in (spec and spec.submodule_search_locations) or ():
        if odoo_series(Path(location).parent) == ODOO_SERIES:
            remark("the installed one")
            return Path(location).parent
    cache = cache_folder()
    with exclusive(cache / "lock"):
        trees = sorted(cache.glob(f"{ODOO_PACKAGE}_*"), key=lambda tree: tree.stat().st_mtime)
        tree = trees[-1] if trees else fetch_odoo(cache)
        remark(f"Debian's package {tree.name}, {'cached' if trees else 'fetched'}")
    return tree / PACKAGES


def odoo_series(home):
    release = home / "odoo" / "release.py"
    version = release.is_file() and re.search(
        r"^version_info = \((\d+), (\d+)", release.read_text("utf-8"), re.M
    )
    return version and (int(version[1]), int(version[2]))


def fetch_odoo(cache):
    """Unpack Debian's package of Odoo and return its folder, which appears once complete."""
    for leftover in cache.glob("download-*"):  # of a run that was killed: we hold the lock
        shutil.rmtree(leftover)
    with tempfile.TemporaryDirectory(dir=cache, prefix="download-") as folder:
        folder = Path(folder)
        fetch_debian_packages([ODOO_PACKAGE, *LINKED_PACKAGES], folder)
        install_programs(["npm"], [], lambda text: None)
        tree = folder / "tree"
        for package in sorted(folder.glob("*.deb")):
            call(["dpkg", "-x", package, tree])
        version = call(["dpkg-deb", "-f", *folder.glob(f"{ODOO_PACKAGE}_*.deb"), "Version"]).strip()
        addons = tree / PACKAGES / "odoo" / "addons"
        segmentation = addons / "mail" / "static" / "lib" / "selfie_segmentation"
        segmentation.mkdir(exist_ok=True)
        shutil.copy(
            unpack_npm_package(SELFIE_SEGMENTATION, folder) / "selfie_segmentation.js", segmentation
        )
        fonts = unpack_npm_package(FONT_AWESOME, folder) / "fonts"
        shutil.copytree(fonts, tree / "usr" / "share" / "fonts-font-awesome" / "fonts")
        dangling = [
            path.name
            for path in (addons / "web").rglob("*")
            if path.is_symlink() and not path.exists()
        ]
        if dangling:
            fail(
                f"{ODOO_PACKAGE} {version} needs files that the unpacked packages lack: {dangling}\n{USE_ODOO_HOME}"
            )
        return tree.rename(cache / f"{ODOO_PACKAGE}_{version}")


def fetch_debian_packages(names, folder):
    """Download packages of Debian unstable and leave the system's apt configuration alone.

    The mirror is the one in the machine's own configuration.
    """
    keyring = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    looked_for = (
        "Odoo 19.0 was not found: ODOO_HOME is not set, Python has no module `odoo` of this series, none is in the "
        f"cache {cache_folder()}, and Debian's package {ODOO_PACKAGE}"
    )
    if not shutil.which("apt-get") or not keyring.exists():
        fail(f"{looked_for} can only be fetched on Debian.\n{USE_ODOO_HOME}")
    targets = ["indextargets", "--no-release-info", "--format", "$(SITE) $(RELEASE)"]
    sites = call(["apt-get", *targets, "Component: main"]).splitlines()
    sites = dict.fromkeys(site.split()[0] for site in sites if not site.endswith("-security"))
    (folder / "lists" / "partial").mkdir(parents=True)
    (folder / "cache" / "archives" / "partial").mkdir(parents=True)
    (folder / "status").touch()
    apt = ["apt-get"]
    for key, value in {
        "Acquire::Retries": 3,
        "Acquire::http::Timeout": 60,
        "APT::Sandbox::User": "root",
        "APT::Update::Error-Mode": "any",
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
    }.items():
        apt += ["-o", f"{key}={value}"]
    errors = ""
    for site in sites:
        (folder / "sources.list").write_text(f"deb [signed-by={keyring}] {site} unstable main\n")
        # Third parties' archives have no `unstable` signed by Debian: the first that has one is
        # Debian's.
        update = subprocess.run(
            [*apt, "update"], stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if not update.returncode:
            break
        errors += update.stderr
    else:
        fail(f"{looked_for} was not reached through apt's archives.\n{errors}{USE_ODOO_HOME}")
    call(
        [*apt, "download", *names],
        hint=f"{looked_for} could not be fetched.\n{USE_ODOO_HOME}",
        cwd=folder,
    )


def unpack_npm_package(name, folder):
    archive = call(
        ["npm", "pack", "--silent", name], hint=f"npm fetches {name}.", cwd=folder
    ).split()[-1]
    target = folder / archive.removesuffix(".tgz")
    target.mkdir()
    call(["tar", "-xzf", folder / archive, "-C", target])
    return target / "package"


def find_prettier():
    """The command of Prettier with its reader of XML: the cached one, or fetched by npm."""
    cache = cache_folder()
    version = hashlib.sha256(" ".join(PRETTIER).encode()).hexdigest()[:8]
    home = cache / f"prettier_{version}"
    with exclusive(cache / "lock"):
        if not home.exists():
            with tempfile.TemporaryDirectory(dir=cache, prefix="download-") as folder:
                tree = Path(folder) / "tree"
                options = ["--no-save", "--no-package-lock", "--ignore-scripts", "--prefix", tree]
                call(["npm", "install", *options, *PRETTIER], hint="npm fetches Prettier.")
                tree.rename(home)
    packages = home / "node_modules"
    plugin = packages / "@prettier" / "plugin-xml" / "src" / "plugin.js"
    return ["node", packages / "prettier" / "bin" / "prettier.cjs", "--plugin", plugin]


# Python packages
# ---------------


def create_venv(venv, odoo_home, requirements, remark=print):
    """A virtual environment with exactly these requirements and with Odoo on its path."""
    stamp = venv / STAMP
    inputs = hashlib.sha256(
        f"{sys.version} {odoo_home} {requirements} {inspect.getsource(create_venv)}".encode()
    )
    if stamp.exists() and stamp.read_text() == inputs.hexdigest():
        return
    python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    call([python, "-m", "venv", "--clear", venv])
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(requirements)
        file.flush()
        # The list is complete; without --no-deps pip would build psycopg2, which Odoo names, from
        # source.
        call(
            [
                venv / "bin" / "pip",
                "install",
                "--disable-pip-version-check",
                "--no-deps",
                "-r",
                file.name,
            ]
        )
    [packages] = venv.glob("lib/python*/site-packages")
    (packages / "odoo.pth").write_text(f"{odoo_home}\n")
    if not any(odoo_home.glob("odoo-19.*-info")):
        describe(packages, "odoo", "19.0")
    # Odoo's dependency psycopg2 is met by the same module's binary wheel, which has another name.
    describe(packages, "psycopg2", re.search(r"^psycopg2-binary==(\S+)", requirements, re.M)[1])
    stamp.write_text(inputs.hexdigest())
    remark("installed")


def describe(packages, name, version):
    """Tell pip that a package is there which was not installed by it."""
    info = packages / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "INSTALLER").write_text("dev/environment.py\n")
    (info / "RECORD").touch()
