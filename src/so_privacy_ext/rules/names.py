"""Reads names of list items, which the CRM may write in several languages at once."""

from __future__ import annotations

import re
import unicodedata

_PART = re.compile(r'([A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?):"([^"]*)"')
_PARTS = re.compile(rf"\s*{_PART.pattern}\s*(?:;\s*{_PART.pattern}\s*)*;?\s*")


def spellings(name: str) -> frozenset[str]:
    """Give every text by which an item may be called: each part of `US:"Yes";NO:"Ja"`, else the name itself.

    What only resembles that form is a name like any other.
    """
    whole = normal(name)
    if not _PARTS.fullmatch(name):
        return frozenset({whole})
    return frozenset({whole, *(normal(part[1]) for part in _PART.findall(name))}) - {""}


def normal(text: str) -> str:
    """Give the form in which names are compared."""
    return unicodedata.normalize("NFC", text).strip()
