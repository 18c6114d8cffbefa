"""Carries out many intents in few calls, and believes only what is read back; the rest goes one by one."""

from __future__ import annotations

from collections.abc import Sequence

from so_privacy_ext.errors import CrmFailure, Fault, Park
from so_privacy_ext.ports import EffectIntent, MassWriter
from so_privacy_ext.processing import writing
from so_privacy_ext.processing.case import Case, Held
from so_privacy_ext.processing.work import CHUNK, Work
from so_privacy_ext.processing.writing import hold, judge

MASS_CHUNK = 990
"""Persons whose consents are re-read, written and read back together: a few less than a page of rows holds,
so that persons with one row each, as most have of addresses, cost one page of them and no second one."""
_TRIES = 2
"""A row that somebody else was first with fails the call of all; the read-back says which, and the rest is
asked for once more."""


def write_in_bulk(work: Work, cases: Sequence[Case], writer: MassWriter) -> CrmFailure | None:
    """Do what `writing.write` does, for up to a thousand cases that were read just before.

    Gives the failure that stopped it, if one did; a case that it left unwritten is not `written`.
    """
    left = [case for case in cases if case.intents]
    if not left:
        return None
    with work.ledgers.together():
        for case in left:
            work.ledgers.decisions.intend(case.kept.decision_id, case.intents)
    for _ in range(_TRIES):
        stopped = _ask(writer, [intent for case in left for intent in case.intents])
        try:
            standing = work.crm.read_consents([case.person.person_id for case in left])
        except CrmFailure as failure:
            return stopped or failure
        with work.ledgers.together():
            for case in left:
                case.consents = standing.get(case.person.person_id, {})
                case.intents = _not_held(work, case)
        left = [case for case in left if case.intents]
        if stopped is not None or not left:
            return stopped
    return _one_by_one(work, left)


def _ask(writer: MassWriter, intents: Sequence[EffectIntent]) -> CrmFailure | None:
    """Ask for all; give the failure that would hit any other call as well."""
    try:
        writer.write(intents)
    except CrmFailure as failure:
        if isinstance(failure, Park) or failure.fault is Fault.THROTTLED:
            return failure
    return None


def _not_held(work: Work, case: Case) -> list[EffectIntent]:
    """Note what has come of a case's intents, and give those of which nothing is to be seen."""
    left = []
    for intent in case.intents:
        held = judge(intent, case.consents.get(intent.purpose), work.tenant.own_associate_id)
        if held is Held.NOT_APPLIED:
            left.append(intent)
        else:
            work.ledgers.decisions.effected(case.kept.decision_id, intent.purpose, held)
            hold(case, intent.purpose, held)
    return left


def _one_by_one(work: Work, cases: Sequence[Case]) -> CrmFailure | None:
    """Write with the CRM's own rules what no mass operation has written."""
    for start in range(0, len(cases), CHUNK):
        stopped = writing.write(work, cases[start : start + CHUNK])
        if stopped is not None:
            return stopped
    return None
