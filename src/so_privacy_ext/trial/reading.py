"""Reads a file of rule tests: bytes in, tests that fit the manifest or all findings at once out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from so_privacy_ext.model import WITHDRAWN, TenantLists
from so_privacy_ext.rules import complaints
from so_privacy_ext.rules.alone import lists_alone
from so_privacy_ext.rules.characters import decode
from so_privacy_ext.rules.findings import Finding, ManifestInvalid, advice, shown
from so_privacy_ext.rules.made_up import check
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.references import UNKNOWN_SOURCE
from so_privacy_ext.rules.schema import schema_of
from so_privacy_ext.rules.tree import Broken, Node, Nothing, read
from so_privacy_ext.trial.shape import (
    OUTCOME_WORDS,
    StepShape,
    TenantAssumed,
    TrialShape,
    TrialsShape,
    moment,
)
from so_privacy_ext.trial.times import after

_CRM_TEMPLATE = 1
"""Stands for the template by which the CRM mails by itself."""


@dataclass(frozen=True, slots=True)
class TrialStep:
    """One step of a test, with the line on which it says what it expects."""

    line: int
    now: datetime
    at: str
    """When, as it was written."""
    shape: StepShape


@dataclass(frozen=True, slots=True)
class Trial:
    """One test, with where it stands."""

    filename: str
    line: int
    name: str
    steps: tuple[TrialStep, ...]
    registered: datetime
    tenant: TenantAssumed = field(repr=False)
    lists: TenantLists = field(repr=False)


def read_trials(
    data: bytes, filename: str, manifest: Manifest, lists: TenantLists | None = None
) -> list[Trial]:
    """Read a file of any bytes whatever; raises `ManifestInvalid` with its findings and nothing else.

    `lists` are those of the tenant that it assumes, if whoever reads many such files has made them already.
    """
    text, found = decode(data)
    if found and not text:
        raise ManifestInvalid(filename, found)
    root, more = read(text)
    found += more
    if isinstance(root.value, Broken) or found:
        raise ManifestInvalid(filename, found)
    if isinstance(root.value, Nothing):
        raise ManifestInvalid(
            filename, [Finding(1, 1, "empty", "the file holds nothing", "begin with `rule_tests: 1`")]
        )
    try:
        content = TrialsShape.model_validate(root.plain())
    except ValidationError as error:
        errors = error.errors(include_url=False)
        raise ManifestInvalid(filename, complaints.findings(errors, root, _schema())) from None
    lists = lists or lists_of(content.tenant, manifest)
    found = list(_check(root, content, manifest, lists))
    if found:
        raise ManifestInvalid(filename, found)
    tests = zip(_elements(root, "tests"), content.tests, strict=True)
    return [_trial(filename, node, shape, content.tenant, lists) for node, shape in tests]


def _trial(filename: str, node: Node, shape: TrialShape, tenant: TenantAssumed, lists: TenantLists) -> Trial:
    steps = tuple(step for _, step in _steps(node, shape))
    registered = shape.person.registered
    start = moment(registered) if registered else steps[0].now
    return Trial(filename, node.line, shape.name, steps, start, tenant, lists)


def _steps(node: Node, shape: TrialShape) -> Iterator[tuple[Node, TrialStep]]:
    yield node, _step(node, shape, shape.at, moment(shape.at))
    for place, step in zip(_elements(node, "then"), shape.then, strict=True):
        yield place, _step(place, step, step.at, after(shape.at, step.at))


def _step(node: Node, shape: StepShape, at: str, now: datetime) -> TrialStep:
    return TrialStep((node.get("expect") or node).line, now, at, shape)


@lru_cache
def _schema() -> Mapping[str, Any]:
    return schema_of(TrialsShape)


def lists_of(tenant: TenantAssumed, manifest: Manifest) -> TenantLists:
    """Give the lists of the tenant that the tests assume."""
    lists = lists_alone(manifest)
    return replace(
        lists,
        default_basis=tenant.default_basis or lists.default_basis,
        purposes=tuple(replace(one, has_text=one.key in tenant.wordings) for one in lists.purposes),
        sources=tuple(
            replace(one, mail_template_id=_CRM_TEMPLATE if one.key in tenant.crm_mails else 0)
            for one in lists.sources
        ),
    )


def _check(root: Node, content: TrialsShape, manifest: Manifest, lists: TenantLists) -> Iterator[Finding]:
    yield from _tenant(root, manifest)
    names: dict[str, Node] = {}
    for node, test in zip(_elements(root, "tests"), content.tests, strict=True):
        yield from _name(node, test.name, names)
        before = moment(test.at)
        for place, step in _steps(node, test):
            person = place.get("person")
            if person is not None:
                yield from check(person, step.shape.person, manifest, lists)
                yield from _each(person.get("told"), "mail", manifest.content.mails)
            yield from _expected(place.get("expect") or place, manifest)
            if step.now < before:
                at, what = place.get("at") or place, "this comes before the step above"
                yield _finding(at, "out_of_order", what, "write steps in the order of their times")
            before = step.now


def _tenant(root: Node, manifest: Manifest) -> Iterator[Finding]:
    yield from _each(root.get("tenant", "default_basis"), "legal basis", manifest.content.legal_bases)
    yield from _each(root.get("tenant", "wordings"), "purpose", manifest.content.purposes)
    yield from _each(root.get("tenant", "crm_mails"), "source", manifest.content.sources)


def _name(node: Node, name: str, names: dict[str, Node]) -> Iterator[Finding]:
    at = node.get("name") or node
    first = names.setdefault(name, at)
    if first is not at:
        how = f"that one stands on line {first.line}; give this one a name of its own"
        yield _finding(at, "duplicate_name", f"{shown(name)} is the name of another test too", how)


def _expected(node: Node, manifest: Manifest) -> Iterator[Finding]:
    content = manifest.content
    rules = [rule.id for rule in content.rules]
    yield from _each(node.get("tell"), "mail", content.mails)
    yield from _each(node.get("rule"), "rule", rules)
    if node.get("tell") is not None and node.get("no_mail") is not None:
        how = "leave one of them out"
        yield _finding(node.get("no_mail") or node, "contradiction", "a mail, and a reason for none", how)
    if node.get("language") is not None and node.get("tell") is None:
        yield _finding(node.get("language") or node, "contradiction", "the language of no mail", "add `tell`")
    give = node.get("give")
    for _, key, outcome in give.items() if give else ():
        yield from _one_of(key, key.text, "purpose", content.purposes)
        yield from _outcome(outcome, manifest, rules)


def _outcome(node: Node, manifest: Manifest, rules: Iterable[str]) -> Iterator[Finding]:
    content = manifest.content
    bases = set(content.legal_bases) - {WITHDRAWN}
    sources = [*content.sources, UNKNOWN_SOURCE]
    if isinstance(node.value, dict):
        yield from _each(node.get("basis"), "legal basis", bases)
        yield from _each(node.get("source"), "source", sources)
        yield from _each(node.get("rule"), "rule", rules)
        if (node.get("basis") is None) is (node.get("outcome") is None):
            what, how = "not just one of `basis` and `outcome`", "say what basis is given, or which word"
            yield _finding(node, "contradiction", what, how)
    elif node.text not in OUTCOME_WORDS:
        basis, _, source = node.text.partition("/")
        yield from _one_of(node, basis, "legal basis", bases)
        if source:
            yield from _one_of(node, source, "source", sources)


def _each(node: Node | None, kind: str, known: Iterable[str]) -> Iterator[Finding]:
    """Find what isn't known among one text or several."""
    if node is not None:
        for one in node.elements() or [node]:
            yield from _one_of(one, one.text, kind, known)


def _one_of(node: Node, text: str, kind: str, known: Iterable[str]) -> Iterator[Finding]:
    if text not in known:
        code = f"unknown_{kind.replace(' ', '_')}"
        yield _finding(node, code, f"the manifest has no {kind} {shown(text)}", advice(text, sorted(known)))


def _finding(node: Node, code: str, what: str, how: str) -> Finding:
    return Finding(node.line, node.column, code, what, how)


def _elements(node: Node, key: str) -> list[Node]:
    inner = node.get(key)
    return inner.elements() if inner is not None else []
