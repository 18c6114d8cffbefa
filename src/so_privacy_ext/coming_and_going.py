"""How a tenant comes and goes: what is put into its CRM and kept here, and taken away again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from so_privacy_ext import published
from so_privacy_ext.crm_connections import CrmConnections
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.extending import Extending
from so_privacy_ext.held_elsewhere import HeldElsewhere
from so_privacy_ext.lifecycle.install import install
from so_privacy_ext.lifecycle.pieces import Installed, Piece, Uninstalled
from so_privacy_ext.lifecycle.provisions import Provisions, provisions
from so_privacy_ext.lifecycle.uninstall import uninstall
from so_privacy_ext.model import ListItem, TenantId
from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.new_items import new_items
from so_privacy_ext.storage import provisioned, tenants
from so_privacy_ext.storage.arrivals import ArrivingTenant
from so_privacy_ext.storage.leaving import LeavingTenant
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.storage.turns import Turn
from so_privacy_ext.superoffice.door import TenantDoor
from so_privacy_ext.superoffice.list_items import written
from so_privacy_ext.superoffice.operations import ALLOWED
from so_privacy_ext.webhooks.subscriptions import NAMES


class ComingAndGoing:
    """Installs and uninstalls; each can be begun again where it was broken off."""

    def __init__(
        self,
        dsn: str,
        data_key: DataKey,
        crms: CrmConnections,
        public_url: str,
        *,
        extending: Extending,
        held: HeldElsewhere,
    ) -> None:
        self._dsn = dsn
        self._data_key = data_key
        self._crms = crms
        self._public_url = public_url
        self._extending = extending
        self._held = held

    @property
    def webhook_address(self) -> str:
        """Give the address below which all our webhooks point."""
        return f"{self._public_url}/webhooks/"

    def install(
        self, context_identifier: str, environment: str, system_user_token: str, tell: Callable[[str], None]
    ) -> Installed:
        """Install a tenant, or complete it; a tenant that has all is left as it is."""
        self._refuse_unreachable(environment)
        connection = self._crms.connect(context_identifier, environment, lambda: system_user_token)
        register = ArrivingTenant(
            self._dsn,
            self._data_key,
            environment=environment,
            context_identifier=context_identifier,
            system_user_token=system_user_token,
        )
        door = TenantDoor(connection, register.pace)

        def items() -> Sequence[ListItem]:
            return _items(register.turn, self._extending.words_in_turn(register.turn))

        def further() -> frozenset[str]:
            return self._extending.events(register.turn)

        try:
            return install(door, register, items, self.webhook_address, tell, further=further)
        finally:
            connection.close()
            self._crms.forget(context_identifier, environment)

    def uninstall(self, tenant: TenantSummary, tell: Callable[[str], None], *, local: bool) -> Uninstalled:
        """Uninstall a tenant: from its CRM unless `local`, and here; begun once, it can only be ended."""
        register = LeavingTenant(self._dsn, self._data_key, tenant.tenant_id)

        def enter() -> TenantDoor:
            self._crms.forget(tenant.context_identifier, tenant.environment)
            door = TenantDoor(self._crms.of(register.turn), register.pace)
            door.enter()
            return door

        try:
            return uninstall(
                enter,
                register,
                self.webhook_address,
                tell,
                local=local,
                erase=lambda: self._held.part(register.turn),
            )
        finally:
            self._crms.forget(tenant.context_identifier, tenant.environment)

    def pieces(self, tenant_id: TenantId) -> Sequence[Piece]:
        """Give what of ours is in a tenant's CRM, as it is kept."""
        with open_session(self._dsn, tenant_id) as session:
            slots, items = tenants.subscriptions(session), provisioned.listed(session)
        standing = [one for one in items if one.item_id is not None and one.removed_at is None]
        return [
            *(Piece(one.kind, one.key, one.item_id) for one in standing if one.item_id is not None),
            *(
                Piece("webhook", NAMES[one.kind], one.webhook_id)
                for one in slots
                if one.webhook_id is not None
            ),
        ]

    def _refuse_unreachable(self, environment: str) -> None:
        """Refuse an address that the environment does not post to; only a sandbox posts to plain HTTP."""
        allowed = self._crms.environment(environment)
        if not (allowed.private_addresses_allowed or self._public_url.startswith("https://")):
            raise Refused(
                "public_url",
                f"SuperOffice does not post to {self._public_url}",
                "set SO_PRIVACY_PUBLIC_URL to an https:// address with a valid certificate",
                Exit.CONFIG,
            )


def _items(turn: Turn, words: Words) -> Sequence[ListItem]:
    """Give the list items of a tenant's manifest, or of the published one while it has none."""
    active = turn.manifest()
    if active is not None:
        return new_items(parse(active[0], active[1][:12], words))
    return default_items()


@cache
def default_items() -> Sequence[ListItem]:
    """Give the list items that the published manifest brings along."""
    file = published.folder("manifests") / "rules" / "nordic-b2b.yaml"
    return new_items(parse(file.read_bytes(), file.name))


def provisions_for(items: Sequence[ListItem], address: str) -> Provisions:
    """Give what an installation with these list items creates and needs."""
    names = {(one.kind, one.key): written(one.names) for one in items}
    allowed = [(one.agent, one.name, one.writes) for one in ALLOWED.values()]
    return provisions(items, names, address, allowed)
