"""Runs parts of dev/test in a process of its own while another one runs.

Both take the files of system tests from the same list: whichever is free begins the next one.
"""

import contextlib
import hashlib
import os
import re
import shutil

import environment
import servers

PATIENCE = 60  # seconds for a part that was interrupted: it stops servers, each with its own
TOTALS = re.compile(r"^(?P<passed>\d+) passed, (?P<failed>\d+) failed$")

CLAIMS = environment.STATE / "claims"
# what tells the two apart that share the system tests, in names of databases and files
LANE = "ITSS_LANE"


def share(lane):
    """The variable for a process that shares the system tests with another one.

    :param int lane: 1 or 2; number 1 begins with an empty list of what is taken
    """
    if lane == 1:
        shutil.rmtree(CLAIMS, ignore_errors=True)
        CLAIMS.mkdir(parents=True)
    return {LANE: str(lane)}


def claim(test):
    """Whether a test is this process's to run: alone it runs all, of two the first one has it.

    The tests of a file stay together, as they share databases that one of them has made.

    :param str test: pytest's name of the test
    """
    lane = os.environ.get(LANE)
    if lane is None:
        return True
    file, _separator, _test = test.partition("::")
    owner = CLAIMS / hashlib.sha256(file.encode()).hexdigest()
    with contextlib.suppress(FileExistsError), owner.open("x") as claimed:
        claimed.write(lane)
    return owner.read_text() == lane


@contextlib.contextmanager
def beside(title, command, output, **options):
    """Run a command during the block; its output goes to a file, so that two never mix.

    Yields a function that waits for the command, shows what it has printed and returns how many
    tests passed and failed. What still runs when the block ends is stopped.
    """
    with (
        output.open("w") as file,
        servers.process(command, stdout=file, patience=PATIENCE, **options) as child,
    ):
        shown = os.path.relpath(output, environment.ROOT)
        print(
            f"{title}: runs meanwhile, its output follows at the end (until then: {shown})",
            flush=True,
        )

        def conclude():
            if child.poll() is None:
                print(f"{title}: still running ...", flush=True)
            code = child.wait()
            text, *totals = read_totals(output.read_text("utf-8", "replace"), code)
            print(f"\n{text}", flush=True)
            return totals

        yield conclude


def read_totals(text, code):
    """Split the output of dev/test: what it says, the passed and the failed tests.

    Whoever ends without totals, or badly without a failed test, has failed.
    """
    *lines, last = text.rstrip().split("\n")
    if match := TOTALS.match(last):
        passed, failed = int(match["passed"]), int(match["failed"])
        if code in (0, 1):
            return "\n".join(lines), passed, failed or code
    else:
        lines.append(last)
        passed = failed = 0
    lines.append(f"It did not come to its end: exit code {code}")
    return "\n".join(lines), passed, failed + 1
