"""Takes back what a run wrote, a chunk of persons at a time, and nothing that anybody has touched since."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from so_privacy_ext.errors import CrmFailure
from so_privacy_ext.model import (
    STORE,
    TAG_PREFIX,
    WITHDRAWN,
    Consent,
    Decision,
    NoMail,
    Outcome,
    Ruling,
)
from so_privacy_ext.ports import EffectIntent, KeptDecision
from so_privacy_ext.processing import writing
from so_privacy_ext.processing.applying import is_refusal
from so_privacy_ext.processing.carrying_out import carry_out
from so_privacy_ext.processing.case import EFFECTS, Case, Held
from so_privacy_ext.processing.leg import Leg
from so_privacy_ext.processing.wanting import forgotten_noes, may_be_written
from so_privacy_ext.processing.work import Work
from so_privacy_ext.rules.tag import tag
from so_privacy_ext.runs import Ended, PersonState, Run, RunPerson, Runs, Skip


@dataclass(slots=True)
class Return:
    """What can be taken back of one person, and why the rest can't."""

    intents: list[EffectIntent] = field(default_factory=list)
    left: dict[str, Skip] = field(default_factory=dict)
    """Purpose → reason."""
    skip: Skip | None = None
    """Why she is left as she is, all of her."""

    @property
    def ended(self) -> Ended | None:
        """Say how it ends where there is nothing to write."""
        if self.skip is not None:
            return Ended(PersonState.SKIPPED, self.skip)
        if not self.intents:
            return Ended(PersonState.SKIPPED, next(iter(self.left.values()), Skip.NOTHING_WRITTEN))
        return None


def survey(work: Work, runs: Runs, run: Run, people: Sequence[RunPerson]) -> None:
    """Skip, before anything is begun, whoever can't be put back as she was."""
    persons = work.crm.read_persons([one.person_id for one in people])
    leg = Leg(work, runs, run, people, persons, work.crm.lists())
    with work.ledgers.transaction():
        leg.part({})
        for one in people:
            if one.person_id in persons:
                ended = _look(leg, one).ended
                if ended is not None:
                    leg.end(one.person_id, ended)


def undo(leg: Leg) -> CrmFailure | None:
    """Put a chunk of persons back who were just read; give the failure that stopped it."""

    def hold_back(cases: Sequence[Case]) -> None:
        with leg.work.ledgers.transaction():
            for case in cases:
                for intent in case.intents:
                    row = case.consents[intent.purpose]
                    leg.runs.take_back(leg.run, row, leg.work.manifest.digest)

    def record(work: Work, cases: Sequence[Case]) -> None:
        with work.ledgers.transaction():
            for case in cases:
                leg.record(case, _ended(case))
                stays = [one.purpose for one in case.intents if case.held.get(one.purpose) not in EFFECTS]
                if stays and case.failure is None:
                    leg.runs.give_again(case.person.person_id, stays)

    cases = _cases(leg)
    return carry_out(leg.work, cases, leg.lists, just_read=True, before_writing=hold_back, record=record)


def _cases(leg: Leg) -> Sequence[Case]:
    """Take up who was begun, begin with who can be put back, and end the others."""
    begun = leg.begun()
    leg.part(begun)
    cases = []
    for one in leg.people:
        if one.person_id not in leg.persons:
            continue
        if one.person_id in begun:
            cases.append(_resumed(leg, one, begun[one.person_id]))
            continue
        back = _look(leg, one)
        if back.ended is None:
            cases.append(_begun(leg, one, back))
        else:
            leg.end(one.person_id, back.ended)
    return cases


def _look(leg: Leg, one: RunPerson, done: Collection[str] = ()) -> Return:
    """Say what would be written to have a person stand as she did before; purposes that are `done` stay."""
    person, work, found = leg.persons[one.person_id], leg.work, Return()
    own, rows = work.tenant.own_associate_id, person.consents
    store = rows.get(STORE)
    if (store is not None and store.basis == WITHDRAWN) or forgotten_noes(work, person.person_id):
        found.skip = Skip.WITHDRAWN
        return found
    for effect in work.ledgers.decisions.written(one.planned["decision_id"]) if one.planned else ():
        row = rows.get(effect.purpose)
        held = writing.judge(effect, row, own)
        if effect.purpose in done or _never_was(effect, row, held):
            continue
        if row is None or held is not Held.WRITTEN:
            found.skip = _touched(work, effect, row)
            return found
        _return_one(leg, one, row, found)
    return found


