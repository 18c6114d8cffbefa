"""Tells where the published manifests and webhook contracts lie, in a wheel or in a checkout."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Give the folder `manifests` or `webhooks`."""
    packed = _HERE / "_published" / name
    return packed if packed.is_dir() else _HERE.parents[1] / name
