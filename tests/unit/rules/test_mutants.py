"""20,000 files that nobody would write, through the loader; a million more are tried by `tests.chaos`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.manifests import LONGEST, Outcome, mutant, play

COUNT, PARTS, SEED = 20_000, 2, 7
ROOT = Path(__file__).parents[3]
_PLAY = """
import dataclasses, json, sys
from tests.chaos.manifests import play
seed, *numbers = map(int, sys.argv[1:])
print(json.dumps(dataclasses.asdict(play(seed, range(*numbers)))))
"""


def played(part: int) -> Outcome:
    """Play a part in a process whose lines nobody counts, which takes a sixth of the time."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    numbers = [str(one) for one in (SEED, part, COUNT, PARTS)]
    command = [sys.executable, "-c", _PLAY, *numbers]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return Outcome(**json.loads(ended.stdout))


@pytest.mark.row("B80")
@pytest.mark.row("B84")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_file_whatever_brings_anything_but_findings(part: int) -> None:
    outcome = played(part)

    assert outcome.wrong == []
    assert outcome.tried == COUNT // PARTS
    assert 0 < outcome.accepted < outcome.tried / 2
    assert outcome.slowest < LONGEST


def test_the_same_number_is_the_same_file() -> None:
    assert [mutant(1, one) for one in range(50)] == [mutant(1, one) for one in range(50)]
    assert len({mutant(1, one) for one in range(200)}) > 150


def test_what_goes_wrong_is_told_with_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr("tests.chaos.manifests.parse", broken)
    whole = Outcome()
    for part in (range(2), range(2, 3)):
        whole.add(play(1, part))

    assert whole.wrong == [f"1/{number}: RecursionError: too deep" for number in range(3)]
    assert (whole.tried, whole.accepted) == (3, 0)
