"""Makes a `when` ready to be asked: three-valued as in SQL, quick to decide, explicit to explain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from so_privacy_ext.rules.conditions import Conditions
from so_privacy_ext.sdk import Aspect, Condition, Facts, Ground, Truth, answer_key

Test = Callable[[Facts], Truth]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition word."""

    path: str
    """Where it stands in the rule, such as `when.any[1].company`."""
    condition: Condition[Any]
    truth: Test
    found: Callable[[Facts], object]
    aspects: tuple[Aspect, ...] | None
    """All facts on which the truth depends; None where the word doesn't say."""
    asks: str = ""
    """The question to a plugin, by which its answer lies among the facts; empty where it asks none."""


@dataclass(frozen=True, slots=True)
class Every:
    """True if all parts are, false if one is false; of no parts (`always`): true."""

    parts: tuple[Part, ...]

    def truth(self, facts: Facts) -> Truth:
        """Ask part by part."""
        result: Truth = True
        for part in self.parts:
            truth = part.truth(facts)
            if truth is False:
                return False
            if truth is None:
                result = None
        return result


@dataclass(frozen=True, slots=True)
class Some:
    """True if one part is, false if all are false."""

    parts: tuple[Part, ...]

    def truth(self, facts: Facts) -> Truth:
        """Ask part by part."""
        result: Truth = False
        for part in self.parts:
            truth = part.truth(facts)
            if truth is True:
                return True
            if truth is None:
                result = None
        return result


@dataclass(frozen=True, slots=True)
class Not:
    """True if its part is false, unknown if it is unknown."""

    part: Part

    def truth(self, facts: Facts) -> Truth:
        """Ask the part."""
        truth = self.part.truth(facts)
        return None if truth is None else not truth


Part = Leaf | Every | Some | Not


def ready(when: Any, ground: Ground, path: str = "when") -> Part:
    """Make a `when` of a checked manifest ready; the order of its keys plays no part."""
    if not isinstance(when, Conditions):
        return Every(())
    parts = tuple(_parts(when, ground, path))
    return parts[0] if len(parts) == 1 else Every(parts)


def _parts(when: Conditions, ground: Ground, path: str) -> Iterator[Part]:
    said = when.model_fields_set
    for name in filter(said.__contains__, type(when).model_fields):
        part = getattr(when, name)
        if name == "every":
            yield Every(tuple(ready(one, ground, f"{path}.all[{at}]") for at, one in enumerate(part)))
        elif name == "some":
            yield Some(tuple(ready(one, ground, f"{path}.any[{at}]") for at, one in enumerate(part)))
        elif name == "opposite":
            yield Not(ready(part, ground, f"{path}.not"))
        else:
            predicate = part.prepare(ground)
            aspects = part.aspects(ground)
            known = None if aspects is None else tuple(aspects)
            asks = answer_key(part.word, part.root) if part.plugin else ""
            yield Leaf(f"{path}.{part.word}", part, predicate.truth, predicate.found, known, asks)


def matcher(part: Part) -> Test:
    """Give the quickest test of whether a part is true; what is not true may come out false or unknown."""
    if isinstance(part, Leaf):
        return part.truth
    if isinstance(part, Not):
        opposite = part.part
        return lambda facts: opposite.truth(facts) is False
    tests = tuple(matcher(one) for one in part.parts)
    return _all_true(tests) if isinstance(part, Every) else _any_true(tests)


def _all_true(tests: tuple[Test, ...]) -> Test:
    def all_true(facts: Facts) -> Truth:
        for test in tests:  # noqa: SIM110  # a generator would take twice the time, for each rule and person
            if not test(facts):
                return False
        return True

    return all_true


def _any_true(tests: tuple[Test, ...]) -> Test:
    def any_true(facts: Facts) -> Truth:
        for test in tests:  # noqa: SIM110  # as above
            if test(facts):
                return True
        return False

    return any_true


def asks_plugins(part: Part) -> bool:
    """Tell whether any of its words is answered by a plugin."""
    if isinstance(part, Leaf):
        return bool(part.asks)
    return any(asks_plugins(one) for one in ((part.part,) if isinstance(part, Not) else part.parts))


def could_be(part: Part, facts: Facts, wanted: bool = True) -> bool:
    """Tell whether a part may be as wanted, had the plugins answered that said nothing at all.

    A plugin that answers that it doesn't know has said something.
    """
    if isinstance(part, Leaf):
        return part.truth(facts) is wanted or (bool(part.asks) and part.asks not in facts.answers)
    if isinstance(part, Not):
        return could_be(part.part, facts, not wanted)
    could = (could_be(one, facts, wanted) for one in part.parts)
    return all(could) if isinstance(part, Every) is wanted else any(could)


def unasked(part: Part, facts: Facts) -> list[str]:
    """Give the plugins' words of which no answer is among the facts, in their order."""
    if isinstance(part, Leaf):
        return [part.condition.word] if part.asks and part.asks not in facts.answers else []
    inner = (part.part,) if isinstance(part, Not) else part.parts
    return list(dict.fromkeys(word for one in inner for word in unasked(one, facts)))


def culprit(part: Part, facts: Facts, wanted: bool = True) -> tuple[Leaf | None, bool]:
    """Give the first word that keeps a part from being as wanted, and what that word would have to be.

    None where no word can mend it, as in `not: always`.
    """
    if isinstance(part, Leaf):
        return part, wanted
    if isinstance(part, Not):
        return culprit(part.part, facts, not wanted)
    if isinstance(part, Every) is wanted:  # every part has to be as wanted; look at the first that isn't
        failing = [one for one in part.parts if one.truth(facts) is not wanted]
    else:  # one part would be enough; the first that could be mended is as good as any
        failing = [one for one in part.parts if culprit(one, facts, wanted)[0] is not None]
    return culprit(failing[0], facts, wanted) if failing else (None, wanted)
