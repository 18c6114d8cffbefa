"""What is wrong with the YAML is said at its place in words for people who never wrote any."""

from __future__ import annotations

import pytest
from ruamel.yaml.error import MarkedYAMLError

from so_privacy_ext.rules.tree import read
from so_privacy_ext.rules.yaml_words import said

COLUMN = "another column than its neighbours"


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("because: Note: it is so", (1, 14), 'with a colon in it into straight quotation marks: "…"'),
        ("rules:\n  - id: a\n     tell: b", (3, 10), "indent as the lines around"),
        ("rules:\n  - id: a\n   tell: b", (3, 4), COLUMN),
        ("rules:\n  - id: a\n - id: b", (3, 2), COLUMN),
        ("rules:\n  - id: a\n   - id: b", (3, 4), COLUMN),
        ("rules:\n  - id: a\n  -id: b", (3, 3), "behind the dash of a list stands a space"),
        ("because: 'the applicant's own'", (1, 25), "an apostrophe is ''"),
        ('because: "an "own" act"', (1, 15), "goes on behind its closing quotation mark"),
        ('because: "an act\nid: a', (2, 6), "the quotation mark (line 1) is never closed"),
        ("when: {source: CARD\ngive: none", (2, 5), "the bracket (line 1) is never closed by `}`"),
        ("source: [CARD, FAIR\ngive: none", (2, 5), "the bracket (line 1) is never closed by `]`"),
        ("when: {type: manual article: 13}", (1, 28), "a comma is missing before this"),
        ("source: CARD}", None, ""),
        ("source: [CARD]]", (1, 15), "`]` without its beginning"),
        ("dpo: @example.com", (1, 6), "a text that begins with `@`"),
        (
            "give: none\ntell:notice\nbecause: x",
            (3, 1),
            "what stands before this (line 2) is no `key: value`",
        ),
        ("when: ]", (1, 7), "`]` where a value must stand"),
        ("because: x\n- id: a", (2, 1), COLUMN),
        ("because: - x", (1, 10), COLUMN),
        ('because: "\\q"', (1, 12), "found unknown escape character"),
    ],
)
def test_a_mistake(text: str, place: tuple[int, int] | None, says: str) -> None:
    found = [one for one in read(text)[1] if one.code == "yaml_syntax"]

    assert [(one.line, one.column) for one in found] == ([place] if place else [])
    assert [one for one in found if says not in f"{one.what}; {one.how}"] == []
    assert not any(word in one.what for one in found for word in ("<", "token", "mapping", "scalar"))


def test_an_error_that_says_nothing() -> None:
    assert said(MarkedYAMLError()) == ("this is not YAML", "mend the YAML around here")
