"""Runs: a plan on its way over a tenant's persons, or the way back; and what the core asks of storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from so_privacy_ext.model import Consent, Epoch, PersonId

RUN = "run"
"""Kind of work: a run that has begun goes on."""
DAY = 86400.0


class RunKind(StrEnum):
    """Whether a run carries a plan out, or takes back what one has written."""

    APPLY = "apply"
    UNDO = "undo"


class RunState(StrEnum):
    """A run's life."""

    PLANNED = "planned"
    RUNNING = "running"
    WAITING = "waiting"
    """For the next wave, or until mails may go out again."""
    STOPPED = "stopped"
    DONE = "done"
    UNDONE = "undone"
    """Done, and taken back by another run."""


class PersonState(StrEnum):
    """How far a run has come with one person."""

    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


class Stop(StrEnum):
    """Why a run was stopped."""

    BY_HAND = "by_hand"
    CHANGED_SINCE = "changed_since"
    """Persons have changed since the plan was made; nothing was begun."""
    BOUNCES = "bounces"
    REFUSALS = "refusals"
    """Persons said no after they had been told."""
    FAILURES = "failures"
    """The CRM refused too many persons of a wave."""
    MANIFEST_REPLACED = "manifest_replaced"
    LISTS_CHANGED = "lists_changed"
    RESTORED = "restored"
    """The CRM was set back to a backup: the numbers of the plan are another CRM's."""
    UNINSTALLED = "uninstalled"
    DATABASE_RESTORED = "database_restored"
    """Our own database was brought back from a backup."""


FOR_GOOD = frozenset({Stop.RESTORED, Stop.UNINSTALLED})
"""Stops after which a run can't be resumed."""


class Wait(StrEnum):
    """What a run waits for."""

    NEXT_WAVE = "next_wave"
    MAILS = "mails"
    """So many have gone out that the next must wait."""
    RETRY = "retry"
    """The CRM failed for all who are left of the wave."""


class Skip(StrEnum):
    """Why a run left a person as she is."""

    CHANGED_SINCE = "changed_since"
    """Since the plan was made, or since it was written by it."""
    GONE = "gone"
    WITHDRAWN = "withdrawn"
    DECIDED_SINCE = "decided_since"
    """A later decision of ours has written over what the run wrote."""
    NO_ROW_BEFORE = "no_row_before"
    """Nothing stood there, and a consent can't be taken away without saying that it was withdrawn."""
    BEFORE_FORGOTTEN = "before_forgotten"
    """What stood before is not kept any more."""
    BLOCKED_LIST_ITEM = "blocked_list_item"
    """The tenant has deleted the basis or source that stood before."""
    NOTHING_WRITTEN = "nothing_written"
    NOTHING_TO_DO = "nothing_to_do"
    """The plan says something of her, but nothing that is done."""


@dataclass(frozen=True, slots=True)
class Waves:
    """How fast a run may go, and what stops it; after each wave it waits, and looks at what came of it."""

    pilot: int = 100
    """Persons of the first wave."""
    size: int = 250
    """Persons of each further wave."""
    wait: float = DAY
    """Seconds between two waves."""
    bounces: float = 0.02
    """Share of those told whose mail came back, from which on the run stops."""
    refusals: float = 0.0
    """Share of those told who said no, from which on the run stops; at 0 the first one stops it."""
    failures: float = 0.1
    """Share of a wave that the CRM refused, from which on the run stops."""
    mails_an_hour: int = 250
    mails_a_day: int = 1000
    mass: bool = False
    """Consents are written in bulk where the tenant allows it; what that does not do goes one by one."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run as it stands."""

    run_id: int
    epoch: Epoch
    kind: RunKind
    undoes: int | None
    plan: str
    """The seal of the plan's file; of an undo, that of the run it takes back."""
    manifest: str
    lists: str
    head: Mapping[str, Any] = field(repr=False)
    """The plan's head, as JSON."""
    who: str
    made_at: datetime
    state: RunState
    reason: str | None
    waves: Waves
    skip_changed: bool
    withdraw_new: bool
    """An undo writes WITHDRAWN where nothing stood before."""
    checked_to: PersonId
    checked_at: datetime | None
    """When all persons had been compared with the plan."""
    wave: int
    """Which wave it is in, from 1 on; 0 before the first."""
    not_before: datetime | None
    seconds_to_wait: float
    """By the database's clock, when it was read."""
    worked: float
    """Seconds of work until now, without waiting."""
    started_by: str | None
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def under_way(self) -> bool:
        """Tell whether it goes on by itself."""
        return self.state in {RunState.RUNNING, RunState.WAITING}


@dataclass(frozen=True, slots=True)
class Before:
    """A consent as it stood when a run was about to write over it."""

    basis: str
    source: str
    comment: str | None = field(repr=False)
    """None when it is not kept any more."""
    updated_count: int