def _begun(leg: Leg, one: RunPerson, back: Return) -> Case:
    """Keep, as a decision of the administrator's, what is about to be put back."""
    run, person = leg.run, leg.persons[one.person_id]
    rule_id, because = f"undo-{run.undoes}", f"run {run.undoes} is taken back"
    decisions = tuple(
        Decision(intent.purpose, Outcome.GIVE, rule_id, because, intent.basis, intent.source)
        for intent in back.intents
    )
    withdrawn = tuple(purpose for purpose, row in person.consents.items() if row.basis == WITHDRAWN)
    with leg.work.ledgers.transaction():
        kept = leg.work.ledgers.decisions.keep(
            person.person_id,
            Ruling(run.manifest, decisions, withdrawn),
            {},
            (),
            person.mark,
            registered=person.registered,
        )
        leg.runs.begun(run.run_id, person.person_id, kept.decision_id)
    return _case(Case(kept, person, person.consents), back)


def _resumed(leg: Leg, one: RunPerson, kept: KeptDecision) -> Case:
    """Take up what an interrupted turn has put back already, and what is left of it."""
    person = leg.persons[one.person_id]
    case = Case(kept, person, person.consents, resumed=True)
    writing.resume(leg.work, case)
    back = _look(leg, one, case.held)
    if back.skip is not None:
        back.intents = []
        back.left = {decision.purpose: back.skip for decision in kept.ruling.decisions}
    return _case(case, back)


def _case(case: Case, back: Return) -> Case:
    case.intents = list(back.intents)
    case.left = {purpose: str(reason) for purpose, reason in back.left.items() if purpose not in case.held}
    case.mail = NoMail.NO_TELL
    return case


def _return_one(leg: Leg, one: RunPerson, row: Consent, found: Return) -> None:
    """Note what is to be written for one purpose, or why it is left."""
    run, purpose = leg.run, row.purpose
    before = one.before[purpose]  # kept before it was written
    comment = None
    if before is not None:
        basis, source, comment = before.basis, before.source, before.comment
    elif run.withdraw_new:
        basis, source, comment = WITHDRAWN, row.source, tag(f"undo-{run.undoes}", run.manifest)
    else:
        found.left[purpose] = Skip.NO_ROW_BEFORE
        return
    if comment is None:
        found.left[purpose] = Skip.BEFORE_FORGOTTEN
    elif not may_be_written(purpose, basis, source, leg.lists):
        found.left[purpose] = Skip.BLOCKED_LIST_ITEM
    else:
        found.intents.append(EffectIntent(one.person_id, purpose, basis, source, comment, row.updated_count))


def _never_was(effect: EffectIntent, row: Consent | None, held: Held) -> bool:
    """Tell whether there is nothing to take back: it was never applied, or what was new is gone again."""
    return held is Held.NOT_APPLIED and (row is not None or effect.updated_count_before is None)


def _touched(work: Work, effect: EffectIntent, row: Consent | None) -> Skip:
    """Say who has written since: the person, we by another decision, or anybody else."""
    if row is None:
        return Skip.CHANGED_SINCE
    if row.basis == WITHDRAWN:
        return Skip.WITHDRAWN
    writer = row.updated_associate_id or row.registered_associate_id
    other = (row.basis, row.source) != (effect.basis, effect.source)
    ours = writer == work.tenant.own_associate_id and row.comment.startswith(TAG_PREFIX)
    return Skip.DECIDED_SINCE if ours and other else Skip.CHANGED_SINCE


def _ended(case: Case) -> Ended:
    """Say what a case is for the run: done if anything was put back, else why not."""
    results = [*case.left.values(), *(str(held) for held in case.held.values() if held not in EFFECTS)]
    reason = results[0] if results else None
    if case.gone:
        return Ended(PersonState.SKIPPED, Skip.GONE)
    if not EFFECTS.isdisjoint(case.held.values()):
        return Ended(PersonState.DONE, reason)
    refused = [one for one in results if is_refusal(one)]
    if refused:
        return Ended(PersonState.FAILED, refused[0])
    return Ended(PersonState.SKIPPED, Skip.CHANGED_SINCE if reason in set(Held) else reason)
