"""Reads YAML 1.2 into a tree of plain values that know their line and column; total for any text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from so_privacy_ext.rules import yaml_words
from so_privacy_ext.rules.characters import DECEPTIVE
from so_privacy_ext.rules.findings import Finding, shown

DEEPEST = 20
MOST_VALUES = 60_000
"""A manifest of 500 rules has some 20,000; beyond this, reading would take longer than a second."""


class Broken(Enum):
    """Stands where something was refused already, so that it isn't refused twice."""

    BROKEN = "broken"


class Nothing(Enum):
    """Stands where the file has a null, which no key takes; None means that a key is not there."""

    NOTHING = "nothing"


@dataclass(slots=True)
class Node:
    """A value of the file; mappings hold their keys as nodes too."""

    line: int
    column: int
    value: Any
    """Nothing, Broken, bool, int, float, str, list[Node] or dict[str, tuple[Node, Node]]."""
    text: str = ""
    """As it was written, if it is a scalar."""
    origin: str = ""
    """The preset that it comes with, whose place in the file is its own; empty: it stands there itself."""
    quoted: bool = False
    """Written in quotes, or as a block."""

    def of_origin(self, what: str) -> str:
        """Say of what is found here that it comes with a preset, if it does."""
        return f"{what} (of {self.origin})" if self.origin else what

    def items(self) -> Iterator[tuple[str, Node, Node]]:
        """Give name, key and value of each entry of a mapping; nothing for anything else."""
        if isinstance(self.value, dict):
            for name, (key, value) in self.value.items():
                yield name, key, value

    def elements(self) -> list[Node]:
        """Give the elements of a list; nothing for anything else."""
        return self.value if isinstance(self.value, list) else []

    def get(self, *path: str | int) -> Node | None:
        """Go down by keys and indexes."""
        node = self
        for step in path:
            if isinstance(node.value, dict) and step in node.value:
                node = node.value[step][1]
            elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
            else:
                return None
        return node

    def below(self) -> Iterator[Node]:
        """Give this value and all below it, keys left out."""
        yield self
        for one in [*(value for _, _, value in self.items()), *self.elements()]:
            yield from one.below()

    def plain(self) -> Any:
        """Give the value without positions."""
        if isinstance(self.value, dict):
            return {name: value.plain() for name, (_, value) in self.value.items()}
        if isinstance(self.value, list):
            return [one.plain() for one in self.value]
        return self.value


class _Stop(Exception):  # no error: the reading ends here
    """Reading further makes no sense."""


def read(text: str) -> tuple[Node, list[Finding]]:
    """Read one document; the tree is as good as the findings allow."""
    builder = _Builder()
    try:
        for event in YAML(typ="safe", pure=True).parse(io.StringIO(text)):
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        builder.findings.append(Finding(line, column, "yaml_syntax", *yaml_words.said(error)))
        builder.root.value = Broken.BROKEN
    except (YAMLError, ValueError, OverflowError) as error:
        what = f"this can't be read as YAML ({type(error).__name__})"
        how = "look for unusual escapes and characters"
        builder.findings.append(Finding(*builder.last, "yaml_syntax", what, how))
        builder.root.value = Broken.BROKEN
    except _Stop:
        builder.root.value = Broken.BROKEN
    return builder.root, builder.findings


