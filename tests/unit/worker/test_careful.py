"""One person whom nothing can be done for must not hold up the others."""

from collections.abc import Callable

import pytest

from so_privacy_ext import worker
from so_privacy_ext.errors import Fault, Retry, StorageUnavailable
from so_privacy_ext.processing.drain import drain
from so_privacy_ext.processing.recording import WAITS
from so_privacy_ext.worker import carefully
from tests.unit.processing.fake_crm import failure
from tests.unit.processing.world import World, never

POISON = 13


@pytest.fixture
def poisoned(world: World) -> World:
    """A person whom no reply about can be read."""
    for one in (1, 2, POISON):
        world.crm.add(one)
    world.crm.poison[POISON] = failure(Retry, Fault.PROTOCOL)
    return world


def work_carefully(world: World, must_yield: Callable[[], bool] = never) -> bool:
    with world.working(must_yield=must_yield) as work:
        return carefully(work)


@pytest.mark.row("F53")
@pytest.mark.parametrize("poison", [failure(Retry, Fault.PROTOCOL), RuntimeError("a defect")])
def test_the_others_go_on_and_the_poison_is_given_up_in_the_end(poisoned: World, poison: Exception) -> None:
    poisoned.crm.poison[POISON] = poison
    poisoned.deliver_all("person.created", (1, POISON, 2))
    assert not work_carefully(poisoned)
    assert [poisoned.crm.store(one)[0] for one in (1, 2)] == ["61F", "61F"]
    assert [one.attempts for one in poisoned.events("open")] == [1]

    for wait in WAITS:
        assert not poisoned.events("dead")
        poisoned.advance(seconds=wait + 1)
        work_carefully(poisoned)
    assert [(one.primary_key, one.attempts) for one in poisoned.events("dead")] == [(POISON, 8)]


@pytest.mark.row("F53")
def test_all_events_of_a_begun_decision_are_put_off_together(world: World) -> None:
    world.crm.add(1)
    world.deliver_all("person.created", (1, 1, 1))
    world.crm.on("read_consents", fail=RuntimeError("a defect"))
    with world.working() as work, pytest.raises(RuntimeError):
        drain(work)
    world.crm.on("read_persons", fail=RuntimeError("a defect"))
    assert not work_carefully(world)
    assert [one.attempts for one in world.events("open")] == [1, 1, 1]


def test_what_the_slice_itself_has_put_off_is_counted_once(world: World) -> None:
    world.crm.add(1)
    world.deliver("person.created", 1)
    world.crm.on("set_consent", fail=failure(Retry, Fault.PROTOCOL))
    world.crm.on("read_consents", fail=failure(Retry, Fault.PROTOCOL))
    assert not work_carefully(world)
    assert [one.attempts for one in world.events("open")] == [1]


def test_what_would_hit_everybody_stops_it(world: World) -> None:
    world.crm.add(1)
    world.deliver("person.created", 1)
    for failed in (failure(Retry, Fault.TRANSIENT), StorageUnavailable("gone")):
        world.crm.on("read_persons", fail=failed)
        with pytest.raises(type(failed)):
            work_carefully(world)
    assert [one.attempts for one in world.events("open")] == [0]


def test_it_yields_between_events(world: World) -> None:
    for one in (1, 2):
        world.crm.add(one)
    world.deliver_all("person.created", (1, 2))
    assert work_carefully(world, must_yield=lambda: True)
    assert len(world.events("open")) == 1


def test_a_long_slice_is_not_worked_to_its_end_in_one_go(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SLICE", 2)
    for one in (1, 2, 3):
        world.crm.add(one)
    world.deliver_all("person.created", (1, 2, 3))
    assert work_carefully(world)
    assert len(world.events("open")) == 1
