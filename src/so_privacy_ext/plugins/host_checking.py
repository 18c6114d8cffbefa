"""What a plugin's functions gave, ready for the product; `Nonsense` is raised for what may not be given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from so_privacy_ext.errands import DECISION
from so_privacy_ext.extension import Proposal
from so_privacy_ext.plugins.nonsense import Nonsense
from so_privacy_ext.plugins.wire import MOST_AGAIN, is_fact, is_person
from so_privacy_ext.reactions import Again
from so_privacy_ext.sdk import Facts

_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


def unchanged(facts: Facts, untouched: Facts) -> None:
    """Refuse facts that a condition has changed."""
    if facts != untouched:
        raise Nonsense("the facts another value")


def answer(held: Any, reasons: Mapping[str, Any]) -> list[Any]:
    """Give what a condition said, as truth and code of a reason."""
    truth, reason = held if isinstance(held, tuple) and len(held) == 2 else (held, "")
    if not (truth is None or truth is True or truth is False):
        raise Nonsense("neither true, false nor None")
    if reason and not (isinstance(reason, str) and reason in reasons):
        raise Nonsense("a reason that is not among its `reasons`")
    return [truth, reason or ""]


def checked(given: Any, known: set[int], names: Sequence[str]) -> Iterator[tuple[int, str, Any]]:
    """Give what a function found, fact by fact, as person, name and value."""
    if not isinstance(given, Mapping):
        raise Nonsense("no mapping by person id")
    for person_id, facts in given.items():
        if person_id not in known:
            raise Nonsense("a person who was not asked about")
        if not isinstance(facts, Mapping):
            raise Nonsense("no mapping of facts by name")
        for name, value in facts.items():
            if name not in names:
                raise Nonsense("a fact that it did not declare")
            if not is_fact(value):
                raise Nonsense("a fact that is no text, number, day, true, false or None")
            yield person_id, name, value


def again(given: Any, kind: str) -> Sequence[int]:
    """Give the persons whom a reaction has decided on anew."""
    if given is None:
        return ()
    if kind == DECISION:
        raise Nonsense("something, and nothing is taken of it")
    if not isinstance(given, Again):
        raise Nonsense("neither `Again` nor None")
    ids = given.person_ids
    if not isinstance(ids, list | tuple) or len(ids) > MOST_AGAIN or not all(map(is_person, ids)):
        raise Nonsense(f"an `Again` of more than {MOST_AGAIN} persons, or of what is no person's number")
    return ids


def proposal(given: Any, reasons: Mapping[str, Any]) -> list[Any]:
    """Give a proposal as source, confidence and code of a reason."""
    if not isinstance(given, Proposal):
        raise Nonsense("neither a `Proposal` nor None")
    source, why = cast("Any", given.source), cast("Any", given.why)  # a plugin may have put anything there
    if not (isinstance(source, str) and _KEY.fullmatch(source)):
        raise Nonsense("a source that is no key")
    if type(given.confidence) not in (int, float) or not 0 <= given.confidence <= 1:
        raise Nonsense("a confidence that is not between 0 and 1")
    if not (isinstance(why, str) and why in reasons):
        raise Nonsense("a reason that is not among its `reasons`")
    return [source, float(given.confidence), why]
