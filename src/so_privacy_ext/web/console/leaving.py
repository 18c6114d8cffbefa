"""Uninstalling: what would be taken away and what is kept, a box to tick, and what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from starlette.responses import Response

from so_privacy_ext.errors import CrmFailure
from so_privacy_ext.web.console.visit import HOME, Visit

UNINSTALL = f"{HOME}/uninstall"
_KINDS = ("webhook", "source", "purpose")


class _Piece(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def key(self) -> str: ...


def show(visit: Visit) -> Response:
    """Show what would go and what would stay."""
    return _asked(visit, failed=False)


def remove(visit: Visit) -> Response:
    """Uninstall; who is signed in is signed out by it, so that the answer itself says how it ended."""
    visit.field("sure")
    with visit.session() as session:
        summary = visit.summary(session)
    try:
        outcome = visit.tenancy.uninstall(summary)
    except CrmFailure:
        return _asked(visit, failed=True)
    visit.note("tenant_removed")
    return visit.page(
        "uninstalled.html",
        removed=_by_kind(outcome.removed),
        left=_by_kind(outcome.left),
        local=bool(outcome.why_local),
        until=outcome.remains.until,
        owed=outcome.owed,
    )


def _asked(visit: Visit, *, failed: bool) -> Response:
    pieces = _by_kind(visit.tenancy.pieces(visit.signed.tenant_id))
    return visit.page("uninstall.html", status=502 if failed else 200, pieces=pieces, failed=failed)


def _by_kind(pieces: Sequence[_Piece]) -> Mapping[str, Sequence[str]]:
    return {kind: [one.key for one in pieces if one.kind == kind] for kind in _KINDS}
