"""Consents: only differences are written, and only what is read back counts."""

from dataclasses import replace
from typing import Any

import pytest

from so_privacy_ext.errors import Fault, NeedsHuman, NoOp, Park, Retry
from so_privacy_ext.model import STORE
from so_privacy_ext.processing.drain import drain
from so_privacy_ext.processing.writing import write
from tests.unit.processing.fake_crm import BOT, EMPLOYEE, IMPORTER, failure, tenant_lists
from tests.unit.processing.world import NORDIC, World, drain_all, with_tenant

LOST: dict[str, Any] = {"applied": True, "fail": failure(Retry, Fault.TRANSPORT)}


def results(world: World, person_id: int) -> dict[str, str | None]:
    return {one["purpose"]: one["result"] for one in world.last_decision(person_id)["decisions"]}


def test_several_purposes_of_one_person(world: World) -> None:
    gitte = world.crm.add(7, "ERP")
    world.deliver("person.created", gitte)
    world.drain()

    rows = world.crm.rows[gitte]
    assert {key: (row.basis, row.source) for key, row in rows.items()} == {
        "STORE": ("61F", "ERP"),
        "ACCOUNTING": ("61C", "ERP"),
    }
    assert results(world, gitte) == {"STORE": "written", "ACCOUNTING": "written"}


@pytest.mark.row("F21")
def test_what_is_right_already_is_left(world: World) -> None:
    anna = world.crm.add(1, basis="61F")
    event = world.deliver("person.changed", anna)
    world.drain()
    assert world.crm.writes == 0
    assert results(world, anna) == {"STORE": "already_right"}
    assert world.reasons()[event] == "effect"  # the notice


@pytest.mark.row("F31")
def test_a_write_whose_reply_is_lost_is_found_by_reading_back(world: World) -> None:
    anna = world.crm.add(1)
    world.crm.on("set_consent", **LOST)
    event = world.deliver("person.created", anna)
    world.drain()

    assert world.crm.writes == 1
    assert world.crm.store(anna) == ("61F", "WEBFORM")
    assert len(world.crm.outbox) == 1
    assert world.reasons() == {event: "effect"}


@pytest.mark.row("F31")
def test_a_lost_reply_holds_up_nobody_else(world: World) -> None:
    for person in (1, 2, 3):
        world.crm.add(person)
    world.crm.on("set_consent", nth=2, **LOST)
    world.deliver_all("person.created", (1, 2, 3))
    world.drain()
    assert world.crm.writes == 3
    assert set(world.reasons().values()) == {"effect"}


@pytest.mark.row("F31")
def test_when_the_read_back_fails_too_the_next_turn_looks_first(world: World) -> None:
    anna = world.crm.add(1)
    world.crm.on("set_consent", **LOST)
    world.crm.on("read_consents", fail=failure(Retry, Fault.TRANSIENT))
    world.deliver("person.created", anna)
    with world.working() as work, pytest.raises(Retry) as seen:
        drain_all(work)
    assert seen.value.fault is Fault.TRANSPORT
    world.advance(seconds=6)
    world.drain()

    assert world.crm.writes == 1
    assert results(world, anna) == {"STORE": "written"}
    assert world.last_decision(anna)["result"] == "effect"


@pytest.mark.row("F31")
def test_a_wait_that_the_crm_asks_for_stops_the_tenant_though_the_write_held(world: World) -> None:
    for person in (1, 2):
        world.crm.add(person)
    world.crm.on("set_consent", fail=failure(Retry, Fault.THROTTLED, wait=10.0), applied=True)
    world.deliver_all("person.created", (1, 2))
    with world.working() as work, pytest.raises(Retry) as seen:
        drain_all(work)
    assert seen.value.wait == 10.0
    assert world.crm.writes == 1
    assert not world.crm.outbox
    world.drain()
    assert world.crm.writes == 2
    assert [one["result"] for one in (world.last_decision(1), world.last_decision(2))] == ["effect"] * 2


def test_a_write_that_failed_for_good_is_put_off_and_stops_the_slice(world: World) -> None:
    for person in (1, 2):
        world.crm.add(person)
    world.crm.on("set_consent", fail=failure(Retry, Fault.TRANSIENT))
    world.deliver_all("person.created", (1, 2))
    with world.working() as work, pytest.raises(Retry):
        drain_all(work)
    assert world.crm.writes == 1
    assert [(one.attempts, one.reason) for one in world.events("open")] == [(1, "transient"), (0, None)]

    world.drain()  # the first waits, the second goes on
    assert [world.crm.store(one)[0] for one in (1, 2)] == ["61B", "61F"]
    world.advance(seconds=6)
    world.drain()
    assert world.crm.store(1) == ("61F", "WEBFORM")
    assert len(world.crm.outbox) == 2


