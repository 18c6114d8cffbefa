"""Records what became of cases: journal, reviews, and the events that end or wait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from so_privacy_ext.model import Outcome
from so_privacy_ext.processing.case import Case
from so_privacy_ext.processing.work import Work

WAITS = (5.0, 30.0, 120.0, 600.0, 3600.0, 10800.0, 28800.0, 43200.0)
"""Seconds before each further attempt at a case; about a day in all, then a human is asked."""


def record(work: Work, cases: Sequence[Case]) -> None:
    """Write down, in one transaction, how each case of a chunk ended; untouched cases stay begun."""
    with work.ledgers.transaction():
        for case in cases:
            if case.failure is not None:
                put_off(work, case)
            elif case.gone or case.mail is not None:
                _finish(work, case)


def put_off(work: Work, case: Case) -> None:
    """Leave a case for later, further away each time, and to a human after the last."""
    attempts = work.ledgers.inbox.attempts(case.kept.inbox_ids)
    if attempts < len(WAITS):
        work.ledgers.inbox.put_off(case.kept.inbox_ids, WAITS[attempts], _fault(case))
        return
    work.ledgers.inbox.dead(case.kept.inbox_ids, _fault(case))
    work.ledgers.reviews.open(case.person.person_id, "failed", "", {"fault": _fault(case)})
    work.ledgers.journal.append("given_up", case.person.person_id, _content(case))


def _fault(case: Case) -> str:
    return str(case.failure.fault) if case.failure is not None else ""


def _finish(work: Work, case: Case) -> None:
    for decision in case.kept.ruling.decisions:
        if decision.outcome is Outcome.REVIEW and not case.gone:
            case.for_humans.append(("purpose", decision.purpose))
    for kind, subject in case.for_humans:
        work.ledgers.reviews.open(
            case.person.person_id,
            kind,
            subject,
            {"decision_id": case.kept.decision_id, "result": case.left.get(subject)},
        )
    work.ledgers.journal.append("decision", case.person.person_id, _content(case))
    work.ledgers.decisions.finish(case.kept.decision_id, case.result)
    work.ledgers.inbox.done(case.kept.inbox_ids, case.result)


def _content(case: Case) -> dict[str, Any]:
    """Say what was seen, decided and done, and by which rule of which version, without personal data."""
    ruling = case.kept.ruling
    return {
        "decision_id": case.kept.decision_id,
        "inbox_ids": list(case.kept.inbox_ids),
        "facts": dict(case.kept.facts),
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
                "result": "written" if one.purpose in case.written else case.left.get(one.purpose),
            }
            for one in ruling.decisions
        ],
        "withdrawn": list(ruling.withdrawn),
        "tell": ruling.tell,
        "mail": case.mail,
        "for_humans": [list(one) for one in case.for_humans],
        "result": case.result,
    }
