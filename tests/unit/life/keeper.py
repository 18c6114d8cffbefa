"""A plugin that holds data of persons in a service, and that service on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pydantic import BaseModel

from so_privacy_ext import Decision, Erased, Extension, Finding, FromSetting, Holds, Seen


class Settings(BaseModel):
    host: str


ext = Extension(
    "keeper",
    version="1.0",
    says="Keeps whom it was asked about.",
    settings=Settings,
    hosts=[FromSetting("host", port=443)],
    holds=Holds(what="the numbers of persons", why="so that we can tell who was looked up", keep_days=90),
)


@ext.facts("known")
def known(persons: Sequence[Seen], settings: Settings) -> Mapping[int, Mapping[str, bool]]:
    numbers = [one.person_id for one in persons if one.person_id > 0]
    _call(settings, "POST", "/", numbers)
    return {one: {"known": True} for one in numbers}


@ext.lint
def looks(manifest: Mapping[str, Any], settings: Settings) -> Iterator[Finding]:
    """Say how the second rule is called, and fail where it can't."""
    yield Finding("second", f"it is called {manifest['rules'][1]['id']}", "nothing", ("rules", 1, "id", "x"))
    yield Finding("hosted", f"asked at {settings.host.split(':')[0]}", "nothing", level="note")


@ext.export("by-rule", columns=["rule", "purpose", "person"])
def by_rule(decisions: Sequence[Decision]) -> Iterator[Mapping[str, str | int]]:
    """Which rule decided for whom."""
    for one in decisions:
        for purpose, decided in one.purposes.items():
            yield {"rule": decided.rule, "purpose": purpose, "person": one.person_id}


@ext.export("broken", columns=["rule"])
def broken(decisions: Sequence[Decision]) -> Iterator[Mapping[str, str]]:
    """It never comes to an end well."""
    yield {"rule": decisions[0].purposes["NONE"].rule}


@ext.subject_access
def show(person_id: int, settings: Settings) -> Mapping[str, Any]:
    return dict(_call(settings, "GET", f"/{person_id}"))


@ext.subject_erase
def erase(person_id: int, settings: Settings) -> Erased:
    return Erased(_call(settings, "DELETE", f"/{person_id}")["erased"])


@ext.tenant_erase
def erase_all(settings: Settings) -> Erased:
    return Erased(_call(settings, "DELETE", "/")["erased"])


def _call(settings: Settings, method: str, path: str, content: object = None) -> Any:
    connection = HTTPConnection(settings.host, timeout=1.0)
    try:
        connection.request(method, path, json.dumps(content))
        reply = connection.getresponse()
        if reply.status != 200:
            raise ConnectionError(f"the service answered {reply.status}")
        return json.load(reply)
    finally:
        connection.close()


@dataclass
class Service:
    """What it holds, and whether it answers."""

    host: str = ""
    persons: set[int] = field(default_factory=set)
    status: int = 200
    asked: list[str] = field(default_factory=list)


class _Answering(BaseHTTPRequestHandler):
    def answer(self) -> None:
        held: Service = self.server.service  # type: ignore[attr-defined]  # set below
        given = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        held.asked.append(f"{self.command} {self.path}")
        person = int(self.path.strip("/") or 0)
        found: Any = {}
        if held.status == 200:
            meant = {person} & held.persons if person else set(held.persons)
            if self.command == "POST":
                held.persons |= set(json.loads(given))
            elif self.command == "GET":
                found = {"number": person, "held": bool(meant)}
            else:
                held.persons -= meant
                found = {"erased": len(meant)}
        body = json.dumps(found).encode()
        self.send_response(held.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def do_DELETE(self) -> None:
        self.answer()

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - its name there
        pass


@contextmanager
def serving() -> Iterator[Service]:
    """Have the service answer on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as server:
        held = server.service = Service(f"127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]  # ours
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield held
        finally:
            server.shutdown()
            thread.join()
