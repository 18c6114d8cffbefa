"""L26: a notice that leaves out what a person must be told."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.law import table
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Look in each text for words by which each part is usually told; told otherwise, it is not seen."""
    told = {mail for _, mail in subject.tells()}
    parts = table("notice_words")["parts"]
    for key, node, language, text in subject.texts():
        seen = text.text.casefold()
        words = {part: by_language.get(language, []) for part, by_language in parts.items()}
        lacking = [part for part, some in words.items() if some and not any(one in seen for one in some)]
        if key in told and lacking:
            what = f"the mail {shown(key)} in {language} doesn't seem to tell: {', '.join(lacking)}"
            yield Found(node, what, "add it to the template, and raise `version`")


LAW = Law(
    code="L26",
    level=Level.ERROR,
    title="a notice leaves out who, why, on what basis, for how long, to whom, which rights, or where to"
    " complain",
    fact=Fact(
        says="controller, purposes, basis, recipients, period, rights, complaint and contact are to be told",
        source="GDPR article 13(1), 13(2), 14(1) and 14(2)",
    ),
    example="mails:\n  notice13: {template: privacy-notice-13, version: 1}   # with all eight parts in its"
    " text\n",
    look=look,
    needs="mails",
)
