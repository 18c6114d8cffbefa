"""L24: sources on which the CRM mails by itself."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.conditions import sources
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Look for rules that tell persons of such a source."""
    if subject.tenant is None:
        return
    mailing = {one.key for one in subject.tenant.lists.sources if one.mail_template_id and not one.deleted}
    for rule, mail in subject.tells():
        both = sorted(mailing & (sources(rule.rule.when) or mailing))
        if both:
            which = ", ".join(map(shown, both))
            what = f"on {which} the CRM sends a mail of its own, so {shown(mail)} isn't sent to these persons"
            how = "take the template off the source in the CRM, or see that it says what your notice says"
            yield Found(rule.at("tell"), what, how)


LAW = Law(
    code="L24",
    level=Level.WARNING,
    title="the CRM mails by itself on a source for which a rule tells",
    fact=Fact(
        says="a source with a mail template makes the CRM mail when a person is registered with it; we"
        " then send"
        " none, and keep the duty open until its mail is found",
        source="SuperOffice, ConsentSource.mailTemplate_id",
    ),
    example="""\
- id: wrote-to-us
  when: {source: EMAIL}   # a source without a template of its own
  give: {STORE: {basis: 61F}}
  tell: notice13
  because: "The person wrote to us and expects an answer."
""",
    look=look,
    needs="tenant",
)
