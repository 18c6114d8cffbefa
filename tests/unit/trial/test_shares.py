from __future__ import annotations

from datetime import UTC, datetime

from so_privacy_ext.model import PersonId, Ruling
from so_privacy_ext.ports import KeptDecision
from so_privacy_ext.rules import kept as keeping
from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.sdk import Facts
from so_privacy_ext.trial.shares import FEWEST, shares

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def kept(person: int, facts: Facts) -> KeptDecision:
    return KeptDecision(person, PersonId(person), Ruling("", ()), keeping.kept(facts, str), (), NOW)


def erased(person: int) -> KeptDecision:
    return KeptDecision(person, PersonId(person), Ruling("", ()), {}, (), NOW)


def test_each_person_counts_once_by_what_was_last_known(small: Manifest) -> None:
    active = resolve_alone(small)
    first = [kept(person, Facts(is_associate=True)) for person in range(FEWEST)]
    later = [kept(person, Facts(source="CARD")) for person in range(FEWEST // 4)]

    assert shares([*first, *later, erased(1000)], active, {}) == {"staff": 0.75, "card": 0.25}


def test_of_few_persons_a_share_says_nothing(small: Manifest) -> None:
    few = [kept(person, Facts()) for person in range(FEWEST - 1)]

    assert shares(few, resolve_alone(small), {}) is None
