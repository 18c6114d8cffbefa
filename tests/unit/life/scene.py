"""The product as it is wired, on a sandbox in this process: turns are taken one by one, time is moved."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import requests
import uvicorn
from psycopg.rows import dict_row

from so_privacy_ext.app import App
from so_privacy_ext.model import AssociateId, ContextIdentifier, TenantId
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage import manifests, tenants
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.connection import TenantConnection
from so_privacy_ext.superoffice.subscriptions import save
from so_privacy_ext.web.application import create_application
from so_privacy_ext.webhooks.subscriptions import WANTED
from so_privacy_ext.worker import Worker
from so_sandbox.server import RunningSandbox
from so_sandbox.world.tenant import Tenant as SandboxTenant
from tests.unit.processing.world import NORDIC, FakeClock

FIRST, SECOND = "Cust12345", "Cust54321"


@dataclass
class Scene:
    """Two processes' worth of product may share one scene: a second `App` on the same database."""

    sandbox: RunningSandbox
    dsn: str
    app: App
    clock: FakeClock
    url: str = ""
    tenants: dict[str, TenantId] = field(default_factory=dict)

    def __post_init__(self) -> None:
        app = self.app
        self.worker = Worker(self.dsn, app.take, app.make_work, threads=1, chores=app.chores(), care=app)

    # The CRM

    def crm(self, name: str = FIRST) -> SandboxTenant:
        found = self.sandbox.world.tenant(name)
        assert found is not None
        return found

    def control(self, path: str, **content: Any) -> Any:
        answer = requests.post(f"{self.sandbox.url}/_sandbox{path}", json=content, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def enter(self, name: str = FIRST, **settings: str) -> int:
        """Have somebody enter a person; her event is delivered before this returns."""
        given = {"source": "CARD", "country": "DK", **settings}
        number: int = self.control("/trigger", tenant=name, event="person.created", set=given)["id"]
        assert self.sandbox.dispatcher.wait_idle(20)
        return number

    def soap_calls(self, name: str = FIRST) -> int:
        return len(self.sandbox.world.calls.of(name))

    def login_calls(self, operation: str) -> int:
        return sum(one.operation == operation for one in self.sandbox.sandbox.login.calls.of(None))

    def mails(self, name: str = FIRST) -> list[str]:
        return [mail.to for mail in self.crm(name).tables.outbox]

    # The product

    def add(self, name: str = FIRST) -> TenantId:
        """Install a tenant with the published manifest, as of yesterday."""
        token = self.sandbox.credentials.system_user_tokens[name]
        added = tenants.add(
            self.dsn,
            self.app.data_key,
            environment="sandbox",
            context_identifier=ContextIdentifier(name),
            system_user_token=token.encode(),
        )
        self.tenants[name] = added.tenant_id
        with self.turn(name) as turn:
            client = SoapClient(self.connection(name), turn.pace)
            saved = save(
                client,
                target_url=f"{self.url}/webhooks/{added.slot}",
                secret=added.webhook_secret,
                events=WANTED,
            )
            tenants.registered(
                turn.session,
                added.slot,
                webhook_id=saved.webhook_id,
                own_associate_id=AssociateId(saved.associate_id or 0),
            )
            start = datetime.now(UTC) - timedelta(days=1)
            manifests.activate(turn.session, turn.ledgers, NORDIC.read_bytes(), who="test", tell_from=start)
        return added.tenant_id

    @contextmanager
    def turn(self, name: str = FIRST) -> Iterator[Any]:
        turn = self.app.take(self.tenants[name])
        assert turn is not None
        with turn:
            yield turn

    def connection(self, name: str = FIRST) -> TenantConnection:
        known = self.app.crms._of_tenants.get(self.tenants[name])
        if known is None:
            tenant_id = self.tenants[name]
            known = self.app.crms._of_tenants[tenant_id] = self.app.crms.connect(
                name, "sandbox", lambda: self.app.crms.token(tenant_id)
            )
        return known

    def step(self) -> list[str]:
        """Take one turn of each tenant that is due now, and name them."""
        names = {number: name for name, number in self.tenants.items()}
        return [names[tenant_id] for tenant_id in self.worker.take_due()]

    def rest(self) -> None:
        """Take turns until nobody is due."""
        for _ in range(50):
            if not self.step():
                return
        raise AssertionError("there is no end of it")

    def advance(self, *, clock: bool = False, **period: float) -> None:
        """Let time go by for all that waits in the database, and for the product's own clock if asked for.

        The sandbox's login lives by real time, so that a moved clock is a wrong one when we sign in.
        """
        ahead = timedelta(**period)
        self.clock.offset += ahead if clock else timedelta()
        with psycopg.connect(self.dsn, autocommit=True) as admin:
            for table, columns in _TIMES.items():
                changes = ", ".join(f"{one} = {one} - %(ahead)s" for one in columns)
                admin.execute(f"UPDATE so_privacy.{table} SET {changes}".encode(), {"ahead": ahead})

    def row(self, name: str = FIRST) -> Mapping[str, Any]:
        with psycopg.connect(self.dsn, row_factory=dict_row) as admin:
            found = admin.execute(
                "SELECT parked_until, parked_reason, deleted_seen_at, state, epoch, removed_at"
                " FROM so_privacy.tenant WHERE tenant_id = %s",
                [self.tenants[name]],
            ).fetchone()
        assert found is not None
        return found

    def parked(self, name: str = FIRST) -> str | None:
        """Give the reason for which a tenant waits, an environment's pause included."""
        with connect(self.dsn, application_name="test") as connection:
            return next(
                one.parked_reason for one in tenants.listed(connection) if one.tenant_id == self.tenants[name]
            )

    def open_events(self, name: str = FIRST) -> int:
        with open_session(self.dsn, self.tenants[name]) as session:
            return len(session.rows(b"SELECT 1 FROM inbox WHERE state = 'open'"))


_TIMES = {
    "tenant": ("parked_until", "deleted_seen_at", "state_asked_at"),
    "due": ("at",),
    "environment_pause": ("probe_at", "ended_at"),
    "inbox": ("not_before",),
}


def settings_of(sandbox: RunningSandbox, folder: Path) -> Settings:
    files = sandbox.directory
    assert files is not None
    return Settings(
        data_dir=folder,
        application_token_file=files / "application_token",
        private_key_file=files / "private_key.pem",
        environments_file=files / "environments.json",
    )


@contextmanager
def served(app: App) -> Iterator[str]:
    """Serve the web side of the product, and give its address."""
    receiving = app.receiving()
    config = uvicorn.Config(
        create_application(receiving, routes=app.pages()), port=0, log_level="warning", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            thread.join(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
        receiving.close()
