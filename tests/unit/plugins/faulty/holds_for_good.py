"""A plugin that holds data and has no function that erases them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from so_privacy_ext import Extension, Holds, Seen

ext = Extension(
    "faulty",
    version="1",
    says="Does what it may not.",
    hosts=["api.example.com:443"],
    holds=Holds(what="numbers", why="no reason", keep_days=30),
)


@ext.facts("number")
def number(persons: Sequence[Seen]) -> Mapping[int, Mapping[str, int]]:
    return {one.person_id: {"number": one.person_id} for one in persons}
