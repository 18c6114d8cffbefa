"""L36: one reason for several rules."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Compare reasons without regard to case, spaces and punctuation."""
    first: dict[str, str] = {}
    for one in subject.rules():
        reason = "".join(letter for letter in one.rule.because.casefold() if letter.isalnum())
        other = first.setdefault(reason, one.rule.id)
        if other != one.rule.id:
            what = f"the rule {shown(one.rule.id)} gives the same reason as {shown(other)}"
            yield Found(
                one.at("because"),
                what,
                "say what is particular about this one, for whoever asks in two years",
            )


LAW = Law(
    code="L36",
    level=Level.WARNING,
    title="two rules give the same reason",
    fact=Fact(
        says="each decision is kept with its reason, by which the controller shows why it was lawful",
        source="GDPR article 5(2)",
        confidence="reported",
    ),
    example="""\
- id: erp
  when: {source: ERP}
  give: {ACCOUNTING: {basis: 61C}}
  because: "Bogføringsloven: vouchers name the contact at the trading partner."
""",
    look=look,
)
