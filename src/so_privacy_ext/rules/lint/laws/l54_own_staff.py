"""L54: rules that reach the company's own people."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.lint.conditions import admits
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.words.person import Company, IsAssociate
from so_privacy_ext.sdk import Condition


def look(subject: Subject) -> Iterator[Found]:
    """Want, above the first rule that does something, one that gives `none` to both kinds of own people."""
    rules = subject.rules()
    first = next((rule for rule in rules if rule.rule.give != "none"), None)
    above = rules[: first.position] if first is not None else rules
    for kept_out, name in (
        (_is_associate, "who has a login"),
        (_is_owner, "who works for the owner company"),
    ):
        if first is not None and not any(admits(rule.rule.when, kept_out) for rule in above):
            what = f"no rule above this one keeps out {name}"
            how = (
                "begin the rules with `when: {any: [{is_associate: true}, {company: {is_owner: true}}]}`,"
                " `give: none`"
            )
            yield Found(first.node, what, how)


def _is_associate(word: Condition[object]) -> bool:
    return isinstance(word, IsAssociate) and word.root is True


def _is_owner(word: Condition[object]) -> bool:
    return isinstance(word, Company) and word.root.is_owner is True


LAW = Law(
    code="L54",
    level=Level.ERROR,
    title="no rule keeps out associates and the owner company",
    fact=Fact(
        says="a certified app doesn't touch associates; employees are told by their employer, not by a"
        " sales notice",
        source="SuperOffice, certification checklist",
    ),
    example="""\
- id: own-staff
  when: {any: [{is_associate: true}, {company: {is_owner: true}}]}
  give: none
  because: "Employees are covered by the HR notice."
""",
    look=look,
)
