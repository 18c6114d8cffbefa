"""L22: sources of the CRM's own that are renamed or removed."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject

STANDARD = frozenset(
    {"USER", "EMAIL", "REQUEST", "CHAT", "WEBFORM", "CUSTOMERPORTAL", "IMPORT", "API", "UNKNOWN"}
)
"""Keys under which the CRM itself writes where a person came from."""


def look(subject: Subject) -> Iterator[Found]:
    """Look for each in the tenant, and at what the manifest takes for one."""
    for key in subject.manifest.content.sources:
        source = subject.manifest.content.sources[key]
        if key not in STANDARD and not source.new:
            what = f"{shown(key)} is no source of the CRM's own, and not said to be new"
            how = "write `new: true`, so that an installation creates it, or use the CRM's key"
            yield Found(subject.at("sources", key), what, how)
        elif key in STANDARD and source.new:
            what = f"{shown(key)} is a source of the CRM's own, and said to be new"
            yield Found(subject.at("sources", key, "new"), what, "take `new` out")
    if subject.tenant is None:
        return
    standing = {one.key for one in subject.tenant.lists.sources if not one.deleted}
    for key in sorted(STANDARD - standing):
        what = f"the tenant's source {shown(key)} is renamed or removed, and the CRM goes on writing it"
        how = f"restore it in the CRM, with the key {shown(key)}"
        declared = key in subject.manifest.content.sources
        yield Found(subject.at("sources", key) if declared else subject.part("sources"), what, how)


LAW = Law(
    code="L22",
    level=Level.ERROR,
    title="a source of the CRM's own is renamed, removed, or mixed up with a new one",
    fact=Fact(
        says="the CRM writes where a person came from by the keys of its own sources",
        source="SuperOffice, table ConsentSource",
    ),
    example="sources:\n  WEBFORM: {type: digital, article: 13}\n  CARD: {new: true, type: manual, article:"
    " 13}\n",
    look=look,
)
