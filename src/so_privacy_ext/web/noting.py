"""Notes who did what by a request, and from where to where, in the security log."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import Scope

from so_privacy_ext import security_log


def caller(scope: Scope) -> str:
    """Give the address that a request came from; empty where it has none."""
    client: Sequence[object] | None = scope.get("client")
    return str(client[0]) if client else ""


def note(
    scope: Scope,
    event: str,
    *,
    tenant_id: int | None = None,
    associate_id: int | None = None,
    refused: bool = False,
    **more: object,
) -> None:
    """Log a security event; `more` holds ids, codes and counts."""
    security_log.note(
        event,
        user=security_log.user_of(tenant_id, associate_id),
        source_address=_place(scope.get("client")),
        destination_address=_place(scope.get("server")),
        refused=refused,
        tenant_id=tenant_id,
        **more,
    )


def _place(address: Sequence[object] | None) -> str:
    """Write an end of a connection; a socket of the file system has none."""
    return ":".join(map(str, address)) if address else security_log.NOBODY
