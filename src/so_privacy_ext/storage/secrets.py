"""Secrets at rest: AES-GCM under keys that stay in a file."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import TenantId
from so_privacy_ext.storage import key_file

_NONCE = 12
_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Ring:
    """All keys at one moment; the first one seals."""

    key_id: str
    ciphers: Mapping[str, AESGCM] = field(repr=False)
    hash_key: bytes = field(repr=False)

    @classmethod
    def of(cls, keys: tuple[bytes, ...]) -> _Ring:
        return cls(
            key_id=key_id_of(keys[0]),
            ciphers={key_id_of(key): AESGCM(key) for key in keys},
            hash_key=hmac.digest(keys[0], b"so-privacy hash key", "sha256"),
        )


class DataKey:
    """The key of this installation, with those before it and the one to come, as its file has them now.

    What it seals opens only for the same tenant and name. The file is looked at again at each use, so that a
    rotation needs no restart.
    """

    def __init__(self, *keys: bytes, path: Path | None = None) -> None:
        if any(len(key) != key_file.SIZE for key in keys):
            raise ValueError("a data key has 32 bytes")
        self._path = path
        self._stamp: _Stamp | None = None
        self._known = _Ring.of(keys) if keys else None

    def __repr__(self) -> str:
        return f"DataKey({'none' if self._known is None else self._known.key_id})"

    @classmethod
    def load_or_make(cls, path: Path) -> DataKey:
        """Read the keys' file, or make it if there is none."""
        if not path.exists():
            key_file.make(path)
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> DataKey:
        """Read the keys' file; a file that others may read is refused."""
        key = cls.awaiting(path)
        key._stamp = _stamp(path)  # noqa: SLF001 - our own
        key._known = _Ring.of(key_file.read(path).all)  # noqa: SLF001 - our own
        return key

    @classmethod
    def awaiting(cls, path: Path) -> DataKey:
        """Give a key that opens nothing until its file is there."""
        return cls(path=path)

    @property
    def key_id(self) -> str:
        """Name the key that seals."""
        return self._ring().key_id

    @property
    def key_ids(self) -> frozenset[str]:
        """Name all keys that open something."""
        return frozenset(self._ring().ciphers)

    def seal(self, tenant_id: TenantId, name: str, secret: bytes) -> tuple[str, bytes]:
        """Encrypt a secret for one tenant and name; give the key's id with it."""
        ring, nonce = self._ring(), secrets.token_bytes(_NONCE)
        sealed = ring.ciphers[ring.key_id].encrypt(nonce, secret, _bound(tenant_id, name))
        return ring.key_id, nonce + sealed

    def keyed_hash(self, purpose: str, text: bytes) -> bytes:
        """Give 32 bytes that name a text, and from which nobody without the key finds or tries it."""
        return hmac.digest(self._ring().hash_key, purpose.encode() + b"\0" + text, "sha256")

    def open(self, tenant_id: TenantId, name: str, key_id: str, sealed: bytes) -> bytes:
        """Decrypt what was sealed for this tenant and name by one of the keys."""
        cipher = self._ring().ciphers.get(key_id)
        if cipher is not None:
            try:
                return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(tenant_id, name))
            except (InvalidTag, ValueError):  # altered, or too short to be ours
                pass
        raise Refused(
            "data_key",
            f"secret {name!r} of tenant {tenant_id} was not sealed by data key {self.key_id}",
            "point SO_PRIVACY_DATA_KEY_FILE to the key file that belongs to this database",
            Exit.CONFIG,
        )

    def _ring(self) -> _Ring:
        """Give the keys of now; while the file can't be read, those of before."""
        if self._path is not None and (stamp := _stamp(self._path)) not in {None, self._stamp}:
            try:
                self._known = _Ring.of(key_file.read(self._path).all)
                self._stamp = stamp
            except Refused:
                if self._known is None:
                    raise
        if self._known is None:
            raise key_file.missing(self._path)
        return self._known


def key_id_of(key: bytes) -> str:
    """Name a key without giving it away."""
    return hashlib.sha256(b"so-privacy data key\0" + key).hexdigest()[:16]


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _bound(tenant_id: TenantId, name: str) -> bytes:
    return f"so-privacy/1\0{tenant_id}\0{name}".encode()
