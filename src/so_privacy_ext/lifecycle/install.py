"""Installs a tenant: asked, signed in, kept, lists filled up, subscribed, watched; each step repeatable.

Whoever is killed in between is followed by another who ends in the same place: what is about to be created in
the CRM is kept first, and what stands there already is taken as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from so_privacy_ext.errors import CrmFailure
from so_privacy_ext.lifecycle import clearing
from so_privacy_ext.lifecycle.pieces import Installed, Piece
from so_privacy_ext.lifecycle.subscribing import ACTIVE, Kept, choose, is_right
from so_privacy_ext.model import AssociateId, ListItem, Purpose, Source, TenantLists
from so_privacy_ext.webhooks.subscriptions import EVENTS, NAMES, WATCH, wanted_events, wanted_watch


class Door(clearing.Door, Protocol):
    """The tenant's CRM, seen by who comes in."""

    def enter(self) -> None:
        """See that the tenant runs and lets our system user in."""

    def lists(self) -> TenantLists:
        """Read all lists once, as a test of every read we will need."""

    def create_item(self, item: ListItem, known_id: int | None) -> int:
        """Create a list item, or bring back the deleted one of that id; gives its id."""

    def subscribe(
        self, kind: str, *, target_url: str, secret: str, events: Sequence[str], webhook_id: int
    ) -> tuple[int, AssociateId | None]:
        """Save a webhook, a new one if its id is 0; the CRM posts a test delivery meanwhile.

        Gives its id and who we are.
        """


class Register(clearing.Shelf, Protocol):
    """Where tenants are kept."""

    def hold(self) -> AbstractContextManager[None]:
        """Keep the tenant with its token, and nobody else does anything for it meanwhile."""

    @property
    def whole(self) -> bool:
        """Tell whether an earlier installation came to its end."""

    def subscription(self, kind: str) -> Kept:
        """Give the slot and secret of a kind of subscription; a new one is kept first."""

    def subscribed(self, kind: str, webhook_id: int, own_associate_id: AssociateId | None) -> None:
        """Keep what the CRM said of our webhook."""

    def known_item(self, item: ListItem) -> int | None:
        """Give the id of an item that we created once."""

    def intends(self, item: ListItem) -> bool:
        """Tell whether we were about to create an item, and never learned what became of it."""

    def intend_item(self, item: ListItem) -> None:
        """Keep that we are about to create an item."""

    def journal(self, kind: str, content: Mapping[str, Any]) -> None:
        """Append to the tenant's journal what is no person's."""

    def take_back(self) -> None:
        """Keep nothing of the tenant but its evidence, and what the CRM may still hold of ours."""


def install(
    door: Door,
    register: Register,
    items: Callable[[], Iterable[ListItem]],
    address: str,
    tell: Callable[[str], None],
    *,
    further: Callable[[], Iterable[str]] = tuple,
) -> Installed:
    """Install a tenant, or complete it; a tenant that has all is left as it is.

    `items` gives, once the tenant is held, the list items that it needs; our webhooks point below `address`.
    `further` gives the events that plugins of the tenant are told of.
    If a first installation fails, what was made of it is taken back and the failure goes on.
    """
    tell("asking for the tenant's state and signing in as its system user")
    door.enter()
    with register.hold():
        whole = register.whole
        outcome = _Outcome()
        try:
            tell("reading the tenant's lists")
            _fill_lists(door, register, items(), outcome, tell)
            _subscribe(door, register, address, outcome, tell, wanted=wanted_events(further()))
            if outcome.created:
                told = [f"{one.kind} {one.key} {one.item_id}" for one in outcome.created]
                register.journal("installed", {"created": told})
        except BaseException:
            if not whole:
                with suppress(CrmFailure):  # the first failure is the one to tell; the rest goes next time
                    clearing.clear_webhooks(door, door.webhooks(), address=address)
                with suppress(CrmFailure):
                    clearing.retire_items(door, register, tell)
                register.take_back()
            raise
    return Installed(tuple(outcome.created), tuple(outcome.there))


@dataclass
class _Outcome:
    """What was done and found so far."""

    created: list[Piece] = field(default_factory=list)
    there: list[Piece] = field(default_factory=list)


def _fill_lists(
    door: Door, register: Register, items: Iterable[ListItem], outcome: _Outcome, tell: Callable[[str], None]
) -> None:
    """Create the list items that are missing; what the tenant has is not ours and stays."""
    lists = door.lists()
    rows: Mapping[str, Sequence[Source | Purpose]] = {"source": lists.sources, "purpose": lists.purposes}
    for item in items:
        found = [one for one in rows[item.kind] if one.key == item.key]
        standing = next((one for one in found if not one.deleted), None)
        if standing is not None:
            if register.intends(item):  # one was killed after the CRM had created it
                register.created_item(item.kind, item.key, standing.item_id)
            outcome.there.append(Piece(item.kind, item.key, standing.item_id))
            continue
        tell(f"creating the {item.kind} {item.key}")
        known_id = found[0].item_id if found else register.known_item(item)
        register.intend_item(item)
        item_id = door.create_item(item, known_id)
        register.created_item(item.kind, item.key, item_id)
        outcome.created.append(Piece(item.kind, item.key, item_id))


def _subscribe(
    door: Door,
    register: Register,
    address: str,
    outcome: _Outcome,
    tell: Callable[[str], None],
    *,
    wanted: Sequence[str],
) -> None:
    """Have one webhook for events and one that watches it; any other of ours below the address goes."""
    standing = door.webhooks()
    ids: dict[str, int] = {}
    for kind in (EVENTS, WATCH):
        kept = register.subscription(kind)
        target = f"{address}{kept.slot}"
        events = wanted if kind == EVENTS else wanted_watch(ids[EVENTS])
        ours = choose(standing, kept, target)
        if ours is not None and is_right(ours, target, events):
            if kept.webhook_id != ours.webhook_id:  # one was killed before it kept the id
                register.subscribed(kind, ours.webhook_id, ours.associate_id)
            ids[kind] = ours.webhook_id
            outcome.there.append(Piece("webhook", NAMES[kind], ours.webhook_id, str(ours.state)))
            continue
        tell(f"saving the webhook {NAMES[kind]}, which SuperOffice tests at once")
        ids[kind], own_associate_id = door.subscribe(
            kind,
            target_url=target,
            secret=kept.secret,
            events=events,
            webhook_id=0 if ours is None else ours.webhook_id,
        )
        register.subscribed(kind, ids[kind], own_associate_id)
        outcome.created.append(Piece("webhook", NAMES[kind], ids[kind], ACTIVE))
    surplus = [one for one in standing if one.webhook_id not in ids.values()]
    clearing.clear_webhooks(door, surplus, address=address)
