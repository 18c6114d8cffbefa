"""What laws look at: a manifest that is right in itself, and what else is known beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from so_privacy_ext.model import TenantLists
from so_privacy_ext.rules.law import CountryLaw, country_law
from so_privacy_ext.rules.lint.mail_text import MailText, mail_text
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.shape import GiveBasis, RuleShape
from so_privacy_ext.rules.tree import Node

MARKETING = "EMARKETING"
"""The CRM's purpose of e-marketing; whatever is a part of it is marketing too."""
SWEPT_WITHIN = timedelta(days=2)
"""A whole sweep is due every night."""
CARRIED_BY_NONE = frozenset({"IMPORT", "API", "UNKNOWN"})
"""Sources of the CRM's own under which nobody can have consented."""


@dataclass(frozen=True, slots=True)
class TenantKnowledge:
    """What is known of the tenant for which a manifest is meant; None where nobody could say."""

    lists: TenantLists
    strict_mode: bool | None = None
    """Whether the CRM mails marketing only to who has agreed."""
    swept_at: datetime | None = None
    """Until when a sweep has found whom no event told of; None where none has."""
    shares: Mapping[str, float] | None = None
    """Rule id → the share of known persons, from 0 to 1, for whom it would decide something."""
    channels: Collection[str] | None = None
    """What can carry mails for it; None where nobody has looked."""


@dataclass(frozen=True, slots=True)
class MailTexts:
    """The texts of mail templates as their author has them beside the manifest."""

    texts: Mapping[tuple[str, str], MailText]
    """By template and language."""
    kept: Mapping[str, str]
    """What was kept of each version: `template version language` → the hash of its text."""


def kept_as(template: str, version: int, language: str) -> str:
    """Name a version of a text as it is kept in `MailTexts.kept`."""
    return f"{template} {version} {language}"


@dataclass(frozen=True, slots=True)
class RuleTests:
    """What the tests of a manifest see."""

    count: int
    """0 where there are none."""
    unseen: Mapping[tuple[str, str], str]
    """Rule and purpose that no test sees decided → a test for it on one line, empty where there is none."""
    left_out: frozenset[tuple[str, str]] = frozenset()
    """Of these, for which there is one that is not written out here, since very many are missing."""


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
    mails: MailTexts | None = None
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

    def line_of(self, purpose: str) -> list[str]:
        """Give a purpose and all it is a part of, itself first."""
        purposes = self.manifest.content.purposes
        line = []
        key: str | None = purpose
        while key is not None:
            line.append(key)
            key = purposes[key].parent
        return line

    def part(self, name: str) -> Node:
        """Give the key of a part of the file, such as `sources`; its beginning where it has no such part."""
        return next((key for one, key, _ in self.manifest.root.items() if one == name), self.manifest.root)

    def is_swept(self) -> bool:
        """Tell whether a sweep has lately found whom no event told of."""
        swept = self.tenant.swept_at if self.tenant is not None else None
        return swept is not None and self.today - swept.date() <= SWEPT_WITHIN

    def is_marketing(self, purpose: str) -> bool:
        """Tell whether a purpose is e-marketing or a part of it."""
        return MARKETING in self.line_of(purpose)

    def expires(self, purpose: str) -> str | None:
        """Give a purpose's period, its own or what it inherits."""
        purposes = self.manifest.content.purposes
        return next((purposes[one].expires for one in self.line_of(purpose) if purposes[one].expires), None)

    def laws(self) -> Iterator[tuple[str, Node, CountryLaw | None]]:
        """Give the countries whose law is checked, each once, where it is named, and its pack."""
        content = self.manifest.content
        named = [(content.jurisdiction.home, self.at("jurisdiction", "home"))]
        for at, country in enumerate(content.jurisdiction.packs):
            named.append((country, self.at("jurisdiction", "packs", at)))
        seen: set[str] = set()
        for country, node in named:
            if country not in seen:
                seen.add(country)
                yield country, node, country_law(country)

    def carries_consent(self, source: str) -> bool:
        """Tell whether somebody who came by a source can have consented, as far as the manifest says it."""
        shape = self.manifest.content.sources.get(source)
        return shape is not None and shape.carries_consent is not False and source not in CARRIED_BY_NONE

    def tells(self) -> Iterator[tuple[RuleAt, str]]:
        """Give each rule that tells, with the mail's key."""
        for rule in self.rules():
            if rule.rule.tell is not None:
                yield rule, rule.rule.tell

    def texts(self) -> Iterator[tuple[str, Node, str, MailText]]:
        """Give each mail that has a text, in the manifest or beside it: key, place, language, text."""
        content = self.manifest.content
        beside = self.mails.texts if self.mails is not None else {}
        for key, mail in content.mails.items():
            for language, own in mail.texts.items():
                text = mail_text(f"{own.subject}\n\n{own.body}", html=False)
                yield key, self.at("mails", key, "texts", language), language, text
            for language in mail.languages or content.languages.enabled:
                found = beside.get((mail.template or "", language))
                if found is not None:
                    yield key, self.at("mails", key, "template"), language, found
