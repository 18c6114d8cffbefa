"""What the core asks of the world; adapters live in `superoffice/`, `storage/`, `posting/` and `plugins/`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from so_privacy_ext.errands import Errands
from so_privacy_ext.model import (
    CRM_MAIL,
    AddressHash,
    AssociateId,
    Change,
    ChangePage,
    Consent,
    ConsentEnd,
    Delivery,
    Glance,
    InboxEvent,
    LastIds,
    MailState,
    Mark,
    Person,
    PersonId,
    Ruling,
    Slot,
    SlotKeys,
    Stage,
    Statement,
    Sweep,
    SweepKind,
    TenantId,
    TenantLists,
    UserField,
)


class OfTenant(Protocol):
    """Whatever says which tenant it is about."""

    @property
    def tenant_id(self) -> TenantId: ...


class Clock(Protocol):
    """The time, aware and UTC."""

    def now(self) -> datetime: ...


class Receiving(Protocol):
    """What the receiver needs of storage; methods block and are called in threads."""

    def look_up(self, slot: Slot) -> SlotKeys | None:
        """Give the tenant and live secrets of a slot."""

    def store(self, deliveries: Sequence[Delivery]) -> None:
        """Store all in one durable commit, (tenant, event id) once; a second body for one id is quarantined.

        Raises `StorageUnavailable` when the outcome is not a certain commit.
        """


class Crm(Protocol):
    """One tenant's CRM. Every method raises a `CrmFailure`; nothing else ever comes out."""

    def lists(self) -> TenantLists:
        """Give the tenant's lists, cached."""

    def forget_lists(self) -> None:
        """Drop the cached lists, since a list event told of a change."""

    def read_persons(
        self, ids: Sequence[PersonId], fields: Sequence[UserField] = (), /
    ) -> Mapping[PersonId, Person]:
        """Read persons with addresses, consents and these user-defined fields; who is gone is absent."""

    def glance(self, ids: Sequence[PersonId]) -> Mapping[PersonId, Glance]:
        """Read of persons only what tells whether they have changed; who is gone is absent."""

    def read_consents(self, ids: Sequence[PersonId]) -> Mapping[PersonId, Mapping[str, Consent]]:
        """Read consents alone, by purpose key; a person without any has an empty mapping."""

    def merged_into(self, ids: Sequence[PersonId]) -> Mapping[PersonId, PersonId]:
        """Tell which of the persons that are gone were merged, and into whom."""

    def set_consent(
        self, person_id: PersonId, *, purpose: str, basis: str, source: str, comment: str
    ) -> None:
        """Write one consent by keys; a return says that the CRM claims it, not that it holds."""

    def best_language(self, person_id: PersonId, template_id: int) -> str:
        """Ask the CRM for the best SuperOffice language code; empty if it finds none."""

    def place(self) -> AbstractContextManager[None]:
        """Wait first for all that the next call would wait for, so that one made within leaves at once.

        What has nothing to be called with after all may end it without a call.
        """

    def send_notice(self, person_id: PersonId, *, address: str, template_id: int, lcid: int) -> None:
        """Have the CRM send its privacy confirmation mail."""

    def notice_archived(self, person_id: PersonId, template_id: int, since: datetime) -> bool:
        """Look in the person's activities for a mail by that template since then."""


class SharedLists(Protocol):
    """What a tenant's lists said when any of our processes last read them."""

    def last(self, within: float) -> tuple[TenantLists, float] | None:
        """Give the last reading that began within so many seconds, and how many ago it did."""

    def keep(self, lists: TenantLists, age: float) -> None:
        """Keep a reading that began so many seconds ago, in place of the one before."""

    def forget(self) -> None:
        """Have everybody read anew who does not know the lists yet."""


class MassWriter(Protocol):
    """Writes the consents of many persons in few calls; for a run of a tenant that has opted in, alone."""

    def write(self, intents: Sequence[EffectIntent]) -> None:
        """Ask for all of these, each person and purpose once; raises a `CrmFailure` like any call.

        Where an intent knows of no row (`updated_count_before` is None) the way is one that never writes over
        a row; every other row is written over whoever wrote it last. So the caller has read persons and
        consents just before, and reads back after: a return says no more than a failure of what now stands.
        """


class Changes(Protocol):
    """What has changed in one tenant's CRM, page by page. Every method raises a `CrmFailure`."""

    def last_ids(self) -> LastIds:
        """Give the highest ids that were given out until now."""

    def page(self, stage: Stage, *, after: int, since: datetime) -> ChangePage | None:
        """Give the next rows by key; None when there are none.

        Only the stages that look for changes heed `since`, and never leave out what changed after it.
        """