def test_a_parked_tenant_is_no_attempt_of_the_person_who_found_out(world: World) -> None:
    anna = world.crm.add(1)
    world.crm.on("set_consent", fail=failure(Park, Fault.TENANT_STATE))
    world.deliver("person.created", anna)
    with world.working() as work, pytest.raises(Park):
        drain_all(work)
    assert [one.attempts for one in world.events("open")] == [0]
    world.drain()
    assert world.crm.store(anna) == ("61F", "WEBFORM")


def test_nonsense_about_one_person_holds_up_nobody_else(world: World) -> None:
    for person in (1, 2):
        world.crm.add(person)
    world.crm.on("set_consent", fail=failure(Retry, Fault.PROTOCOL))
    world.deliver_all("person.created", (1, 2))
    world.drain()
    assert world.crm.store(2) == ("61F", "WEBFORM")
    assert [(one.attempts, one.reason) for one in world.events("open")] == [(1, "protocol")]


@pytest.mark.row("F31")
def test_a_claim_of_success_that_does_not_hold_is_no_success(world: World) -> None:
    anna = world.crm.add(1)
    row = world.crm.rows[anna][STORE]
    world.crm.on("set_consent", after=lambda: world.crm.rows[anna].update({STORE: row}))
    world.deliver("person.created", anna)
    world.drain()

    assert not world.crm.outbox
    assert [(one.attempts, one.reason) for one in world.events("open")] == [(1, "unknown")]
    world.advance(seconds=6)
    world.drain()
    assert world.crm.store(anna) == ("61F", "WEBFORM")
    assert world.crm.writes == 2


@pytest.mark.row("F53")
def test_a_case_that_never_holds_is_left_to_a_human_after_eight_more_attempts(world: World) -> None:
    anna, bo = world.crm.add(1), world.crm.add(2)
    row = world.crm.rows[anna][STORE]
    world.crm.on(
        "set_consent", times=100, after=lambda: world.crm.rows[anna].update({STORE: row})
    )  # whoever is written, Anna's row goes back
    world.deliver_all("person.created", (anna, bo))
    for _ in range(12):
        world.drain()
        world.advance(hours=13)

    assert [(one.attempts, one.state, one.reason) for one in world.events("dead")] == [(8, "dead", "unknown")]
    assert world.crm.store(bo) == ("61F", "WEBFORM")
    assert world.reviews() == [(anna, "failed", "")]
    assert [one.person_id for one in world.journal("given_up")] == [anna]
    assert len(world.decisions(anna)) == 1


@pytest.mark.row("F59")
@pytest.mark.parametrize("lost", ["purposes", "bases", "sources"])
@pytest.mark.parametrize("how", [{"deleted": True}, {"key": "RENAMED"}])
def test_a_key_that_the_tenant_has_lost_is_never_written(
    world: World, lost: str, how: dict[str, Any]
) -> None:
    keys = {"purposes": STORE, "bases": "61F", "sources": "WEBFORM"}
    standing = getattr(tenant_lists(), lost)
    items = tuple(replace(one, **how) if one.key == keys[lost] else one for one in standing)
    anna = world.crm.add(1)
    world.crm.listing = tenant_lists(**{lost: items})
    world.deliver("person.created", anna)
    world.drain()

    assert world.crm.writes == 0
    assert results(world, anna) == {"STORE": "blocked_list_item"}
    assert (anna, "failed", STORE) in world.reviews()


@pytest.mark.row("F59")
def test_an_inactive_purpose_is_not_written(world: World) -> None:
    items = tuple(replace(one, active=one.key != STORE) for one in tenant_lists().purposes)
    world.crm.listing = tenant_lists(purposes=items)
    world.crm.add(1)
    world.deliver("person.created", 1)
    world.drain()
    assert world.crm.writes == 0


@pytest.mark.row("F59")
def test_a_list_event_drops_the_cached_lists(world: World) -> None:
    world.crm.add(1)
    world.deliver("person.created", 1)
    world.drain()
    assert world.crm.lists_read == 1
    event = world.deliver("list.consentsource.changed", 5)
    world.deliver("person.changed", 1)
    world.drain()
    assert world.crm.lists_read == 2
    assert world.reasons()[event] == "lists_refreshed"


