"""Uninstalls a tenant: stopped, taken away from the CRM, wiped here; each step repeatable.

Whoever is killed in between leaves a tenant that is marked as leaving, for which nothing is done any more;
the next one begins with the same steps and finds less to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from so_privacy_ext.errors import CrmFailure, Fault
from so_privacy_ext.lifecycle import clearing
from so_privacy_ext.lifecycle.clearing import Door
from so_privacy_ext.lifecycle.pieces import Left, Piece, Remains, Uninstalled
from so_privacy_ext.webhooks.subscriptions import NAMES

_GONE = "Deleted"
"""State of a tenant that has no CRM any more."""


class Subscription(Protocol):
    """A slot of ours, with the id of its webhook."""

    @property
    def kind(self) -> str: ...
    @property
    def webhook_id(self) -> int | None: ...


class Register(clearing.Shelf, Protocol):
    """Where the tenant is kept."""

    def leave(self) -> None:
        """Keep that the tenant leaves: nobody begins anything for it any more."""

    def hold(self) -> AbstractContextManager[None]:
        """Wait until what has been begun for it is ended or put down, and keep others out."""

    def subscriptions(self) -> Sequence[Subscription]:
        """Give our slots."""

    def abandon(self) -> int:
        """Close the decisions that nobody will finish; gives their number."""

    def journal(self, kind: str, content: Mapping[str, Any]) -> None:
        """Append to the tenant's journal what is no person's."""

    def wipe(self) -> Remains:
        """Delete secrets, slots, events and sessions; give what must be kept, and until when."""


def uninstall(
    enter: Callable[[], Door],
    register: Register,
    address: str,
    tell: Callable[[str], None],
    *,
    local: bool = False,
    erase: Callable[[], Sequence[str]] = tuple,
) -> Uninstalled:
    """Uninstall a tenant; `local` leaves its CRM alone, as is done where we are not let in any more.

    `erase` has plugins erase what they hold elsewhere, and names those that still owe it: that is kept, and
    nobody waits for them.
    A CRM that fails in another way ends it, to be started again: what was done by then stays done.
    """
    tell("stopping what is done for the tenant")
    register.leave()
    with register.hold():
        abandoned = register.abandon()
        removed: list[Piece] = []
        why = "we were told to leave SuperOffice alone" if local else ""
        try:
            if not local:
                removed, left = _clear(enter(), register, address, tell)
        except CrmFailure as failure:
            if not _no_way_in(failure):
                raise
            why = f"SuperOffice does not let us in any more ({failure.detail or failure.fault})"
        if why:
            left = _all_left(register, why)
        owed = tuple(erase())
        tell("deleting its secrets and all that is not evidence")
        content = {
            "removed": [f"{one.kind} {one.key} {one.item_id}" for one in removed],
            "left": [f"{one.kind} {one.key}" for one in left],
            "abandoned": abandoned,
            **({"owed": list(owed)} if owed else {}),
        }
        register.journal("uninstalled", content)
        return Uninstalled(tuple(removed), tuple(left), why, register.wipe(), owed)


def _clear(
    door: Door, register: Register, address: str, tell: Callable[[str], None]
) -> tuple[list[Piece], list[Left]]:
    ids = {one.webhook_id for one in register.subscriptions() if one.webhook_id is not None}
    tell("deleting our webhooks")
    webhooks = clearing.clear_webhooks(door, door.webhooks(), address=address, ids=ids)
    retired, left = clearing.retire_items(door, register, tell)
    return [*webhooks, *retired], left


def _no_way_in(failure: CrmFailure) -> bool:
    """Tell whether waiting won't help: our approval was taken back, or the tenant has no CRM any more."""
    gone = failure.fault is Fault.TENANT_STATE and failure.detail == _GONE
    return gone or failure.fault is Fault.AUTHORIZATION_LOST


def _all_left(register: Register, why: str) -> list[Left]:
    """Name all of ours that may still be in the CRM."""
    return [
        *(
            Left("webhook", NAMES[one.kind], why)
            for one in register.subscriptions()
            if one.webhook_id is not None
        ),
        *(Left(one.kind, one.key, why) for one in register.items() if one.removed_at is None),
    ]
