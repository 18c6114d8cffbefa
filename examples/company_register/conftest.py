"""A register on this machine, for the tests and for `pytest --so-conformance`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Register(ThreadingHTTPServer):
    """Lists one company, and keeps for whom it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.asked: list[list[str]] = []
        self.uses: list[str] = []
        self.kept: list[tuple[int, str]] = []
        self.status = 200
        self.host = f"127.0.0.1:{self.server_port}"

    @property
    def persons(self) -> set[int]:
        return {person for person, _ in self.kept}


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        register = self.server
        assert isinstance(register, Register)
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/uses":
            register.uses.append(said["key"])
            self.answer(register, {})
            return
        asked = said["lookups"]
        domains = [one["domain"] for one in asked]
        register.asked.append(domains)
        if register.status == 200:
            register.kept += [(number, one["domain"]) for one in asked for number in one["for"]]
        listed = [{"domain": "eksempel.example", "since": "2009-05-01"}]
        self.answer(register, {"companies": [one for one in listed if one["domain"] in domains]})

    def do_GET(self) -> None:
        register, meant = self.meant()
        self.answer(register, [{"domain": domain, "at": "2026-01-02", "for": of} for of, domain in meant])

    def do_DELETE(self) -> None:
        register, meant = self.meant()
        if register.status == 200:
            register.kept = [one for one in register.kept if one not in meant]
        self.answer(register, {"forgotten": len(meant)})

    def meant(self) -> tuple[Register, list[tuple[int, str]]]:
        register = self.server
        assert isinstance(register, Register)
        number = self.path.removeprefix("/v1/lookups").strip("/")
        return register, [one for one in register.kept if number in {"", str(one[0])}]

    def answer(self, register: Register, said: object) -> None:
        content = json.dumps(said).encode()
        self.send_response(register.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - its name there
        pass


@pytest.fixture
def register() -> Iterator[Register]:
    with Register() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def so_plugin_settings(register: Register) -> Mapping[str, object]:
    """Settings with which the plugin works."""
    return {"host": register.host, "reports_use": True}
