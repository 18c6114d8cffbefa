"""The books about a person of whom nothing was ever written: every question has the same answer.

A plan asks several questions of each person, and most of those for whom it is made were never dealt with. Who
was, is looked up for many at once; all others are planned on these books, without a question to the database.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from so_privacy_ext.model import AddressHash, Person, PersonId
from so_privacy_ext.processing.addresses import address_hash, primary
from so_privacy_ext.processing.work import Work


@dataclass(frozen=True, slots=True)
class Heard:
    """Those of some persons and addresses of whom anything is written."""

    persons: AbstractSet[PersonId]
    addresses: AbstractSet[AddressHash]


class HeardOf(Protocol):
    """Looks up of whom anything is written that bears on what becomes of her."""

    def __call__(self, persons: Sequence[PersonId], addresses: Sequence[AddressHash], /) -> Heard: ...


class _Unheard:
    """Answers what is asked before anything is done; whatever else is asked is no answer but an error."""

    def forbidden(self, *_: object) -> Collection[str]:
        return ()

    def waits(self, *_: object) -> bool:
        return False

    def writes_since(self, *_: object) -> int:
        return 0

    def first_written(self, *_: object) -> None:
        return None

    def is_over(self, *_: object) -> bool:
        return False

    def told(self, *_: object, **__: object) -> bool:
        return False

    def awaits_crm_mail(self, *_: object) -> bool:
        return False


_UNHEARD = cast("Any", _Unheard())


def works(work: Work, persons: Sequence[Person], heard_of: HeardOf) -> Sequence[Work]:
    """Give for each person the work to plan her by: on the tenant's books, or on empty ones."""
    hashes = [_address(work, one) for one in persons]
    heard = heard_of([one.person_id for one in persons], [one for one in hashes if one is not None])
    books = {"reviews": _UNHEARD, "decisions": _UNHEARD, "mails": _UNHEARD, "ends": _UNHEARD}
    unheard = replace(work, ledgers=replace(work.ledgers, **books))
    return [
        work if one.person_id in heard.persons or hashed in heard.addresses else unheard
        for one, hashed in zip(persons, hashes, strict=True)
    ]


def _address(work: Work, person: Person) -> AddressHash | None:
    address = primary(person.emails)
    return None if address is None else address_hash(address, work.tenant.address_key)
