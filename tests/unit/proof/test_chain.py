from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from so_privacy_ext.errors import Exit
from so_privacy_ext.model import Outcome
from so_privacy_ext.proof.chain import GENESIS, Break, Broken, Link, canonical, link, verify

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
ENTRIES = st.dictionaries(TEXTS, VALUES, max_size=4)


def chain(entries: list[dict[str, Any]]) -> list[Link]:
    rows, previous = [], GENESIS
    for number, entry in enumerate(entries, start=1):
        previous = link(previous, entry)
        rows.append(Link(number, entry, previous))
    return rows


def test_the_form_is_fixed_for_ever() -> None:
    entry = {"kind": "decision", "person": 7, "content": {"b": [1, None, True], "a": "ø"}}

    assert canonical(entry) == '{"content":{"a":"ø","b":[1,null,true]},"kind":"decision","person":7}'.encode()
    assert link(GENESIS, entry).hex() == "e376d0ab3e9be253b881d43fc627651d546c46ab2ceac2fd84fe75590d364de1"


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), {1: 2}, "\0", "\ud800", {"\ud800": 1}, b"x", [{"a": {2.5}}]]
)
def test_what_a_database_would_change_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"journal|surrogates"):
        canonical(value)


def test_words_and_read_only_mappings_are_plain_json() -> None:
    assert (
        canonical(MappingProxyType({"outcome": Outcome.KEEP, "at": ("a",)}))
        == b'{"at":["a"],"outcome":"keep"}'
    )


@given(ENTRIES)
def test_neither_key_order_nor_a_round_trip_through_json_matters(entry: Mapping[str, Any]) -> None:
    turned = dict(reversed(list(entry.items())))

    assert canonical(turned) == canonical(entry) == canonical(json.loads(canonical(entry)))


def test_a_link_needs_a_whole_digest() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        link(b"", {})


@given(st.lists(ENTRIES, max_size=5))
def test_an_untouched_chain_holds(entries: list[dict[str, Any]]) -> None:
    rows = chain(entries)

    assert verify(rows) is None
    assert verify(rows, head=rows[-1].digest if rows else GENESIS) is None
    assert not rows or verify(rows[1:], previous=rows[0].digest) is None


@given(st.lists(ENTRIES, min_size=1, max_size=5), st.data())
def test_the_first_altered_row_is_named(entries: list[dict[str, Any]], data: st.DataObject) -> None:
    rows = chain(entries)
    at = data.draw(st.integers(0, len(rows) - 1))
    rows[at] = replace(
        rows[at], entry={**rows[at].entry, "more": 1.5 if data.draw(st.booleans()) else "x" * 9}
    )

    assert verify(rows) == Broken(at + 1, Break.ALTERED)


@given(st.lists(ENTRIES, min_size=2, max_size=5), st.data())
def test_a_row_taken_out_breaks_the_next(entries: list[dict[str, Any]], data: st.DataObject) -> None:
    rows = chain(entries)
    at = data.draw(st.integers(0, len(rows) - 2))
    del rows[at]

    assert verify(rows) == Broken(at + 2, Break.ALTERED)


@given(st.lists(ENTRIES, min_size=1, max_size=5), st.data())
def test_a_cut_end_is_found_by_the_head(entries: list[dict[str, Any]], data: st.DataObject) -> None:
    rows = chain(entries)
    kept = data.draw(st.integers(0, len(rows) - 1))

    assert verify(rows[:kept], head=rows[-1].digest) == Broken(kept, Break.TRUNCATED)
    assert verify(rows[:kept]) is None


def test_unusual_kinds_of_mappings_texts_and_numbers_are_written_like_the_usual_ones() -> None:
    unusual = MappingProxyType(
        {Break.ALTERED: MappingProxyType({"n": Exit.NO}), "list": (Exit.OK, None, True)}
    )

    assert canonical(unusual) == canonical({"altered": {"n": 1}, "list": [0, None, True]})
