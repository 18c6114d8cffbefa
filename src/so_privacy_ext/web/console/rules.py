"""The rules that decide, in their order: what each asks and gives, why, and how often it has decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.sentences import rule_sentence
from so_privacy_ext.rules.shape import GiveBasis, RuleShape
from so_privacy_ext.rules.wording import wording
from so_privacy_ext.storage import manifests, rule_uses
from so_privacy_ext.storage.rule_uses import RuleUse
from so_privacy_ext.web.console.trying import spoken
from so_privacy_ext.web.console.visit import HOME, Visit

RULES = f"{HOME}/rules"
_EVERY = ""
"""Stands for every purpose, where a rule gives one word for all."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a rule gives one purpose."""

    purpose: str
    """Its key; empty for all purposes."""
    name: str
    """What the manifest calls it in the page's language, else its key."""
    outcome: str
    """`give`, or the word of the rule."""
    basis: str | None = None
    source: str | None = None
    expires: str | None = None


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule as a row of the table."""

    number: int
    rule_id: str
    sentence: str
    """The whole rule with its reason, read aloud, in English or Danish."""
    when: str
    given: Sequence[Given]
    tell: str | None
    use: RuleUse | None
    """None for one that has never decided anything."""


def show(visit: Visit) -> Response:
    """Show the rules of the manifest that decides; without one, the way to it."""
    with visit.session() as session:
        visit.summary(session)
        active = manifests.active(session)
        uses = {} if active is None else rule_uses.of_rules(session, active[1])
        manifest = None if active is None else visit.manifest(session, active[0], active[1][:12])
    rows: Sequence[RuleShown] = ()
    off: Sequence[RuleShown] = ()
    if manifest is not None:
        rows = list(shown(manifest, visit.language, uses))
        off = list(shown(manifest, visit.language, uses, optional=True))
    return visit.page(
        "rules.html",
        digest=None if active is None else active[1],
        rules=rows,
        off=off,
        idle=[one for one in rows if one.use is None],
        any_use=bool(uses),
        spoken=spoken(visit.language),
    )


def shown(
    manifest: Manifest, language: str, uses: Mapping[str, RuleUse], *, optional: bool = False
) -> Iterator[RuleShown]:
    """Give the rules of a manifest as rows, or those that are switched off."""
    listed = manifest.content.optional if optional else manifest.content.rules
    nodes = manifest.root.get("optional" if optional else "rules")
    said = wording(spoken(language))
    for place, rule in enumerate(listed):
        when = None if nodes is None else nodes.get(place, "when")
        yield RuleShown(
            number=place + 1,
            rule_id=rule.id,
            sentence=rule_sentence(rule, said),
            when="" if when is None else written(when.plain()),
            given=list(_given(manifest, rule, language)),
            tell=rule.tell,
            use=uses.get(rule.id),
        )


def purpose_name(manifest: Manifest, purpose: str, language: str) -> str:
    """Give what a manifest calls a purpose in a language, else in English, else in any, else its key."""
    shape = manifest.content.purposes.get(purpose)
    name = None if shape is None else shape.name
    if not isinstance(name, dict):
        return name or purpose
    return name.get(language) or name.get("en") or next(iter(name.values()))


def written(value: Any) -> str:
    """Write a condition on one line, as one could in the manifest."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_within(one)}" for key, one in value.items())
    return _within(value)


def _within(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + written(value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_within(one) for one in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _given(manifest: Manifest, rule: RuleShape[Any], language: str) -> Iterator[Given]:
    if not isinstance(rule.give, dict):
        yield Given(_EVERY, _EVERY, rule.give)
        return
    for purpose, gives in rule.give.items():
        name = purpose_name(manifest, purpose, language)
        if isinstance(gives, GiveBasis):
            expires = gives.expires
            yield Given(purpose, name, "give", gives.basis, gives.source, expires)
        else:
            yield Given(purpose, name, gives)