class _Builder:
    """Puts parser events together, refusing all that makes a manifest hard to read."""

    def __init__(self) -> None:
        self.root = Node(1, 1, Nothing.NOTHING)
        self.findings: list[Finding] = []
        self.last = (1, 1)
        self._documents = 0
        self._values = 0
        self._open: list[Node] = []
        self._keys: list[Node | None] = []
        """For each open collection the key that waits for its value."""

    def take(self, event: Any) -> None:
        """Take the parser's next event."""
        self.last = (event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._stop("several_documents", "a second document begins", "one file holds one manifest")
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, NodeEvent):
            self._node(event)

    def _node(self, event: NodeEvent) -> None:
        self._values += 1
        if self._values > MOST_VALUES:
            self._stop("too_many_values", f"more than {MOST_VALUES} values", "split the manifest")
        node = Node(*self.last, Nothing.NOTHING)
        if isinstance(event, AliasEvent):
            self._refuse(
                "yaml_alias",
                f"alias {shown('*' + event.anchor)}",
                "write the value out; aliases are not used",
            )
            node.value = Broken.BROKEN
        else:
            self._check_decorations(event)
            self._fill(node, event)
        self._place(node)
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._open.append(node)
            self._keys.append(None)
            if len(self._open) > DEEPEST:
                self._stop(
                    "too_deep", f"more than {DEEPEST} levels", "a manifest needs fewer; is a bracket missing?"
                )

    def _check_decorations(self, event: Any) -> None:
        if event.anchor is not None:
            self._refuse(
                "yaml_anchor", f"anchor {shown('&' + event.anchor)}", "drop it; anchors are not used"
            )
        if event.tag is not None:
            self._refuse("yaml_tag", f"tag {shown(str(event.tag))}", "drop it; tags are not used")

    def _fill(self, node: Node, event: Any) -> None:
        if isinstance(event, MappingStartEvent):
            node.value = {}
        elif isinstance(event, SequenceStartEvent):
            node.value = []
        else:
            node.text, node.quoted = event.value, event.style is not None
            node.value = _scalar(event.value) if event.style is None else event.value
            deceptive = DECEPTIVE.search(event.value)
            if deceptive:
                what = f"an escape for U+{ord(deceptive[0]):04X}"
                self._refuse("control_character", what, "take it out")
                node.value = Broken.BROKEN

    def _place(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent, key = self._open[-1], self._keys[-1]
        if isinstance(parent.value, list):
            parent.value.append(node)
        elif key is None:
            self._keys[-1] = node
        else:
            self._keys[-1] = None
            self._enter(parent.value, key, node)

    def _enter(self, mapping: dict[str, tuple[Node, Node]], key: Node, node: Node) -> None:
        at = (key.line, key.column)
        if not node.text and isinstance(
            node.value, Nothing
        ):  # the parser places it where the next thing begins
            node.line, node.column = at
        if isinstance(key.value, Broken):
            return
        if isinstance(key.value, dict | list):
            what, how = "a key that is no text", "write a word before the colon"
            self.findings.append(Finding(*at, "key_not_text", what, how))
        elif key.text == "<<":
            self.findings.append(
                Finding(*at, "yaml_merge", "merge key `<<`", "write the keys out; merging is not used")
            )
        elif key.text in mapping:
            first = mapping[key.text][0]
            how = f"it stands on line {first.line} already; keep one of them"
            self.findings.append(Finding(*at, "duplicate_key", f"{shown(key.text)} stands here again", how))
        else:
            mapping[key.text] = (key, node)

    def _refuse(self, code: str, what: str, how: str) -> None:
        self.findings.append(Finding(*self.last, code, what, how))

    def _stop(self, code: str, what: str, how: str) -> None:
        self._refuse(code, what, how)
        raise _Stop


_NUMBER = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_OTHER_NUMBER = re.compile(
    r"[-+]?[0-9]{19,}|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    re.ASCII,
)
_WORDS: dict[str, bool | Nothing] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), Nothing.NOTHING),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def _scalar(text: str) -> Any:
    """Read an unquoted scalar by the core schema of YAML 1.2: `NO`, `on`, `22:22` and dates are texts."""
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.fullmatch(text):
        return int(text)
    if _OTHER_NUMBER.fullmatch(text):
        return float("nan")  # no key of a manifest takes such a number, so its size doesn't matter
    return text


def describe(node: Node) -> str:
    """Say what stands there, for a finding."""
    match node.value:
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case Nothing():
            return "nothing"
        case "":
            return "an empty text"
        case int() | float() if not isinstance(node.value, bool):
            return f"the number {shown(node.text)}"
        case _:
            return shown(node.text)


def planted(value: Any, line: int = 1, column: int = 1) -> Node:
    """Make a tree of plain values, all at one place, so that they are judged as those of a file are."""
    if isinstance(value, Mapping):
        keys = {str(name): Node(line, column, str(name), str(name)) for name in value}
        values = [planted(one, line, column) for one in value.values()]
        return Node(line, column, dict(zip(keys, zip(keys.values(), values, strict=True), strict=True)))
    if isinstance(value, list | tuple):
        return Node(line, column, [planted(one, line, column) for one in value])
    if value is None:
        return Node(line, column, Nothing.NOTHING)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return Node(line, column, value, text, quoted=isinstance(value, str))
