"""A manifest is changed while work is on its way: each decision stays with the version that made it."""

from __future__ import annotations

import hashlib

import pytest

from so_privacy_ext.processing.drain import drain
from so_privacy_ext.processing.work import CHUNK
from tests.unit.processing.world import NORDIC, World

V1 = NORDIC.read_bytes()
V2 = V1.replace(b"privacy-notice-13, version: 1", b"privacy-notice-13, version: 2").replace(
    b'give: {STORE: {basis: 61F}}\n    tell: notice13\n    because: "Business',
    b'give: {STORE: {basis: 61F, expires: P12M}}\n    tell: notice13\n    because: "Business',
)
COUNT = 2 * CHUNK + 3


@pytest.mark.row("F56")
def test_what_is_on_its_way_keeps_the_version_that_decided_it_and_nobody_is_told_twice(world: World) -> None:
    assert V1 != V2
    digests = {content: hashlib.sha256(content).hexdigest() for content in (V1, V2)}
    first = [world.crm.add(one, "CARD") for one in range(1, COUNT + 1)]
    world.deliver_all("person.created", first)
    with world.working(must_yield=lambda: True) as work:
        drain(work)  # decides on all of them, and carries the first chunk out
    world.activate(V2)
    later = [world.crm.add(one, "CARD") for one in range(1001, 1004)]
    world.deliver_all("person.created", later)
    world.drain()

    for person in [*first, *later]:
        (decided,) = world.decisions(person)
        version = digests[V1 if person in first else V2]
        row = world.crm.rows[person]["STORE"]
        assert decided.decision.ruling.digest == version
        assert row.comment == f"so-privacy met-in-person {version[:12]}"
        assert [one.result for one in decided.effects] == ["written"]
        assert (decided.effects[0].expires_at is None) == (person in first)
    mails = {(one["person_id"], one["mail"]): one["version"] for one in world.rows("mail")}
    assert len(mails) == len(world.rows("mail")) == len(first) + len(later)
    assert {mails[person, "notice13"] for person in first} == {1}
    assert {mails[person, "notice13"] for person in later} == {2}


@pytest.mark.row("F56")
def test_a_new_version_of_a_mail_alone_tells_nobody_anew(world: World) -> None:
    person = world.crm.add(1, "CARD")
    world.deliver("person.created", person)
    world.drain()
    world.activate(V1.replace(b"privacy-notice-13, version: 1", b"privacy-notice-13, version: 2"))
    world.deliver("person.changed", person)
    world.drain()

    assert len(world.rows("mail")) == len(world.crm.outbox) == 1
    assert world.last_decision(person)["mail"] == "already_told"


@pytest.mark.row("F56")
def test_a_mail_that_says_so_tells_anew_once(world: World) -> None:
    person = world.crm.add(1, "CARD")
    world.deliver("person.created", person)
    world.drain()
    world.activate(
        V1.replace(b"privacy-notice-13, version: 1", b"privacy-notice-13, version: 2, retell: true")
    )
    for _ in range(2):
        world.deliver("person.changed", person)
        world.drain()

    assert [one["version"] for one in world.rows("mail")] == [1, 2]
