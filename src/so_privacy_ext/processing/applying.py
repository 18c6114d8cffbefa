"""Applies a plan to persons, a chunk at a time: the same path as an event's, for exactly what it says."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from pydantic import TypeAdapter

from so_privacy_ext.errors import CrmFailure
from so_privacy_ext.model import Glance, NoMail, Person, PersonId
from so_privacy_ext.ports import KeptDecision
from so_privacy_ext.processing import wanting, writing
from so_privacy_ext.processing.carrying_out import carry_out
from so_privacy_ext.processing.case import EFFECTS, Case, Held, unkept
from so_privacy_ext.processing.consulting import gathered
from so_privacy_ext.processing.facts import to_keep
from so_privacy_ext.processing.leg import Leg
from so_privacy_ext.processing.planned import PlanHead, PlannedPerson, standing
from so_privacy_ext.processing.planning import AS_IT_SHOULD_BE, OWED, as_told
from so_privacy_ext.processing.work import Work
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.runs import Ended, PersonState, Run, RunPerson, Runs, Skip
from so_privacy_ext.sdk import Facts

_head: TypeAdapter[PlanHead] = TypeAdapter(PlanHead)
_planned: TypeAdapter[PlannedPerson] = TypeAdapter(PlannedPerson)


def plan_of(one: RunPerson) -> PlannedPerson:
    """Give what the plan says of a person."""
    return _planned.validate_python(one.planned)


def planned_json(person: PlannedPerson) -> str:
    """Write what a plan says of a person, the way `plan_of` reads it."""
    return _planned.dump_json(person, exclude_defaults=True).decode()


def head_json(head: PlanHead) -> str:
    """Write the head of a plan, as a run keeps it."""
    return _head.dump_json(head).decode()


def head_of(run: Run) -> PlanHead:
    """Give the head of the plan that a run applies."""
    return _head.validate_python(run.head)


def compare(work: Work, runs: Runs, run: Run, people: Sequence[RunPerson]) -> None:
    """Skip whoever is not as she was when the plan was made; nothing else is done yet."""
    persons = work.crm.glance([one.person_id for one in people])
    with work.ledgers.transaction():
        for one in people:
            skip = _changed(plan_of(one) if one.planned else None, persons.get(one.person_id))
            if skip is not None:
                runs.ended(run.run_id, one.person_id, Ended(PersonState.SKIPPED, skip))


def apply(leg: Leg) -> CrmFailure | None:
    """Carry the plan out for a chunk of persons who were just read; give the failure that stopped it."""
    tenant = as_told(leg.work.tenant, head_of(leg.run).tell_from)
    leg = replace(leg, work=replace(leg.work, tenant=tenant))
    begun = leg.begun()
    leg.part(begun)
    planned = {one.person_id: plan_of(one) for one in leg.people if one.planned}
    cases = [_resumed(leg, one) for one in begun.values() if one.person_id in leg.persons]
    facts = _facts(leg, planned, begun)
    with leg.work.ledgers.together():
        cases += _begin(leg, planned, facts, begun)
    for case in cases:
        case.mail = _no_mail(planned[case.person.person_id])

    def keep_before(cases: Sequence[Case]) -> None:
        with leg.work.ledgers.together():
            for case in cases:
                person_id, purposes = case.person.person_id, [one.purpose for one in case.intents]
                if purposes:
                    before = {purpose: case.consents.get(purpose) for purpose in purposes}
                    leg.runs.keep_before(leg.run.run_id, person_id, before)
                    leg.runs.give_again(person_id, purposes)

    def record(work: Work, cases: Sequence[Case]) -> None:
        with work.ledgers.together():
            for case in cases:
                leg.record(case, _ended(case, planned[case.person.person_id]))

    return carry_out(
        leg.work, cases, leg.lists, just_read=True, before_writing=keep_before, write=leg.write, record=record
    )


def is_refusal(reason: str) -> bool:
    """Tell whether the CRM, or its lists, refused what was to be done."""
    return reason == Held.FAILED or reason.startswith(("refused_", "blocked_"))


def _resumed(leg: Leg, decision: KeptDecision) -> Case:
    person = leg.persons[decision.person_id]
    case = Case(kept=decision, person=person, consents=person.consents, resumed=True, by_plan=True)
    writing.resume(leg.work, case)
    wanting.want(leg.work, case, leg.lists)
    return case


def _facts(
    leg: Leg, planned: Mapping[PersonId, PlannedPerson], begun: Collection[PersonId]
) -> Mapping[PersonId, Facts]:
    """Gather the facts about everybody who is as she was when the plan was made, and is not begun with."""
    persons = [
        leg.persons[one.person_id]
        for one in leg.people
        if one.person_id not in begun
        and _changed(planned.get(one.person_id), leg.persons.get(one.person_id)) is None
    ]
    manifest = leg.work.manifest_of(leg.run.manifest)
    facts = gathered(leg.work, [(one, ()) for one in persons], leg.lists, manifest)
    return {person.person_id: known for person, known in zip(persons, facts, strict=True)}


def _begin(
    leg: Leg,
    planned: Mapping[PersonId, PlannedPerson],
    facts: Mapping[PersonId, Facts],
    begun: Collection[PersonId],
) -> Sequence[Case]:
    """Decide anew, by the same engine, and begin only where that comes to what the plan says."""
    cases = []
    for one in leg.people:
        person = leg.persons.get(one.person_id)
        if person is None or one.person_id in begun:
            continue
        known = facts.get(one.person_id)
        case = None if known is None else _case(leg, person, known)
        if case is None or not _as_planned(case, planned[one.person_id]):
            leg.end(one.person_id, Ended(PersonState.SKIPPED, Skip.CHANGED_SINCE))
            continue
        cases.append(case)
    _keep(leg, cases)
    return cases


def _case(leg: Leg, person: Person, facts: Facts) -> Case:
    """Decide about a person as she stands, without keeping it."""
    work = leg.work
    ruling = decide(facts, work.manifest_of(leg.run.manifest))
    as_kept, quiet = to_keep(facts, work.tenant.address_key), person.person_id in leg.quiet
    case = unkept(person, ruling, as_kept, work.clock.now(), by_plan=True, quiet=quiet)
    wanting.want(work, case, leg.lists)
    return case


def _keep(leg: Leg, cases: Sequence[Case]) -> None:
    decisions = leg.work.ledgers.decisions.keep_all([(case.person, case.kept) for case in cases])
    for case, decision in zip(cases, decisions, strict=True):
        case.kept = decision
        leg.runs.begun(leg.run.run_id, case.person.person_id, decision.decision_id)


def _changed(planned: PlannedPerson | None, person: Person | Glance | None) -> Skip | None:
    if person is None:
        return Skip.GONE
    if planned is None:
        return Skip.CHANGED_SINCE  # she was deleted in between, and what was kept of her is erased
    same = planned.seen == person.mark and dict(planned.stands) == standing(person.consents)
    return None if same else Skip.CHANGED_SINCE


def _as_planned(case: Case, planned: PlannedPerson) -> bool:
    """Tell whether the very same would be written and told; an age may have passed a limit since."""
    wanted = {(one.purpose, one.basis, one.source) for one in case.intents}
    told = planned.mail is None or planned.mail == case.kept.ruling.tell
    return told and wanted == {(one.purpose, one.basis, one.source) for one in planned.writes}


def _no_mail(planned: PlannedPerson) -> str | None:
    """Say why nobody is told whom the plan doesn't tell; None where the notice itself must find out."""
    if planned.mail is not None or planned.no_mail in OWED:
        return None
    return planned.no_mail or NoMail.NO_TELL


def _ended(case: Case, planned: PlannedPerson) -> Ended:
    """Say what a case is for the run: done if anything planned was done, else why not."""
    if case.gone:
        return Ended(PersonState.SKIPPED, Skip.GONE, case.mail)
    purposes = [one.purpose for one in planned.writes]
    effects = {purpose for purpose in purposes if case.held.get(purpose) in EFFECTS}
    missing = [
        case.left.get(purpose) or str(case.held.get(purpose))
        for purpose in purposes
        if purpose not in effects and case.left.get(purpose) not in AS_IT_SHOULD_BE
    ]
    refused = [one for one in (*missing, case.mail or "") if is_refusal(one)]
    if refused:
        return Ended(PersonState.FAILED, refused[0], case.mail)
    if missing and not effects:
        return Ended(PersonState.SKIPPED, Skip.CHANGED_SINCE, case.mail)
    return Ended(PersonState.DONE, missing[0] if missing else None, case.mail)
