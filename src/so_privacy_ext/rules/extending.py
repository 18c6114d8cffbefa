"""Makes one tree of a manifest and the presets that it extends, its rules in the order of their trial."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from so_privacy_ext.rules.findings import Finding, advice, shown
from so_privacy_ext.rules.keys import PRESET
from so_privacy_ext.rules.presets import shelf
from so_privacy_ext.rules.tree import Node

_MAPPINGS = ("sources", "purposes", "mails", "retention")
"""Entry by entry the manifest's own, else the preset's."""
_RULES = ("rules", "optional")
"""Its own come first, or where they say; one with the id of a preset's rule takes that one's place."""
_WHOLE = ("jurisdiction", "languages")
"""Its own, else the preset's. All other keys are its own."""


def extended(root: Node) -> tuple[Node, list[Finding]]:
    """Give the whole tree, and what can't be taken in; a piece of a preset stands where it is extended."""
    findings: list[Finding] = []
    if not isinstance(root.value, dict):
        return root, findings
    merged = root
    for entry in _elements(root, "extends"):
        if entry.text in shelf.names():
            merged = _below(merged, placed(shelf.preset(entry.text), entry))
        elif isinstance(entry.value, str) and re.match(PRESET, entry.value):
            what = f"there is no preset {shown(entry.text)}"
            how = advice(entry.text, shelf.names())
            findings.append(Finding(entry.line, entry.column, "unknown_preset", what, how))
    return _ordered(_switched_on(merged, findings)), findings


def placed(node: Node, at: Node) -> Node:
    """Give a piece of a preset as if all of it stood where the preset is named."""
    value = node.value
    if isinstance(value, dict):
        value = {name: (placed(key, at), placed(inner, at)) for name, (key, inner) in value.items()}
    elif isinstance(value, list):
        value = [placed(one, at) for one in value]
    return Node(at.line, at.column, value, node.text, at.text, node.quoted)


def _below(own: Node, base: Node) -> Node:
    """Put a preset below what stands already."""
    entries = dict(own.value)
    for name, (key, inner) in base.value.items():
        mine = own.get(name)
        if name in _WHOLE and mine is None:
            entries[name] = key, inner
        elif name == "legal_bases":
            entries[name] = key, _united(mine, inner)
        elif name in _MAPPINGS:
            entries[name] = key, _by_key(mine, inner)
        elif name in _RULES:
            entries[name] = key, _by_id(mine, inner)
    return replace(own, value=entries)


def _united(mine: Node | None, base: Node) -> Node:
    if mine is None or not isinstance(mine.value, list):
        return mine or base
    known = {one.value for one in mine.value if isinstance(one.value, str)}
    return replace(mine, value=[*mine.value, *(one for one in base.value if one.value not in known)])


def _by_key(mine: Node | None, base: Node) -> Node:
    if mine is None or not isinstance(mine.value, dict):
        return mine or base
    return replace(mine, value={**base.value, **mine.value})


def _by_id(mine: Node | None, base: Node) -> Node:
    if mine is None or not isinstance(mine.value, list):
        return mine or base
    ids = {_id(one): one for one in mine.value if _id(one)}
    bases = {_id(one) for one in base.value}
    own = [one for one in mine.value if _id(one) not in bases]
    return replace(mine, value=[*own, *(ids.get(_id(one), one) for one in base.value)])


def _switched_on(root: Node, findings: list[Finding]) -> Node:
    """Put the rules of `switch_on` among those that are tried."""
    wanted = [one for one in _elements(root, "switch_on") if isinstance(one.value, str)]
    optional, rules = list(_elements(root, "optional")), list(_elements(root, "rules"))
    for name in wanted:
        rule = next((one for one in optional if _id(one) == name.value), None)
        if rule is None:
            known = [_id(one) for one in optional if _id(one)]
            what = f"there is no optional rule {shown(name.text)}"
            findings.append(
                Finding(name.line, name.column, "unknown_optional", what, advice(name.text, known))
            )
        elif rule.get("before") is None:
            what = f"{shown(name.text)} does not say before which rule it is tried"
            how = f"write `before:` with one of {', '.join(_id(one) for one in rules if _id(one))}"
            findings.append(Finding(name.line, name.column, "before_missing", what, how))
        else:
            optional = [one for one in optional if one is not rule]
            rules.insert(0, rule)
    return _with(_with(root, "optional", optional), "rules", rules) if wanted else root


def _ordered(root: Node) -> Node:
    """Put each rule that says so before the one that it names."""
    rules = list(_elements(root, "rules"))
    moving = [one for one in rules if one.get("before") is not None]
    for rule in moving:
        before = rule.get("before")
        rest = [one for one in rules if one is not rule]
        at = next((at for at, one in enumerate(rest) if before and _id(one) == before.value), None)
        if at is not None:
            rules = [*rest[:at], rule, *rest[at:]]
    return _with(root, "rules", rules) if moving else root


def _with(root: Node, name: str, elements: list[Node]) -> Node:
    key, node = root.value.get(name) or (root, root)
    return replace(root, value={**root.value, name: (key, replace(node, value=elements))})


def _id(rule: Node) -> str:
    found = rule.get("id")
    return found.value if found is not None and isinstance(found.value, str) else ""


def _elements(node: Node, key: str) -> Iterator[Node]:
    inner = node.get(key)
    yield from inner.elements() if inner is not None else ()
