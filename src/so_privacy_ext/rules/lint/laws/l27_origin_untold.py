"""L27: a notice about data from somebody else that doesn't say from whom."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.law import table
from so_privacy_ext.rules.lint.conditions import sources
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import RuleAt, Subject

_FROM_OTHERS = 14


def look(subject: Subject) -> Iterator[Found]:
    """Look at the texts of mails told under article 14, and for mails that rules tell under both articles."""
    articles: dict[str, set[int]] = {}
    for rule, mail in subject.tells():
        articles.setdefault(mail, set()).update(_articles(subject, rule))
    words = table("notice_words")["origin"]
    for key, node, language, text in subject.texts():
        some = words.get(language, [])
        untold = some and not any(one in text.text.casefold() for one in some)
        if _FROM_OTHERS in articles.get(key, ()) and untold:
            what = (
                f"the mail {shown(key)} in {language} doesn't say who gave the data of persons whom others"
                " entered"
            )
            yield Found(node, what, "name in the template where the data is from, and raise `version`")
    for rule, mail in subject.tells():
        if len(articles[mail]) > 1 and sources(rule.rule.when) and _FROM_OTHERS in _articles(subject, rule):
            what = f"the mail {shown(mail)} also goes to persons who gave their data themselves"
            how = "tell a mail of its own to persons whose data is from others, which names the origin"
            yield Found(rule.at("tell"), what, how, level=Level.WARNING)


def _articles(subject: Subject, rule: RuleAt) -> set[int]:
    """Give the articles under which the persons of a rule are told."""
    declared = subject.manifest.content.sources
    known = sources(rule.rule.when)
    return {declared[one].article for one in (declared if known is None else known) if one in declared}


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
)
