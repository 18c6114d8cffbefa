"""Takes away from a tenant's CRM what we put there: webhooks, and list items that nothing uses any more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from so_privacy_ext.errors import NoOp
from so_privacy_ext.lifecycle.pieces import Left, Piece
from so_privacy_ext.lifecycle.subscribing import Standing


class Door(Protocol):
    """The tenant's CRM, seen by who takes things away."""

    def webhooks(self) -> Sequence[Standing]:
        """Give the webhooks that bear our names, whatever their state."""

    def unsubscribe(self, webhook_id: int) -> None:
        """Delete a webhook of ours; one that is gone is a `NoOp`."""

    def find_items(self, kind: str) -> Mapping[str, int]:
        """Give the ids of the items of a list by key, without those that are deleted."""

    def used(self, kind: str, items: Mapping[int, str]) -> Mapping[int, str]:
        """Say of list items, given by id with their keys, what uses them; the unused are absent."""

    def retire_item(self, kind: str, key: str, item_id: int) -> bool:
        """Mark a list item deleted; False if it is so already, gone, or not ours any more."""


class Item(Protocol):
    """A list item that we created, or were about to."""

    @property
    def kind(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def item_id(self) -> int | None: ...
    @property
    def removed_at(self) -> object | None: ...


class Shelf(Protocol):
    """Where it is kept what we created."""

    def items(self) -> Sequence[Item]:
        """Give the list items that we created, or were about to, also those that were taken away again."""

    def created_item(self, kind: str, key: str, item_id: int) -> None:
        """Keep that the CRM has created an item."""

    def retired(self, kind: str, key: str) -> None:
        """Keep that an item of ours is marked deleted in the CRM."""


def clear_webhooks(
    door: Door, standing: Iterable[Standing], *, address: str, ids: Collection[int] = ()
) -> list[Piece]:
    """Delete our webhooks: those of these ids, and all below our address, whether or not we know them."""
    cleared = []
    for one in standing:
        if one.webhook_id in ids or one.target_url.startswith(address):
            with suppress(NoOp):
                door.unsubscribe(one.webhook_id)
            cleared.append(Piece("webhook", one.name, one.webhook_id))
    return cleared


def retire_items(door: Door, shelf: Shelf, tell: Callable[[str], None]) -> tuple[list[Piece], list[Left]]:
    """Mark our list items deleted unless something uses them; give those, and what is left and why."""
    retired: list[Piece] = []
    left: list[Left] = []
    for kind in ("source", "purpose"):
        ids = _ids(door, shelf, kind)
        used = door.used(kind, {item_id: key for key, item_id in ids.items()}) if ids else {}
        for key, item_id in ids.items():
            if item_id in used:
                left.append(Left(kind, key, used[item_id]))
                continue
            tell(f"marking the {kind} {key} deleted")
            if door.retire_item(kind, key, item_id):
                retired.append(Piece(kind, key, item_id))
            shelf.retired(kind, key)
    return retired, left


def _ids(door: Door, shelf: Shelf, kind: str) -> Mapping[str, int]:
    """Give our items of a list by key; those whose creation was never confirmed are looked for in the CRM."""
    ours = [one for one in shelf.items() if one.kind == kind and one.removed_at is None]
    ids = {one.key: one.item_id for one in ours if one.item_id is not None}
    doubtful = [one.key for one in ours if one.item_id is None]
    standing = door.find_items(kind) if doubtful else {}
    for key in doubtful:
        if key in standing:
            ids[key] = standing[key]
            shelf.created_item(kind, key, ids[key])
        else:
            shelf.retired(kind, key)
    return ids
