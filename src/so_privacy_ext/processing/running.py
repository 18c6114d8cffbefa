"""Works on the run that is under way: compares, goes from wave to wave, waits, brakes, ends."""

from __future__ import annotations

import time
from collections.abc import Sequence

from so_privacy_ext.processing import applying, undoing
from so_privacy_ext.processing.answers import look_for_answers, too_many
from so_privacy_ext.processing.drain import refuse_reissued
from so_privacy_ext.processing.leg import Leg
from so_privacy_ext.processing.list_digest import lists_digest
from so_privacy_ext.processing.mass_writing import MASS_CHUNK
from so_privacy_ext.processing.wanting import FLIP_WINDOW
from so_privacy_ext.processing.work import CHUNK, Work
from so_privacy_ext.runs import DAY, Run, RunKind, RunPerson, Runs, RunState, Skip, Stop, Tally, Wait

HOUR = 3600.0
SOON = 1.0
"""Seconds that a run waits at the least, where it must wait."""


def work_on(work: Work, runs: Runs) -> float | None:
    """Work on the run that is under way until told to yield; give the seconds until it must go on.

    None when there is nothing to go on with. Whoever has the tenant's turn may call it, however the last one
    ended. Raises the `CrmFailure` that stopped it; what was done until then is recorded, the rest is open.
    """
    run = runs.current()
    if run is None:
        return _look_back(work, runs)
    if run.seconds_to_wait > 0:
        return run.seconds_to_wait
    void = _void(work, run)
    if void is not None:
        _stop(work, runs, run, void)
        return None
    began = time.monotonic()
    wait = _go_on(work, runs, run)
    runs.worked(run.run_id, time.monotonic() - began)
    return wait


def compare(work: Work, runs: Runs, run: Run) -> bool:
    """Look at the next persons of a run before anything is begun; False when there are none left."""
    people = runs.to_check(run, MASS_CHUNK)
    if people:
        look = applying.compare if run.kind is RunKind.APPLY else undoing.survey
        look(work, runs, run, people)
        runs.checked(run.run_id, people[-1].person_id)
    return bool(people)


def _go_on(work: Work, runs: Runs, run: Run) -> float | None:
    while True:
        wait = _step(work, runs, run)
        now = runs.current()
        if now is None:
            return runs.next_look()
        if wait is not None:
            return wait
        if work.must_yield():
            return 0.0
        run = now


def _step(work: Work, runs: Runs, run: Run) -> float | None:
    """Do the next thing that a run asks for; give the seconds to wait, if it must."""
    if run.checked_at is None:
        if not compare(work, runs, run):
            _all_compared(work, runs, run)
        return None
    if run.state is RunState.WAITING and run.reason == Wait.RETRY:
        runs.go_on(run.run_id)
        return None
    if run.state is RunState.WAITING:
        _go_on_after_waiting(work, runs, run)
        return None
    people = runs.next_persons(run, _at_a_time(work, run)) if run.wave else ()
    if people:
        return _work_for(work, runs, run, people)
    retry = runs.seconds_to_next(run) if run.wave else None
    return _over(work, runs, run) if retry is None else _wait(runs, run, Wait.RETRY, retry)


def _at_a_time(work: Work, run: Run) -> int:
    """Tell how many persons are carried out together."""
    return MASS_CHUNK if run.waves.mass and work.mass is not None else CHUNK


def _all_compared(work: Work, runs: Runs, run: Run) -> None:
    changed = any(runs.tally(run.run_id).skipped.get(reason) for reason in (Skip.CHANGED_SINCE, Skip.GONE))
    if run.kind is RunKind.APPLY and changed and not run.skip_changed:
        _stop(work, runs, run, Stop.CHANGED_SINCE)
    else:
        runs.checked(run.run_id, None)


def _over(work: Work, runs: Runs, run: Run) -> float | None:
    """End a wave that is through, and the run with the last one."""
    tally = runs.tally(run.run_id)
    if not tally.open:
        with work.ledgers.transaction():
            runs.finish(run.run_id)
            work.ledgers.journal.append("run_done", None, _content(run, tally))
    elif run.wave and 0 < runs.failed_share(run) >= run.waves.failures:
        _stop(work, runs, run, Stop.FAILURES)
    elif run.wave and run.waves.wait > 0:
        return _wait(runs, run, Wait.NEXT_WAVE, run.waves.wait)
    elif not _braked(work, runs, run):
        runs.next_wave(run.run_id)
    return None


