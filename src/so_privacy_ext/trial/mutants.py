"""Changes a manifest's rules, one thing at a time, as a slip of the hand or a wrong idea would."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from so_privacy_ext.model import WITHDRAWN
from so_privacy_ext.rules.conditions import ALWAYS, Words
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.manifest import Manifest, checked
from so_privacy_ext.rules.tree import planted
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS

Rules = list[dict[str, Any]]

_NOT_ASKED = " is not asked"
_OTHER_WORDS = {
    "deny": ("keep", "review"),
    "keep": ("deny", "review"),
    "review": ("keep", "none"),
    "none": ("review",),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A manifest of which one thing is otherwise."""

    kind: str
    """Such as `basis`, or `guard`: a condition of a rule that gives a basis, or a rule that gives none."""
    rule_id: str
    what: str
    """What was changed, in words."""
    plain: Mapping[str, Any] = field(repr=False)

    def manifest(self, original: Manifest, words: Words = PRODUCT_WORDS) -> Manifest | None:
        """Give the changed manifest, made of these words; None where its form refuses the change."""
        try:
            return _as_manifest(self.plain, original.filename, words)
        except ManifestInvalid:
            return None


def unchanged(manifest: Manifest, words: Words = PRODUCT_WORDS) -> Manifest:
    """Give the manifest as a mutant in which nothing is otherwise: without the places of things."""
    return _as_manifest(manifest.root.plain(), manifest.filename, words)


def _as_manifest(plain: Mapping[str, Any], filename: str, words: Words) -> Manifest:
    """Check plain values; the digest is that of their text, since one digest means one manifest."""
    digest = hashlib.sha256(json.dumps(plain, ensure_ascii=False).encode()).hexdigest()
    return checked(planted(plain), filename, digest, words=words)


def mutants(manifest: Manifest) -> Iterator[Mutant]:
    """Give every change of one thing, rule by rule."""
    plain = manifest.root.plain()
    rules: Rules = plain["rules"]
    for at, rule in enumerate(rules):
        made = [*_whens(rule), *_gives(rule, plain["legal_bases"]), *_tells(rule, plain.get("mails", {}))]
        for kind, what, changed in made:
            yield _mutant(plain, rule, kind, what, [*rules[:at], changed, *rules[at + 1 :]])
        if len(rules) > 1:
            kind = "rule" if _gives_basis(rule) else "guard"
            yield _mutant(plain, rule, kind, "is left out", [*rules[:at], *rules[at + 1 :]])
    for at, (rule, next_rule) in enumerate(pairwise(rules)):
        swapped = [*rules[:at], next_rule, rule, *rules[at + 2 :]]
        yield _mutant(plain, rule, "order", f"comes after {next_rule['id']}", swapped)
    yield from _purposes(plain)


Made = tuple[str, str, dict[str, Any]]


def _mutant(plain: Mapping[str, Any], rule: Mapping[str, Any], kind: str, what: str, rules: Rules) -> Mutant:
    return Mutant(kind, rule["id"], what, {**plain, "rules": rules})


def _whens(rule: dict[str, Any]) -> Iterator[Made]:
    when = rule["when"]
    if when == ALWAYS:
        return
    yield "when", "is turned into its opposite", {**rule, "when": {"not": when}}
    for what, changed in _conditions(when, "when"):
        yield _kind_of_condition(rule, what), what, {**rule, "when": changed}


def _kind_of_condition(rule: Mapping[str, Any], what: str) -> str:
    """Tell a guard, without which more get a basis, from a condition or a value of it that is otherwise."""
    if not what.endswith(_NOT_ASKED):
        return "value"
    return "guard" if _gives_basis(rule) else "condition"


def _gives_basis(rule: Mapping[str, Any]) -> bool:
    give = rule["give"]
    return isinstance(give, dict) and any(isinstance(one, dict) for one in give.values())


