"""Where a scenario is played: a sandbox, and whatever listens to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from so_sandbox import client

_LONGEST = 60.0
"""Seconds that deliveries may take until all of them are answered."""


class Stage(Protocol):
    """What playing needs; what the sandbox refuses is a ValueError."""

    patience: float
    """Seconds for which an expectation may be wrong before it is said to be."""

    def ask(self, method: str, path: str, content: dict[str, Any] | None = None) -> Any:
        """Ask the sandbox over its control interface."""

    def enter(self, tenant: str | None) -> str:
        """Have a tenant be there, the first one for None, and give its name."""

    def advance(self, period: str) -> None:
        """Move the clock ahead."""

    def settle(self) -> None:
        """Wait until all that has happened is delivered and, where we can know, worked on."""


@dataclass(frozen=True, slots=True)
class Part:
    """A person to whom a scenario has given a name."""

    tenant: str
    person_id: int


class Remote:
    """A sandbox that runs somewhere; who listens to it works at its own pace, so expectations are patient."""

    def __init__(self, url: str, *, patience: float) -> None:
        self._url = url
        self.patience = patience

    def ask(self, method: str, path: str, content: dict[str, Any] | None = None) -> Any:
        try:
            return client.ask(self._url, method, path, content)
        except client.RefusedError as error:
            raise ValueError(str(error)) from error

    def enter(self, tenant: str | None) -> str:
        if tenant is None:
            return str(self.ask("GET", "/about")["tenants"][0])
        return str(self.ask("POST", "/seed", {"tenant": tenant, "persons": 0})["tenant"])

    def advance(self, period: str) -> None:
        self.ask("POST", "/clock", {"advance": period})

    def settle(self) -> None:
        if not self.ask("POST", "/deliveries/wait", {"timeout": _LONGEST})["idle"]:
            raise ValueError(f"deliveries are still under way after {_LONGEST:.0f} s")
