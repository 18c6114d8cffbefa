"""L51: words that other programs read as something else than a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Edit, Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.tree import Node

_AS_BOOLEAN = re.compile(r"y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF")
_AS_NUMBER = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|[-+]?[0-9]+_[0-9_]*|0b[01_]+")


def look(subject: Subject) -> Iterator[Found]:
    """Look at every scalar, keys too, that stands without quotes."""
    yield from _below(subject.manifest.root)


def _below(node: Node) -> Iterator[Found]:
    for _, key, value in node.items():
        yield from scalar(key)
        yield from _below(value)
    for one in node.elements():
        yield from _below(one)
    yield from scalar(node)


def scalar(node: Node) -> Iterator[Found]:
    if node.quoted or not isinstance(node.value, str):
        return
    text = node.text
    read_as = (
        "true or false" if _AS_BOOLEAN.fullmatch(text) else "a number" if _AS_NUMBER.fullmatch(text) else None
    )
    if read_as is not None:
        what = f"{shown(text)} is a text to us, and {read_as} to a program that reads YAML 1.1"
        edit = Edit(node.line, node.column, text, f'"{text}"')
        yield Found(node, what, f'put it in quotes: `"{text}"`', edits=(edit,))


LAW = Law(
    code="L51",
    level=Level.ERROR,
    title="a word without quotes that other programs read as true, false or a number",
    fact=Fact(
        says="YAML 1.1 reads `NO` as false and `22:22` as 1342; many editors and checks still read it",
        source="YAML 1.1, types `bool`, `int` and `float`",
        confidence="verified",
        checked_on="2026-11-28",
    ),
    example='jurisdiction: {home: "NO", packs: ["NO", SE]}\n',
    look=look,
)
