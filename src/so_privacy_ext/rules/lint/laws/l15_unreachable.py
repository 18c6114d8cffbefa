"""L15: rules that never decide, or never for some of their purposes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.reached import reached
from so_privacy_ext.rules.lint.subject import RuleAt, Subject
from so_privacy_ext.rules.reach.reachability import NOT_COMPUTED, Covered


def look(subject: Subject) -> Iterator[Found]:
    """Compute for whom each rule is the first; what contradicts itself is another law's."""
    for one, reach in zip(subject.rules(), reached(subject.manifest).reaches, strict=True):
        if reach.contradictory:
            continue
        if NOT_COMPUTED in reach.purposes.values():
            what = f"whether {shown(one.rule.id)} is ever reached was not computed: it would take too long"
            yield Found(
                one.at("id"),
                what,
                "ask for fewer combinations of `any` within `all`, or make two rules of it",
                level=Level.NOTE,
            )
        if reach.unreachable:
            yield _unreachable(one, reach.covered)
        elif isinstance(one.rule.give, dict):  # a word for every purpose means those that are left
            yield from _partly(one, reach.covered)


def _unreachable(rule: RuleAt, covered: Mapping[str, Covered]) -> Found:
    by = list(dict.fromkeys(name for one in covered.values() for name in one.by))
    what = f"{shown(rule.rule.id)} never decides anything: {_have(by)} always decided before it"
    return Found(rule.at("id"), what, f"move it above {_them(by)}, or take it out")


def _partly(rule: RuleAt, covered: Mapping[str, Covered]) -> Iterator[Found]:
    for purpose, one in covered.items():
        what = f"{shown(rule.rule.id)} never decides {purpose}: {_have(one.by)} always decided it before"
        how = f"move the rule above {_them(one.by)}, or take {purpose} out of its `give`"
        yield Found(rule.at("give", purpose), what, how, level=Level.WARNING)


def _have(rules: Sequence[str]) -> str:
    *most, last = (shown(one) for one in rules)
    return f"{', '.join(most)} and {last} above have" if most else f"{last} above has"


def _them(rules: Sequence[str]) -> str:
    return "them" if len(rules) > 1 else shown(rules[0])


LAW = Law(
    code="L15",
    level=Level.ERROR,
    title="a rule that can't be reached, or not for all its purposes",
    fact=Fact(
        says="the first rule that applies decides, purpose by purpose",
        source="this product, docs/manifest.md",
        checked_on="2026-11-28",
        confidence="verified",
    ),
    example="""\
- id: web-tick          # the narrower one first
  when: {source: WEBFORM, evidence: {tick: EMARKETING, wording: present}}
  give: {STORE: {basis: 61F}, EMARKETING: keep}
  because: "An own active act with recorded wording."
- id: web-plain
  when: {source: WEBFORM}
  give: {STORE: {basis: 61F}}
  because: "The person wrote to us and expects an answer."
""",
    look=look,
)
