"""A world that is kept in a folder from one run to the next."""

import stat
from pathlib import Path

import pytest

from so_sandbox import keeping
from so_sandbox.demo_tenant import add_demo_tenants
from so_sandbox.world.world import World


@pytest.fixture
def world() -> World:
    world = World()
    add_demo_tenants(world)
    return world


def test_all_of_it_comes_back(world: World, tmp_path: Path) -> None:
    tenant = next(iter(world.tenants.values()))
    anna = tenant.create_person(channel="WEBFORM", emails=["anna@example.com"])
    world.switches.turn("delivery", "requeue")
    keeping.write(tmp_path, world)
    again = keeping.load(tmp_path)

    assert again is not None
    assert list(again.tenants) == list(world.tenants)
    there = again.tenants[tenant.context_identifier]
    assert there.tables == tenant.tables
    assert there.person(anna.person_id).registered == anna.registered
    assert again.switches.delivery == "requeue"
    assert stat.S_IMODE((tmp_path / "world").stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["world"]


def test_what_is_written_later_replaces_it(world: World, tmp_path: Path) -> None:
    keeping.write(tmp_path, world)
    next(iter(world.tenants.values())).create_person(channel="API")
    keeping.write(tmp_path, world)

    kept = keeping.load(tmp_path)
    assert kept is not None
    assert len(next(iter(kept.tenants.values())).persons()) == 1


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x80\x04N.", b"\x80\x05cno_such_module\nX\n."])
def test_what_cannot_be_read_is_no_world(tmp_path: Path, content: bytes) -> None:
    assert keeping.load(tmp_path) is None
    (tmp_path / "world").write_bytes(content)

    assert keeping.load(tmp_path) is None
