"""The tokens that the login service signs: what a system user is told about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import jwt

from so_sandbox.login.keys import SigningKey

CLAIM = "http://schemes.superoffice.net/identity/"
PARTNER_ISSUER = "SuperOffice AS"
LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SystemUser:
    """All that a system user token says."""

    context_identifier: str
    serial: str
    associate_id: int
    ticket: str = field(repr=False)
    netserver_url: str
    webapi_url: str

    @property
    def audience(self) -> str:
        return f"spn:{self.serial}"

    def claims(self) -> dict[str, str]:
        """Give the vendor's own claims, all of them texts."""
        return {
            CLAIM + "ctx": self.context_identifier,
            CLAIM + "serial": self.serial,
            CLAIM + "associateid": str(self.associate_id),
            CLAIM + "ticket": self.ticket,
            CLAIM + "netserver_url": self.netserver_url,
            CLAIM + "webapi_url": self.webapi_url,
        }


@dataclass(frozen=True, slots=True)
class SignedInUser:
    """All that an id_token says."""

    context_identifier: str
    serial: str
    company_name: str
    associate_id: int
    name: str
    is_administrator: bool
    netserver_url: str
    webapi_url: str
    system_user_token: str | None = field(repr=False)
    """Of an app that has a system user in a tenant whose administrator approved that."""

    @property
    def upn(self) -> str:
        return f"{self.name}@{self.context_identifier.lower()}.example.com"

    def claims(self) -> dict[str, str]:
        """Give the vendor's own claims, all of them texts."""
        said = {
            "ctx": self.context_identifier,
            "associateid": str(self.associate_id),
            "is_administrator": str(self.is_administrator),
            "serial": self.serial,
            "company_name": self.company_name,
            "email": self.upn,
            "upn": self.upn,
            "initials": self.name[:2].upper(),
            "so_primary_email_address": self.upn,
            "identityprovider": "superid",
            "netserver_url": self.netserver_url,
            "webapi_url": self.webapi_url,
        }
        if self.system_user_token is not None:
            said["system_token"] = self.system_user_token
        return {CLAIM + name: value for name, value in said.items()}


def id_token(
    user: SignedInUser, key: SigningKey, now: datetime, *, issuer: str, client_id: str, nonce: str | None
) -> str:
    """Sign an id_token: named key by `x5t` alone, `iat` a text, good for five minutes."""
    payload: dict[str, str | int] = {
        "iss": issuer,
        "aud": client_id,
        "sub": user.upn,
        "iat": str(int(now.timestamp())),
        "nbf": int((now - timedelta(minutes=1)).timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        **user.claims(),
    }
    if nonce is not None:
        payload["nonce"] = nonce
    return jwt.encode(payload, key.private_pem, algorithm="RS256", headers={"x5t": key.thumbprint})


def system_user_jwt(user: SystemUser, key: SigningKey, now: datetime) -> str:
    """Sign a JWT that names its key by `x5t` alone and carries `iat` as a text, as the vendor's do."""
    payload = {
        "iss": PARTNER_ISSUER,
        "aud": user.audience,
        "sub": f"system@{user.context_identifier}",
        "iat": str(int(now.timestamp())),
        "nbf": int((now - timedelta(minutes=1)).timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        **user.claims(),
    }
    return jwt.encode(payload, key.private_pem, algorithm="RS256", headers={"x5t": key.thumbprint})


def state_change_jwt(issuer: str, context_identifier: str, key: SigningKey, now: datetime) -> str:
    """Sign what comes with the news of a tenant; audience and lifetime are not documented."""
    payload = {
        "iss": issuer,
        "iat": str(int(now.timestamp())),
        "nbf": int((now - timedelta(minutes=1)).timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        CLAIM + "ctx": context_identifier,
    }
    return jwt.encode(payload, key.private_pem, algorithm="RS256", headers={"x5t": key.thumbprint})
