"""L40: a rule, or a purpose that it gives, that no rule test sees decided."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Name each rule with what is not seen of it, and offer a test; say it once where there are no tests."""
    tested = subject.tested
    if tested is None:
        return
    if not tested.count:
        how = "`so-privacy manifest test FILE --missing` writes some that you can begin with"
        yield Found(subject.at("rules"), "no rule has a test", how)
        return
    purposes = list(subject.manifest.content.purposes)
    for one in subject.rules():
        every = [purpose for purpose, _, _ in one.outcomes(purposes)]
        unseen = [purpose for purpose in every if (one.rule.id, purpose) in tested.unseen]
        if unseen:
            what = f"no test sees {shown(one.rule.id)} decide"
            what += "" if len(unseen) == len(every) else f" {', '.join(unseen)}"
            offered = [text for purpose in unseen if (text := tested.unseen[one.rule.id, purpose])]
            paste = f"paste below `tests:` what is right of {' '.join(offered)}"
            yield Found(one.at("id"), what, paste if offered else "write one, if anybody can meet this rule")


LAW = Law(
    code="L40",
    level=Level.WARNING,
    title="no rule test sees a rule, or a purpose that it gives, decided",
    fact=Fact(
        says="a rule that nobody has seen decide may do something else than its author thinks",
        source="docs/rule-tests.md",
        checked_on="2026-11-28",
        confidence="verified",
    ),
    example="""\
- name: "A business card"
  person: {country: DK, source: CARD}
  expect: {give: {STORE: 61F/CARD}, rule: met-in-person, tell: notice13}
""",
    look=look,
)
