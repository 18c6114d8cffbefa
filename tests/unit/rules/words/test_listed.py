from __future__ import annotations

from typing import Any

import pytest

from so_privacy_ext.rules.words.listed import Business, Category, Position
from so_privacy_ext.sdk import Reference

WORDS = [
    (Category, "category_id", "Prospect", 51),
    (Business, "business_id", "Sole trader", 61),
    (Position, "position_id", "Direktør", 71),
]


@pytest.mark.parametrize("word", [Category, Business, Position])
@pytest.mark.parametrize("argument", [[], "", 5, {"id": 5}])
def test_no_name(refuse: Any, word: Any, argument: object) -> None:
    refuse(word, argument)


@pytest.mark.parametrize(("word", "fact", "name", "item_id"), WORDS)
def test_a_name_stands_for_an_id(
    *, ask: Any, look: Any, word: Any, fact: str, name: str, item_id: int
) -> None:
    assert ask(word, name) is False
    assert ask(word, name, **{fact: 99}) is False
    assert ask(word, name, **{fact: item_id}) is True
    assert look(word, name) is None
    assert look(word, name, **{fact: 99}) == "item 99"
    assert look(word, name, **{fact: item_id}) == name
    assert list(word.model_validate(name).references()) == [Reference(word.word, name)]


@pytest.mark.parametrize(("word", "fact", "name", "item_id"), WORDS)
def test_whether_a_person_has_a_lost_item_is_not_known(
    *, ask: Any, word: Any, fact: str, name: str, item_id: int
) -> None:
    assert ask(word, "Lost") is False
    assert ask(word, "Lost", **{fact: 99}) is None
    assert ask(word, ["Lost", name], **{fact: item_id}) is True


def test_a_list_means_any_of(ask: Any) -> None:
    assert ask(Category, ["Prospect", "Customer"], category_id=52) is True
