"""L21: what the manifest names and the tenant doesn't have."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.activation import MISSING_LANGUAGE, lacking
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.tree import Node


def look(subject: Subject) -> Iterator[Found]:
    """Look up every key, item and template in the tenant's lists."""
    if subject.tenant is not None:
        for one in lacking(subject.manifest, subject.tenant.lists):
            if one.code != MISSING_LANGUAGE:
                yield Found(Node(one.line, one.column, ""), one.what, one.how)


LAW = Law(
    code="L21",
    level=Level.ERROR,
    title="a key, item or template that the tenant doesn't have, has deleted or switched off, or has twice",
    fact=Fact(
        says="a consent names items of the tenant's lists; what isn't there can't be written",
        source="SuperOffice, privacy lists",
    ),
    example="purposes:\n  STORE: {allowed: [61F]}   # a purpose of the CRM's own that is active\n",
    look=look,
    needs="tenant",
)