def _go_on_after_waiting(work: Work, runs: Runs, run: Run) -> None:
    if _braked(work, runs, run):
        return
    if run.reason == Wait.NEXT_WAVE:
        runs.next_wave(run.run_id)
    else:
        runs.go_on(run.run_id)


def _braked(work: Work, runs: Runs, run: Run) -> bool:
    """Look at what came of the mails until now, and stop if too many came back or were answered by a no."""
    look_for_answers(work, runs, run)
    stop = too_many(runs, run)
    if stop is not None:
        _stop(work, runs, run, stop)
    return stop is not None


def _work_for(work: Work, runs: Runs, run: Run, people: Sequence[RunPerson]) -> float | None:
    """Carry out a chunk, as far as its mails may go out now."""
    allowed, wait = _mails_allowed(runs, run)
    people = _as_far_as(people, allowed)
    if not people:
        return _wait(runs, run, Wait.MAILS, wait)
    persons = work.crm.read_persons([one.person_id for one in people], work.manifest.fields)
    refuse_reissued(work, persons)
    lists = work.crm.lists()
    if run.kind is RunKind.APPLY and lists_digest(lists) != run.lists:
        _stop(work, runs, run, Stop.LISTS_CHANGED)
        return None
    do = applying.apply if run.kind is RunKind.APPLY else undoing.undo
    quiet = work.ledgers.decisions.quiet(list(persons), FLIP_WINDOW)
    stopped = do(Leg(work, runs, run, people, persons, lists, quiet))
    if stopped is not None:
        raise stopped
    return None


def _mails_allowed(runs: Runs, run: Run) -> tuple[int, float]:
    """Tell how many mails may go out now, and in how many seconds one may where none may."""
    hour, hour_ends = runs.mailed_within(run.run_id, HOUR)
    day, day_ends = runs.mailed_within(run.run_id, DAY)
    waves = run.waves
    if day >= waves.mails_a_day:
        return 0, day_ends
    return min(waves.mails_an_hour - hour, waves.mails_a_day - day), hour_ends


def _as_far_as(people: Sequence[RunPerson], mails: int) -> Sequence[RunPerson]:
    """Give the first persons who come to no more than so many mails."""
    for place, one in enumerate(people):
        mails -= one.mails
        if mails < 0:
            return people[:place]
    return people


def _wait(runs: Runs, run: Run, reason: Wait, seconds: float) -> float:
    seconds = max(seconds, SOON)
    runs.wait(run.run_id, reason, seconds)
    return seconds


def _void(work: Work, run: Run) -> Stop | None:
    """Say why a run may not go on, whatever else."""
    if run.epoch != work.tenant.epoch:
        return Stop.RESTORED
    if run.kind is RunKind.UNDO:
        return None
    if run.manifest != work.manifest.digest:
        return Stop.MANIFEST_REPLACED
    return None if run.lists == lists_digest(work.crm.lists()) else Stop.LISTS_CHANGED


def _stop(work: Work, runs: Runs, run: Run, reason: Stop) -> None:
    with work.ledgers.transaction():
        if runs.stop(run.run_id, reason):
            content = _content(run, runs.tally(run.run_id)) | {"reason": str(reason)}
            work.ledgers.journal.append("run_stopped", None, content)


def _look_back(work: Work, runs: Runs) -> float | None:
    """Look once more at the last mails of a run that is through, when its time has come."""
    run = runs.to_look_at()
    if run is not None and run.epoch == work.tenant.epoch:
        look_for_answers(work, runs, run)
        runs.looked_at(run.run_id)
    return runs.next_look()


def _content(run: Run, tally: Tally) -> dict[str, object]:
    return {
        "run_id": run.run_id,
        "kind": str(run.kind),
        "undoes": run.undoes,
        "plan": run.plan,
        "manifest": run.manifest,
        "done": tally.done,
        "open": tally.open,
        "skipped": dict(tally.skipped),
        "failed": dict(tally.failed),
        "mailed": tally.mailed,
        "bounced": tally.bounced,
        "refused": tally.refused,
    }
