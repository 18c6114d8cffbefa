"""Installs a tenant: asked, signed in, kept, subscribed, read; or nothing of it is left."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from so_privacy_ext.errors import CrmFailure
from so_privacy_ext.model import AssociateId, Slot, TenantLists


class Door(Protocol):
    """The tenant's CRM, seen by who comes in."""

    def enter(self) -> None:
        """See that the tenant runs and lets our system user in."""

    def stale_webhooks(self, address: str) -> list[int]:
        """Give our own webhooks that an earlier installation left, pointing below an address."""

    def subscribe(self, target_url: str, secret: str) -> tuple[int, AssociateId | None]:
        """Save our webhook; the CRM posts a test delivery meanwhile. Gives its id and who we are."""

    def unsubscribe(self, webhook_id: int) -> None:
        """Delete a webhook of ours."""

    def lists(self) -> TenantLists:
        """Read all lists once, as a test of every read we will need."""


class Register(Protocol):
    """Where tenants are kept."""

    def refuse_second(self) -> None:
        """Refuse a tenant that is installed; clear away what a killed installation has left."""

    def add(self) -> tuple[Slot, str]:
        """Keep the tenant with a new slot and webhook secret."""

    def subscribed(self, webhook_id: int, own_associate_id: AssociateId | None) -> None:
        """Keep what the CRM said of our webhook."""

    def remove(self) -> None:
        """Keep nothing of it."""


def install(door: Door, register: Register, public_url: str, tell: Callable[[str], None]) -> TenantLists:
    """Install a tenant and give its lists.

    The secret is kept before the webhook is saved, because saving it sends a test delivery that must be
    answered. Whatever fails, what was made is taken back and the failure goes on.
    """
    address = f"{public_url}/webhooks/"
    register.refuse_second()
    tell("asking for the tenant's state and signing in as its system user")
    door.enter()
    tell("reading the tenant's lists")
    lists = door.lists()
    slot, secret = register.add()
    target = f"{address}{slot}"
    asked = False
    try:
        _clear(door, address)
        tell("saving our webhook, which SuperOffice tests at once")
        asked = True
        webhook_id, own_associate_id = door.subscribe(target, secret)
        register.subscribed(webhook_id, own_associate_id)
    except BaseException:
        register.remove()
        if asked:
            with suppress(CrmFailure):  # the first failure is the one to tell; a stale webhook goes next time
                _clear(door, target)
        raise
    return lists


def _clear(door: Door, address: str) -> None:
    """Delete our webhooks below an address, also those that the CRM saved without telling us their id."""
    for webhook_id in door.stale_webhooks(address):
        door.unsubscribe(webhook_id)
