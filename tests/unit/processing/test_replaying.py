"""What was decided is decided once more, by another manifest, on real storage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest

from so_privacy_ext.model import PersonId
from so_privacy_ext.replaying import Replaying
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.trial.consequences import Change
from so_privacy_ext.trial.shadow import Shadow
from tests.unit.processing.fake_crm import EMPLOYEE
from tests.unit.processing.world import NORDIC, World

SAME = NORDIC.read_text(encoding="utf-8")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def other(old: str, new: str) -> Manifest:
    assert old in SAME
    return parse(SAME.replace(old, new).encode(), "other.yaml")


@contextmanager
def replaying(world: World) -> Iterator[Replaying]:
    with world.turn() as turn:
        yield Replaying(turn, world.crm.lists)


@pytest.fixture
def demo(world: World) -> World:
    """The tenant of the demo after its twelve persons have entered, and some echoes."""
    crm = world.crm
    now = world.clock.now()
    for number, source, country in (
        (1, "WEBFORM", "DK"),
        (2, "CHAT", "NO"),
        (3, "EMAIL", "SE"),
        (4, "CARD", "DE"),
        (5, "IMPORT", "DK"),
        (6, "VENDOR", "NO"),
        (7, "ERP", "DK"),
        (8, "WEBFORM", "SE"),
    ):
        crm.add(number, source, country=country)
    crm.add(EMPLOYEE, "USER")
    crm.add(10, "WEBFORM", born=date(now.year - 14, now.month, 1))
    crm.add(11, "FAIR", country="SE", email=None)
    crm.add(12, "WEBFORM", registered=now - timedelta(days=300))
    crm.withdraw(12, "EMARKETING")
    persons = sorted(crm.persons)
    world.deliver_all("person.created", persons)
    world.drain()
    world.deliver_all("person.changed", persons)
    world.drain()
    return world


def test_the_same_manifest_differs_in_nothing(demo: World) -> None:
    with replaying(demo) as replay:
        found = replay.shadow(parse(SAME.encode(), "same.yaml"), LONG_AGO)

    assert found == Shadow(decisions=24, persons=12, differing=0, consequences=[], erased=0, not_kept={})


def test_another_manifest_is_told_by_whom_it_hits(demo: World) -> None:
    changed = other("source: [USER, CARD, PHONE, FAIR]", "source: [CARD]")
    with replaying(demo) as replay:
        found = replay.shadow(changed, LONG_AGO)

    assert (found.persons, found.differing) == (12, 1)
    assert [(one.change, list(one.persons)) for one in found.consequences] == [
        (Change("STORE", "61F/FAIR", "met-in-person", "review", "catch-all"), [11]),
        (Change("mail", "notice13", "met-in-person", "none (review)", ""), [11]),
    ]


def test_two_manifests_are_compared_on_what_was_decided(demo: World) -> None:
    longer = other("expires: P12M", "expires: P24M")
    with replaying(demo) as replay:
        found = replay.compare(longer, parse(SAME.encode(), "same.yaml"), LONG_AGO)
        none = replay.compare(longer, longer, LONG_AGO)

    assert [(one.change.what, one.change.before, one.change.after) for one in found.consequences] == [
        ("STORE", "61F/IMPORT for P24M", "61F/IMPORT for P12M"),
        ("STORE", "61F/VENDOR for P24M", "61F/VENDOR for P12M"),
    ]
    assert none.consequences == []


def test_a_domain_that_was_kept_as_a_hash_is_known_again(demo: World) -> None:
    with replaying(demo) as replay:
        hit = replay.shadow(
            other("when: {source: ERP}", "when: {source: ERP, email_domain: example.com}"), LONG_AGO
        )
        missed = replay.shadow(
            other("when: {source: ERP}", "when: {source: ERP, email_domain: example.org}"), LONG_AGO
        )

    assert hit.differing == 0
    assert [list(one.persons) for one in missed.consequences if one.change.what == "STORE"] == [[7]]


def test_only_what_was_decided_since_then_is_replayed(demo: World) -> None:
    with replaying(demo) as replay:
        assert replay.shadow(parse(SAME.encode(), "same.yaml"), demo.clock.now()).decisions == 0


def test_what_is_not_kept_any_more_and_what_was_not_kept_yet_is_counted(demo: World) -> None:
    with demo.turn() as turn:
        turn.ledgers.decisions.forget(PersonId(1))
        turn.session.run(
            b"UPDATE decision SET facts = (facts::jsonb - 'country')::json"
            b" WHERE tenant_id = %(tenant_id)s AND person_id = 4"
        )
        found = Replaying(turn, demo.crm.lists).shadow(parse(SAME.encode(), "same.yaml"), LONG_AGO)

    assert (found.erased, found.decisions, found.not_kept) == (2, 22, {"country": 2})


def test_a_manifest_that_the_tenant_lacks_something_for_is_refused(demo: World) -> None:
    with replaying(demo) as replay, pytest.raises(ManifestInvalid, match="missing_template"):
        replay.shadow(other("template: privacy-notice-13", "template: privacy-notice-99"), LONG_AGO)


def test_pages_of_decisions_follow_each_other(demo: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("so_privacy_ext.storage.past._PAGE", 5)
    with replaying(demo) as replay:
        assert replay.shadow(parse(SAME.encode(), "same.yaml"), LONG_AGO).decisions == 24