class Inbox(Protocol):
    """One tenant's accepted events, under the tenant's turn."""

    def claim(self, limit: int) -> Sequence[InboxEvent]:
        """Give the oldest open events whose time has come."""

    def bind(self, inbox_ids: Sequence[int], decision_id: int) -> None:
        """Note that a kept decision covers these events."""

    def done(self, inbox_ids: Sequence[int], reason: str) -> None:
        """Close events with a reason code (`effect`, `already_right`, `gone`, …)."""

    def put_off(self, inbox_ids: Sequence[int], seconds: float, reason: str) -> None:
        """Leave events open for later and count one attempt."""

    def attempts(self, inbox_ids: Sequence[int]) -> int:
        """Give the most attempts that any of the events has had."""

    def dead(self, inbox_ids: Sequence[int], reason: str) -> None:
        """Give events up until a human redrives them."""

    def decide_again(self, person_id: PersonId) -> None:
        """Add an internal event (name `none`), so that the person is decided anew."""

    def open_events(self, person_id: PersonId, name: str) -> int:
        """Count a person's open events of one name."""

    def wait_for_bulk(self, own: AssociateId, seconds: float) -> None:
        """Leave what our own writes come back as for later, while a run writes in bulk.

        No attempt is counted; the run's end brings it back at once.
        """

    def wait_behind(self, person_ids: Sequence[PersonId]) -> Collection[PersonId]:
        """Have events on which nothing is decided wait until their persons' begun decisions are due.

        Gives the persons for whom there is such a decision.
        """


@dataclass(frozen=True, slots=True)
class KeptDecision:
    """A ruling as it was kept before anything was done by it."""

    decision_id: int
    person_id: PersonId
    ruling: Ruling
    facts: Mapping[str, Any]
    inbox_ids: tuple[int, ...]
    decided_at: datetime


class Decisions(Protocol):
    """What was decided and what was written by it."""

    def keep(
        self,
        person_id: PersonId,
        ruling: Ruling,
        facts: Mapping[str, Any],
        inbox_ids: Sequence[int],
        seen: Mark = ...,
        *,
        registered: datetime | None = None,
    ) -> KeptDecision:
        """Keep a ruling, open, with how far the person had come, and bind its events to it.

        With when she was registered, by which she is known again.
        """

    def keep_all(self, undecided: Sequence[tuple[Person, KeptDecision]]) -> Sequence[KeptDecision]:
        """Keep rulings on persons as they stand, which no event has asked for, in the order given.

        No person may be among them twice.
        """

    def reissued(self, registered: Mapping[PersonId, datetime]) -> Collection[PersonId]:
        """Give those whose number we know as somebody's who was registered at another moment.

        SuperOffice never gives a number out twice, unless it was set back to a backup.
        """

    def unfinished(self, decision_ids: Sequence[int]) -> Sequence[KeptDecision]:
        """Give kept rulings that were begun and not finished, oldest first."""

    def finish(self, decision_id: int, result: str) -> None:
        """Close a ruling."""

    def intend(self, decision_id: int, effects: Sequence[EffectIntent]) -> None:
        """Keep what is about to be written, before it is; same purpose again replaces it."""

    def intended(self, decision_id: int) -> Sequence[EffectIntent]:
        """Give what was about to be written and was not yet read back."""

    def effected(self, decision_id: int, purpose: str, result: str) -> None:
        """Note how an intent ended: `written`, `overwritten_in_between`, `superseded`, `failed`."""

    def ended(self, decision_id: int) -> Mapping[str, str]:
        """Tell how the intents of a decision ended, by purpose; one that is still open is absent."""

    def writes_since(self, person_id: PersonId, purpose: str, seconds: float) -> int:
        """Count what we wrote for the purpose within that many seconds, whether or not it stood."""

    def quiet(self, person_ids: Sequence[PersonId], seconds: float) -> Collection[PersonId]:
        """Give those of whom no human was ever asked, and nothing was written for so many seconds."""

    def withdrawn(self, person_id: PersonId) -> Sequence[str]:
        """Give the purposes that stood withdrawn when the person was last decided on."""

    def forget(self, person_id: PersonId) -> None:
        """Forget what events brought of a person who is gone, and the facts; what was decided stays."""

    def written(self, decision_id: int) -> Sequence[EffectIntent]:
        """Give what was written by a decision and read back, or may have been."""

    def taken_back(self, person_id: PersonId, purpose: str, digest: str, basis: str, source: str) -> bool:
        """Tell whether an administrator has taken back that this manifest gave this."""

    def first_written(self, person_id: PersonId, purpose: str, basis: str) -> datetime | None:
        """Tell when this basis was first written for the purpose, from which an expiry counts."""


