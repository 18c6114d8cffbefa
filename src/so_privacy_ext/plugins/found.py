"""Finds the plugins that are installed beside the product, without importing one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.extension import GROUP


@dataclass(frozen=True, slots=True)
class Found:
    """An entry point that names a plugin."""

    name: str
    distribution: str
    """The package that brings it."""
    version: str
    """Of that package."""
    value: str
    """Where its `Extension` is, as `module:object`."""
    mistake: str = ""
    """Why it can't be started."""


def found() -> Mapping[str, Found]:
    """Give all plugins of this installation by name, in the order of their names."""
    every: dict[str, list[EntryPoint]] = {}
    for one in entry_points(group=GROUP):
        every.setdefault(one.name, []).append(one)
    return {name: _found(name, points) for name, points in sorted(every.items())}


def not_installed(name: str, plugins: Iterable[str]) -> Refused:
    """Say that no plugin of that name is installed, and which are."""
    known = ", ".join(f"`{one}`" for one in plugins) or "none"
    how = f"install its package beside the product; installed plugins: {known}"
    return Refused("plugin_unknown", f"no plugin `{name}` is installed", how, Exit.NO_INPUT)


def _found(name: str, points: list[EntryPoint]) -> Found:
    owners = sorted({_owner(one) for one in points})
    first = points[0]
    version = first.dist.version if first.dist else ""
    mistake = ""
    if len({one.value for one in points}) > 1:
        mistake = f"{' and '.join(distribution for distribution in owners)} both call themselves `{name}`"
    return Found(name, owners[0], version, first.value, mistake)


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist else ""
