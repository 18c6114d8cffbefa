from __future__ import annotations

from typing import Any

import pytest

from so_privacy_ext.rules.words.happening import Changed, Event


@pytest.mark.parametrize("argument", [[], "made", ["created", 1], True, {"created": True}])
def test_no_event(refuse: Any, argument: object) -> None:
    refuse(Event, argument)


@pytest.mark.parametrize("argument", [[], "Title", "a b", 1, {"a": "b"}])
def test_no_column(refuse: Any, argument: object) -> None:
    refuse(Changed, argument)


def test_event_is_what_has_just_happened(ask: Any, look: Any) -> None:
    assert ask(Event, "created", event="changed") is False
    assert ask(Event, "created", event="created") is True
    assert ask(Event, ["consented", "none"]) is True
    assert look(Event, "created", event="changed") == "changed"


def test_changed_means_any_of_the_columns_in_whatever_case(ask: Any, look: Any) -> None:
    assert ask(Changed, "title") is False
    assert ask(Changed, "title", changed=frozenset({"name"})) is False
    assert ask(Changed, ["title", "name"], changed=frozenset({"name", "x"})) is True
    assert ask(Changed, "country_id", changed=frozenset({"Country_Id"})) is True
    assert look(Changed, "title", changed=frozenset({"b", "a"})) == ("a", "b")