@dataclass(frozen=True, slots=True)
class EffectIntent:
    """A consent about to be written, with what stood there before."""

    person_id: PersonId
    purpose: str
    basis: str
    source: str
    comment: str = field(repr=False)
    updated_count_before: int | None
    """None when there was no row."""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MailClaim:
    """One mail of ours to one person, claimed before it is asked for."""

    mail_id: int
    person_id: PersonId
    mail: str
    version: int
    address_hash: AddressHash
    template_id: int
    state: MailState
    claimed_at: datetime
    age: timedelta = timedelta(0)
    """By the database's clock, when it was read."""
    channel: str = CRM_MAIL
    """By which it was to go when it was claimed."""

    @property
    def message_id(self) -> str:
        """Name the claim as a mail server's log does: what stands before the @ of its Message-ID."""
        return f"so-privacy.{self.mail_id}.{self.claimed_at.astimezone(UTC):%Y%m%d%H%M%S%f}"


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice to one person, ready to be carried."""

    to: str = field(repr=False)
    """Her e-mail address; in no log and no error."""
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    """The same as a small page."""
    language: str
    """ISO 639, two letters."""
    mail: str
    """The manifest's name for it."""
    version: int
    message_id: str
    """What is to stand before the @ of its Message-ID, by which a human finds it in a mail server's log."""


class Carrier(Protocol):
    """Carries letters; each under a claim that is committed, so at most once."""

    def carry(self, letter: Letter) -> None:
        """Carry a letter; a return says that it was taken.

        Raises a `CrmFailure` whose `applied` is NO only where it was certainly not sent.
        """


class Mails(Protocol):
    """Mail claims with their two unique keys, and duties to inform."""

    def claim(
        self,
        person_id: PersonId,
        *,
        mail: str,
        version: int,
        address_hash: AddressHash,
        template_id: int,
        retell: bool,
        channel: str = CRM_MAIL,
    ) -> MailClaim | None:
        """Claim a mail and commit; None if this person or address was told already.

        Without `retell`, any earlier mail to the person or the address counts as told; with it, only
        the same mail and version does.
        """

    def told(
        self, person_id: PersonId, address_hash: AddressHash | None, *, mail: str, version: int, retell: bool
    ) -> bool:
        """Tell whether `claim` would find this person or address told already."""

    def claims_of(self, person_id: PersonId) -> Sequence[MailClaim]:
        """Give a person's claims that still hold, newest last."""

    def set_state(self, mail_id: int, state: MailState) -> None:
        """Note how a claim stands; `sent` closes the person's duty."""

    def claim_again(self, held: MailClaim, *, template_id: int, channel: str) -> MailClaim:
        """Have a held claim go by another channel from now on, as claimed."""

    def look_up_later(self, mail_id: int, seconds: float) -> None:
        """Have an unknown claim looked up again after that many seconds."""

    def leave_to_human(self, mail_id: int) -> None:
        """Look an unknown claim up no more; a review item has been opened."""

    def due_look_ups(self) -> Sequence[MailClaim]:
        """Give unknown claims whose look-up is due."""

    def open_duty(
        self,
        person_id: PersonId,
        *,
        mail: str,
        article: int,
        due_at: datetime,
        reason: str,
        template_id: int | None = None,
        since: datetime | None = None,
    ) -> None:
        """Open the duty to inform a person, once per person and mail; again if she was gone or is told anew.

        With `template_id` and `since` the CRM's own mail is looked up: at once, after 2 and 10 minutes.
        """

    def close_duty(self, person_id: PersonId, mail: str, how: str) -> None:
        """Close a duty: `sent`, `activity`, `gone`."""

    def close_duties(self, person_id: PersonId, how: str) -> None:
        """Close all duties of a person who is gone."""

    def awaits_crm_mail(self, person_id: PersonId) -> bool:
        """Tell whether a mail of the CRM's own to this person is still being looked for."""

    def due_duty_look_ups(self) -> Sequence[Duty]:
        """Give open duties whose look-up of the CRM's own mail is due."""

    def duty_looked_up(self, duty_id: int) -> None:
        """Note one look-up that found nothing, and set the time of the next, if there is one."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A person who must be informed by a date."""

    duty_id: int
    person_id: PersonId
    mail: str
    template_id: int
    since: datetime


