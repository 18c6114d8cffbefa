"""L56: mails by a channel that there is not."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.model import CRM_MAIL, SMTP
from so_privacy_ext.rules.findings import advice, shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Compare each mail's channel with those of the tenant, or with those that we ship."""
    known = subject.tenant.channels if subject.tenant is not None else None
    for key, mail in subject.manifest.content.mails.items():
        if mail.channel in (known if known is not None else (CRM_MAIL, SMTP)):
            continue
        at, what = subject.at("mails", key, "channel"), f"there is no channel {shown(mail.channel)}"
        how = advice(mail.channel, sorted(known or (CRM_MAIL, SMTP)))
        if mail.channel == SMTP:
            what, how = "no mail server is set for this tenant", "set one by `so-privacy channel set`"
        elif known is None:
            how += "; a plugin's is known where its tenant is named (`--tenant`) and has it on"
        yield Found(at, what, how)


LAW = Law(
    code="L56",
    level=Level.ERROR,
    title="a mail that nothing carries, since its channel is unknown or not set",
    fact=Fact(
        says="a mail goes by the CRM, by a mail server that the tenant has set, or by a plugin it has on",
        source="this product, docs/manifest.md",
        checked_on="2026-11-28",
        confidence="verified",
    ),
    example="""\
mails:
  notice13:
    channel: smtp
    version: 1
    texts:
      en: {subject: "Your data with us", body: "We keep your name and your address …"}
""",
    look=look,
)
