"""A tenant's rows, how they are looked up, and how a change of them is announced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime

from so_sandbox.world.errors import NotFound
from so_sandbox.world.events import Event
from so_sandbox.world.rows import Associate, Consent, Email, Person
from so_sandbox.world.surroundings import Surroundings
from so_sandbox.world.tables import Tables

RUNNING = frozenset({"Running", "OnlineMaintenance"})


class TenantState:
    """One customer's installation: what it holds and what it tells its listeners."""

    def __init__(self, context_identifier: str, surroundings: Surroundings, *, number: int = 1) -> None:
        self.context_identifier = context_identifier
        self.number = number
        """Counts the world's tenants; list ids are shifted by it."""
        self.surroundings = surroundings
        self.tables = Tables()
        self.listeners: list[Callable[[TenantState, Event], None]] = []

    @property
    def is_running(self) -> bool:
        return self.tables.state in RUNNING

    @property
    def serial(self) -> str:
        """The serial number of the tenant's database."""
        return str(1_000_000_000 + 7_919 * self.number)

    def now(self) -> datetime:
        return self.surroundings.clock.now()

    def change(self) -> AbstractContextManager[None]:
        """Make several changes one; events are told after it."""
        return self.surroundings.change()

    def announce(
        self,
        name: str,
        primary_key: int,
        *,
        entity: str = "person",
        changes: Iterable[str] = (),
        field_values: Mapping[str, object] | None = None,
        values: Mapping[str, object] | None = None,
        by: int = 0,
    ) -> None:
        """Tell every listener of this event when the change is over."""
        self.announce_event(
            Event(
                name=name,
                primary_key=primary_key,
                entity=entity,
                timestamp=self.now(),
                changes=tuple(changes),
                field_values=dict(field_values or {}),
                values=dict(values or {}),
                changed_by_associate_id=by,
            )
        )

    def announce_event(self, event: Event) -> None:
        """Tell every listener of this event when the change is over."""

        def tell() -> None:
            for listener in tuple(self.listeners):
                listener(self, event)

        self.surroundings.announce(tell)

    def person(self, person_id: int) -> Person:
        """Return a person that is there and not soft-deleted."""
        row = self.tables.persons.get(person_id)
        if row is None or row.deleted_date is not None:
            raise NotFound(f"there is no person {person_id}")
        return row

    def persons(self, *, deleted: bool = False) -> list[Person]:
        return [p for p in self.tables.persons.values() if deleted or p.deleted_date is None]

    def emails(self, person_id: int) -> list[Email]:
        return self.tables.emails.get(person_id, [])

    def consents(self, person_id: int) -> list[Consent]:
        return sorted(self.tables.consents.get(person_id, {}).values(), key=lambda c: c.consentperson_id)

    def consent_keys(self, person_id: int) -> dict[str, tuple[str, str, str]]:
        """Return purpose key to (basis key, source key, comment) of a person."""
        lists = self.tables.lists
        return {
            lists.purposes[row.purpose_id].key: (
                lists.legal_bases[row.legal_base_id].key if row.legal_base_id else "",
                lists.sources[row.source_id].key if row.source_id else "",
                row.comment,
            )
            for row in self.consents(person_id)
            if row.purpose_id
        }

    def associate(self, role: str) -> Associate:
        """Return the first associate of a role: user, service, api, erp, app."""
        for row in self.tables.associates.values():
            if row.role == role and not row.deleted:
                return row
        raise NotFound(f"no associate has the role {role}")

    def item_id(self, list_name: str, key: str) -> int:
        """Return the id of an item of `Lists` by its key, its ISO code, or its name in any language."""
        items: Mapping[int, object] = getattr(self.tables.lists, list_name)
        for item_id, item in items.items():
            if any(getattr(item, name, None) == key for name in ("key", "iso", "name")):
                return item_id
            if f':"{key}"' in getattr(item, "name", ""):
                return item_id
        raise NotFound(f"list {list_name} has no {key!r}")

    def preference(self, section: str, key: str) -> str:
        return self.tables.preferences.get((section, key), "")
