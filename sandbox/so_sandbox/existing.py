"""Makes persons who were there before any app came: most as they should be, some not; the same each time.

Fifty make a round, and each round is alike. By the Nordic manifest, of a thousand, 200 need a consent
written: 160 are held by nothing but the CRM's own default row, 40 came from the ERP system and lack what
bookkeeping is based on. Twenty are children, of whom a human must decide. Twenty registered in the last week
and have been told nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from so_sandbox.world.tables import FIRST_IDS
from so_sandbox.world.tenant import Tenant

ROUND = 50
_FIRST = ("Agnes", "Birk", "Cille", "Dines", "Else", "Frode", "Gerda", "Holger", "Inga", "Jonas", "Kirsten")
_LAST = ("Aagaard", "Bang", "Clausen", "Dam", "Ebbesen", "Friis", "Gram", "Hede", "Iversen")
_COUNTRIES = ("DK", "NO", "SE", "DE")
_YEARS = timedelta(days=500)
_LAST_WEEK = timedelta(days=3)
_IN_ONE_GO = timedelta(days=900)


@dataclass(frozen=True, slots=True)
class Kind:
    """How some of each round came in, and what stands for them."""

    of_each_round: int
    channel: str = "USER"
    source: str | None = None
    basis: str | None = "61F"
    """Of STORE; None = the CRM's own default row and nothing else."""
    more: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    address: bool = True
    born: int = 1980
    age: timedelta | None = None
    """How long ago; None = some time ago, each person at another."""
    withdrawn: bool = False


KINDS = (
    Kind(8, source="CARD", basis=None),
    Kind(2, "ERP", source="ERP"),
    Kind(10, source="CARD"),
    Kind(5, source="FAIR"),
    Kind(6, "WEBFORM", source="WEBFORM"),
    Kind(4, "WEBFORM", source="WEBFORM", more={"EMARKETING": ("61A", "WEBFORM")}),
    Kind(6, "IMPORT", source="IMPORT", more={"EMARKETING": ("61A", "IMPORT")}, age=_IN_ONE_GO),
    Kind(4, source="PHONE", address=False),
    Kind(1, source="CARD", withdrawn=True),
    Kind(2, source="CARD", basis="61A"),
    Kind(1, source="CARD", born=2018),
    Kind(1, source="FAIR", age=_LAST_WEEK),
)
"""Together a round."""


def add_existing(tenant: Tenant, count: int) -> list[int]:
    """Add persons; in a tenant without any, their numbers end where those of its own newcomers begin."""
    with tenant.change():
        after = tenant.tables.last_ids["person"]
        if not tenant.tables.persons:
            tenant.tables.last_ids["person"] = max(0, FIRST_IDS["person"] - count)
        kinds = [kind for kind in KINDS for _ in range(kind.of_each_round)]
        ids = [_add(tenant, number, kinds[number % ROUND]) for number in range(count)]
        tenant.tables.last_ids["person"] = max(after, tenant.tables.last_ids["person"])
        return ids


def _add(tenant: Tenant, number: int, kind: Kind) -> int:
    first, last = _FIRST[number % len(_FIRST)], _LAST[number % len(_LAST)]
    source = kind.source or kind.channel
    consents = {} if kind.basis is None else {"STORE": (kind.basis, source), **kind.more}
    age = kind.age or _YEARS + timedelta(hours=7 * number)
    person = tenant.create_person(
        channel=kind.channel,
        source=source,
        emails=[f"{first}.{last}.{number}@example.com".lower()] if kind.address else [],
        consents=consents,
        age=age,
        firstname=first,
        lastname=last,
        country_id=tenant.item_id("countries", _COUNTRIES[number % len(_COUNTRIES)]),
        year_of_birth=kind.born,
        month_of_birth=1 + number % 12,
        day_of_birth=1 + number % 28,
    )
    if kind.withdrawn:
        tenant.withdraw(person.person_id, "STORE")
    for row in tenant.tables.emails.get(person.person_id, []):
        row.updated = person.registered
    for consent in tenant.tables.consents.get(person.person_id, {}).values():
        consent.updated = consent.updated and person.registered + timedelta(days=1)
    return person.person_id
