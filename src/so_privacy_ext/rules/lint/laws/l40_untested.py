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
    left_out = {rule for rule, _ in tested.left_out}
    for one in subject.rules():
        every = [purpose for purpose, _, _ in one.outcomes(purposes)]
        unseen = [purpose for purpose in every if (one.rule.id, purpose) in tested.unseen]
        if unseen:
            what = f"no test sees {shown(one.rule.id)} decide"
            what += "" if len(unseen) == len(every) else f" {', '.join(unseen)}"
            offered = [text for purpose in unseen if (text := tested.unseen[one.rule.id, purpose])]
            if offered:
                how = f"paste below `tests:` what is right of {' '.join(offered)}"
            elif one.rule.id in left_out:
                others = f" and {len(left_out) - 1} other rules" if len(left_out) > 1 else ""
                how = f"`so-privacy manifest test FILE --missing` writes tests of this{others}"
            else:
                how = "write one, if anybody can meet this rule"
            yield Found(one.at("id"), what, how)


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
