"""Says which language a person reads, as far as the facts tell."""

from __future__ import annotations

from collections.abc import Collection

from so_privacy_ext.rules.law import language_of
from so_privacy_ext.sdk import Facts


def read_by(facts: Facts, fallback: str) -> str:
    """Give her own language, else her country's, else the fallback; `no` and `nb` are one."""
    if isinstance(facts.language, str):
        return one_norwegian(facts.language)
    by_country = language_of(facts.country) if isinstance(facts.country, str) else None
    return by_country or fallback


def of_mail(facts: Facts, offered: Collection[str], fallback: str) -> str:
    """Give the language of a mail that is written in some: hers if it is among them, else the fallback.

    SuperOffice has the last word: it may know a language of hers that the facts don't tell.
    """
    hers = read_by(facts, fallback)
    return hers if hers in {one_norwegian(one) for one in offered} else fallback


def one_norwegian(language: str) -> str:
    """Give the code under which a language is compared."""
    return "nb" if language == "no" else language
