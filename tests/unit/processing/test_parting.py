"""Persons who are gone: no error, no retry, and nothing lost when they were merged."""

import pytest

from so_privacy_ext.errors import Fault, NoOp, Retry
from so_privacy_ext.model import STORE, WITHDRAWN
from tests.unit.processing.fake_crm import failure
from tests.unit.processing.world import World, drain_all


def duties(world: World) -> list[object]:
    return [one["how"] for one in world.rows("duty")]


@pytest.mark.row("F63")
@pytest.mark.parametrize("name", ["person.created", "person.softdeleted", "person.deleted"])
def test_who_is_gone_at_the_read_is_no_error(world: World, name: str) -> None:
    event = world.deliver(name, 99)
    world.drain()
    assert world.reasons() == {event: "gone"}
    assert [one.content for one in world.journal("gone")] == [{"merged_into": None}]
    assert not world.events("dead")
    assert world.crm.writes == 0


@pytest.mark.row("F63")
def test_who_goes_between_decision_and_write_is_gone(world: World) -> None:
    for one in (1, 2):
        world.crm.add(one)
    world.crm.on("set_consent", before=lambda: world.crm.soft_delete(1))
    world.deliver_all("person.created", (1, 2))
    world.drain()
    assert world.last_decision(1)["result"] == "gone"
    assert sorted(map(str, world.reasons().values())) == ["effect", "gone"]
    assert world.crm.store(2) == ("61F", "WEBFORM")
    assert world.crm.writes == 2
    assert [mail.person_id for mail in world.crm.outbox] == [2]
    assert not world.reviews()


@pytest.mark.row("F63")
def test_a_person_s_other_purposes_are_not_tried_once_she_is_gone(world: World) -> None:
    world.crm.add(7, "ERP")
    world.crm.on("set_consent", nth=1, before=lambda: world.crm.soft_delete(7))
    world.deliver("person.created", 7)
    world.drain()
    assert world.crm.writes == 1


@pytest.mark.row("F63")
def test_what_was_written_before_she_went_is_on_record(world: World) -> None:
    world.crm.add(7, "ERP")
    world.crm.on("set_consent", nth=2, before=lambda: world.crm.soft_delete(7))
    event = world.deliver("person.created", 7)
    world.drain()
    assert world.reasons() == {event: "effect"}
    assert sorted(str(one["result"]) for one in world.last_decision(7)["decisions"]) == ["None", "written"]


@pytest.mark.row("F63")
def test_a_begun_decision_of_a_person_who_went_meanwhile_ends(world: World) -> None:
    world.crm.add(7, "ERP")
    world.crm.on("set_consent", nth=2, fail=failure(Retry, Fault.TRANSIENT))
    world.deliver("person.created", 7)
    with world.working() as work, pytest.raises(Retry):
        drain_all(work)
    world.crm.soft_delete(7)
    world.advance(seconds=6)
    world.drain()
    assert set(world.reasons().values()) == {"gone"}
    assert world.last_decision(7)["result"] == "gone"
    assert sorted(str(one["result"]) for one in world.last_decision(7)["decisions"]) == ["None", "written"]
    (decision,) = world.decisions(7)
    assert decision.result == "gone"


@pytest.mark.row("F63")
def test_one_of_two_begun_goes_and_the_other_is_finished(world: World) -> None:
    for one in (1, 2):
        world.crm.add(one)
    world.crm.on("read_consents", fail=failure(Retry, Fault.TRANSIENT))
    world.deliver_all("person.created", (1, 2))
    with world.working() as work, pytest.raises(Retry):
        drain_all(work)
    world.crm.soft_delete(1)
    world.drain()
    assert sorted(map(str, world.reasons().values())) == ["effect", "gone"]


