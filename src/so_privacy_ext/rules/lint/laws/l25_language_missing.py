"""L25: a mail that some persons couldn't read."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.activation import MISSING_LANGUAGE, lacking
from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.tree import Node


def look(subject: Subject) -> Iterator[Found]:
    """Compare a mail's languages with those that are enabled, and its template's with both."""
    languages = subject.manifest.content.languages
    for key, mail in subject.manifest.content.mails.items():
        lacking_here = [one for one in languages.enabled if one not in (mail.languages or languages.enabled)]
        if lacking_here and languages.fallback not in (mail.languages or []):
            what = (
                f"the mail {shown(key)} has no {', '.join(lacking_here)} and no fallback {languages.fallback}"
            )
            how = f"add them in the CRM and to `languages`, or at least {languages.fallback}"
            yield Found(subject.at("mails", key, "languages"), what, how)
    if subject.tenant is not None:
        for one in lacking(subject.manifest, subject.tenant.lists):
            if one.code == MISSING_LANGUAGE:
                yield Found(Node(one.line, one.column, ""), one.what, one.how)


LAW = Law(
    code="L25",
    level=Level.ERROR,
    title="a mail lacks an enabled language, and the fallback too",
    fact=Fact(
        says="what a person is told must be intelligible to her",
        source="GDPR article 12(1)",
    ),
    example="""\
languages: {enabled: [da, sv, en], fallback: en}
mails:
  notice13: {template: privacy-notice-13, version: 1, languages: [da, en]}
""",
    look=look,
)
