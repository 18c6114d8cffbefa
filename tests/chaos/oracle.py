"""What must stand in the CRM and who must have been told, by the nordic manifest's rules, written by hand.

It knows the CRM's history and nothing of the product.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product

from tests.chaos.moody import BARRED, GUESTS, PROPOSED
from tests.chaos.watched import Entry, Row

STORE, MARKETING, WITHDRAWN = "STORE", "EMARKETING", "WITHDRAWN"
NOTICE_13, NOTICE_14 = "privacy-notice-13", "privacy-notice-14"
LANGUAGES = {"DK": "da", "NO": "nb", "SE": "sv", "DE": "de"}

_TICKABLE = {"WEBFORM", "CUSTOMERPORTAL"}
_WROTE_TO_US = {"WEBFORM", "CHAT", "EMAIL", "REQUEST", "CUSTOMERPORTAL"}
_MET = {"USER", "CARD", "PHONE", "FAIR"}
_BOUGHT = {"VENDOR", "REFERRAL", "IMPORT"}
_CRM_MAILS = {"CHAT"}
_ASKED_ABOUT = {*_BOUGHT, "FAIR"}
_REVIEW, _KEEP = "review", "keep"


@dataclass(frozen=True, slots=True)
class Who:
    """What never changes about a person while the soak runs."""

    form: str
    minor: bool
    staff: bool
    country: str
    before_start: bool
    plugin: bool = False
    """Whether her tenant's manifest asks the plugin, which may or may not answer."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the plugin said of a person, and for which of it an answer was missing."""

    proposed: bool
    barred: bool | None
    guest: bool | None


@dataclass(slots=True)
class Ruled:
    """What the rules say to one state of a person."""

    gives: dict[str, tuple[str, str]] = field(default_factory=dict)
    store_to_review: bool = False
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may stand at rest for each purpose, and the notice that must or may have gone out."""

    consents: Mapping[str, Collection[tuple[str, str] | None]]
    must_be_told: str | None
    may_be_told: Collection[str]


def rulings(who: Who, rows: Mapping[str, Row]) -> Sequence[Ruled]:
    """Give all that may be ruled: one thing, or by what the plugin answered and what it did not."""
    if not who.plugin:
        return [rule(who, rows)]
    barred, guest = who.country in BARRED, who.country in GUESTS
    said = product((True, False), (barred, None), (guest, None))
    return [rule(who, rows, Said(*one)) for one in said]


def rule(who: Who, rows: Mapping[str, Row], said: Said | None = None) -> Ruled:
    """Go through the manifest's rules, top to bottom; the first that names a purpose decides it."""
    store = rows.get(STORE)
    if who.staff or (store is not None and store.basis == WITHDRAWN):
        return Ruled()
    ruled = Ruled()
    decided = {purpose for purpose, row in rows.items() if row.basis == WITHDRAWN}
    source = store.source if store else ""
    if said is not None and said.proposed and source in {"", "UNKNOWN"}:
        source = PROPOSED
    written = source if source not in {"", "UNKNOWN"} else "API"
    for applies, gives, notice in _rules(who, rows, source, said):
        fresh = {purpose: basis for purpose, basis in gives.items() if purpose not in decided}
        if not applies or not fresh:
            continue
        decided.update(fresh)
        ruled.store_to_review |= _REVIEW in fresh.values()
        ruled.gives |= {
            one: (basis, written) for one, basis in fresh.items() if basis not in {_KEEP, _REVIEW}
        }
        ruled.notice = ruled.notice or notice
    return ruled


def _rules(
    who: Who, rows: Mapping[str, Row], source: str, said: Said | None
) -> Sequence[tuple[bool, Mapping[str, str], str | None]]:
    """Give for each rule whether it applies, what it gives, and the notice."""
    tick = rows.get(MARKETING)
    ticked = tick is not None and tick.basis == "61A" and tick.source in _TICKABLE
    return (
        (who.minor, {STORE: _REVIEW, MARKETING: _KEEP}, None),
        *(() if said is None else _plugin_rules(said, source)),
        (source == "JOBAPPLY", {"RECRUIT": "61B", STORE: _KEEP, MARKETING: _KEEP}, NOTICE_13),
        (source in _TICKABLE and ticked, {STORE: "61F", MARKETING: _KEEP}, NOTICE_13),
        (source in _WROTE_TO_US, {STORE: "61F"}, NOTICE_13),
        (who.form == "event-signup", {"EVENTRUN": "61F"}, None),
        (source in _MET, {STORE: "61F"}, NOTICE_13),
        (source == "ERP", {STORE: "61F", "ACCOUNTING": "61C"}, NOTICE_14),
        (source in _BOUGHT, {STORE: "61F", MARKETING: _KEEP}, NOTICE_14),
        (True, {STORE: _REVIEW}, None),
    )


def _plugin_rules(said: Said, source: str) -> Sequence[tuple[bool, Mapping[str, str], str | None]]:
    """Without an answer whom the plugin would bar is held back, and nobody is given more."""
    return (
        (said.barred is not False and source in _ASKED_ABOUT, {STORE: _REVIEW, MARKETING: _KEEP}, None),
        (said.guest is True and source in _MET, {"ACCOUNTING": "61C"}, None),
    )


