"""Finds the persons for whom a condition is true, or false, as a union of boxes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from so_privacy_ext.rules.logic import Every, Leaf, Not, Part
from so_privacy_ext.rules.reach import kinds
from so_privacy_ext.rules.reach.effort import Effort, TooComplex
from so_privacy_ext.rules.reach.space import OPAQUE, Box, Space, atom, stand_in, values_of
from so_privacy_ext.sdk import Aspect, Facts, Truth

Region = tuple[Box, ...]
"""Everybody who is in one of these boxes."""

MOST_BOXES = 256
"""A condition that takes more is not computed."""
MOST_TRIALS = 4096
"""A word that would have to be asked of more made-up persons is not computed."""


class Regions:
    """Whom conditions hold for, in one space; each word is asked once."""

    def __init__(self, space: Space, effort: Effort) -> None:
        self.space = space
        self.effort = effort
        self._words: dict[str, tuple[Region, Region] | None] = {}

    def where(self, part: Part, truth: bool = True) -> Region:
        """Give those for whom a part is true, or those for whom it is false; the others are unknown.

        Raises `TooComplex`.
        """
        if isinstance(part, Leaf):
            return self._word(part)[0 if truth else 1]
        if isinstance(part, Not):
            return self.where(part.part, not truth)
        regions = (self.where(one, truth) for one in part.parts)
        if isinstance(part, Every) is truth:
            return self.common(regions)
        return self._tidy(box for region in regions for box in region)

    def common(self, regions: Iterable[Region]) -> Region:
        """Give those who are in all of the regions; raises `TooComplex`."""
        found: Region = (self.space.everybody,)
        for region in regions:
            self.effort.spend(len(found) * len(region))
            met = (one & other for one in found for other in region)
            found = self._tidy(box for box in met if not self.space.holds_nobody(box))
        return found

    def _tidy(self, boxes: Iterable[Box]) -> Region:
        """Leave boxes out that others hold, and join two that differ on one axis only."""
        kept: list[Box] = []
        waiting = list(dict.fromkeys(boxes))[::-1]
        while waiting:
            new = waiting.pop()
            self.effort.spend(len(kept))
            for at, old in enumerate(kept):
                if new & old in {new, old} or self._differ_on_one(new, old):
                    waiting.append(kept.pop(at) | new)
                    break
            else:
                kept.append(new)
                if len(kept) > MOST_BOXES:
                    raise TooComplex
        return tuple(kept)

    def _differ_on_one(self, one: Box, other: Box) -> bool:
        return (self.space.beyond(one, other) | self.space.beyond(other, one)).bit_count() == 1

    def _word(self, leaf: Leaf) -> tuple[Region, Region]:
        name = atom(leaf)
        if name not in self._words:
            self._words[name] = self._opaque(name) if leaf.aspects is None else self._asked(leaf)
        found = self._words[name]
        if found is None:
            raise TooComplex
        return found

    def _opaque(self, name: str) -> tuple[Region, Region]:
        axis = self.space.axes[OPAQUE, name]
        yes, no = (self.space.only(axis, axis.bit(truth)) for truth in (True, False))
        return (yes,), (no,)

    def _asked(self, leaf: Leaf) -> tuple[Region, Region] | None:
        """Ask a word of one person for each combination of values that it tells apart."""
        looks = [_Look(self.space, aspect) for aspect in leaf.aspects or ()]
        if prod(len(look.boxes) for look in looks) > MOST_TRIALS:
            return None
        answers = self._answers(leaf, looks, Facts())
        return self._tidy(answers[0]), self._tidy(answers[1])

    def _answers(self, leaf: Leaf, looks: Sequence[_Look], facts: Facts) -> tuple[Region, Region]:
        if not looks:
            truth: Truth = leaf.truth(facts)
            everybody = (self.space.everybody,)
            return (everybody if truth is True else (), everybody if truth is False else ())
        look, *others = looks
        alike: dict[tuple[Region, Region], Box] = {}
        for value, box in look.boxes.items():
            answers = self._answers(leaf, others, kinds.put(facts, look.aspect, value))
            alike[answers] = alike.get(answers, 0) | box
        return (
            tuple(box & inner for answers, box in alike.items() for inner in answers[0]),
            tuple(box & inner for answers, box in alike.items() for inner in answers[1]),
        )


class _Look:
    """What one word looks at: the few values that it tells apart itself, each with the box of all alike."""

    def __init__(self, space: Space, aspect: Aspect) -> None:
        self.aspect = aspect
        axis = space.axes[aspect.fact, aspect.key]
        few = values_of(aspect, axis.other)
        if aspect.ordered:
            bits = dict.fromkeys(few, 0)
            for value in axis.values:
                bits[stand_in(aspect, few, value)] |= axis.bit(value)
        else:
            bits = {value: axis.bit(value) for value in few}
            if axis.other in bits:
                bits[axis.other] += axis.all - sum(bits.values())
        self.boxes = {value: space.only(axis, values) for value, values in bits.items()}
