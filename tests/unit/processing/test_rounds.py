"""Long work from outside a worker: a step at a time, and the tenant has its own turns in between."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from so_privacy_ext import rounds as module
from so_privacy_ext.errors import CrmFailure, Fault, Park, Retry
from so_privacy_ext.rounds import FAILURES, GIVE_WAY, LONGEST_WAIT, rounds
from so_privacy_ext.storage.turns import Turn, take
from tests.unit.processing.fake_crm import failure
from tests.unit.processing.world import KEY, World


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHARE", 0.0)


def counting(last: int, each: Callable[[int], None] = lambda _: None) -> Callable[[Turn], int | None]:
    """Count to a number, once for each step that does not fail."""
    done = 0

    def step(turn: Turn) -> int | None:
        nonlocal done
        assert not turn.lost
        if done == last:
            return None
        each(done)
        done += 1
        return done

    return step


def test_steps_follow_each_other_in_one_turn_while_nobody_waits(world: World) -> None:
    turns = 0

    def taking() -> Turn:
        nonlocal turns
        turns += 1
        turn = take(world.dsn, world.tenant_id, KEY)
        assert turn is not None
        return turn

    assert list(rounds(taking, counting(5))) == [1, 2, 3, 4, 5]
    assert turns == 1


@pytest.mark.usefixtures("short")
def test_an_event_is_worked_between_two_steps(world: World) -> None:
    world.crm.add(1)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        world.drain()  # what a worker does, who has the turn at once

    answers = []
    for answer in rounds(world.turn, counting(3), pause=pause):
        answers.append(answer)
        if answer == 1:
            world.deliver("person.created", 1)
    assert answers == [1, 2, 3]
    assert pauses == [GIVE_WAY]
    assert [mail.person_id for mail in world.crm.outbox] == [1]


@pytest.mark.usefixtures("short")
def test_nobody_waits_for_a_tenant_that_owes_nothing(world: World) -> None:
    def never(seconds: float) -> None:
        raise AssertionError(seconds)

    assert list(rounds(world.turn, counting(3), pause=never)) == [1, 2, 3]


def test_periodic_work_that_is_due_counts_as_owed(world: World) -> None:
    with world.turn() as turn:
        owed = [turn.owes]
        for seconds in (0.0, 60.0):
            turn.due("sweep", seconds)
            owed.append(turn.owes)
    assert owed == [False, True, False]


def test_a_failure_that_may_pass_is_waited_out(world: World) -> None:
    left = [
        failure(Retry, Fault.THROTTLED, wait=7.0),
        failure(Retry, Fault.TRANSIENT),
        failure(Retry, Fault.THROTTLED, wait=900.0),
    ]
    pauses: list[float] = []

    def each(done: int) -> None:
        if done == 1 and left:
            raise left.pop(0)

    assert list(rounds(world.turn, counting(3, each), pause=pauses.append)) == [1, 2, 3]
    assert pauses == [7.0, 4.0, LONGEST_WAIT]


def test_one_that_goes_on_failing_is_given_up(world: World) -> None:
    pauses: list[float] = []

    def each(done: int) -> None:
        raise failure(Retry, Fault.TRANSIENT, wait=float(done + 1))

    with pytest.raises(CrmFailure) as caught:
        list(rounds(world.turn, counting(3, each), pause=pauses.append))
    assert caught.value.fault is Fault.TRANSIENT
    assert pauses == [1.0] * FAILURES


def test_a_tenant_that_is_parked_is_said_at_once(world: World) -> None:
    def each(done: int) -> None:
        raise failure(Park, Fault.TENANT_STATE)

    with pytest.raises(Park):
        list(rounds(world.turn, counting(3, each), pause=lambda _: None))
    with world.turn():
        pass  # it was let go