class Reviews(Protocol):
    """Things that wait for a human."""

    def open(self, person_id: PersonId, kind: str, subject: str, detail: Mapping[str, Any]) -> bool:
        """Open one item per (tenant, epoch, person, kind, subject) however often it repeats; True if new.

        Kinds: `purpose` (a rule says review), `overwritten` (consent changed in between), `mail` (unknown),
        `failed` (the CRM refuses), `flapping` (another app flips the consent), `template` (the tenant has
        lost a mail's template), `merged` (somebody merged into her had withdrawn the purpose), `restored`
        (she had, and SuperOffice has forgotten it with a backup). An item that was settled opens again where
        it is news each time: a consent that was overwritten, another app that flips it, a person who was
        given up.
        """

    def waits(self, person_id: PersonId, kind: str, subject: str) -> bool:
        """Tell whether such an item is open."""

    def forbidden(self, person_id: PersonId, kind: str) -> Collection[str]:
        """Give the subjects of such items that no human has settled by `decide-again`."""


class Ends(Protocol):
    """When what stands comes to its end, by the clock that whoever asks has."""

    def note(self, ends: Iterable[ConsentEnd]) -> None:
        """Keep when something ends; what has ended stays so unless it was given anew."""

    def due(self, at: datetime, limit: int) -> Sequence[ConsentEnd]:
        """Give what has come to its end by then, or to the time to ask whether it is to be renewed."""

    def next_at(self) -> datetime | None:
        """Tell when the next will be due; None if nothing ever is."""

    def ended(self, one: ConsentEnd, at: datetime, how: str) -> None:
        """Note that something is over: `expired`, or `moot` since something else stands by now."""

    def asked(self, one: ConsentEnd, at: datetime, how: str) -> None:
        """Note what came of asking to renew, which is done once."""

    def of(self, person_id: PersonId) -> Sequence[ConsentEnd]:
        """Give what ends, or has ended, of a person."""

    def is_over(self, person_id: PersonId, purpose: str, basis: str, at: datetime) -> bool:
        """Tell whether this basis has come to its end for the purpose by then, noted or not."""

    def forget(self, person_id: PersonId) -> None:
        """Forget what would end of a person who is gone."""


class Erasures(Protocol):
    """What plugins that hold data elsewhere owe."""

    def owe(self, person_id: PersonId) -> None:
        """Have each of them owe to have erased what it holds of a person who is gone."""


class Sweeps(Protocol):
    """Searches for what no event told of: where the next begins, whom one found, what it can state."""

    def ask(self, why: str) -> int:
        """Ask for a whole sweep, once until it has begun; give its id."""

    def fresh(self, seconds: float) -> bool:
        """Tell whether a whole sweep began since then, is finished, and no other is wanted or begun."""

    def current(self) -> Sweep | None:
        """Give the sweep that has begun and is not finished."""

    def begin(self, kind: SweepKind, why: str, until: datetime, last: LastIds) -> Sweep:
        """Begin where the last finished one ended. The first is whole; one that was asked for goes first."""

    def hand_over(self, sweep: Sweep, stage: Stage, after: int, found: Sequence[tuple[Change, bool]]) -> None:
        """Give whom a page found an event unless she was handled or one waits, and keep how far we came.

        The flag tells whether the change lies in the sweep's time.
        """

    def finish(self, sweep: Sweep) -> None:
        """Have the next sweep begin where this one ended."""

    def prove(self) -> Sequence[Statement]:
        """Give the statements of sweeps of whose persons nobody waits any more, each once."""


class Journal(Protocol):
    """Append-only, hash-chained per tenant."""

    def append(self, kind: str, person_id: PersonId | None, content: Mapping[str, Any]) -> None:
        """Append what was seen, decided or done; content holds ids, keys and times only."""


@dataclass(frozen=True, slots=True)
class Ledgers:
    """All that one tenant's turn reads and writes, on one connection."""

    inbox: Inbox
    decisions: Decisions
    mails: Mails
    reviews: Reviews
    journal: Journal
    ends: Ends
    errands: Errands
    erasures: Erasures
    transaction: TransactionFactory
    together: TransactionFactory
    """For many at once: what gives nothing back is sent without waiting for each, and tells of no rows."""
    due: Callable[[str, float], None]
    """Have the tenant woken for a kind of periodic work in so many seconds."""


class TransactionFactory(Protocol):
    """Begins a transaction that commits at the end of the block."""

    def __call__(self) -> AbstractContextManager[Any]: ...
