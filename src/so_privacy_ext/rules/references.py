"""Checks that what a manifest names is in it too: purposes, sources, bases, mails, parents, ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from pydantic import TypeAdapter, ValidationError

from so_privacy_ext.model import EXPLICIT_CONSENT, WITHDRAWN
from so_privacy_ext.rules.conditions import Conditions, Words, when_type
from so_privacy_ext.rules.findings import LIMIT, Finding, advice, shown
from so_privacy_ext.rules.own_texts import check_texts
from so_privacy_ext.rules.tree import Node
from so_privacy_ext.sdk import Condition

UNKNOWN_SOURCE = "UNKNOWN"
"""The CRM's source for want of a better one; nothing of ours may write it."""


def check(root: Node, words: Words) -> list[Finding]:
    """Give everything that is named and not declared; what has a wrong shape is passed over in silence."""
    return list(islice(_all(root, words), 4 * LIMIT))


@lru_cache
def _adapter(words: Words) -> TypeAdapter[Any]:
    return TypeAdapter(when_type(words))


def _all(root: Node, words: Words) -> Iterator[Finding]:
    yield from [*_languages(root), *_purposes(root), *_rule_ids(root), *check_texts(root)]
    when = _adapter(words)
    for rule in _elements(root, "rules"):
        yield from _gives(root, rule, switched_on=True)
        yield from _conditions(root, rule, when)
        mail = rule.get("tell")
        if mail is not None:
            yield from _undeclared(mail, "mail", _names(root, "mails"))
    for _, _, entry in _items(root, "retention"):
        yield from _conditions(root, entry, when)
    for rule in _elements(root, "optional"):
        yield from _gives(root, rule, switched_on=False)
    for rule in [*_elements(root, "rules"), *_elements(root, "optional")]:
        before = rule.get("before")
        if before is not None and isinstance(before.value, str):
            yield from _undeclared(before, "rule", _ids(root))
    yield from _moved(root)


def _ids(root: Node) -> list[str]:
    ids = (rule.get("id") for rule in _elements(root, "rules"))
    return [one.value for one in ids if one is not None and isinstance(one.value, str)]


def _moved(root: Node) -> Iterator[Finding]:
    """Find keys that are said to be called otherwise and still stand, or whose new name doesn't."""
    for kind in ("sources", "purposes", "mails"):
        names = _names(root, kind)
        moved = root.get("moved", kind)
        for old, key, new in moved.items() if moved is not None else ():
            yield from _undeclared(new, kind.removesuffix("s"), names)
            if old in names:
                how = "rename it there, or take it out of `moved`"
                what = f"{shown(old)} is said to be called otherwise, and stands among the {kind} still"
                yield Finding(key.line, key.column, "moved_and_kept", what, how)


def _languages(root: Node) -> Iterator[Finding]:
    fallback = root.get("languages", "fallback")
    if fallback is not None:
        yield from _undeclared(fallback, "enabled language", _texts(root, "languages", "enabled"))


def _purposes(root: Node) -> Iterator[Finding]:
    bases = _texts(root, "legal_bases")
    for name, key, purpose in _items(root, "purposes"):
        for basis in _elements(purpose, "allowed"):
            yield from _undeclared(basis, "legal basis", bases)
        yield from _at_end(root, name, purpose)
        yield from _renewal(root, purpose)
        parent = purpose.get("parent")
        if parent is None or not isinstance(parent.value, str):
            continue
        yield from _undeclared(parent, "purpose", _names(root, "purposes"))
        if name in _ancestors(root, name):
            what = f"{shown(name)} is its own ancestor"
            yield Finding(key.line, key.column, "parent_cycle", what, "a purpose's parents end somewhere")


def _at_end(root: Node, name: str, purpose: Node) -> Iterator[Finding]:
    """Find what can't be written at the end; nobody but the person gives a consent."""
    basis, source = purpose.get("at_end", "basis"), purpose.get("at_end", "source")
    if basis is not None and basis.value == EXPLICIT_CONSENT:
        what = f"{shown(name)} would get a consent at its end"
        how = "name a basis that needs none, or write `at_end: keep`"
        yield Finding(basis.line, basis.column, "consent_at_end", what, how)
    elif basis is not None:
        yield from _basis(root, name, basis, switched_on=True)
    if source is not None:
        yield from _undeclared(source, "source", _names(root, "sources"))


def _renewal(root: Node, purpose: Node) -> Iterator[Finding]:
    """A mail that asks to renew goes to persons who were told before, so it must say `retell`."""
    renew = purpose.get("renew")
    if renew is None:
        return
    yield from _undeclared(renew, "mail", _names(root, "mails"))
    mail, retell = root.get("mails", renew.text), root.get("mails", renew.text, "retell")
    if mail is not None and (retell is None or retell.value is not True):
        what = f"{shown(renew.text)} goes to nobody who was told anything before"
        how = "give that mail `retell: true`"
        yield Finding(renew.line, renew.column, "renewal_without_retell", what, how)


