"""A tenant that is being installed: kept before the CRM is told, and taken back if that fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from so_privacy_ext.errors import Exit, Fault, Refused
from so_privacy_ext.model import AssociateId, ContextIdentifier, ListItem, TenantId
from so_privacy_ext.storage import provisioned, tenants, turns
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.held import HeldTenant
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.tenants import SYSTEM_USER_TOKEN, KeptSubscription
from so_privacy_ext.webhooks.subscriptions import EVENTS, WATCH

_WAIT = 60.0
"""Seconds that an installation waits for another one, or for a worker, to let go of the tenant."""
_TRIES = 3
"""How often a tenant is kept anew that another installation has just taken back."""


class ArrivingTenant(HeldTenant):
    """Implements `lifecycle.install.Register`."""

    def __init__(
        self,
        dsn: str,
        data_key: DataKey,
        *,
        environment: str,
        context_identifier: str,
        system_user_token: str,
    ) -> None:
        self._dsn = dsn
        self._data_key = data_key
        self._environment = environment
        self._context_identifier = ContextIdentifier(context_identifier)
        self._system_user_token = system_user_token.encode()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep the tenant with its token, and nobody else does anything for it meanwhile."""
        for _ in range(_TRIES):
            turn = turns.take(self._dsn, self._keep(), self._data_key, wait=_WAIT)
            if turn is not None:
                break
        else:
            raise Refused(
                "tenant_busy",
                "another installation or a worker holds this tenant",
                "try again in a moment",
                Exit.UNAVAILABLE,
            )
        with turn:
            self.held = turn
            if turn.secret(SYSTEM_USER_TOKEN) != self._system_user_token:  # approved anew
                tenants.put_secret(turn.session, self._data_key, SYSTEM_USER_TOKEN, self._system_user_token)
            yield
            if turn.tenant.parked_reason == Fault.AUTHORIZATION_LOST:
                turn.unpark()
                turn.wake()

    @property
    def whole(self) -> bool:
        """Tell whether an earlier installation came to its end."""
        return {one.kind for one in self.subscriptions() if one.webhook_id is not None} == {EVENTS, WATCH}

    def subscription(self, kind: str) -> KeptSubscription:
        """Give the slot and secret of a kind of subscription; a new one is kept first."""
        return tenants.subscribe(self.turn.session, self._data_key, kind)

    def subscribed(self, kind: str, webhook_id: int, own_associate_id: AssociateId | None) -> None:
        """Keep what the CRM said of our webhook."""
        slot = self.subscription(kind).slot
        tenants.registered(self.turn.session, slot, webhook_id=webhook_id, own_associate_id=own_associate_id)

    def known_item(self, item: ListItem) -> int | None:
        """Give the id of an item that we created once."""
        ids = [one.item_id for one in self.items() if (one.kind, one.key) == (item.kind, item.key)]
        return ids[0] if ids else None

    def intends(self, item: ListItem) -> bool:
        """Tell whether we were about to create an item, and never learned what became of it."""
        return any(
            one.created_at is None and (one.kind, one.key) == (item.kind, item.key) for one in self.items()
        )

    def intend_item(self, item: ListItem) -> None:
        """Keep that we are about to create an item."""
        provisioned.intend(self.turn.session, item.kind, item.key)

    def take_back(self) -> None:
        """Keep nothing of the tenant but its evidence, and what the CRM may still hold of ours."""
        tenants.remove(self.turn.session)

    def _keep(self) -> TenantId:
        """Find the tenant, or add it."""
        with connect(self._dsn, application_name="so-privacy", idle_seconds=0) as connection:
            known = tenants.known(connection, self._context_identifier, self._environment)
        if known is not None and known.leaving_at is not None:
            raise Refused(
                "tenant_leaving",
                f"the uninstallation of {known.context_identifier} has begun",
                "end it first: so-privacy tenant remove",
                Exit.CANT_CREATE,
            )
        if known is not None:
            return known.tenant_id
        try:
            return tenants.add(
                self._dsn,
                self._data_key,
                environment=self._environment,
                context_identifier=self._context_identifier,
                system_user_token=self._system_user_token,
            ).tenant_id
        except Refused as refused:
            if refused.code != "tenant_exists":
                raise
            return self._keep()  # another installation has just added it
