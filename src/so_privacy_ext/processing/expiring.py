"""Ends what has come to its end, and asks who may be asked to renew; periodic work of each tenant.

An end is no withdrawal: nobody has said no. It is journaled, and the row in the CRM stays as it is, goes to a
human, or gets the basis that the manifest has for it, by the next turn like any other decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from so_privacy_ext.errors import Fault, NeedsHuman, NoOp, Retry
from so_privacy_ext.model import Authority, Consent, ConsentEnd, Person, PersonId, TenantLists
from so_privacy_ext.processing.drain import refuse_reissued
from so_privacy_ext.processing.ends import end_of_hers
from so_privacy_ext.processing.renewing import renew
from so_privacy_ext.processing.wanting import EXPIRED
from so_privacy_ext.processing.work import SLICE, Work
from so_privacy_ext.proof.authority import authority
from so_privacy_ext.rules.shape import AtEnd

LONGEST = 3600.0
"""Seconds until the next look, though nothing is known to end before."""
SHORTEST = 60.0
_MOOT = "moot"


def end_due(work: Work) -> float:
    """End and renew what is due by the clock; give the seconds until something is again."""
    now, ends = work.clock.now(), work.ledgers.ends
    due, left = ends.due(now, SLICE), False
    if due:
        persons = work.crm.read_persons(sorted({one.person_id for one in due}))
        refuse_reissued(work, persons)
        lists = work.crm.lists()
        for number, one in enumerate(due):
            if number and work.must_yield():
                return 0.0
            left |= not _settle(work, one, persons, lists, now)
    if left:
        return SHORTEST
    if len(due) == SLICE:
        return 0.0
    next_at = ends.next_at()
    return LONGEST if next_at is None else min(LONGEST, max(SHORTEST, (next_at - now).total_seconds()))


def _settle(
    work: Work, one: ConsentEnd, persons: Mapping[PersonId, Person], lists: TenantLists, now: datetime
) -> bool:
    """Look at what stands now: she may have renewed, said no, or be gone. False if to be done again."""
    person = persons.get(one.person_id)
    if person is None:
        with work.ledgers.transaction():
            work.ledgers.ends.forget(one.person_id)
            work.ledgers.erasures.owe(one.person_id)
        return True
    row = person.consents.get(one.purpose)
    current = None if row is None else _current(work, one, person, row, lists)
    if row is None or current is None:
        work.ledgers.ends.ended(one, now, _MOOT)
    elif current.ends_at <= now:
        _expire(work, current, person, row, now)
    elif (current.ends_at, current.renew_at) != (one.ends_at, one.renew_at):
        work.ledgers.ends.note([current])  # she has renewed, or the manifest has another period
    else:
        return _ask_to_renew(work, current, person, lists, now)
    return True


def _current(
    work: Work, one: ConsentEnd, person: Person, row: Consent, lists: TenantLists
) -> ConsentEnd | None:
    """Give the end of what stands; None where that is not what was to end."""
    if row.basis != one.basis:
        return None
    if authority(row, person, lists, work.tenant.own_associate_id) is Authority.RULE:
        return one
    return end_of_hers(work, person, row, lists, work.manifest)


def _expire(work: Work, one: ConsentEnd, person: Person, row: Consent, now: datetime) -> None:
    rule = work.manifest.ends.get(one.purpose)
    at_end = rule.at_end if rule is not None else "keep"
    content = {
        "purpose": one.purpose,
        "basis": one.basis,
        "source": row.source,
        "since": one.since.isoformat(),
        "ended_at": one.ends_at.isoformat(),
        "at_end": at_end.basis if isinstance(at_end, AtEnd) else at_end,
        "manifest": work.manifest.digest,
    }
    with work.ledgers.transaction():
        work.ledgers.ends.note([one])
        work.ledgers.ends.ended(one, now, EXPIRED)
        work.ledgers.journal.append(EXPIRED, person.person_id, content)
        if at_end == "review":
            detail = {"result": EXPIRED, "basis": one.basis}
            work.ledgers.reviews.open(person.person_id, "purpose", one.purpose, detail)
        elif isinstance(at_end, AtEnd):
            work.ledgers.inbox.decide_again(person.person_id)


def _ask_to_renew(work: Work, one: ConsentEnd, person: Person, lists: TenantLists, now: datetime) -> bool:
    """Ask, once; False where what carries the mail can't now, so that she is asked at another look."""
    rule = work.manifest.ends[one.purpose]
    try:
        how = renew(work, one, person, lists, rule.renew or "")
    except Retry as failed:
        if failed.fault is not Fault.CHANNEL:
            raise
        return False
    except (NoOp, NeedsHuman) as refused:
        if refused.fault is Fault.NOT_FOUND:
            return True  # she is gone meanwhile; her own event, or the next look, tells
        how = f"refused_{refused.fault}"
    content = {
        "purpose": one.purpose,
        "mail": rule.renew,
        "how": how,
        "ends_at": one.ends_at.isoformat(),
        "manifest": work.manifest.digest,
    }
    with work.ledgers.transaction():
        work.ledgers.ends.asked(one, now, how)
        work.ledgers.journal.append("renewal", person.person_id, content)
    return True
