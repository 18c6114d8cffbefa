"""What a client needs to be let in: ids, secrets and keys, kept in a folder between two runs."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from uuid import uuid4
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from so_sandbox.login.keys import new_private_key
from so_sandbox.login.site import Site
from so_sandbox.world.applications import Application
from so_sandbox.world.world import World

APP_NAME = "So Privacy Demo v1.0"
"""Blanks and dots are on purpose: a system user token begins with its app's name."""
ADDRESS = "address"
REDIRECT_URIS = ("http://127.0.0.1:7300/callback", "http://localhost:7300/callback")
"""Where so-privacy has its own unless told otherwise."""
_KEY = "private_key.pem"
_REDIRECT_URIS = "redirect_uris"


@dataclass(slots=True)
class Credentials:
    """One application of the sandbox, private half included."""

    client_id: str
    application_token: str = field(repr=False)
    private_key: rsa.RSAPrivateKey = field(repr=False)
    system_user_tokens: dict[str, str] = field(default_factory=dict, repr=False)
    """By context identifier."""
    redirect_uris: list[str] = field(default_factory=lambda: list(REDIRECT_URIS))
    """Where a browser is sent back to after signing in."""

    @property
    def private_key_pem(self) -> str:
        return self.private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode("ascii")

    @property
    def private_key_xml(self) -> str:
        """Give the key as RSAKeyValue, the other form in which the vendor hands keys out."""
        private = self.private_key.private_numbers()
        public = private.public_numbers
        parts = {
            "Modulus": public.n,
            "Exponent": public.e,
            "P": private.p,
            "Q": private.q,
            "DP": private.dmp1,
            "DQ": private.dmq1,
            "InverseQ": private.iqmp,
            "D": private.d,
        }
        inner = "".join(f"<{name}>{escape(_base64(number))}</{name}>" for name, number in parts.items())
        return f"<RSAKeyValue>{inner}</RSAKeyValue>"

    def register(self, world: World) -> None:
        """Make the application known, unless it is, and have each tenant that never heard of it let it in."""
        public = self.private_key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        application = world.applications.setdefault(
            self.client_id,
            Application(
                client_id=self.client_id,
                name=APP_NAME,
                application_token=self.application_token,
                public_key_pem=public.decode("ascii"),
                redirect_uris=self.redirect_uris,
            ),
        )
        application.application_token = self.application_token  # either may have been replaced
        application.public_key_pem = public.decode("ascii")
        for name, tenant in world.tenants.items():
            known = tenant.tables.authorizations.get(self.client_id)
            if known is None:
                known = tenant.authorize(self.client_id, APP_NAME)
                known.system_user_token = self.system_user_tokens.get(name, known.system_user_token)
            self.system_user_tokens[name] = known.system_user_token


def new_credentials() -> Credentials:
    """Make an application; one process makes one key, since that takes a tenth of a second."""
    return Credentials(uuid4().hex, secrets.token_hex(16), _key_of_this_process())


@cache
def _key_of_this_process() -> rsa.RSAPrivateKey:
    return new_private_key()


def load(folder: Path) -> Credentials | None:
    """Read what an earlier run left, so that who was let in then still is; None if there is nothing whole."""
    try:
        key = serialization.load_pem_private_key((folder / _KEY).read_bytes(), password=None)
        client_id = (folder / "client_id").read_text().strip()
        token = (folder / "application_token").read_text().strip()
        tokens = {
            path.name.removeprefix("system_user_token."): path.read_text().rstrip("\n")
            for path in folder.glob("system_user_token.*")
        }
        kept = folder / _REDIRECT_URIS
        addresses = kept.read_text().split() if kept.exists() else list(REDIRECT_URIS)
    except (FileNotFoundError, ValueError):
        return None
    if not client_id or not token or not isinstance(key, rsa.RSAPrivateKey):
        return None
    return Credentials(client_id, token, key, tokens, addresses)


def write(folder: Path, credentials: Credentials, site: Site) -> dict[str, Path]:
    """Write all files, each readable by their owner alone, and give them by what they hold."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    texts = {
        "client_id": credentials.client_id,
        "application_token": credentials.application_token,
        _KEY: credentials.private_key_pem,
        "private_key.xml": credentials.private_key_xml,
        "environments.json": json.dumps(_environments(site), indent=2),
        ADDRESS: site.url,
        _REDIRECT_URIS: "\n".join(credentials.redirect_uris),
        **{f"system_user_token.{name}": text for name, text in credentials.system_user_tokens.items()},
    }
    here = folder.absolute()
    texts["settings.env"] = "\n".join(
        [
            f"SO_PRIVACY_CLIENT_ID={credentials.client_id}",
            "SO_PRIVACY_ENVIRONMENT=sandbox",
            f"SO_PRIVACY_APPLICATION_TOKEN_FILE='{here / 'application_token'}'",
            f"SO_PRIVACY_PRIVATE_KEY_FILE='{here / _KEY}'",
            f"SO_PRIVACY_ENVIRONMENTS_FILE='{here / 'environments.json'}'",
            "SO_PRIVACY_OUTWARD_NETWORKS=127.0.0.0/8",
        ]
    )
    for name, text in texts.items():
        _write_private(folder / name, text.rstrip("\n") + "\n")
    return {name: folder / name for name in texts}


def _environments(site: Site) -> dict[str, object]:
    return {
        "environments": [
            {
                "name": "sandbox",
                "login": f"{site.url}/login",
                "state": f"{site.url}/api/state",
                "host_pattern": r"127\.0\.0\.1|localhost|\[?::1\]?",
                "issuer": site.issuer,
                "private_addresses_allowed": True,
            }
        ]
    }


def _write_private(path: Path, text: str) -> None:
    """Put the whole file in place at once; a reader never sees half of it."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def _base64(number: int) -> str:
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.b64encode(data).decode("ascii")
