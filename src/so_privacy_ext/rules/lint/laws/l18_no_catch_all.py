"""L18: persons of whom no rule speaks."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.model import STORE
from so_privacy_ext.rules.conditions import ALWAYS
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Want a last rule that holds for everybody and says what becomes of STORE."""
    last = subject.rules()[-1]
    purposes = list(subject.manifest.content.purposes)
    outcomes = {purpose: outcome for purpose, _, outcome in last.outcomes(purposes)}
    if last.rule.when != ALWAYS or outcomes.get(STORE, "none") in ("none", "keep"):
        what = "no last rule catches whom all others let pass; of such a person nobody decides, unseen"
        yield Found(
            last.node, what, "end the rules with one whose `when` is `always` and that gives STORE a `review`"
        )


LAW = Law(
    code="L18",
    level=Level.ERROR,
    title="no rule catches whom all others let pass",
    fact=Fact(
        says="there must be a legal basis for everybody whose data is held, and it must be shown",
        source="GDPR article 5(2) and 6(1)",
        confidence="reported",
    ),
    example="""\
- id: catch-all
  when: always
  give: {STORE: review}
  because: "Unknown origin: a human decides."
""",
    look=look,
)
