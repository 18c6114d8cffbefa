"""L33: what proves a consent is kept for too long after its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from so_privacy_ext.model import EXPLICIT_CONSENT
from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.periods import add

_SOME_DAY = datetime(2027, 1, 1)  # noqa: DTZ001  # only differences of days matter


def look(subject: Subject) -> Iterator[Found]:
    """Look at the retention of each purpose that consent may carry, by each country's line."""
    for _, _, law in subject.laws():
        if law is None or "proof_period" not in law.lines:
            continue
        line = law.lines["proof_period"]
        for key, shape in subject.manifest.content.purposes.items():
            kept = shape.retention
            if (
                EXPLICIT_CONSENT in shape.allowed
                and kept
                and add(_SOME_DAY, kept) > add(_SOME_DAY, line.value)
            ):
                what = (
                    f"a consent to {shown(key)} is to be kept for {kept} after its end, in {law.country}"
                    f" {line.value} at the most"
                )
                how = f"write `retention: {line.value}` or less, or leave it out"
                yield Found(subject.at("purposes", key, "retention"), what, how, fact=line.fact)


LAW = Law(
    code="L33",
    level=Level.ERROR,
    title="proof of a consent is kept for too long after its end",
    fact=Fact(
        says="the duty to prove lasts as long as the processing; afterwards proof is kept for a limited time",
        source="GDPR article 5(1)(e) and 7(1), and the `proof_period` line of each country's pack",
    ),
    example="purposes:\n  EMARKETING: {allowed: [61A], expires: P24M, renew_before: P60D, retention: P2Y}\n",
    look=look,
)
