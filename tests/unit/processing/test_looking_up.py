"""Mails of which nobody knows, looked up by the database's clock."""

from datetime import timedelta
from typing import Any

import pytest

from so_privacy_ext.errors import CrmFailure, Fault, NeedsHuman, NoOp, Park, Retry
from so_privacy_ext.processing.looking_up import look_up_due
from tests.unit.processing.fake_crm import CHAT_TEMPLATE, NOTICE_13, failure
from tests.unit.processing.world import World, drain_all

NOT_SENT: dict[str, Any] = {"fail": failure(Retry, Fault.TRANSPORT)}


@pytest.fixture
def unknown(world: World) -> World:
    """A person of whose mail nobody knows, two minutes after it was asked for."""
    world.crm.add(1)
    world.crm.on("send_notice", **NOT_SENT)
    world.deliver("person.created", 1)
    world.drain()
    world.advance(seconds=121)
    return world


def look(world: World) -> None:
    with world.working() as work:
        look_up_due(work)


def states(world: World) -> list[object]:
    return [one["state"] for one in world.rows("mail")]


@pytest.mark.row("F32")
def test_an_outage_uses_no_look_up_up(unknown: World) -> None:
    unknown.crm.on("notice_archived", times=1000, fail=failure(Retry, Fault.TRANSPORT))
    for _ in range(5):
        with pytest.raises(Retry):
            look(unknown)
        look(unknown)  # not due again for a minute
        unknown.advance(minutes=10)
    assert not unknown.reviews()

    unknown.crm.scripts.clear()
    unknown.crm.archive(1, NOTICE_13)
    look(unknown)
    assert states(unknown) == ["sent"]


@pytest.mark.row("F32")
def test_what_can_t_be_looked_up_for_a_day_is_left_to_a_human(unknown: World) -> None:
    unknown.crm.on("notice_archived", times=1000, fail=failure(Park, Fault.ACCESS_DENIED))
    with pytest.raises(Park):
        look(unknown)
    unknown.advance(days=1)
    with pytest.raises(Park):
        look(unknown)
    assert [kind for _, kind, _ in unknown.reviews()] == ["mail"]
    look(unknown)


@pytest.mark.row("F32")
@pytest.mark.parametrize(
    "failed", [(NoOp, Fault.NOT_FOUND), (NeedsHuman, Fault.VALIDATION), (Retry, Fault.PROTOCOL)]
)
def test_a_look_up_that_is_refused_stops_no_other(
    unknown: World, failed: tuple[type[CrmFailure], Fault]
) -> None:
    unknown.crm.add(2)
    unknown.crm.on("send_notice", **NOT_SENT)
    unknown.deliver("person.created", 2)
    unknown.drain()
    unknown.crm.archive(2, NOTICE_13)
    unknown.advance(minutes=3)
    unknown.crm.on("notice_archived", fail=failure(*failed))
    look(unknown)
    assert states(unknown) == ["unknown", "sent"]


def test_a_look_up_at_once_that_fails_is_made_up_for(world: World) -> None:
    world.crm.add(1)
    world.crm.on("send_notice", fail=failure(Retry, Fault.TRANSPORT), applied=True)
    world.crm.on("notice_archived", fail=failure(Retry, Fault.TRANSPORT))
    world.deliver("person.created", 1)
    world.drain()
    assert states(world) == ["unknown"]
    world.advance(seconds=61)
    look(world)
    assert states(world) == ["sent"]


@pytest.mark.row("F55")
@pytest.mark.parametrize(
    "jump", [timedelta(hours=2), timedelta(hours=-2), timedelta(days=3650), timedelta(days=-3650)]
)
def test_a_worker_s_clock_that_jumps_moves_no_look_up(world: World, jump: timedelta) -> None:
    world.crm.add(1)
    world.crm.on("send_notice", **NOT_SENT)
    world.deliver("person.created", 1)
    with world.working() as work:  # the connection keeps the database's time
        world.clock.offset = jump
        drain_all(work)
        look_up_due(work)
    (mail,) = world.rows("mail")
    assert mail["state"] == "unknown"
    assert 100 < (mail["look_up_at"] - mail["claimed_at"]).total_seconds() <= 121
    assert not world.reviews()


@pytest.mark.row("F55")
@pytest.mark.parametrize("jump", [timedelta(hours=2), timedelta(days=-3650)])
def test_a_worker_s_clock_that_jumps_loses_and_repeats_nothing(world: World, jump: timedelta) -> None:
    world.crm.add(1)
    world.crm.add(2, None)
    world.deliver_all("person.created", (1, 2))
    with world.working() as work:
        world.clock.offset = jump
        drain_all(work)
    world.clock.offset = timedelta(seconds=30)
    for _ in range(5):
        world.drain()
        world.advance(seconds=6)
    assert not world.events("open")
    assert world.crm.writes == 1
    assert len(world.crm.outbox) == 1


# The CRM's own mails


@pytest.fixture
def chatting(world: World) -> World:
    world.crm.add(2, "CHAT")
    world.deliver("person.created", 2)
    world.drain()
    return world


def how(world: World) -> list[object]:
    return [one["how"] for one in world.rows("duty")]


def test_a_duty_is_looked_up_at_once_after_two_and_ten_minutes(chatting: World) -> None:
    for minutes in (0, 1, 2, 5, 5, 60):
        chatting.advance(minutes=minutes)
        look(chatting)
    assert chatting.crm.count("notice_archived") == 3
    assert how(chatting) == [None]


def test_an_outage_uses_no_look_up_of_a_duty_up(chatting: World) -> None:
    chatting.crm.archive(2, CHAT_TEMPLATE)
    chatting.crm.on("notice_archived", times=2, fail=failure(Retry, Fault.TRANSPORT))
    for _ in range(2):
        with pytest.raises(Retry):
            look(chatting)
    look(chatting)
    assert how(chatting) == ["activity"]


def test_a_refused_look_up_of_a_duty_is_made_again(chatting: World) -> None:
    chatting.crm.archive(2, CHAT_TEMPLATE)
    chatting.crm.on("notice_archived", fail=failure(NeedsHuman, Fault.VALIDATION))
    look(chatting)
    assert how(chatting) == [None]
    chatting.advance(minutes=3)
    look(chatting)
    assert how(chatting) == ["activity"]


def test_many_look_ups_hold_up_neither_new_events_nor_others(world: World) -> None:
    """A chunk a turn at the most, and one alone when somebody waits; what is left stays due."""
    for person in range(2, 25):
        world.crm.add(person, "CHAT")
        world.deliver("person.created", person)
    world.drain()
    with world.working(must_yield=lambda: True) as work:
        look_up_due(work)
    assert world.crm.count("notice_archived") == 1

    look(world)
    assert world.crm.count("notice_archived") == 21
    look(world)
    assert world.crm.count("notice_archived") == 23
