"""Run every test, say loudly what could not run, and refuse a core that is not covered whole."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from lxml import etree
from rich.console import Console
from rich.text import Text

from tests.covered import measure, on_disk, shortcomings, table
from tests.foreign import needed

ROOT = Path(__file__).resolve().parent.parent
LONGEST_SECONDS = 3000
"""Ends a run that hangs; one takes well under ten minutes on two idle cores."""
PROCESSES = "4"
"""Twice the cores of a small machine: half of the time is spent waiting for processes, clocks and commits."""
INTERRUPTED = 130
GOOD, LOUD, BAD = "bold green", "bold black on yellow", "bold red"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = (
    "BROWSER TESTS CANNOT RUN: no Chromium was found, so tests/browser is left out;"
    " get it with `apt-get install chromium`"
)


def vendor_line(folder: str | None) -> tuple[bool, str]:
    """Say whether envelopes are judged by the vendor's own files, and what is compared if not."""
    if folder and Path(folder).is_dir():
        return True, f"VENDOR CHECK RUNS: every envelope is judged by the vendor's schemas in {folder}"
    why = f"names no folder ({folder})" if folder else "is not set"
    return False, (
        f"VENDOR CHECK DOES NOT RUN: SO_VENDOR_WSDL_DIR {why}; our committed fingerprint (operations,"
        " SOAPActions, element names, order, types) is compared instead"
    )


def chromium() -> str | None:
    """Find the browser that tests/browser drives."""
    return next((found for name in CHROMIUM if (found := shutil.which(name))), None)


def command(report: Path, *, left_out: Iterable[str] = ()) -> list[str]:
    """Build the one command line that runs the suite.

    The tests of one file stay in one process, so that what a module sets up is set up once. The files come
    in their own order, the slow ones of tests/acceptance first: by how many tests they hold, as xdist would
    have it, they came last and left processes idle. The profile `ci` of hypothesis repeats the same examples
    and has no deadline, which two busy cores would miss by chance.
    """
    return [
        *(sys.executable, "-m", "coverage", "run", "-m", "pytest", "tests"),
        *("-p", "no:cacheprovider", "-n", PROCESSES, "--dist", "loadfile", "--no-loadscope-reorder"),
        *(
            "--hypothesis-profile=ci",
            "--durations=10",
            "--durations-min=5",
            f"--session-timeout={LONGEST_SECONDS}",
        ),
        f"--junit-xml={report}",
        *(f"--ignore={folder}" for folder in left_out),
    ]


def run(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run to the end; after Ctrl-C wait for pytest, which got it too, to put everything away."""
    with subprocess.Popen(arguments, cwd=ROOT, env=environment) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.wait()
            return INTERRUPTED


def counts(report: Path) -> tuple[int, int, int]:
    """Count who passed, failed (or could not be set up) and was skipped, from pytest's own report."""
    suites = etree.parse(report).getroot().iter("testsuite")
    tests = failed = skipped = 0
    for suite in suites:
        tests += int(suite.get("tests", "0"))
        failed += int(suite.get("failures", "0")) + int(suite.get("errors", "0"))
        skipped += int(suite.get("skipped", "0"))
    return tests - failed - skipped, failed, skipped


def prepared(environment: dict[str, str]) -> tuple[list[str], list[Text]]:
    """Settle what can't run here: the folders to leave out, and the loud lines about all that."""
    vendor, line = vendor_line(environment.get("SO_VENDOR_WSDL_DIR"))
    if vendor:
        environment["SO_VENDOR_WSDL_DIR"] = str(Path(environment["SO_VENDOR_WSDL_DIR"]).resolve())
    else:
        environment.pop("SO_VENDOR_WSDL_DIR", None)  # so that no test takes it otherwise than this line
    lacking = {
        "tests/browser": None if chromium() else NO_BROWSER,
        "tests/foreign": needed.missing(environment),
    }
    loud = [Text(line, GOOD if vendor else LOUD)]
    loud += [Text(reason, LOUD) for reason in lacking.values() if reason]
    return [folder for folder, reason in lacking.items() if reason], loud


def say(console: Console, lines: Iterable[Text]) -> None:
    for line in lines:
        console.print(line, soft_wrap=True)


def main() -> int:
    console = Console() if sys.stdout.isatty() else Console(width=160)
    environment = dict(os.environ)
    left_out, loud = prepared(environment)
    say(console, loud)
    with tempfile.TemporaryDirectory(prefix="so-privacy-test-") as folder:
        report, data = Path(folder, "report.xml"), Path(folder, "coverage")
        data.mkdir()
        environment["COVERAGE_FILE"] = str(data / ".coverage")
        status = run(command(report, left_out=left_out), environment)
        if status == INTERRUPTED or not report.is_file():  # pytest has said why
            return status or 1
        passed, failed, skipped = counts(report)
        if finished := status in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            modules = measure(ROOT, data)
            console.print(table(modules))
            short = shortcomings(modules, on_disk(ROOT))
            say(console, (Text(f"NOT COVERED {shortcoming}", BAD) for shortcoming in short))
            status = status or (1 if short else 0)
    if skipped:
        loud.append(Text(f"{skipped} SKIPPED: the reasons stand in pytest's summary", LOUD))
    if not finished:
        failed += 1
        loud.append(Text("NOT FINISHED: pytest stopped early, which counts as one failure", BAD))
    say(console, loud)
    console.print(f"{passed} passed, {failed} failed", highlight=False)
    return status


if __name__ == "__main__":
    sys.exit(main())
