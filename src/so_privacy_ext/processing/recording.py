"""Records what became of cases: journal, reviews, and the events that end or wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from so_privacy_ext.errands import DECISION
from so_privacy_ext.errors import CrmFailure, Park
from so_privacy_ext.ports import KeptDecision
from so_privacy_ext.processing.case import Case, Held
from so_privacy_ext.processing.ends import ends_of_ours
from so_privacy_ext.processing.errands import make_errands
from so_privacy_ext.processing.wanting import OVERTAKEN, ask_for_reviews
from so_privacy_ext.processing.work import Work

WAITS = (5.0, 30.0, 120.0, 600.0, 3600.0, 10800.0, 28800.0, 43200.0)
"""Seconds before each further attempt at a case; about a day in all, then a human is asked."""


def record(work: Work, cases: Sequence[Case]) -> None:
    """Write down, in one transaction, how each case of a chunk ended; untouched cases stay begun.

    A tenant that is parked is no fault of the case that found out: it stays begun as well.
    """
    with work.ledgers.transaction():
        for case in cases:
            if case.failure is not None and not isinstance(case.failure, Park):
                _put_off(work, case, case.failure)
            elif case.gone or case.mail is not None:
                finish(work, case)


def _put_off(work: Work, case: Case, failure: CrmFailure) -> None:
    """Leave a case for later, further away each time, and to a human after the last."""
    attempts = work.ledgers.inbox.attempts(case.kept.inbox_ids)
    reason = str(failure.fault)
    if attempts < len(WAITS):
        work.ledgers.inbox.put_off(case.kept.inbox_ids, WAITS[attempts], reason)
        return
    give_up(work, case, reason)
    work.ledgers.inbox.dead(case.kept.inbox_ids, reason)


def give_up(work: Work, case: Case, reason: str) -> None:
    """Leave a case to a human."""
    _ask_humans(work, case)
    work.ledgers.reviews.open(case.person.person_id, "failed", "", {"fault": reason})
    work.ledgers.journal.append("given_up", case.person.person_id, _content(case) | {"fault": reason})


def finish(work: Work, case: Case) -> None:
    """Close a case that is through: what humans must see, the journal, the decision and its events."""
    if not case.gone:
        ask_for_reviews(case)
    _ask_humans(work, case)
    work.ledgers.ends.note([*case.ends, *ends_of_ours(work, case)])
    content = _content(case)
    work.ledgers.journal.append("decision", case.person.person_id, content)
    _tell(work, case.kept, content)
    work.ledgers.decisions.finish(case.kept.decision_id, case.result)
    work.ledgers.inbox.done(case.kept.inbox_ids, case.result)
    if Held.SUPERSEDED in case.held.values() or OVERTAKEN in case.left.values():
        work.ledgers.inbox.decide_again(case.person.person_id)  # on what the other writer has left


def _ask_humans(work: Work, case: Case) -> None:
    for kind, subject in case.for_humans:
        _ask_human(work, case.kept, kind, subject, case.left.get(subject) or case.held.get(subject))


def _ask_human(work: Work, kept: KeptDecision, kind: str, subject: str, result: str | None) -> None:
    detail = {"decision_id": kept.decision_id, "result": result}
    work.ledgers.reviews.open(kept.person_id, kind, subject, detail)


def record_gone(work: Work, decision: KeptDecision) -> None:
    """Write down how a begun decision ended whose person is gone, with what it had written until then."""
    held = work.ledgers.decisions.ended(decision.decision_id)
    for purpose, result in held.items():
        if result == Held.OVERWRITTEN_IN_BETWEEN:
            _ask_human(work, decision, "overwritten", purpose, result)
    content = _seen_and_decided(decision, held) | {"result": "gone"}
    work.ledgers.journal.append("decision", decision.person_id, content)
    _tell(work, decision, content)
    work.ledgers.decisions.finish(decision.decision_id, "gone")
    work.ledgers.inbox.done(decision.inbox_ids, "gone")


def _tell(work: Work, kept: KeptDecision, content: Mapping[str, Any]) -> None:
    """Have those told who want to hear of decisions: of this one, and nothing of the facts."""
    if not work.consumers:
        return
    ruling = kept.ruling
    told = {
        "decision_id": kept.decision_id,
        "person_id": kept.person_id,
        "decided_at": kept.decided_at.isoformat(),
        "manifest": ruling.digest,
        "purposes": content["decisions"],
        "withdrawn": list(ruling.withdrawn),
        "mail": content.get("mail"),
        "result": content["result"],
    }
    # With its time, since numbers begin anew where our database was brought back from a backup.
    key = f"decision/{kept.decision_id}/{kept.decided_at:%Y%m%dT%H%M%S}"
    make_errands(work, DECISION, entity=f"person/{kept.person_id}", key=key, content=told)


def _content(case: Case) -> dict[str, Any]:
    return _seen_and_decided(case.kept, {**case.held, **case.left}) | {
        "mail": case.mail,
        "for_humans": [list(one) for one in case.for_humans],
        "result": case.result,
    }


def _seen_and_decided(kept: KeptDecision, results: Mapping[str, str]) -> dict[str, Any]:
    """Say what was seen, decided and done, and by which rule of which version, without personal data."""
    ruling = kept.ruling
    return {
        "decision_id": kept.decision_id,
        "inbox_ids": list(kept.inbox_ids),
        "facts": dict(kept.facts),
        "manifest": ruling.digest,
        "decisions": [
            {
                "purpose": one.purpose,
                "outcome": one.outcome,
                "rule": one.rule_id,
                "because": one.because,
                "basis": one.basis,
                "source": one.source,
                "expires": one.expires,
                "result": results.get(one.purpose),
            }
            for one in ruling.decisions
        ],
        "withdrawn": list(ruling.withdrawn),
        "tell": ruling.tell,
    }
