"""L29: conditions on what no event tells of."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import RuleAt, Subject
from so_privacy_ext.rules.references import words_in
from so_privacy_ext.rules.tree import Node
from so_privacy_ext.rules.words.happening import Changed
from so_privacy_ext.rules.words.person import EmailDomain, HasEmail

_NEVER = ("email", "phone", "udef", "user_defined", "userdefined")


def look(subject: Subject) -> Iterator[Found]:
    """Look for `changed` of columns of other tables, and for words on the address where nobody sweeps."""
    for rule in subject.rules():
        for word in words_in(rule.rule.when):
            if isinstance(word, Changed):
                never = [column for column in word.root if column.startswith(_NEVER)]
                if never:
                    what = f"no event ever names {', '.join(map(shown, never))}, so this is never true"
                    yield Found(
                        _place(rule, word.word), what, "leave `changed` out; a sweep finds such changes"
                    )
            elif isinstance(word, HasEmail | EmailDomain) and subject.tenant and not subject.is_swept():
                what = f"{shown(word.word)} may become true without an event, and the tenant isn't swept"
                yield Found(_place(rule, word.word), what, "see with `so-privacy doctor` why")


def _place(rule: RuleAt, word: str) -> Node:
    return rule.at("when", word)


LAW = Law(
    code="L29",
    level=Level.WARNING,
    title="a condition on a change of which no event tells",
    fact=Fact(
        says="changes of phone numbers, e-mail addresses and user-defined fields raise no event of the"
        " person",
        source="SuperOffice, webhooks",
    ),
    example="when: {changed: [country_id, contact_id]}\n",
    look=look,
)
