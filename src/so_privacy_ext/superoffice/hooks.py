"""Our webhooks in a tenant, as the watchdog asks for them and saves them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from so_privacy_ext.superoffice import subscriptions
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.subscriptions import Registered
from so_privacy_ext.webhooks.subscriptions import NAMES


class _Kept(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def secret(self) -> str: ...


class TenantHooks:
    """Implements `lifecycle.watchdog.Hooks`."""

    def __init__(self, client: SoapClient) -> None:
        self._client = client

    def standing(self) -> Sequence[Registered]:
        """Give all of our app's."""
        return subscriptions.list_own(self._client)

    def save(self, kept: _Kept, target_url: str, events: Sequence[str], webhook_id: int) -> Registered:
        """Save one as Active, which tests it first; id 0 makes a new one."""
        return subscriptions.save(
            self._client,
            target_url=target_url,
            secret=kept.secret,
            events=events,
            webhook_id=webhook_id,
            name=NAMES[kept.kind],
        )
