"""`make demo` and `make up` as a newcomer meets them: all as the manifest says, or the row that is not."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from so_sandbox.demo.commands import free_port
from tests.acceptance.installed import MANIFEST, command, hearing_ctrl_c, until

ROOT = Path(__file__).resolve().parents[2]
TEXT = MANIFEST.read_text(encoding="utf-8")
ONE_RULE = "when: {source: [USER, CARD, PHONE, FAIR]}\n    give: {STORE: {basis: 61F}}"
ALLOWED = "allowed: [61F], classification: ordinary}"
CHANGED = TEXT.replace(ONE_RULE, ONE_RULE.replace("61F", "61B")).replace(
    ALLOWED, ALLOWED.replace("61F", "61B, 61F"), 1
)
LAST = "12 of 12 as the manifest says"
NAMES = (
    "Anna", "Bjørn", "Cecilia", "Dieter", "Emma", "Frode", "Gitte", "Hanna", "Ivan", "Jonas", "Karin", "Lars"
)  # fmt: skip
LONG = 560
"""Seconds for a run beside others on two busy cores; alone it takes less than 40."""


def demo(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end; what takes too long is told to end, since a killed one leaves children behind."""
    with subprocess.Popen(
        [sys.executable, "-m", "so_sandbox.demo", *words],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "COLUMNS": "100"},
    ) as process:  # fmt: skip
        try:
            out, err = process.communicate(timeout=LONG)
        except subprocess.TimeoutExpired:
            process.terminate()
            out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


