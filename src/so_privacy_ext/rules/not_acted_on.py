"""Names the keys of a manifest that are read and kept, but that nothing acts on yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from so_privacy_ext.rules.manifest import Manifest, asked
from so_privacy_ext.rules.references import words_in
from so_privacy_ext.rules.tree import Node

IDLE = (
    "controller",
    "purposes.*.retention",
)


@dataclass(frozen=True, slots=True)
class NotActedOn:
    """A key without effect, with the first place where it stands and how often it does."""

    key: str
    line: int
    column: int
    times: int


def not_acted_on(manifest: Manifest) -> list[NotActedOn]:
    """Give what a reader of the manifest might rely on and must not yet, in the order of the file."""
    found = {key: list(_at(manifest.root, key.split("."))) for key in IDLE}
    if any(mail.texts for mail in manifest.content.mails.values()):
        found["controller"] = []  # of whom the texts speak
    for one in asked(manifest):
        for condition in words_in(one.when):
            for name in sorted(condition.unknown):
                found.setdefault(f"{one.part}.*.when.{condition.word}.{name}", []).extend(
                    _below(one.node, condition.word, name)
                )
    return sorted(
        (
            NotActedOn(key, places[0].line, places[0].column, len(places))
            for key, places in found.items()
            if places
        ),
        key=lambda one: (one.line, one.column),
    )


def _at(node: Node, path: list[str]) -> Iterator[Node]:
    """Give the keys at a path; `*` stands for every entry."""
    step, *rest = path
    for name, key, value in node.items():
        if step in {name, "*"}:
            yield from _at(value, rest) if rest else [key]


def _below(node: Node, word: str, name: str) -> Iterator[Node]:
    """Give the keys of this name in the arguments of a word, wherever it stands below a node."""
    for found, _, value in node.items():
        yield from _at(value, [name]) if found == word else _below(value, word, name)
    for one in node.elements():
        yield from _below(one, word, name)
