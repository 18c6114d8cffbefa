"""A tenant's CRM as an installation meets it: before there is a turn, so at a pace of its own."""

from __future__ import annotations

import time

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import AssociateId, TenantLists
from so_privacy_ext.superoffice import lists, subscriptions
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.connection import TenantConnection
from so_privacy_ext.webhooks.subscriptions import WANTED

_BETWEEN = 0.105
"""Seconds between two calls; no worker calls a tenant that is only just arriving."""


class TenantDoor:
    """Implements `lifecycle.install.Door`."""

    def __init__(self, connection: TenantConnection) -> None:
        self._connection = connection
        self._client = SoapClient(connection, lambda: time.sleep(_BETWEEN))

    def enter(self) -> None:
        self._connection.endpoint()
        spelt = self._connection.status.get().context_identifier
        if spelt != self._connection.context_identifier:
            # Deliveries name the tenant so, and are compared letter by letter.
            raise Refused("tenant_name", "the tenant is spelt otherwise", f"write {spelt}", Exit.USAGE)
        self._connection.tickets.get()

    def lists(self) -> TenantLists:
        return lists.read_lists(self._client)

    def stale_webhooks(self, address: str) -> list[int]:
        found = subscriptions.list_own(self._client)
        return [
            one.webhook_id
            for one in found
            if one.name == subscriptions.NAME and one.target_url.startswith(address)
        ]

    def subscribe(self, target_url: str, secret: str) -> tuple[int, AssociateId | None]:
        saved = subscriptions.save(self._client, target_url=target_url, secret=secret, events=WANTED)
        return saved.webhook_id, saved.associate_id

    def unsubscribe(self, webhook_id: int) -> None:
        subscriptions.delete(self._client, webhook_id)
