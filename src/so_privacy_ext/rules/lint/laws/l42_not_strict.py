"""L42: a CRM that mails marketing whatever the rules say."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Look at the tenant's strict mode where a rule decides about marketing."""
    if subject.tenant is None or subject.tenant.strict_mode is not False:
        return
    purposes = list(subject.manifest.content.purposes)
    for rule in subject.rules():
        for purpose, at, outcome in rule.outcomes(purposes):
            if subject.is_marketing(purpose) and isinstance(rule.rule.give, dict) and outcome != "none":
                what = "a rule decides about marketing, and the CRM mails it whatever stands there"
                yield Found(at, what, "switch the strict mode on in SuperOffice, under Privacy")
                return


LAW = Law(
    code="L42",
    level=Level.ERROR,
    title="rules decide about marketing, and the tenant's strict mode is off",
    fact=Fact(
        says="without strict mode mailings also go to persons of whom no consent is known",
        source="SuperOffice, preference of e-marketing in strict mode",
    ),
    example="give: {EMARKETING: deny}   # in a tenant whose strict mode is on\n",
    look=look,
    needs="tenant",
)
