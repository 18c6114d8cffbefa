"""A manifest's file, as a command reads and writes it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.rules.characters import MOST_BYTES
from so_privacy_ext.rules.manifest import Manifest, parse

if TYPE_CHECKING:
    from so_privacy_ext.app import App
    from so_privacy_ext.storage.tenants import TenantSummary

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="A manifest, such as manifests/rules/nordic-b2b.yaml.")
]

_NEW = 0o644


def read_file(file: Path) -> bytes:
    """Read a manifest that somebody names."""
    try:
        with file.open("rb") as content:
            return content.read(MOST_BYTES + 1)  # which is refused as too large, be it endless
    except OSError as error:
        raise Refused(
            "manifest_unreadable",
            error.strerror or "it can't be read",
            "name a readable file",
            Exit.NO_INPUT,
            where=str(file),
        ) from None


def manifest_for(app: App, tenant: TenantSummary, file: Path) -> Manifest:
    """Read a manifest by the words of a tenant: the product's, and those of its plugins."""
    content = read_file(file)
    with app.session(tenant) as session:
        return parse(content, str(file), app.words(session))


def write_file(file: Path, text: str) -> None:
    """Write a file whole or not at all; one that was there keeps its rights."""
    target = file.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise _unwritable(file, error) from None
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(text.encode())
            new.flush()
            os.fsync(new.fileno())
        Path(name).chmod(target.stat().st_mode & 0o777 if target.exists() else _NEW)
        Path(name).replace(target)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise _unwritable(file, error) from None


def _unwritable(file: Path, error: OSError) -> Refused:
    what = error.strerror or "it can't be written"
    return Refused(
        "manifest_unwritable", what, "name a file that may be written", Exit.CANT_CREATE, where=str(file)
    )
