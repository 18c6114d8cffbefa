"""What a `when` demands and what it lets in, as far as its structure says it without asking anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from so_privacy_ext.rules.conditions import Conditions
from so_privacy_ext.rules.words.origin import Evidence, Source
from so_privacy_ext.sdk import Condition

Leaf = Condition[Any]
Wanted = Callable[[Leaf], bool]


def demands(when: Any, wanted: Wanted) -> bool:
    """Tell whether a person for whom this is true must have a wanted word true."""
    return any(
        wanted(part) if kind == "word"
        else any(demands(one, wanted) for one in part) if kind == "all"
        else all(demands(one, wanted) for one in part) if kind == "any"
        else False
        for kind, part in _parts(when)
    )  # fmt: skip


def admits(when: Any, wanted: Wanted) -> bool:
    """Tell whether this is true for every person for whom all wanted words are."""
    return all(
        wanted(part) if kind == "word"
        else all(admits(one, wanted) for one in part) if kind == "all"
        else any(admits(one, wanted) for one in part) if kind == "any"
        else False
        for kind, part in _parts(when)
    )  # fmt: skip


def sources(when: Any) -> frozenset[str] | None:
    """Give the sources of which a person may be for whom this is true; None where any may be."""
    found: frozenset[str] | None = None
    for kind, part in _parts(when):
        here: frozenset[str] | None = None
        if kind == "word" and isinstance(part, Source):
            here = frozenset(part.root)
        elif kind == "all":
            here = _narrowest(sources(one) for one in part)
        elif kind == "any":
            each = [sources(one) for one in part]
            here = None if None in each else frozenset().union(*(one for one in each if one is not None))
        found = _narrowest([found, here])
    return found


def is_evidence_of(purpose: str) -> Wanted:
    """Want a recorded tick for just this purpose, with the wording that was ticked."""
    return lambda word: (
        isinstance(word, Evidence) and word.root.tick == (purpose,) and word.root.wording == "present"
    )


def words_with_sign(when: Any, *, positive: bool = True) -> Iterator[tuple[Leaf, bool]]:
    """Give each word, and whether it stands outside of `not`, or in an even number of them."""
    for kind, part in _parts(when):
        if kind == "word":
            yield part, positive
        elif kind == "not":
            yield from words_with_sign(part, positive=not positive)
        else:
            for one in part:
                yield from words_with_sign(one, positive=positive)


def _narrowest(each: Any) -> frozenset[str] | None:
    found: frozenset[str] | None = None
    for one in each:
        if one is not None:
            found = one if found is None else found & one
    return found


def _parts(when: Any) -> Iterator[tuple[str, Any]]:
    """Give what must hold together: a word, `all` or `any` with its list, `not` with its part."""
    if isinstance(when, Conditions):
        kinds = {"every": "all", "some": "any", "opposite": "not"}
        for name in type(when).model_fields:
            if name in when.model_fields_set:
                yield kinds.get(name, "word"), getattr(when, name)
