from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from so_privacy_ext.rules.conditions import Words, when_type
from so_privacy_ext.rules.logic import Leaf, Part, culprit, matcher, ready
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.rules.words.person import Retired
from so_privacy_ext.sdk import Condition, Facts, Ground, Predicate, Truth

GROUND = Ground("DK", "en", {})


class Atom(Condition[str]):
    """True, false or unknown as the facts' wordings say, so that a test can set each atom by itself."""

    word = "atom"

    def prepare(self, _ground: Ground, /) -> Predicate:
        name = self.root

        def truth(facts: Facts) -> Truth:
            return True if name in facts.wordings else None if name in facts.changed else False

        return Predicate(truth, truth)


ATOMS: Words = (Atom,)
PARTNERS: Words = (*PRODUCT_WORDS, Atom)


def part(when: object, words: Words = ATOMS) -> Part:
    return ready(TypeAdapter(when_type(words)).validate_python(when), GROUND)


def facts(true: set[str], unknown: set[str]) -> Facts:
    return Facts(wordings=frozenset(true), changed=frozenset(unknown))


TRUE, UNKNOWN, FALSE = {"atom": "t"}, {"atom": "u"}, {"atom": "f"}
SET = facts({"t"}, {"u"})


@pytest.mark.parametrize(
    ("when", "truth"),
    [
        ("always", True),
        (TRUE, True),
        (UNKNOWN, None),
        (FALSE, False),
        ({"not": TRUE}, False),
        ({"not": UNKNOWN}, None),
        ({"not": FALSE}, True),
        ({"not": "always"}, False),
        ({"all": [TRUE, TRUE]}, True),
        ({"all": [TRUE, UNKNOWN]}, None),
        ({"all": [UNKNOWN, FALSE]}, False),
        ({"all": [FALSE, UNKNOWN]}, False),
        ({"any": [FALSE, FALSE]}, False),
        ({"any": [FALSE, UNKNOWN]}, None),
        ({"any": [UNKNOWN, TRUE]}, True),
        ({"any": [TRUE, UNKNOWN]}, True),
        ({**TRUE, "not": FALSE}, True),
        ({**TRUE, "not": UNKNOWN}, None),
        ({**TRUE, "any": [FALSE], "not": UNKNOWN}, False),
        ({"not": {"all": [TRUE, UNKNOWN]}}, None),
        ({"not": {"any": [TRUE, UNKNOWN]}}, False),
    ],
)
def test_truth_is_that_of_sql(when: object, truth: Truth) -> None:
    assert part(when).truth(SET) is truth
    assert bool(matcher(part(when))(SET)) is (truth is True)


def test_a_partners_word_stands_beside_the_products() -> None:
    assert part({"atom": "t", "retired": False}, PARTNERS).truth(SET) is True


@pytest.mark.parametrize("words", [(Atom, Atom), (Retired, Retired)])
def test_two_words_of_one_name_are_refused(words: Words) -> None:
    with pytest.raises(ValueError, match="one name"):
        when_type(words)


@pytest.mark.parametrize("name", ["all", "any", "not", "always"])
def test_a_word_may_not_take_the_name_of_the_grammar(name: str) -> None:
    taken = type("Taken", (Retired,), {"word": name, "__module__": __name__})

    with pytest.raises(ValueError, match="one name"):
        when_type((taken,))


def trees(atom: Callable[[], str]) -> st.SearchStrategy[Any]:
    leaves = st.builds(lambda: {"atom": atom()}) | st.just("always")
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts})
            | st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts})
            | inner.map(lambda one: {"not": one})
            | inner.map(lambda one: {"atom": atom(), "not": one})
        ),
        max_leaves=10,
    )


@st.composite
def whens(draw: st.DrawFn) -> tuple[Any, list[str]]:
    """Draw a tree in which every atom has a name of its own, and the names in the order of drawing."""
    names: list[str] = []

    def atom() -> str:
        names.append(f"a{len(names)}")
        return names[-1]

    return draw(trees(atom)), names


@given(whens(), st.data())
def test_the_reported_condition_once_mended_moves_the_failure_on(
    tree: tuple[Any, list[str]], data: st.DataObject
) -> None:
    when, names = tree
    states = {name: data.draw(st.sampled_from([True, None, False])) for name in names}
    reported: list[str] = []
    made = part(when)
    while made.truth(now := _facts(states)) is not True:
        leaf, wanted = culprit(made, now)
        if leaf is None:
            assert not _could_hold(made, wanted=True)
            break
        assert leaf.truth(now) is not wanted
        assert leaf.path not in reported
        reported.append(leaf.path)
        states[leaf.condition.root] = wanted


def _facts(states: dict[str, Truth]) -> Facts:
    return facts(
        {one for one, state in states.items() if state},
        {one for one, state in states.items() if state is None},
    )


def _could_hold(made: Part, *, wanted: bool) -> bool:
    """Tell whether any values of the atoms would do, each of which stands in one place only."""
    match made:
        case Leaf():
            return True
        case _ if hasattr(made, "part"):
            return _could_hold(made.part, wanted=not wanted)
        case _:
            every = (type(made).__name__ == "Every") is wanted
            return (all if every else any)(_could_hold(one, wanted=wanted) for one in made.parts)


@given(whens(), st.data())
def test_the_quick_test_agrees_with_the_explicit_one(
    tree: tuple[Any, list[str]], data: st.DataObject
) -> None:
    when, names = tree
    now = _facts({name: data.draw(st.sampled_from([True, None, False])) for name in names})

    assert bool(matcher(part(when))(now)) is (part(when).truth(now) is True)