def binding(row: Row | None) -> bool:
    """Tell whether a rule must leave the row: withdrawn, an explicit yes, a human's or the person's own."""
    if row is None or row.writer == "crm":
        return row is not None and row.basis == WITHDRAWN
    return row.basis in {WITHDRAWN, "61A"} or row.writer in {"human", "person"}


def judge(who: Who, entries: Sequence[Entry], told: Sequence[int]) -> Verdict:
    """Say what may stand for a person after all that happened to her.

    Whatever others did last must have been looked at, if an event told of it or came after it; what was
    ruled in between may or may not have been carried out before the next change.
    """
    foreign = [entry for entry in entries if not entry.ours]
    ruled = [[Ruled()] if entry.gone else rulings(who, entry.rows) for entry in foreign]
    last = foreign[-1]
    seen = bool(told) and told[-1] > last.number
    purposes = {purpose for entry in entries for purpose in entry.rows}
    purposes |= {purpose for each in ruled for one in each for purpose in one.gives}
    told_in = [{_notice(who, entry, one) for one in each} for entry, each in zip(foreign, ruled, strict=True)]
    looked_at = bool(told)
    return Verdict(
        consents={
            purpose: _may_stand(purpose, foreign, ruled, required=seen and not last.gone, looked_at=looked_at)
            for purpose in purposes
        },
        must_be_told=next(iter(told_in[-1])) if seen and len(told_in[-1]) == 1 else None,
        may_be_told={notice for each in told_in for notice in each if notice and looked_at},
    )


def _may_stand(
    purpose: str,
    foreign: Sequence[Entry],
    ruled: Sequence[Sequence[Ruled]],
    *,
    required: bool,
    looked_at: bool,
) -> set[tuple[str, str] | None]:
    since = _last_change(purpose, foreign)
    base = foreign[since].rows.get(purpose)
    stands = None if base is None else base.value
    if binding(base) or not looked_at:
        return {stands}
    wanted = {one.gives.get(purpose) for one in ruled[-1]}
    if required and None not in wanted:
        return wanted
    return {stands, *(one.gives[purpose] for each in ruled[since:] for one in each if purpose in one.gives)}


def _last_change(purpose: str, foreign: Sequence[Entry]) -> int:
    """Find the last time that somebody else wrote this consent, or moved it here."""
    for place in range(len(foreign) - 1, 0, -1):
        entry = foreign[place]
        if entry.purpose == purpose:
            return place
        now = entry.rows.get(purpose)
        if entry.what == "merged" and now is not None and purpose not in foreign[place - 1].rows:
            return place
    return 0


def _notice(who: Who, entry: Entry, ruled: Ruled) -> str | None:
    store = entry.rows.get(STORE)
    silent = (
        entry.gone
        or who.before_start
        or ruled.store_to_review
        or not entry.address
        or entry.bounced
        or store is None
        or store.basis == WITHDRAWN
        or store.source in _CRM_MAILS
    )
    return None if silent else ruled.notice


@dataclass(frozen=True, slots=True)
class Overwriting:
    """A write of ours over a row that a rule must leave."""

    person_id: int
    purpose: str
    seconds: float
    """How long the row had stood."""
    stands: bool
    """Nobody else has written it since."""


def overwritings(person_id: int, entries: Sequence[Entry]) -> list[Overwriting]:
    """Find each time that we wrote over what binds us."""
    found = []
    for place, entry in enumerate(entries):
        if not entry.ours or entry.purpose is None or not binding(entry.before):
            continue
        written = next(
            (one.at for one in reversed(entries[:place]) if one.purpose in {entry.purpose, None}), entry.at
        )
        later = any(not one.ours and one.purpose == entry.purpose for one in entries[place + 1 :])
        seconds = (entry.at - written).total_seconds()
        found.append(Overwriting(person_id, entry.purpose, seconds, not later))
    return found


def trail(entries: Sequence[Entry]) -> str:
    """Tell in short what happened to a person, by whom and when, for whoever has to find out why."""
    begun = entries[0].at
    told = []
    for entry in entries:
        row = entry.rows.get(entry.purpose or STORE)
        what = (
            f"{entry.purpose} {row.basis}/{row.source} by {row.writer}"
            if entry.purpose and row
            else entry.what
        )
        told.append(f"+{(entry.at - begun).total_seconds():.1f} s {what}")
    return "; ".join(told)


def repeated_writes(entries: Sequence[Entry]) -> int:
    """Count writes of ours that changed nothing: the same value over our own."""
    return sum(
        1
        for entry in entries
        if entry.ours
        and entry.purpose is not None
        and entry.before is not None
        and entry.before.writer == "us"
        and entry.before.value == entry.rows[entry.purpose].value
    )


def withdrawn_from(entries: Sequence[Entry], purpose: str = STORE) -> list[tuple[datetime, datetime | None]]:
    """Give the stretches of time in which a purpose stood withdrawn by somebody else."""
    stretches: list[tuple[datetime, datetime | None]] = []
    for entry in entries:
        row = entry.rows.get(purpose)
        withdrawn = row is not None and row.basis == WITHDRAWN
        open_end = bool(stretches) and stretches[-1][1] is None
        if withdrawn and not open_end:
            stretches.append((entry.at, None))
        if not withdrawn and open_end:
            stretches[-1] = (stretches[-1][0], entry.at)
    return stretches
