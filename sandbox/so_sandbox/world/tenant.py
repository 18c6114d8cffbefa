"""One tenant whole: persons that go, come back or become one, apps let in, webhooks registered."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from so_sandbox.world.applications import Authorization
from so_sandbox.world.errors import InvalidArgument, NotFound
from so_sandbox.world.mass_writing import MassWriting
from so_sandbox.world.people import SETTABLE
from so_sandbox.world.rows import Associate, Company, Move

LIST_EVENTS = {
    "purposes": "consentpurpose",
    "legal_bases": "legalbase",
    "sources": "consentsource",
    "templates": "doctmpl",
    "countries": "country",
    "categories": "category",
    "businesses": "business",
    "positions": "perspos",
}
_CHANGES = ("created", "changed", "softdeleted")
EVERY_EVENT = (
    *(f"person.{what}" for what in (*_CHANGES, "deleted", "consented", "unconsented")),
    *(f"list.{name}.{what}" for name in LIST_EVENTS.values() for what in _CHANGES),
    "document.created",
)
"""What happens here by itself, webhooks' own events aside; apps may raise others."""
LIST_COLUMNS = ("name", "tooltip", "rank", "deleted", "updated", "updated_associate_id")
ON_INSERT = ("registered", "registered_associate_id", "updatedCount")
SYSTEM = 13


class Tenant(MassWriting):
    """A customer's installation."""

    @property
    def company_name(self) -> str:
        """Give the name of the company that owns it."""
        return next((one.name for one in self.tables.companies.values() if one.owner), "")

    def soft_delete(self, person_id: int, *, by: int | None = None) -> None:
        with self.change():
            person = self.person(person_id)
            person.deleted_date = self.now()
            self.announce("person.softdeleted", person_id, by=by or self.associate("user").associate_id)

    def undelete(self, person_id: int, *, by: int | None = None) -> None:
        with self.change():
            person = self.tables.persons.get(person_id)
            if person is None:
                raise NotFound(f"there is no person {person_id}")
            person.deleted_date = None
            if self.surroundings.switches.merge_events == "told":
                self._touch(person, by or self.associate("user").associate_id, ["deleted_date"])

    def hard_delete(self, person_id: int, *, by: int = 0, tell: bool = True) -> None:
        """Remove a person and all that hangs on her; soft-deleted or not."""
        with self.change():
            person = self.tables.persons.pop(person_id, None)
            if person is None:
                raise NotFound(f"there is no person {person_id}")
            self.tables.emails.pop(person_id, None)
            self.tables.consents.pop(person_id, None)
            self.tables.activities.pop(person_id, None)
            if tell:
                gone = {name: getattr(person, name) for name in ("associate_id", "contact_id", "person_id")}
                self.announce("person.deleted", person_id, values=gone, by=by)

    def merge(
        self,
        source_id: int,
        destination_id: int,
        *,
        delete_source: bool = True,
        fill_empty: bool = True,
        by: int | None = None,
    ) -> None:
        """Move a person's addresses, activities and missing consents to another; what stands there, stays."""
        with self.change():
            source, destination = self.person(source_id), self.person(destination_id)
            if source is destination:
                raise InvalidArgument("a person can't be merged with herself")
            addresses = [row.email_address for row in (*self.emails(destination_id), *self.emails(source_id))]
            self._write_emails(destination_id, list(dict.fromkeys(addresses)))
            kept = self.tables.consents.setdefault(destination_id, {})
            for purpose_id, row in self.tables.consents.pop(source_id, {}).items():
                if purpose_id not in kept:
                    row.person_id = destination_id
                    kept[purpose_id] = row
            moved = self.tables.activities.pop(source_id, [])
            self.tables.activities.setdefault(destination_id, []).extend(moved)
            filled = [
                c for c in SETTABLE if fill_empty and not getattr(destination, c) and getattr(source, c)
            ]
            for column in filled:
                setattr(destination, column, getattr(source, column))
            log_id = self.tables.next_id("mergemovelog")
            self.tables.moves[source_id] = Move(log_id, source_id, destination_id)
            actor = by or self.associate("user").associate_id
            told = self.surroundings.switches.merge_events == "told"
            if told:
                self._touch(destination, actor, filled)
            if delete_source:
                self.hard_delete(source_id, by=actor, tell=told)

    def add_associate(
        self, name: str, *, kind: int, role: str, full_name: str = "", person_id: int = 0
    ) -> Associate:
        with self.change():
            row = Associate(
                self.tables.next_id("associate"), name, kind, person_id, full_name or name, role=role
            )
            self.tables.associates[row.associate_id] = row
            return row

    def add_company(
        self,
        name: str,
        *,
        country: str = "",
        category: str = "",
        business: str = "",
        owner: bool = False,
    ) -> Company:
        """Add a company; country by ISO code, category and business by the name their list has."""
        with self.change():
            row = Company(
                contact_id=self.tables.next_id("contact"),
                name=name,
                country_id=self.item_id("countries", country) if country else 0,
                associate_id=self.associate("user").associate_id,
                category_idx=self.item_id("categories", category) if category else 0,
                business_idx=self.item_id("businesses", business) if business else 0,
                owner=owner,
            )
            self.tables.companies[row.contact_id] = row
            return row

    def authorize(self, client_id: str, app_name: str) -> Authorization:
        """Let an app in: it gets a system user token of its own and an associate to act as.

        The token stays the same for as long as the app is let in; after a revocation it is another.
        """
        with self.change():
            known = self.tables.authorizations.get(client_id)
            if known is not None:
                if known.state == "Revoked":
                    known.system_user_token = _new_token(app_name)
                known.state = "Active"
                return known
            associate = self.add_associate(f"{app_name}-system", kind=SYSTEM, role="app", full_name=app_name)
            leave = Authorization(client_id, _new_token(app_name), associate.associate_id)
            self.tables.authorizations[client_id] = leave
            return leave

    def list_changed(self, list_name: str, item_id: int, *, what: str = "changed", by: int = 0) -> None:
        """Tell that an item of a list was created, changed or softdeleted; the list may be none of ours."""
        with self.change():
            entity = f"list.{LIST_EVENTS.get(list_name, list_name)}"
            by = by or self.associate("user").associate_id
            changes = (*LIST_COLUMNS, *(ON_INSERT if what == "created" else ()))
            self.announce(f"{entity}.{what}", item_id, entity=entity, changes=changes, by=by)

    def signal(self, name: str, primary_key: int, values: Mapping[str, object], *, by: int) -> None:
        """Raise an event of somebody's own."""
        with self.change():
            self.announce(name, primary_key, entity=name.partition(".")[0], field_values=values, by=by)


def _new_token(app_name: str) -> str:
    return f"{app_name}-{secrets.token_urlsafe(8)}.{secrets.token_urlsafe(8)}"
