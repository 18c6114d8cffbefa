"""Finds persons whom nobody has dealt with for as long as `retention` says; proposes, and deletes nobody."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from so_privacy_ext.model import AssociateId, Authority, Person, PersonId, TenantLists
from so_privacy_ext.proof.authority import authority
from so_privacy_ext.rules.periods import back
from so_privacy_ext.rules.retention import ActiveRetention
from so_privacy_ext.sdk import Facts

Active = Callable[[Sequence[PersonId], datetime], Collection[PersonId]]
"""Tells who of these persons has an activity since then."""
_NOBODYS = frozenset({Authority.RULE, Authority.CRM_DEFAULT})
"""Who writes rows without anybody dealing with the person."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one entry proposes, and for whom."""

    name: str
    inactive: str
    then: Literal["propose_delete", "review"]
    before: datetime
    """Nobody has dealt with these persons since."""
    persons: Sequence[int]
    """Ids, ascending."""


@dataclass(frozen=True, slots=True)
class Retention:
    """What a manifest proposes for all persons of a tenant."""

    tenant: str
    made_at: datetime
    manifest_name: str
    manifest: str
    """Its digest."""
    persons: int
    """How many were looked at."""
    proposals: tuple[Proposal, ...]
    """One for each entry, also where it means nobody."""

    @property
    def proposes_anything(self) -> bool:
        """Tell whether anybody is due."""
        return any(one.persons for one in self.proposals)


class Retainer:
    """Looks at one page of persons after the other; keeps their ids, nothing else."""

    def __init__(self, entries: Sequence[ActiveRetention], now: datetime) -> None:
        self._entries = entries
        self._before = [back(now, one.inactive) for one in entries]
        self._found = [array("q") for _ in entries]
        self.persons = 0

    def look(
        self,
        persons: Sequence[Person],
        facts: Sequence[Facts],
        lists: TenantLists,
        own: AssociateId | None,
        active: Active,
    ) -> None:
        """Look at a page with the facts about each; one whose `active` fails may be looked at again."""
        due = self._due(persons, facts, lists, own)
        for before, ids in zip(self._before, due, strict=True):
            if ids:
                busy = active(ids, before)
                ids[:] = [one for one in ids if one not in busy]
        for found, ids in zip(self._found, due, strict=True):
            found.extend(ids)
        self.persons += len(persons)

    def proposals(self) -> tuple[Proposal, ...]:
        """Say what was found."""
        return tuple(
            Proposal(entry.name, entry.inactive, entry.then, before, sorted(found))
            for entry, before, found in zip(self._entries, self._before, self._found, strict=True)
        )

    def _due(
        self,
        persons: Sequence[Person],
        facts_of_all: Sequence[Facts],
        lists: TenantLists,
        own: AssociateId | None,
    ) -> list[list[PersonId]]:
        """Give for each entry of whom it speaks and whose own rows are old enough; nobody with a login."""
        due: list[list[PersonId]] = [[] for _ in self._entries]
        for person, facts in zip(persons, facts_of_all, strict=True):
            last = last_touched(person, lists, own)
            for entry, before, ids in zip(self._entries, self._before, due, strict=True):
                if last < before and not facts.is_associate and entry.matches(facts):
                    ids.append(person.person_id)
        return due


def last_touched(person: Person, lists: TenantLists, own: AssociateId | None) -> datetime:
    """Give when somebody last saved her or one of her consents; what a rule of ours wrote doesn't count."""
    said = (
        row.updated or row.registered
        for row in person.consents.values()
        if authority(row, person, lists, own) not in _NOBODYS
    )
    return max(person.registered, person.updated or person.registered, *said)
