"""Metrics: counted where it happens, shown on a port of their own, and never many."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from so_privacy_ext import metrics
from so_privacy_ext.errors import Fault, Retry, StorageUnavailable
from so_privacy_ext.metrics_server import DatabaseFigures
from so_privacy_ext.storage.overview import Figure


def sample(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(f"so_privacy_{name}", labels) or 0.0


def lines() -> int:
    return sum(len(family.samples) for family in metrics.REGISTRY.collect())


@pytest.mark.row("B111")
def test_whatever_is_counted_the_labels_stay_few(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, known in vars(metrics).copy().items():
        if isinstance(known, metrics.Few):
            monkeypatch.setattr(metrics, name, metrics.Few())
    counters: list[Callable[[str], None]] = [
        metrics.delivery, metrics.turn, metrics.parked, metrics.sweep, metrics.mail,
        lambda word: metrics.purged(word, 1), calling,
    ]  # fmt: skip
    for count in counters:
        for _ in range(500):
            count(f"slot{secrets.token_hex(8)}")
    before = lines()
    for count in counters:
        for _ in range(500):
            count(f"slot{secrets.token_hex(8)}")
    assert lines() == before
    assert sample("deliveries_total", outcome=metrics.OTHER) >= 500


@pytest.mark.row("B111")
@pytest.mark.parametrize(
    "value", ['a"} 1\nfake_metric{x="', "a\nb", "a" * 500, "", "kari@example.com", "Cust12345/x", "\x00", "é"]
)
def test_no_value_can_break_out_of_its_label(value: str) -> None:
    few = metrics.Few()
    assert few(value) == metrics.OTHER
    assert few("stored") == "stored"


def test_what_is_known_stays_known_when_there_are_too_many() -> None:
    few = metrics.Few(2)
    assert [few(one) for one in ("a", "b", "c", "a")] == ["a", "b", metrics.OTHER, "a"]


def test_a_call_to_superoffice_is_timed_and_named_by_its_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_operations", metrics.Few())
    before = sample("crm_calls_total", operation="Person.SetConsent", fault="throttled")
    with pytest.raises(Retry), metrics.crm_call("Person.SetConsent"):
        raise Retry(Fault.THROTTLED, "Person.SetConsent")
    with metrics.crm_call("Person.SetConsent"):
        pass
    assert sample("crm_calls_total", operation="Person.SetConsent", fault="throttled") == before + 1
    assert sample("crm_calls_total", operation="Person.SetConsent", fault="none") >= 1
    assert sample("crm_call_seconds_count", operation="Person.SetConsent") >= 2


def calling(word: str) -> None:
    with metrics.crm_call(word):
        pass


@dataclass
class Moved:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_database_is_asked_no_oftener_than_it_bears() -> None:
    asked, clock = [], Moved()

    def read() -> Sequence[Figure]:
        asked.append(clock.now)
        if len(asked) == 2:
            raise StorageUnavailable("gone")
        return [Figure("events", "open", 3)]

    figures = DatabaseFigures(read, clock)
    assert shown(figures)["so_privacy_events", "open"] == 3
    assert shown(figures)["so_privacy_database_up", ""] == 1
    assert len(asked) == 1
    clock.now = 60
    assert shown(figures) == {("so_privacy_database_up", ""): 0}
    clock.now = 120
    assert shown(figures)["so_privacy_database_up", ""] == 1


def shown(figures: DatabaseFigures) -> dict[tuple[str, str], float]:
    return {
        (one.name, next(iter(one.labels.values()), "")): one.value
        for family in figures.collect()
        for one in family.samples
    }
