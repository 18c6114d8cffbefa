"""4,000 files that nobody would write, through the loader; a million more are tried by `tests.chaos`."""

from __future__ import annotations

import pytest

from tests.chaos.manifests import LONGEST, Outcome, mutant, play

COUNT, PARTS, SEED = 4_000, 2, 7


@pytest.mark.row("B80")
@pytest.mark.row("B84")
@pytest.mark.parametrize("part", range(PARTS))
def test_no_file_whatever_brings_anything_but_findings(part: int) -> None:
    outcome = play(SEED, range(part, COUNT, PARTS))

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
