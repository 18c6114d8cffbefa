"""Sees to our webhooks in a tenant: mends what failed, and leaves alone what a human has stopped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from so_privacy_ext.errors import CrmFailure, Fault, Park
from so_privacy_ext.model import Slot
from so_privacy_ext.webhooks.subscriptions import difference

GAP = 600.0
"""Seconds without a look after which events may have been lost unseen: the CRM keeps none for ten."""
OFTEN_ENOUGH = 1800.0
"""Seconds between two sweeps for nothing but failed deliveries, most of which came at their second try."""
AGAIN = 3600.0
"""Seconds until we put right once more what somebody has changed back."""

STOPPED, UNREACHABLE, REFUSED, CONTESTED, ODD_STATE = (
    "webhook_stopped",
    "webhook_unreachable",
    "webhook_refused",
    "webhook_contested",
    "webhook_odd_state",
)
WHAT_TO_DO: Mapping[str, str] = {
    STOPPED: "a human stopped it; start it in SuperOffice, under Webhooks, and what was missed will be found",
    UNREACHABLE: "see that `so-privacy web` runs where SO_PRIVACY_PUBLIC_URL leads; tried every 4 minutes",
    REFUSED: "SuperOffice can't reach us or refuses to save it; tried every 4 minutes",
    CONTESTED: "somebody changes it each time we put it right; find out who in SuperOffice, under Webhooks",
    ODD_STATE: "SuperOffice gives a state that we don't know; look at it there, under Webhooks",
}
"""By what was found."""


class Hook(Protocol):
    """A webhook of ours as it stands in the CRM."""

    @property
    def webhook_id(self) -> int: ...
    @property
    def events(self) -> Sequence[str]: ...
    @property
    def target_url(self) -> str: ...
    @property
    def secret(self) -> str:
        """Empty where the CRM does not show it."""

    @property
    def state(self) -> str: ...
    @property
    def total_errors(self) -> int: ...


class Kept(Protocol):
    """A subscription as we keep it; ages in seconds, None = never."""

    @property
    def slot(self) -> Slot: ...
    @property
    def kind(self) -> str: ...
    @property
    def secret(self) -> str: ...
    @property
    def webhook_id(self) -> int:
        """0 while it has none."""

    @property
    def checked(self) -> float | None: ...
    @property
    def mended(self) -> float | None: ...
    @property
    def total_errors(self) -> int: ...


class Register(Protocol):
    """Where subscriptions, findings and the wish for a sweep are kept."""

    def kept(self) -> Sequence[Kept]:
        """Give the newest subscription of each kind that has a webhook, the one for events first."""

    def renew(self, kind: str) -> Kept:
        """Keep a new slot and secret beside those of before, or give those that no webhook has yet."""

    def registered(self, slot: Slot, webhook_id: int) -> None:
        """Keep which webhook posts to a slot; the kind's other slots live on for a while."""

    def checked(self, slot: Slot, total_errors: int) -> None:
        """Note a look at the webhook, and how many deliveries had failed by then."""

    def mended(self, slot: Slot) -> None:
        """Note that it was put right."""

    def show(self, what: str, subject: str, detail: Mapping[str, Any]) -> bool:
        """Show a human only this about a subject from now on; True if it is new."""

    def settle(self, subject: str) -> bool:
        """Show nothing about it any more; True if something was shown."""

    def swept_within(self, seconds: float) -> bool:
        """Tell whether a whole sweep began since then."""

    def sweep(self, why: str) -> None:
        """Have the tenant swept at once."""

    def journal(self, content: Mapping[str, Any]) -> None:
        """Append what was found and done."""


class Hooks(Protocol):
    """Our webhooks in the CRM. Every method raises a `CrmFailure`."""

    def standing(self) -> Sequence[Hook]:
        """Give all of our app's."""

    def save(self, kept: Kept, target_url: str, events: Sequence[str], webhook_id: int) -> Hook:
        """Save one as Active, which tests it first; id 0 makes a new one."""


class Fate(StrEnum):
    """What has become of a webhook."""

    RIGHT = "right"
    DELETED = "deleted"
    DISABLED = "too_many_errors"
    STOPPED = "stopped"
    EDITED = "edited"
    ODD = "odd_state"


@dataclass(frozen=True, slots=True)
class Judged:
    """What has become of a webhook, and which of its parts are not as we want them."""

    fate: Fate
    parts: tuple[str, ...] = ()
    loses: bool = False
    """Whether events may be lost as it stands."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What our webhooks should be."""

    address: str
    """What comes before a slot."""
    events: Callable[[str, Mapping[str, int]], Sequence[str]]
    """By kind, knowing the ids of our webhooks by kind."""
    main: str
    """The kind that tells of persons: what it loses, a sweep must find."""
    further: Collection[str] = ()
    """Events for plugins, of which a sweep finds nothing."""


