"""Decides: facts and a manifest in, a ruling out; the first rule that matches decides, purpose by purpose."""

from __future__ import annotations

from so_privacy_ext.model import STORE, WITHDRAWN, Decision, Ruling
from so_privacy_ext.rules.activation import DEFAULT_SOURCE, ActiveManifest, ActiveRule
from so_privacy_ext.rules.logic import could_be
from so_privacy_ext.rules.references import UNKNOWN_SOURCE
from so_privacy_ext.sdk import Facts


def decide(facts: Facts, manifest: ActiveManifest) -> Ruling:
    """Rule on every purpose that a rule reaches and that doesn't stand withdrawn.

    A rule that asks a plugin and gets no answer may hold: until that is known, it holds back what it would,
    so that no rule below gives it, and it gives and tells nothing.
    """
    withdrawn = withdrawn_purposes(facts)
    undecided = open_purposes(manifest, withdrawn)
    source = source_to_write(facts)
    decisions: list[Decision] = []
    highest = tell_rule = None
    for rule in manifest.rules:
        decided = rule.bits & undecided
        holds = decided and rule.matches(facts)
        if not holds:
            decided &= rule.held_bits
        if decided and (holds or could_be(rule.when, facts)):
            decisions += [one.for_source(source) for one in rule.ruled if one.bit & decided]
            highest = highest or rule
            tell_rule = tell_rule or (rule if holds and rule.tell else None)
            undecided &= ~decided
            if not undecided:
                break
    return _ruling(manifest, decisions, withdrawn, highest, tell_rule)


def _ruling(
    manifest: ActiveManifest,
    decisions: list[Decision],
    withdrawn: tuple[str, ...],
    highest: ActiveRule | None,
    tell_rule: ActiveRule | None,
) -> Ruling:
    return Ruling(
        digest=manifest.digest,
        decisions=tuple(decisions),
        withdrawn=withdrawn,
        tell=tell_rule.tell if tell_rule else None,
        tell_rule=tell_rule.rule_id if tell_rule else None,
        gives_none=highest is not None and highest.gives_none,
    )


def withdrawn_purposes(facts: Facts) -> tuple[str, ...]:
    """Give the purposes that stand withdrawn, by key."""
    return tuple(sorted(purpose for purpose, (basis, _) in facts.consents.items() if basis == WITHDRAWN))


def open_purposes(manifest: ActiveManifest, withdrawn: tuple[str, ...]) -> int:
    """Give the bits of the purposes that may be decided: none at all once STORE is withdrawn.

    What a person withdrew is withdrawn with all that is part of it; nothing is given that way.
    """
    if STORE in withdrawn:
        return 0
    bits = manifest.every_purpose
    for purpose in withdrawn:
        bits &= ~manifest.below.get(purpose, 0)
    return bits


def source_to_write(facts: Facts) -> str:
    """Give the source that is written where a rule names none."""
    return facts.source if facts.source not in {None, "", UNKNOWN_SOURCE} else DEFAULT_SOURCE
