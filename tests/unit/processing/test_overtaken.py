"""A ruling is carried out only on what it was made on; what others wrote since is ruled on anew."""

from typing import Any

import pytest

from so_privacy_ext.errors import Fault, Retry
from so_privacy_ext.model import STORE
from so_privacy_ext.processing.drain import drain
from so_privacy_ext.processing.work import CHUNK
from tests.unit.processing.fake_crm import IMPORTER, failure
from tests.unit.processing.world import World

LOST_BEFORE_IT_WAS_DONE: dict[str, Any] = {"fail": failure(Retry, Fault.TRANSPORT)}


def values(world: World, person_id: int) -> dict[str, tuple[str, str]]:
    return {key: (row.basis, row.source) for key, row in world.crm.rows[person_id].items()}


def first_results(world: World, person_id: int) -> dict[str, str | None]:
    first = next(one.content for one in world.journal("decision") if one.person_id == person_id)
    return {one["purpose"]: one["result"] for one in first["decisions"]}


@pytest.mark.row("F20")
def test_an_import_that_came_after_the_ruling_is_not_overwritten_by_it(world: World) -> None:
    persons = [world.crm.add(number, "CARD") for number in range(1, CHUNK + 2)]
    world.deliver_all("person.created", persons)
    with world.working(must_yield=lambda: True) as work:
        drain(work)  # another tenant waits: one is ruled on and not reached
    (late,) = (one for one in persons if values(world, one) == {STORE: ("61B", "CARD")})
    world.crm.write_row(late, STORE, "61B", "VENDOR", by=IMPORTER)
    world.settle()

    assert values(world, late) == {STORE: ("61F", "VENDOR")}
    assert first_results(world, late) == {STORE: "overtaken"}
    assert world.crm.writes == len(persons)
    assert len(world.crm.outbox) == len(persons)


@pytest.mark.row("F20")
def test_the_rest_of_a_ruling_is_overtaken_when_its_first_write_was_written_over(world: World) -> None:
    gitte = world.crm.add(7, "ERP")
    world.crm.on("set_consent", nth=2, **LOST_BEFORE_IT_WAS_DONE)
    world.deliver("person.created", gitte)
    with pytest.raises(Retry):
        world.drain()
    assert values(world, gitte) == {STORE: ("61F", "ERP")}
    world.crm.write_row(gitte, STORE, "61B", "VENDOR", by=IMPORTER)
    world.settle()

    assert values(world, gitte) == {STORE: ("61F", "VENDOR")}
    assert first_results(world, gitte) == {STORE: "written", "ACCOUNTING": "overtaken"}


def test_a_resumed_ruling_goes_on_when_only_we_have_written(world: World) -> None:
    gitte = world.crm.add(7, "ERP")
    world.crm.on("set_consent", nth=2, **LOST_BEFORE_IT_WAS_DONE)
    world.deliver("person.created", gitte)
    with pytest.raises(Retry):
        world.drain()
    world.settle()

    assert values(world, gitte) == {STORE: ("61F", "ERP"), "ACCOUNTING": ("61C", "ERP")}
    assert set(first_results(world, gitte).values()) == {"written"}
    assert len(world.decisions(gitte)) == 1