def judge(
    hook: Hook | None, *, target_url: str, secret: str, events: Sequence[str], further: Collection[str] = ()
) -> Judged:
    """Compare a webhook with what we want; what a human has stopped is stopped, whatever else was done."""
    if hook is None:
        return Judged(Fate.DELETED, loses=True)
    different = difference(events, hook.events)
    parts = {
        "target_url": hook.target_url != target_url,
        "secret": bool(hook.secret) and hook.secret != secret,
        "events": bool(different),
    }
    changed = tuple(name for name, is_so in parts.items() if is_so)
    match hook.state:
        case "Active":
            loses = parts["target_url"] or parts["secret"] or not set(different.missing) <= set(further)
            return Judged(Fate.EDITED if changed else Fate.RIGHT, changed, loses)
        case "Stopped":
            return Judged(Fate.STOPPED, changed, loses=True)
        case "TooManyErrors":
            return Judged(Fate.DISABLED, changed, loses=True)
    return Judged(Fate.ODD, changed, loses=True)


def watch(
    register: Register,
    hooks: Hooks,
    wanted: Wanted,
    reachable: Callable[[], str | None],
    *,
    by_hand: bool = False,
) -> None:
    """Look at each of our webhooks once, and do about it what has to be done.

    `by_hand` says that a human asks for it: then what a human has stopped or changed again is put right too.
    `reachable` says why the CRM could not reach us, None when it can.
    Raises the `CrmFailure` that kept us from looking, or that would hit every call.
    """
    standing = hooks.standing()
    kept = register.kept()
    ids = {one.kind: one.webhook_id for one in kept}
    for one in kept if wanted.main in ids else ():  # else the installation is on its way
        events = wanted.events(one.kind, ids)
        look = _Look(register, hooks, wanted, reachable, standing, one, events, by_hand)
        ids[one.kind] = look.take()


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at one webhook."""

    register: Register
    hooks: Hooks
    wanted: Wanted
    reachable: Callable[[], str | None]
    standing: Sequence[Hook]
    kept: Kept
    events: Sequence[str]
    by_hand: bool

    def take(self) -> int:
        """Do what has to be done; give the webhook's id, which is another one if it was deleted."""
        kept = self.kept
        hook = next((one for one in self.standing if one.webhook_id == kept.webhook_id), None)
        target_url = f"{self.wanted.address}{kept.slot}"
        judged = judge(
            hook, target_url=target_url, secret=kept.secret, events=self.events, further=self.wanted.further
        )
        match judged.fate:
            case Fate.RIGHT if hook is not None:
                self._right(hook)
                return kept.webhook_id
            case Fate.STOPPED if not self.by_hand:
                self._show(STOPPED, judged)
            case Fate.ODD:
                self._show(ODD_STATE, judged)
            case Fate.EDITED | Fate.DELETED if self._contested():
                self._show(CONTESTED, judged)
            case _:
                return self._mend(judged)
        self.register.checked(kept.slot, kept.total_errors)
        return kept.webhook_id

    def _contested(self) -> bool:
        """Tell whether somebody changed back what we have put right a while ago."""
        mended = self.kept.mended
        return not self.by_hand and mended is not None and mended < AGAIN

    def _right(self, hook: Hook) -> None:
        """Ask for a sweep if it was not right before, nobody looked for a while, or deliveries failed."""
        kept, register = self.kept, self.register
        total_errors = hook.total_errors
        if register.settle(kept.kind):
            register.journal({"subscription": kept.kind, "found": Fate.RIGHT, "did": "settled"})
            self._sweep("right_again")
        elif kept.checked is not None and kept.checked > GAP:
            self._sweep("gap")
        elif total_errors > kept.total_errors:
            if register.swept_within(OFTEN_ENOUGH):
                total_errors = kept.total_errors  # until it has been long enough
            else:
                self._sweep("failed_deliveries")
        register.checked(kept.slot, total_errors)

    def _mend(self, judged: Judged) -> int:
        """Put it right, unless we can't be reached: then it would only be disabled again."""
        problem = self.reachable()
        if problem is not None:
            self._show(UNREACHABLE, judged, why=problem)
            return self.kept.webhook_id
        try:
            slot, hook = self._save(judged)
        except CrmFailure as failure:
            if isinstance(failure, Park) or failure.fault is Fault.THROTTLED:
                raise
            self._show(REFUSED, judged, why=str(failure.fault))
            return self.kept.webhook_id
        register, kind = self.register, self.kept.kind
        register.registered(slot, hook.webhook_id)
        register.settle(kind)
        did = "subscribed_anew" if judged.fate is Fate.DELETED else "put_right"
        register.journal(
            {"subscription": kind, "found": judged.fate, "parts": list(judged.parts), "did": did}
        )
        if judged.loses:
            self._sweep(judged.fate)
        register.mended(slot)
        register.checked(slot, hook.total_errors)
        return hook.webhook_id

    def _save(self, judged: Judged) -> tuple[Slot, Hook]:
        kept = self.kept
        if judged.fate is Fate.DELETED:
            kept = self.register.renew(kept.kind)
        target_url = f"{self.wanted.address}{kept.slot}"
        # One that was saved for this slot, and nobody lived to note its id.
        known = next((one for one in self.standing if one.target_url == target_url), None)
        number = kept.webhook_id or (0 if known is None else known.webhook_id)
        return kept.slot, self.hooks.save(kept, target_url, self.events, number)

    def _show(self, what: str, judged: Judged, **detail: str) -> None:
        kind = self.kept.kind
        told = {"found": judged.fate, "parts": list(judged.parts), **detail}
        if self.register.show(what, kind, told):
            self.register.journal({"subscription": kind, **told, "did": what})

    def _sweep(self, why: str) -> None:
        if self.kept.kind == self.wanted.main:
            self.register.sweep(why)
