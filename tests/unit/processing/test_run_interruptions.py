"""A run that dies before any statement that takes effect goes on to the same end; nobody is told twice.

Before one is after the one before it, since nothing is kept in between; so only the last is killed after too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from so_privacy_ext.model import STORE
from so_privacy_ext.processing.looking_up import look_up_due
from so_privacy_ext.processing.running import work_on
from so_privacy_ext.runs import RunState, Waves
from so_privacy_ext.storage import run_register
from so_privacy_ext.storage.session import open_session
from tests.unit.processing import runs
from tests.unit.processing.crashing import Crash, Fuse, Fused, fused
from tests.unit.processing.fake_crm import IMPORTER
from tests.unit.processing.fake_mass import FakeMass
from tests.unit.processing.runs import AT_ONCE, consents, old
from tests.unit.processing.world import World

COMMENT = "of another integration"
TAKES_EFFECT = re.compile(
    r"commit|crm\.(set_consent|send_notice)|mass\.write|mails\.(claim|set_state)|runs\.(checked|next_wave|wait|go_on|finish)"
    r"|runs\.(worked|looked_at|stop)"
)
"""What the CRM or the database keeps; all other statements read, or stand in a transaction that is undone."""


def persons_of(world: World) -> list[int]:
    """Enter two: one of whom a row is changed and one made and who is told, one whose row was another's."""
    told, imported = old(world, "ERP"), old(world, "CARD", email=None)
    world.crm.write_row(imported, STORE, "61C", "CARD", by=IMPORTER, comment=COMMENT)
    return [told, imported]


def work(world: World, fuse: Fuse) -> None:
    """Work on a run, in bulk if it was started so."""
    with world.turn() as turn:
        mass = Fused("mass", FakeMass(world.crm), fuse)
        work = replace(world.work(turn, ledgers=fused(turn.ledgers, fuse)), mass=mass)
        work_on(replace(work, crm=Fused("crm", world.crm, fuse)), Fused("runs", turn.runs, fuse))


def work_to_the_end(world: World, run_id: int) -> None:
    for _ in range(5):
        runs.work_once(world, FakeMass(world.crm))
        with world.turn() as turn:
            look_up_due(world.work(turn))
        if not runs.shown(world, run_id).under_way:
            return
    raise AssertionError("a run never ends")


def begin_apply(world: World, waves: Waves = AT_ONCE) -> tuple[int, list[int]]:
    persons = persons_of(world)
    run_id = runs.plan(world, persons, tell=True)
    runs.start(world, run_id, waves)
    return run_id, persons


def begin_in_bulk(world: World) -> tuple[int, list[int]]:
    return begin_apply(world, replace(AT_ONCE, mass=True))


def begin_undo(world: World) -> tuple[int, list[int]]:
    run_id, persons = begin_apply(world)
    runs.work_once(world)
    with open_session(world.dsn, world.tenant_id) as session:
        undo_id = run_register.add_undo(session, run_id, who="anna", withdraw_new=False)
    runs.start(world, undo_id)
    return undo_id, persons


def check_applied(world: World, run_id: int, persons: list[int], where: str) -> None:
    told, imported = persons
    assert {key: row[:2] for key, row in consents(world, told).items()} == {
        STORE: ("61F", "ERP"),
        "ACCOUNTING": ("61C", "ERP"),
    }, where
    assert world.crm.store(imported) == ("61F", "CARD"), where
    assert {row.updated_count for row in world.crm.rows[told].values()} == {0, 1}, where
    kept = {one["person_id"]: one["before"] for one in world.rows("run_person")}
    assert set(kept[imported]) == {STORE}, where
    mails = sum(one.person_id == told for one in world.crm.outbox)
    states = [one["state"] for one in world.rows("mail") if one["person_id"] == told]
    assert (mails, states) in ((1, ["sent"]), (0, ["unknown"])), where


def check_undone(world: World, run_id: int, persons: list[int], where: str) -> None:
    told, imported = persons
    assert runs.tally(world, run_id).done == 2, where
    assert consents(world, told)[STORE] == ("61B", "ERP", ""), where
    assert consents(world, imported) == {STORE: ("61C", "CARD", COMMENT)}, where
    world.deliver("person.changed", told)
    world.deliver("person.changed", imported)
    world.drain()
    assert consents(world, told)[STORE] == ("61B", "ERP", ""), where


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.row("F50")
@pytest.mark.parametrize(
    ("begin", "check", "writes"),
    [
        (begin_apply, check_applied, "crm.set_consent"),
        (begin_in_bulk, check_applied, "mass.write"),
        (begin_undo, check_undone, "crm.set_consent"),
    ],
)
def test_every_call_of_a_run_can_be_the_last(
    world: World,
    begin: Callable[[World], tuple[int, list[int]]],
    check: Callable[[World, int, list[int], str], None],
    writes: str,
) -> None:
    fuse = Fuse()
    run_id, persons = begin(world)
    work(world, fuse)
    check(world, run_id, persons, "unharmed")
    assert {writes, "commit", "decisions.intend", "runs.finish"} <= set(fuse.seen)
    points = [(at, name) for at, name in enumerate(fuse.seen) if TAKES_EFFECT.match(name)]
    for at, name in [*points, (len(fuse.seen), "the end")]:
        after = at == len(fuse.seen)
        where = f"before call {at}, {name}"
        run_id, persons = begin(world)
        with pytest.raises(Crash):
            work(world, Fuse(at - after, after=after))
        if runs.shown(world, run_id).under_way:
            work_to_the_end(world, run_id)
        assert runs.shown(world, run_id).state is RunState.DONE, where
        check(world, run_id, persons, where)
    assert world.journal()  # whole, and its chain holds
