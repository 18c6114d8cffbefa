"""Kinds of persons and what may befall them; all by seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.chaos.watched import WatchedTenant

COUNTRIES = ("DK", "NO", "SE", "DE")
_TICK = {"EMARKETING": ("61A", "WEBFORM")}


@dataclass(frozen=True, slots=True)
class Kind:
    """A way in which somebody enters the CRM."""

    name: str
    channel: str
    weight: int
    source: str | None = None
    form: str | None = None
    minor: bool = False
    staff: bool = False
    ticked: bool = False
    mergeable: bool = True


KINDS = (
    Kind("web", "WEBFORM", 6, form="contact"),
    Kind("tick", "WEBFORM", 3, form="newsletter", ticked=True, mergeable=False),
    Kind("event", "WEBFORM", 3, form="event-signup", mergeable=False),
    Kind("job", "WEBFORM", 2, source="JOBAPPLY", form="job", mergeable=False),
    Kind("minor", "WEBFORM", 2, form="contact", minor=True, mergeable=False),
    Kind("chat", "CHAT", 2, mergeable=False),
    Kind("mail", "EMAIL", 4),
    Kind("request", "REQUEST", 2),
    Kind("portal", "CUSTOMERPORTAL", 2),
    Kind("user", "USER", 2),
    Kind("card", "USER", 4, source="CARD"),
    Kind("fair", "USER", 3, source="FAIR"),
    Kind("phone", "USER", 2, source="PHONE"),
    Kind("referral", "USER", 2, source="REFERRAL"),
    Kind("import", "IMPORT", 4),
    Kind("vendor", "API", 3, source="VENDOR"),
    Kind("erp", "ERP", 3, source="ERP"),
    Kind("unknown", "USER", 1, source="UNKNOWN"),
    Kind("staff", "USER", 1, staff=True, mergeable=False),
)


@dataclass(slots=True)
class Life:
    """One person of the soak, before she is born and after."""

    number: int
    kind: Kind
    country: str
    address: str
    born: float
    """Seconds from the start; below 0 = in the CRM before we were installed."""
    person_id: int = 0
    store_edited: bool = False
    withdrew: bool = False
    """Never merged away: what becomes of her no is for a human to say, so no oracle can."""
    gone: bool = False
    titles: int = field(default=0)


def populate(rng: random.Random, count: int, births: float, *, known: float, shared: float) -> list[Life]:
    """Draw the persons of a tenant: some known before, some sharing an address, some without any."""
    lives = []
    for number in range(count):
        kind = rng.choices(KINDS, [one.weight for one in KINDS])[0]
        address = f"p{number}@example.com"
        if rng.random() < shared and number:
            address = f"p{rng.randrange(max(0, number - 3), number)}@example.com"
        if rng.random() < 0.08:
            address = ""
        born = -1.0 if rng.random() < known else rng.uniform(0.0, births)
        lives.append(Life(number, kind, rng.choice(COUNTRIES), address, born))
    return lives


def enter(tenant: WatchedTenant, life: Life, rng: random.Random) -> None:
    """Have a person enter the CRM."""
    kind = life.kind
    columns: dict[str, Any] = {"country_id": tenant.item_id("countries", life.country)}
    if kind.staff:
        columns["contact_id"] = next(c.contact_id for c in tenant.tables.companies.values() if c.owner)
    if kind.minor:
        columns |= {"year_of_birth": tenant.now().year - 12, "month_of_birth": 6, "day_of_birth": 15}
    person = tenant.create_person(
        channel=kind.channel,
        source=kind.source,
        emails=[_spelt(life.address, rng)] if life.address else [],
        consents=_TICK if kind.ticked else None,
        form=kind.form,
        age=timedelta(days=400) if life.born < 0 else timedelta(0),
        firstname=f"First{life.number}",
        lastname=f"Last{life.number}",
        **columns,
    )
    life.person_id = person.person_id


def _spelt(address: str, rng: random.Random) -> str:
    """Write an address as people do."""
    return rng.choice((address, address, address.capitalize(), address.upper()))


Fate = Callable[[WatchedTenant, Life, random.Random], None]


def new_title(tenant: WatchedTenant, life: Life, rng: random.Random) -> None:
    """Change what no rule looks at, so that an event tells of her."""
    del rng
    life.titles += 1
    tenant.change_person(life.person_id, title=f"Title {life.titles}")


def _store_by_human(tenant: WatchedTenant, life: Life, rng: random.Random) -> None:
    life.store_edited = True
    basis, source = rng.choice((("61B", "FAIR"), ("61F", "PHONE"), ("61A", "CARD"), ("61B", "USER")))
    user = tenant.associate("user").associate_id
    tenant.set_consent(life.person_id, "STORE", basis, source, "by hand", by=user)


def _store_by_import(tenant: WatchedTenant, life: Life, rng: random.Random) -> None:
    """Have a supplier write over the row once; more would be two apps that fight."""
    if life.store_edited:
        return new_title(tenant, life, rng)
    life.store_edited = True
    supplier = tenant.associate("api").associate_id
    tenant.set_consent(life.person_id, "STORE", "61B", "VENDOR", "", by=supplier)
    return None


def _withdraw_store(tenant: WatchedTenant, life: Life, rng: random.Random) -> None:
    del rng
    life.store_edited = life.withdrew = True
    tenant.withdraw(life.person_id, "STORE")


def _withdraw_other(tenant: WatchedTenant, life: Life, rng: random.Random) -> None:
    life.withdrew = True
    tenant.withdraw(
        life.person_id, rng.choice(("EMARKETING", "NEWSLETTER", "ACCOUNTING", "EVENTRUN", "RECRUIT"))
    )


def _tick(tenant: WatchedTenant, life: Life, rng: random.Random) -> None:
    source = rng.choice(("WEBFORM", "CUSTOMERPORTAL"))
    service = tenant.associate("service").associate_id
    tenant.set_consent(life.person_id, "EMARKETING", "61A", source, "", by=service)


def _marketing_by_human(tenant: WatchedTenant, life: Life, rng: random.Random) -> None:
    del rng
    user = tenant.associate("user").associate_id
    tenant.set_consent(life.person_id, "EMARKETING", "61A", "USER", "on the phone", by=user)


def _first_address(tenant: WatchedTenant, life: Life, rng: random.Random) -> None:
    if not tenant.emails(life.person_id):
        tenant.add_email(life.person_id, f"late{life.number}@example.com", primary=True)
    new_title(tenant, life, rng)


def _delete(tenant: WatchedTenant, life: Life, rng: random.Random) -> None:
    life.gone = True
    tenant.soft_delete(life.person_id)
    if rng.random() < 0.5:
        tenant.undelete(life.person_id)
        life.gone = False
        new_title(tenant, life, rng)


FATES: Mapping[Fate, int] = {
    new_title: 45,
    _store_by_human: 12,
    _store_by_import: 7,
    _withdraw_store: 5,
    _withdraw_other: 9,
    _tick: 6,
    _marketing_by_human: 4,
    _first_address: 6,
    _delete: 4,
}


def befall(tenant: WatchedTenant, life: Life, others: list[Life], rng: random.Random) -> None:
    """Let one thing happen to a person who is there."""
    if life.gone:
        return
    into = next((one for one in others if one is not life and one.person_id and not one.gone), None)
    mergeable = life.kind.mergeable and not life.withdrew and into is not None and into.kind.mergeable
    if mergeable and into is not None and rng.random() < 0.04:
        life.gone = True
        tenant.merge(life.person_id, into.person_id)
        new_title(tenant, into, rng)
        return
    fate = rng.choices(list(FATES), list(FATES.values()))[0]
    fate(tenant, life, rng)