@pytest.mark.row("F66")
def test_a_human_between_the_batched_read_and_the_write_is_not_overwritten(world: World) -> None:
    people = [world.crm.add(one) for one in range(1, 41)]
    world.deliver_all("person.created", people)
    world.crm.on("read_consents", before=lambda: world.crm.write_row(people[0], STORE, "61C", "USER"))
    world.drain()
    assert world.crm.store(people[0]) == ("61C", "USER")
    assert results(world, people[0]) == {"STORE": "human"}


@pytest.mark.row("F66")
def test_a_human_overwritten_in_between_is_shown_each_time(world: World) -> None:
    anna = world.crm.add(1)
    world.crm.on("set_consent", before=lambda: world.crm.write_row(anna, STORE, "61C", "USER"))
    world.deliver("person.created", anna)
    world.drain()
    assert results(world, anna) == {"STORE": "overwritten_in_between"}
    assert world.reviews() == [(anna, "overwritten", STORE)]
    assert world.reasons()


@pytest.mark.row("F66")
@pytest.mark.row("F68")
def test_a_human_who_writes_right_after_us_stands(world: World) -> None:
    anna = world.crm.add(1)
    world.crm.on("set_consent", after=lambda: world.crm.write_row(anna, STORE, "61C", "USER"))
    world.deliver("person.created", anna)
    world.drain()
    assert world.crm.store(anna) == ("61C", "USER")
    assert world.crm.writes == 1
    assert results(world, anna) == {"STORE": "human"}  # looked at once more
    assert len(world.crm.outbox) == 1


@pytest.mark.row("F68")
def test_a_row_that_was_there_first_is_compared_and_not_fought(world: World) -> None:
    gitte = world.crm.add(7, "ERP")

    def human_first() -> None:
        world.crm.write_row(gitte, "ACCOUNTING", "61C", "USER", event=False)

    world.crm.on("set_consent", nth=2, before=human_first, fail=failure(NoOp, Fault.DUPLICATE))
    world.deliver("person.created", gitte)
    world.drain()
    assert world.crm.writes == 2
    assert world.crm.rows[gitte]["ACCOUNTING"].source == "USER"
    assert results(world, gitte) == {"STORE": "already_right", "ACCOUNTING": "human"}
    assert not world.events("open")


@pytest.mark.row("F68")
def test_the_late_default_row_is_decided_on_once_more(world: World) -> None:
    anna = world.crm.add(1, None, registered=world.clock.now().replace(year=2020))
    world.activate(NORDIC.read_bytes().replace(b"give: {STORE: review}", b"give: {STORE: {basis: 61F}}"))

    def late() -> None:
        world.crm.default_row(anna, "WEBFORM")

    world.crm.on("set_consent", before=late, fail=failure(NoOp, Fault.DUPLICATE))
    world.deliver("person.created", anna)
    world.drain()
    assert world.crm.store(anna) == ("61F", "WEBFORM")
    assert world.crm.writes == 2


def test_a_refusal_is_left_to_a_human_and_the_other_purpose_is_written(world: World) -> None:
    gitte = world.crm.add(7, "ERP")
    world.crm.on("set_consent", fail=failure(NeedsHuman, Fault.VALIDATION))
    event = world.deliver("person.created", gitte)
    world.drain()
    refused, written = (one["result"] for one in world.last_decision(gitte)["decisions"])
    assert {refused, written} == {"refused_validation", "written"}
    assert world.reasons() == {event: "effect"}
    assert [kind for _, kind, _ in world.reviews()] == ["failed"]
    (decision,) = world.decisions(gitte)
    assert sorted(str(one.result) for one in decision.effects) == ["failed", "written"]


def test_a_refusal_that_had_its_effect_is_no_refusal(world: World) -> None:
    anna = world.crm.add(1)
    world.crm.on("set_consent", fail=failure(NeedsHuman, Fault.VALIDATION), applied=True)
    world.deliver("person.created", anna)
    world.drain()
    assert results(world, anna) == {"STORE": "written"}
    assert not world.reviews()


@pytest.mark.row("F69")
def test_echoes_of_our_own_writes_die(world: World) -> None:
    world.crm.emit = world.deliver
    world.crm.add(1)
    world.crm.add(7, "ERP")
    world.deliver_all("person.created", (1, 7))
    world.drain()
    assert world.crm.writes == 3
    assert len(world.events("done")) == 5
    assert not world.events("open")
    assert len(world.crm.outbox) == 2


