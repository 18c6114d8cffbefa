"""The soak's plugin fails as often as it is told to, and the oracle allows what its silence allows."""

from __future__ import annotations

from functools import partial

import pytest

from so_privacy_ext import Facts, Seen
from tests.chaos import moody, oracle
from tests.chaos.oracle import STORE, Who
from tests.chaos.watched import Row


def _who(country: str, *, plugin: bool = True) -> Who:
    return Who(form="", minor=False, staff=False, country=country, before_start=False, plugin=plugin)


def _given(country: str, source: str, *, plugin: bool = True) -> list[dict[str, tuple[str, str]]]:
    rows = {STORE: Row("61B", source, "crm")}
    found: list[dict[str, tuple[str, str]]] = []
    for one in oracle.rulings(_who(country, plugin=plugin), rows):
        found += [one.gives] if one.gives not in found else []
    return found


def test_whom_the_plugin_bars_is_held_back_whether_it_answers_or_not() -> None:
    assert _given("SE", "VENDOR", plugin=False) == [{STORE: ("61F", "VENDOR")}]
    assert _given("SE", "VENDOR") == [{}]


def test_whom_it_does_not_bar_is_held_back_only_by_its_silence() -> None:
    assert _given("NO", "VENDOR") == [{STORE: ("61F", "VENDOR")}, {}]


def test_more_is_given_by_its_word_alone() -> None:
    held = {STORE: ("61F", "CARD")}
    assert _given("DK", "CARD") == [{**held, "ACCOUNTING": ("61C", "CARD")}, held]
    assert _given("NO", "CARD") == [held]


def test_a_source_counts_where_it_is_proposed() -> None:
    assert _given("NO", "UNKNOWN") == [{STORE: ("61F", "FAIR")}, {}]


@pytest.mark.parametrize(("percent", "right"), [(0, 300), (100, 0)])
def test_it_fails_as_often_as_it_is_told_to(
    percent: int, right: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[str] = []

    def fail(way: str) -> str:
        failures.append(way)
        return "nonsense"

    quick = {way: partial(fail, way) for way in moody._WAYS}
    monkeypatch.setattr(moody, "_WAYS", quick)
    monkeypatch.setattr(moody, "_MOOD", moody._Mood())
    facts = Facts(country="SE", source="UNKNOWN")
    slices = [_slice(facts, moody.Settings(seed=1, percent=percent)) for _ in range(300)]
    assert sum(slices) >= right
    assert bool(failures) is (percent == 100)
    assert set(failures) == (set(quick) if percent else set())


def _slice(facts: Facts, settings: moody.Settings) -> bool:
    """Ask as the product does; tell whether everything came out."""
    found = moody.country([Seen(1, 0, facts)], settings)
    known = Facts(country="SE", source="UNKNOWN", further={"moody.country": "SE"})
    said = moody.source(facts), moody.Barred(True).holds(known), moody.Guest(False).holds(known)
    return found == {1: {"country": "SE"}} and said[0] is not None and said[1:] == (True, False)


def test_it_knows_nothing_of_whom_it_found_nothing_about() -> None:
    assert moody.Barred(True).holds(Facts(country="SE")) is None
