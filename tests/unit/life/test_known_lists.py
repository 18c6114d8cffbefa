"""Lists are read once for all processes, and anew by all when the CRM tells of a change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from so_privacy_ext.app import App
from so_privacy_ext.superoffice.lists import read_lists
from tests.unit.life.scene import FIRST, Scene

ONCE = "List.GetLegalBases"


@pytest.fixture
def other(scene: Scene) -> Iterator[App]:
    """Another process of the product, such as a command at a terminal."""
    other = App(scene.app.settings, scene.dsn, clock=scene.clock)
    yield other
    other.close()


def readings(scene: Scene) -> int:
    return scene.sandbox.world.calls.counts(FIRST).get(ONCE, 0)


def test_a_command_knows_the_lists_that_a_worker_has_read(scene: Scene, other: App) -> None:
    scene.enter(email="one@example.com")
    scene.rest()
    before = readings(scene)
    head = other.foresight(other.tenant(FIRST)).plan()
    assert head.persons
    assert readings(scene) == before
    with scene.turn() as turn:
        assert (
            other.crm(turn).lists() == scene.app.crm(turn).lists() == read_lists(scene.app.crms.client(turn))
        )


def test_a_changed_list_is_read_anew_by_whoever_comes_next(scene: Scene, other: App) -> None:
    scene.enter(email="one@example.com")
    scene.rest()
    source = next(one for one in scene.crm().tables.lists.sources.values() if one.key == "FAIR")
    source.deleted = True
    scene.control(
        "/trigger", tenant=FIRST, event="list.consentsource.changed", set={"item": str(source.item_id)}
    )
    assert scene.sandbox.dispatcher.wait_idle(20)
    scene.rest()
    with scene.turn() as turn:
        assert "FAIR" not in {one.key for one in other.crm(turn).lists().sources}
        before = readings(scene)
        assert other.crms.lists_now(turn) == scene.app.crm(turn).lists()
        assert readings(scene) == before + 1
