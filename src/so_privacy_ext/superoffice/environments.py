"""Which SuperOffice installations there are and how each is reached."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from so_privacy_ext.errors import Exit, Refused

SANDBOX = "sandbox"
"""The only environment that may use plain HTTP and private addresses."""
_LOCAL = "http://127.0.0.1:7400"
_KEYS = {"name", "login", "state", "host_pattern", "issuer", "private_addresses_allowed"}
_HOW = "write {environments: [{name, login, state, host_pattern, issuer, private_addresses_allowed}]} as JSON"


@dataclass(frozen=True, slots=True)
class Environment:
    """Where one installation signs in, tells tenants' state and keeps its tenants."""

    name: str
    login: str
    """Base URL of the login service, such as `https://sod.superoffice.com/login`."""
    state: str
    """Base URL of the state API, to which the context identifier is added."""
    host_pattern: str
    """Regular expression that a tenant's host name must match from end to end."""
    issuer: str
    private_addresses_allowed: bool = False

    def allows_host(self, host: str) -> bool:
        """Tell whether a tenant of this environment may live there."""
        return re.fullmatch(self.host_pattern, host, re.ASCII) is not None


def load(path: Path | None) -> Mapping[str, Environment]:
    """Give the vendor's environments and the local sandbox, with those of a JSON file over them.

    The file is `{"environments": [{"name", "login", "state", "host_pattern", "issuer",
    "private_addresses_allowed"}]}`.
    """
    known = {environment.name: environment for environment in _vendors()}
    if path is not None:
        known |= {environment.name: environment for environment in _read(path)}
    return known


def _vendors() -> list[Environment]:
    hosts = {"sod": "sod", "stage": "qaonline", "online": "online"}
    return [
        Environment(
            name=name,
            login=f"https://{host}.superoffice.com/login",
            state=f"https://{host}.superoffice.com/api/state",
            host_pattern=r"[a-z0-9-]+\.superoffice\.com",
            issuer=f"https://{host}.superoffice.com",
        )
        for name, host in hosts.items()
    ] + [
        Environment(
            name=SANDBOX,
            login=f"{_LOCAL}/login",
            state=f"{_LOCAL}/api/state",
            host_pattern=r"127\.0\.0\.1|localhost",
            issuer=_LOCAL,
            private_addresses_allowed=True,
        )
    ]


def _read(path: Path) -> list[Environment]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise Refused(
            "environments_unreadable",
            "the file can't be read",
            "name a readable file",
            Exit.NO_INPUT,
            where=str(path),
        ) from None
    except ValueError:
        raise _refused(path, "the file is not JSON") from None
    entries = document.get("environments") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise _refused(path, "there is no list `environments`")
    return [_environment(path, entry) for entry in entries]


def _environment(path: Path, entry: Any) -> Environment:
    if not isinstance(entry, dict) or not _KEYS - {"private_addresses_allowed"} <= entry.keys() <= _KEYS:
        raise _refused(path, f"an environment has not exactly the keys {', '.join(sorted(_KEYS))}")
    private = entry.get("private_addresses_allowed", False)
    texts = {key: entry[key] for key in _KEYS - {"private_addresses_allowed"}}
    if not isinstance(private, bool) or not all(isinstance(text, str) and text for text in texts.values()):
        raise _refused(path, "an environment's value is empty or of the wrong type")
    environment = Environment(**texts, private_addresses_allowed=private)
    local = environment.name == SANDBOX
    if private and not local:
        raise _refused(path, f"only `{SANDBOX}` may allow private addresses")
    for url in (environment.login, environment.state):
        parts = urlsplit(url)
        if parts.scheme not in (("http", "https") if local else ("https",)) or not parts.hostname:
            raise _refused(path, f"login and state must be URLs with https (`{SANDBOX}` may use http)")
    try:
        re.compile(environment.host_pattern)
    except re.error:
        raise _refused(path, "a host pattern is no regular expression") from None
    return replace(environment, login=environment.login.rstrip("/"), state=environment.state.rstrip("/"))


def _refused(path: Path, what: str) -> Refused:
    return Refused("environments_invalid", what, _HOW, Exit.CONFIG, where=str(path))
