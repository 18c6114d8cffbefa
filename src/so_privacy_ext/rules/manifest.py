"""Reads a manifest file: bytes in, a checked manifest or all findings at once out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from so_privacy_ext.rules import complaints
from so_privacy_ext.rules.characters import decode
from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.rules.extending import extended
from so_privacy_ext.rules.findings import Finding, ManifestInvalid
from so_privacy_ext.rules.references import check
from so_privacy_ext.rules.schema import json_schema
from so_privacy_ext.rules.shape import ManifestShape, manifest_shape
from so_privacy_ext.rules.tree import Broken, Node, Nothing, read
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as it was written, right in itself; whether it fits a tenant is seen when it is resolved."""

    filename: str
    digest: str
    """SHA-256 of the file's bytes, hex; a preset that they name by its version never changes."""
    content: ManifestShape[Any]
    root: Node = field(repr=False)
    """The same with the place of everything, presets and what is switched on included."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Conditions of a manifest, and whose they are: a rule's that is tried, or an entry's of `retention`."""

    part: str
    """`rules` or `retention`."""
    when: Any
    node: Node = field(repr=False)


def asked(manifest: Manifest) -> Iterator[Asked]:
    """Give all conditions that are asked of persons, in the order of rules, then of `retention`."""
    rules, retention = manifest.root.get("rules"), manifest.root.get("retention")
    nodes = rules.elements() if rules is not None else []
    for node, rule in zip(nodes, manifest.content.rules, strict=True):
        yield Asked("rules", rule.when, node)
    for name, _, node in retention.items() if retention is not None else ():
        yield Asked("retention", manifest.content.retention[name].when, node)


def parse(data: bytes, filename: str, words: Words = PRODUCT_WORDS) -> Manifest:
    """Read a manifest of any bytes whatever; raises `ManifestInvalid` and nothing else."""
    root, found = _document(data, filename)
    root, more = extended(root)
    found += more
    return checked(root, filename, hashlib.sha256(data).hexdigest(), found, words)


def refuse_unreadable(data: bytes, filename: str) -> None:
    """Raise `ManifestInvalid` for bytes that are no manifest, whichever words a tenant has."""
    _, found = _document(data, filename)
    if found:
        raise ManifestInvalid(filename, found)


def _document(data: bytes, filename: str) -> tuple[Node, list[Finding]]:
    text, found = decode(data)
    if found and not text:
        raise ManifestInvalid(filename, found)
    root, more = read(text)
    found += more
    if isinstance(root.value, Broken):
        raise ManifestInvalid(filename, found)
    if isinstance(root.value, Nothing) and not found:
        empty = Finding(1, 1, "empty", "the file holds nothing", "begin with `manifest: 1`")
        raise ManifestInvalid(filename, [empty])
    return root, found


def checked(
    root: Node, filename: str, digest: str, found: Iterable[Finding] = (), words: Words = PRODUCT_WORDS
) -> Manifest:
    """Check a tree of which some findings are known already; raises `ManifestInvalid`."""
    findings, content = list(found), None
    try:
        content = manifest_shape(words).model_validate(root.plain())
    except ValidationError as error:
        findings += complaints.findings(error.errors(include_url=False), root, json_schema(words))
    findings += check(root, words)
    if findings or content is None:
        raise ManifestInvalid(filename, findings)
    return Manifest(filename, digest, content, root)
