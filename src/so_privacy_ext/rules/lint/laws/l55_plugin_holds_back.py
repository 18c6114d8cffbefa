"""L55: rules that hold back by what a plugin says, above others that give."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.conditions import words_with_sign
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import RuleAt, Subject
from so_privacy_ext.rules.shape import GiveBasis


def look(subject: Subject) -> Iterator[Found]:
    """Want a plugin's word that holds a purpose back to stand in each rule below that gives to it."""
    rules, purposes = subject.rules(), list(subject.manifest.content.purposes)
    for upper in rules:
        asked = _asked(upper)
        held = {key for key, _, outcome in upper.outcomes(purposes) if not isinstance(outcome, GiveBasis)}
        for lower in rules[upper.position + 1 :] if asked else ():
            given = [
                key
                for key, _, outcome in lower.outcomes(purposes)
                if isinstance(outcome, GiveBasis) and key in held
            ]
            left = sorted(asked - _asked(lower))
            if given and left:
                what = (
                    f"{shown(upper.rule.id)} holds back {', '.join(given)} by {shown(left[0])}; where the"
                    f" plugin answers that it doesn't know, {shown(lower.rule.id)} below gives it"
                )
                how = f"ask for it in {shown(lower.rule.id)} too: what is unknown makes no rule apply"
                yield Found(upper.at("id"), what, how)
                break


def _asked(rule: RuleAt) -> set[str]:
    return {word.word for word, _ in words_with_sign(rule.rule.when) if word.plugin}


LAW = Law(
    code="L55",
    level=Level.WARNING,
    title="a rule holds back by what a plugin says, and one below gives where the plugin doesn't know",
    fact=Fact(
        says="of whom a plugin says that it doesn't know, no rule applies that asks for it, and the next one"
        " that does decides; only while a plugin says nothing at all, its rule holds back all the same",
        source="this product, docs/manifest.md",
        checked_on="2026-11-28",
        confidence="verified",
    ),
    example="""\
- id: not-registered
  when: {acme_vat.registered: false}
  give: {STORE: review}
  because: "A company that is not registered for VAT may not exist."
- id: wrote-to-us
  when: {source: WEBFORM, acme_vat.registered: true}
  give: {STORE: {basis: 61F}}
  because: "The person wrote to us and expects an answer."
""",
    look=look,
)
