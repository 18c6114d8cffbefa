"""What we put into a tenant's CRM, piece by piece, and what is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Piece:
    """A list item or a webhook in the CRM."""

    kind: str
    """`source`, `purpose` or `webhook`."""
    key: str
    """Of a list item its key, of a webhook its name."""
    item_id: int
    state: str = ""
    """Of a webhook, as the CRM names it."""


@dataclass(frozen=True, slots=True)
class Installed:
    """How an installation ended."""

    created: tuple[Piece, ...]
    """Created, brought back or mended just now."""
    there: tuple[Piece, ...]
    """Found as it must be."""

    @property
    def changed(self) -> bool:
        """Tell whether anything was done; a second installation does nothing."""
        return bool(self.created)


@dataclass(frozen=True, slots=True)
class Left:
    """What an uninstallation left in the CRM, and why."""

    kind: str
    key: str
    why: str


class Remains(Protocol):
    """What is kept of a tenant that was uninstalled."""

    @property
    def rows(self) -> Mapping[str, int]:
        """Table → number of rows; no name and no address is in them."""

    @property
    def until(self) -> datetime | None:
        """When it is deleted; None if nothing is kept."""


@dataclass(frozen=True, slots=True)
class Uninstalled:
    """How an uninstallation ended."""

    removed: tuple[Piece, ...]
    """Deleted from the CRM, list items by being marked so."""
    left: tuple[Left, ...]
    """Still in the CRM, with the reason."""
    why_local: str
    """Why the CRM was not touched; empty if it was."""
    remains: Remains
    owed: tuple[str, ...] = ()
    """Plugins that have not said yet that they have erased what they hold."""
