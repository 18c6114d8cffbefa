"""Drains one slice of a tenant's inbox: read in batches, decide once, carry out by chunks, record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from so_privacy_ext.errors import CrmFailure
from so_privacy_ext.model import STORE, InboxEvent, Person, PersonId, TenantLists
from so_privacy_ext.ports import KeptDecision
from so_privacy_ext.processing import slices, telling, writing
from so_privacy_ext.processing.addresses import keyed_hash
from so_privacy_ext.processing.case import Case
from so_privacy_ext.processing.facts import gather
from so_privacy_ext.processing.recording import record
from so_privacy_ext.processing.work import CHUNK, SLICE, Work
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.kept import kept

YOUNG = 60.0
DEFAULT_ROW_WAIT = 5.0
DEFAULT_ROW_TRIES = 3


def drain(work: Work, limit: int = SLICE) -> bool:
    """Work one slice; True if it may have left something behind that is due now.

    Raises the `CrmFailure` that stopped it; what was done until then is recorded, the rest stays open.
    """
    events = work.ledgers.inbox.claim(limit)
    if not events:
        return False
    sorted_slice = slices.sort(events)
    if sorted_slice.lists_changed:
        work.crm.forget_lists()
    for reason, inbox_ids in sorted_slice.settled.items():
        work.ledgers.inbox.done(inbox_ids, reason)
    begun = work.ledgers.decisions.unfinished(sorted(sorted_slice.begun))
    ids = sorted({*sorted_slice.persons, *(one.person_id for one in begun)})
    if not ids:
        return True
    persons = work.crm.read_persons(ids)
    lists = work.crm.lists()
    _part_with_the_gone(work, [one for one in ids if one not in persons], sorted_slice.persons, begun)
    cases = [_case(one, persons[one.person_id]) for one in begun if one.person_id in persons]
    cases += _decide(work, sorted_slice.persons, persons, lists)
    for number, chunk in enumerate(_chunks(cases)):
        if number and work.must_yield():
            return True
        _carry_out(work, chunk, lists, just_read=len(ids) <= CHUNK)
    return True


def _part_with_the_gone(
    work: Work,
    gone: Sequence[PersonId],
    waiting: Mapping[PersonId, Sequence[InboxEvent]],
    begun: Sequence[KeptDecision],
) -> None:
    """End the work of persons who are deleted; one who was merged is looked at under her new id."""
    if not gone:
        return
    merged = work.crm.merged_into(gone)
    with work.ledgers.transaction():
        for person_id in gone:
            for decision in begun:
                if decision.person_id == person_id:
                    work.ledgers.decisions.finish(decision.decision_id, "gone")
                    work.ledgers.inbox.done(decision.inbox_ids, "gone")
            events = waiting.get(person_id, ())
            work.ledgers.inbox.done([event.inbox_id for event in events], "gone")
            work.ledgers.mails.close_duties(person_id, "gone")
            destination = merged.get(person_id)
            work.ledgers.journal.append("gone", person_id, {"merged_into": destination})
            if destination is not None:
                work.ledgers.inbox.decide_again(destination)


def _decide(
    work: Work,
    waiting: Mapping[PersonId, Sequence[InboxEvent]],
    persons: Mapping[PersonId, Person],
    lists: TenantLists,
) -> list[Case]:
    """Decide once for each person of the slice, and keep it before anything is done."""
    cases: list[Case] = []
    with work.ledgers.transaction():
        for person_id, events in waiting.items():
            person = persons.get(person_id)
            if person is None:
                continue
            inbox_ids = [event.inbox_id for event in events]
            if _default_row_may_come(work, person, events):
                work.ledgers.inbox.put_off(inbox_ids, DEFAULT_ROW_WAIT, "default_row_awaited")
                continue
            facts = gather(person, events, lists, work.tenant.own_associate_id, work.clock.now())
            ruling = decide(facts, work.manifest)
            to_keep = kept(facts, lambda text: keyed_hash(text, work.tenant.address_key))
            decision = work.ledgers.decisions.keep(person_id, ruling, to_keep, inbox_ids)
            cases.append(_case(decision, person))
    return cases


def _default_row_may_come(work: Work, person: Person, events: Sequence[InboxEvent]) -> bool:
    """Tell whether the CRM's own row of a person this young may still be on its way."""
    age = (work.clock.now() - person.registered).total_seconds()
    tries = max(event.attempts for event in events)
    return STORE not in person.consents and age < YOUNG and tries < DEFAULT_ROW_TRIES


def _case(decision: KeptDecision, person: Person) -> Case:
    return Case(kept=decision, person=person, consents=person.consents)


def _chunks(cases: Sequence[Case]) -> Iterator[Sequence[Case]]:
    for start in range(0, len(cases), CHUNK):
        yield cases[start : start + CHUNK]


def _carry_out(work: Work, cases: Sequence[Case], lists: TenantLists, *, just_read: bool) -> None:
    if not just_read:
        standing = work.crm.read_consents([case.person.person_id for case in cases])
        for case in cases:
            case.consents = standing.get(case.person.person_id, {})
    stopped: CrmFailure | None = writing.write(work, cases, lists)
    for case in cases:
        if stopped is not None:
            break
        if case.failure is None and not case.gone:
            stopped = telling.tell(work, case, lists)
    record(work, cases)
    if stopped is not None:
        raise stopped
