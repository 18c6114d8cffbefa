"""Parts with persons who are deleted; one who was merged is looked at under her new id."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from so_privacy_ext.errors import CrmFailure, Fault, Retry
from so_privacy_ext.model import InboxEvent, PersonId
from so_privacy_ext.ports import KeptDecision
from so_privacy_ext.processing.case import Case
from so_privacy_ext.processing.recording import record, record_gone
from so_privacy_ext.processing.wanting import MERGED, forgotten_noes
from so_privacy_ext.processing.work import Work


def part(
    work: Work,
    gone: Sequence[PersonId],
    waiting: Mapping[PersonId, Sequence[InboxEvent]],
    begun: Sequence[KeptDecision],
) -> None:
    """End the work of persons whom a batched read didn't find."""
    if not gone:
        return
    merged = work.crm.merged_into(gone)
    with work.ledgers.transaction():
        for decision in begun:
            if decision.person_id in gone:
                record_gone(work, decision)
        for person_id in gone:
            events = waiting.get(person_id, ())
            work.ledgers.inbox.done([event.inbox_id for event in events], "gone")
            _bid_farewell(work, person_id, merged.get(person_id))


def part_midway(
    work: Work, lost: Sequence[Case], record: Callable[[Work, Sequence[Case]], None] = record
) -> CrmFailure | None:
    """Look again for persons whom the CRM suddenly didn't know; give the failure that kept us from it.

    Those who are there after all are put off: it must have been something else that wasn't found.
    """
    if not lost:
        return None
    ids = [case.person.person_id for case in lost]
    try:
        present = work.crm.read_persons(ids)
        gone = [one for one in ids if one not in present]
        merged = work.crm.merged_into(gone) if gone else {}
    except CrmFailure as failure:
        return failure
    for case in lost:
        if case.person.person_id in present:
            case.gone = False
            case.failure = Retry(Fault.NOT_FOUND, "SetConsent", detail="for a person who is there")
    with work.ledgers.transaction():
        record(work, lost)
        for person_id in gone:
            _bid_farewell(work, person_id, merged.get(person_id))
    return None


def _bid_farewell(work: Work, person_id: PersonId, destination: PersonId | None) -> None:
    work.ledgers.mails.close_duties(person_id, "gone")
    work.ledgers.journal.append("gone", person_id, {"merged_into": destination})
    work.ledgers.decisions.forget(person_id)
    work.ledgers.ends.forget(person_id)
    work.ledgers.erasures.owe(person_id)
    if destination is not None:
        _hand_over(work, person_id, destination)
        work.ledgers.inbox.decide_again(destination)


def _hand_over(work: Work, person_id: PersonId, destination: PersonId) -> None:
    """Keep what the person had withdrawn, since the CRM keeps the other's row and forgets hers."""
    reviews = work.ledgers.reviews
    for purpose in {*work.ledgers.decisions.withdrawn(person_id), *forgotten_noes(work, person_id)}:
        reviews.open(destination, MERGED, purpose, {"merged_from": person_id})
