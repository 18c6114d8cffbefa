"""How many calls a consent and a mail cost, and that what is right already is left alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.bench import installing, manifests
from tests.bench.figures import Figure
from tests.bench.stage import Stage, StageError

TENANTS = tuple(f"Cust9900{number}" for number in range(3, 8))
PERSONS = 400
"""In each tenant; two thousand in all."""
MAILS = 50
_READ = "Archive.GetArchiveListByColumns2"
_WRITE, _MAIL = "Person.SetConsent", "Person.SendConsentConfirmationEmail"


def measure(stage: Stage) -> list[Figure]:
    """Let 2,000 persons enter, repeat every event, then have others told."""
    _enter(stage, 1)  # each tenant's lists are read once an hour
    stage.forget_calls()
    _enter(stage, PERSONS)
    changed, calls = _changed(stage) - len(TENANTS), _calls(stage)
    busiest = max(stage.ask("/calls/counts")["busiest_second"].values())
    stage.forget_calls()
    stage.tell("/deliveries/again", fresh=True, shuffle=True, wait=0)
    stage.await_quiet()
    repeated = _calls(stage)
    if _READ not in repeated:
        raise StageError("the repeated events were not looked at")
    return [
        Figure("calls_per_consent", sum(calls.values()) / changed, at_most=1.2, goal=1.12),
        Figure("consents_changed", changed),
        Figure("most_calls_in_a_second", busiest, "/s", at_most=10),
        Figure("writes_when_already_right", repeated.get(_WRITE, 0) + repeated.get(_MAIL, 0), at_most=0),
        _calls_per_mail(stage),
    ]


def _calls_per_mail(stage: Stage) -> Figure:
    """Have persons told for whom nothing is written, and count all calls but those that read them."""
    installing.activate(stage, TENANTS, manifests.TELLING)
    before = len(stage.ask("/outbox")["mails"])
    stage.forget_calls()
    _enter(stage, MAILS)
    mails = len(stage.ask("/outbox")["mails"]) - before
    calls = _calls(stage)
    return Figure("calls_per_mail", (sum(calls.values()) - calls.get(_READ, 0)) / mails, at_most=2.1)


def _enter(stage: Stage, persons: int) -> None:
    """Let persons enter every tenant at once, and wait until all is done."""
    with ThreadPoolExecutor(len(TENANTS)) as pool:
        list(pool.map(lambda one: stage.tell("/seed", tenant=one, persons=persons, tell=True), TENANTS))
    stage.await_quiet()


def _changed(stage: Stage) -> int:
    """Count the consent rows that we have written."""
    return sum(
        consent["comment"].startswith("so-privacy ")
        for tenant in TENANTS
        for person in stage.ask("/persons", tenant=tenant)["persons"]
        for consent in person["consents"]
    )


def _calls(stage: Stage) -> dict[str, int]:
    counts: dict[str, int] = stage.ask("/calls/counts")["counts"]
    return counts
