"""A SuperOffice that does on loopback exactly what a test scripts, byte for byte."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from so_privacy_ext.model import ContextIdentifier
from so_privacy_ext.superoffice.connection import TenantConnection
from so_privacy_ext.superoffice.environments import Environment
from so_privacy_ext.superoffice.signed_tokens import CLAIM
from so_privacy_ext.superoffice.system_user import ISSUER, Application

CONTEXT = ContextIdentifier("Cust12345")
SERIAL = "1234567890"
SYSTEM_USER_TOKEN = "Example App. 1-secret part"
NAMESPACES = (
    'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:n="http://www.superoffice.net/ws/crm/NetServer/Services88"'
    ' xmlns:a="http://schemas.microsoft.com/2003/10/Serialization/Arrays"'
    ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
)
FINE = '<n:ExceptionInfo i:nil="true"/><n:ExtraInfo i:nil="true"/><n:Succeeded>true</n:Succeeded>'


def envelope(body: str, header: str = FINE) -> bytes:
    return (
        f"<s:Envelope {NAMESPACES}><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>".encode()
    )


def answer(operation: str, response: str | None = None) -> bytes:
    """An answer that claims success; None for an operation that returns nothing."""
    inner = "" if response is None else f"<n:Response>{response}</n:Response>"
    return envelope(f"<n:{operation}Response>{inner}</n:{operation}Response>")


def refusal(operation: str, *types: str, inner: str = "") -> bytes:
    """Succeeded=false with nested exception types, and texts that must go nowhere."""
    info = ""
    for name in reversed(types):
        info = (
            f"<n:Message>CANARY</n:Message><n:StackTrace>CANARY</n:StackTrace>"
            f"<n:ExceptionType>{name}</n:ExceptionType>"
            + (f"<n:InnerException>{info}</n:InnerException>" if info else "")
        )
    header = f"<n:ExceptionInfo>{info}</n:ExceptionInfo><n:Succeeded>false</n:Succeeded>"
    return envelope(f"<n:{operation}Response>{inner}</n:{operation}Response>", header)


def soap_fault(text: str, detail: str = "") -> bytes:
    return envelope(
        f"<s:Fault><faultcode>s:Server</faultcode><faultstring>{text}</faultstring>"
        f"<detail>{detail}</detail></s:Fault>",
        "",
    )


def rows(table: str, *found: dict[str, str | None]) -> bytes:
    """An archive answer; a None value is nil."""
    items = ""
    for row in found:
        pairs = "".join(
            f"<n:ColumnDataKeyValuePair><n:Key>{table}.{name}</n:Key><n:Value>"
            + (
                '<n:DisplayValue i:nil="true"/>'
                if value is None
                else f"<n:DisplayValue>{value}</n:DisplayValue>"
            )
            + "</n:Value></n:ColumnDataKeyValuePair>"
            for name, value in row.items()
        )
        items += (
            f"<n:ArchiveListItem><n:EntityName>{table}</n:EntityName><n:PrimaryKey>1</n:PrimaryKey>"
            f"<n:ColumnData>{pairs}</n:ColumnData></n:ArchiveListItem>"
        )
    return answer("GetArchiveListByColumns2", items)


@dataclass
class Canned:
    """A reply as it goes out."""

    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "text/xml; charset=utf-8"


Script = bytes | Canned | Callable[["Handler"], None]


class MovableClock:
    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


@dataclass
class Call:
    operation: str
    body: bytes
    at: float
    headers: dict[str, str]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Loopback

    def log_message(self, *args: Any) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        if "/jwks" in self.path:
            self.play("Login.Jwks", b"")
        else:
            self.play("State", b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "PartnerSystemUser" in self.path:
            self.play("PartnerSystemUser", body)
        elif self.path.endswith("/oauth/tokens"):
            self.play("Login.Tokens", body)
        else:
            self.play(self.headers.get("SOAPAction", "x/Hook").strip('"').rpartition("/")[2], body)

    def play(self, operation: str, body: bytes) -> None:
        self.body = body
        self.server.calls.append(Call(operation, body, time.monotonic(), dict(self.headers)))
        script = self.server.next_of(operation)
        if callable(script):
            script(self)
        else:
            self.send(script if isinstance(script, Canned) else Canned(script))

    def send(self, canned: Canned) -> None:
        if "Date" in canned.headers:
            self.send_response_only(canned.status)
        else:
            self.send_response(canned.status)
        headers = {"Content-Type": canned.media_type, "Content-Length": str(len(canned.content))}
        for name, value in (headers | canned.headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(canned.content)

    def raw(self, data: bytes) -> None:
        self.wfile.write(data)
        self.close_connection = True


class Loopback(ThreadingHTTPServer):
    """Scripted per operation: queued replies first, then the standing one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.key = key
        self.clock = MovableClock()
        self.calls: list[Call] = []
        self.queued: dict[str, deque[Script]] = defaultdict(deque)
        self.standing: dict[str, Script] = {
            "State": lambda handler: handler.send(self.json(self.state())),
            "Login.Jwks": lambda handler: handler.send(self.json(self.key_set())),
            "PartnerSystemUser": lambda handler: handler.send(self.json(self.admission())),
        }
        self.application = Application("client-secret", key)
        self.tickets = 0
        self._lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a caller hang up in peace."""

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join()

    def script(self, operation: str, *replies: Script) -> None:
        self.queued[operation].extend(replies)

    def next_of(self, operation: str) -> Script:
        with self._lock:
            queue = self.queued[operation]
            return queue.popleft() if queue else self.standing[operation]

    def count(self, operation: str) -> int:
        return sum(call.operation == operation for call in self.calls)

    def bodies(self, operation: str) -> list[str]:
        return [call.body.decode() for call in self.calls if call.operation == operation]

    @property
    def environment(self) -> Environment:
        return Environment(
            name="sandbox",
            login=f"{self.url}/login",
            state=f"{self.url}/api/state",
            host_pattern=r"127\.0\.0\.1",
            issuer=self.url,
            private_addresses_allowed=True,
        )

    def connect(self, **changes: Any) -> TenantConnection:
        return TenantConnection(
            changes.pop("environment", self.environment),
            lambda: self.application,
            changes.pop("context_identifier", CONTEXT),
            lambda: SYSTEM_USER_TOKEN,
            self.clock,
            **changes,
        )

    def json(self, document: Any, status: int = 200) -> Canned:
        return Canned(json.dumps(document).encode(), status, media_type="application/json")

    def state(self, **changes: Any) -> dict[str, Any]:
        return {
            "ContextIdentifier": CONTEXT,
            "Endpoint": f"{self.url}/{CONTEXT}",
            "State": "Running",
            "IsRunning": True,
            "ValidUntil": f"{self.clock.now() + timedelta(minutes=30):%Y-%m-%dT%H:%M:%S}.1234567Z",
            "Api": f"{self.url}/{CONTEXT}/api",
            "Version": "Release_1",
        } | changes

    @property
    def thumbprint(self) -> str:
        modulus = self.key.public_key().public_numbers().n.to_bytes(256, "big")
        return base64.urlsafe_b64encode(hashlib.sha1(modulus).digest()).rstrip(b"=").decode()

    def key_entry(self, **changes: Any) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {
            "kty": "RSA",
            "use": "sig",
            "n": public["n"],
            "e": public["e"],
            "x5t": self.thumbprint,
        } | changes

    def key_set(self) -> dict[str, Any]:
        return {"keys": [self.key_entry()]}

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(self.clock.now().timestamp())
        with self._lock:
            self.tickets += 1
        return {
            "iss": ISSUER,
            "aud": f"spn:{SERIAL}",
            "iat": str(now),
            "nbf": now - 60,
            "exp": now + 300,
            f"{CLAIM}ctx": CONTEXT,
            f"{CLAIM}serial": SERIAL,
            f"{CLAIM}associateid": "27",
            f"{CLAIM}ticket": f"7T:ticket{self.tickets}",
        } | changes

    def token(self, claims: dict[str, Any] | None = None, **header: Any) -> str:
        payload = json.dumps(self.claims() if claims is None else claims).encode()
        return jwt.PyJWS().encode(
            payload, self.key, algorithm="RS256", headers={"x5t": self.thumbprint} | header
        )

    def admission(self, token: str | None = None) -> dict[str, Any]:
        return {"IsSuccessful": True, "Token": token or self.token(), "ErrorMessage": None}

    def refuse(self, message: str) -> None:
        self.standing["PartnerSystemUser"] = self.json({"IsSuccessful": False, "ErrorMessage": message})
