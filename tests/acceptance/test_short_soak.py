"""The soak in its short form: kills, crashes, faults, forgeries, repeats, judged by an oracle."""

from __future__ import annotations

import pytest

from tests.chaos import failpoints
from tests.chaos.plan import BUGS, for_bug, short
from tests.chaos.soak import Soak

SEED = 1


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.row("F05")
@pytest.mark.row("F10")
@pytest.mark.row("F50")
def test_nothing_is_lost_done_twice_or_left_unexplained() -> None:
    said: list[str] = []
    with Soak(short(), SEED, said.append) as soak:
        verdict = soak.run()
    assert verdict.breaches == {}, verdict.as_json()
    assert verdict.figures["lost_by_the_vendors_law"] == 0
    assert verdict.figures["database_crashes"] == 1
    assert verdict.figures["kills_web"] > 0
    assert verdict.figures["kills_worker"] > 0
    assert verdict.figures["writes"] > 20
    assert verdict.figures["mails"] > 10
    assert verdict.figures["persons_answered"] > 0  # by the plugin of one of the two tenants


@pytest.mark.parametrize("name", sorted(failpoints.POINTS))
def test_a_failpoint_is_put_where_something_is(name: str) -> None:
    owner, function = failpoints.find(name)
    assert callable(getattr(owner, function))


@pytest.mark.parametrize("bug", BUGS)
def test_each_seeded_bug_has_a_plan_and_a_patch(bug: str) -> None:
    import importlib

    patch = importlib.import_module(f"tests.chaos.bugs.{bug}")
    assert for_bug(bug).bug == bug
    assert callable(patch.apply)
    assert callable(patch.prepare)
