"""L19: a last rule that gives or tells something to persons of whom nothing is known."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.model import EXPLICIT_CONSENT
from so_privacy_ext.rules.conditions import ALWAYS
from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Look at every rule that applies always."""
    for one in subject.given():
        if one.rule.rule.when == ALWAYS and one.shape.basis == EXPLICIT_CONSENT:
            what = f"a rule that holds for everybody gives `61A` for {shown(one.purpose)}"
            yield Found(one.at, what, "leave it to a human: `review`")
    for rule, mail in subject.tells():
        if rule.rule.when == ALWAYS:
            what = f"a rule that holds for everybody sends the mail {shown(mail)}"
            yield Found(rule.at("tell"), what, "take `tell` out: who was not thought of is not mailed")


LAW = Law(
    code="L19",
    level=Level.ERROR,
    title="the rule for everybody else gives consent or sends a mail",
    fact=Fact(
        says="of whom nothing is known, nobody can say that she consented, or which notice is hers",
        source="GDPR article 5(2) and 7(1)",
    ),
    example="""\
- id: catch-all
  when: always
  give: {STORE: review}
  because: "Unknown origin: a human decides."
""",
    look=look,
)
