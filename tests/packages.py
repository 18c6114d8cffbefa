"""Installs a plugin that lies in the tests, as a package that only those find who look in its folder."""

from __future__ import annotations

from pathlib import Path

from so_privacy_ext.extension import GROUP


def install(site: Path, name: str, value: str) -> None:
    """Write what a package of that name leaves behind, whose entry point is `module:object`."""
    info = site / f"{name}-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {value}\n")
