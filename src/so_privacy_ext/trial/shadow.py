"""Decides once more what was decided before, by another manifest, on the facts that were kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from so_privacy_ext.model import PersonId, Ruling
from so_privacy_ext.ports import KeptDecision
from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.references import words_in
from so_privacy_ext.rules.restored import Restored, restored
from so_privacy_ext.trial.consequences import Change, Consequence, changes

_FACTS: Mapping[str, tuple[str, ...]] = {
    "category": ("category_id",),
    "business": ("business_id",),
    "position": ("position_id",),
    "company": ("company_is_owner",),
    "age_below": ("age", "country"),
    "language": ("language", "country"),
    "evidence": ("consents", "wordings"),
    "person_field": ("fields",),
    "company_field": ("fields",),
}
"""Facts that a word asks for, where it isn't called like the one."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """What would have come out otherwise."""

    decisions: int
    """Replayed."""
    persons: int
    """Of whom these were."""
    differing: int
    """Persons of whom something comes out otherwise."""
    consequences: Sequence[Consequence]
    """The one that hits most persons first."""
    erased: int
    """Decisions whose facts are not kept any more."""
    not_kept: Mapping[str, int]
    """Fact that rules ask for and that was not kept yet → decisions that were replayed without it."""


@dataclass(slots=True)
class _Tally:
    asked: frozenset[str]
    decisions: int = 0
    erased: int = 0
    persons: set[PersonId] = field(default_factory=set)
    not_kept: dict[str, int] = field(default_factory=dict)
    hit: dict[Change, set[PersonId]] = field(default_factory=dict)

    def count(self, person_id: PersonId, one: Restored, before: Ruling, after: Ruling) -> None:
        self.decisions += 1
        self.persons.add(person_id)
        for fact in one.lacking & self.asked:
            self.not_kept[fact] = self.not_kept.get(fact, 0) + 1
        for change in changes(before, after):
            self.hit.setdefault(change, set()).add(person_id)

    def shadow(self) -> Shadow:
        found = [Consequence(change, sorted(persons)) for change, persons in self.hit.items()]
        return Shadow(
            decisions=self.decisions,
            persons=len(self.persons),
            differing=len(frozenset().union(*self.hit.values())),
            consequences=sorted(found, key=lambda one: (-len(one.persons), one.change)),
            erased=self.erased,
            not_kept=dict(sorted(self.not_kept.items())),
        )


@dataclass(frozen=True, slots=True)
class Ready:
    """A manifest made ready for the tenant whose decisions are replayed."""

    manifest: Manifest
    active: ActiveManifest


def shadow(kept: Iterable[KeptDecision], after: Ready, texts: Mapping[str, str]) -> Shadow:
    """Compare what was decided with what a manifest decides on the same facts."""
    return _replay(kept, [after], texts, lambda one, facts: (one.ruling, decide(facts.facts, after.active)))


def compare(kept: Iterable[KeptDecision], before: Ready, after: Ready, texts: Mapping[str, str]) -> Shadow:
    """Compare what two manifests decide on the facts of what was decided."""
    return _replay(
        kept,
        [before, after],
        texts,
        lambda _, facts: (decide(facts.facts, before.active), decide(facts.facts, after.active)),
    )


def _replay(
    kept: Iterable[KeptDecision],
    manifests: Sequence[Ready],
    texts: Mapping[str, str],
    rule: Callable[[KeptDecision, Restored], tuple[Ruling, Ruling]],
) -> Shadow:
    tally = _Tally(frozenset(fact for one in manifests for fact in asked(one.manifest)))
    for decision in kept:
        facts = restored(decision.facts, texts)
        if facts is None:
            tally.erased += 1
        else:
            tally.count(decision.person_id, facts, *rule(decision, facts))
    return tally.shadow()


def asked(manifest: Manifest) -> frozenset[str]:
    """Give the facts that the rules of a manifest ask for."""
    words: set[Any] = {one.word for rule in manifest.content.rules for one in words_in(rule.when)}
    return frozenset(fact for word in words for fact in _FACTS.get(word, (word,)))
