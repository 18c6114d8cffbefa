"""A tenant's runs: plans that are applied and taken back, for the command line and the console alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from typing import Any, Protocol

from so_privacy_ext.errors import CrmFailure, Exit, Park, Refused
from so_privacy_ext.ports import MassWriter, OfTenant
from so_privacy_ext.processing.applying import head_json, planned_json
from so_privacy_ext.processing.list_digest import lists_digest
from so_privacy_ext.processing.plan_file import Plan
from so_privacy_ext.processing.planned import PlanHead, PlannedPerson
from so_privacy_ext.processing.planning import acts
from so_privacy_ext.processing.running import compare, work_on
from so_privacy_ext.processing.work import Work
from so_privacy_ext.runs import DAY, RUN, Progress, Run, RunKind, RunState, Tally, Waves, Wishes
from so_privacy_ext.storage import proposals, run_register, runs, tenants
from so_privacy_ext.storage.manifests import none_decides
from so_privacy_ext.storage.proposals import Wish
from so_privacy_ext.storage.run_register import Choice, ListedPerson, NewPerson, NewRun
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.turns import Turn

SHARE = 2.0
"""Seconds that a run goes on before the tenant's events are looked at again."""
HELD_UP = 5.0
"""Seconds between looks at a tenant for which nothing may be done now."""
_PARKED, _FAILED = 900.0, 15.0
_A_PERSON = 0.15
"""Seconds that a person takes, until it is known."""

MASS_WAVE = 10_000
"""Persons of each further wave of a run that writes in bulk."""

MakeWork = Callable[[Turn, Callable[[], bool]], Work | None]


class House(Protocol):
    """What the product gives: sessions, turns, and what comes before the work of one."""

    def session(self, tenant: OfTenant) -> AbstractContextManager[TenantSession]: ...

    def turn(self, tenant: OfTenant) -> AbstractContextManager[Turn]: ...

    def make_work(self, turn: Turn, must_yield: Callable[[], bool]) -> Work | None: ...

    def mass_writer(self, turn: Turn) -> MassWriter: ...

    def attend(self, turn: Turn) -> bool: ...

    def failed(self, turn: Turn, failure: CrmFailure) -> bool: ...


class TenantRuns:
    """One tenant's runs; made by `App.runs`."""

    def __init__(self, house: House, tenant: OfTenant) -> None:
        self._house = house
        self._tenant = tenant

    def keep(self, plan: Plan, *, who: str, allowed: Collection[str] = ()) -> int:
        """Keep a plan as a run that is not begun; give its id, the same for the same plan.

        Refused when manifest, lists or epoch have changed since, or when rules break their limit of harm
        and are not `allowed` to.
        """
        _refuse_harm(plan.head, allowed)
        with self._house.turn(self._tenant) as turn:
            self._refuse_stale(turn, plan.head)
            head = plan.head
            new = NewRun(head.epoch, plan.seal, head.manifest, head.lists, head_json(head), who)
            return run_register.add(turn.session, new, map(_new_person, plan.persons()))

    def start(
        self,
        run_id: int,
        *,
        who: str,
        wishes: Wishes | None = None,
        skip_changed: bool = False,
        alone: bool = False,
    ) -> Progress:
        """Have a run that is planned or stopped go on; whoever has the tenant's turn works on it from now on.

        Before anything is written, all persons are compared with the plan; if anybody has changed, the run
        stops (`Stop.CHANGED_SINCE`), unless `skip_changed`. `alone`: although the tenant demands that two
        agree.
        """
        with self._house.turn(self._tenant) as turn:
            if wishes is not None and wishes.mass:
                self._house.mass_writer(turn)  # which is refused to a tenant that has not opted in
            run = run_register.shown(turn.session, run_id)
            if not alone:
                _refuse_alone(turn.session, run)
            waves = _waves(run, runs.tally(turn.session, run_id), wishes or Wishes())
            with turn.ledgers.transaction():
                run_register.start(turn.session, run_id, who=who, waves=waves, skip_changed=skip_changed)
                content: dict[str, Any] = {
                    "run_id": run_id,
                    "kind": str(run.kind),
                    "undoes": run.undoes,
                    "who": who,
                }
                content |= {"plan": run.plan} | ({"alone": True} if alone else {})
                turn.ledgers.journal.append("run_started", None, content)
                turn.due(RUN, 0.0)
                turn.wake()
        return self.progress(run_id)

    def stop(self, run_id: int) -> Progress:
        """Stop a run; who works on it ends with the persons whom it has begun with."""
        with self._house.session(self._tenant) as session:
            run_register.stop(session, run_id)
        return self.progress(run_id)

    def undo(self, run_id: int, *, who: str, withdraw_new: bool = False) -> int:
        """Keep the taking back of a run as a run that is not begun; give its id.

        Where nothing stood before the run, a row is left as it is, or with `withdraw_new` set WITHDRAWN.
        """
        with self._house.session(self._tenant) as session:
            return run_register.add_undo(session, run_id, who=who, withdraw_new=withdraw_new)

    def preview(self, run_id: int) -> Progress:
        """Look at all persons of a run that is not begun, so that its figures say whom it will leave."""
        more = True
        while more:
            with self._house.turn(self._tenant) as turn:
                until, work = time.monotonic() + SHARE, self._house.make_work(turn, lambda: False)
                if work is None:
                    raise none_decides()
                while more and time.monotonic() < until:
                    run = run_register.shown(turn.session, run_id)
                    more = run.state is RunState.PLANNED and compare(work, turn.runs, run)
                turn.wake()
        return self.progress(run_id)

    def work(self, must_stop: Callable[[], bool] = lambda: False) -> float | None:
        """Work on the run that is under way for a share of time; give the seconds until it goes on.

        None when there is nothing to go on with. It is what a worker does, for whoever has no worker.
        """
        with self._house.session(self._tenant) as session:
            standing = tenants.summary(session)
        if standing is None or standing.paused_at or standing.leaving_at or standing.parked_until:
            return HELD_UP
        with self._house.turn(self._tenant) as turn:
            until = time.monotonic() + SHARE
            try:
                if not self._house.attend(turn):
                    return HELD_UP
                return in_turn(self._house.make_work)(turn, lambda: must_stop() or time.monotonic() > until)
            except CrmFailure as failure:
                if self._house.failed(turn, failure):
                    return HELD_UP
                wait = _PARKED if isinstance(failure, Park) else _FAILED
                turn.park(str(failure.fault), failure.wait or wait)
                return HELD_UP
            finally:
                turn.wake()

    def progress(self, run_id: int) -> Progress:
        """Tell how far a run is."""
        with self._house.session(self._tenant) as session:
            run, tally = run_register.shown(session, run_id), runs.tally(session, run_id)
            standing = tenants.summary(session)
        held_up = None
        if run.under_way and standing is not None:
            held_up = "paused" if standing.paused_at else standing.parked_reason
        return Progress(run, tally, _seconds_left(run, tally) if run.under_way else None, held_up)

    def persons(
        self, run_id: int, choice: Choice, *, after: int = 0, limit: int = 1000
    ) -> Sequence[ListedPerson]:
        """Open a number of a run, or of the plan that it was made of, into persons, by id."""
        with self._house.session(self._tenant) as session:
            run_register.shown(session, run_id)
            return run_register.persons(session, run_id, choice, after=after, limit=limit)

    def listed(self, limit: int = 100) -> Sequence[Run]:
        """List the tenant's runs, newest first."""
        with self._house.session(self._tenant) as session:
            return run_register.listed(session, limit=limit)

    def changed_since(self, run_id: int) -> Refused:
        """Say who has changed since the plan was made, for a run that was stopped for it."""
        with self._house.session(self._tenant) as session:
            return run_register.changed_since(session, run_id)

    def _refuse_stale(self, turn: Turn, head: PlanHead) -> None:
        work = self._house.make_work(turn, lambda: False)
        if work is None:
            raise none_decides()
        work.crm.forget_lists()
        how = "make a new plan: so-privacy plan"
        if head.epoch != turn.tenant.epoch:
            raise Refused("plan_epoch", "the CRM was set back to a backup since", how, Exit.BAD_DATA)
        if head.manifest != work.manifest.digest:
            what = (
                f"it was made by manifest {head.manifest[:12]}, and {work.manifest.digest[:12]} decides now"
            )
            raise Refused("plan_manifest", what, f"activate that one, or {how}", Exit.BAD_DATA)
        if head.lists != lists_digest(work.crm.lists()):
            raise Refused("plan_lists", "the tenant's lists have changed since", how, Exit.BAD_DATA)