@dataclass(frozen=True, slots=True)
class RunPerson:
    """One person of a run."""

    person_id: PersonId
    state: PersonState
    reason: str | None
    planned: Mapping[str, Any] = field(repr=False)
    """As JSON; empty for an undo."""
    mails: bool
    """The plan sends her a mail."""
    wave: int | None
    attempts: int
    decision_id: int | None
    mail: str | None
    """`sent`, `unknown`, or why she got none."""
    answer: str | None
    """`bounced` or `refused`, if that came of the mail."""
    before: Mapping[str, Before | None] = field(repr=False)
    """By purpose; None where there was no row."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run's work for one person ended."""

    state: PersonState
    reason: str | None = None
    mail: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """A run in figures; each counts persons, but for `waves`."""

    open: int
    done: int
    skipped: Mapping[str, int]
    failed: Mapping[str, int]
    mails_planned: int
    """Of those who are not skipped."""
    mailed: int
    bounced: int
    refused: int
    waves: int

    @property
    def persons(self) -> int:
        """Count all with whom there is something to do."""
        return self.open + self.handled

    @property
    def handled(self) -> int:
        """Count those with whom the run is through."""
        skipped = sum(count for reason, count in self.skipped.items() if reason != Skip.NOTHING_TO_DO)
        return self.done + skipped + sum(self.failed.values())


@dataclass(frozen=True, slots=True)
class Wishes:
    """How an administrator wants a run to go; what is not said stays as it is, or is the default."""

    pilot: int | None = None
    size: int | None = None
    wait: float | None = None
    """Seconds."""
    bounces: float | None = None
    """Shares, 0 to 1; as in `Waves`."""
    refusals: float | None = None
    failures: float | None = None
    mails_an_hour: int | None = None
    mails_a_day: int | None = None
    mass: bool | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """A run at a glance."""

    run: Run
    tally: Tally
    seconds_left: float | None
    """Guessed from how long it took until now; None when it is not under way."""
    held_up: str | None
    """Why nothing is done for the tenant now, although the run is under way."""


class Runs(Protocol):
    """One tenant's runs, under its turn."""

    def current(self) -> Run | None:
        """Give the run that is under way."""

    def stands(self, run_id: int) -> bool:
        """Tell whether a run is under way still: anybody may have stopped it."""

    def stop(self, run_id: int, reason: str) -> bool:
        """Stop a run that is under way; False if it was not."""

    def wait(self, run_id: int, reason: str, seconds: float) -> None:
        """Have a run wait."""

    def go_on(self, run_id: int) -> None:
        """Have a run that has waited go on."""

    def finish(self, run_id: int) -> None:
        """Note that a run is through with all its persons, and an undone one with it."""

    def worked(self, run_id: int, seconds: float) -> None:
        """Add up for how long was worked, from which the rest is guessed."""

    def tally(self, run_id: int) -> Tally:
        """Count a run's persons."""

    def failed_share(self, run: Run) -> float:
        """Give the share of the run's wave that the CRM has refused."""

    def to_check(self, run: Run, limit: int) -> Sequence[RunPerson]:
        """Give the next persons who have not been compared with the plan."""

    def checked(self, run_id: int, up_to: PersonId | None) -> None:
        """Note up to whom all have been compared; None when there are no more, and waves can be formed."""

    def next_wave(self, run_id: int) -> bool:
        """Go on with the next wave; False if there is none."""

    def next_persons(self, run: Run, limit: int) -> Sequence[RunPerson]:
        """Give the next open persons of the wave whose time has come."""

    def seconds_to_next(self, run: Run) -> float | None:
        """Tell when the next open person of the wave may be tried again; None if the wave is through."""

    def begun(self, run_id: int, person_id: PersonId, decision_id: int) -> None:
        """Bind a kept decision to a person."""

    def keep_before(self, run_id: int, person_id: PersonId, before: Mapping[str, Consent | None]) -> None:
        """Keep, by purpose, what stands now where is about to be written."""

    def put_off(self, run_id: int, person_id: PersonId, reason: str, seconds: float) -> None:
        """Try a person again after so many seconds, and count one attempt."""

    def ended(self, run_id: int, person_id: PersonId, ended: Ended) -> None:
        """Note how the work for one person ended."""

    def take_back(self, run: Run, row: Consent, manifest: str) -> None:
        """Note that a row is taken back, so that this manifest doesn't give the same again by itself."""

    def give_again(self, person_id: PersonId, purposes: Sequence[str]) -> None:
        """Forget what was taken back: a plan gives it anew."""

    def mailed_within(self, run_id: int, seconds: float) -> tuple[int, float]:
        """Count the run's mails of the last so many seconds; and in how many the oldest of them is older."""

    def mailed(self, run_id: int, after: PersonId, limit: int) -> Sequence[RunPerson]:
        """Give persons whom the run has told and of whose answer nothing is known, by id."""

    def answered(self, run_id: int, person_id: PersonId, answer: str) -> None:
        """Note that a mail came back, or was answered by a no."""

    def to_look_at(self) -> Run | None:
        """Give a run that is through, and whose last mails are to be looked at now."""

    def next_look(self) -> float | None:
        """Tell in how many seconds a run's last mails are to be looked at; None if those of none are."""

    def looked_at(self, run_id: int) -> None:
        """Note that the last mails of a run were looked at."""
