"""Writes the differences between what is wanted and what stands, and believes only what is read back."""

from __future__ import annotations

from collections.abc import Sequence

from so_privacy_ext.errors import CrmFailure, Fault, NeedsHuman, NoOp, Park, Retry
from so_privacy_ext.model import AssociateId, Consent
from so_privacy_ext.ports import EffectIntent
from so_privacy_ext.processing.blame import of_one_person
from so_privacy_ext.processing.case import Case, Held
from so_privacy_ext.processing.work import Work

_US_AND_ANOTHER = 2


def resume(work: Work, case: Case) -> None:
    """Take up what an interrupted turn has written already: known by the ledger, or seen in the CRM now."""
    decision_id = case.kept.decision_id
    for purpose, result in work.ledgers.decisions.ended(decision_id).items():
        hold(case, purpose, Held(result))
    for intent in work.ledgers.decisions.intended(decision_id):
        held = judge(intent, case.consents.get(intent.purpose), work.tenant.own_associate_id)
        if held is not Held.NOT_APPLIED:
            work.ledgers.decisions.effected(decision_id, intent.purpose, held)
            hold(case, intent.purpose, held)


def write(work: Work, cases: Sequence[Case]) -> CrmFailure | None:
    """Carry out the intents of up to a chunk of cases; give the failure that stopped it, if one did.

    A case that was not reached, or whose outcome could not be read back, is not `written`.
    """
    writing = [case for case in cases if case.intents]
    if not writing:
        return None
    with work.ledgers.transaction():
        for case in writing:
            work.ledgers.decisions.intend(case.kept.decision_id, case.intents)
    stopped, asked = _ask(work, writing)
    try:
        standing = work.crm.read_consents([case.person.person_id for case in asked])
    except CrmFailure as failure:
        return stopped or failure
    with work.ledgers.transaction():
        for case in asked:
            case.consents = standing.get(case.person.person_id, {})
            _read_back(work, case)
    if stopped is not None and stopped.wait is None and asked[-1].failure is None:
        return None  # the reply was lost, not the write, and the CRM answers again
    return stopped


def judge(intent: EffectIntent, row: Consent | None, own: AssociateId | None) -> Held:
    """Say whether the row that stands now is what we meant to write, and whether we wrote over somebody.

    A row that was written more often than by us and by the last writer may have been another's before us.
    """
    if row is None:
        return Held.NOT_APPLIED
    begun_by_us = own is None or row.registered_associate_id == own
    before = intent.updated_count_before
    grown = row.updated_count - before if before is not None else row.updated_count + (not begun_by_us)
    if (row.basis, row.source) != (intent.basis, intent.source) or not _is_ours(intent, row, own):
        if grown == 0 and before is not None:
            return Held.NOT_APPLIED
        return Held.SUPERSEDED if grown <= _US_AND_ANOTHER else Held.OVERWRITTEN_IN_BETWEEN
    if before is None:
        return Held.WRITTEN if begun_by_us else Held.OVERWRITTEN_IN_BETWEEN
    return Held.WRITTEN if grown in {0, 1} else Held.OVERWRITTEN_IN_BETWEEN


def _is_ours(intent: EffectIntent, row: Consent, own: AssociateId | None) -> bool:
    if own is None:
        return row.comment == intent.comment
    return (row.updated_associate_id or row.registered_associate_id) == own


def _ask(work: Work, cases: Sequence[Case]) -> tuple[CrmFailure | None, list[Case]]:
    """Ask the CRM for each write until one fails in a way that would hit the next as well."""
    asked: list[Case] = []
    for case in cases:
        asked.append(case)
        for intent in case.intents:
            try:
                work.crm.set_consent(
                    case.person.person_id,
                    purpose=intent.purpose,
                    basis=intent.basis,
                    source=intent.source,
                    comment=intent.comment,
                )
            except NoOp as nothing:
                if nothing.fault is Fault.NOT_FOUND:
                    case.gone = True
                    break
                # else somebody's row was there first: the read-back says whose, and which
            except NeedsHuman as refused:
                case.left[intent.purpose] = f"refused_{refused.fault}"
            except CrmFailure as failure:
                case.failure = failure
                if not of_one_person(failure):
                    return failure, asked
                break
    return None, asked


def _read_back(work: Work, case: Case) -> None:
    own = work.tenant.own_associate_id
    for intent in case.intents:
        held = judge(intent, case.consents.get(intent.purpose), own)
        if held is not Held.NOT_APPLIED:
            case.left.pop(intent.purpose, None)
        elif intent.purpose in case.left:
            held = Held.FAILED
        if held is not Held.NOT_APPLIED:
            work.ledgers.decisions.effected(case.kept.decision_id, intent.purpose, held)
            hold(case, intent.purpose, held)
    if case.written and not isinstance(case.failure, Park):
        case.failure = None
    elif case.failure is None and not case.written and not case.gone:
        case.failure = Retry(Fault.UNKNOWN, "SetConsent", detail="accepted but not held")


def hold(case: Case, purpose: str, held: Held) -> None:
    """Note how an intent ended, and have a human see what can't be right."""
    case.held[purpose] = held
    if held is Held.OVERWRITTEN_IN_BETWEEN:
        case.ask_human("overwritten", purpose)
    elif held is Held.FAILED:
        case.ask_human("failed", purpose)
