"""Chooses the language of a mail as a Windows LCID."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from so_privacy_ext.model import Country, Template, TenantLists

_ENGLISH_US, _ENGLISH_GB = 1033, 2057
_LANGUAGE = 0x3FF
"""The bits of an LCID that name the language; the others name the country."""
_NORWEGIAN = {"nb", "nb-no", "nn", "nn-no"}


def choose_lcid(
    code: str, template: Template, lists: TenantLists, *, fallback: str, country: Country | None
) -> int:
    """Turn the CRM's answer into an LCID; where it has none: fallback, country, only language, English.

    `code` is a SuperOffice language code (`DA`) and not an ISO one: `CH` and `GE` are both German there.
    """
    known = lists.solanguages.get(code.strip().upper())
    if known:
        return known
    offered = {lcid for lcid in (_culture(iso, lists) for iso in template.languages) if lcid}
    wishes = [_culture(fallback, lists), _by_country(country)]
    if not offered:
        return next((lcid for lcid in wishes if lcid), _ENGLISH_US)
    if len(offered) == 1:
        wishes += offered
    return next((lcid for lcid in (_nearest(wish, offered) for wish in wishes) if lcid), _ENGLISH_US)


def _by_country(country: Country | None) -> int:
    lcid = country.default_lcid if country else 0
    return _ENGLISH_US if lcid == _ENGLISH_GB else lcid


def _nearest(wish: int, offered: AbstractSet[int]) -> int:
    """Give the wish itself, else an offer in the same language of another country, else 0."""
    if wish in offered:
        return wish
    return next((lcid for lcid in sorted(offered) if lcid & _LANGUAGE == wish & _LANGUAGE), 0)


def _culture(iso: str, lists: TenantLists) -> int:
    """Look an ISO culture up, exact first, then without its region; 0 if the tenant has none such."""
    exact = iso.lower()
    if exact in _NORWEGIAN and exact not in lists.cultures:
        exact = "no"
    language = exact.partition("-")[0]
    found = lists.cultures.get(exact) or lists.cultures.get(language)
    if found:
        return found
    return next((lcid for culture, lcid in lists.cultures.items() if culture.startswith(f"{language}-")), 0)
