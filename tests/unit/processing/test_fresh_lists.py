"""A slice is decided on the lists as they are once its persons were read, by a manifest that knows them."""

from __future__ import annotations

from dataclasses import replace

from so_privacy_ext.model import TenantLists
from tests.unit.processing.fake_crm import NEW_SOURCES
from tests.unit.processing.world import NORDIC, World


def lists_become(world: World, listing: TenantLists) -> None:
    """Have the reading of the next persons find something that the lists didn't know."""

    def met() -> None:
        world.crm.listing = listing
        world.crm.forget_lists()

    world.crm.on("read_persons", before=met)


def test_a_source_of_today_can_be_written(world: World) -> None:
    whole = world.crm.listing
    world.crm.listing = replace(
        whole, sources=tuple(one for one in whole.sources if one.key not in NEW_SOURCES)
    )
    world.crm.add(1, "FAIR")
    lists_become(world, whole)
    world.deliver("person.created", 1)
    world.drain()
    assert world.crm.store(1) == ("61F", "FAIR")
    assert world.reviews() == []


def test_a_category_of_today_decides(world: World) -> None:
    world.activate(NORDIC.read_bytes().replace(b"when: always", b"when: {category: Supplier}"))
    person = world.crm.add(1, "UNKNOWN")
    world.crm.change(person, category_id=54)
    lists_become(
        world, replace(world.crm.listing, categories={**world.crm.listing.categories, 54: "Supplier"})
    )
    world.deliver("person.created", 1)
    world.drain()
    assert world.reviews() == [(1, "purpose", "STORE")]