@pytest.mark.row("F70")
@pytest.mark.parametrize("before_our_read_back", [True, False])
def test_another_app_that_writes_against_us_stops_us_after_three_writes(
    world: World, before_our_read_back: bool
) -> None:
    anna = world.crm.add(1, registered=world.clock.now().replace(year=2020))
    text = NORDIC.read_bytes().replace(b"[VENDOR, REFERRAL, IMPORT]", b"[VENDOR, REFERRAL, IMPORT, API]")
    world.activate(text)

    def flip() -> None:
        world.crm.write_row(anna, STORE, "61B", "API", by=BOT, event=False)
        world.deliver("person.consented", anna)

    flip()
    if before_our_read_back:
        world.crm.on("set_consent", times=100, after=flip)
    for _ in range(8):
        if not before_our_read_back:
            flip()
        world.drain()
    assert world.crm.writes == 3
    assert world.reviews() == [(anna, "flapping", STORE)]

    world.advance(hours=1)
    world.deliver("person.changed", anna)
    world.drain()
    assert world.crm.writes == 3  # until a human has settled it
    assert results(world, anna) == {"STORE": "flapping", "EMARKETING": "no_effect"}


@pytest.mark.row("F71")
def test_an_associate_is_never_touched(world: World) -> None:
    world.crm.add(EMPLOYEE, "USER")
    event = world.deliver("person.created", EMPLOYEE)
    world.drain()
    assert world.crm.writes == 0
    assert not world.crm.outbox
    assert world.reasons() == {event: "nothing_decided"}
    assert world.last_decision(EMPLOYEE)["mail"] == "rule_gives_none"


@pytest.mark.row("F72")
def test_the_comment_fits_and_names_rule_and_manifest(world: World) -> None:
    rule = b"r" * 64
    digest = world.activate(NORDIC.read_bytes().replace(b"id: web-plain", b"id: " + rule))
    anna = world.crm.add(1)
    world.deliver("person.created", anna)
    world.drain()
    comment = world.crm.rows[anna][STORE].comment
    assert comment == f"so-privacy {rule.decode()} {digest[:12]}"
    assert len(comment.encode("utf-16-le")) // 2 <= 255


def test_an_expiry_counts_from_the_first_write(world: World) -> None:
    emma = world.crm.add(5, "IMPORT")
    world.deliver("person.created", emma)
    world.drain()
    (first,) = (one["expires_at"] for one in world.rows("effect"))
    written = world.clock.now()
    assert (first.year, first.month) == (written.year + 1, written.month)

    world.advance(days=60)
    world.crm.write_row(emma, STORE, "61B", "IMPORT", by=IMPORTER, event=False)
    world.deliver("person.changed", emma)
    world.drain()
    assert world.crm.writes == 2
    _, again = (one["expires_at"] for one in world.rows("effect"))
    assert abs((again - first).total_seconds()) < 5


@pytest.mark.row("F67")
def test_store_withdrawn_before_the_chunk_stops_every_purpose_and_every_mail(world: World) -> None:
    people = [world.crm.add(one, "ERP") for one in range(1, 31)]
    world.deliver_all("person.created", people)

    def withdraw() -> None:
        for one in people:
            world.crm.withdraw(one)

    world.crm.on("read_consents", before=withdraw)
    world.drain()
    assert world.crm.writes == 0
    assert not world.crm.outbox
    assert results(world, 1) == {"STORE": "store_withdrawn", "ACCOUNTING": "store_withdrawn"}
    assert not world.reviews()


def test_nothing_wanted_asks_nothing(world: World) -> None:
    with world.working() as work:
        assert write(work, []) is None
        assert not drain(work)


def test_who_we_are_may_be_unknown(world: World) -> None:
    anna = world.crm.add(1)
    world.deliver("person.created", anna)
    with world.working() as work:
        drain_all(with_tenant(work, own_associate_id=None))
    assert results(world, anna) == {"STORE": "written"}


@pytest.mark.row("F59")
def test_what_a_human_must_see_is_asked_once_though_it_is_looked_at_twice(world: World) -> None:
    items = tuple(replace(one, deleted=one.key == "ACCOUNTING") for one in tenant_lists().purposes)
    world.crm.listing = tenant_lists(purposes=items)
    people = [world.crm.add(one, "ERP") for one in range(1, 22)]
    world.deliver_all("person.created", people)
    world.drain()
    assert results(world, 1) == {"STORE": "written", "ACCOUNTING": "blocked_list_item"}
    assert world.last_decision(1)["for_humans"] == [["failed", "ACCOUNTING"]]
    assert world.reviews(1) == [(1, "failed", "ACCOUNTING")]
