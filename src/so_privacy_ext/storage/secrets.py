"""Secrets at rest: AES-GCM under a key that stays in a file."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import TenantId

_SIZE = 32
_NONCE = 12


class DataKey:
    """The key of this installation; what it seals opens only for the same tenant and name."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _SIZE:
            raise ValueError("a data key has 32 bytes")
        self._cipher = AESGCM(key)
        self._hash_key = hmac.digest(key, b"so-privacy hash key", "sha256")
        self.key_id = hashlib.sha256(b"so-privacy data key\0" + key).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"DataKey({self.key_id})"

    @classmethod
    def load_or_make(cls, path: Path) -> DataKey:
        """Read the key's file, or make it if there is none; a file that others may read is refused."""
        try:
            if not path.exists():
                _make(path)
        except OSError as error:
            how = "set SO_PRIVACY_DATA_DIR to a folder that takes files, or SO_PRIVACY_DATA_KEY_FILE to a key"
            raise _refused(path, f"it can't be made ({error.strerror})", how, Exit.CANT_CREATE) from error
        try:
            with path.open("rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                text = file.read(4096)
        except PermissionError as error:
            raise _refused(path, "it can't be read", "run as its owner", Exit.NO_PERMISSION) from error
        except OSError as error:
            raise _refused(
                path, f"it can't be used ({error.strerror})", "choose another file", Exit.CANT_CREATE
            ) from error
        if mode & 0o077:
            raise _refused(path, f"its mode is {mode:04o}", "chmod 600 it", Exit.NO_PERMISSION)
        try:
            return cls(base64.b64decode(text.strip(), validate=True))
        except (binascii.Error, ValueError):
            how = "restore it from a backup: what it sealed opens with no other"
            raise _refused(path, "it is not 32 bytes in base64", how, Exit.CONFIG) from None

    def seal(self, tenant_id: TenantId, name: str, secret: bytes) -> bytes:
        """Encrypt a secret for one tenant and name."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret, _bound(tenant_id, name))

    def keyed_hash(self, purpose: str, text: bytes) -> bytes:
        """Give 32 bytes that name a text, and from which nobody without the key finds or tries it."""
        return hmac.digest(self._hash_key, purpose.encode() + b"\0" + text, "sha256")

    def open(self, tenant_id: TenantId, name: str, key_id: str, sealed: bytes) -> bytes:
        """Decrypt what was sealed for this tenant and name by this key."""
        if key_id == self.key_id:
            try:
                return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(tenant_id, name))
            except (InvalidTag, ValueError):  # altered, or too short to be ours
                pass
        raise Refused(
            "data_key",
            f"secret {name!r} of tenant {tenant_id} was not sealed by data key {self.key_id}",
            "point SO_PRIVACY_DATA_KEY_FILE to the key file that belongs to this database",
            Exit.CONFIG,
        )


def _make(path: Path) -> None:
    """Make the file whole or not at all; of two that make it at once, one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(_SIZE)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
    finally:
        aside.unlink()


def _refused(path: Path, what: str, how: str, exit_code: Exit) -> Refused:
    return Refused("data_key_file", what, how, exit_code, where=str(path))


def _bound(tenant_id: TenantId, name: str) -> bytes:
    return f"so-privacy/1\0{tenant_id}\0{name}".encode()
