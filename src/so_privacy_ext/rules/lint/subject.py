"""What laws look at: a manifest that is right in itself, and what else is known beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from so_privacy_ext.model import TenantLists
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.shape import GiveBasis, RuleShape
from so_privacy_ext.rules.tree import Node


@dataclass(frozen=True, slots=True)
class TenantKnowledge:
    """What is known of the tenant for which a manifest is meant; None where nobody could say."""

    lists: TenantLists
    strict_mode: bool | None = None
    """Whether the CRM mails marketing only to who has agreed."""


@dataclass(frozen=True, slots=True)
class RuleTests:
    """What the tests of a manifest see."""

    count: int
    """0 where there are none."""
    unseen: Mapping[tuple[str, str], str]
    """Rule and purpose that no test sees decided → a test for it on one line, empty where there is none."""


@dataclass(frozen=True, slots=True)
class RuleAt:
    """A rule that decides, and where it stands."""

    position: int
    """From 0."""
    node: Node
    rule: RuleShape[Any]

    def at(self, *path: str | int) -> Node:
        """Give the node at a path below the rule; the rule's own where there is none."""
        return self.node.get(*path) or self.node

    def outcomes(self, purposes: list[str]) -> Iterator[tuple[str, Node, GiveBasis | str]]:
        """Give each purpose that the rule speaks of, where, and what it gives to it."""
        if isinstance(self.rule.give, dict):
            for purpose, outcome in self.rule.give.items():
                yield purpose, self.at("give", purpose), outcome
        else:
            for purpose in purposes:
                yield purpose, self.at("give"), self.rule.give


@dataclass(frozen=True, slots=True)
class Given:
    """One purpose that a rule gives a basis."""

    rule: RuleAt
    purpose: str
    at: Node
    """Where the basis stands."""
    shape: GiveBasis


@dataclass(frozen=True, slots=True)
class Subject:
    """A manifest to be judged on a day, perhaps for a tenant."""

    manifest: Manifest
    today: date
    tenant: TenantKnowledge | None = None
    tested: RuleTests | None = None
    """None where nobody has looked for tests."""

    def rules(self) -> list[RuleAt]:
        """Give the rules that decide, in their order."""
        nodes = self.manifest.root.get("rules")
        elements = nodes.elements() if nodes is not None else []
        rules = self.manifest.content.rules
        return [
            RuleAt(position, node, rule)
            for position, (node, rule) in enumerate(zip(elements, rules, strict=True))
        ]

    def given(self) -> Iterator[Given]:
        """Give each basis that a rule gives, in the order of the file."""
        for rule in self.rules():
            if isinstance(rule.rule.give, dict):
                for purpose, outcome in rule.rule.give.items():
                    if isinstance(outcome, GiveBasis):
                        yield Given(rule, purpose, rule.at("give", purpose, "basis"), outcome)

    def at(self, *path: str | int) -> Node:
        """Give the node at a path of the file, else the nearest above it."""
        node = self.manifest.root
        for step in path:
            node = node.get(step) or node
        return node

    def descends(self, purpose: str, ancestor: str) -> bool:
        """Tell whether a purpose is another, or a part of it."""
        return ancestor in self.line_of(purpose)

    def line_of(self, purpose: str) -> list[str]:
        """Give a purpose and all it is a part of, itself first."""
        purposes = self.manifest.content.purposes
        line = []
        key: str | None = purpose
        while key is not None:
            line.append(key)
            key = purposes[key].parent
        return line
