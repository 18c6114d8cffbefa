"""Sweeps a tenant for what no event told of, and says afterwards what that can prove."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from so_privacy_ext.model import Change, ChangePage, LastIds, Mark, PersonId, Stage, Sweep, SweepKind
from so_privacy_ext.ports import Changes, Clock, Journal, Sweeps, TransactionFactory

_STAGES: Mapping[SweepKind, tuple[Stage, ...]] = {
    SweepKind.NEW: (Stage.NEW_PERSONS, Stage.NEW_ADDRESSES, Stage.NEW_CONSENTS),
    SweepKind.WHOLE: tuple(Stage),
}


def sweep(
    sweeps: Sweeps,
    changes: Changes,
    clock: Clock,
    kind: SweepKind,
    why: str,
    *,
    must_yield: Callable[[], bool],
) -> Sweep | None:
    """Sweep on, or begin to; give the sweep once it is finished, None when others must have their turn first.

    How far it came is kept with each page, after whom the page found lies in the inbox; where the next sweep
    begins, only at the end. So one that is killed goes on, and one that fails has promised nothing.
    Raises the `CrmFailure` that stopped it.
    """
    current = sweeps.current() or sweeps.begin(kind, why, clock.now(), changes.last_ids())
    for stage, begin, bound in _left(current):
        after = begin
        while after < bound:
            page = changes.page(stage, after=after, since=current.not_before)
            after = bound if page is None else page.last
            sweeps.hand_over(current, stage, after, [] if page is None else list(_found(current, page)))
            if must_yield():
                return None
    sweeps.finish(current)
    return current


def prove(sweeps: Sweeps, journal: Journal, transaction: TransactionFactory) -> None:
    """Journal what finished sweeps can state, when the last event that one of them waits for has ended."""
    with transaction():
        for one in sweeps.prove():
            if one.kind is SweepKind.NEW and not one.found and not one.besides:
                continue
            content = {
                "sweep_id": one.sweep_id,
                "kind": one.kind,
                "why": one.why,
                "since": one.since.isoformat(),
                "until": one.until.isoformat(),
                "found": one.found,
                "known": one.known,
                "handled": one.handled,
                "given_up": one.given_up,
                "besides": one.besides,
            }
            journal.append("swept", None, content)


def _left(current: Sweep) -> Iterator[tuple[Stage, int, int]]:
    """Give each stage that is left, after which id it goes on, and the id at which it ends."""
    stages = _STAGES[current.kind]
    start = 0 if current.stage is None else stages.index(current.stage)
    for stage in stages[start:]:
        begin = 0 if stage.startswith("changed") else _of(stage, current.froms)
        if stage is current.stage and current.after is not None:
            begin = current.after
        yield stage, begin, _of(stage, current.tos)


def _of(stage: Stage, ids: LastIds) -> int:
    if stage in {Stage.NEW_PERSONS, Stage.CHANGED_PERSONS}:
        return ids.person
    return ids.address if stage in {Stage.NEW_ADDRESSES, Stage.CHANGED_ADDRESSES} else ids.consent


def _found(current: Sweep, page: ChangePage) -> Iterator[tuple[Change, bool]]:
    """Give each person of a page once, unless it was too long ago, and whether it was in the sweep's time."""
    together: dict[PersonId, Change] = {}
    for change in page.changes:
        known = together.get(change.person_id)
        together[change.person_id] = change if known is None else _merged(known, change)
    for change in together.values():
        if any(at >= current.not_before for at in change.at):
            yield change, any(current.since < at <= current.until for at in change.at)


def _merged(one: Change, other: Change) -> Change:
    marks = (one.mark, other.mark)
    return Change(
        one.person_id,
        (*one.at, *other.at),
        Mark(
            _latest(*(mark.updated_count for mark in marks)),
            _latest(*(mark.address_id for mark in marks)),
            _latest_time(*(mark.consents_at for mark in marks)),
        ),
    )


def _latest(*given: int | None) -> int | None:
    return max((one for one in given if one is not None), default=None)


def _latest_time(*given: datetime | None) -> datetime | None:
    return max((one for one in given if one is not None), default=None)
