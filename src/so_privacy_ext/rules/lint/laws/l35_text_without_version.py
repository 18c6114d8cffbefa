"""L35: a mail that says something new under its old version."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject, kept_as


def look(subject: Subject) -> Iterator[Found]:
    """Compare each text with what was kept of it when its version was first seen."""
    for key, node, language, text in subject.texts():
        mail = subject.manifest.content.mails[key]
        if subject.mails is None or mail.template is None:
            continue
        kept = subject.mails.kept.get(kept_as(mail.template, mail.version, language))
        if kept is not None and kept != text.digest:
            what = (
                f"the text of {shown(key)} in {language} has changed, and `version` is {mail.version} as"
                " before"
            )
            yield Found(node, what, f"write `version: {mail.version + 1}`, or bring the text back")


LAW = Law(
    code="L35",
    level=Level.ERROR,
    title="a mail's text has changed under its old version",
    fact=Fact(
        says="it must be shown what each person was told; a mail and its version stand for one text",
        source="GDPR article 5(2) and 7(1)",
    ),
    example="mails:\n  notice13: {template: privacy-notice-13, version: 2}   # raised with the new text\n",
    look=look,
    needs="mails",
)
