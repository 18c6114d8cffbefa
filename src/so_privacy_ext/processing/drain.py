"""Drains one slice of a tenant's inbox: read in batches, decide once, carry out by chunks, record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from so_privacy_ext.errors import Applied, Fault, Park
from so_privacy_ext.model import WATCHDOG, InboxEvent, Person, PersonId, TenantLists
from so_privacy_ext.ports import KeptDecision
from so_privacy_ext.processing import slices, telling, wanting, writing
from so_privacy_ext.processing.carrying_out import carry_out
from so_privacy_ext.processing.case import Case
from so_privacy_ext.processing.consulting import Told, gathered
from so_privacy_ext.processing.errands import TOLD, tell_events
from so_privacy_ext.processing.facts import default_row_may_come, to_keep
from so_privacy_ext.processing.parting import part
from so_privacy_ext.processing.recording import record
from so_privacy_ext.processing.work import CHUNK, SLICE, Work
from so_privacy_ext.rules.decide import decide

DEFAULT_ROW_WAIT = 5.0
DEFAULT_ROW_TRIES = 3
ECHO_WAIT = 300.0
"""Seconds for which echoes of a run in bulk are left, unless it ends before; then it is asked for again."""


def drain(work: Work, limit: int = SLICE) -> bool:
    """Work one slice; True if it may have left something behind that is due now.

    Raises the `CrmFailure` that stopped it; what was done until then is recorded, the rest stays open.
    """
    _leave_echoes_of_a_run(work)
    events = work.ledgers.inbox.claim(limit)
    if not events:
        return False
    begun = work.ledgers.decisions.unfinished(slices.decision_ids(events))
    sorted_slice = slices.sort(events, {one.decision_id for one in begun})
    if sorted_slice.lists_changed:
        work.crm.forget_lists()
    if sorted_slice.webhook_changed:
        work.ledgers.due(WATCHDOG, 0.0)
    with work.ledgers.transaction():
        told = tell_events(work, events)
        for reason, inbox_ids in sorted_slice.settled.items():
            work.ledgers.inbox.done([one for one in inbox_ids if one not in told], reason)
            work.ledgers.inbox.done([one for one in inbox_ids if one in told], TOLD)
    waiting = sorted_slice.persons
    for person_id in work.ledgers.inbox.wait_behind(list(waiting)):
        del waiting[person_id]
    ids = sorted({*waiting, *(one.person_id for one in begun)})
    if not ids:
        return True
    persons = work.crm.read_persons(ids, work.manifest.fields)
    refuse_reissued(work, persons)
    lists = work.crm.lists()  # after the persons, who may have shown that something new is in them
    part(work, [one for one in ids if one not in persons], waiting, begun)
    cases = [_resumed(work, one, persons[one.person_id]) for one in begun if one.person_id in persons]
    cases += _decide(work, waiting, persons, lists)
    _carry_out_all(work, cases, lists, just_read=len(ids) <= CHUNK)
    return True


def _leave_echoes_of_a_run(work: Work) -> None:
    """Leave until a run that writes in bulk is through what its own writes come back as.

    They find that nothing is left to do, and reading for them would cost half of the calls meanwhile.
    """
    own = work.tenant.own_associate_id
    if work.mass is not None and own is not None:
        work.ledgers.inbox.wait_for_bulk(own, ECHO_WAIT)


def refuse_reissued(work: Work, persons: Mapping[PersonId, Person]) -> None:
    """Do nothing by what we know of somebody else: the numbers of a CRM that was set back begin anew."""
    registered = {person_id: person.registered for person_id, person in persons.items()}
    if work.ledgers.decisions.reissued(registered):
        raise Park(Fault.REISSUED, "Person", applied=Applied.NO)


def _resumed(work: Work, decision: KeptDecision, person: Person) -> Case:
    case = Case(kept=decision, person=person, consents=person.consents, resumed=True)
    writing.resume(work, case)
    return case


def _decide(
    work: Work,
    waiting: Mapping[PersonId, Sequence[InboxEvent]],
    persons: Mapping[PersonId, Person],
    lists: TenantLists,
) -> list[Case]:
    """Decide once for each person of the slice, and keep it before anything is done."""
    cases: list[Case] = []
    manifest = work.manifest_of(work.manifest.digest)  # as it reads on these lists
    now: list[Told] = []
    early: list[Told] = []
    for person_id, events in waiting.items():
        person = persons.get(person_id)
        if person is not None:
            (early if _default_row_may_come(work, person, events) else now).append((person, events))
    facts_of_all = gathered(work, now, lists, manifest)
    with work.ledgers.transaction():
        for _, events in early:
            work.ledgers.inbox.put_off(_inbox_ids(events), DEFAULT_ROW_WAIT, "default_row_awaited")
        for (person, events), facts in zip(now, facts_of_all, strict=True):
            ruling = decide(facts, manifest)
            as_kept = to_keep(facts, work.tenant.address_key)
            decision = work.ledgers.decisions.keep(
                person.person_id,
                ruling,
                as_kept,
                _inbox_ids(events),
                person.mark,
                registered=person.registered,
            )
            cases.append(Case(kept=decision, person=person, consents=person.consents))
    return cases


def _inbox_ids(events: Sequence[InboxEvent]) -> list[int]:
    return [event.inbox_id for event in events]


def _default_row_may_come(work: Work, person: Person, events: Sequence[InboxEvent]) -> bool:
    """Tell whether the CRM's own row of a person this young may still be on its way."""
    tries = max(event.attempts for event in events)
    return default_row_may_come(person, work.clock.now()) and tries < DEFAULT_ROW_TRIES


def _carry_out_all(work: Work, cases: Sequence[Case], lists: TenantLists, *, just_read: bool) -> None:
    """Carry cases out by chunks until another tenant must have its turn; what is left stays begun."""
    asking = [case for case in cases if not _needs_nothing(work, case, lists)]
    record(work, [case for case in cases if case.mail is not None])
    for number, chunk in enumerate(_chunks(asking)):
        if number and work.must_yield():
            return
        stopped = carry_out(work, chunk, lists, just_read=just_read)
        if stopped is not None:
            raise stopped


def _needs_nothing(work: Work, case: Case, lists: TenantLists) -> bool:
    """Tell whether all is right already: most events are echoes and repeats, which need no more calls."""
    wanting.want(work, case, lists)
    return not case.intents and telling.prepare(work, case, lists) is None


def _chunks(cases: Sequence[Case]) -> Iterator[Sequence[Case]]:
    for start in range(0, len(cases), CHUNK):
        yield cases[start : start + CHUNK]
