"""The data keys beside what they sealed: opened at start, refused where they don't fit, rotated."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import TenantId
from so_privacy_ext.storage import key_file, tenants
from so_privacy_ext.storage.database import Connection, connect
from so_privacy_ext.storage.failures import mapped
from so_privacy_ext.storage.key_file import Keys
from so_privacy_ext.storage.secrets import DataKey, key_id_of
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.statements import Statements

_SETTLED = 1.0
"""Seconds after which nobody seals with a key that he read before the file was changed."""

_sql = Statements("keys")


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation has done."""

    key_id: str
    """Of the key that seals now."""
    sealed_anew: int
    dropped: tuple[str, ...]
    """Keys that are in the file no more."""
    older: tuple[str, ...]
    """Keys that are still in it."""
    coming: str | None
    """The key that a rotation will begin with."""


def in_use(dsn: str) -> Mapping[str, int]:
    """Count the secrets of all tenants by the key that sealed them."""
    with connect(dsn, application_name="so-privacy keys") as connection:
        return _in_use(connection)


def open_key(dsn: str, path: Path) -> DataKey:
    """Read the key's file; make one only where nothing is sealed yet."""
    if not path.exists() and in_use(dsn):
        raise key_file.missing(path)
    return DataKey.load_or_make(path)


def open_key_or_wait(dsn: str, path: Path) -> DataKey:
    """Do the same, but where the file is missing give a key that opens nothing until it is back."""
    return DataKey.awaiting(path) if not path.exists() and in_use(dsn) else open_key(dsn, path)


def refuse_strange(dsn: str, data_key: DataKey, path: Path) -> None:
    """Refuse a key file that lacks a key which something is sealed by."""
    lacking = {key_id: count for key_id, count in in_use(dsn).items() if key_id not in data_key.key_ids}
    if lacking:
        sealed = ", ".join(f"{count} by {key_id}" for key_id, count in lacking.items())
        raise Refused(
            "data_key",
            f"it holds {', '.join(sorted(data_key.key_ids))}, and secrets are sealed by others: {sealed}",
            "point SO_PRIVACY_DATA_KEY_FILE to the key file that belongs to this database, or restore it",
            Exit.CONFIG,
            where=str(path),
        )


def prepare(path: Path) -> Rotated:
    """Put a key into the file that is to seal after the next rotation; one that waits there stays."""
    keys = key_file.read(path)
    if keys.coming is None:
        keys = Keys(keys.sealing, keys.older, key_file.new_key())
        key_file.replace(path, keys)
    return _told(keys, 0, ())


def rotate(dsn: str, path: Path, *, keep: bool = False) -> Rotated:
    """Seal every secret of every tenant with a new key, and drop those before it from the file.

    The file has the new key before anything is sealed with it, and the old ones until nothing needs them; so
    whenever this is killed, everything opens, and the next call goes on. With `keep` the old ones stay.
    """
    with connect(dsn, application_name="so-privacy keys", idle_seconds=0) as connection:
        _refuse_second(connection)
        refuse_strange(dsn, DataKey.load(path), path)
        keys = _begun(path)
        data_key, sealed = DataKey.load(path), 0
        while _left(connection, data_key):
            sealed += sum(_seal_anew(dsn, one.tenant_id, data_key) for one in tenants.all_ever(connection))
            time.sleep(_SETTLED)
        dropped: tuple[bytes, ...] = ()
        if not keep:
            dropped, keys = keys.older, Keys(keys.sealing)
            key_file.replace(path, keys)
    return _told(keys, sealed, dropped)


def _begun(path: Path) -> Keys:
    """Have the new key seal from now on, unless a rotation has begun and is not at its end."""
    keys = key_file.read(path)
    if keys.coming is None and keys.older:
        return keys
    begun = Keys(keys.coming or key_file.new_key(), (keys.sealing, *keys.older))
    key_file.replace(path, begun)
    return begun


def _left(connection: Connection, data_key: DataKey) -> bool:
    return any(key_id != data_key.key_id for key_id in _in_use(connection))


def _seal_anew(dsn: str, tenant_id: TenantId, data_key: DataKey) -> int:
    """Seal a tenant's secrets with the key of now, all in one transaction."""
    with open_session(dsn, tenant_id) as session, session.transaction():
        found = session.rows(_sql["sealed_otherwise"], {"key_id": data_key.key_id})
        for row in found:
            secret = data_key.open(tenant_id, row["name"], row["key_id"], row["sealed"])
            key_id, sealed = data_key.seal(tenant_id, row["name"], secret)
            values = {"secret_id": row["secret_id"], "key_id": key_id, "sealed": sealed}
            session.run(_sql["seal_anew"], values)
    return len(found)


def _refuse_second(connection: Connection) -> None:
    with mapped():
        row = connection.execute(_sql["lock"]).fetchone()
    if row is None or not row["taken"]:
        raise Refused("rotating", "another rotation is under way", "wait for its end", Exit.UNAVAILABLE)


def _in_use(connection: Connection) -> Mapping[str, int]:
    with mapped():
        return {row["key_id"]: row["secrets"] for row in connection.execute(_sql["in_use"]).fetchall()}


def _told(keys: Keys, sealed: int, dropped: tuple[bytes, ...]) -> Rotated:
    return Rotated(
        key_id=key_id_of(keys.sealing),
        sealed_anew=sealed,
        dropped=tuple(key_id_of(one) for one in dropped),
        older=tuple(key_id_of(one) for one in keys.older),
        coming=None if keys.coming is None else key_id_of(keys.coming),
    )
