"""Finds the words that keep conditions, or a part of them, from ever holding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from so_privacy_ext.rules.logic import Every, Leaf, Not, Part, Some
from so_privacy_ext.rules.reach.map import RuleMap
from so_privacy_ext.rules.reach.regions import Region
from so_privacy_ext.rules.reach.space import leaves_of

Wanted = tuple[Leaf | Every | Some, bool]
"""A part, and whether it is to be true or false."""


def clash(rules: RuleMap, part: Part, truth: bool = True) -> Sequence[Leaf]:
    """Give words, as few as possible, that keep a part that is never as wanted from being so.

    Raises `TooComplex`.
    """
    left = list(_all_wanted(part, truth))
    for one in list(left):
        others = [other for other in left if other is not one]
        if rules.somebody(_common(rules, others)) is None:
            left = others
    if len(left) == 1:
        ((alone, wanted),) = left
        if not isinstance(alone, Leaf):  # alternatives of which none ever holds; one is as good as another
            return clash(rules, alone.parts[0], wanted) if alone.parts else ()
    return tuple(leaf for one, _ in left for leaf in leaves_of(one))


def idle(rules: RuleMap, part: Part, around: Region, truth: bool = True) -> Iterator[tuple[Part, bool]]:
    """Give each alternative that is never as wanted where it stands, though others are.

    `around` is where all else holds. Raises `TooComplex`.
    """
    parts = list(_all_wanted(part, truth))
    for one, wanted in parts:
        if isinstance(one, Leaf):
            continue
        others = _common(rules, [other for other in parts if other[0] is not one])
        near = rules.regions.common([around, others])
        for alternative in one.parts:
            where = rules.regions.common([near, rules.regions.where(alternative, wanted)])
            if rules.somebody(where) is None:
                yield alternative, wanted
            else:
                yield from idle(rules, alternative, near, wanted)


def _all_wanted(part: Part, truth: bool) -> Iterator[Wanted]:
    """Give the parts that must all be as wanted: words, and alternatives."""
    match part:
        case Not():
            yield from _all_wanted(part.part, not truth)
        case Every(parts) if truth:
            yield from (one for each in parts for one in _all_wanted(each, truth))
        case Some(parts) if not truth:
            yield from (one for each in parts for one in _all_wanted(each, truth))
        case _:
            yield part, truth


def _common(rules: RuleMap, parts: Sequence[Wanted]) -> Region:
    return rules.regions.common(rules.regions.where(one, truth) for one, truth in parts)
