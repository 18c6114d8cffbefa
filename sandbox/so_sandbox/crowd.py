"""Makes many persons that nobody has to describe, the same ones each time."""

from __future__ import annotations

from so_sandbox.world.tenant import Tenant

_FIRST = ("Anna", "Bo", "Clara", "Dag", "Eva", "Finn", "Greta", "Hans", "Ida", "Jens", "Kaia", "Leif")
_LAST = ("Berg", "Dahl", "Eng", "Foss", "Holm", "Lund", "Moe", "Nygaard", "Ravn", "Strand", "Vik")
_COUNTRIES = ("DK", "NO", "SE", "DE")
_WAYS = (
    ("WEBFORM", None),
    ("EMAIL", None),
    ("USER", "CARD"),
    ("USER", "FAIR"),
    ("IMPORT", None),
    ("USER", None),
)


def add_crowd(tenant: Tenant, count: int) -> list[int]:
    """Add persons in turn from every country and by every way in; one in eight has no e-mail address."""
    ids = []
    forms = [form.key for form in tenant.tables.lists.forms.values()]
    for number in range(count):
        channel, source = _WAYS[number % len(_WAYS)]
        first, last = _FIRST[number % len(_FIRST)], _LAST[number % len(_LAST)]
        address = f"{first}.{last}.{len(tenant.tables.persons) + 1}@example.com".lower()
        person = tenant.create_person(
            channel=channel,
            source=source,
            emails=[] if number % 8 == 7 else [address],
            form=forms[0] if forms and channel == "WEBFORM" else None,
            firstname=first,
            lastname=last,
            country_id=tenant.item_id("countries", _COUNTRIES[number % len(_COUNTRIES)]),
        )
        ids.append(person.person_id)
    return ids
