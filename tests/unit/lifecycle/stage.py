"""A sandbox, a database and the wired product, with a target that takes only what a slot's secret signed."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg

from so_privacy_ext import published
from so_privacy_ext.app import App
from so_privacy_ext.model import Delivery, Slot
from so_privacy_ext.processing.drain import drain
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage import manifests, tenants
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.webhooks import payload, signature
from so_sandbox.server import RunningSandbox
from so_sandbox.world.rows import Webhook
from so_sandbox.world.tenant import Tenant

MANIFEST = published.folder("manifests") / "rules" / "nordic-b2b.yaml"
WRITES = ("SaveConsentSource", "SaveConsentPurpose", "SaveWebhook", "DeleteWebhook")


class Target:
    """Where webhooks point: stores and answers 200 what a slot's secret signed, else 401, as we do."""

    def __init__(self) -> None:
        self.store: ReceivingStore | None = None
        target = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200 if target.signed(self.path, body, self.headers) else 401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def signed(self, path: str, body: bytes, headers: Any) -> bool:
        assert self.store is not None
        keys = self.store.look_up(Slot(path.rpartition("/")[2]))
        given = headers.get("X-SuperOffice-Signature", "").encode()
        if keys is None or not signature.verify(body, [given], keys.secrets):
            return False
        read = payload.parse(body, keys.context_identifier)
        event, reason = (None, read.reason) if isinstance(read, payload.Quarantined) else (read, None)
        digest = hashlib.sha256(body).digest()
        self.store.store([Delivery(keys.tenant_id, body, digest, event, reason)])
        return True

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        if self.store is not None:
            self.store.close()


@dataclass
class Stage:
    """Everything an installation needs; `name` is the tenant that comes and goes."""

    running: RunningSandbox
    folder: Path
    dsn: str
    target: Target
    name: str
    apps: list[App] = field(default_factory=list)

    def app(self, **more: Any) -> App:
        """Wire the product as another process would."""
        files = self.running.directory
        assert files is not None
        given: dict[str, Any] = {
            "data_dir": self.folder / "data",
            "public_url": self.target.url,
            "client_id": (files / "client_id").read_text().strip(),
            "application_token_file": files / "application_token",
            "private_key_file": files / "private_key.pem",
            "environments_file": files / "environments.json",
            **more,
        }
        app = App(Settings(**given), self.dsn)
        self.apps.append(app)
        self.target.store = self.target.store or app.receiving()
        return app

    @property
    def token(self) -> str:
        assert self.running.directory is not None
        return (self.running.directory / f"system_user_token.{self.name}").read_text().strip()

    @property
    def tenant(self) -> Tenant:
        found = self.running.world.tenant(self.name)
        assert found is not None
        return found

    @property
    def webhooks(self) -> dict[str, Webhook]:
        """Our webhooks in the CRM by name; two of one name are one too many."""
        found = self.tenant.webhooks()
        assert len({one.name for one in found}) == len(found), [one.name for one in found]
        return {one.name: one for one in found}

    def keys(self, name: str, *, deleted: bool = False) -> list[str]:
        """Keys of one of the tenant's lists, in their order."""
        items = getattr(self.tenant.tables.lists, name).values()
        return [one.key for one in items if one.deleted is deleted]

    def writes(self) -> Counter[str]:
        """Count the calls that write."""
        found = Counter(one.operation for one in self.running.world.calls.of(self.name))
        return Counter({name: found[name] for name in WRITES if found[name]})

    def slots(self) -> dict[str, tuple[str, int | None]]:
        """What is kept of the subscriptions, by kind: target and webhook id."""
        app = self.apps[0]
        with open_session(self.dsn, app.tenant(self.name).tenant_id) as session:
            found = tenants.subscriptions(session)
        assert len({one.kind for one in found}) == len(found)
        return {one.kind: (f"{self.target.url}/webhooks/{one.slot}", one.webhook_id) for one in found}

    def install(self, app: App | None = None) -> Any:
        return (app or self.apps[0]).install(self.name, "sandbox", self.token)

    def uninstall(self, app: App | None = None, *, local: bool = False) -> Any:
        app = app or self.apps[0]
        return app.uninstall(app.tenant(self.name), local=local)

    def work(self) -> None:
        """Do all that is to be done for the tenant, as a worker does."""
        app = self.apps[0]
        assert self.running.dispatcher.wait_idle(20)
        with app.turn(app.tenant(self.name)) as turn:
            work = app.make_work(turn, lambda: False)
            assert work is not None
            while drain(work):
                pass

    def activate(self) -> None:
        """Have the published manifest decide."""
        app = self.apps[0]
        with app.turn(app.tenant(self.name)) as turn:
            manifests.activate(turn.session, turn.ledgers, MANIFEST.read_bytes(), who="test")

    def rows(self, table: str) -> int:
        """Count the tenant's rows of a table, past the wall between tenants."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            found = connection.execute(
                f"SELECT count(*) FROM so_privacy.{table} JOIN so_privacy.tenant USING (tenant_id)"
                " WHERE context_identifier = %s".encode(),
                [self.name],
            ).fetchone()
        assert found is not None
        return int(found[0])
