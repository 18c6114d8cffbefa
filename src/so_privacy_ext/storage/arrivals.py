"""A tenant that is being installed: kept before the CRM is told, and taken back if it fails."""

from __future__ import annotations

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import AssociateId, ContextIdentifier, Slot
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.tenants import AddedTenant


class ArrivingTenant:
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
        self._system_user_token = system_user_token
        self._added: AddedTenant | None = None

    def refuse_second(self) -> None:
        """Refuse a tenant that is installed; take away what a killed installation has left of it."""
        with connect(self._dsn, application_name="so-privacy", idle_seconds=0) as connection:
            known = [
                one
                for one in tenants.listed(connection)
                if one.context_identifier.lower() == self._context_identifier.lower()
                and one.environment == self._environment
            ]
        for one in known:
            with open_session(self._dsn, one.tenant_id) as session:
                if any(slot.webhook_id is not None for slot in tenants.subscriptions(session)):
                    raise Refused(
                        "tenant_exists",
                        f"{one.context_identifier} is installed already",
                        "see `so-privacy tenant show`",
                        Exit.CANT_CREATE,
                    )
                tenants.remove(session)

    def add(self) -> tuple[Slot, str]:
        self._added = tenants.add(
            self._dsn,
            self._data_key,
            environment=self._environment,
            context_identifier=self._context_identifier,
            system_user_token=self._system_user_token.encode(),
        )
        return self._added.slot, self._added.webhook_secret

    def subscribed(self, webhook_id: int, own_associate_id: AssociateId | None) -> None:
        if self._added is None:
            raise RuntimeError("a tenant is kept before it is subscribed")
        with open_session(self._dsn, self._added.tenant_id) as session:
            tenants.registered(
                session, self._added.slot, webhook_id=webhook_id, own_associate_id=own_associate_id
            )

    def remove(self) -> None:
        if self._added is not None:
            with open_session(self._dsn, self._added.tenant_id) as session:
                tenants.remove(session)
