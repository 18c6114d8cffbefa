"""Names the list items that a manifest brings along: those it calls `new`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from so_privacy_ext.model import ListItem
from so_privacy_ext.rules.manifest import Manifest


def new_items(manifest: Manifest) -> tuple[ListItem, ...]:
    """Give the sources and purposes that are not the CRM's own, in the order of the file."""
    return (
        *_new("source", manifest.content.sources),
        *_new("purpose", manifest.content.purposes),
    )


def _new(kind: str, shapes: Mapping[str, Any]) -> list[ListItem]:
    return [ListItem(kind, key, _names(key, shape.name)) for key, shape in shapes.items() if shape.new]


def _names(key: str, name: str | Mapping[str, str] | None) -> Mapping[str, str]:
    """Give the names by language; an item without a name is called by its key."""
    if isinstance(name, Mapping):
        return dict(name)
    return {"": name or key}
