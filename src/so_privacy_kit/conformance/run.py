"""Has pytest run the checks beside a partner's own tests, and says at the end what is granted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from so_privacy_kit.conformance import fixtures
from so_privacy_kit.conformance.fixtures import FOUND, SUBJECT
from so_privacy_kit.conformance.levels import MARK, Level, Point, Unmet, granted, missing
from so_privacy_kit.conformance.subject import Subject, chosen

CHECKS = Path(__file__).parent / "checks"
_BROKEN = "see its traceback above; where the plugin is not to blame, tell us"


def begin(config: pytest.Config) -> None:
    """Add the checks to what pytest runs; called where `--so-conformance` is given."""
    here = config.rootpath
    if not (here / "pyproject.toml").is_file():
        here = config.invocation_params.dir  # an option's value that is a file moves pytest's root
    try:
        name = chosen(here, config.option.so_conformance_of)
    except LookupError as unclear:
        raise pytest.UsageError(str(unclear)) from None
    config.addinivalue_line("markers", f"{MARK}(level, what): a check of --so-conformance")
    config.stash[SUBJECT] = Subject(name, here)
    config.pluginmanager.register(fixtures, "so_conformance_fixtures")
    least = Level[config.option.so_conformance_least.upper()]
    config.pluginmanager.register(Run(name, least, config.option.so_conformance_report), "so_conformance_run")
    config.args += [one for one in map(str, sorted(CHECKS.glob("*.py"))) if one not in config.args]


class Run:
    """Keeps what was found, and judges it when all is run."""

    def __init__(self, name: str, least: Level, report: Path | None) -> None:
        self._name = name
        self._least = least
        self._report = report
        self._points: dict[str, Point] = {}
        self._own: Counter[str] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Have a report carry what a check found; one of a level that nobody demands fails nothing."""
        report = yield
        mark = item.get_closest_marker(MARK)
        if mark is None or (report.when != "call" and report.passed):
            return report
        level, what = mark.args
        point = Point(item.name.removeprefix("test_"), level, what, report.passed, _found(item))
        if call.excinfo is not None:
            error = call.excinfo.value
            unmet = (
                error if isinstance(error, Unmet) else Unmet(f"{type(error).__name__} in the check", _BROKEN)
            )
            point = Point(point.code, level, what, False, unmet.found, unmet.how)
            if isinstance(error, Unmet):
                place, line, _ = item.location
                told = f"{level}: {what}: {unmet}"
                report.longrepr = told if level <= self._least else (place, (line or 0) + 1, told)
                report.outcome = "failed" if level <= self._least else "skipped"
        report.user_properties.append((MARK, _plain(point)))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what came of a test; with pytest-xdist this is where all come together."""
        told: list[Any] = [value for name, value in report.user_properties if name == MARK]
        for one in told:
            self._points[one["code"]] = Point(**{**one, "level": Level[one["level"].upper()]})
        if not told and (report.failed or report.when == "call"):
            self._own[report.outcome] += 1

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail where less is granted than is demanded."""
        if hasattr(session.config, "workerinput"):
            return
        if session.exitstatus == pytest.ExitCode.OK and granted(self._all()) < self._least:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if self._report is not None:
            text = json.dumps(self._answer(), indent=2, ensure_ascii=False)
            self._report.write_text(text + "\n", encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what is granted and why no more."""
        points = self._all()
        terminalreporter.section(f"so-privacy conformance of {self._name}")
        # Where something is looked at in several ways, the same is said once.
        for line in dict.fromkeys(map(_line, points)):
            terminalreporter.line(line)
        reached, (following, todo) = granted(points), missing(points)
        terminalreporter.line(f"{self._name}: {reached or 'no level yet'}", bold=True)
        for one in todo:
            terminalreporter.line(f"for {following}: {one.what}: {one.how}")

    def _all(self) -> Sequence[Point]:
        """Give all points, lowest level first."""
        return sorted([*self._points.values(), self._own_tests()], key=lambda one: one.level)

    def _own_tests(self) -> Point:
        passed, failed = self._own["passed"], self._own["failed"]
        found = f"{passed} passed, {failed} failed"
        how = "mend what fails" if failed else "write tests of your own, and run them with the checks"
        met = bool(passed) and not failed
        return Point("own_tests", Level.BRONZE, "its own tests pass", met, found, "" if met else how)

    def _answer(self) -> dict[str, Any]:
        points = self._all()
        reached = granted(points)
        return {
            "plugin": self._name,
            "product": version("so-privacy-ext"),
            "granted": str(reached) if reached else None,
            "checks": [_plain(one) for one in points],
        }


def _line(point: Point) -> str:
    state = "met" if point.met else "NOT MET"
    return f"{point.level!s:9}{state:8} {point.what}: {point.found}"


def _found(item: pytest.Item) -> str:
    return "; ".join(str(value) for name, value in item.user_properties if name == FOUND)


def _plain(point: Point) -> dict[str, Any]:
    return {
        "code": point.code,
        "level": str(point.level),
        "what": point.what,
        "met": point.met,
        "found": point.found,
        "how": point.how,
    }
