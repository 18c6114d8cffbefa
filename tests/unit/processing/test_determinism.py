"""One person, one moment, one manifest: one ruling, in whatever order all is told, and the same for ever."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from so_privacy_ext.model import Event, EventId, InboxEvent, PersonId
from so_privacy_ext.processing.facts import gather
from so_privacy_ext.rules.activation import ActiveManifest, resolve
from so_privacy_ext.rules.alone import lists_alone
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.kept import kept
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.restored import hashed_texts, restored
from so_privacy_ext.sdk import Facts
from tests.unit.processing.fake_crm import OWN, FakeCrm, tenant_lists

VECTORS = Path(__file__).parents[2] / "vectors" / "decided"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NAMES = ("person.created", "person.changed", "person.consented", "person.unconsented", "none")
EVENT = st.tuples(st.sampled_from(NAMES), st.frozensets(st.sampled_from("abc")))


@cache
def vectors(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return content


@cache
def manifest(name: str) -> Manifest:
    return parse((VECTORS / vectors(name)["manifest"]).read_bytes(), name)


def active(of: Manifest, named: Mapping[str, Mapping[str, str]]) -> ActiveManifest:
    """Make a manifest ready for lists whose ids were kept."""
    lists: dict[str, Any] = {
        kind: {int(at): item for at, item in items.items()} for kind, items in named.items()
    }
    return resolve(of, replace(lists_alone(of), **lists))


def read_back(name: str, content: Mapping[str, Any]) -> Facts:
    def keyed_hash(text: str) -> str:
        return hmac.new(vectors(name)["hash_key"].encode(), text.encode(), hashlib.sha256).hexdigest()

    texts = hashed_texts([manifest(name)], keyed_hash) if "hash_key" in vectors(name) else {}
    found = restored(content, texts)
    assert found is not None
    return found.facts


@pytest.mark.parametrize("name", ["demo", "every-word"])
def test_kept_facts_give_the_kept_rulings_of_earlier_code_bit_by_bit(name: str) -> None:
    ready, cases = active(manifest(name), vectors(name)["lists"]), vectors(name)["cases"]
    as_before = [case for case in cases if not below_withdrawn(ready, case["ruling"])]

    assert len(as_before) > 30
    assert name != "demo" or as_before == cases
    for case in as_before:
        ruling = decide(read_back(name, case["facts"]), ready)
        assert json.dumps(asdict(ruling)) == json.dumps(case["ruling"]), case["facts"]


def test_what_is_part_of_a_withdrawn_purpose_is_decided_no_more_and_all_else_as_before() -> None:
    """Earlier code went on deciding it; since then a withdrawal counts down the tree of purposes."""
    name = "every-word"
    ready, cases = active(manifest(name), vectors(name)["lists"]), vectors(name)["cases"]
    otherwise = [(case, below) for case in cases if (below := below_withdrawn(ready, case["ruling"]))]

    assert otherwise
    for case, below in otherwise:
        ruling = asdict(decide(read_back(name, case["facts"]), ready))
        kept_still = [one for one in case["ruling"]["decisions"] if one["purpose"] not in below]
        assert json.dumps(ruling["decisions"]) == json.dumps(kept_still)
        assert list(ruling["withdrawn"]) == case["ruling"]["withdrawn"]


def below_withdrawn(ready: ActiveManifest, ruling: Mapping[str, Any]) -> set[str]:
    """Give the purposes that a ruling decides although one that they are a part of stands withdrawn."""
    bits = 0
    for purpose in ruling["withdrawn"]:
        bits |= ready.below.get(purpose, 0)
    return {one["purpose"] for one in ruling["decisions"] if ready.purposes[one["purpose"]] & bits}


def test_the_kept_rulings_have_every_rule_at_work() -> None:
    for name in ("demo", "every-word"):
        at_work = {one["rule_id"] for case in vectors(name)["cases"] for one in case["ruling"]["decisions"]}
        every_rule = {rule.id for rule in manifest(name).content.rules}

        assert at_work <= every_rule
        assert every_rule - at_work <= {"sale", "catch-all", "event-guest", "applicant"}


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENT, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_events_may_come_in_any_order(events: list[tuple[str, frozenset[str]]], random: Random) -> None:
    crm = FakeCrm(lambda: NOW)
    crm.add(1, "CARD", email="anna@example.com")
    (person,) = crm.read_persons([PersonId(1)]).values()
    inbox = [
        InboxEvent(at, Event(EventId(str(at)), name, 1, changes), NOW)
        for at, (name, changes) in enumerate(events)
    ]
    consents = list(person.consents.items())

    def told() -> str:
        random.shuffle(inbox)
        random.shuffle(consents)
        facts = gather(replace(person, consents=dict(consents)), inbox, tenant_lists(), OWN, NOW)
        ruling = decide(facts, active(manifest("demo"), {}))
        return json.dumps([kept(facts, str), asdict(ruling)])

    assert told() == told() == told()


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["demo", "every-word"]), st.randoms(use_true_random=False))
def test_keys_may_stand_in_any_order(name: str, random: Random) -> None:
    """Those of a manifest too, but not its rules: they are a list."""
    text = json.dumps(shuffled(manifest(name).root.plain(), random))
    other = active(parse(text.encode(), name), vectors(name)["lists"])
    ready = active(manifest(name), vectors(name)["lists"])

    for case in random.sample(vectors(name)["cases"], 10):
        first, second = (
            replace(decide(read_back(name, content), by), digest="")
            for content, by in ((case["facts"], ready), (shuffled(case["facts"], random), other))
        )
        assert json.dumps(asdict(first)) == json.dumps(asdict(second))


def shuffled(value: Any, random: Random) -> Any:
    """Give the same with the keys of all mappings in another order."""
    if isinstance(value, list):
        return [shuffled(one, random) for one in value]
    if not isinstance(value, dict):
        return value
    entries = list(value.items())
    random.shuffle(entries)
    return {key: shuffled(one, random) for key, one in entries}
