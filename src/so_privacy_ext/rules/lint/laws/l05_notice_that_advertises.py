"""L05: a notice that advertises, or asks for permission to."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.law import table
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Look at what the manifest says of mails that rules tell, and for telltale phrases in their texts."""
    told = {mail for _, mail in subject.tells()}
    for key, mail in subject.manifest.content.mails.items():
        if mail.marketing and key in told:
            what = f"the mail {shown(key)} advertises, and rules send it to persons who have not agreed"
            node = subject.at("mails", key, "marketing")
            yield Found(node, what, "take the advertising out of the template and write `marketing: false`")
    phrases = table("notice_words")["marketing"]
    for key, node, language, text in subject.texts():
        seen = [one for one in phrases.get(language, []) if one in text.text.casefold()]
        if seen:
            what = (
                f"the mail {shown(key)} in {language} says {', '.join(map(shown, seen))}, which is"
                " advertising"
            )
            how = (
                "say who, why, on what basis and which rights; a link to the preferences may stay, an"
                " invitation not"
            )
            yield Found(node, what, how)


LAW = Law(
    code="L05",
    level=Level.ERROR,
    title="a notice advertises, or asks for permission to",
    fact=Fact(
        says="a mail that asks for permission to advertise is advertising itself, and forbidden without"
        " consent",
        source="Forbrugerombudsmanden on unsolicited electronic messages; markedsføringsloven § 10",
    ),
    example="mails:\n  notice13: {template: privacy-notice-13, version: 1, marketing: false}\n",
    look=look,
)
