"""What a plugin carries, is told of and makes rows of in the checks: letters, decisions and events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from so_privacy_ext.errands import DECISION, Errand
from so_privacy_ext.ports import Letter

_BEGIN = datetime(2026, 1, 2, 9, tzinfo=UTC)
_LATER = 700_000
"""What is added to numbers of another cause, so that no word of one is a word of the other."""
SOURCES = ("CARD", "WEBFORM", "EMAIL", "PHONE", "FAIR", "REFERRAL", "ERP", "VENDOR", "JOBAPPLY", "API")
"""Of the manifests that we publish, and so the likeliest of anybody's."""


def letters() -> tuple[Letter, ...]:
    """Give a letter each to two persons, in two languages."""
    return (
        _letter(1, "greta.olsen@example.com", "en", "Whatwehold", "We hold your name and address."),
        _letter(2, "aase.boe@example.org", "da", "Hvadviopbevarer", "Vi opbevarer dit navn på en liste …"),
    )


def _letter(number: int, to: str, language: str, subject: str, text: str) -> Letter:
    page = f"<html><body>\n<p>{text}</p></body></html>\n"
    message_id = f"so-privacy.{number}.20260102120000{number:06}"
    return Letter(to, subject, f"{text}\n", page, language, "notice", 1, message_id)


def decisions() -> tuple[Mapping[str, Any], ...]:
    """Give decisions as they are told: a basis given from each source, and all else that may come."""
    given = [[_given(source)] for source in SOURCES]
    others = [
        [_given("WEBFORM", key="EMARKETING", basis="61A", expires="P12M"), _purpose("STORE", "keep")],
        [_given("CARD", result="superseded")],
        [_purpose("STORE", "deny"), _purpose("EMARKETING", "none"), _purpose("NEWSLETTER", "review")],
    ]
    told = [_decision(number, purposes) for number, purposes in enumerate([*given, *others], 1)]
    withdrew = _decision(len(told) + 1, [], withdrawn=["STORE"], result="nothing_decided")
    return (*told, withdrew, _decision(len(told) + 2, [], mail=None, result="gone"))


def _purpose(key: str, outcome: str, **wanted: str) -> Mapping[str, Any]:
    said = dict.fromkeys(("basis", "source", "expires", "result"))
    return {
        "purpose": key,
        "outcome": outcome,
        "rule": f"of-{outcome}",
        "because": "So it is.",
        **said,
        **wanted,
    }


def _given(source: str, *, key: str = "STORE", basis: str = "61F", **more: str) -> Mapping[str, Any]:
    return _purpose(key, "give", **{"basis": basis, "source": source, "result": "written", **more})


def _decision(
    number: int,
    purposes: Sequence[Mapping[str, Any]],
    *,
    withdrawn: Sequence[str] = (),
    mail: str | None = "sent",
    result: str = "effect",
) -> Mapping[str, Any]:
    return {
        "decision_id": 4100 + number,
        "person_id": 51_000 + number,
        "decided_at": (_BEGIN + timedelta(minutes=number)).isoformat(),
        "manifest": "5e" * 32,
        "purposes": list(purposes),
        "withdrawn": list(withdrawn),
        "mail": mail,
        "result": result,
    }


def told_of_decisions(*, otherwise: bool = False) -> tuple[Errand, ...]:
    """Give what a plugin is told of decisions; otherwise, of others that decided just the same."""

    def each() -> Iterator[Errand]:
        for one in decisions():
            number, person = one["decision_id"], one["person_id"]
            if otherwise:
                number += _LATER
                at = (datetime.fromisoformat(one["decided_at"]) + timedelta(days=400)).isoformat()
                one = {**one, "decision_id": number, "decided_at": at}  # noqa: PLW2901
            yield _errand(number, DECISION, f"person/{person}", f"decision/{number}", one)

    return tuple(each())


def told_of_events(names: Sequence[str], *, otherwise: bool = False) -> tuple[Errand, ...]:
    """Give what a plugin is told of events, one of each; otherwise, of a later one of the same row."""

    def each() -> Iterator[Errand]:
        for place, name in enumerate(names):
            number = 8200 + place + (_LATER if otherwise else 0)
            event_id = f"5afe0000-0000-4000-8000-{number:012}"
            content = {
                "event_id": event_id,
                "name": name,
                "primary_key": 61_000 + place,
                "changes": [],
                "changed_by": 7,
                "timestamp": (_BEGIN + timedelta(days=400 if otherwise else 0)).isoformat(),
            }
            yield _errand(number, name, f"{name}/{61_000 + place}", f"event/{event_id}", content)

    return tuple(each())


def _errand(number: int, kind: str, entity: str, key: str, content: Mapping[str, Any]) -> Errand:
    return Errand(number, "plugin:conformance", kind, entity, key, content, _BEGIN, 0)
