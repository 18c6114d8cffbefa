"""Writes the differences between what is wanted and what stands, and believes only what is read back."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from so_privacy_ext.errors import CrmFailure, Fault, NeedsHuman, NoOp, Park, Retry
from so_privacy_ext.model import STORE, WITHDRAWN, AssociateId, Consent, Decision, TenantLists
from so_privacy_ext.ports import EffectIntent
from so_privacy_ext.processing import periods
from so_privacy_ext.processing.case import Case
from so_privacy_ext.processing.work import Work
from so_privacy_ext.proof.arbiter import Leave, settle
from so_privacy_ext.proof.arbiter import Write as Settled
from so_privacy_ext.proof.authority import authority
from so_privacy_ext.rules.tag import tag

FLIPS = 3
FLIP_WINDOW = 600.0
"""Three writes of one purpose within ten minutes mean that somebody writes against us."""


class Held(StrEnum):
    """What a read-back says of an intent."""

    WRITTEN = "written"
    OVERWRITTEN_IN_BETWEEN = "overwritten_in_between"
    SUPERSEDED = "superseded"
    NOT_APPLIED = "not_applied"


def write(work: Work, cases: Sequence[Case], lists: TenantLists) -> CrmFailure | None:
    """Carry out the consents of up to a chunk of cases; give the failure that stopped it, if one did."""
    own = work.tenant.own_associate_id
    for case in cases:
        _settle_earlier_intents(work, case, own)
        _want(work, case, lists)
    writing = [case for case in cases if case.intents]
    if not writing:
        return None
    with work.ledgers.transaction():
        for case in writing:
            work.ledgers.decisions.intend(case.kept.decision_id, case.intents)
    stopped, asked = _ask(work, writing)
    if asked:
        _read_back(work, asked, own)
    return stopped


def judge(intent: EffectIntent, row: Consent | None, own: AssociateId | None) -> Held:
    """Say whether the row that stands now is what we meant to write, and whether we wrote over somebody."""
    if row is None:
        return Held.NOT_APPLIED
    grown = None if intent.updated_count_before is None else row.updated_count - intent.updated_count_before
    last_writer = row.updated_associate_id or row.registered_associate_id
    if (row.basis, row.source) != (intent.basis, intent.source) or last_writer != own:
        return Held.NOT_APPLIED if grown == 0 else Held.SUPERSEDED
    if grown is None:
        ours_from_the_start = row.registered_associate_id == own
        return Held.WRITTEN if ours_from_the_start else Held.OVERWRITTEN_IN_BETWEEN
    return Held.WRITTEN if grown <= 1 else Held.OVERWRITTEN_IN_BETWEEN


def _settle_earlier_intents(work: Work, case: Case, own: AssociateId | None) -> None:
    """Look first at what an interrupted turn may have written already."""
    for intent in work.ledgers.decisions.intended(case.kept.decision_id):
        held = judge(intent, case.consents.get(intent.purpose), own)
        if held is not Held.NOT_APPLIED:
            _note(work, case, intent, held)


def _want(work: Work, case: Case, lists: TenantLists) -> None:
    store = case.consents.get(STORE)
    for decision in case.kept.ruling.decisions:
        if decision.purpose in case.written or decision.purpose in case.left:
            continue
        if store is not None and store.basis == WITHDRAWN:
            case.left[decision.purpose] = "store_withdrawn"
            continue
        current = case.consents.get(decision.purpose)
        writer = authority(current, case.person, lists, work.tenant.own_associate_id) if current else None
        settled = settle(decision, current, writer)
        if isinstance(settled, Leave):
            case.left[decision.purpose] = settled.reason
        elif not _may_be_written(decision, lists):
            case.left[decision.purpose] = "blocked_list_item"
            case.for_humans.append(("failed", decision.purpose))
        elif (
            work.ledgers.decisions.writes_since(case.person.person_id, decision.purpose, FLIP_WINDOW) >= FLIPS
        ):
            case.left[decision.purpose] = "flapping"
            case.for_humans.append(("flapping", decision.purpose))
        else:
            case.intents.append(_intent(work, case, decision, settled, current))


def _flaps(work: Work, case: Case, purpose: str) -> bool:
    """Tell whether another app keeps writing against us, so that one of us must stop."""
    return work.ledgers.decisions.writes_since(case.person.person_id, purpose, FLIP_WINDOW) >= FLIPS


def _may_be_written(decision: Decision, lists: TenantLists) -> bool:
    """A key that the tenant has deleted since activation must not become an id that nobody chose."""
    return (
        any(item.key == decision.purpose and item.active and not item.deleted for item in lists.purposes)
        and any(item.key == decision.basis and not item.deleted for item in lists.bases)
        and any(item.key == decision.source and not item.deleted for item in lists.sources)
    )


def _intent(
    work: Work, case: Case, decision: Decision, wanted: Settled, current: Consent | None
) -> EffectIntent:
    person_id = case.person.person_id
    expires_at = None
    if decision.expires is not None:
        first = work.ledgers.decisions.first_written(person_id, wanted.purpose, wanted.basis)
        expires_at = periods.add(first or work.clock.now(), decision.expires)
    return EffectIntent(
        person_id=person_id,
        purpose=wanted.purpose,
        basis=wanted.basis,
        source=wanted.source,
        comment=tag(decision.rule_id, case.kept.ruling.digest),
        updated_count_before=None if current is None else current.updated_count,
        expires_at=expires_at,
    )


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
                case.gone = nothing.fault is Fault.NOT_FOUND
            except NeedsHuman as refused:
                case.for_humans.append(("failed", intent.purpose))
                case.left[intent.purpose] = f"refused_{refused.fault}"
            except (Retry, Park) as stopped:
                case.failure = stopped
                return stopped, asked
    return None, asked


def _read_back(work: Work, cases: Sequence[Case], own: AssociateId | None) -> None:
    standing = work.crm.read_consents([case.person.person_id for case in cases])
    with work.ledgers.transaction():
        for case in cases:
            case.consents = standing.get(case.person.person_id, {})
            for intent in case.intents:
                held = judge(intent, case.consents.get(intent.purpose), own)
                if held is not Held.NOT_APPLIED:
                    _note(work, case, intent, held)
                elif not (case.gone or case.failure or intent.purpose in case.left):
                    case.failure = Retry(Fault.UNKNOWN, "SetConsent", detail="accepted but not held")


def _note(work: Work, case: Case, intent: EffectIntent, held: Held) -> None:
    work.ledgers.decisions.effected(case.kept.decision_id, intent.purpose, held)
    case.left.pop(intent.purpose, None)
    if held is Held.SUPERSEDED:
        case.left[intent.purpose] = "superseded"
        return
    case.written.append(intent.purpose)
    if held is Held.OVERWRITTEN_IN_BETWEEN:
        case.for_humans.append(("overwritten", intent.purpose))
