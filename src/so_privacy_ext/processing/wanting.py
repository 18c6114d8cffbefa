"""Says which consents a ruling wants written, given what stands: the differences and nothing else."""

from __future__ import annotations

from dataclasses import replace

from so_privacy_ext.model import STORE, WITHDRAWN, Consent, Decision, Outcome, PersonId, TenantLists
from so_privacy_ext.ports import EffectIntent
from so_privacy_ext.processing.case import EFFECTS, Case
from so_privacy_ext.processing.ends import ends_of_hers
from so_privacy_ext.processing.work import Work
from so_privacy_ext.proof.arbiter import Leave, Write, settle
from so_privacy_ext.proof.authority import authority
from so_privacy_ext.proof.verdict import line
from so_privacy_ext.rules import periods
from so_privacy_ext.rules.shape import AtEnd
from so_privacy_ext.rules.tag import tag

FLIPS = 3
FLIP_WINDOW = 600.0
"""Three writes of one purpose within ten minutes mean that somebody writes against us."""
FLAPPING = "flapping"
MERGED = "merged"
RESTORED = "restored"
TAKEN_BACK = "taken_back"
"""An administrator took back what this version of the manifest gave; it gives it again by a plan only."""
EXPIRED = "expired"
"""What the rule gives has come to its end; only the person, or a rule that gives something else, goes on."""
OVERTAKEN = "overtaken"
"""Others have written since the ruling was made; what stands now is ruled on anew."""
STORE_WITHDRAWN = "store_withdrawn"
WITHDRAWN_BEFORE = "withdrawn_before"
"""By somebody who has become this person since, or by herself before the CRM was set back; a human must say
whether that no counts."""


def want(work: Work, case: Case, lists: TenantLists) -> None:
    """Note afresh what is to be written on what now stands, and why the rest is not."""
    case.intents, case.left = [], {}
    manifest = work.manifest_of(case.kept.ruling.digest)
    case.ends = ends_of_hers(work, case.person, case.consents, lists, manifest)
    store = case.consents.get(STORE)
    stopped = store is not None and store.basis == WITHDRAWN
    for decision in case.kept.ruling.decisions:
        if decision.purpose in case.held:
            continue
        reason = STORE_WITHDRAWN if stopped else _want_as_of_now(work, case, decision, lists)
        if reason is not None:
            case.left[decision.purpose] = reason


def _want_as_of_now(work: Work, case: Case, decision: Decision, lists: TenantLists) -> str | None:
    now = _as_of_now(work, case, decision)
    return EXPIRED if now is None else _want_one(work, case, now, lists)


def _want_one(work: Work, case: Case, decision: Decision, lists: TenantLists) -> str | None:
    """Note the intent of one decision, or give the reason for which there is none."""
    current = case.consents.get(decision.purpose)
    writer = authority(current, case.person, lists, work.tenant.own_associate_id) if current else None
    settled = settle(decision, current, writer)
    if isinstance(settled, Leave):
        return settled.reason
    reason = _forbidden(work, case, settled)
    if reason is not None:
        return reason
    if not may_be_written(settled.purpose, settled.basis, settled.source, lists):
        case.ask_human("failed", decision.purpose)
        return "blocked_list_item"
    if _flaps(work, case, decision.purpose):
        case.ask_human(FLAPPING, decision.purpose)
        return FLAPPING
    case.intents.append(_intent(work, case, decision, settled, current))
    return None


def ask_for_reviews(case: Case) -> None:
    """Have a human see each purpose that a rule leaves to one, unless the person has said no to all."""
    for decision in case.kept.ruling.decisions:
        if decision.outcome is Outcome.REVIEW and case.left.get(decision.purpose) != STORE_WITHDRAWN:
            case.ask_human("purpose", decision.purpose)


def forgotten_noes(work: Work, person_id: PersonId) -> frozenset[str]:
    """Give the purposes that were withdrawn and of which the CRM knows nothing any more."""
    reviews = work.ledgers.reviews
    return frozenset({*reviews.forbidden(person_id, MERGED), *reviews.forbidden(person_id, RESTORED)})


def _as_of_now(work: Work, case: Case, decision: Decision) -> Decision | None:
    """Give what the manifest has a purpose left with once what its rule gives is over; None if nothing is."""
    person_id, basis = case.person.person_id, decision.basis
    if basis is None or decision.expires is None:
        return decision
    if not work.ledgers.ends.is_over(person_id, decision.purpose, basis, work.clock.now()):
        return decision
    at_end = work.manifest_of(case.kept.ruling.digest).ends[decision.purpose].at_end
    if not isinstance(at_end, AtEnd):
        return None
    return replace(decision, basis=at_end.basis, source=at_end.source or decision.source, expires=None)


def _overtaken(work: Work, case: Case) -> bool:
    """Tell whether other consents stand than those that the ruling was made on and those it has written."""
    expected: dict[str, list[str]] = dict(case.kept.facts["consents"])
    for decision in case.kept.ruling.decisions:
        if case.held.get(decision.purpose) in EFFECTS:
            done = _as_of_now(work, case, decision)
            if done is not None and done.basis and done.source:
                expected[decision.purpose] = [done.basis, done.source]
    return expected != {purpose: [row.basis, row.source] for purpose, row in case.consents.items()}


def _forbidden(work: Work, case: Case, wanted: Write) -> str | None:
    """Say why something may not be written although the arbiter lets it."""
    if _overtaken(work, case):
        return OVERTAKEN
    forgotten = frozenset() if case.quiet else forgotten_noes(work, case.person.person_id)
    parents = work.manifest_of(case.kept.ruling.digest).parents
    if not forgotten.isdisjoint({STORE, *line(wanted.purpose, parents)}):
        return WITHDRAWN_BEFORE
    return TAKEN_BACK if not case.by_plan and _taken_back(work, case, wanted) else None


def _taken_back(work: Work, case: Case, wanted: Write) -> bool:
    return work.ledgers.decisions.taken_back(
        case.person.person_id, wanted.purpose, case.kept.ruling.digest, wanted.basis, wanted.source
    )


def may_be_written(purpose: str, basis: str, source: str, lists: TenantLists) -> bool:
    """A key that the tenant has deleted since activation must not become an id that nobody chose."""
    return (
        any(item.key == purpose and item.active and not item.deleted for item in lists.purposes)
        and any(item.key == basis and not item.deleted for item in lists.bases)
        and any(item.key == source and not item.deleted for item in lists.sources)
    )


def _flaps(work: Work, case: Case, purpose: str) -> bool:
    """Tell whether another app keeps writing against us, so that we stop until a human has settled it."""
    if case.quiet:
        return False
    person_id = case.person.person_id
    writes = work.ledgers.decisions.writes_since(person_id, purpose, FLIP_WINDOW)
    return writes >= FLIPS or work.ledgers.reviews.waits(person_id, FLAPPING, purpose)


def _intent(
    work: Work, case: Case, decision: Decision, wanted: Write, current: Consent | None
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
