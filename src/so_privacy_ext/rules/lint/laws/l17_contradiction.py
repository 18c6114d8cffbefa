"""L17: conditions, or alternatives among them, that hold for nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.reached import place, reached
from so_privacy_ext.rules.lint.subject import RuleAt, Subject
from so_privacy_ext.rules.logic import Leaf
from so_privacy_ext.rules.reach.contradictions import clash, idle
from so_privacy_ext.rules.reach.effort import TooComplex
from so_privacy_ext.rules.reach.space import leaves_of


def look(subject: Subject) -> Iterator[Found]:
    """Name the words that exclude each other; a name that the tenant lacks is found at activation."""
    computed = reached(subject.manifest)
    for number, (one, reach) in enumerate(zip(subject.rules(), computed.reaches, strict=True)):
        when = computed.rules.rules[number].when
        computed.rules.effort.begin()
        try:
            if reach.contradictory:
                yield _nobody(one, clash(computed.rules, when))
            elif computed.rules.where[number] is not None:
                everybody = (computed.rules.space.everybody,)
                for part, _ in idle(computed.rules, when, everybody):
                    yield _idle(one, tuple(leaves_of(part)))
        except TooComplex:
            continue


def _nobody(rule: RuleAt, words: Sequence[Leaf]) -> Found:
    what, paths = f"{shown(rule.rule.id)} holds for nobody", _paths(words)
    if not paths:
        return Found(rule.at("when"), f"{what}: it asks for nothing that could hold", "say for whom it is")
    at = place(rule, paths[0])
    if len(paths) == 1:
        why = f"{shown(paths[0])} is true of no person, since no fact tells of it or no value fits"
        return Found(at, f"{what}: {why}", "ask for something that can be")
    return Found(at, f"{what}: {_named(paths)} exclude each other", "change one of them, or take it out")


def _idle(rule: RuleAt, words: Sequence[Leaf]) -> Found:
    paths = _paths(words)
    at = place(rule, paths[0]) if paths else rule.at("when")
    what = f"an alternative of {shown(rule.rule.id)} never holds beside its other conditions"
    named = f": {_named(paths)}" if paths else ""
    return Found(at, what + named, "change it, or take it out", Level.WARNING)


def _paths(words: Sequence[Leaf]) -> list[str]:
    return list(dict.fromkeys(one.path for one in words))


def _named(paths: Sequence[str]) -> str:
    return " and ".join(shown(path) for path in paths)


LAW = Law(
    code="L17",
    level=Level.ERROR,
    title="conditions that can never hold",
    fact=Fact(
        says="all conditions of a `when` must hold for the same person at the same time",
        source="this product, docs/manifest.md",
        checked_on="2026-11-28",
        confidence="verified",
    ),
    example="""\
- id: card-or-fair
  when: {source: [CARD, FAIR]}     # any of them; `all` of two sources is nobody
  give: {STORE: {basis: 61F}}
  because: "A business relation is under way."
""",
    look=look,
)