def _conditions(when: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Give each `when` with one thing less, or one thing otherwise."""
    if when == ALWAYS:
        return
    for word, argument in when.items():
        others = {name: one for name, one in when.items() if name != word}
        here = f"{path}.{word}"
        yield here + _NOT_ASKED, others or ALWAYS
        for what, changed in _arguments(word, argument, here):
            yield what, {**when, word: changed}


def _arguments(word: str, argument: Any, path: str) -> Iterator[tuple[str, Any]]:
    if word == "not":
        yield from _conditions(argument, path)
    elif word in {"all", "any"}:
        for at, one in enumerate(argument):
            yield from _without(argument, at, f"{path}[{at}]{_NOT_ASKED}")
            for what, changed in _conditions(one, f"{path}[{at}]"):
                yield what, [*argument[:at], changed, *argument[at + 1 :]]
    else:
        yield from _values(argument, path)


def _values(argument: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Give each argument of a word with one value less, or otherwise."""
    if isinstance(argument, list):
        for at, one in enumerate(argument):
            yield from _without(argument, at, f"{path} is not {one}")
    elif isinstance(argument, dict):
        for key, value in argument.items():
            others = {name: one for name, one in argument.items() if name != key}
            if others:
                yield f"{path}.{key}{_NOT_ASKED}", others
            for what, changed in _values(value, f"{path}.{key}"):
                yield what, {**argument, key: changed}
    elif isinstance(argument, bool):
        yield f"{path} is {str(not argument).lower()}", not argument
    elif isinstance(argument, int):
        yield f"{path} is {argument + 1}", argument + 1
        yield f"{path} is {argument - 1}", argument - 1


def _without(elements: list[Any], at: int, what: str) -> Iterator[tuple[str, Any]]:
    if len(elements) > 1:
        yield what, [*elements[:at], *elements[at + 1 :]]


def _gives(rule: dict[str, Any], bases: Sequence[str]) -> Iterator[Made]:
    give = rule["give"]
    if isinstance(give, str):
        other = "none" if give == "review" else "review"
        yield "outcome", f"gives {other} instead of {give}", {**rule, "give": other}
        return
    for purpose, outcome in give.items():
        others = {key: one for key, one in give.items() if key != purpose}
        if others:
            yield "outcome", f"gives {purpose} nothing", {**rule, "give": others}
        for kind, what, changed in _outcomes(purpose, outcome, bases):
            yield kind, what, {**rule, "give": {**give, purpose: changed}}


def _outcomes(purpose: str, outcome: Any, bases: Sequence[str]) -> Iterator[tuple[str, str, Any]]:
    if isinstance(outcome, str):
        for word in _OTHER_WORDS[outcome]:
            yield "outcome", f"gives {purpose} {word} instead of {outcome}", word
        return
    basis = outcome["basis"]
    for other in sorted({*bases} - {basis, WITHDRAWN}):
        yield "basis", f"gives {purpose} {other} instead of {basis}", {**outcome, "basis": other}
    yield "outcome", f"gives {purpose} keep instead of {basis}", "keep"
    if "source" in outcome:
        yield "source", f"gives {purpose} its own source", _less(outcome, "source")
    if "expires" in outcome:
        yield "expiry", f"gives {purpose} for as long as the purpose says", _less(outcome, "expires")
        longer = {**outcome, "expires": _longer(outcome["expires"])}
        yield "expiry", f"gives {purpose} for {longer['expires']}", longer


def _tells(rule: dict[str, Any], mails: Mapping[str, Any]) -> Iterator[Made]:
    if "tell" in rule:
        yield "tell", "tells nobody", _less(rule, "tell")
        for mail in mails:
            if mail != rule["tell"]:
                yield "tell", f"tells {mail} instead of {rule['tell']}", {**rule, "tell": mail}


def _purposes(plain: Mapping[str, Any]) -> Iterator[Mutant]:
    """Change how long purposes last that say it themselves."""
    for key, purpose in plain["purposes"].items():
        if "expires" in purpose:
            for what, changed in (
                (f"{key} has no end", _less(purpose, "expires")),
                (
                    f"{key} lasts {_longer(purpose['expires'])}",
                    {**purpose, "expires": _longer(purpose["expires"])},
                ),
            ):
                purposes = {**plain["purposes"], key: changed}
                yield Mutant("expiry", "purposes", what, {**plain, "purposes": purposes})


def _less(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: one for name, one in mapping.items() if name != key}


def _longer(period: str) -> str:
    """Give a period of one month more, or of a year more where it can't be said."""
    years, _, months = period.removeprefix("P").removesuffix("M").rpartition("Y")
    if period.endswith("Y"):
        return f"P{int(period[1:-1]) + 1}Y"
    return f"P{years + 'Y' if years else ''}{int(months) + 1}M"
