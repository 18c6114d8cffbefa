"""Asks one condition word about facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from so_privacy_ext.sdk import Condition, Facts, Ground, Reference, Truth

GROUND = Ground(
    home="DK",
    fallback_language="en",
    ids={
        Reference("category", "Prospect"): 51,
        Reference("category", "Customer"): 52,
        Reference("business", "Sole trader"): 61,
        Reference("position", "Direktør"): 71,
    },
)

Ask = Callable[..., Truth]
Look = Callable[..., object]
Refuse = Callable[[type[Condition[Any]], object], None]


@pytest.fixture
def ask() -> Ask:
    """Give the truth of a word with an argument."""

    def truth(word: type[Condition[Any]], argument: object, *, home: str = "DK", **facts: Any) -> Truth:
        ground = Ground(home, GROUND.fallback_language, GROUND.ids)
        return word.model_validate(argument).prepare(ground).truth(Facts(**facts))

    return truth


@pytest.fixture
def look() -> Look:
    """Give what a word with an argument looks at."""

    def found(word: type[Condition[Any]], argument: object, **facts: Any) -> object:
        return word.model_validate(argument).prepare(GROUND).found(Facts(**facts))

    return found


@pytest.fixture
def refuse() -> Refuse:
    """Expect that a word does not take an argument."""

    def refused(word: type[Condition[Any]], argument: object) -> None:
        with pytest.raises(ValidationError):
            word.model_validate(argument)

    return refused
