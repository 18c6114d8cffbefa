"""What a human does with runs: keeps a plan as one, starts, stops and takes it back, and looks it up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import PersonId
from so_privacy_ext.runs import FOR_GOOD, PersonState, Run, RunKind, RunState, Stop, Waves
from so_privacy_ext.storage.database import Row
from so_privacy_ext.storage.runs import run_of
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_sql = Statements("runs")


@dataclass(frozen=True, slots=True)
class NewRun:
    """A plan as it is kept: what it was made of, and its head as JSON."""

    epoch: int
    plan: str
    manifest: str
    lists: str
    head: str
    who: str


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What a plan says of one person, as JSON."""

    person_id: PersonId
    planned: str
    mails: bool
    acts: bool
    """There is something to write, to mail or to ask a human."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which persons of a run; None chooses nothing by that."""

    state: PersonState | None = None
    reason: str | None = None
    """Why she was skipped, or failed."""
    answer: str | None = None
    """`bounced` or `refused`."""
    wave: int | None = None
    mailed: bool | None = None
    what: str | None = None
    """By what the plan says of her: `gets`, `changes`, `mails`, `reviews`, `left`, `denied`."""
    rule: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """One person of a run as a human sees her."""

    person_id: PersonId
    state: str
    reason: str | None
    wave: int | None
    mail: str | None
    answer: str | None
    decision_id: int | None


def add(session: TenantSession, new: NewRun, persons: Iterable[NewPerson]) -> int:
    """Keep a plan as a run that is planned; give its id. The same plan once, unless it was undone."""
    with session.transaction():
        row = session.row(_sql["same_plan"], {"plan": new.plan})
        if row is not None:
            if row["state"] == RunState.PLANNED:
                return int(row["run_id"])
            raise _applied(row)
        run_id = int(session.one(_sql["add"], asdict(new))["run_id"])
        for person in persons:
            session.run(_sql["add_person"], {"run_id": run_id, **asdict(person)})
    return run_id


def add_undo(session: TenantSession, run_id: int, *, who: str, withdraw_new: bool) -> int:
    """Keep the taking back of a run as a run that is planned; give its id."""
    with session.transaction():
        run = shown(session, run_id)
        if run.kind is RunKind.UNDO:
            how = "make a plan and apply it"
            raise Refused("undo_of_undo", f"run {run_id} took another one back", how, Exit.USAGE)
        if run.state not in {RunState.DONE, RunState.STOPPED}:
            how = f"so-privacy run stop {run_id}" if run.under_way else "choose another: so-privacy run list"
            raise Refused("not_undoable", f"run {run_id} is {run.state}", how, Exit.BAD_DATA)
        _refuse_ended_for_good(run)
        values: dict[str, Any] = {"run_id": run_id, "who": who, "withdraw_new": withdraw_new}
        row = session.row(_sql["add_undo"], values)
        if row is None:
            what, how = "the CRM was set back to a backup since", "see to the persons by a new plan"
            raise Refused("run_epoch", what, how, Exit.BAD_DATA)
        undo = int(row["run_id"])
        session.run(_sql["add_undone_persons"], {"run_id": run_id, "undo": undo})
    return undo


def start(session: TenantSession, run_id: int, *, who: str, waves: Waves, skip_changed: bool) -> Run:
    """Have a run that is planned or stopped go on, under the tenant's turn; one at a time."""
    with session.transaction():
        run = shown(session, run_id)
        _refuse_ended_for_good(run)
        _refuse_old_undo(session, run)
        other = session.row(_sql["other_under_way"], {"run_id": run_id})
        if other is not None:
            how = f"wait for its end, or stop it: so-privacy run stop {other['run_id']}"
            raise Refused("run_under_way", f"run {other['run_id']} is under way", how, Exit.UNAVAILABLE)
        if run.reason == Stop.CHANGED_SINCE and not (skip_changed or run.skip_changed):
            raise changed_since(session, run_id)
        values = {
            "run_id": run_id,
            "who": who,
            "waves": json.dumps(asdict(waves)),
            "skip_changed": skip_changed,
        }
        if not session.run(_sql["start"], values):
            what = f"run {run_id} is {run.state}"
            raise Refused("not_startable", what, "see so-privacy run list", Exit.BAD_DATA)
        session.run(_sql["wake"])
        return shown(session, run_id)


def stop(session: TenantSession, run_id: int) -> Run:
    """Stop a run that is under way, or refuse; nobody needs the tenant's turn for that."""
    with session.transaction():
        stopped = session.run(_sql["stop"], {"run_id": run_id, "reason": str(Stop.BY_HAND)})
        run = shown(session, run_id)
    if not stopped:
        what = f"run {run_id} is {run.state}"
        raise Refused("not_under_way", what, "see so-privacy run list", Exit.BAD_DATA)
    return run


def shown(session: TenantSession, run_id: int) -> Run:
    """Show one run."""
    row = session.row(_sql["show"], {"run_id": run_id})
    if row is None:
        what, how = f"this tenant has no run {run_id}", "see so-privacy run list"
        raise Refused("no_run", what, how, Exit.NO_INPUT)
    return run_of(row)


def listed(session: TenantSession, *, limit: int = 100) -> Sequence[Run]:
    """List runs, newest first."""
    return [run_of(row) for row in session.rows(_sql["list"], {"limit": limit})]


def persons(
    session: TenantSession, run_id: int, choice: Choice, *, after: int = 0, limit: int = 1000
) -> Sequence[ListedPerson]:
    """Open a number into persons, by id."""
    values = asdict(choice) | {"run_id": run_id, "after": after, "limit": limit}
    names = ListedPerson.__slots__
    rows = session.rows(_sql["persons"], values)
    return [ListedPerson(**{name: row[name] for name in names}) for row in rows]


def changed_since(session: TenantSession, run_id: int) -> Refused:
    """Say who has changed since the plan was made."""
    choice = Choice(state=PersonState.SKIPPED, reason=Stop.CHANGED_SINCE)
    found = persons(session, run_id, choice)
    ids = ", ".join(str(one.person_id) for one in found[:20])
    more = f", … ({len(found)} persons or more)" if len(found) > 20 else ""
    return Refused(
        "changed_since",
        f"persons have changed since the plan was made: {ids}{more}",
        f"make a new plan, or go on without them: so-privacy run resume {run_id} --skip-changed",
        Exit.BAD_DATA,
    )


def _refuse_ended_for_good(run: Run) -> None:
    if run.reason in FOR_GOOD:
        what = f"run {run.run_id} was stopped for good: {run.reason}"
        raise Refused("run_over", what, "make a new plan: so-privacy plan", Exit.BAD_DATA)


def _refuse_old_undo(session: TenantSession, undo: Run) -> None:
    """Refuse to take back a run that went on after the undo was made, which would leave half of it."""
    if undo.undoes is None:
        return
    run = shown(session, undo.undoes)
    if run.under_way or (run.ended_at is not None and run.ended_at > undo.made_at):
        what, how = f"run {run.run_id} went on since", f"begin anew: so-privacy undo {run.run_id}"
        raise Refused("undo_outdated", what, how, Exit.BAD_DATA)


def _applied(row: Row) -> Refused:
    run_id, state = row["run_id"], row["state"]
    if state == RunState.STOPPED:
        how = f"so-privacy run resume {run_id}"
    else:
        how = f"see so-privacy run show {run_id}, or make a new plan: so-privacy plan"
    return Refused("plan_applied", f"this plan is run {run_id}, which is {state}", how, Exit.BAD_DATA)
