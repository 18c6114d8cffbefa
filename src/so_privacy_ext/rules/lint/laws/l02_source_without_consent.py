"""L02: consent from a source by which nobody can have consented."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.model import EXPLICIT_CONSENT
from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.conditions import sources
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import CARRIED_BY_NONE, Subject


def look(subject: Subject) -> Iterator[Found]:
    """Look at each 61A that a rule gives, and at what is said of the sources themselves."""
    for one in subject.given():
        if one.shape.basis != EXPLICIT_CONSENT:
            continue
        written = frozenset({one.shape.source}) if one.shape.source else frozenset()
        may_be = sources(one.rule.rule.when)
        if may_be is None:
            what = "a rule gives `61A` to persons of whatever source"
            yield Found(one.at, what, "name in `when` the sources by which a person can consent")
            continue
        unfit = sorted(source for source in may_be | written if not subject.carries_consent(source))
        if unfit:
            what = (
                f"a rule gives `61A` to persons of {', '.join(map(shown, unfit))}, which can't carry a"
                " consent"
            )
            yield Found(one.at, what, "take these sources out of the rule's `when`, or give another basis")
    for key, source in subject.manifest.content.sources.items():
        if source.carries_consent is not False and (source.type == "system" or key in CARRIED_BY_NONE):
            what = f"{shown(key)} is said to carry a consent, but no person does anything there"
            node = subject.at("sources", key, "carries_consent")
            yield Found(node, what, "write `carries_consent: false`")


LAW = Law(
    code="L02",
    level=Level.ERROR,
    title="consent is given from a source that can't carry one, such as an import",
    fact=Fact(
        says="consent is an act of the person herself; a list that was imported, bought or synced is none",
        source="GDPR article 4(11) and 7(1)",
    ),
    example="""\
sources:
  IMPORT: {type: system, article: 14, carries_consent: false}
rules:
  - id: imported
    when: {source: IMPORT}
    give: {STORE: {basis: 61F}, EMARKETING: deny}
    because: "An imported list never carries our consent."
""",
    look=look,
)
