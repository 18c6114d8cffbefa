"""The product's pages over a database of its own and a sandbox that signs in, all in this process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import requests

from so_privacy_ext.app import App
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.web.application import create_application
from so_privacy_ext.web.server import Server, listen, make_server
from so_sandbox.demo.visiting import Visitor
from so_sandbox.server import RunningSandbox, start
from so_sandbox.world.tenant import Tenant

FIRST, SECOND = "Cust12345", "Cust54321"


@dataclass
class House:
    """What runs."""

    app: App
    url: str
    sandbox: RunningSandbox

    def answers(self, answer: str = "approve", who: str = "administrator", tenant: str = FIRST) -> None:
        """Have the sandbox answer for whoever signs in."""
        content = {"answer": answer, "who": who, "tenant": tenant}
        told = requests.post(f"{self.sandbox.url}/_sandbox/sign-in", json=content, timeout=5)
        assert told.status_code == 200, told.text

    def come_back(self, visitor: Visitor, path: str = "/install") -> str:
        """Walk up to the callback, and give its address without opening it."""
        there = visitor.ask("GET", self.url + path)
        assert there.status_code == 303, there.text
        back = visitor.ask("GET", there.headers["Location"])
        assert back.status_code == 302, back.text
        return urljoin(there.headers["Location"], back.headers["Location"])

    def installed(self) -> list[TenantSummary]:
        with connect(self.app.dsn, application_name="test") as connection:
            return list(tenants.listed(connection))

    def tenant(self, name: str = FIRST) -> Tenant:
        found = self.sandbox.world.tenant(name)
        assert found is not None
        return found

    def webhooks(self, name: str = FIRST) -> list[str]:
        return [hook.name for hook in self.tenant(name).webhooks()]


def changed(address: str, **changes: str | None) -> str:
    """Give the callback's address with other parameters; None leaves one out."""
    parts = urlsplit(address)
    given: dict[str, Any] = {name: values[0] for name, values in parse_qs(parts.query).items()}
    words = {name: value for name, value in (given | changes).items() if value is not None}
    return parts._replace(query=urlencode(words)).geturl()


@contextmanager
def housed(folder: Path, dsn: str, **settings: Any) -> Iterator[House]:
    listening = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with start(speed=20, directory=folder / "sandbox") as sandbox:
        callback = {"redirect_uris": [f"{url}/callback"]}
        requests.post(f"{sandbox.url}/_sandbox/sign-in", json=callback, timeout=5)
        files = folder / "sandbox"
        given: dict[str, Any] = {
            "data_dir": folder,
            "public_url": url,
            "environment": "sandbox",
            "client_id": sandbox.credentials.client_id,
            "application_token_file": files / "application_token",
            "private_key_file": files / "private_key.pem",
            "environments_file": files / "environments.json",
        }
        app = App(Settings(**given | settings), dsn)
        receiving = app.receiving()
        server = make_server(create_application(receiving, routes=app.pages()), graceful=3.0)
        thread = threading.Thread(target=_serve, args=(server, listening))
        thread.start()
        try:
            yield House(app, url, sandbox)
        finally:
            server.should_exit = True
            thread.join(20)
            receiving.close()
            app.close()
            assert not thread.is_alive()


def _serve(server: Server, listening: Any) -> None:
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listening]))
