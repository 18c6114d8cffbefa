"""Plans and runs on a world: a plan of whom a test names, and turns that work on the run until it waits."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from so_privacy_ext.model import LastIds, PersonId, TenantLists
from so_privacy_ext.ports import Ledgers, MassWriter
from so_privacy_ext.processing.applying import head_json, planned_json
from so_privacy_ext.processing.planned import PlannedPerson
from so_privacy_ext.processing.planning import Tally as Planned
from so_privacy_ext.processing.planning import acts, as_told, plan_persons
from so_privacy_ext.processing.running import work_on
from so_privacy_ext.runs import Run, Runs, Tally, Waves
from so_privacy_ext.storage import run_register
from so_privacy_ext.storage import runs as kept_runs
from so_privacy_ext.storage.run_register import Choice, ListedPerson, NewPerson, NewRun
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.turns import Turn
from tests.unit.processing.world import World, never

SINCE_EVER = datetime(2000, 1, 1, tzinfo=UTC)
AT_ONCE = Waves(wait=0.0)
_seals = (f"{number:064x}" for number in itertools.count(1))


def old(world: World, source: str = "ERP", **more: Any) -> int:
    """Enter a person whom the CRM has had for a year."""
    number = 1000 + len(world.crm.persons)
    return world.crm.add(number, source, registered=world.clock.now() - timedelta(days=365), **more)


def number(person_id: int) -> PersonId:
    return PersonId(person_id)


def other_lists(world: World) -> TenantLists:
    """Give lists that say something else."""
    return replace(world.crm.listing, default_basis="61F")


def plan(world: World, person_ids: Sequence[int], *, tell: bool = False, who: str = "anna") -> int:
    """Plan for persons as they stand, and keep it as a run."""
    tell_from = SINCE_EVER if tell else None
    with world.turn() as turn:
        work = world.work(turn)
        work = replace(work, tenant=as_told(work.tenant, tell_from))
        found = work.crm.read_persons([PersonId(one) for one in person_ids], work.manifest.fields)
        tally = Planned()
        people = list(plan_persons(work, [found[PersonId(one)] for one in person_ids], tally))
        head = tally.head(
            work.manifest,
            tenant=work.tenant,
            lists=work.crm.lists(),
            made_at=world.clock.now(),
            last_ids=LastIds(0, 0, 0),
            tell_from=tell_from,
        )
        new = NewRun(head.epoch, next(_seals), head.manifest, head.lists, head_json(head), who)
        return run_register.add(turn.session, new, [_new(one) for one in people])


def start(world: World, run_id: int, waves: Waves = AT_ONCE, *, skip_changed: bool = False) -> None:
    with world.turn() as turn:
        run_register.start(turn.session, run_id, who="anna", waves=waves, skip_changed=skip_changed)


def work(
    world: World,
    turn: Turn,
    runs: Runs | None = None,
    ledgers: Ledgers | None = None,
    mass: MassWriter | None = None,
) -> float | None:
    """Work on the run in a turn, as the worker does."""
    made = replace(world.work(turn, must_yield=never, ledgers=ledgers), mass=mass)
    return work_on(made, runs or turn.runs)


def work_once(world: World, mass: MassWriter | None = None) -> float | None:
    with world.turn() as turn:
        return work(world, turn, mass=mass)


def apply(world: World, person_ids: Sequence[int], waves: Waves = AT_ONCE, *, tell: bool = False) -> int:
    """Plan for persons, start the run, and work on it until it ends or waits."""
    run_id = plan(world, person_ids, tell=tell)
    start(world, run_id, waves)
    work_once(world)
    return run_id


def undo(world: World, run_id: int, *, withdraw_new: bool = False) -> int:
    """Take a run back, and work on that until it ends."""
    with open_session(world.dsn, world.tenant_id) as session:
        undo_id = run_register.add_undo(session, run_id, who="anna", withdraw_new=withdraw_new)
    start(world, undo_id)
    work_once(world)
    return undo_id


def shown(world: World, run_id: int) -> Run:
    with open_session(world.dsn, world.tenant_id) as session:
        return run_register.shown(session, run_id)


def tally(world: World, run_id: int) -> Tally:
    with open_session(world.dsn, world.tenant_id) as session:
        return kept_runs.tally(session, run_id)


def people(world: World, run_id: int, **choice: Any) -> dict[int, ListedPerson]:
    with open_session(world.dsn, world.tenant_id) as session:
        found = run_register.persons(session, run_id, Choice(**choice))
    return {one.person_id: one for one in found}


def consents(world: World, person_id: int) -> dict[str, tuple[str, str, str]]:
    """Give what stands, to the byte: basis, source and comment by purpose."""
    return {key: (row.basis, row.source, row.comment) for key, row in world.crm.rows[person_id].items()}


def _new(one: PlannedPerson) -> NewPerson:
    return NewPerson(one.person_id, planned_json(one), one.mail is not None, acts(one))
