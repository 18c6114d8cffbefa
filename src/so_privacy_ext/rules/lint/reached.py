"""Computes once for several laws whom each rule reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.lint.subject import RuleAt
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.reach.map import RuleMap
from so_privacy_ext.rules.reach.reachability import Reach, reach
from so_privacy_ext.rules.tree import Node


@dataclass(frozen=True, slots=True)
class Reached:
    """The rules of a manifest in one space, and what becomes of each."""

    active: ActiveManifest = field(repr=False)
    """Ready without any tenant."""
    rules: RuleMap
    reaches: Sequence[Reach]


@dataclass(frozen=True, slots=True)
class _SameBytes:
    """A manifest, known again by its bytes and the words that it was read with."""

    digest: str
    shape: type
    manifest: Manifest = field(compare=False)


def reached(manifest: Manifest) -> Reached:
    """Give what is computed of a manifest, whatever the tenant has."""
    return _computed(_SameBytes(manifest.digest, type(manifest.content), manifest))


@lru_cache(maxsize=2)
def _computed(one: _SameBytes) -> Reached:
    active = resolve_alone(one.manifest)
    rules = RuleMap(active)
    return Reached(active, rules, reach(active, rules))


def place(rule: RuleAt, path: str) -> Node:
    """Give the node at a path such as `when.any[1].company`."""
    steps = path.replace("[", ".").replace("]", "").split(".")
    return rule.at(*(int(step) if step.isdecimal() else step for step in steps))
