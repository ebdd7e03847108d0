"""Reads what Odoo logs while it runs tests: shows progress, tells what passed and what failed.

Odoo prints no list of results: a test is known by its line "Starting …", a failure by an ERROR
record. Everything that makes a run untrustworthy counts as a failure here: a skipped test, an error
nobody expected, a crash, a missing total.
"""

import re

RECORD = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>\S+): (?P<text>.*)$"
)
STARTING = re.compile(r"^Starting (?P<test>\S+) \.\.\.$")
SKIPPED = re.compile(r"^skipped (?P<test>\S+) : (?P<reason>.*)$")
FAILED = re.compile(r"^(?:FAIL|ERROR): (?:Subtest )?(?P<test>\w+\.\w+|.*)")
TOTAL = re.compile(
    r"^(?P<failed>\d+) failed, (?P<errors>\d+) error\(s\) of (?P<tests>\d+) tests when loading database"
)
# Odoo's own summaries of failures that were logged before.
SUMMARY = re.compile(
    r"^Module \S+: \d+ failures, \d+ errors of \d+ tests$|^At least one test failed when loading"
)


def is_problem(level, first_line):
    return (
        level in ("ERROR", "CRITICAL")
        and not SUMMARY.match(first_line)
        and not TOTAL.match(first_line)
    )


class Verdict:
    def __init__(self):
        self.started = []
        self.failures = {}
        self.total = None
        self.last_lines = []

    def take(self, level, logger, text):
        """Take one record of the log, its text with all lines."""
        first_line = text.split("\n", 1)[0]
        tests = logger.removeprefix("odoo.addons.")
        if match := STARTING.match(first_line):
            self.started.append(f"{tests} {match['test']}")
        elif match := SKIPPED.match(first_line):
            self.failures[f"{tests} {match['test']}"] = f"skipped: {match['reason']}"
        elif match := TOTAL.match(first_line):
            self.total = match
        elif is_problem(level, first_line):
            if match := FAILED.match(first_line):
                title = f"{tests} {match['test']}"  # a subtest counts for its test
            else:
                title = f"error in the log, by {logger} (a test that expects it silences it with mute_logger)"
            self.failures[title] = "\n".join(filter(None, [self.failures.get(title), text]))

    def conclude(self, exit_code):
        """Return the number of passed tests and the failures: title → text."""
        failures = dict(self.failures)
        if not self.total:
            failures["Odoo ended without a total"] = "\n".join(self.last_lines)
        elif int(self.total["failed"]) + int(self.total["errors"]) and not failures:
            failures["Odoo counted failures that were not logged"] = self.total[0]
        if exit_code and not failures:
            failures[f"Odoo's exit code is {exit_code}"] = "\n".join(self.last_lines)
        if self.total and int(self.total["tests"]) != len(self.started):
            failures["Odoo counted another number of tests"] = (
                f"{self.total[0]}, but {len(self.started)} were started"
            )
        return len(set(self.started) - set(failures)), failures


def follow(stream, log):
    """Copy the stream to the log file and show the tests as they start; return the verdict."""
    verdict = Verdict()
    record = None
    shown = None
    with log.open("w", encoding="utf-8") as file:
        for line in stream:
            file.write(line)
            file.flush()
            verdict.last_lines = [*verdict.last_lines[-29:], line.rstrip("\n")]
            match = RECORD.match(line.rstrip())
            if match:
                if record:
                    verdict.take(*record)
                record = [match["level"], match["logger"], match["text"]]
                if start := STARTING.match(match["text"]):
                    test_class = (
                        f"{match['logger'].rsplit('.', 1)[-1]} {start['test'].split('.')[0]}"
                    )
                    print("." if test_class == shown else f"\n  {test_class} .", end="", flush=True)
                    shown = test_class
                elif is_problem(match["level"], match["text"]):
                    print("E", end="", flush=True)
            elif record:
                record[2] += f"\n{line.rstrip()}"
        if record:
            verdict.take(*record)
    print()
    return verdict