Runs = dict[str, Future[subprocess.CompletedProcess[str]]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Three runs side by side, since each waits for its own CRM most of the time."""
    folder = tmp_path_factory.mktemp("demo")
    changed = folder / "changed.yaml"
    changed.write_text(CHANGED, encoding="utf-8")
    with ThreadPoolExecutor(3) as pool:
        yield {
            "plain": pool.submit(demo, folder, "--manifest", str(MANIFEST)),
            "turned": pool.submit(demo, folder, "--manifest", str(MANIFEST), "--turned", "--newcomers"),
            "changed": pool.submit(demo, folder, "--manifest", str(changed), "--newcomers"),
        }


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("which", ["plain", "turned"])
def test_the_twelve_come_out_as_the_manifest_says(runs: Runs, which: str) -> None:
    done = runs[which].result()

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    lines = done.stdout.splitlines()
    assert lines[-1] == LAST
    rows = [line for line in lines if line.endswith("✓")]
    assert [row.split()[:2] for row in rows] == [[f"{at}", name] for at, name in enumerate(NAMES, start=1)]
    assert "✗" not in done.stdout
    assert max(len(line) for line in lines) <= 100


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_those_who_were_there_before_are_surveyed_planned_and_applied(runs: Runs) -> None:
    lines = runs["plain"].result().stdout.splitlines()

    assert [line for line in lines if line.endswith(" planned once more, there is nothing to do")]
    for line in (
        "✓ persons surveyed: 1001",
        "✓ persons of whom a consent is to be written: 200",
        "✓ of whom a notice is to be sent: 20",
        "✓ consents written: 200",
        "✓ mails sent: 20",
    ):
        assert line in lines


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_changed_rule_is_named_with_its_rows(runs: Runs) -> None:
    assert CHANGED != TEXT
    done = runs["changed"].result()

    assert (done.returncode, done.stderr) == (1, ""), done.stdout
    wrong = [line for line in done.stdout.splitlines() if line.startswith("✗ ")]
    assert any(line.startswith("✗ 4 Dieter: written is") for line in wrong)
    assert any(line.startswith("✗ 11 Karin: written is") for line in wrong)
    assert "\n10 of 12 as the manifest says\n" in done.stdout
    kept = done.stdout.splitlines()[-1].rpartition(" ")[2]
    assert (Path(kept) / "so-privacy.log").exists()
    shutil.rmtree(Path(kept).parent)


def test_a_manifest_that_is_not_there(tmp_path: Path) -> None:
    done = demo(tmp_path)

    assert done.returncode == 66
    assert done.stdout.count("\n") == 1
    assert "--manifest" in done.stdout


class Up:
    """`make up` without make, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = [str(free_port()), str(free_port())]
        self.starts = 0

    def start(self, until_it_says: str) -> str:
        """Start it, and wait until it has said something; give all that it said."""
        self.starts += 1
        log = self.folder / f"{self.starts}.txt"
        words = ["--stay", "--manifest", str(MANIFEST), "--ports", *self.ports]
        with log.open("wb") as said, hearing_ctrl_c():
            self.process = subprocess.Popen(
                [sys.executable, "-m", "so_sandbox.demo", *words],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        until(
            lambda: until_it_says in log.read_text() or self.process.poll() is not None,
            "it says nothing",
            110,
        )
        return log.read_text()

    def ctrl_c(self) -> str:
        """End it as a terminal does, by a signal to all at once; give all that it said."""
        os.killpg(self.process.pid, signal.SIGINT)
        assert self.process.wait(30) == 130
        return (self.folder / f"{self.starts}.txt").read_text()

    def product(self, *words: str, code: int = 0) -> str:
        """Run a command of the product as the last lines say."""
        script = f'set -a; . .so-sandbox/settings.env; "$0" {" ".join(words)}'
        done = subprocess.run(
            ["/bin/sh", "-c", script, command()],
            cwd=self.folder, capture_output=True, text=True, check=False, timeout=200,
            env={**os.environ, "SO_PRIVACY_PUBLIC_URL": f"http://127.0.0.1:{self.ports[1]}"},
        )  # fmt: skip
        assert done.returncode == code, done
        return done.stdout


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    folder = Path(tempfile.mkdtemp(prefix="sop-", dir="/tmp"))
    left = Up(folder)
    assert LAST in left.start("Ctrl-C stops both")
    try:
        yield left
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(left.process.pid, signal.SIGTERM)
        left.process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def lines_of(title: str) -> list[str]:
    """Give the commands of a section of the README, without what is said of them."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition(f"## {title}\n")[2]
    block = section.partition("\n## ")[0].partition("```\n")[2].partition("```")[0]
    return [line.partition("#")[0].strip() for line in block.splitlines()]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_minutes_from_survey_to_undo(up: Up) -> None:
    """The README's own lines, one after the other, and what each must come to."""
    codes = {"so-privacy plan -o plan.json": 3, "so-privacy plan": 0}
    said = {}
    for line in lines_of("Ten minutes with those who are there already"):
        name, *words = line.split()
        assert name == "so-privacy"
        said[line] = up.product(*words, code=codes.pop(line, 0))
    assert not codes
    assert "1012 persons in Cust12345" in said["so-privacy survey"]
    assert "Nothing to do" not in said["so-privacy plan -o plan.json"]
    assert len([line for line in said.values() if line.endswith("40 persons\n")]) == 1
    runs = json.loads(up.product("run", "list", "--json"))["runs"]
    assert [(one["kind"], one["state"]) for one in runs] == [("undo", "done"), ("apply", "undone")]
    assert json.loads(up.product("plan", "--json", code=3))["persons"] == 1012


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_up_goes_on_where_the_last_one_ended(up: Up) -> None:
    said = (up.folder / "1.txt").read_text()
    assert f"http://127.0.0.1:{up.ports[0]}/_sandbox/page" in said
    journal = up.product("journal", "--json")

    second = demo(up.folder, "--stay", "--manifest", str(MANIFEST), "--ports", *up.ports)
    assert second.returncode == 1
    assert second.stdout.startswith(f"port {up.ports[0]} is taken")
    assert up.ctrl_c().endswith("stopped\n")

    said = up.start("Ctrl-C stops both")
    assert "1012 persons of Cust12345 are there from the last time" in said
    assert up.product("journal", "--json") == journal
    assert not [line for line in up.product("doctor").splitlines() if line.startswith("error")]
    up.ctrl_c()

    # Killed at once, the sandbox can keep nothing, so what so-privacy kept belongs to nobody.
    (up.folder / ".so-sandbox" / "world").unlink()
    assert "begins anew" in up.start("begins anew")
    up.ctrl_c()
    assert "begins anew" in up.start("begins anew")
    assert "Traceback" not in up.ctrl_c()


def test_up_touches_no_data_of_others(tmp_path: Path) -> None:
    (tmp_path / ".so-privacy").mkdir()
    ports = [str(free_port()), str(free_port())]
    done = demo(tmp_path, "--stay", "--manifest", str(MANIFEST), "--ports", *ports)

    assert done.returncode == 1
    assert "is somebody else's" in done.stdout
    assert [one.name for one in tmp_path.iterdir()] == [".so-privacy"]
