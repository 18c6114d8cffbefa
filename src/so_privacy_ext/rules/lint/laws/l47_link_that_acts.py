"""L47: a link that acts when it is only followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject

_ACTS = re.compile(
    r"(?<![a-z])(unsubscribe|optout|opt[-_]out|optin|opt[-_]in|subscribe|confirm|accept|withdraw|revoke|delete"
    r"|afmeld|tilmeld|bekraeft|bekræft|avmeld|bekreft|godkend|abmelden|bestaetigen|bestätigen)(?![a-z])"
    r"|[?&](action|do|op|set|consent)=",
    re.IGNORECASE,
)


def look(subject: Subject) -> Iterator[Found]:
    """Look at the path and the query of every link."""
    for key, node, language, text in subject.texts():
        for link in text.links:
            parts = urlsplit(link)
            seen = unquote(parts.path) + ("?" + unquote(parts.query) if parts.query else "")
            if parts.scheme in {"http", "https"} and _ACTS.search(seen):
                what = (
                    f"a link of {shown(key)} in {language} seems to act as soon as it is followed:"
                    f" {shown(link)}"
                )
                how = "let it lead to a page that only shows, and act on a button there"
                yield Found(node, what, how)


LAW = Law(
    code="L47",
    level=Level.ERROR,
    title="a link in a mail acts when it is only followed",
    fact=Fact(
        says="scanners of mail follow every link, so what acts on a GET is answered by machines",
        source="RFC 9110 section 9.2.1: GET is safe; reports of many mailing tools",
    ),
    example="mails:\n  notice13: {template: privacy-notice-13, version: 1}   # links to https://example.com/privacy\n",
    look=look,
    needs="mails",
)