@pytest.mark.row("F63")
@pytest.mark.row("F66")
@pytest.mark.parametrize("resumed", [False, True])
def test_a_human_overwritten_is_shown_though_the_person_went_right_after(world: World, resumed: bool) -> None:
    """She may come back within two weeks."""
    world.crm.add(1, "CARD")
    world.crm.on("set_consent", before=lambda: world.crm.write_row(1, STORE, "61C", "USER"))
    world.deliver("person.created", 1)
    if resumed:
        world.crm.on("best_language", fail=failure(Retry, Fault.TRANSIENT))
        with world.working() as work, pytest.raises(Retry):
            drain_all(work)
        world.crm.soft_delete(1)
        world.advance(seconds=6)
    else:
        world.crm.on("send_notice", before=lambda: world.crm.soft_delete(1))
    world.drain()
    assert world.reviews() == [(1, "overwritten", STORE)]
    assert not world.events("open")


def test_not_found_of_a_person_who_is_there_is_put_off(world: World) -> None:
    world.crm.add(1)
    world.crm.on("set_consent", fail=failure(NoOp, Fault.NOT_FOUND))
    world.deliver("person.created", 1)
    world.drain()
    assert [(one.attempts, one.reason) for one in world.events("open")] == [(1, "not_found")]
    world.advance(seconds=6)
    world.drain()
    assert world.crm.store(1) == ("61F", "WEBFORM")


def test_a_failure_while_looking_again_leaves_the_case_begun(world: World) -> None:
    world.crm.add(1)
    world.crm.on("set_consent", before=lambda: world.crm.soft_delete(1))
    world.crm.on("read_persons", nth=2, fail=failure(Retry, Fault.TRANSIENT))
    world.deliver("person.created", 1)
    with world.working() as work, pytest.raises(Retry):
        drain_all(work)
    assert [one.attempts for one in world.events("open")] == [0]
    world.drain()
    assert set(world.reasons().values()) == {"gone"}


@pytest.mark.row("F65")
def test_a_merged_person_is_looked_at_under_her_new_id(world: World) -> None:
    source, destination = world.crm.add(1, "CARD"), world.crm.add(2, "CARD")
    world.crm.withdraw(destination, "EMARKETING")
    world.crm.merge(source, destination)
    world.deliver("person.created", source)
    world.drain()
    assert world.crm.store(destination) == ("61F", "CARD")
    assert world.crm.rows[destination]["EMARKETING"].basis == WITHDRAWN
    assert world.crm.store(source) == ("61B", "CARD")
    assert [one.content for one in world.journal("gone")] == [{"merged_into": destination}]


@pytest.mark.row("F65")
@pytest.mark.parametrize("moment", ["set_consent", "best_language", "send_notice"])
def test_a_merge_at_any_moment_is_followed(world: World, moment: str) -> None:
    source = world.crm.add(1, "CARD", email="anna@example.com")
    destination = world.crm.add(2, "CARD", email="anna@example.com")
    world.crm.on(moment, before=lambda: world.crm.merge(source, destination))
    world.deliver("person.created", source)
    world.drain()
    assert world.crm.store(destination) == ("61F", "CARD")
    assert len(world.crm.outbox) <= 1
    assert not world.events("open")
    assert duties(world).count(None) <= 1


@pytest.mark.row("F65")
def test_after_a_merge_the_same_address_is_told_once(world: World) -> None:
    source = world.crm.add(1, "CARD", email="anna@example.com")
    destination = world.crm.add(2, "CARD", email="Anna@example.com")
    world.deliver("person.created", source)
    world.drain()
    world.crm.merge(source, destination)
    world.deliver("person.changed", source)
    world.drain()
    assert len(world.crm.outbox) == 1
    assert world.last_decision(destination)["mail"] == "already_told"


@pytest.mark.row("F65")
def test_a_withdrawal_survives_a_merge(world: World) -> None:
    source, destination = world.crm.add(1, "CARD"), world.crm.add(2, "CARD")
    world.crm.withdraw(destination)
    world.crm.merge(source, destination)
    world.deliver_all("person.changed", (source, destination))
    world.drain()
    assert world.crm.rows[destination][STORE].basis == WITHDRAWN
    assert world.crm.writes == 0
    assert not world.crm.outbox
