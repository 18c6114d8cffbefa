"""Registered applications, and what each tenant's administrator has approved of them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from enum import IntEnum
from threading import Lock

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


class Refusal(IntEnum):
    """Why a system user is not let in, with the numbers that the vendor's documents give."""

    NONE = 0
    REVOKED = 1
    INVALID_REDIRECT_URL = 2
    EXPIRED = 3
    DENIED = 4
    NEEDS_REAPPROVAL = 5
    INVALID_TIMESTAMP = 6
    INVALID_SIGNATURE = 7

    @property
    def spelling(self) -> str:
        """Give the name as the vendor writes it, `InvalidSignature`."""
        return "".join(part.capitalize() for part in self.name.split("_"))


@dataclass(frozen=True, slots=True)
class Application:
    """One app with its identity, its secret and the public half of its key."""

    client_id: str
    name: str
    application_token: str = field(repr=False)
    public_key: rsa.RSAPublicKey = field(repr=False)

    def signed(self, data: bytes, signature: str) -> bool:
        """Tell whether the app's private key signed `data` (RSASSA-PKCS1-v1_5, SHA-256)."""
        try:
            raw = base64.b64decode(signature, validate=True)
            self.public_key.verify(raw, data, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Approval:
    """An administrator's leave for one app in one tenant."""

    context_identifier: str
    client_id: str
    system_user_token: str = field(repr=False)
    refusal: Refusal = Refusal.NONE


class Registry:
    """Applications and approvals; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._applications: dict[str, Application] = {}
        self._approvals: dict[tuple[str, str], Approval] = {}

    def register(self, application: Application) -> None:
        with self._lock:
            self._applications[application.client_id] = application

    def approve(self, approval: Approval) -> None:
        """Note an approval, or what became of one: there is one of each app in each tenant."""
        with self._lock:
            key = (approval.context_identifier.casefold(), approval.client_id)
            self._approvals[key] = approval

    def applications(self) -> list[Application]:
        with self._lock:
            return list(self._applications.values())

    def approvals(self) -> list[Approval]:
        with self._lock:
            return list(self._approvals.values())

    def by_application_token(self, application_token: str | None) -> Application | None:
        return next((app for app in self.applications() if app.application_token == application_token), None)

    def approval(self, client_id: str, context_identifier: str) -> Approval | None:
        with self._lock:
            return self._approvals.get((context_identifier.casefold(), client_id))