def _ancestors(root: Node, name: str) -> list[str]:
    seen: list[str] = []
    parent = root.get("purposes", name, "parent")
    while parent is not None and isinstance(parent.value, str) and parent.value not in seen:
        seen.append(parent.value)
        parent = root.get("purposes", parent.value, "parent")
    return seen


def _rule_ids(root: Node) -> Iterator[Finding]:
    seen: dict[str, Node] = {}
    for rule in [*_elements(root, "rules"), *_elements(root, "optional")]:
        rule_id = rule.get("id")
        if rule_id is None or not isinstance(rule_id.value, str):
            continue
        first = seen.setdefault(rule_id.value, rule_id)
        if first is not rule_id:
            what = f"{shown(rule_id.value)} is the id of another rule too"
            how = f"that one stands on line {first.line}; give this one a name of its own"
            yield Finding(rule_id.line, rule_id.column, "duplicate_id", what, how)


def _gives(root: Node, rule: Node, *, switched_on: bool) -> Iterator[Finding]:
    for purpose, key, outcome in _items(rule, "give"):
        yield from _undeclared(key, "purpose", _names(root, "purposes"))
        basis, source = outcome.get("basis"), outcome.get("source")
        if basis is not None:
            yield from _basis(root, purpose, basis, switched_on=switched_on)
        if source is not None and source.value == UNKNOWN_SOURCE:
            how = "name the source, or leave it out to keep that of the STORE row"
            yield Finding(source.line, source.column, "unknown_source", "a rule can't write `UNKNOWN`", how)
        elif source is not None:
            yield from _undeclared(source, "source", _names(root, "sources"))


def _basis(root: Node, purpose: str, basis: Node, *, switched_on: bool) -> Iterator[Finding]:
    if basis.value == WITHDRAWN:
        how = "only the person takes a consent back"
        yield Finding(basis.line, basis.column, "withdrawn_given", "a rule can't give `WITHDRAWN`", how)
        return
    bases = _texts(root, "legal_bases")
    yield from _undeclared(basis, "legal basis", bases)
    allowed = _texts(root, "purposes", purpose, "allowed")
    if switched_on and allowed and basis.value in bases and basis.value not in allowed:
        what = basis.of_origin(f"{shown(str(basis.value))} can't carry {shown(purpose)}")
        how = f"its `allowed` has {', '.join(sorted(allowed))}"
        yield Finding(basis.line, basis.column, "basis_not_allowed", what, how)


def _conditions(root: Node, rule: Node, when: TypeAdapter[Any]) -> Iterator[Finding]:
    """Find the purposes and sources that the conditions of a rule or of `retention` name."""
    node = rule.get("when")
    if node is None:
        return
    try:
        conditions = when.validate_python(node.plain())
    except ValidationError:
        return
    declared = {"purpose": _names(root, "purposes"), "source": {*_names(root, "sources"), UNKNOWN_SOURCE}}
    for condition in words_in(conditions):
        for reference in condition.references():
            if reference.kind in declared:
                for place in places(node, condition.word, reference.name):
                    yield from _undeclared(place, reference.kind, declared[reference.kind])


def words_in(when: Any) -> Iterator[Condition[Any]]:
    """Give all condition words of a `when`, in the order in which they are tested."""
    if isinstance(when, Conditions):
        said = when.model_fields_set
        for name in filter(said.__contains__, type(when).model_fields):
            part = getattr(when, name)
            for one in part if isinstance(part, list) else [part]:
                yield from [one] if isinstance(one, Condition) else words_in(one)


def places(when: Node, word: str, text: str) -> Iterator[Node]:
    """Give the scalars below a `when` at which this word says just this text."""
    for name, _, value in when.items():
        yield from _scalars(value, text) if name == word else places(value, word, text)
    for one in when.elements():
        yield from places(one, word, text)


def _scalars(node: Node, text: str) -> Iterator[Node]:
    if node.value == text:
        yield node
    for one in [*(value for _, _, value in node.items()), *node.elements()]:
        yield from _scalars(one, text)


def _undeclared(node: Node, kind: str, declared: Iterable[str]) -> Iterator[Finding]:
    known = sorted(declared)
    name = node.text
    if name and name not in known:
        yield Finding(
            node.line,
            node.column,
            f"unknown_{kind.replace(' ', '_')}",
            node.of_origin(f"there is no {kind} {shown(name)}"),
            advice(name, known),
        )


def _items(node: Node, key: str) -> Iterator[tuple[str, Node, Node]]:
    inner = node.get(key)
    return inner.items() if inner is not None else iter(())


def _elements(node: Node, key: str) -> list[Node]:
    inner = node.get(key)
    return inner.elements() if inner is not None else []


def _names(root: Node, key: str) -> list[str]:
    return [name for name, _, _ in _items(root, key)]


def _texts(root: Node, *path: str) -> list[str]:
    inner = root.get(*path)
    return [one.value for one in inner.elements() if isinstance(one.value, str)] if inner is not None else []
