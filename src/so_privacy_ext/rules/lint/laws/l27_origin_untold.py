"""L27: a notice about data from somebody else that doesn't say from whom."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.law import table
from so_privacy_ext.rules.lint.conditions import sources
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject

_FROM_OTHERS = 14


def look(subject: Subject) -> Iterator[Found]:
    """Look at the texts of mails that rules tell to persons of sources under article 14."""
    declared = subject.manifest.content.sources
    told = {
        mail
        for rule, mail in subject.tells()
        if any(
            declared[one].article == _FROM_OTHERS
            for one in sources(rule.rule.when) or declared
            if one in declared
        )
    }
    words = table("notice_words")["origin"]
    for key, node, language, text in subject.texts():
        some = words.get(language, [])
        if key in told and some and not any(one in text.text.casefold() for one in some):
            what = (
                f"the mail {shown(key)} in {language} goes to persons whose data others gave, and doesn't"
                " say who"
            )
            yield Found(node, what, "name in the template where the data is from, and raise `version`")


LAW = Law(
    code="L27",
    level=Level.ERROR,
    title="a notice about data from others doesn't name its origin",
    fact=Fact(
        says="whoever didn't give the data herself is told from which source it is",
        source="GDPR article 14(2)(f)",
    ),
    example="mails:\n  notice14: {template: privacy-notice-14, version: 1}   # says whom the data is from\n",
    look=look,
    needs="mails",
)
