"""Takes away from a tenant's CRM what we put there: webhooks, and list items that nothing uses any more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
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

    def find_item(self, kind: str, key: str) -> int | None:
        """Give the id of the list item with this key, as the CRM has it now."""

    def uses(self, kind: str, key: str, item_id: int) -> str:
        """Say what uses a list item; empty if nothing does."""

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
    for item in shelf.items():
        if item.removed_at is not None:
            continue
        item_id = item.item_id
        if item_id is None:  # killed before the CRM's answer was kept
            item_id = door.find_item(item.kind, item.key)
            if item_id is not None:
                shelf.created_item(item.kind, item.key, item_id)
        used_by = "" if item_id is None else door.uses(item.kind, item.key, item_id)
        if used_by:
            left.append(Left(item.kind, item.key, used_by))
            continue
        if item_id is not None:
            tell(f"marking the {item.kind} {item.key} deleted")
            if door.retire_item(item.kind, item.key, item_id):
                retired.append(Piece(item.kind, item.key, item_id))
        shelf.retired(item.kind, item.key)
    return retired, left
