"""A tenant's CRM as arriving and leaving meet it: its own connection, at the pace of the turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import AssociateId, ListItem, TenantLists
from so_privacy_ext.superoffice import list_items, lists, subscriptions
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.connection import TenantConnection
from so_privacy_ext.superoffice.subscriptions import Registered
from so_privacy_ext.webhooks.subscriptions import NAMES


class TenantDoor:
    """Implements `lifecycle.install.Door` and `lifecycle.uninstall.Door`."""

    def __init__(self, connection: TenantConnection, pace: Callable[[], None]) -> None:
        self._connection = connection
        self._client = SoapClient(connection, pace)
        self._ranks: dict[str, int] = {}
        """Of the last item of each list, so that ours come after the others."""

    def enter(self) -> None:
        self._connection.endpoint()
        spelt = self._connection.status.get().context_identifier
        if spelt != self._connection.context_identifier:
            # Deliveries name the tenant so, and are compared letter by letter.
            raise Refused("tenant_name", "the tenant is spelt otherwise", f"write {spelt}", Exit.USAGE)
        self._connection.tickets.get()

    def lists(self) -> TenantLists:
        return lists.read_lists(self._client)

    def create_item(self, item: ListItem, known_id: int | None) -> int:
        if item.kind not in self._ranks:
            self._ranks[item.kind] = list_items.last_rank(self._client, item.kind)
        self._ranks[item.kind] += 1
        return list_items.create(self._client, item, known_id, rank=self._ranks[item.kind])

    def find_items(self, kind: str) -> Mapping[str, int]:
        return list_items.find(self._client, kind)

    def retire_item(self, kind: str, key: str, item_id: int) -> bool:
        return list_items.retire(self._client, kind, key, item_id)

    def used(self, kind: str, items: Mapping[int, str]) -> Mapping[int, str]:
        return list_items.used(self._client, kind, items)

    def webhooks(self) -> Sequence[Registered]:
        return [one for one in subscriptions.list_own(self._client) if one.name in NAMES.values()]

    def subscribe(
        self, kind: str, *, target_url: str, secret: str, events: Sequence[str], webhook_id: int
    ) -> tuple[int, AssociateId | None]:
        saved = subscriptions.save(
            self._client,
            target_url=target_url,
            secret=secret,
            events=events,
            webhook_id=webhook_id,
            name=NAMES[kind],
        )
        return saved.webhook_id, saved.associate_id

    def unsubscribe(self, webhook_id: int) -> None:
        subscriptions.delete(self._client, webhook_id)
