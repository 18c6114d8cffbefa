"""What we put into a tenant's CRM, piece by piece, and what is left of it."""

from __future__ import annotations

from dataclasses import dataclass


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
