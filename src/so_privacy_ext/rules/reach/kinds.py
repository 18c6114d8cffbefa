"""Knows of each fact which values stand for all that it may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain, count
from typing import Any, get_args

from so_privacy_ext.rules.field_values import comparable
from so_privacy_ext.sdk import UNKNOWN, Aspect, CreatorWord, EventWord, Facts

_PLAIN = Facts()
_CLOSED: Mapping[str, tuple[Any, ...]] = {
    "event": get_args(EventWord),
    "creator": (UNKNOWN, *get_args(CreatorWord)),
}
_BARE: Mapping[str, tuple[Any, ...]] = {
    "form": (None,),
    "source": (None,),
    "country": (UNKNOWN,),
    "category_id": (0,),
    "business_id": (0,),
    "position_id": (0,),
    "language": (UNKNOWN,),
    "email_domain": (None,),
    "age": (UNKNOWN,),
    "consents": (UNKNOWN,),
}
"""Values where there is nothing to know; of an entry of a mapping, UNKNOWN: it isn't there."""
_OTHERS: Mapping[str, tuple[str, ...]] = {
    "source": ("OTHER",),
    "country": ("US", "GB", "FR", "NL", "PL"),
    "language": ("fr", "pl", "nl", "it", "es"),
    "email_domain": ("other.example",),
}


def closed(aspect: Aspect) -> tuple[Any, ...] | None:
    """Give all values of a fact that has but a few; None for any other fact."""
    own = getattr(_PLAIN, aspect.fact)
    if isinstance(own, bool | frozenset):
        return (False, True)
    return _CLOSED.get(aspect.fact)


def bare(aspect: Aspect) -> tuple[Any, ...]:
    """Give the values of an open fact that say nothing."""
    return _BARE.get(aspect.fact, (UNKNOWN, None))


def other(aspect: Aspect, marks: frozenset[Any]) -> Any:
    """Give one value that is none of the marks; of an ordered fact, one below all of them."""
    if aspect.fact == "age":
        return 0
    if aspect.ordered:
        return _before(min(marks, default=1))
    return next(one for one in _candidates(aspect, marks) if one not in marks)


def _before(lowest: Any) -> Any:
    """Give a value below all marks; where there is none, the lowest stands for itself."""
    if not isinstance(lowest, date):
        return lowest - 1
    return lowest if lowest == date.min else lowest - timedelta(days=1)


def _candidates(aspect: Aspect, marks: frozenset[Any]) -> Iterable[Any]:
    if aspect.fact == "consents":
        return (("61F", "API" if not at else f"OTHER{at}") for at in count())
    if any(isinstance(one, bool) for one in marks):
        return chain((False, True), count(2))
    if isinstance(getattr(_PLAIN, aspect.fact), int) or any(isinstance(one, int) for one in marks):
        return count(1)
    return chain(_OTHERS.get(aspect.fact, ()), (f"other{at}" for at in count(1)))


def read(facts: Facts, aspect: Aspect) -> Any:
    """Give the value that an aspect has."""
    value = getattr(facts, aspect.fact)
    if isinstance(value, frozenset):
        return aspect.key in {one.lower() if aspect.fact == "changed" else one for one in value}
    if isinstance(value, Mapping):
        return comparable(value.get(aspect.key, UNKNOWN))
    return value


def put(facts: Facts, aspect: Aspect, value: Any) -> Facts:
    """Give the same facts but for one aspect."""
    before = getattr(facts, aspect.fact)
    after: Any = value
    if isinstance(before, frozenset):
        others = {one for one in before if (one.lower() if aspect.fact == "changed" else one) != aspect.key}
        after = frozenset(others | {aspect.key} if value else others)
    elif isinstance(before, Mapping):
        rest = {key: one for key, one in before.items() if key != aspect.key}
        after = rest if value is UNKNOWN else {**rest, aspect.key: value}
    return replace(facts, **{aspect.fact: after})
