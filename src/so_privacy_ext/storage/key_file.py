"""The file of the data keys: read strictly, written whole or not at all, its owner's alone."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from so_privacy_ext.errors import Exit, Refused

SIZE = 32
_COMING = b"next "
_RESTORE = "restore it from a backup: what it sealed opens with no other"
_LARGEST = 4096
_NEVER = {bytes([one]) * SIZE for one in range(256)}
"""What somebody writes to have something in the file."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What the file holds, one key a line: the one that seals, those that sealed before it, the one to come.

    The one to come stands last, after the word `next`: it opens already, and seals once a rotation begins.
    """

    sealing: bytes = field(repr=False)
    older: tuple[bytes, ...] = field(default=(), repr=False)
    coming: bytes | None = field(default=None, repr=False)

    @property
    def all(self) -> tuple[bytes, ...]:
        """Give every key, the one that seals first."""
        return (self.sealing, *self.older, *([self.coming] if self.coming is not None else []))


def new_key() -> bytes:
    """Make a key."""
    return secrets.token_bytes(SIZE)


def read(path: Path) -> Keys:
    """Read the file; one that others may read, or that holds anything else, is refused and not quoted."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(_LARGEST + 1)
    except PermissionError as error:
        raise refused(path, "it can't be read", "run as its owner", Exit.NO_PERMISSION) from error
    except FileNotFoundError:
        raise missing(path) from None
    except OSError as error:
        what = f"it can't be used ({error.strerror})"
        raise refused(path, what, "choose another file", Exit.CANT_CREATE) from error
    if mode & 0o077:
        raise refused(path, f"its mode is {mode:04o}", "chmod 600 it", Exit.NO_PERMISSION)
    try:
        return _parsed(text)
    except (binascii.Error, ValueError):
        raise refused(path, "it is not 32 bytes in base64", _RESTORE, Exit.CONFIG) from None


def make(path: Path) -> None:
    """Make the file with a new key; of two that make it at once, one wins."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _aside(path, Keys(new_key())) as aside, contextlib.suppress(FileExistsError):
            os.link(aside, path)
    except OSError as error:
        how = "set SO_PRIVACY_DATA_DIR to a folder that takes files, or SO_PRIVACY_DATA_KEY_FILE to a key"
        raise refused(path, f"it can't be made ({error.strerror})", how, Exit.CANT_CREATE) from error


def replace(path: Path, keys: Keys) -> None:
    """Put other keys into the file: whoever reads it sees the old ones or these, also after a power cut.

    One process at a time; what a killed one has left beside the file is removed.
    """
    try:
        for left in path.parent.glob(f"{path.name}.*.aside"):
            left.unlink(missing_ok=True)
        with _aside(path, keys) as aside:
            aside.replace(path)
            _sync_folder(path.parent)
    except OSError as error:
        raise refused(
            path,
            f"it can't be written ({error.strerror})",
            "run where the file and its folder can be written",
            Exit.CANT_CREATE,
        ) from error


@contextlib.contextmanager
def _aside(path: Path, keys: Keys) -> Iterator[Path]:
    """Write the keys to a file beside the path, which is gone afterwards."""
    aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}.aside")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_written(keys))
            file.flush()
            os.fsync(file.fileno())
        yield aside
    finally:
        aside.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _written(keys: Keys) -> bytes:
    lines = [base64.b64encode(one) for one in (keys.sealing, *keys.older)]
    if keys.coming is not None:
        lines.append(_COMING + base64.b64encode(keys.coming))
    return b"\n".join(lines) + b"\n"


def _parsed(text: bytes) -> Keys:
    lines = text.strip().splitlines()
    coming = _key(lines.pop().removeprefix(_COMING)) if lines and lines[-1].startswith(_COMING) else None
    keys = [_key(line) for line in lines]
    if not keys or len(text) > _LARGEST or len({*keys, coming}) != len(keys) + 1:
        raise ValueError("no key, or one twice")
    return Keys(keys[0], tuple(keys[1:]), coming)


def _key(line: bytes) -> bytes:
    key = base64.b64decode(line.strip(), validate=True)
    if len(key) != SIZE or key in _NEVER:
        raise ValueError("no key of ours")
    return key


def missing(path: Path | None) -> Refused:
    """Say that there is no key."""
    return Refused(
        "data_key_file", "it is not there", _RESTORE, Exit.CONFIG, where=str(path or "the data key")
    )


def refused(path: Path, what: str, how: str, exit_code: Exit) -> Refused:
    """Say what is wrong with the file."""
    return Refused("data_key_file", what, how, exit_code, where=str(path))