def in_turn(make_work: MakeWork) -> Callable[[Turn, Callable[[], bool]], float]:
    """Give the chore of a tenant's runs: work for a share, and say when to go on."""

    def do(turn: Turn, must_yield: Callable[[], bool]) -> float:
        until = time.monotonic() + SHARE
        work = make_work(turn, lambda: must_yield() or time.monotonic() > until)
        seconds = None if work is None else work_on(work, turn.runs)
        return DAY if seconds is None else min(seconds, DAY)

    return do


def _refuse_alone(session: TenantSession, run: Run) -> None:
    """Refuse to begin with what two must agree on; what takes back is always free, and so is going on."""
    if run.kind is RunKind.UNDO or run.started_at is not None or not proposals.demanded(session):
        return
    if not proposals.agreed_to(session, Wish.RUN, str(run.run_id)):
        raise proposals.second_pair_of_eyes("a run")


def _new_person(person: PlannedPerson) -> NewPerson:
    return NewPerson(person.person_id, planned_json(person), person.mail is not None, acts(person))


def _waves(run: Run, tally: Tally, wishes: Wishes) -> Waves:
    """Take what was wished; who is mailed nothing needs no time to answer."""
    waves = run.waves
    if run.started_at is None and not tally.mails_planned:
        waves = replace(waves, wait=0.0)
    if wishes.mass and run.started_at is None:
        waves = replace(waves, size=MASS_WAVE)
    waves = replace(waves, **{key: value for key, value in asdict(wishes).items() if value is not None})
    counts = (waves.pilot, waves.size, waves.mails_an_hour, waves.mails_a_day)
    shares = (waves.bounces, waves.refusals, waves.failures)
    if min(counts) < 1 or waves.wait < 0 or not all(0 <= one <= 1 for one in shares):
        what = "waves have at least one person, and shares lie between 0 and 100 %"
        raise Refused("bad_waves", what, "see so-privacy apply --help", Exit.USAGE)
    return waves


def _seconds_left(run: Run, tally: Tally) -> float:
    each = run.worked / tally.handled if tally.handled and run.worked else _A_PERSON
    waves = max(0, tally.waves - max(run.wave, 1))
    mails = max(0, tally.mails_planned - tally.mailed)
    braked = max(mails / run.waves.mails_an_hour // 1 * 3600.0, mails / run.waves.mails_a_day // 1 * DAY)
    return run.seconds_to_wait + max(tally.open * each + waves * run.waves.wait, braked)


def _refuse_harm(head: PlanHead, allowed: Collection[str]) -> None:
    broken = [one for one in head.broken if one not in allowed]
    if broken:
        rules = ", ".join(broken)
        raise Refused(
            "limit_of_harm",
            f"more persons than max_changes allows are touched by {rules}",
            f"change the manifest, or allow it: --allow {broken[0]}",
            Exit.BAD_DATA,
        )
